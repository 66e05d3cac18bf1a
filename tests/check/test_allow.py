"""An [[allow]] of ringwall.toml accepts what every rule about single ingress rules finds."""

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import parse
from ringwall.check.finding import Finding
from ringwall.check.run import run
from ringwall.discover import load_rule, rule_ids
from tests.check.pages import Case, cases
from tests.support import net_of

OF_GROUPS = ("sg-default-on-eks", "sg-unused")
OF_SEVERAL = ("sg-no-justification", "sg-split-world-cidr")
SINGLE = [
    rule
    for rule in rule_ids()
    if rule.startswith(("sg-", "api-sg-")) and rule not in (*OF_GROUPS, *OF_SEVERAL)
]


def found(case: Case, toml: str) -> list[Finding]:
    audit = Audit(net_of(case.files), parse(case.config + toml, "ringwall.toml"))
    findings, failures = run(audit, [load_rule(case.rule)])
    assert failures == []
    return findings


def failing(rule: str) -> Case:
    """The first case of a page that is only about ingress rules that fail."""
    every = (case for case in cases(rule) if case.title.startswith("Fails"))
    return next(case for case in every if any(":ingress:" in line for line in case.expected or ()))


@pytest.mark.parametrize("rule", SINGLE)
def test_what_is_allowed_is_found_and_accepted(rule: str) -> None:
    case = failing(rule)
    before = {one.cause: one for one in found(case, "") if ":ingress:" in one.cause}

    after = found(case, f'\n[[allow]]\nrules = ["{rule}"]\nreason = "by design"\n')

    accepted = {one.cause: one for one in after if one.status == "excepted"}
    assert {cause for cause, one in before.items() if one.status == "fail"} <= accepted.keys()
    assert "fail" not in {one.status for one in after if ":ingress:" in one.cause}
    for cause, one in accepted.items():
        assert one.exception is not None
        assert (one.exception.by, one.exception.reason) == ("allow", "by design")
        assert (one.severity, one.fingerprint) == (
            before[cause].severity,
            before[cause].fingerprint,
        )


@pytest.mark.parametrize("rule", OF_SEVERAL)
def test_what_judges_several_rules_together_leaves_allowed_ones_out(rule: str) -> None:
    case = next(one for one in cases(rule) if one.title.startswith("Fails"))
    (before,) = (one for one in found(case, "") if one.status == "fail")

    after = found(case, f'\n[[allow]]\nrules = ["{rule}"]\nreason = "by design"\n')

    assert [one for one in after if one.status == "fail" and one.count >= before.count] == []
