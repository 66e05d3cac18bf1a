"""Folders and files that somebody else made: nothing is waited for, nothing outside is read."""

import os
import struct
import sys
import threading
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ringwall.collect.files import opening, tree
from ringwall.collect.intake import Intake
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.archive import BadSnapshotError, ForeignArchiveError
from ringwall.facts.fact import Facts
from tests.collect.halves import intake_of, made

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME, namespace: shop}\nspec: {}\n"
LEADS_OUT = "is a link that leads out of the folder; give what it leads to as a target"


def pod(name: str) -> str:
    return POD.replace("NAME", name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good file, beside one that must not be looked into."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "good.yaml").write_text(pod("good"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").write_text(pod("secret"))
    return tmp_path / "given"


def names(facts: Facts) -> list[str]:
    return [key.name.removeprefix("shop/") for key in facts]


def told(folder: Path) -> tuple[list[str], list[str]]:
    """The pods that are read, and what is told, without the folder's name."""
    facts, _ = tree.read([str(folder)])
    return names(facts), [gap.needs.replace(f"{folder}/", "") for gap in facts.gaps]


# --- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["../outside/secret.yaml", "../outside", "../outside/none.yaml"])
def test_a_link_that_leads_out_is_told_and_not_followed(folder: Path, target: str) -> None:
    (folder / "x.yaml").symlink_to(target)

    assert told(folder) == (["good"], [f"x.yaml: {LEADS_OUT}"])


def test_so_is_an_absolute_one_and_one_over_another_link(folder: Path) -> None:
    (folder / "a.yaml").symlink_to(folder.parent / "outside" / "secret.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")

    assert told(folder) == (["good"], [f"a.yaml: {LEADS_OUT}", f"b.yaml: {LEADS_OUT}"])


def test_a_link_to_a_folder_outside_is_told_whatever_its_name(folder: Path) -> None:
    (folder / "base").symlink_to("../outside")

    assert told(folder) == (["good"], [f"base: {LEADS_OUT}"])


def test_a_link_to_a_file_inside_is_followed(folder: Path) -> None:
    """A mounted ConfigMap is made of such links."""
    (folder / "..data").mkdir()
    (folder / "..data" / "pods.yaml").write_text(pod("mounted"))
    (folder / "pods.yaml").symlink_to("..data/pods.yaml")

    assert told(folder) == (["good", "mounted"], [])


@pytest.mark.parametrize("target", [".", "..", "../given", "sub"])
def test_a_link_that_leads_back_ends(folder: Path, target: str) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "x.yaml").write_text(pod("sub"))
    (folder / "round").symlink_to(target)

    pods, gaps = told(folder)

    assert pods == ["good", "sub"]
    assert gaps == ([f"round: {LEADS_OUT}"] if target == ".." else [])


def test_a_link_to_a_hidden_folder_is_told(folder: Path) -> None:
    (folder / ".hidden").mkdir()
    (folder / "seen").symlink_to(".hidden")

    assert told(folder)[1] == ["seen: is a link to a hidden folder; give that as a target"]


def test_a_link_to_itself_and_one_to_nothing_are_told(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("a.yaml")
    (folder / "b.yaml").symlink_to("none.yaml")

    assert told(folder) == (
        ["good"],
        [
            "a.yaml: cannot be read: Too many levels of symbolic links",
            "b.yaml: cannot be read: No such file or directory",
        ],
    )


def test_a_link_as_the_target_itself_is_followed(folder: Path) -> None:
    (folder.parent / "link").symlink_to("given")

    facts, _ = tree.read([str(folder.parent / "link")])

    assert (names(facts), facts.gaps) == (["good"], ())


# --- pipes, devices, permissions -----------------------------------------------------------------


def test_pipes_devices_and_sockets_in_a_folder_are_told(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "c.yaml").symlink_to("/dev/zero")

    assert told(folder) == (
        ["good"],
        [
            "a.yaml: is not a regular file",
            "b.yaml: is not a regular file",
            f"c.yaml: {LEADS_OUT}",
        ],
    )


def test_what_becomes_a_pipe_after_it_was_listed_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")

    with pytest.raises(opening.CannotReadError, match="is not a regular file"):
        opening.content(folder / "a.yaml", named=False)


def test_a_pipe_that_the_user_names_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(pod("piped")))
    writer.start()

    facts, _ = tree.read([str(pipe)])

    writer.join()
    assert names(facts) == ["piped"]


def test_an_endless_device_is_read_no_further_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "LARGEST", 1 << 22)

    facts, _ = tree.read(["/dev/zero"])

    (gap,) = facts.gaps
    assert gap.needs.startswith("/dev/zero: has more than ")


def test_a_file_that_is_too_large_is_not_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "large.json").open("wb") as file:
        file.truncate((1 << 30) + 1)  # takes no place

    assert told(folder) == (
        ["good"],
        ["large.json: has more than 1 GiB; give it in several files"],
    )


def test_standard_input_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LARGEST", 100)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(b"x" * 101)))

    facts, _ = tree.read(["-"])

    assert facts.gaps[0].needs.startswith("<stdin>: has more than ")


def test_a_file_that_grows_or_shrinks_while_it_is_read_ends(tmp_path: Path) -> None:
    class Moving(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 7))  # never as much as was asked for

    assert opening.all_of(Moving(pod("x").encode()), 10) == pod("x").encode()
    assert opening.all_of(Moving(pod("x").encode()), 10_000) == pod("x").encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_must_not_be_read_is_told(folder: Path) -> None:
    (folder / "shut.yaml").write_text(pod("shut"))
    (folder / "shut.yaml").chmod(0)

    assert told(folder) == (["good"], ["shut.yaml: cannot be read: Permission denied"])


def test_a_file_that_cannot_be_opened_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "shut.yaml").write_text(pod("shut"))
    real = os.open

    def refusing(path: Any, *rest: Any) -> int:
        if str(path).endswith("shut.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refusing)

    assert told(folder) == (["good"], ["shut.yaml: cannot be read: Permission denied"])


# --- names and numbers ----------------------------------------------------------------------------


def test_names_that_are_not_text_or_not_one_line_are_told_in_print(folder: Path) -> None:
    odd = os.fsencode(folder) + b"/a\xff\n\x1b[31m.yaml"
    Path(os.fsdecode(odd)).write_text("a: b: c")

    (gap,) = tree.read([str(folder)])[0].gaps

    assert gap.needs.replace(str(folder), "") == (
        "/a\\udcff\\n\\x1b[31m.yaml:1: not valid YAML: "
        "mapping values are not allowed in this context; correct it"
    )
    assert "clusters" not in gap.scope


@pytest.mark.parametrize("name", ["", "none", "a\0b", "x" * 5000, "\ud800"])
def test_a_target_that_cannot_be_is_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match=r"does not exist; give a file, a folder or `-`"):
        tree.read([name])


def test_folders_nest_deeper_than_python_calls(tmp_path: Path) -> None:
    nested = [f"{tmp_path}{'/d' * depth}" for depth in range(1, 1201)]
    for folder in nested:
        os.mkdir(folder)  # noqa: PTH102 - a Path of it takes longer than the test
    Path(nested[-1], "deep.yaml").write_text(pod("deep"))

    facts, _ = tree.read([str(tmp_path)])

    assert names(facts) == ["deep"]
    Path(nested[-1], "deep.yaml").unlink()
    for folder in reversed(nested):  # what clears temporary folders goes no deeper than Python
        os.rmdir(folder)  # noqa: PTH106


def test_many_files_are_read(tmp_path: Path) -> None:
    for i in range(2000):
        (tmp_path / f"{i}.yaml").write_text(pod(f"p{i}"))

    facts, _ = tree.read([str(tmp_path)])

    assert (len(facts), facts.gaps) == (2000, ())


# --- archives ------------------------------------------------------------------------------------

PACKED = made(intake_of({"a.yaml": pod("packed")}))
MEMBER = "facts/k8s.Pod.json"
LARGE = 64 << 20


def zipped(members: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(PACKED)) as file:
        return {name: file.read(name) for name in file.namelist()}


def with_number(packed: bytes, offset: int, number: int, entry: int = 0) -> bytes:
    """The archive with another number in one entry of its directory."""
    at = -1
    for _ in range(entry + 1):
        at = packed.index(b"PK\x01\x02", at + 1)
    changed = bytearray(packed)
    struct.pack_into("<I", changed, at + offset, number)
    return bytes(changed)


def link_beside() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in members().items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16  # a symbolic link, for those who unpack to a disk
            file.writestr(info, b"/etc/passwd" if name == MEMBER else data)
    return packed.getvalue()


BAD = {
    "an archive inside": (zipped({**members(), "x.zip": PACKED}), "holds `x.zip`, which its"),
    "a snapshot of a snapshot": (zipped({**members(), MEMBER: PACKED}), "was changed after it was"),
    "a wrong checksum": (with_number(PACKED, 16, 7), "is damaged: it cannot be unpacked"),
    "entries that overlap": (with_number(PACKED, 42, 0, entry=1), "is damaged: it cannot be"),
    "an entry beyond its end": (with_number(PACKED, 42, 1 << 30), "is damaged: it cannot be"),
    "more packed than is there": (with_number(PACKED, 20, 1 << 30), "is damaged: it cannot be"),
    "more packed than there is room": (with_number(PACKED, 20, len(PACKED)), "is damaged: it"),
    "a link": (link_beside(), "was changed after it was made"),
}


@pytest.mark.parametrize(("packed", "start"), BAD.values(), ids=BAD)
def test_a_spoiled_snapshot_is_one_sentence_and_costs_only_itself(
    packed: bytes, start: str
) -> None:
    intake = Intake()
    tree.read_data(packed, "x.zip", intake)
    tree.read_data(pod("good").encode(), "good.yaml", intake)

    facts = intake.facts()

    (gap,) = facts.gaps
    assert gap.needs.startswith(f"x.zip: this snapshot {start}")
    assert names(facts) == ["good"]


def test_an_archive_of_archives_is_no_snapshot_and_not_opened() -> None:
    inner = zipped({"x": b"0" * LARGE})
    for _ in range(5):
        inner = zipped({f"{i}.zip": inner for i in range(10)})

    with pytest.raises(ForeignArchiveError):
        archive.unpack(inner)


def test_a_snapshot_that_was_written_as_a_stream_is_read() -> None:
    """Sizes then stand behind the data; what was checked is the directory."""

    class Stream(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    packed = Stream()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members().items():
            file.writestr(name, data)

    _, found = archive.unpack(packed.getvalue())

    assert [one.key.name for one in found.told] == ["shop/packed"]


def test_a_member_that_holds_more_than_its_entry_says_is_not_unpacked_further() -> None:
    """What it unpacks to was bounded by what its entry says, so no more may be taken."""
    tracemalloc = pytest.importorskip("tracemalloc")
    bomb = zipped({**members(), MEMBER: b"[" + b" " * LARGE + b"]"})
    packed = with_number(with_number(bomb, 24, 10), 20, LARGE // 100)

    tracemalloc.start()
    with pytest.raises(BadSnapshotError, match="is damaged"):
        archive.unpack(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < LARGE // 8
