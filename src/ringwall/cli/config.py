"""``ringwall config``: the file that says what is one's own and what is judged how."""

from collections.abc import Iterator
from typing import Any, Final

import click
import msgspec

from ringwall.check import config
from ringwall.check.config import Config
from ringwall.check.toml import value_text
from ringwall.check.words import many
from ringwall.cli import deliver, exits, settings
from ringwall.cli.settings import Settings
from ringwall.cli.starter import STARTER
from ringwall.report.escape import printable

_INIT: Final = """\b
Examples:
  ringwall config init
  ringwall config init deploy/ringwall.toml
"""
_CHECK: Final = """\b
Examples:
  ringwall config check
  ringwall config check deploy/ringwall.toml

Exit codes are 0, 2 where the file or its waivers are not valid.
"""
_SHOW: Final = """\b
Examples:
  ringwall config show
  ringwall config show --config deploy/ringwall.toml -o effective.toml
"""


@click.group("config")
def command() -> None:
    """Write, check and show ringwall.toml.

    The file is looked for at or above the first target, then at or above the working folder.
    """


@command.command("init", epilog=_INIT, short_help="Write a commented file to start from.")
@click.argument("file", default=config.FILE, metavar="[FILE]")
def init(file: str) -> int:
    """Write a commented file to start from; one that is there is left as it is."""
    deliver.put_new(STARTER, file)
    click.echo(f"{printable(file)} is written; every setting in it is explained and commented out")
    return exits.OK


@command.command("check", epilog=_CHECK, short_help="Say whether a file is valid.")
@click.argument("file", required=False, metavar="[FILE]")
def check(file: str | None) -> int:
    """Say whether a configuration and the waivers that it names are valid."""
    found = settings.read(settings.nearest(file))
    click.echo(f"{printable(found.file)} is valid: {_counted(found)}")
    return exits.OK


def _counted(found: Settings) -> str:
    counts = (
        (len(found.config.network), "own network"),
        (len(found.config.environment), "environment"),
        (len(found.config.tenant), "tenant"),
        (len(found.config.severity), "severity"),
        (len(found.config.allow), "allow-list"),
    )
    said = [many(count, thing) for count, thing in counts if count]
    if found.config.waivers:
        said.append(f"{many(len(found.waivers), 'waiver')} in {printable(found.waivers_file)}")
    return ", ".join(said) or "everything is left at its default"


@command.command("show", epilog=_SHOW)
@click.option("--config", "file", metavar="FILE", help="The file [default: ringwall.toml nearby].")
@deliver.output
def show(file: str | None, output: str | None) -> int:
    """Print every setting as it counts, as TOML, and where each is from.

    Without a file the defaults count.
    """
    deliver.check(output)
    found = settings.settings((), file)
    deliver.put("".join(f"{line}\n" for line in _shown(found)), output)
    return exits.OK


def _shown(found: Settings) -> Iterator[str]:
    """Settings by themselves first: in TOML what follows a table is in it."""
    content = msgspec.to_builtins(found.config)
    yield _setting(found, "waivers", "waivers", content["waivers"])
    for name, value in content.items():
        if isinstance(value, dict):
            yield from ("", f"[{name}]")
            yield from (_setting(found, f"{name}.{key}", key, one) for key, one in value.items())
    for name, value in content.items():
        if isinstance(value, tuple):
            for i, item in enumerate(value):
                yield from ("", f"[[{name}]]  # {_source(found, f'{name}[{i}]')}")
                yield from (f"{key} = {value_text(one)}" for key, one in _given(name, item))


def _setting(found: Settings, path: str, key: str, value: Any) -> str:
    return f"{key} = {value_text(value)}  # {_source(found, path)}"


def _given(name: str, item: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an entry says, without what it leaves out."""
    (field,) = (one for one in msgspec.structs.fields(Config) if one.name == name)
    (type_, _) = field.type.__args__
    defaults = {one.name: one for one in msgspec.structs.fields(type_)}
    for key, value in item.items():
        if defaults[key].required or value:
            yield key, value


def _source(found: Settings, path: str) -> str:
    """Where a setting is written; ``default`` where it is not."""
    table = path.partition("[")[0]
    stated = found.source.states(path) or "[" in path or found.source.states(f"{table}[0]")
    return printable(found.source.place(path)) if stated else "default"
