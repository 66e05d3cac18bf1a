"""A snapshot's file: the same bytes for the same content, and no archive that does harm."""

import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ringwall.facts import aws, k8s
from ringwall.facts.archive import BadSnapshotError, ForeignArchiveError, pack, unpack
from ringwall.facts.fact import Fact, Facts, Gap, Key, Oddity, Origin
from ringwall.facts.snapshot import (
    SNAPSHOT,
    TOOL,
    Making,
    Snapshot,
    Told,
    digest,
    identities,
    left_out,
    merged,
)

Change = Callable[[dict[str, bytes]], None]


def namespace(name: str, file: str = "a.yaml", **labels: str) -> Told:
    body = k8s.Namespace(k8s.ObjectMeta(name, labels=labels or None))
    return Told(Key("prod", "namespace", name), body, Origin(file, 1))


MADE = Making("2026-01-02T03:04:05Z", TOOL, "sha256:00", {"Secret": 2})
GAP = Gap("unreadable-file", "input", "x.yaml", "x.yaml: is empty", origin=Origin("x.yaml"))
ODD = Oddity("odd", Origin("a.yaml", 7))
FULL = Snapshot((namespace("b"), namespace("a", team="red", app="web")), (GAP,), (ODD,), (MADE,))


def facts_of(snapshot: Snapshot) -> Facts:
    return Facts(Fact(one.key, one.body, (one.origin,)) for one in snapshot.told if one.body)


PACKED = pack(FULL, facts_of(FULL))


# --- the same bytes -------------------------------------------------------------------------------


def test_a_snapshot_is_read_back_as_it_was() -> None:
    manifest, found = unpack(PACKED)

    assert set(found.gaps) == {GAP}
    assert set(found.warnings) == {ODD}
    assert found.made == (MADE,)
    assert sorted(found.told, key=lambda one: one.key) == sorted(FULL.told, key=lambda one: one.key)
    assert (manifest.schema, manifest.tool, manifest.counts) == (SNAPSHOT, TOOL, {"namespace": 2})
    assert manifest.clusters == ["prod"]
    assert manifest.digest == digest(facts_of(FULL))


def test_neither_order_nor_repetition_is_in_the_bytes() -> None:
    twice = merged([FULL, Snapshot(FULL.told[::-1]), FULL])

    assert pack(twice, facts_of(FULL)) == PACKED


def test_labels_in_another_order_are_the_same_bytes() -> None:
    other = Snapshot(
        (namespace("a", app="web", team="red"), namespace("b")), (GAP,), (ODD,), (MADE,)
    )

    assert pack(other, facts_of(other)) == PACKED


def test_an_object_read_twice_is_one_record_with_two_origins() -> None:
    snapshot = Snapshot((namespace("a", "2.yaml"), namespace("a", "1.yaml")))
    members = unzipped(pack(snapshot, facts_of(snapshot)))

    (record,) = json.loads(members["facts/k8s.Namespace.json"])

    assert [origin["file"] for origin in record["origins"]] == ["1.yaml", "2.yaml"]
    assert record["key"] == ["prod", "namespace", "a"]


def test_names_times_and_modes_in_the_zip_are_fixed() -> None:
    with zipfile.ZipFile(io.BytesIO(PACKED)) as file:
        infos = file.infolist()

    assert [info.filename for info in infos] == [
        "facts/k8s.Namespace.json", "gaps.json", "manifest.json", "warnings.json",
    ]  # fmt: skip
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {stat.S_IMODE(info.external_attr >> 16) for info in infos} == {0o600}


def test_readings_that_came_on_two_ways_count_once() -> None:
    other = Making("2026-01-03T00:00:00Z", TOOL, "sha256:01", {"Secret": 1, "Event": 4})

    assert left_out([MADE, other, MADE]) == {"Event": 4, "Secret": 3}


def test_accounts_regions_and_clusters_are_those_of_the_objects() -> None:
    spaces = [
        Fact(Key(scope, "namespace", "x"), k8s.Namespace(k8s.ObjectMeta("x")), ())
        for scope in ("", "prod")
    ]
    scoped = Fact(Key("111122223333:eu-west-1", "vpc", "vpc-1"), aws.Vpc("vpc-1"), ())
    owned = Fact(Key("", "vpc", "vpc-2"), aws.Vpc("vpc-2", owner_id="222233334444"), ())
    api = Fact(Key("222233334444:us-east-1", "eks-api", "shop"), aws.Cluster("shop"), ())

    found = identities(Facts([*spaces, scoped, owned, api]))

    assert found.accounts == ["111122223333", "222233334444"]
    assert found.regions == ["eu-west-1", "us-east-1"]
    assert found.clusters == ["prod", "shop"]


# --- archives that are no snapshots ---------------------------------------------------------------


def zipped(members: dict[str, bytes], **settings: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **settings) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


MANIFEST = unzipped(PACKED)["manifest.json"]
FOREIGN = {
    "a zip of something else": zipped({"index.py": b"print()"}),
    "a zip of nothing": zipped({}),
    "a manifest of something else": zipped({"manifest.json": b'{"name": "an app"}'}),
    "a manifest that is not JSON": zipped({"manifest.json": b"Manifest-Version: 1.0"}),
    "a manifest that nests too deeply": zipped({"manifest.json": b'{"a":' * 5000}),
    "more members than a snapshot has": zipped({f"{i}.json": b"" for i in range(300)}),
    "a comment at its end": PACKED[:-2] + struct.pack("<H", 3) + b"abc",
    "no zip at all": b"apiVersion: v1\n",
    "nothing": b"",
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_another_archive_is_told_from_a_snapshot(data: bytes) -> None:
    with pytest.raises(ForeignArchiveError):
        unpack(data)


def test_what_says_that_it_is_larger_than_four_gigabytes_is_not_looked_into() -> None:
    end = PACKED[-22:]
    locator = b"PK\x06\x07" + bytes(16)

    with pytest.raises(ForeignArchiveError):
        unpack(PACKED[:-22] + locator + end)


# --- snapshots that must not be used --------------------------------------------------------------


def changed(change: Change, *, signed: bool = False) -> bytes:
    """The snapshot with other members; ``signed``: its manifest says so too."""
    members = unzipped(PACKED)
    change(members)
    if signed:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    return zipped(members)


def put(name: str, data: bytes) -> Change:
    return lambda members: members.__setitem__(name, data)


def drop(name: str) -> Change:
    def change(members: dict[str, bytes]) -> None:
        del members[name]

    return change


def edit(name: str, old: bytes, new: bytes) -> Change:
    def change(members: dict[str, bytes]) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    return change


NAMESPACES = "facts/k8s.Namespace.json"
BAD = {
    "a later schema": (
        changed(edit("manifest.json", b"snapshot/v1", b"snapshot/v2")),
        "is of `ringwall/snapshot/v2`, which this version does not read; use a later one",
    ),
    "an edited fact": (
        changed(edit(NAMESPACES, b"red", b"blue")),
        f"was changed after it was made (`{NAMESPACES}`); make it again",
    ),
    "a member more": (
        changed(put("facts/aws.Vpc.json", b"[]")),
        "holds `facts/aws.Vpc.json`, which its manifest does not name; make it again",
    ),
    "a name that leads out": (
        changed(put("../../etc/passwd", b"x")),
        "holds `../../etc/passwd`, which its manifest does not name; make it again",
    ),
    "an absolute name": (
        changed(put("/etc/passwd", b"x")),
        "holds `/etc/passwd`, which its manifest does not name; make it again",
    ),
    "a name that leads out, in the manifest too": (
        changed(put("../facts/k8s.Pod.json", b"[]"), signed=True),
        "holds `../facts/k8s.Pod.json`, which this version does not read; use a later one",
    ),
    "a member less": (
        changed(drop("gaps.json")),
        "lacks `gaps.json`, which its manifest names; make it again",
    ),
    "a kind of fact that is not known": (
        changed(put("facts/k8s.Gateway.json", b"[]"), signed=True),
        "holds `facts/k8s.Gateway.json`, which this version does not read; use a later one",
    ),
    "what is no kind of fact": (
        changed(put("facts/k8s.Labels.json", b"[]"), signed=True),
        "holds `facts/k8s.Labels.json`, which this version does not read; use a later one",
    ),
    "a role that is not known": (
        changed(put("pieces/rumour.json", b"[]"), signed=True),
        "holds `pieces/rumour.json`, which this version does not read; use a later one",
    ),
    "a body that is none": (
        changed(edit(NAMESPACES, b'"name":"b"', b'"name":7'), signed=True),
        f"is not sound: `{NAMESPACES}`: Expected `str`, got `int` - at `$[1].body.metadata.name`",
    ),
    "no body": (
        changed(edit(NAMESPACES, b'"body":{"metadata":{"name":"b"}},', b""), signed=True),
        f"is not sound: `{NAMESPACES}`: `prod!namespace/b` has no body",
    ),
    "what is no JSON": (
        changed(put(NAMESPACES, b"[\n"), signed=True),
        f"is not sound: `{NAMESPACES}`: Input data was truncated",
    ),
    "no origin": (
        changed(edit(NAMESPACES, b'"origins":[{"file":"a.yaml","line":1}]', b'"origins":[]'),
                signed=True),
        f"is not sound: `{NAMESPACES}`: `prod!namespace/a` has no origin",
    ),
    "a manifest without a field": (
        changed(edit("manifest.json", b'"digest"', b'"other"')),
        "is not sound: `manifest.json`: Object missing required field `digest`",
    ),
    "half of it": (PACKED[: len(PACKED) // 2], "is not whole: its end is missing; copy it again"),
    "a hole in it": (
        PACKED[:60] + bytes(20) + PACKED[80:],
        "is damaged: it cannot be unpacked; make it or copy it again",
    ),
    "what unpacks to very much": (
        changed(put(NAMESPACES, b" " * (1 << 22)), signed=True),
        f"would unpack to more than a snapshot may (`{NAMESPACES}`)",
    ),
    "deep nesting": (
        changed(put(NAMESPACES, b'[{"x":' + b"[" * 200_000), signed=True),
        f"is not sound: `{NAMESPACES}`: it nests too deeply",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), BAD.values(), ids=BAD)
def test_a_bad_snapshot_is_refused_in_one_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(BadSnapshotError) as refused:
        unpack(data)

    assert str(refused.value).startswith(problem)
    assert "\n" not in str(refused.value)


def flagged(offset_in_directory: int, value: bytes) -> bytes:
    """The snapshot with some bytes of its first entry in the directory changed."""
    at = PACKED.index(b"PK\x01\x02") + offset_in_directory
    return PACKED[:at] + value + PACKED[at + len(value) :]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (flagged(8, b"\x01\x00"), "is encrypted"),
        (flagged(10, struct.pack("<H", 12)), "is compressed in a way that no snapshot is"),
        (flagged(24, struct.pack("<I", 1 << 31)), "would unpack to more than a snapshot may"),
    ],
    ids=["encrypted", "another compression", "a size that is a lie"],
)
def test_a_member_that_is_not_as_we_write_it_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(BadSnapshotError, match=problem):
        unpack(data)


def test_two_members_of_one_name_are_refused() -> None:
    packed = io.BytesIO(PACKED)
    with zipfile.ZipFile(packed, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("gaps.json", b"[]")

    with pytest.raises(BadSnapshotError, match="two members of one name"):
        unpack(packed.getvalue())


def test_no_cut_whatever_raises_something_else() -> None:
    for cut in range(len(PACKED)):
        with pytest.raises((BadSnapshotError, ForeignArchiveError)):
            unpack(PACKED[:cut])


def test_no_changed_byte_whatever_raises_something_else() -> None:
    whole = {one.key for one in FULL.told}
    for at in range(len(PACKED)):
        data = PACKED[:at] + bytes([PACKED[at] ^ 0x5A]) + PACKED[at + 1 :]
        try:
            _, found = unpack(data)
        except (BadSnapshotError, ForeignArchiveError):
            continue
        assert {one.key for one in found.told} == whole, at
