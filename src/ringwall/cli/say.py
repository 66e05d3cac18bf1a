"""What goes to standard error: one line each, harmless on a terminal."""

from typing import TYPE_CHECKING, Final

import click

from ringwall.report.escape import printable

if TYPE_CHECKING:
    from ringwall.facts.fact import Facts

_MOST: Final = 20


def error(text: str) -> None:
    """Why there is no result, or no whole one."""
    click.echo(f"error: {printable(text)}", err=True)


def warning(text: str) -> None:
    """What the user should know about the result."""
    click.echo(f"warning: {printable(text)}", err=True)


def oddities(facts: "Facts") -> None:
    """What of the input could not be read, and what contradicts itself in it."""
    found = [g.needs for g in facts.gaps if g.effect == "input" or g.code == "invalid-object"]
    found += [f"{odd.origin}: {odd.message}" for odd in facts.warnings]
    for text in found[:_MOST]:
        warning(text)
    if len(found) > _MOST:
        warning(f"{len(found) - _MOST} more like these")


def unknown_rows(count: int) -> None:
    """That some answers are unknown must not be missed where only allowed rows are looked at."""
    if count:
        warning(f"{count} {'connection is' if count == 1 else 'connections are'} unknown")
