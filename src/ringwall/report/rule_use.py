"""What only one security-group rule opens, as text."""

from typing import Final

from ringwall.check.asks.documents import RuleUseReport, WhyOut
from ringwall.check.words import many
from ringwall.reach.answers import RuleOut
from ringwall.reach.documents import ChangeOut
from ringwall.report import reach
from ringwall.report.changes import LEFT_OPEN, state
from ringwall.report.json import render
from ringwall.report.page import Look, Page

_SHOWN: Final = 200
_CARRIERS_SHOWN: Final = 8
_STYLES: Final = {"surely": "bold", "perhaps": "magenta", "nothing": "bold"}


def write(report: RuleUseReport, format_: str, look: Look) -> str:
    """The answer in a format: ``table``, ``json`` or ``md``."""
    if format_ == "json":
        return render(report)
    return _table(report, look) if format_ == "table" else _markdown(report)


def summary(report: RuleUseReport) -> str:
    """One line: what would be lost without the rule."""
    lost = [row for row in report.changes if row.change == "lost"]
    surely = sum(row.sure for row in lost)
    if surely:
        more = f", and perhaps {len(lost) - surely} more" if len(lost) > surely else ""
        return f"only this rule opens {many(surely, 'connection')}{more}"
    if report.opens == "surely":
        found = many(len(report.changes), "connection")
        return (
            f"this rule opens more of {found}: without it something of them stays open or unknown"
        )
    if lost:
        return f"perhaps only this rule opens {many(len(lost), 'connection')}"
    if report.changes:
        return (
            f"nothing is lost without this rule, but {many(len(report.changes), 'answer')} differ"
        )
    return "this rule opens nothing that is not open without it"


def _table(report: RuleUseReport, look: Look) -> str:
    page = Page(look)
    page.write(summary(report), style=_STYLES[report.opens])
    page.write(_name(report.rule), label="rule", indent=9)
    page.write(_carriers(report), label="on", indent=9)
    if report.why:
        page.gap()
        page.write("what becomes of its packets", style="bold")
    for why in report.why:
        _reason(page, why)
    rows = _shown(report)
    for number, row in enumerate(rows[:_SHOWN]):
        if not number:
            page.gap()
            page.write(f"without it ({len(rows)})", style="bold")
        page.write(f"{row.src} -> {row.dst}  {reach.words(row.ports)}", label="  ", indent=4)
        page.write(_outcome(row), indent=6, style="dim")
    if len(rows) > _SHOWN:
        page.write(f"and {len(rows) - _SHOWN} more; --format json lists all", indent=2)
    if left := len(report.changes) - len(rows):
        page.gap()
        page.write(LEFT_OPEN.format(left))
    reach.blocks(page, report.blocks)
    reach.unknowns(page, report.unknowns)
    reach.assumed(page, report.assumes)
    return page.text


def _shown(report: RuleUseReport) -> list[ChangeOut]:
    """The changes that people are told one by one."""
    return [
        row
        for row in report.changes
        if not reach.left_open(row.ports, (*row.old.because, *row.new.because), report.unknowns)
    ]


def _name(rule: RuleOut) -> str:
    described = f"«{rule.description}»" if rule.description else ""
    said = (f"{rule.object} {rule.index}", rule.id, described, rule.source)
    return "  ".join(filter(None, said))


def _carriers(report: RuleUseReport) -> str:
    if not report.carriers:
        return "no interface that was read"
    more = len(report.carriers) - _CARRIERS_SHOWN
    shown = ", ".join(report.carriers[:_CARRIERS_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _reason(page: Page, why: WhyOut) -> None:
    style = "magenta" if why.because == "not-decided" else ""
    if why.witness:
        packet = f"{why.witness.src} -> {why.witness.dst} {why.witness.port}"
        page.write(packet, label="  ", indent=4)
    page.write(f"{why.because}: {why.text}", indent=6 if why.witness else 2, style=style)
    for rule in why.rules:
        page.write(_name(rule), indent=8)


def _outcome(row: ChangeOut) -> str:
    """What becomes of a connection, and a packet that shows it."""
    word = row.change if row.sure or row.change != "lost" else "perhaps lost"
    witness = row.witness
    said = f"{word}: {state(row.old)} -> {state(row.new)}"
    if (witness.src, witness.dst) != (row.src, row.dst) or len(row.ports) != 1:
        said += f"  for instance {witness.src} -> {witness.dst} {witness.port}"
    return said


def _markdown(report: RuleUseReport) -> str:
    """A summary and one table, for a pull request."""
    lines = [
        f"**{reach.marked(summary(report))}**",
        "",
        f"- rule: {reach.marked(_name(report.rule))}",
    ]
    lines.append(f"- on: {reach.marked(_carriers(report))}")
    for why in report.why:
        packet = why.witness
        shown = f"{packet.src} -> {packet.dst} {packet.port}: " if packet else ""
        others = "; ".join(map(_name, why.rules))
        said = f"{shown}{why.because}: {why.text}" + (f": {others}" if others else "")
        lines.append(f"- {reach.marked(said)}")
    rows = _shown(report)
    if rows:
        lines += ["", "| from | to | ports | with it | without it |", "|---" * 5 + "|"]
    lines += [_line(row) for row in rows]
    if left := len(report.changes) - len(rows):
        lines += ["", reach.marked(LEFT_OPEN.format(left))]
    lines += reach.markdown_notes(report.unknowns, report.assumes)
    return "\n".join(lines) + "\n"


def _line(row: ChangeOut) -> str:
    cells = (
        reach.code(row.src), reach.code(row.dst), reach.code(reach.words(row.ports)),
        reach.marked(state(row.old)), reach.marked(state(row.new)),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
