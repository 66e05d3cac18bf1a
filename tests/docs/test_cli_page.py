"""docs/cli.md is what the commands say of themselves."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ringwall.cli.app import COMMANDS, group
from ringwall.cli.reference import page

KEPT = (Path(__file__).parents[2] / "docs" / "cli.md").read_bytes()


def test_the_page_is_the_one_that_make_docs_writes() -> None:
    done = subprocess.run(  # in a process of its own: nothing of this one may move the text
        [sys.executable, "-m", "ringwall.cli.reference"],
        capture_output=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )

    assert done.stdout == KEPT, "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_every_command_below_has_its_place(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    below = list(command.commands.values()) if isinstance(command, click.Group) else []

    for one in (command, *below):
        path = f"ringwall {name}" if one is command else f"ringwall {name} {one.name}"
        section = page().partition(f"## {path}\n")[2].partition("\n## ")[0]
        options = [o.opts[-1] for o in one.params if isinstance(o, click.Option)]
        assert section.startswith(f"\n```text\nUsage: {path} ")
        assert [option for option in options if option not in section] == []
