"""``ringwall blast-radius``: what one thing reaches if it is taken over."""

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say, settings
from ringwall.cli.words import ENDS
from ringwall.report import asks

_EXITS = f"""{ENDS}
The rows are those of `ringwall reach --from`; beside them stand the kubelets (tcp/10250 of nodes)
and the instance metadata service (169.254.169.254). Interfaces of data stores and load balancers
are told by what AWS writes into their descriptions, requesters and types. The exit code is 0
whatever is open, 2 for a question that cannot be asked, 3 where a file could not be read.
"""


@click.command("blast-radius", epilog=_EXITS)
@deliver.options(*asks.FORMATS)
@click.option("--from", "src", required=True, metavar="ID", help="What is taken over.")
@settings.option
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    src: str,
    config: str | None,
    redact: bool,
    redact_key: str | None,
) -> int:
    """List what a pod, node or instance reaches if it is taken over: data stores, kubelets,
    instance metadata, API servers, the Internet and all else."""
    deliver.check(output)
    chosen = settings.settings(targets, config, waivers_due=False)
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    report = pipeline.blast_radius(reading, src, chosen.config)
    deliver.put(asks.blast_radius(report, format_, deliver.look(output)), output)
    say.unknown_rows(asks.unknown(report))
    return exits.FAILED if reading.facts.failed else exits.OK
