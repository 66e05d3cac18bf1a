"""``ringwall what-if``: what a change would open and close, before it is made."""

from typing import Final

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.report import changes, json

_EXITS: Final = """\b
Examples:
  ringwall what-if prod/ --delete networkpolicy/shop/web
  ringwall what-if prod/ --apply new-policy.yaml
  ringwall what-if prod/ --revoke sgr-0123456789abcdef0

Several changes make one. Nothing is sent anywhere. The exit code is 0 whatever would change, 2 for
a change that cannot be understood, 3 where a file could not be read.
"""


@click.command("what-if", epilog=_EXITS)
@deliver.options("table", "json", "md")
@click.option(
    "--delete", multiple=True, metavar="KIND/NS/NAME", help="Delete an object; repeatable."
)
@click.option("--apply", multiple=True, metavar="FILE", help="Apply manifests; repeatable.")
@click.option(
    "--revoke", multiple=True, metavar="SGR-ID", help="Revoke a group's rule; repeatable."
)
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    delete: tuple[str, ...],
    apply: tuple[str, ...],
    revoke: tuple[str, ...],
    redact: bool,
    redact_key: str | None,
) -> int:
    """Say what a change would open and close, before it is made."""
    deliver.check(output)
    deliver.check_stdin(*targets, *apply)
    if not (delete or apply or revoke):
        raise click.UsageError("say a change: --delete, --apply or --revoke")
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    report = pipeline.what_if(reading, delete=delete, apply=apply, revoke=revoke)
    deliver.put(changes.write(report, format_, deliver.look(output), json.render), output)
    return exits.FAILED if reading.facts.failed else exits.OK
