"""Who reaches whom, as text: for people, as Markdown, as JSON, as CSV and as a graph."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ringwall.check.words import many
from ringwall.reach.answers import UnknownOut
from ringwall.reach.documents import (
    BlockOut,
    ClassRowOut,
    ConnectionOut,
    EndpointOut,
    Ports,
    ReachReport,
)
from ringwall.report import comma
from ringwall.report.escape import printable
from ringwall.report.json import filled, render
from ringwall.report.page import Look, Page

if TYPE_CHECKING:
    from ringwall.reach.engine.grouped import Grouped
    from ringwall.reach.engine.rows import Rows

COLUMNS: Final = (
    "src", "dst", "verdict", "extent", "ports", "reply", "if_placed", "because",
)  # fmt: skip
LEFT_OPEN: Final = (
    "{}: only ICMP and other protocols are unknown, which policies are not specified for; "
    "--format json lists them"
)
"""What is said of rows that are left to one sentence (``told``)."""
UNDEFINED: Final = "protocol-undefined"
"""The code of what policies are not specified for (see ``left_open``)."""
_STYLES: Final = {"allowed": "", "unknown": "magenta"}
_WIDEST_NAME: Final = 44


def table(report: ReachReport, look: Look) -> str:
    """The connections by sender, then what is not known and what the answer stands on."""
    page = Page(look)
    rows_told, untold = told(report)
    page.write(_summary(report, rows_told), style="bold")
    for src, rows in groupby(rows_told, key=lambda row: row.src):
        page.gap()
        page.write(src, style="bold")
        _rows_of(page, list(rows))
    if untold:
        page.gap()
        page.write(LEFT_OPEN.format(many(untold, "pair")))
    named = {id_ for row in rows_told for id_ in (row.src, row.dst)}
    blocks(page, {id_: block for id_, block in report.blocks.items() if id_ in named})
    unknowns(page, report.unknowns)
    assumed(page, report.assumes)
    return page.text


def told(report: ReachReport) -> tuple[list[ConnectionOut], int]:
    """The rows that people are shown, and how many are left to one sentence (``left_open``)."""
    rows = [
        row for row in report.connections if not left_open(row.ports, row.because, report.unknowns)
    ]
    return rows, len(report.connections) - len(rows)


def _summary(report: ReachReport, rows: list[ConnectionOut]) -> str:
    opened = sum(row.verdict == "allowed" for row in rows)
    undecided = len(report.connections) - opened
    parts = [many(len(report.endpoints), "endpoint"), many(opened, "open connection")]
    if undecided:
        parts.append(f"{undecided} unknown")
    return f"{', '.join(parts)}; other pairs are blocked"


def _rows_of(page: Page, rows: list[ConnectionOut]) -> None:
    wide = min(max(len(printable(row.dst)) for row in rows), _WIDEST_NAME)
    for row in rows:
        label = f"  {printable(row.dst).ljust(wide)}  "
        text = "  ".join((words(row.ports), *notes(row)))
        page.write(text, label=label, indent=max(len(label), wide + 4), style=_STYLES[row.verdict])


def notes(row: ConnectionOut) -> Iterator[str]:
    """What a reader must know beside the ports: not for all, no reply, not sure."""
    if row.verdict == "unknown":
        reasons = f" ({', '.join(row.because)})" if row.because else ""
        yield f"unknown{' for some' if row.extent == 'some' else ''}{reasons}"
    elif row.extent == "some":
        yield "for some"
    if row.reply not in (None, "established"):
        yield f"reply {row.reply}"
    if row.if_placed:
        yield f"{row.if_placed} on other nodes"


def words(ports: Ports) -> str:
    """Services of the contract, for people."""
    return ", ".join(_words(ports))


def _words(ports: Ports) -> Iterator[str]:
    """The protocols with a name, then those that go by their number."""
    for name, items in ports.items():
        if name == "PROTO-OTHER":
            yield "other protocols"
        elif not items:
            yield name.lower().replace("proto-", "proto/")
        else:
            yield from (f"{name.lower()}/{item}" for item in items)


def left_open(ports: Ports, because: Iterable[str], found: dict[str, UnknownOut]) -> bool:
    """Whether services are unknown only because the specification of policies leaves open what
    becomes of protocols other than TCP, UDP and SCTP: true of every isolated pod, so that people
    are told it once."""
    codes = {found[id_].code for id_ in because if id_ in found}
    return codes == {UNDEFINED} and not ports.keys() & {"TCP", "UDP", "SCTP", "ALL"}


def blocks(page: Page, blocks: dict[str, BlockOut]) -> None:
    """What stands behind ids that name no object."""
    told = {name: block for name, block in blocks.items() if [name] != block.cidrs}
    if told:
        page.gap()
    for name, block in told.items():
        label = f"{name} "
        shown = ", ".join(block.cidrs[:8])
        more = f" and {len(block.cidrs) - 8} more" if len(block.cidrs) > 8 else ""
        page.write(f"is {shown}{more}", label=label, indent=max(9, len(label)))


def unknowns(page: Page, found: dict[str, UnknownOut]) -> None:
    """Why answers are unknown, and what would settle each."""
    if found:
        page.gap()
    for name, one in found.items():
        page.write(f"{one.code}, {one.object}: {one.needs}", label=f"{name} ", indent=5)


def assumed(page: Page, texts: Iterable[str]) -> None:
    """What the answer takes for granted."""
    for i, text in enumerate(texts):
        if i == 0:
            page.gap()
        page.write(text, label="assumed", indent=9)


def markdown(report: ReachReport) -> str:
    """One table, for a page or a pull request."""
    rows, untold = told(report)
    lines = [
        f"**{marked(_summary(report, rows))}**",
        "",
        "| from | to | ports | verdict | notes |",
        "|---|---|---|---|---|",
    ]
    lines += [
        "| " + " | ".join((code(row.src), code(row.dst), code(words(row.ports)),
                           row.verdict, marked("; ".join(notes(row))))) + " |"
        for row in rows
    ]  # fmt: skip
    lines += ["", LEFT_OPEN.format(many(untold, "pair"))] if untold else []
    lines += markdown_notes(report.unknowns, report.assumes)
    return "\n".join(lines) + "\n"


def markdown_notes(found: dict[str, UnknownOut], assumes: list[str]) -> Iterator[str]:
    """Reasons and assumptions as lists."""
    if found:
        yield ""
    for name, one in found.items():
        yield f"- {name}: {marked(f'{one.code}, {one.object}: {one.needs}')}"
    if assumes:
        yield ""
    for text in assumes:
        yield f"- assumed: {marked(text)}"


def code(text: str) -> str:
    """Text as code in a Markdown table."""
    return f"`{printable(text).replace('`', '').replace('|', chr(92) + '|')}`" if text else ""


def marked(text: str) -> str:
    """Text that Markdown and HTML take literally."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("\\", "&#92;")
    for sign in ("|", "`", "*", "_", "[", "]", "~"):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("@", "@<!-- -->")  # nobody is called by a name in the input


def json_pieces(rows: "Rows | Grouped") -> Iterator[str]:
    """The document of some rows, piece by piece."""
    pieces = rows.table.text(_source_in_json, _destination_in_json, _rest_in_json)
    return filled(rows.document, pieces)


def _source_in_json(id_: str) -> str:
    return f',\n    {{\n      "src": {_in_json(id_)},\n'


def _destination_in_json(id_: str) -> str:
    return f'      "dst": {_in_json(id_)},\n'


def _rest_in_json(row: ConnectionOut | ClassRowOut) -> str:
    """A row from its third line on: its braces and its two ids stand above."""
    lines = _in_json(row).split("\n")[3:]
    return "\n".join(f"    {line}" for line in lines)


def _in_json(value: Struct | str) -> str:
    return render(value).removesuffix("\n")


def csv_pieces(rows: "Rows") -> Iterator[str]:
    """One line for each connection, piece by piece; lists are joined by spaces."""
    yield comma.line(COLUMNS)
    yield from rows.table.text(_id_in_csv, _id_in_csv, _rest_in_csv)


def _id_in_csv(id_: str) -> str:
    return comma.line((comma.cell(id_), "")).removesuffix("\n")


def _rest_in_csv(row: ConnectionOut) -> str:
    ports = " ".join(word.replace(" ", "-") for word in _words(row.ports))
    cells = (row.verdict, row.extent, ports, row.reply or "", row.if_placed or "")
    return comma.line(comma.cell(text) for text in (*cells, " ".join(row.because)))


def dot(report: ReachReport) -> str:
    """A Graphviz graph: namespaces are boxes, unknown connections are dashed; what ``told`` leaves
    to one sentence is not drawn."""
    lines = ["digraph reach {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    spaces = sorted(report.endpoints.items(), key=lambda item: (_box(*item), item[0]))
    for number, (space, members) in enumerate(groupby(spaces, key=lambda item: _box(*item))):
        names = [f"    {_quoted(name)};" for name, _ in members]
        if space:
            opening = f"  subgraph cluster_{number} {{ label={_quoted(space)};"
            names = [opening, *names, "  }"]
        lines += names
    rows, untold = told(report)
    lines += [_edge(row) for row in rows]
    lines += [f"  // {LEFT_OPEN.format(many(untold, 'pair'))}"] if untold else []
    return "\n".join([*lines, "}"]) + "\n"


def _box(id_: str, endpoint: EndpointOut) -> str:
    """The namespace of a workload or pod, with its cluster; nothing for the rest."""
    return id_.rpartition("/")[0] if endpoint.kind in ("workload", "pod") else ""


def _edge(row: ConnectionOut) -> str:
    label = "\n".join((words(row.ports), *notes(row)))
    style = ", style=dashed" if row.verdict == "unknown" else ""
    return f"  {_quoted(row.src)} -> {_quoted(row.dst)} [label={_quoted(label)}{style}];"


def _quoted(text: str) -> str:
    """A string of the DOT language."""
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(printable(line) for line in body.split("\n")) + '"'
