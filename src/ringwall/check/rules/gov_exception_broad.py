"""A waiver accepts more than somebody looked at."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.exceptions import each_waiver, waiver_finding
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.waivers import Exceptions, Held
from ringwall.check.words import many

RULE = Rule(
    id="gov-exception-broad",
    title="A waiver accepts more than somebody looked at",
    severity="medium",
    kind="pattern",
    remediation="write one waiver for each cause that was looked at, with an end within the time "
    "that waiver_days allows",
    governs=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per waiver that has not ended."""
    yield from each_waiver(audit, RULE, _judge)


def _judge(exceptions: Exceptions, held: Held) -> Finding:
    waiver = held.waiver
    if exceptions.has_ended(held):
        return waiver_finding(RULE, held, "not-applicable", "it has ended")
    if days := exceptions.days_too_long(held):
        over = f"{many(days, 'day')} later than the {many(exceptions.longest, 'day')} ahead"
        reason = f"it ends on {waiver.expires}, {over} that a waiver may, so it accepts nothing"
        return waiver_finding(RULE, held, "fail", reason)
    about = exceptions.about(held, "excepted")
    causes = {(finding.cluster, finding.cause) for finding in about}
    if len(causes) > 1 and not waiver.is_bounded:
        reason = f"by wildcards alone it accepts {many(len(causes), 'cause')}, and any to come"
        return waiver_finding(RULE, held, "fail", reason, about)
    if len(causes) > 1 and _is_everything(exceptions, held, about):
        reason = f"it accepts all {many(len(causes), 'finding')} of {waiver.rule}"
        return waiver_finding(RULE, held, "fail", reason, about)
    return waiver_finding(RULE, held, "pass", "it accepts what it names", about)


def _is_everything(exceptions: Exceptions, held: Held, about: list[Finding]) -> bool:
    """Whether nothing that its rule found is left; an exact cause names one thing, though it may
    stand for several nodes."""
    found = exceptions.of_rule(held.waiver.rule)
    every = [finding for finding in found if finding.status in ("fail", "excepted")]
    exact = any(held.waiver.cause in exceptions.causes.of(finding) for finding in about)
    return len(every) == len(about) and not exact
