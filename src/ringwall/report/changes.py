"""What a new state opens and closes, as text: for people and as Markdown."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from ringwall.check.words import many
from ringwall.reach.documents import ChangeOut, DiffReport, StateOut, WhatIfReport
from ringwall.report import reach
from ringwall.report.escape import printable
from ringwall.report.page import Look, Page

GROUPS: Final = {
    "gained": ("opens", "red"),
    "lost": ("closes", "cyan"),
    "now-unknown": ("now unknown", "magenta"),
    "changed": ("changes", "yellow"),
}
_SHOWN: Final = 200
LEFT_OPEN: Final = (
    "and {} about ICMP and other protocols, which policies are not specified for; "
    "--format json lists all"
)
"""What is said of changes that are left to one sentence (``shown``)."""


def write(report: DiffReport, format_: str, look: Look, render: Callable[[Struct], str]) -> str:
    """A comparison in a format: ``table``, ``md``, or what ``render`` makes of it."""
    if format_ == "table":
        return table(report, look)
    return markdown(report) if format_ == "md" else render(report)


def table(report: DiffReport, look: Look) -> str:
    """What is opened first, then what is closed, no longer known, and otherwise answered."""
    page = Page(look)
    for text in _made(report):
        page.write(text, label="change", indent=8)
    page.write(summary(report), style="bold")
    for name, (title, style) in GROUPS.items():
        rows = [row for row in shown(report) if row.change == name]
        if rows:
            page.gap()
            page.write(f"{title} ({len(rows)})", style=style)
        for row in rows[:_SHOWN]:
            _row(page, row)
        if len(rows) > _SHOWN:
            page.write(f"and {len(rows) - _SHOWN} more; --format json lists all", indent=2)
    if left := len(report.changes) - len(shown(report)):
        page.gap()
        page.write(LEFT_OPEN.format(left))
    reach.blocks(page, report.blocks)
    reach.unknowns(page, report.unknowns)
    reach.assumed(page, sorted({*report.old.assumes, *report.new.assumes}))
    return page.text


def _made(report: DiffReport) -> list[str]:
    return report.change if isinstance(report, WhatIfReport) else []


def shown(report: DiffReport) -> list[ChangeOut]:
    """The changes that people are told one by one (``reach.left_open``)."""
    return [row for row in report.changes if row.sure or not _left_open(report, row)]


def _left_open(report: DiffReport, row: ChangeOut) -> bool:
    because = (*row.old.because, *row.new.because)
    return reach.left_open(row.ports, because, report.unknowns)


def summary(report: DiffReport) -> str:
    """One line: how much is opened, closed, no longer known, otherwise answered."""
    counts = {name: sum(row.change == name for row in shown(report)) for name in GROUPS}
    if not report.changes:
        return "nothing is opened, nothing is closed"
    parts = [
        _count("opens", report.opens, counts["gained"]),
        _count("closes", report.closes, counts["lost"]),
    ]
    if counts["now-unknown"]:
        parts.append(f"{counts['now-unknown']} now unknown")
    if counts["changed"]:
        parts.append(f"{counts['changed']} otherwise answered")
    return ", ".join(parts)


def _count(verb: str, certainty: str, count: int) -> str:
    """``opens 3 connections``, ``perhaps closes 2 connections``, ``opens nothing``."""
    if certainty == "nothing":
        return f"{verb} nothing"
    perhaps = "perhaps " if certainty == "perhaps" else ""
    return f"{perhaps}{verb} {many(count, 'connection')}" if count else f"{verb} nothing for sure"


def _row(page: Page, row: ChangeOut) -> None:
    page.write(f"{row.src} -> {row.dst}  {reach.words(row.ports)}", label="  ", indent=4)
    page.write("  ".join(_details(row)), indent=6, style="dim")


def _details(row: ChangeOut) -> Iterator[str]:
    """What it was and is, and a packet that shows it."""
    yield f"{state(row.old)} -> {state(row.new)}"
    witness = row.witness
    if (witness.src, witness.dst) != (row.src, row.dst) or len(row.ports) != 1:
        yield f"for instance {witness.src} -> {witness.dst} {witness.port}"


def state(one: StateOut) -> str:
    """An answer in words."""
    found = one.verdict
    if one.extent == "some":
        found += " for some"
    if one.reply not in (None, "established"):
        found += f", reply {one.reply}"
    if one.because:
        found += f" ({', '.join(one.because)})"
    return found


def markdown(report: DiffReport) -> str:
    """A summary and one table, for a pull request."""
    lines = [f"**{reach.marked(summary(report))}**"]
    lines += [f"- {reach.marked(text)}" for text in _made(report)]
    if shown(report):
        lines += ["", "| change | from | to | ports | was | is | for instance |", "|---" * 7 + "|"]
    order = list(GROUPS)
    for row in sorted(shown(report), key=lambda row: order.index(row.change)):
        witness = f"{row.witness.src} -> {row.witness.dst} {row.witness.port}"
        cells = (
            GROUPS[row.change][0],
            reach.code(row.src),
            reach.code(row.dst),
            reach.code(reach.words(row.ports)),
            reach.marked(state(row.old)),
            reach.marked(state(row.new)),
            reach.code(printable(witness)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    if left := len(report.changes) - len(shown(report)):
        lines += ["", reach.marked(LEFT_OPEN.format(left))]
    lines += reach.markdown_notes(
        report.unknowns, sorted({*report.old.assumes, *report.new.assumes})
    )
    return "\n".join(lines) + "\n"
