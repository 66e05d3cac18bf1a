"""Files below a folder, and their content, without waiting, leaving the folder or running over.

A folder may be somebody else's: what its links lead to outside is not read, and neither is what is
no regular file, since a pipe or device may never end. A file that the user names himself may be a
pipe.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

LARGEST: Final = 1 << 30
"""How many bytes a file may have; the pods of a cluster of 100,000 are some 450 MB of JSON."""

_CHUNK: Final = 1 << 20
_ELSEWHERE: Final = "is a link that leads out of the folder; give what it leads to as a target"
_TOO_LARGE: Final = f"has more than {LARGEST >> 30} GiB; give it in several files"


class CannotReadError(ValueError):
    """A file that must not be read; says why."""


def exists(path: Path) -> bool:
    """Whether there is anything of this name; a name that no file can have is none."""
    try:
        return path.exists()
    except OSError:
        return False


def files_below(root: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Every file with one of the suffixes, in a fixed order, and why it is not to be read, if so.

    What is hidden is passed over, and so are links to what is found at its own place.
    """
    home = Path(os.path.realpath(root))
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield Path(folder), f"cannot be listed: {error.strerror}"
            continue
        below = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
            elif problem := _problem(entry, home, suffixes):
                yield Path(entry.path), problem
            elif entry.name.endswith(suffixes) and not _is_folder(entry):
                yield Path(entry.path), ""
        folders += reversed(below)


def _problem(entry: "os.DirEntry[str]", home: Path, suffixes: tuple[str, ...]) -> str:
    """Why something is not to be read, if so."""
    if not entry.is_symlink():
        wanted = entry.name.endswith(suffixes)
        return "is not a regular file" if wanted and not entry.is_file() else ""
    folder = _is_folder(entry)
    if not folder and not entry.name.endswith(suffixes):
        return ""
    real = Path(os.path.realpath(entry.path))
    if not real.is_relative_to(home):
        return _ELSEWHERE
    hidden = any(part.startswith(".") for part in real.relative_to(home).parts)
    if folder:
        return "is a link to a hidden folder; give that as a target" if hidden else ""
    return "is not a regular file" if real.exists() and not real.is_file() else ""


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle
        return False


def content(path: Path, *, named: bool = True) -> bytes:
    """All of a file. ``named``: the user means this very file, so that it may be a pipe.

    Raises OSError and CannotReadError.
    """
    at_once = 0 if named else getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, how: os.open(name, how | at_once)) as file:
        told = os.fstat(file.fileno())
        if stat.S_ISREG(told.st_mode):
            if told.st_size > LARGEST:
                raise CannotReadError(_TOO_LARGE)
        elif not named:
            raise CannotReadError("is not a regular file")
        return all_of(file, told.st_size + 1)


def all_of(file: BinaryIO, expected: int = _CHUNK) -> bytes:
    """All that a stream gives. Raises OSError, and CannotReadError where it gives too much."""
    chunks: list[bytes] = []
    size, wanted = 0, expected
    while chunk := file.read(wanted):
        size += len(chunk)
        wanted = max(_CHUNK, size)
        if size > LARGEST:
            raise CannotReadError(_TOO_LARGE)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
