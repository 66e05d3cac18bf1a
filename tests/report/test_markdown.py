"""Markdown: what a pull request shows, and never more than it can hold."""

import re

from ringwall.report import markdown
from tests.report import reports


def test_the_page_has_the_summary_the_table_and_the_rest() -> None:
    lines = markdown.render(reports.report(reports.exposed(), reports.finding())).splitlines()

    assert lines[:6] == [
        "### ringwall: 2 findings: 1 critical, 1 high",
        "",
        "| | rule | cluster | cause | why |",
        "|---|---|---|---|---|",
        f"| **critical** | sg-ssh-rdp-internet | `shop` | `{reports.GROUP}` "
        "| SSH is open to 0.0.0.0/0 |",
        f"| **high** | np-allow-all | `shop` | `{reports.POLICY}` "
        "| it names no peer, which means every one |",
    ]
    assert "- `1.0.0.0 → igw-0abc → sg-0abc ingress:tcp/22:0.0.0.0/0 → 10.0.0.1 tcp/22`" in lines
    assert "- failed: broken.yaml:4: not valid YAML" in lines
    assert "- not read: read CiliumNetworkPolicies" in lines
    assert "- assumed: VPC Block Public Access is taken as off" in lines


def test_an_unknown_is_in_the_table() -> None:
    page = markdown.render(reports.of_every_status())

    assert "| **unknown** | np-allow-all | `shop` | `shop!namespace/a` |" in page
    assert "shop!namespace/b" not in page
    assert page.endswith("\nringwall 0.1.0, facts `sha256:00`; 1 excepted; 1 pass\n")


def test_nothing_found_is_said() -> None:
    page = markdown.render(reports.report(failed=[], gaps=[], assumes=[]))

    assert page == "### ringwall: no findings\n\nringwall 0.1.0, facts `sha256:00`\n"


def test_no_name_is_markup_a_mention_or_a_new_line() -> None:
    page = markdown.render(reports.hostile())

    assert "".join(page.splitlines()).isprintable()
    spans = re.compile(r"`[^`]*`")
    prose = spans.sub("", page.replace("\\`", ""))
    assert not re.search(r"<(?!/?details>|/?summary>|!-- -->)", prose)
    assert "@team" not in prose
    assert not [line for line in page.splitlines() if line.startswith("::")]
    rows = [line for line in page.splitlines() if line.startswith("| **")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_ten_thousand_findings_fit_a_comment_and_the_rest_is_counted() -> None:
    page = markdown.render(reports.many())

    shown = page.count("| **critical**") + page.count("| **high**")
    assert len(page) <= 60_000
    assert f"{10_000 - shown} more findings; --format json lists all." in page
    assert shown == 60


def test_long_names_leave_fewer_rows() -> None:
    long = [reports.finding(cause=f"{number}{'&' * 900}", reason="&" * 900) for number in range(99)]

    page = markdown.render(reports.report(*long))

    assert len(page) <= 60_000
    assert "more findings; --format json lists all." in page
