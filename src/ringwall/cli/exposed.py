"""``ringwall exposed``: what the Internet reaches, and through what."""

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.cli.words import PORTS
from ringwall.report import asks

_EXITS = f"""{PORTS}
The Internet is every public address that nothing which was read has; parts of it that reach
something else are blocks of their own. The exit code is 0 whatever is open, 2 for a question that
cannot be asked, 3 where a file could not be read.
"""


@click.command("exposed", epilog=_EXITS)
@deliver.options(*asks.FORMATS)
@click.option("--port", metavar="PORT", help="Only on these ports.")
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    port: str | None,
    redact: bool,
    redact_key: str | None,
) -> int:
    """List what the Internet reaches, on which ports, from where and through what."""
    deliver.check(output)
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    report = pipeline.exposed(reading, port)
    deliver.put(asks.exposed(report, format_, deliver.look(output)), output)
    say.unknown_rows(asks.unknown(report))
    return exits.FAILED if reading.facts.failed else exits.OK
