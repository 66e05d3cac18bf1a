"""Where results go: standard output, or a file that only its owner may read."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ringwall.errors import RingwallError, UsageError
from ringwall.report.page import Look

_Command = TypeVar("_Command", bound=Callable[..., Any])
_WIDEST = 120


_MEANT: Final = {
    "table": "for people",
    "json": "for programs",
    "csv": "for spreadsheets",
    "dot": "for Graphviz",
    "md": "for pull requests",
    "sarif": "for code scanning",
    "junit": "for test reports",
    "ocsf": "for security lakes",
    "github": "for annotations of GitHub Actions",
    "html": "for browsers",
}


def formats(*names: str) -> Callable[[_Command], _Command]:
    """``--format``, of these names."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help=f"{', '.join(f'{name} {_MEANT[name]}' for name in names)}.",
    )


def options(*names: str) -> Callable[[_Command], _Command]:
    """``TARGET…``, ``--format`` and ``-o``, which commands with results share."""

    def with_all(command: _Command) -> _Command:
        return targets(output(formats(*names)(command)))

    return with_all


def output(command: _Command) -> _Command:
    """``-o``."""
    add = click.option("-o", "--output", metavar="FILE", help="Write to FILE (mode 0600).")
    return add(command)


def targets(command: _Command) -> _Command:
    """``TARGET…``: what is read."""
    return click.argument("targets", nargs=-1, required=True, metavar="TARGET...")(command)


def look(output: str | None, *, verbose: bool = False) -> Look:
    """How a table is drawn: as wide as the terminal, in colour only there."""
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    color = output is None and sys.stdout.isatty() and _wants_color()
    return Look(max(width, 40), color, verbose)


def _wants_color() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def check(output: str | None) -> None:
    """Says before the work that a result could not be put there. Raises UsageError."""
    if output is None:
        return
    path = Path(output)
    if path.is_dir():
        raise UsageError(f"`{output}` is a folder; name a file after `-o`")
    if not path.parent.is_dir():
        raise UsageError(f"`{path.parent}` is no folder, so `-o {output}` cannot be written")


def check_new(output: str) -> None:
    """Says before the work that a new file could not be put there. Raises UsageError."""
    check(output)
    if Path(output).exists():
        raise UsageError(f"`{output}` is there already and is left as it is")


def check_stdin(*names: str) -> None:
    """Says that standard input can be read only once. Raises UsageError."""
    if names.count("-") > 1:
        raise UsageError("`-` can be given once: standard input is read only once")


def put(text: str, output: str | None) -> None:
    """Writes a result. Raises RingwallError where it cannot be written."""
    stream((text,), output)


def stream(pieces: Iterable[str], output: str | None) -> None:
    """Writes a result piece by piece, as they are made. Raises RingwallError where it cannot be
    written."""
    if output is not None:
        put_bytes(map(_encoded, pieces), output)
        return
    try:
        _print(pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RingwallError(f"standard output cannot be written: {error.strerror}") from None


def put_new(text: str, output: str) -> None:
    """Writes a file that is not there yet, readable by its owner only. Raises UsageError where
    something is there already, RingwallError where it cannot be written."""
    check_new(output)
    path = Path(output)
    try:
        _create(path, text.encode())
    except FileExistsError:
        raise UsageError(f"`{output}` is there already and is left as it is") from None
    except OSError as error:
        raise RingwallError(f"`{output}` cannot be written: {error.strerror}") from None


def _create(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def put_bytes(pieces: Iterable[bytes], output: str) -> None:
    """Writes a file: all or nothing, readable by its owner only. Raises RingwallError where it
    cannot be written."""
    try:
        _write(Path(output), pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RingwallError(f"`{output}` cannot be written: {error.strerror}") from None


def _print(pieces: Iterable[str]) -> None:
    for piece in pieces:
        click.echo(piece, nl=False, color=True)  # ``look`` has decided what is coloured


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """A device or pipe is written as it is."""
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as file:
            file.writelines(pieces)
        return
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
