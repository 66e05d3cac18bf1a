"""0 nothing, 1 findings, 2 usage, 3 the tool failed, 4 only unknowns: precedence 2, 3, 1, 4, 0."""

from pathlib import Path

import pytest

from ringwall import discover
from ringwall.check.rule import LoadedRule
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OFF, OPEN, PODS, UNTOLD

RULE = ("--rule", "api-public-open-world")


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    for name, text in (("open", OPEN), ("off", OFF), ("untold", UNTOLD)):
        Path(f"{name}.json").write_text(text)
    Path("broken.yaml").write_text(BROKEN_YAML)
    Path("pods.yaml").write_text(PODS)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the one rule fail by an error of its own."""
    load = discover.load_rule

    def loaded(rule_id: str) -> LoadedRule:
        def check(audit: object) -> list[None]:
            raise ZeroDivisionError("division by zero")

        return LoadedRule(load(rule_id).rule, check)  # type: ignore[arg-type]

    monkeypatch.setattr(discover, "load_rule", loaded)


def test_nothing_found_is_0(ringwall: Ringwall) -> None:
    assert ringwall("audit", "off.json", *RULE).code == 0


def test_a_finding_is_1(ringwall: Ringwall) -> None:
    assert ringwall("audit", "open.json", *RULE).code == 1


@pytest.mark.parametrize(
    ("fail_on", "code"), [("critical", 1), ("high", 1), ("info", 1), ("never", 0)]
)
def test_fail_on_is_the_least_severity_that_counts(
    ringwall: Ringwall, fail_on: str, code: int
) -> None:
    assert ringwall("audit", "open.json", *RULE, "--fail-on", fail_on).code == code


def test_a_finding_below_fail_on_is_0(ringwall: Ringwall) -> None:
    result = ringwall("audit", "pods.yaml", "--rule", "np-namespace-none")

    assert "1 finding: 1 medium" in result.out
    assert result.code == 0


def test_an_unknown_is_0_and_counted_on_standard_error(ringwall: Ringwall) -> None:
    result = ringwall("audit", "untold.json", *RULE)

    assert result.code == 0
    assert result.err == "warning: 1 finding is unknown\n"


def test_only_unknowns_are_4_with_strict_unknown(ringwall: Ringwall) -> None:
    assert ringwall("audit", "untold.json", *RULE, "--strict-unknown").code == 4


def test_findings_come_before_unknowns(ringwall: Ringwall) -> None:
    Path("both").mkdir()
    Path("both", "open.json").write_text(OPEN)
    Path("both", "untold.json").write_text(UNTOLD.replace('"shop"', '"other"'))

    assert ringwall("audit", "both", *RULE, "--strict-unknown").code == 1


def test_a_file_that_cannot_be_read_is_3_and_comes_before_findings(ringwall: Ringwall) -> None:
    result = ringwall("audit", "open.json", "broken.yaml", *RULE)

    assert result.code == 3
    assert "1 finding: 1 critical" in result.out
    assert "failed   broken.yaml:4: not valid YAML" in result.out


def test_a_rule_that_crashes_is_3_and_costs_only_its_own_findings(
    ringwall: Ringwall, crash: None
) -> None:
    result = ringwall("audit", "open.json", *RULE)

    assert result.code == 3
    assert "failed   rule api-public-open-world: ZeroDivisionError" in result.out
    assert "error: rule api-public-open-world failed: ZeroDivisionError" in result.err


def test_usage_comes_before_failure(ringwall: Ringwall) -> None:
    args = ("pods.yaml", "broken.yaml", "--from", "nobody", "--to", "shop/db", "--port", "all")

    assert ringwall("explain", *args).code == 2


@pytest.mark.parametrize("port", ["tcp/5432", "all"])
def test_explain_is_0_whatever_the_verdict(ringwall: Ringwall, port: str) -> None:
    args = ("pods.yaml", "--from", "shop/web", "--to", "shop/db", "--port", port)

    assert ringwall("explain", *args).code == 0


def test_explain_is_3_where_a_file_could_not_be_read(ringwall: Ringwall) -> None:
    args = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5432")

    result = ringwall("explain", "pods.yaml", "broken.yaml", *args)

    assert result.code == 3
    assert "\nALLOWED" in result.out
