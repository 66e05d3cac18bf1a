"""A waiver accepts nothing."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.exceptions import each_waiver, waiver_finding
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.subjects import fits
from ringwall.check.waivers import Exceptions, Held

RULE = Rule(
    id="gov-exception-unused",
    title="A waiver accepts nothing",
    severity="low",
    kind="pattern",
    remediation="delete the waiver; if it was meant for something, correct what it selects",
    governs=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per waiver that holds."""
    yield from each_waiver(audit, RULE, lambda exceptions, held: _judge(audit, exceptions, held))


def _judge(audit: Audit, exceptions: Exceptions, held: Held) -> Finding:
    rule_id = held.waiver.rule
    if not exceptions.holds(held):
        return waiver_finding(RULE, held, "not-applicable", "it does not hold today")
    if rule_id in exceptions.failed:
        reason = f"{rule_id} failed, so that what it accepts is not known"
        return waiver_finding(RULE, held, "unknown", reason, needs=f"a run of {rule_id}")
    if rule_id not in exceptions.ran:
        return waiver_finding(RULE, held, "not-applicable", f"{rule_id} was not run")
    if not _was_judged(audit, exceptions, held):
        reason = f"{rule_id} judged nothing of the place that it is about"
        return waiver_finding(RULE, held, "not-applicable", reason)
    return _used(audit, exceptions, held)


def _was_judged(audit: Audit, exceptions: Exceptions, held: Held) -> bool:
    """Whether its rule looked at its cluster, or the place of its cause was read."""
    waiver = held.waiver
    if waiver.cause.rpartition("!")[0]:
        return audit.was_read(waiver.cause, waiver.cluster)
    clusters = exceptions.judged.get(waiver.rule, set())
    return any(not waiver.cluster or fits(waiver.cluster, name) for name in clusters)


def _used(audit: Audit, exceptions: Exceptions, held: Held) -> Finding:
    if about := exceptions.about(held, "fail", "excepted"):
        return waiver_finding(RULE, held, "pass", "it accepts what is there", about)
    if about := exceptions.about(held, "unknown"):
        needs = sorted({text for finding in about for text in _needs(finding)})
        reason = "what it is about is unknown, so that it may be needed"
        return waiver_finding(RULE, held, "unknown", reason, about, needs=needs)
    if audit.missing:
        reason = "it accepts nothing of what was read, and not everything could be"
        return waiver_finding(RULE, held, "unknown", reason, needs=audit.missing)
    reason = "it accepts nothing: no finding of its rule is what it selects"
    return waiver_finding(RULE, held, "fail", reason)


def _needs(finding: Finding) -> list[str]:
    needs = finding.evidence.get("needs", [])
    return [needs] if isinstance(needs, str) else [str(one) for one in needs]
