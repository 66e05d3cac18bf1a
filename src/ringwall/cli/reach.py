"""``ringwall reach``: who reaches whom, on which ports."""

from collections.abc import Callable
from typing import Final

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.cli.words import IDS
from ringwall.net import Net
from ringwall.reach.documents import ReachReport
from ringwall.report import reach
from ringwall.report.page import Look

_EXITS: Final = f"""{IDS}
Other pairs are blocked; a thing with itself, and one outside with another, are not listed unless
both are named. The exit code is 0 whatever is open, 2 for a question that cannot
be asked, 3 where a file could not be read.
"""
_STREAMS: Final = {"json": reach.json_pieces, "csv": reach.csv_pieces}
_TEXTS: Final[dict[str, Callable[[ReachReport], str]]] = {
    "dot": reach.dot,
    "md": reach.markdown,
}


@click.command("reach", epilog=_EXITS)
@deliver.options("table", *_STREAMS, *_TEXTS)
@click.option("--from", "src", metavar="ID", help="Only what this one sends.")
@click.option("--to", "dst", metavar="ID", help="Only what this one receives.")
@click.option("--port", metavar="PORT", help="Only on these ports.")
@click.option("--pods", is_flag=True, help="Pods one by one instead of workloads.")
@click.option("--grouped", is_flag=True, help="Classes and rows between them; needs JSON.")
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    src: str | None,
    dst: str | None,
    port: str | None,
    pods: bool,
    grouped: bool,
    redact: bool,
    redact_key: str | None,
) -> int:
    """List who reaches whom, on which ports."""
    deliver.check(output)
    _check_grouped(format_, grouped=grouped, filtered=bool(src or dst or port or pods))
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    net = Net(reading.facts)
    if grouped:
        deliver.stream(reach.json_pieces(net.rows_grouped()), output)
        return _code(reading)
    with reading.in_words_of_user(lambda facts: Net(facts).rows(src, dst, port, pods=pods)):
        ends = [end and reading.said(end) for end in (src, dst)]
        if format_ in _STREAMS:
            rows = net.rows(ends[0], ends[1], port, pods=pods)
            deliver.stream(_STREAMS[format_](rows), output)
            say.unknown_rows(rows.unknown)
        else:
            report = net.reach(ends[0], ends[1], port, pods=pods)
            deliver.put(_text(report, format_, deliver.look(output)), output)
            say.unknown_rows(sum(row.verdict == "unknown" for row in report.connections))
    return _code(reading)


def _code(reading: pipeline.Reading) -> int:
    return exits.FAILED if reading.facts.failed else exits.OK


def _text(report: ReachReport, format_: str, look: Look) -> str:
    return reach.table(report, look) if format_ == "table" else _TEXTS[format_](report)


def _check_grouped(format_: str, *, grouped: bool, filtered: bool) -> None:
    if grouped and format_ != "json":
        raise click.UsageError("--grouped is written as JSON; add --format json")
    if grouped and filtered:
        raise click.UsageError("--grouped is the whole relation; leave out the other filters")
