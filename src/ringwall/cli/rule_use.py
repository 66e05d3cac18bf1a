"""``ringwall rule-use``: what only one security-group rule opens."""

from typing import Final

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, redacting, say
from ringwall.report import rule_use

_EXITS: Final = """\b
A RULE is one of
  sgr-0123456789abcdef0               its id, as AWS lists it
  sg-0abc:ingress:tcp/22:0.0.0.0/0    its group, direction, ports and peer
with ACCOUNT:REGION! in front where several are loaded.

What only the rule opens is what `ringwall what-if --revoke` closes. The exit code is 0 whatever it
opens, 2 for a rule that was not read, 3 where a file could not be read.
"""


@click.command("rule-use", epilog=_EXITS)
@deliver.options("table", "json", "md")
@click.option("--rule", required=True, metavar="RULE", help="Which rule.")
@redacting.options
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    rule: str,
    redact: bool,
    redact_key: str | None,
) -> int:
    """Say what only one security-group rule opens; where that is nothing, why."""
    deliver.check(output)
    reading = pipeline.read(targets, redacting.redactor(redact, redact_key, targets, output))
    say.oddities(reading.facts)
    report = pipeline.rule_use(reading, rule)
    deliver.put(rule_use.write(report, format_, deliver.look(output)), output)
    return exits.FAILED if reading.facts.failed else exits.OK
