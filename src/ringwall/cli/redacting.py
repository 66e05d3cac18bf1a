"""``--redact``: stand-ins in place of accounts, ids, names and addresses."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ringwall.errors import UsageError

if TYPE_CHECKING:
    from ringwall.facts.redact import Redactor

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SHORTEST: Final = 16
_LONGEST: Final = 1 << 16
_MADE: Final = 32


def options(command: _Command) -> _Command:
    """``--redact`` and ``--redact-key``."""
    flag = click.option(
        "--redact",
        is_flag=True,
        help="Put stand-ins in place of account ids, names and addresses.",
    )
    key = click.option(
        "--redact-key",
        metavar="FILE",
        help="Redact with the key in FILE, so that every output has the same stand-ins; it is made "
        "where it is not there (mode 0600).",
    )
    return flag(key(command))


def redactor(redact: bool, key_file: str | None) -> "Redactor | None":
    """What redacts, if anything is to be. Without a file its key is forgotten with it.

    Raises UsageError where the file cannot be used.
    """
    from ringwall.facts.redact import Redactor

    if key_file is not None:
        return Redactor(_key(Path(key_file)))
    return Redactor(os.urandom(_MADE)) if redact else None


def _key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            key = file.read(_LONGEST).strip()
    except FileNotFoundError:
        return _made(path)
    except OSError as error:
        raise UsageError(f"`{path}`, the key, cannot be read: {error.strerror}") from None
    if len(key) < _SHORTEST:
        raise UsageError(
            f"`{path}` holds no key: it must have {_SHORTEST} bytes at least; name a file that is "
            "not there yet, and one is made"
        )
    return key


def _made(path: Path) -> bytes:
    key = os.urandom(_MADE).hex().encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key + b"\n")
    except OSError as error:
        raise UsageError(f"`{path}`, the key, cannot be written: {error.strerror}") from None
    return key
