"""``ringwall diff``: what a new state opens and closes."""

from typing import Final

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.net import Net
from ringwall.report import changes, json

_EXITS: Final = """\b
Exit codes:
  0  done, whatever changed
  1  something changed, with --exit-code
  2  wrong usage
  3  a file could not be read, the rest is compared
"""


@click.command("diff", epilog=_EXITS)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@deliver.output
@deliver.formats("table", "json", "md")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where anything changed.")
@redacting.options
def command(
    old: str,
    new: str,
    format_: str,
    output: str | None,
    exit_code: bool,
    redact: bool,
    redact_key: str | None,
) -> int:
    """Say what a new state opens and closes, with a witness each.

    OLD and NEW are each a file, a folder, or - for standard input.
    """
    deliver.check(output)
    deliver.check_stdin(old, new)
    redactor = redacting.redactor(redact, redact_key, (old, new), output)
    before, after = pipeline.read_each([old], [new], redactor=redactor)
    for reading in (before, after):
        say.oddities(reading.facts)
    report = Net(before.facts).diff(Net(after.facts))
    deliver.put(changes.write(report, format_, deliver.look(output), json.render), output)
    if before.facts.failed or after.facts.failed:
        return exits.FAILED
    return exits.FINDINGS if exit_code and report.changes else exits.OK
