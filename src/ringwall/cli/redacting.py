"""``--redact``: stand-ins in place of accounts, ids, names and addresses."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ringwall.errors import UsageError

if TYPE_CHECKING:
    from ringwall.facts.redact import Redactor

_Command = TypeVar("_Command", bound=Callable[..., Any])
_BYTES: Final = 32
_FORM: Final = re.compile(rb"[0-9a-f]{64}")
_LONGEST: Final = 1 << 16


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


def redactor(
    redact: bool,
    key_file: str | None,
    targets: Iterable[str],
    output: str | None,
) -> "Redactor | None":
    """What redacts, if anything is to be. Without a file its key is forgotten with it.

    Raises UsageError where the file cannot be used.
    """
    from ringwall.facts.redact import Redactor

    if key_file is None:
        return Redactor(os.urandom(_BYTES)) if redact else None
    _check_apart(key_file, targets, output)
    return Redactor(_key(Path(key_file)))


def _check_apart(key_file: str, targets: Iterable[str], output: str | None) -> None:
    """The key is neither read as input nor overwritten with a result."""
    if key_file == "-":
        raise UsageError("the key is read from a file; name one after `--redact-key`")
    key = Path(os.path.realpath(key_file))
    if output is not None and key == Path(os.path.realpath(output)):
        raise UsageError(f"`{key_file}` cannot be both the key and the output; name two files")
    for target in targets:
        if target != "-" and key.is_relative_to(os.path.realpath(target)):
            does = "is" if key == Path(os.path.realpath(target)) else "lies in"
            raise UsageError(f"the key `{key_file}` {does} `{target}`, which is read; put it apart")


def _key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST).strip()
    except FileNotFoundError:
        return _made(path)
    except OSError as error:
        raise UsageError(f"`{path}`, the key, cannot be read: {error.strerror}") from None
    if not _FORM.fullmatch(text):
        raise UsageError(
            f"`{path}` holds no key, which is {2 * _BYTES} hexadecimal digits; name a file that is "
            "not there yet, and one is made"
        )
    return bytes.fromhex(text.decode())


def _made(path: Path) -> bytes:
    key = os.urandom(_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"{key.hex()}\n")
    except OSError as error:
        raise UsageError(f"`{path}`, the key, cannot be written: {error.strerror}") from None
    return key
