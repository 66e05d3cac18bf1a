"""``docs/cli.md``: every command as its ``--help`` says it.

``python -m ringwall.cli.reference`` prints the page.
"""

from collections.abc import Iterator
from typing import Final

import click

from ringwall.cli.app import group

_WIDTH: Final = 80
_HEAD: Final = """\
# The command line

Every command as `--help` says it. `make docs` writes this page.

"""


def page() -> str:
    """The page as it is kept: the same bytes whatever the terminal."""
    context = _context(group, "ringwall", None)
    return _HEAD + "\n".join(_section(each) for each in _walked(context))


def _walked(context: click.Context) -> Iterator[click.Context]:
    """A command, then the commands below it, in the order in which its help lists them."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            below = context.command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _walked(_context(below, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command, parent, info_name=name, terminal_width=_WIDTH, **command.context_settings
    )


def _section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```\n"


if __name__ == "__main__":
    click.echo(page(), nl=False)
