"""Findings as CSV: one line each, whatever their status."""

from typing import Final

from ringwall.check.finding import Finding
from ringwall.report import comma, trace
from ringwall.report.outputs import AuditReport
from ringwall.report.places import PlaceOut, place_of

COLUMNS: Final = (
    "status", "severity", "rule", "cluster", "cause", "reason", "count", "objects", "path",
    "remediation", "confidence", "file", "line", "fingerprint", "folded",
)  # fmt: skip
_BETWEEN: Final = "; "


def render(report: AuditReport) -> str:
    """A header, and the findings in their order; lists are joined by ``; ``."""
    lines = [comma.line(COLUMNS)]
    lines += [_line(f, place_of(report.sources, f) or PlaceOut("")) for f in report.findings]
    return "".join(lines)


def _line(finding: Finding, place: PlaceOut) -> str:
    where = f"{place.file}#{place.pointer}" if place.pointer else place.file
    cells = (
        finding.status,
        finding.severity,
        finding.rule,
        finding.cluster,
        finding.cause,
        finding.reason,
        str(finding.count),
        _BETWEEN.join(finding.objects),
        trace.line(finding),
        finding.remediation,
        finding.confidence,
        where,
        str(place.line or ""),
        finding.fingerprint,
        _BETWEEN.join(finding.folded),
    )
    return comma.line(comma.cell(text) for text in cells)
