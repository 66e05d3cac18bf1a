"""An append-only ledger of what audits found, so that it can be told how long things stay open.

A folder (mode 0700) with one file (0600) per audit. A file is written beside its place, made to
last, and then given its name, which no other has: so writers need no lock and cannot harm each
other, and of one that is killed nothing is left but a file whose name begins with a dot, which
nobody reads. Files are never changed. Each holds JSON lines: the audit itself, then one for each
open finding.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from ringwall.errors import RingwallError, UsageError

LEDGER: Final = "ringwall/ledger/v1"
_SUFFIX: Final = ".jsonl"


Time = Annotated[datetime, Meta(tz=True)]


class Run(Struct, frozen=True, tag="run", tag_field="line"):
    """One audit: when, by which tool, of which facts, and which rules came to their end.

    ``partial``: not everything of its input could be read, so that what it does not list may be
    there all the same.
    """

    schema: str
    at: Time
    tool: str
    digest: str
    clusters: list[str]
    rules: list[str]
    partial: bool


class Open(Struct, frozen=True, tag="open", tag_field="line"):
    """One finding that an audit found open: failing, unknown or excepted."""

    at: Time
    fingerprint: str
    rule: str
    cluster: str
    subject: str
    status: str
    severity: str


@dataclass(frozen=True, slots=True)
class Seen:
    """When a finding was first and last found open."""

    first: datetime
    last: datetime


@dataclass
class History:
    """What a ledger tells: fingerprint → when it was seen. ``problems`` are sentences about lines
    that could not be read."""

    seen: dict[str, Seen] = field(default_factory=dict)
    runs: int = 0
    problems: list[str] = field(default_factory=list)

    def first_seen(self, fingerprint: str, otherwise: datetime) -> datetime:
        """When a finding was first seen; ``otherwise`` where it never was."""
        found = self.seen.get(fingerprint)
        return min(found.first, otherwise) if found else otherwise

    def add(self, line: Run | Open) -> None:
        """Takes one line in."""
        if isinstance(line, Run):
            self.runs += 1
            return
        known = self.seen.get(line.fingerprint, Seen(line.at, line.at))
        self.seen[line.fingerprint] = Seen(min(known.first, line.at), max(known.last, line.at))


def check(folder: str) -> None:
    """Says before the work that a ledger cannot be kept there. Raises UsageError."""
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise UsageError(f"`{folder}` is no folder, so that no ledger can be kept in it")
    if not path.exists() and not path.absolute().parent.is_dir():
        raise UsageError(f"`{path.parent}` is no folder, so that `{folder}` cannot be made in it")


def read(folder: str) -> History:
    """Everything that a ledger holds; nothing where it is not there yet. What cannot be read costs
    one sentence a file and nothing else."""
    history = History()
    for file in _files(Path(folder), history):
        try:
            data = file.read_bytes()
        except OSError as error:
            history.problems.append(f"{file}: cannot be read: {error.strerror}")
            continue
        _read_lines(file, data, history)
    return history


def _files(folder: Path, history: History) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        history.problems.append(f"{folder}: cannot be listed: {error.strerror}")
        return
    for file in found:
        if file.suffix == _SUFFIX and not file.name.startswith(".") and file.is_file():
            yield file


def _read_lines(file: Path, data: bytes, history: History) -> None:
    decoder = msgspec.json.Decoder(Run | Open)
    bad: list[int] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            bad.append(number)
            continue
        if isinstance(found, Run) and found.schema != LEDGER:
            told = f"is of `{found.schema}`, which this version cannot read"
            history.problems.append(f"{file}: {told}; it is passed over")
            return
        history.add(found)
    if bad:
        more = f" (and {len(bad) - 1} more of this file)" if len(bad) > 1 else ""
        told = "is no line of a ledger and is passed over"
        history.problems.append(f"{file}:{bad[0]}: {told}{more}")


def append(folder: str, run: Run, findings: Iterable[Open]) -> Path:
    """Adds one audit: all of it or nothing. Raises RingwallError where it cannot be written."""
    stamp = run.at.strftime("%Y%m%dT%H%M%SZ")
    name = f"{stamp}-{uuid4().hex}{_SUFFIX}"
    encoder = msgspec.json.Encoder()
    data = encoder.encode_lines([run, *findings])
    try:
        Path(folder).mkdir(mode=0o700, exist_ok=True)
        return _put(Path(folder, name), data)
    except OSError as error:
        raise RingwallError(f"`{folder}` cannot be written: {error.strerror}") from None


def _put(path: Path, data: bytes) -> Path:
    hidden = path.with_name(f".{path.name}")
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    _keep_name(path.parent)
    return path


def _keep_name(folder: Path) -> None:
    """Makes a new name in a folder last, where the system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
