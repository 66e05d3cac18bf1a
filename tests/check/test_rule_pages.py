"""Every rule's page is its test: each case gives exactly the findings that the page states."""

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import Config, parse
from ringwall.discover import load_rule, rule_ids
from tests.check.pages import PAGES, Case, cases
from tests.support import net_of

ALL = [case for rule in rule_ids() for case in cases(rule)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}: {case.title}")
def test_the_case_gives_the_findings_of_its_page(case: Case) -> None:
    config = parse(case.config, "ringwall.toml") if case.config else Config()
    rule = load_rule(case.rule)

    found = list(rule.check(Audit(net_of(case.files), config)))

    told = [f for f in found if f.status in ("fail", "unknown", "excepted")]
    assert sorted(f"{f.status} {f.severity} {f.cause}" for f in told) == case.expected


@pytest.mark.parametrize("rule", rule_ids())
def test_every_rule_has_a_failing_a_passing_and_a_tricky_case(rule: str) -> None:
    kinds = {case.title.partition(":")[0] for case in cases(rule)}

    assert {"Fails", "Passes", "Tricky"} <= kinds
    assert all(case.expected is not None for case in cases(rule))


def test_every_page_belongs_to_a_rule() -> None:
    assert sorted(file.stem for file in PAGES.glob("*.md")) == rule_ids()
