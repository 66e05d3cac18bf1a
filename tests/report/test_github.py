"""Annotations: what the runner of GitHub Actions reads, and nothing that a name adds."""

import pytest

from ringwall.report import github
from ringwall.report.places import PlaceOut
from tests.report import reports


def test_every_finding_is_one_line_in_its_file() -> None:
    text = github.render(reports.report(reports.finding(), failed=[], gaps=[]))

    assert text == (
        "::error file=k8s/policies.yaml,line=12,title=high np-allow-all shop::"
        "shop!networkpolicy/web/allow-all:ingress[0]%0A"
        "it names no peer, which means every one%0Afix: name the peers\n"
    )


def test_the_path_is_part_of_the_message() -> None:
    text = github.render(reports.report(reports.exposed(), failed=[], gaps=[], sources={}))

    assert text.startswith("::error title=critical sg-ssh-rdp-internet shop::")
    assert "%0Apath: 1.0.0.0 → igw-0abc → sg-0abc ingress:tcp/22:0.0.0.0/0 → 10.0.0.1" in text


@pytest.mark.parametrize(
    ("status", "severity", "command"),
    [
        ("fail", "critical", "error"),
        ("fail", "high", "error"),
        ("fail", "medium", "warning"),
        ("fail", "low", "notice"),
        ("fail", "info", "notice"),
        ("unknown", "high", "warning"),
    ],
)
def test_commands_follow_severities(status: str, severity: str, command: str) -> None:
    text = github.render(reports.report(reports.finding(status, severity), failed=[], gaps=[]))

    assert text.startswith(f"::{command} ")


def test_what_passed_or_is_excepted_is_not_told() -> None:
    one, two = reports.finding("pass"), reports.finding("excepted")

    assert github.render(reports.report(one, two, failed=[], gaps=[])) == ""


def test_what_could_not_be_read_is_told() -> None:
    assert github.render(reports.report()).splitlines() == [
        "::error title=not read::broken.yaml:4: not valid YAML",
        "::notice title=not read::read CiliumNetworkPolicies",
    ]


def test_properties_and_messages_are_escaped() -> None:
    place = {"100%": PlaceOut("a,b:c%.yaml", 1)}
    said = reports.finding(cause="100%", reason="a\nb\r::error::c", objects=[])

    text = github.render(reports.report(said, sources=place, failed=[], gaps=[]))

    assert text == (
        "::error file=a%2Cb%3Ac%25.yaml,line=1,title=high np-allow-all shop::"
        "100%25%0Aa\\nb\\r::error::c%0Afix: name the peers\n"
    )


def test_no_name_adds_a_line() -> None:
    lines = github.render(reports.hostile()).splitlines()

    assert len(lines) == 4
    assert all(line.isprintable() and line.startswith("::") for line in lines)


def test_ten_thousand_findings_are_as_many_lines() -> None:
    assert github.render(reports.many()).count("\n::error ") == 10_000
