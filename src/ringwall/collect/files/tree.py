"""A target (file, folder, snapshot, standard input) → facts."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ringwall.collect.files import aws, manifests, stored
from ringwall.collect.intake import Intake
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.fact import Facts, Gap, Origin
from ringwall.facts.snapshot import Manifest

_SUFFIXES = (".json", ".yaml", ".yml", ".zip")


def read(targets: Iterable[str], *, prefilter: bool = True) -> tuple[Facts, dict[str, int]]:
    """The facts of all targets together, and how many objects of which kinds were left out.

    Raises InputError where a target does not exist or holds nothing that can be read.
    """
    return settled(gathered(targets, prefilter=prefilter))


def gathered(targets: Iterable[str], *, cluster: str = "", prefilter: bool = True) -> Intake:
    """What the targets tell, before what all of it together tells is added.

    ``cluster`` is that of Kubernetes objects whose place states none. Raises InputError as
    :func:`read` does.
    """
    intake = Intake(cluster)
    for target in targets:
        read_target(target, intake, prefilter=prefilter)
    return intake


def settled(intake: Intake) -> tuple[Facts, dict[str, int]]:
    """What was gathered as facts, and how many objects were left out."""
    aws.finish(intake)
    return intake.facts(), intake.counts()


def read_target(target: str, intake: Intake, *, prefilter: bool = True) -> None:
    """Reads one target into the intake."""
    if target == "-":
        read_data(sys.stdin.buffer.read(), "<stdin>", intake, prefilter=prefilter)
        return
    path = Path(target)
    if not target or not path.exists():
        raise InputError(f"`{target}` does not exist; give a file, a folder or `-`")
    found = False
    for file in _files(path, intake):
        found = True
        _read_file(file, intake, named=file == path, prefilter=prefilter)
    if not found:
        raise InputError(f"`{target}` holds no .json, .yaml, .yml or .zip file")


def read_snapshot(file: str, intake: Intake) -> Manifest:
    """Reads a file (``-`` for standard input) that must be a snapshot, as it is, wherever it lies.

    Raises InputError where it is none or cannot be read.
    """
    try:
        if file != "-" and Path(file).stat().st_size > archive.LARGEST:
            raise archive.ForeignArchiveError
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        manifest, snapshot = archive.unpack(data)
        stored.add(snapshot, "", intake)
    except OSError as error:
        raise InputError(f"`{file}` cannot be read: {error.strerror}") from None
    except archive.BadSnapshotError as error:
        raise InputError(f"`{file}`: this snapshot {error}") from None
    except archive.ForeignArchiveError:
        make = "`ringwall snapshot make` makes one"
        raise InputError(f"`{file}` is not a snapshot; {make}") from None
    return manifest


def _files(path: Path, intake: Intake) -> Iterator[Path]:
    """Every file to read, in a fixed order; hidden folders and links to folders are passed over."""
    if not path.is_dir():
        yield path
        return

    def closed(error: OSError) -> None:
        _bad_file(intake, Origin(str(error.filename)), f"cannot be listed: {error.strerror}")

    for folder, folders, names in os.walk(path, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                file = Path(folder, name)
                if file.exists() and not file.is_file():  # a pipe or device would never end
                    _bad_file(intake, Origin(str(file)), "is not a regular file")
                else:
                    yield file


def _read_file(path: Path, intake: Intake, *, named: bool, prefilter: bool) -> None:
    name = str(path).encode("utf-8", "backslashreplace").decode()
    try:
        if path.suffix == ".zip" and path.stat().st_size > archive.LARGEST:
            _foreign(intake, Origin(name), named=named)
            return
        data = path.read_bytes()
    except OSError as error:
        _bad_file(intake, Origin(name), f"cannot be read: {error.strerror}")
        return
    read_data(data, name, intake, named=named, prefilter=prefilter)


def read_data(
    data: bytes, name: str, intake: Intake, *, named: bool = True, prefilter: bool = True
) -> None:
    """Reads one file's content: a snapshot where it is a zip, else text. ``named``: the user means
    this very file, so that it must be something that can be read."""
    if not archive.is_zip(data):
        read_text(data, name, intake, prefilter=prefilter)
        return
    try:
        _, snapshot = archive.unpack(data)
        stored.add(snapshot, cluster_of(name) or intake.cluster, intake)
    except archive.BadSnapshotError as error:
        _bad_file(intake, Origin(name), f"this snapshot {error}")
    except archive.ForeignArchiveError:
        _foreign(intake, Origin(name), named=named)


def _foreign(intake: Intake, origin: Origin, *, named: bool) -> None:
    problem = "is a zip archive and not a snapshot"
    if named:
        _bad_file(intake, origin, f"{problem}; unpack it and give its folder")
    else:
        intake.warn(f"{problem}; it is passed over", origin)
        intake.leave_out("archives that are not snapshots")


def read_text(data: bytes, name: str, intake: Intake, *, prefilter: bool = True) -> None:
    """Reads one file's content: JSON where it is JSON, else YAML."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _bad_file(intake, Origin(name), f"is not UTF-8 text (byte {error.start})")
        return
    if text.lstrip()[:1] in ("{", "["):
        try:
            decoded = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            if name.endswith(".json"):
                _bad_file(intake, Origin(name), f"is not valid JSON: {error}")
                return
        else:
            _take(decoded, Origin(name), intake)
            return
    for document in manifests.yaml_documents(text, intake, prefilter=prefilter):
        origin = Origin(name, line=document.line)
        if isinstance(document, manifests.BadDocument):
            hint = "; is it a Helm template? render it first" if "{{" in text else ""
            _bad_file(intake, origin, f"{document.error}{hint}")
        else:
            intake.lines = document.lines
            _take(document.value, origin, intake)
            intake.lines = None


def _take(document: Any, origin: Origin, intake: Intake) -> None:
    try:
        _read_document(document, origin, intake)
    except RecursionError:
        _bad_file(intake, origin, "it nests too deeply")


def _read_document(document: Any, origin: Origin, intake: Intake) -> None:
    if manifests.is_object(document):
        cluster = cluster_of(origin.file) or intake.cluster
        manifests.read_object(document, cluster, origin, intake)
    elif isinstance(document, list):
        for i, item in enumerate(document):
            at = msgspec.structs.replace(origin, pointer=f"{origin.pointer}/{i}")
            _read_document(item, at, intake)
    elif document is None:
        return
    elif not (isinstance(document, dict) and aws.read_answer(document, origin, intake)):
        intake.leave_out("documents that are neither Kubernetes objects nor AWS answers")


def cluster_of(file: str) -> str:
    """The cluster that a file's place states: the folder below the last ``clusters/``, or none."""
    folders = Path(file).parts[:-1]
    for i in range(len(folders) - 2, -1, -1):
        if folders[i] == "clusters":
            return folders[i + 1]
    return ""


def _bad_file(intake: Intake, origin: Origin, problem: str) -> None:
    needs = f"{origin}: {problem}"
    intake.gap(Gap("unreadable-file", "input", origin.file, needs, origin=origin))
