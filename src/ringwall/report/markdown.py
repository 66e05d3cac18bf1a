"""Findings as Markdown, for a pull request: a summary, one table, and the rest folded away.

GitHub takes 65,536 characters of a comment, so that what is listed is bounded and the rest counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from ringwall.check.finding import Finding
from ringwall.check.words import many
from ringwall.facts.fact import UNREADABLE
from ringwall.report import trace
from ringwall.report.outputs import AuditReport
from ringwall.report.reach import code, marked
from ringwall.report.table import summary

_ROWS: Final = 60
_NOTES: Final = 40
_LONGEST: Final = 60_000
_WIDEST: Final = 400


def render(report: AuditReport) -> str:
    """The page; rows that would make it longer than a comment can be are counted only."""
    told = [finding for finding in report.findings if finding.status in ("fail", "unknown")]
    for rows in (_ROWS, _ROWS // 2, _ROWS // 4, 0):
        text = "\n".join(_lines(report, told, rows)) + "\n"
        if len(text) <= _LONGEST:
            break
    return text


def _lines(report: AuditReport, told: Sequence[Finding], rows: int) -> Iterator[str]:
    yield f"### {report.tool.partition(' ')[0]}: {marked(summary(report.findings))}"
    if told:
        yield from _table(told[:rows])
    if len(told) > rows:
        yield from ("", f"{many(len(told) - rows, 'more finding')}; --format json lists all.")
    if told[:rows]:
        yield from _folded("Paths and fixes", _details(told[:rows]))
    notes = [*_notes(report)]
    if notes:
        more = len(notes) - _NOTES
        rest = [f"- {many(more, 'more')}"] if more > 0 else []
        yield from _folded("What could not be seen, and is assumed", [*notes[:_NOTES], *rest])
    counts = Counter(finding.status for finding in report.findings)
    others = "".join(f"; {counts[word]} {word}" for word in ("excepted", "pass") if counts[word])
    yield from ("", f"{marked(report.tool)}, facts {code(report.digest)}{others}")


def _table(findings: Iterable[Finding]) -> Iterator[str]:
    yield from ("", "| | rule | cluster | cause | why |", "|---|---|---|---|---|")
    for finding in findings:
        word = finding.severity if finding.status == "fail" else finding.status
        cells = (
            f"**{word}**",
            finding.rule,
            code(finding.cluster),
            code(_short(finding.cause)),
            marked(_short(finding.reason)),
        )
        yield f"| {' | '.join(cells)} |"


def _details(findings: Iterable[Finding]) -> Iterator[str]:
    """By rule, the fix once and the path of each finding."""
    for rule, some in groupby(findings, key=lambda finding: finding.rule):
        mine = list(some)
        yield from (f"**{rule}**: {marked(_short(mine[0].remediation))}", "")
        for finding in mine:
            if path := trace.line(finding):
                yield f"- {code(_short(path))}"
        yield ""


def _notes(report: AuditReport) -> Iterator[str]:
    for failure in report.failed:
        yield f"- failed: {marked(_short(f'{failure.where}: {failure.error}'))}"
    for gap in report.gaps:
        if gap.code != UNREADABLE:
            yield f"- not read: {marked(_short(gap.needs))}"
    for text in report.assumes:
        yield f"- assumed: {marked(_short(text))}"


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{title}</summary>", "", *lines, "", "</details>")


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
