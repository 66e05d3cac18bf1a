"""``ringwall who-can-reach``: everybody who reaches one thing."""

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say, settings
from ringwall.cli.words import IDS
from ringwall.report import asks

_EXITS = f"""{IDS}
The rows are those of `ringwall reach --to`; who is not listed is blocked. The exit code is 0
whatever is open, 2 for a question that cannot be asked, 3 where a file could not be read.
"""


@click.command("who-can-reach", epilog=_EXITS)
@deliver.options(*asks.FORMATS)
@click.option("--to", "dst", required=True, metavar="ID", help="Who receives.")
@click.option("--port", metavar="PORT", help="Only on these ports.")
@settings.option
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    dst: str,
    port: str | None,
    config: str | None,
    redact: bool,
    redact_key: str | None,
) -> int:
    """List who reaches one thing: the Internet, own and other networks, VPCs, nodes, workloads."""
    deliver.check(output)
    chosen = settings.settings(targets, config, waivers_due=False)
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    report = pipeline.who_can_reach(reading, dst, port, chosen.config)
    deliver.put(asks.who_can_reach(report, format_, deliver.look(output)), output)
    say.unknown_rows(asks.unknown(report))
    return exits.FAILED if reading.facts.failed else exits.OK
