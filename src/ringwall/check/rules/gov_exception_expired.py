"""A waiver has ended."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.exceptions import each_waiver, waiver_finding
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.waivers import Exceptions, Held
from ringwall.check.words import many

RULE = Rule(
    id="gov-exception-expired",
    title="A waiver has ended",
    severity="high",
    kind="pattern",
    remediation="mend what it was about and delete the waiver, or have it approved again with a "
    "new end",
    governs=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per waiver; on the day that it names it still holds."""
    yield from each_waiver(audit, RULE, _judge)


def _judge(exceptions: Exceptions, held: Held) -> Finding:
    if not exceptions.has_ended(held):
        return waiver_finding(RULE, held, "pass", f"it holds until {held.waiver.expires}")
    about = exceptions.about(held, "fail")
    reason = f"it ended on {held.waiver.expires}, and {_outlook(exceptions, held, about)}"
    severity = "high" if about or held.waiver.rule not in exceptions.ran else "low"
    return waiver_finding(RULE, held, "fail", reason, about, severity)


def _outlook(exceptions: Exceptions, held: Held, about: list[Finding]) -> str:
    if held.waiver.rule not in exceptions.ran:
        return f"{held.waiver.rule} was not run to see whether it is still needed"
    if about:
        are = "is" if len(about) == 1 else "are"
        return f"{many(len(about), 'finding')} that it accepted {are} still there"
    return "nothing that it accepted is left"
