"""Exit codes, and which of them a result earns."""

from typing import TYPE_CHECKING, Final

from ringwall.check.finding import SEVERITIES

if TYPE_CHECKING:
    from ringwall.report.outputs import AuditReport

OK: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
FAILED: Final = 3
UNKNOWNS: Final = 4
NEVER: Final = "never"


def of_audit(report: "AuditReport", fail_on: str, *, strict_unknown: bool) -> int:
    """A failure of the tool comes before findings, findings before what is only unknown."""
    if report.failed:
        return FAILED
    if _at_or_above(report, fail_on):
        return FINDINGS
    if strict_unknown and any(f.status == "unknown" for f in report.findings):
        return UNKNOWNS
    return OK


def _at_or_above(report: "AuditReport", fail_on: str) -> bool:
    if fail_on == NEVER:
        return False
    least = SEVERITIES.index(fail_on)
    return any(f.status == "fail" and f.rank >= least for f in report.findings)
