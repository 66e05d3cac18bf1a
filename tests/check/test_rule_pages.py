"""Every rule's page is its test: each case gives exactly the findings that the page states."""

import re
from datetime import date

import pytest

from ringwall.check import waivers
from ringwall.check.audit import Audit
from ringwall.check.config import Config, parse
from ringwall.check.finding import Finding
from ringwall.check.run import run
from ringwall.discover import load_rule, load_rules, page, rule_ids
from tests.check.pages import PAGES, Case, cases
from tests.support import net_of

ALL = [case for rule in rule_ids() for case in cases(rule)]


TODAY = date(2026, 1, 15)
"""The day of the cases about waivers, as their pages say."""


def alone(case: Case, config: Config) -> list[Finding]:
    return list(load_rule(case.rule).check(Audit(net_of(case.files), config)))


def governed(case: Case, config: Config) -> list[Finding]:
    """What a rule about waivers says once the others have been run."""
    held = waivers.parse(case.waivers, "waivers.toml", config, rule_ids())
    audit = Audit(net_of(case.files), config, today=TODAY, waivers=held)
    findings, failures = run(audit, load_rules())
    assert failures == []
    return [finding for finding in findings if finding.rule == case.rule]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}: {case.title}")
def test_the_case_gives_the_findings_of_its_page(case: Case) -> None:
    config = parse(case.config, "ringwall.toml") if case.config else Config()
    found = governed(case, config) if case.waivers else alone(case, config)

    told = [f for f in found if f.status in ("fail", "unknown", "excepted")]
    assert sorted(f"{f.status} {f.severity} {f.cause}" for f in told) == case.expected


@pytest.mark.parametrize("rule", rule_ids())
def test_every_rule_has_a_failing_a_passing_and_a_tricky_case(rule: str) -> None:
    kinds = {case.title.partition(":")[0] for case in cases(rule)}

    assert {"Fails", "Passes", "Tricky"} <= kinds
    assert all(case.expected is not None for case in cases(rule))


def test_every_page_belongs_to_a_rule() -> None:
    assert sorted(file.stem for file in PAGES.glob("*.md")) == rule_ids()


@pytest.mark.parametrize("rule", rule_ids())
def test_the_links_of_a_page_lead_to_pages(rule: str) -> None:
    links = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", page(rule).partition("\n## Cases")[0])

    for text, target in links:
        assert target.startswith("https://") or (PAGES / target).is_file(), target
        assert target.startswith("https://") or target == f"{text}.md", "a link names its page"
