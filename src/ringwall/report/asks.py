"""Answers to people's questions as text: who is reached, by whom, on which ports, through what."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Final, NamedTuple

from ringwall.check.asks import documents as groups
from ringwall.check.asks.documents import (
    AskedOut,
    BlastRadiusReport,
    ExposedReport,
    WayOut,
    WhoCanReachReport,
)
from ringwall.check.words import many
from ringwall.reach.answers import HopOut
from ringwall.reach.documents import Ports
from ringwall.report import comma, reach, trace
from ringwall.report.escape import printable
from ringwall.report.json import render
from ringwall.report.page import Look, Page

FORMATS: Final = ("table", "json", "csv", "md")
TITLES: Final = {
    groups.API_SERVERS: "API servers",
    groups.BALANCERS: "load balancers",
    groups.DATA_STORES: "data stores",
    groups.INTERFACES: "other interfaces",
    groups.INTERNET: "the Internet",
    groups.KUBELET: "kubelets",
    groups.LINK_LOCAL: "link-local services of AWS",
    groups.METADATA: "instance metadata",
    groups.NODES: "nodes",
    groups.OTHER_VPCS: "in other VPCs",
    groups.OUTSIDE: "networks outside",
    groups.OWN: "own networks",
    groups.WORKLOADS: "workloads",
}
_REACHED: Final = ("is reached from", "are reached from")
Report = ExposedReport | WhoCanReachReport | BlastRadiusReport
_COLUMNS: Final = ("group", *reach.COLUMNS, "what")
_SHOWN: Final = 200
_WIDEST_NAME: Final = 44
_STYLES: Final = {"allowed": "", "unknown": "magenta"}
_STANDING: Final = ("workload", "pod", "node", "instance")


def exposed(report: ExposedReport, format_: str, look: Look) -> str:
    """What the Internet reaches, in a format."""
    if format_ == "table":
        return _table(report, look, _summary_of_exposed(report), partial(_exposures, report))
    return _other(report, format_, _summary_of_exposed(report))


def who_can_reach(report: WhoCanReachReport, format_: str, look: Look) -> str:
    """Who reaches one thing, in a format."""
    summary = _summary(report, ("reaches", "reach"), f"{report.to}{_on(report.port)}", _src)
    if format_ == "table":
        return _table(report, look, summary, partial(_lines, _src))
    return _other(report, format_, summary)


def blast_radius(report: BlastRadiusReport, format_: str, look: Look) -> str:
    """What one thing reaches, in a format."""
    summary = _summary(report, _REACHED, report.from_, _dst)
    if format_ == "table":
        return _table(report, look, summary, partial(_lines, _dst))
    return _other(report, format_, summary)


def unknown(report: Report) -> int:
    """How many rows are unknown."""
    return sum(count.unknown for count in report.counts.values())


# --- what is said first ---------------------------------------------------------------------------


def _summary_of_exposed(report: ExposedReport) -> str:
    return _summary(report, _REACHED, f"the Internet{_on(report.port)}", _dst)


def _summary(
    report: Report, verbs: tuple[str, str], what: str, end: Callable[[AskedOut], str]
) -> str:
    """How many things are at the other end, surely and only perhaps; ``verbs`` are of one thing and
    of several."""
    surely = {end(row) for row in report.connections if row.verdict == "allowed"}
    perhaps = {end(row) for row in report.connections} - surely
    said = f"{many(len(surely), 'thing')} {verbs[len(surely) != 1]} {what}"
    return f"{said}, {len(perhaps)} more unknown" if perhaps else said


def _on(port: str) -> str:
    return "" if port == "all" else f" on {port}"


def _not_reached(report: BlastRadiusReport) -> str:
    """The grave groups that it does not reach, of those that were looked for."""
    kinds = {one.kind for one in report.endpoints.values()}
    looked = {
        groups.DATA_STORES: "interface" in kinds,
        groups.KUBELET: "node" in kinds,
        groups.METADATA: report.endpoints[report.from_].kind in _STANDING,
        groups.API_SERVERS: "api" in kinds,
        groups.INTERNET: True,
    }
    lacking = [TITLES[name] for name, was in looked.items() if was and name not in report.counts]
    return f"not reached: {', '.join(lacking)}" if lacking else ""


# --- tables ---------------------------------------------------------------------------------------


def _table(
    report: Report, look: Look, summary: str, write: Callable[[Page, list[AskedOut]], None]
) -> str:
    page = Page(look)
    page.write(summary, style="bold")
    told, untold = _told(report)
    for group, some in groupby(told, key=lambda row: row.group):
        rows = list(some)
        page.gap()
        page.write(f"{TITLES[group]} ({_things(rows, report)})", style="bold")
        write(page, rows)
    if isinstance(report, BlastRadiusReport) and (absent := _not_reached(report)):
        page.gap()
        page.write(absent)
    if untold:
        page.gap()
        page.write(reach.LEFT_OPEN.format(many(untold, "pair")))
    named = {id_ for row in told for id_ in (row.src, row.dst)}
    reach.blocks(page, {id_: one for id_, one in report.blocks.items() if id_ in named})
    reach.unknowns(page, report.unknowns)
    reach.assumed(page, report.assumes)
    return page.text


def _told(report: Report) -> tuple[list[AskedOut], int]:
    """The rows that people are shown, and how many are left to one sentence."""
    rows = [
        row
        for row in report.connections
        if not reach.left_open(row.ports, row.because, report.unknowns)
    ]
    return rows, len(report.connections) - len(rows)


def _things(rows: Sequence[AskedOut], report: Report) -> int:
    """How many things a group's rows are about."""
    return len({row.src if isinstance(report, WhoCanReachReport) else row.dst for row in rows})


def _src(row: AskedOut) -> str:
    return row.src


def _dst(row: AskedOut) -> str:
    return row.dst


def _lines(end: Callable[[AskedOut], str], page: Page, rows: list[AskedOut]) -> None:
    """One line for each row: who is at the other end, and on which ports."""
    wide = min(max(len(printable(end(row))) for row in rows), _WIDEST_NAME)
    for row in rows[:_SHOWN]:
        label = f"  {printable(end(row)).ljust(wide)}  "
        text = "  ".join((reach.words(row.ports), *reach.notes(row), *_what(row)))
        page.write(text, label=label, indent=max(len(label), wide + 4), style=_STYLES[row.verdict])
    _more(page, len(rows))


def _what(row: AskedOut) -> Iterator[str]:
    """Whose an interface is, and what tells so."""
    if row.what:
        yield f"{row.what} ({row.told_by})"


def _more(page: Page, count: int) -> None:
    if count > _SHOWN:
        page.write(f"and {count - _SHOWN} more; --format json lists all", indent=2)


class _Entry(NamedTuple):
    """What of a thing is reached alike: ports, what is to be known of them, and the gates."""

    ports: str
    notes: tuple[str, ...]
    steps: tuple[str, ...]
    verdict: str


def _exposures(report: ExposedReport, page: Page, rows: list[AskedOut]) -> None:
    """Things that are reached alike, and below them their ports, with the senders and the gates
    between them."""
    alike: dict[str, tuple[list[AskedOut], dict[_Entry, list[str]]]] = {}
    for _, some in groupby(rows, key=_dst):
        mine = list(some)
        entries = _entries(report, mine)
        alike.setdefault(repr(entries), ([], entries))[0].append(mine[0])
    for things, entries in alike.values():
        for row in things[:_SHOWN]:
            page.write("  ".join((row.dst, *_what(row))), indent=2)
        _more(page, len(things))
        for entry, sources in entries.items():
            said = "  ".join((entry.ports, *entry.notes, f"from {', '.join(sources)}"))
            page.write(said, indent=4, style=_STYLES[entry.verdict])
            for number, step in enumerate(entry.steps):
                page.write(step, label="" if number else "    through", indent=13)


def _entries(report: ExposedReport, rows: Iterable[AskedOut]) -> dict[_Entry, list[str]]:
    """What is reached alike, and from where."""
    found: dict[_Entry, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row.src != groups.INTERNET, row.src)):
        for ports, steps in _ways(report, row):
            entry = _Entry(reach.words(ports), tuple(reach.notes(row)), steps, row.verdict)
            sources = found.setdefault(entry, [])
            if row.src not in sources:
                sources.append(row.src)
    return found


def _ways(report: ExposedReport, row: AskedOut) -> Iterator[tuple[Ports, tuple[str, ...]]]:
    """The ways of a row; its ports alone where none is shown."""
    if not row.through:
        yield row.ports, ()
    for id_ in row.through:
        way = report.ways[id_]
        yield way.ports, tuple(_steps(way))


def _steps(way: WayOut) -> Iterator[str]:
    """The gates of a way with the rules that decide at each, of one like it."""
    for hop in way.path.hops:
        yield from _gate(hop)


def _gate(hop: HopOut) -> Iterator[str]:
    rules = [trace.rule_text(hop, rule) for rule in hop.rules]
    if not rules:
        of_pod = hop.gate.startswith("policy") and hop.note  # its pod stands above
        said = hop.gate if of_pod else f"{hop.gate} {hop.at}"
        yield f"{said}: {hop.note}" if hop.note and hop.effect != "translate" else said
    yield from (f"{hop.gate} {rule}" for rule in rules)


# --- the other formats ----------------------------------------------------------------------------


def _other(report: Report, format_: str, summary: str) -> str:
    if format_ == "json":
        return render(report)
    return "".join(_csv(report)) if format_ == "csv" else _markdown(report, summary)


def _csv(report: Report) -> Iterator[str]:
    """One line for each row; lists are joined by spaces."""
    yield comma.line(_COLUMNS)
    for row in report.connections:
        ports = reach.words(row.ports).replace(", ", "|").replace(" ", "-").replace("|", " ")
        cells = (
            row.group, row.src, row.dst, row.verdict, row.extent, ports, row.reply or "",
            row.if_placed or "", " ".join(row.because), row.what,
        )  # fmt: skip
        yield comma.line(map(comma.cell, cells))


def _markdown(report: Report, summary: str) -> str:
    """One table, for a page or a pull request."""
    rows, untold = _told(report)
    through = ["through"] if isinstance(report, ExposedReport) else []
    titles = ["what", "from", "to", "ports", "verdict", "notes", *through]
    lines = [f"**{reach.marked(summary)}**", "", f"| {' | '.join(titles)} |"]
    lines.append("|---" * len(titles) + "|")
    lines += [f"| {' | '.join(cells)} |" for row in rows for cells in _cells(report, row)]
    absent = _not_reached(report) if isinstance(report, BlastRadiusReport) else ""
    left = reach.LEFT_OPEN.format(many(untold, "pair")) if untold else ""
    for text in filter(None, (absent, left)):
        lines += ["", reach.marked(text)]
    lines += reach.markdown_notes(report.unknowns, report.assumes)
    return "\n".join(lines) + "\n"


def _cells(report: Report, row: AskedOut) -> Iterator[list[str]]:
    """The lines of a row: one for each of its ways where these are told."""
    through = _ways(report, row) if isinstance(report, ExposedReport) else None
    for ports, steps in through or [(row.ports, ())]:
        yield [
            TITLES[row.group],
            reach.code(row.src),
            reach.code(row.dst),
            reach.code(reach.words(ports)),
            row.verdict,
            reach.marked("; ".join((*reach.notes(row), *_what(row)))),
            *(["<br>".join(map(reach.marked, steps))] if through else []),
        ]
