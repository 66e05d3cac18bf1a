"""A snapshot as a file: a zip of JSON, whose bytes depend on nothing but its content.

``manifest.json`` says what it is, ``facts/TYPE.json`` and ``pieces/ROLE.json`` list objects (see
:mod:`ringwall.facts.snapshot`), ``gaps.json`` and ``warnings.json`` what stands beside them.
It is read from memory and never unpacked to a disk; what it may hold is bounded.
"""

import hashlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts, Gap, Key, Oddity, Origin
from ringwall.facts.snapshot import (
    FACT,
    ROLES,
    SNAPSHOT,
    TOOL,
    Manifest,
    Snapshot,
    Told,
    canonical,
    counts,
    digest,
    distinct,
    identities,
)

B = TypeVar("B")

MANIFEST: Final = "manifest.json"
LARGEST: Final = 1 << 29
"""The most bytes that a snapshot's file may have."""
_MEMBERS: Final = 250
_MEMBER_BYTES: Final = 1 << 30
_ALL_BYTES: Final = 1 << 31
_RATIO: Final = 300
_SMALL: Final = 1 << 20  # below this much, how well it is compressed does not matter
_DIRECTORY_BYTES: Final = _MEMBERS * 200
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell

_START: Final = (b"PK\x03\x04", b"PK\x05\x06")
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x07"
_END_BYTES: Final = 22
_END_64_BYTES: Final = 20

_NAME: Final = re.compile(r"(facts|pieces)/([A-Za-z0-9_.-]+)\.json")
_MODULES: Final = {"aws": aws, "k8s": k8s}
_LACKS: Final = "lacks `{}`, which its manifest names; make it again"
_HOLDS: Final = "holds `{}`, which its manifest does not name; make it again"
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError,
    RuntimeError, UnicodeError, ValueError,
)  # fmt: skip


class ForeignArchiveError(ValueError):
    """A zip archive that is no snapshot."""


class BadSnapshotError(ValueError):
    """A snapshot, or what was one, that must not be used; says why."""


class _Record(Struct, Generic[B], frozen=True, omit_defaults=True):
    """One object and everywhere it is told so."""

    key: Key
    origins: tuple[Origin, ...]
    body: B | None = None
    mark: str = ""


class _Head(Struct, frozen=True):
    schema: str = ""


class _Group(NamedTuple):
    """What makes records one member of the zip."""

    role: str
    type: str

    @property
    def member(self) -> str:
        return f"pieces/{self.role}.json" if self.role else f"facts/{self.type}.json"


# --- writing -------------------------------------------------------------------------------------


def pack(snapshot: Snapshot, facts: Facts) -> bytes:
    """The file of a snapshot; ``facts`` are what its objects come to, which the manifest counts."""
    members = _members(snapshot)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(
            [*members.items(), (MANIFEST, _manifest(snapshot, facts, members))]
        ):
            archive.writestr(_info(name), data)
    return packed.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3  # Unix, wherever it is made
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _members(snapshot: Snapshot) -> dict[str, bytes]:
    groups: dict[_Group, dict[bytes, set[Origin]]] = defaultdict(lambda: defaultdict(set))
    for one in snapshot.told:
        content = canonical([one.key, one.body, one.mark])
        groups[_Group(one.role, name_of(type(one.body)))][content].add(one.origin)
    members = {group.member: _listed(_records(found)) for group, found in groups.items()}
    for name, items in (("gaps.json", snapshot.gaps), ("warnings.json", snapshot.warnings)):
        if items:
            members[name] = _listed(sorted(set(map(canonical, items))))
    return members


def name_of(type_: type) -> str:
    """What a type of objects is called in the names of members: ``aws.Vpc``, ``k8s.Pod``."""
    return f"{type_.__module__.rpartition('.')[2]}.{type_.__name__}"


def _records(found: dict[bytes, set[Origin]]) -> list[bytes]:
    """The records of one member, in the order of their content."""
    records = []
    for content, origins in sorted(found.items()):
        key, body, mark = msgspec.json.decode(content, type=tuple[Key, msgspec.Raw, str])
        records.append(
            canonical(_Record(key, tuple(sorted(origins)), None if body == b"null" else body, mark))
        )
    return records


def _listed(lines: Iterable[bytes]) -> bytes:
    """A JSON list, one item a line."""
    return b"[\n" + b",\n".join(lines) + b"\n]\n"


def _manifest(snapshot: Snapshot, facts: Facts, members: dict[str, bytes]) -> bytes:
    whose = identities(facts)
    manifest = Manifest(
        schema=SNAPSHOT,
        tool=TOOL,
        digest=digest(facts),
        made=distinct(snapshot.made),
        accounts=whose.accounts,
        regions=whose.regions,
        clusters=whose.clusters,
        counts=counts(facts),
        members={name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())},
    )
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


# --- reading -------------------------------------------------------------------------------------


def is_zip(start: bytes) -> bool:
    """Whether a file that starts so is a zip archive."""
    return start.startswith(_START)


def unpack(data: bytes) -> tuple[Manifest, Snapshot]:
    """A snapshot from its file. Raises ForeignArchiveError and BadSnapshotError."""
    _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (ForeignArchiveError, BadSnapshotError):
        raise
    except _DAMAGED:
        raise BadSnapshotError(
            "is damaged: it cannot be unpacked; make it or copy it again"
        ) from None


def _check_end(data: bytes) -> None:
    """Refuses what a snapshot does not have before its directory is read, which has no bound."""
    if len(data) > LARGEST or not is_zip(data):
        raise ForeignArchiveError
    end = data[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END):
        if _END in data[-_END_BYTES - 65535 :]:  # a comment follows
            raise ForeignArchiveError
        raise BadSnapshotError("is not whole: its end is missing; copy it again")
    (count, size) = struct.unpack("<10xHI6x", end)
    before = data[-_END_BYTES - _END_64_BYTES : -_END_BYTES]
    if count > _MEMBERS or size > _DIRECTORY_BYTES or end[-2:] != b"\0\0" or _END_64 in before:
        raise ForeignArchiveError


def _read(archive: zipfile.ZipFile) -> tuple[Manifest, Snapshot]:
    infos = archive.infolist()
    named = {info.filename: info for info in infos}
    if MANIFEST not in named:
        raise ForeignArchiveError
    if sum(info.compress_size for info in infos) > archive.start_dir:  # or the ratios are lies
        raise zipfile.BadZipFile
    _check_member(named[MANIFEST])
    manifest = _manifest_of(_content(archive, named[MANIFEST]))
    _check_members(infos, {MANIFEST, *manifest.members})
    found = Snapshot(made=tuple(manifest.made))
    told: list[Told] = []
    for name, sha in manifest.members.items():
        data = _content(archive, named[name])
        if hashlib.sha256(data).hexdigest() != sha:
            raise BadSnapshotError(f"was changed after it was made (`{name}`); make it again")
        found = _with(found, told, name, data)
    return manifest, msgspec.structs.replace(found, told=tuple(told))


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """What a member unpacks to, and never more than its entry says: that was checked, but what is
    packed may be more."""
    with archive.open(info) as member:
        return member.read(info.file_size + 1)


def _check_members(infos: list[zipfile.ZipInfo], wanted: set[str]) -> None:
    names = [info.filename for info in infos]
    for name in sorted(wanted.symmetric_difference(names)):
        problem = _LACKS if name in wanted else _HOLDS
        raise BadSnapshotError(problem.format(name))
    if len(names) != len(wanted):
        raise BadSnapshotError("holds two members of one name, which no snapshot does")
    for info in infos:
        _check_member(info)
    if sum(info.file_size for info in infos) > _ALL_BYTES:
        raise BadSnapshotError("would unpack to more than a snapshot may")


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if info.flag_bits & 1:
        raise BadSnapshotError(f"is encrypted (`{name}`), which no snapshot is; decrypt it first")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadSnapshotError(f"is compressed in a way that no snapshot is (`{name}`)")
    packed = max(info.compress_size, 1)
    bomb = info.file_size > _SMALL and info.file_size / packed > _RATIO
    if info.file_size > _MEMBER_BYTES or bomb:
        raise BadSnapshotError(f"would unpack to more than a snapshot may (`{name}`)")


def _manifest_of(data: bytes) -> Manifest:
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
    except (msgspec.DecodeError, RecursionError):
        raise ForeignArchiveError from None
    if not schema.startswith(f"{SNAPSHOT.rpartition('/')[0]}/"):
        raise ForeignArchiveError
    if schema != SNAPSHOT:
        raise BadSnapshotError(
            f"is of `{schema}`, which this version does not read; use a later one"
        )
    manifest: Manifest = _decoded(MANIFEST, data, Manifest)
    return manifest


def _with(found: Snapshot, told: list[Told], name: str, data: bytes) -> Snapshot:
    """What a snapshot holds with one member more; its objects are added to ``told``."""
    if name == "gaps.json":
        return msgspec.structs.replace(found, gaps=_decoded(name, data, tuple[Gap, ...]))
    if name == "warnings.json":
        return msgspec.structs.replace(found, warnings=_decoded(name, data, tuple[Oddity, ...]))
    role, type_ = _type_of(name)
    for record in _decoded(name, data, list[_Record[type_]]):  # type: ignore[valid-type]
        if (record.body is None) != (type_ is type(None)) or not record.origins:
            lacking = "origin" if not record.origins else "body"
            raise BadSnapshotError(f"is not sound: `{name}`: `{record.key}` has no {lacking}")
        told += [
            Told(record.key, record.body, origin, role, record.mark) for origin in record.origins
        ]
    return found


def _type_of(member: str) -> tuple[str, type]:
    """The role and the type of body of a member's objects."""
    match = _NAME.fullmatch(member)
    kind, name = match.groups() if match else ("", "")
    if kind == "pieces" and name in ROLES:
        return name, ROLES[name] or type(None)
    module, _, type_name = name.partition(".")
    found = getattr(_MODULES.get(module), type_name, None) if kind == "facts" else None
    if not (isinstance(found, type) and issubclass(found, Struct)):
        raise BadSnapshotError(
            f"holds `{member}`, which this version does not read; use a later one"
        )
    return FACT, found


def _decoded(name: str, data: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=type_)
    except msgspec.DecodeError as error:
        raise BadSnapshotError(f"is not sound: `{name}`: {error}") from None
    except RecursionError:
        raise BadSnapshotError(f"is not sound: `{name}`: it nests too deeply") from None
