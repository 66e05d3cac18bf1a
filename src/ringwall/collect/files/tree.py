"""A target (file, folder, snapshot, standard input) → facts."""

import gc
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from ringwall.collect.files import aws, encoding, json_text, manifests, opening, stored
from ringwall.collect.files.loader import TWICE
from ringwall.collect.intake import MOST_TOLD, Intake, one_line
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.fact import Facts, Gap, Origin
from ringwall.facts.snapshot import Manifest

LARGEST_YAML: Final = 1 << 28
"""How many characters a YAML file may have; JSON, which is read much faster, may have more."""
_LARGE_YAML: Final = f"has more than {LARGEST_YAML >> 20} MiB of YAML; give it as JSON or in parts"
_WIDE: Final = "seems to be UTF-16 or UTF-32 text without its mark; save it as UTF-8"

_SUFFIXES: Final = (".json", ".yaml", ".yml", ".zip")
_JSON: Final = re.compile(rb"[ \t\r\n]*[\[{]")


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
    with _uncollected():
        for target in targets:
            read_target(target, intake, prefilter=prefilter)
    return intake


def settled(intake: Intake) -> tuple[Facts, dict[str, int]]:
    """What was gathered as facts, and how many objects were left out."""
    with _uncollected():
        aws.finish(intake)
        return intake.facts(), intake.counts()


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is read holds no cycles, and looking for them in it takes longer than reading it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_target(target: str, intake: Intake, *, prefilter: bool = True) -> None:
    """Reads one target into the intake."""
    if target == "-":
        _read_stdin(intake, prefilter=prefilter)
        return
    path = Path(target)
    if not target or not opening.exists(path):
        raise InputError(f"`{target}` does not exist; give a file, a folder or `-`")
    if not path.is_dir():
        _read_file(path, intake, named=True, prefilter=prefilter)
        return
    found = False
    for file in _files(path, intake):
        found = True
        _read_file(file, intake, named=False, prefilter=prefilter)
    if not found:
        raise InputError(f"`{target}` holds no .json, .yaml, .yml or .zip file")


def _read_stdin(intake: Intake, *, prefilter: bool) -> None:
    name = "<stdin>"
    try:
        data = opening.all_of(sys.stdin.buffer)
    except opening.CannotReadError as error:
        _bad_file(intake, Origin(name), str(error))
    else:
        read_data(data, name, intake, prefilter=prefilter)


def read_snapshot(file: str, intake: Intake) -> Manifest:
    """Reads a file (``-`` for standard input) that must be a snapshot, as it is, wherever it lies.

    Raises InputError where it is none or cannot be read.
    """
    try:
        if file != "-" and Path(file).stat().st_size > archive.LARGEST:
            raise archive.ForeignArchiveError
        stdin = file == "-"
        data = opening.all_of(sys.stdin.buffer) if stdin else opening.content(Path(file))
        with _uncollected():
            manifest, snapshot = archive.unpack(data)
            stored.add(snapshot, "", intake)
    except OSError as error:
        raise InputError(f"`{file}` cannot be read: {error.strerror}") from None
    except opening.CannotReadError as error:
        raise InputError(f"`{file}` {error}") from None
    except archive.BadSnapshotError as error:
        raise InputError(f"`{file}`: this snapshot {error}") from None
    except archive.ForeignArchiveError:
        make = "`ringwall snapshot make` makes one"
        raise InputError(f"`{file}` is not a snapshot; {make}") from None
    return manifest


def _files(path: Path, intake: Intake) -> Iterator[Path]:
    """Every file to read, in a fixed order; what is hidden is passed over."""
    for file, problem in opening.files_below(path, _SUFFIXES):
        if problem:
            _bad_file(intake, Origin(_name(file)), problem)
        else:
            yield file


def _name(path: Path) -> str:
    """A file's name as text of one line, whatever bytes it is of."""
    return one_line(str(path).encode("utf-8", "backslashreplace").decode())


def _read_file(path: Path, intake: Intake, *, named: bool, prefilter: bool) -> None:
    name = _name(path)
    try:
        if path.suffix == ".zip" and path.stat().st_size > archive.LARGEST:
            _foreign(intake, Origin(name), named=named)
            return
        data = opening.content(path, named=named)
    except OSError as error:
        _bad_file(intake, Origin(name), f"cannot be read: {error.strerror}")
    except opening.CannotReadError as error:
        _bad_file(intake, Origin(name), str(error))
    else:
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
        data = encoding.utf8(data)
        if not data or data.isspace():
            intake.warn("this file is empty; collect it again or leave it out", Origin(name))
        elif encoding.seems_wide(data):
            raise encoding.BadTextError(_WIDE)
        elif not _read_json(data, name, intake):
            _read_yaml(encoding.decoded(data), name, intake, prefilter=prefilter)
    except encoding.BadTextError as error:
        _bad_file(intake, Origin(name, error.line), str(error))


def _read_json(data: bytes, name: str, intake: Intake) -> bool:
    """False where the text is not JSON and need not be. Raises BadTextError."""
    if not _JSON.match(data):
        return False
    try:
        value = json_text.value_of(data)
    except encoding.BadTextError:
        if name.endswith(".json"):
            raise
        return False
    origin = Origin(name)
    if _take(value, origin, intake):
        doubles = json_text.doubles(data, value)
        told = ((TWICE.format(key), replace(origin, pointer=pointer)) for key, pointer in doubles)
        try:
            intake.warn_all(told)
        except RecursionError:
            _bad_file(intake, origin, "it nests too deeply; correct it")
    return True


def _read_yaml(text: str, name: str, intake: Intake, *, prefilter: bool) -> None:
    if len(text) > LARGEST_YAML:
        raise encoding.BadTextError(_LARGE_YAML)
    bad = 0
    for document in manifests.yaml_documents(text, intake, prefilter=prefilter):
        origin = Origin(name, line=document.line)
        if isinstance(document, manifests.BadDocument):
            bad += 1
            if bad <= MOST_TOLD:
                _bad_file(intake, origin, f"{document.error}{_advice(document.error, text)}")
            continue
        intake.lines = document.lines
        if _take(document.value, origin, intake):
            intake.warn_all((odd.message, Origin(name, odd.line)) for odd in document.odd)
        intake.lines = None
    if bad > MOST_TOLD:
        more = f"{bad - MOST_TOLD} more documents of this file are not valid; correct it"
        _bad_file(intake, Origin(name), more)


def _advice(error: str, text: str) -> str:
    """What to do about a bad document, where its error does not say it."""
    if "{{" in text:
        return "; is it a Helm template? render it first"
    return "" if ";" in error else "; correct it"


def _take(document: Any, origin: Origin, intake: Intake) -> bool:
    """Reads one document; whether it holds something that concerns us."""
    try:
        return _read_document(document, origin, intake)
    except RecursionError:
        _bad_file(intake, origin, "it nests too deeply; correct it")
        return False


def _read_document(document: Any, origin: Origin, intake: Intake) -> bool:
    if manifests.is_object(document):
        cluster = cluster_of(origin.file) or intake.cluster
        manifests.read_object(document, cluster, origin, intake)
        return not manifests.is_left_out(document)
    if isinstance(document, list):
        known = False
        for i, item in enumerate(document):
            at = replace(origin, pointer=f"{origin.pointer}/{i}")
            known |= _read_document(item, at, intake)
        return known
    if document is None:
        return False
    if isinstance(document, dict) and aws.read_answer(document, origin, intake):
        return True
    intake.leave_out("documents that are neither Kubernetes objects nor AWS answers")
    return False


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
