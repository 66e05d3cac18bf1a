"""Tables say the most important thing first, cut nothing, and cannot be forged by a name."""

import sys
from pathlib import Path

import pytest

from ringwall import pipeline
from ringwall.cli import deliver
from ringwall.report import table
from ringwall.report.page import Look
from tests.cli.conftest import Ringwall
from tests.cli.inputs import OPEN, PODS, POLICY

ASSUMED = "policies assumed enforced as specified"

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
QUESTION = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5432")


def test_the_first_line_says_that_enforcement_is_assumed(ringwall: Ringwall) -> None:
    lines = ringwall("audit", "-", stdin=PODS + "---\n" + POLICY).out.splitlines()

    assert lines[0] == "policies assumed enforced as specified"
    assert "finding" in lines[1]


def test_the_first_line_is_the_summary_where_nothing_is_assumed(ringwall: Ringwall) -> None:
    result = ringwall("audit", "-", "--rule", "api-public-open-world", stdin=OPEN)

    assert result.out.splitlines()[0] == "1 finding: 1 critical"


def test_what_was_assumed_stands_before_the_findings(ringwall: Ringwall) -> None:
    out = ringwall("audit", "-", stdin=PODS).out

    assert out.index("assumed  no AWS facts: the AWS layer is taken as open") < out.index("HIGH")


def test_a_finding_names_rule_cause_reason_way_and_remedy(ringwall: Ringwall) -> None:
    out = ringwall("audit", "-", "--rule", "api-public-open-world", stdin=OPEN).out

    assert "CRITICAL  api-public-open-world  shop\n  eks-api/shop\n" in out
    assert "  path   1.0.0.0 → endpointPublicAccess → publicAccessCidrs:0.0.0.0/0 → the" in out
    assert "  fix    turn public access off" in out


def test_the_way_shows_the_very_rule_that_the_finding_is_about(ringwall: Ringwall) -> None:
    out = ringwall("audit", SHOP, "--rule", "sg-non-443-ingress").out

    block = out.partition("sg-042288cdb4887a11b:ingress:tcp/8080:192.0.2.0/25\n")[2]
    way = " ".join(block.partition("  path ")[2].partition("  where ")[0].split())
    assert " → sg-042288cdb4887a11b ingress:tcp/8080:192.0.2.0/25 → " in way


def test_what_passed_is_counted_and_listed_on_request(ringwall: Ringwall) -> None:
    args = ("audit", "-", "--rule", "api-public-open-world")
    off = OPEN.replace("0.0.0.0/0", "198.51.100.0/24")

    short = ringwall(*args, stdin=off).out
    long = ringwall(*args, "-v", stdin=off).out

    assert "status   0 fail, 0 unknown, 0 excepted, 1 pass, 0 not-applicable\n" in short
    assert "eks-api/shop" not in short
    assert "\npass  api-public-open-world  shop\n  eks-api/shop\n" in long


def test_the_configuration_that_was_found_is_named(ringwall: Ringwall) -> None:
    Path("below").mkdir()
    Path("below", "open.json").write_text(OPEN)
    Path("ringwall.toml").write_text('[[network]]\nname = "office"\ncidrs = ["192.0.2.0/24"]\n')

    assert "config   ringwall.toml: 1 own network\n" in ringwall("audit", "below").out


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_is_cut_at_any_width(width: int) -> None:
    report = pipeline.audit(pipeline.read([SHOP]))

    text = table.audit(report, Look(width))

    assert max(map(len, text.splitlines())) <= width
    joined = "".join(text.split())
    for finding in report.findings:
        if finding.status in ("fail", "unknown"):
            assert "".join(finding.cause.split()) in joined
            assert "".join(finding.reason.split()) in joined


@pytest.mark.parametrize("width", [40, 80, 120])
def test_an_explanation_fits_any_width(width: int) -> None:
    node = "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal"
    answer = pipeline.explain(pipeline.read([SHOP]), "internet", node, "tcp/22")

    text = table.explain(answer, Look(width))

    assert max(map(len, text.splitlines())) <= width
    assert "sgr-0352c62cfde6668d1" in "".join(text.split())


def test_an_explanation_tells_every_hop_its_rule_and_where_that_stands(ringwall: Ringwall) -> None:
    Path("app.yaml").write_text(PODS + "---\n" + POLICY)

    out = ringwall("explain", "app.yaml", *QUESTION).out

    assert out.startswith(f"{ASSUMED}\nBLOCKED\nfrom     shop/web[Pod]\nto       shop/db[Pod]\n")
    assert "blocked by\n  -  block      policy-ingress\n     at shop/db[Pod]\n" in out
    assert "these isolate the pod, and no rule admits it" in out
    assert "by networkpolicy/shop/db-from-api podSelector  app.yaml:17\n" in out
    assert "  1  allow      policy-egress" in out
    assert "  2  block      policy-ingress" in out


def test_an_allowed_hop_names_file_and_line(ringwall: Ringwall) -> None:
    Path("app.yaml").write_text(PODS + "---\n" + POLICY.replace("app: api", "app: web"))

    out = ringwall("explain", "app.yaml", *QUESTION).out

    assert "by networkpolicy/shop/db-from-api ingress[0]  app.yaml:19\n" in out


def test_the_parts_of_a_question_are_told_together(ringwall: Ringwall) -> None:
    policy = POLICY.replace("app: api}}}]", "app: web}}}]\n      ports: [{port: 5432}]")
    args = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5000-6000")

    out = ringwall("explain", "-", *args, stdin=PODS + "---\n" + policy).out

    assert out.startswith(f"{ASSUMED}\nALLOWED, in some cases")
    assert "    port tcp/5432\n" in out
    assert "    port tcp/5000-5431, tcp/5433-6000\n" in out


def test_a_name_cannot_forge_a_line_or_move_the_cursor(ringwall: Ringwall) -> None:
    forged = PODS.replace(
        "namespace: shop", 'namespace: "\\e[2J\\nCRITICAL  forged \\u202e\\u009b31m"'
    )

    out = ringwall("audit", "-", "-v", stdin=forged).out

    assert "forged" in out
    assert not [line for line in out.splitlines() if line.startswith("CRITICAL")]
    assert "".join(out.splitlines()).isprintable()


@pytest.mark.parametrize(
    ("terminal", "settings", "color"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, settings: dict[str, str], color: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert deliver.look(None).color is color


def test_a_file_is_never_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    assert deliver.look("report.txt").color is False


def test_colour_marks_the_severity() -> None:
    report = pipeline.audit(pipeline.read([SHOP]), rules=["api-public-open-world"])

    assert "\x1b[1;31mCRITICAL" in table.audit(report, Look(color=True))
    assert "\x1b" not in table.audit(report, Look())
