"""``ringwall collect``: how to gather what Ringwall reads."""

import click

from ringwall.collect.commands import commands
from ringwall.errors import UsageError


@click.command("collect")
@click.option("--print-commands", is_flag=True, help="Print a script of read-only commands.")
@click.option("--cluster", required=True, metavar="NAME", help="The EKS cluster.")
@click.option("--region", metavar="REGION", help="Its region [default: that of aws].")
@click.option("--profile", metavar="PROFILE", help="The profile for aws.")
@click.option("--context", metavar="CONTEXT", help="The context for kubectl.")
@click.option("--out", metavar="DIR", default="dump", show_default=True, help="Where to put it.")
def command(
    print_commands: bool,
    cluster: str,
    region: str | None,
    profile: str | None,
    context: str | None,
    out: str,
) -> None:
    """Print the commands that gather what Ringwall reads."""
    if not print_commands:
        raise UsageError(
            "collecting itself is not in this version; `--print-commands` prints a script that "
            "does it with aws and kubectl"
        )
    click.echo(commands(cluster, region, profile, context, out), nl=False)
