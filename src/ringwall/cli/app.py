"""The table of commands; each is imported when it runs."""

import os
import re
import traceback
from importlib import import_module
from typing import Final

import click

from ringwall import __version__
from ringwall.cli import say
from ringwall.errors import RingwallError, UsageError

COMMANDS: Final = {
    "audit": "Find what is open that should not be, worst first.",
    "reach": "List who reaches whom, on which ports.",
    "explain": "Say whether one thing reaches another, with every hop.",
    "exposed": "List what the Internet reaches, and through what.",
    "who-can-reach": "List who reaches one thing.",
    "blast-radius": "List what one thing reaches if it is taken over.",
    "rule-use": "Say what only one security-group rule opens.",
    "diff": "Say what a new state opens and closes, with a witness each.",
    "what-if": "Say what a change would open and close, before it is made.",
    "baseline": "Accept what is found today, with an owner and an end.",
    "config": "Write, check and show ringwall.toml.",
    "rules": "List the rules, or show one rule's page.",
    "snapshot": "Keep what was read in one file, and put such files together.",
    "collect": "Print the commands that gather what Ringwall reads.",
}
_USAGE, _FAILED = 2, 3
_COMPLETE: Final = "_RINGWALL_COMPLETE"


class LazyGroup(click.Group):
    """A group whose commands are files of this folder, known by name until they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the table, in its order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"ringwall.cli.{cmd_name.replace('-', '_')}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table, so that help needs no command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ringwall %(version)s")
def group() -> None:
    """Find every open way into and inside an Amazon EKS cluster, and say exactly who can reach
    what.

    A TARGET is a file, a folder, or - for standard input: Kubernetes manifests, the output of
    kubectl get -o json, the answers of aws ec2/elbv2/eks describe-*, and snapshots of these.
    """


def run(args: list[str]) -> int:
    """Runs one command line, and says what went wrong in one sentence. Returns the exit code."""
    try:
        return _invoke(args)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return _USAGE
    except click.UsageError as error:
        say.error(_sentence(error))
        return _USAGE
    except RingwallError as error:
        say.error(str(error))
        return _USAGE if isinstance(error, UsageError) else _FAILED
    except BrokenPipeError:
        raise
    except Exception as error:
        _internal(error)
        return _FAILED


def _invoke(args: list[str]) -> int:
    if _COMPLETE in os.environ:  # the shell asks for completions: answers, and exits
        group.main(args, prog_name="ringwall", complete_var=_COMPLETE)
    try:
        with group.make_context("ringwall", list(args)) as context:
            return int(group.invoke(context) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code


def _sentence(error: click.UsageError) -> str:
    """click's message in our manner: lower-case, what was written in backticks, no full stop."""
    text = re.sub(r"'([^']*)'", r"`\1`", error.format_message())
    text = re.sub(r"\. (\w)", lambda end: f"; {end[1].lower()}", text.rstrip("."))
    text = text[:1].lower() + text[1:]
    return f"{text}; see `{error.ctx.command_path} --help`" if error.ctx else text


def _internal(error: Exception) -> None:
    """An error that we did not foresee, in one line; with ``RINGWALL_DEBUG=1`` in full."""
    if os.environ.get("RINGWALL_DEBUG") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.name}, line {last.lineno}"
    hint = "RINGWALL_DEBUG=1 shows the traceback"
    say.error(f"internal error: {type(error).__name__}: {error} ({where}); {hint}")
