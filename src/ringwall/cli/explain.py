"""``ringwall explain``: one question, its answer, and every hop."""

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.cli.words import IDS
from ringwall.report import json, table

_EXITS = f"""{IDS}
The exit code is 0 whatever the verdict, 2 for a question that cannot be asked, 3 where a file
could not be read.
"""


@click.command("explain", epilog=_EXITS)
@deliver.options("table", "json")
@click.option("--from", "src", required=True, metavar="ID", help="Who sends.")
@click.option("--to", "dst", required=True, metavar="ID", help="Who receives.")
@click.option("--port", required=True, metavar="PORT", help="On which port.")
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    src: str,
    dst: str,
    port: str,
    redact: bool,
    redact_key: str | None,
) -> int:
    """Say whether one thing reaches another, with every hop."""
    deliver.check(output)
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    answer = pipeline.explain(reading, src, dst, port)
    if format_ == "json":
        deliver.put(json.render(answer), output)
    else:
        deliver.put(table.explain(answer, deliver.look(output)), output)
    return exits.FAILED if reading.facts.failed else exits.OK
