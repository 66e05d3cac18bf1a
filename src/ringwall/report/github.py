"""Findings as workflow commands of GitHub Actions: annotations of a run and of the files changed.

The runner reads them from standard output, one line each. It shows ten errors and ten warnings of
a step; the rest stays in its log.
"""

from collections.abc import Iterator
from typing import Final

from ringwall.check.finding import Finding
from ringwall.facts.fact import UNREADABLE
from ringwall.report import trace
from ringwall.report.escape import printable
from ringwall.report.outputs import AuditReport
from ringwall.report.places import PlaceOut, place_of

_COMMANDS: Final = {
    "critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice",
}  # fmt: skip


def render(report: AuditReport) -> str:
    """One line for each finding, unknown, failure and gap."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: AuditReport) -> Iterator[str]:
    for failure in report.failed:
        yield _command("error", "not read", None, [f"{failure.where}: {failure.error}"])
    for finding in report.findings:
        if finding.status == "fail":
            yield _annotation(report, finding, _COMMANDS[finding.severity], finding.severity)
        elif finding.status == "unknown":
            yield _annotation(report, finding, "warning", "unknown")
    for gap in report.gaps:
        if gap.code != UNREADABLE:
            yield _command("notice", "not read", None, [gap.needs])


def _annotation(report: AuditReport, finding: Finding, command: str, word: str) -> str:
    place = place_of(report.sources, finding)
    title = " ".join(filter(None, (word, finding.rule, finding.cluster)))
    said = [finding.cause, finding.reason]
    if path := trace.line(finding):
        said.append(f"path: {path}")
    return _command(command, title, place, [*said, f"fix: {finding.remediation}"])


def _command(name: str, title: str, place: PlaceOut | None, lines: list[str]) -> str:
    """``::error file=…,line=…,title=…::message``; line breaks of the message are escaped."""
    found = {"file": place.file, "line": str(place.line or "")} if place else {}
    properties = ",".join(
        f"{key}={_property(value)}" for key, value in {**found, "title": title}.items() if value
    )
    return f"::{name} {properties}::{'%0A'.join(map(_data, lines))}"


def _data(text: str) -> str:
    """Text of a message; what does not print, line breaks with it, is an escape already."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    """Text of a property, which ends at a comma or colon."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
