"""The ledger: nothing is lost or half there, whoever is killed and however many write at once."""

import os
import random
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ringwall
from ringwall.errors import RingwallError, UsageError
from ringwall.track import ledger
from ringwall.track.ledger import LEDGER, Open, Run, Seen

SOURCE = str(Path(ringwall.__file__).parents[1])
FINDINGS = 2000


def run_at(at: datetime) -> Run:
    return Run(LEDGER, at, "ringwall 1", "sha256:0", ["shop"], ["np-allow-all"], partial=False)


def open_at(at: datetime, fingerprint: str) -> Open:
    return Open(at, fingerprint, "np-allow-all", "shop", "namespace/shop", "fail", "high")


def date(day: int, month: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def add(folder: Path, day: int, *fingerprints: str) -> Path:
    at = date(day)
    return ledger.append(str(folder), run_at(at), [open_at(at, one) for one in fingerprints])


def test_first_and_last_seen_are_told_whatever_the_order_of_audits(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    for day, found in ((3, "a"), (1, "ab"), (2, "b"), (5, "c")):
        add(folder, day, *found)

    history = ledger.read(str(folder))

    assert history.seen == {
        "a": Seen(date(1), date(3)),
        "b": Seen(date(1), date(2)),
        "c": Seen(date(5), date(5)),
    }
    assert (history.runs, history.problems) == (4, [])
    assert history.first_seen("b", date(1, 2)) == date(1)
    assert history.first_seen("new", date(1, 2)) == date(1, 2)


def test_a_ledger_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    history = ledger.read(str(tmp_path / "none"))

    assert (history.seen, history.runs, history.problems) == ({}, 0, [])


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = add(tmp_path / "ledger", 1, "a")
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_audit_adds_a_file_and_changes_none(tmp_path: Path) -> None:
    first = add(tmp_path, 1, "a")
    content = first.read_bytes()

    second = add(tmp_path, 1, "a")

    assert first != second
    assert first.read_bytes() == content


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            lambda lines: [lines[0], b"\x00\xff{", *lines[2:]],
            ":2: is no line of a ledger and is pas",
        ),
        (
            lambda lines: [lines[0], b'{"line":"open"}', *lines[2:]],
            ":2: is no line of a ledger and",
        ),
        (
            lambda lines: [b"[" * 100000, b"x", *lines[2:]],
            ":1: is no line of a ledger and is passed ",
        ),
    ],
)
def test_a_corrupt_line_costs_one_sentence(tmp_path: Path, spoil, problem: str) -> None:  # type: ignore[no-untyped-def]
    add(tmp_path, 1, "a", "b", "c")
    file = add(tmp_path, 2, "a", "b", "c")
    file.write_bytes(b"\n".join(spoil(file.read_bytes().split(b"\n"))))

    history = ledger.read(str(tmp_path))

    assert [text.removeprefix(str(file)).startswith(problem) for text in history.problems] == [True]
    assert {name: seen.last.day for name, seen in history.seen.items()} == {
        "a": 1,
        "b": 2,
        "c": 2,
    }


def test_a_file_of_a_later_version_is_passed_over_and_named(tmp_path: Path) -> None:
    add(tmp_path, 1, "a")
    file = add(tmp_path, 2, "a")
    file.write_bytes(file.read_bytes().replace(b"ledger/v1", b"ledger/v9"))

    history = ledger.read(str(tmp_path))

    assert history.problems == [
        f"{file}: is of `ringwall/ledger/v9`, which this version cannot read; it is passed over"
    ]
    assert history.seen["a"].last == date(1)


def test_what_is_no_ledger_beside_it_is_not_read(tmp_path: Path) -> None:
    add(tmp_path, 1, "a")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / ".half.jsonl").write_text('{"line":"op')

    assert ledger.read(str(tmp_path)).problems == []


def test_a_place_that_cannot_be_a_ledger_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"`.*file` is no folder, so that no ledger can be kept"):
        ledger.check(str(tmp_path / "file"))
    with pytest.raises(
        UsageError, match=r"`.*none` is no folder, so that `.*below` cannot be made"
    ):
        ledger.check(str(tmp_path / "none" / "below"))
    with pytest.raises(RingwallError, match=r"`.*file` cannot be written: "):
        add(tmp_path / "file", 1, "a")
    ledger.check(str(tmp_path / "ledger"))


WRITER = """
import sys
from datetime import UTC, datetime
from ringwall.track import ledger
from ringwall.track.ledger import LEDGER, Open, Run
folder, name, times, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
at = datetime(2026, 1, 1, tzinfo=UTC)
print("ready", flush=True)
for number in range(times):
    run = Run(LEDGER, at, name, f"sha256:{number}", [], [], False)
    found = (Open(at, f"{name}-{number}-{i}", "r", "c", "s", "fail", "low") for i in range(count))
    ledger.append(folder, run, found)
"""


def writer(folder: Path, name: str, times: int, count: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(times), str(count)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
    )


def test_ten_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    writers = [writer(folder, f"w{n}", 20, 5) for n in range(10)]

    assert [one.wait(timeout=120) for one in writers] == [0] * 10
    for one in writers:
        one.communicate()

    history = ledger.read(str(folder))
    assert (history.runs, len(history.seen), history.problems) == (200, 1000, [])


def test_a_writer_that_is_killed_leaves_whole_audits_only(tmp_path: Path) -> None:
    """Killed at ten moments in the middle of its work: every audit in the ledger is whole."""
    folder = tmp_path / "ledger"
    chance = random.Random(7)  # noqa: S311 - nothing secret
    for number in range(10):
        one = writer(folder, f"w{number}", 100_000, FINDINGS)
        assert one.stdout is not None
        one.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        one.send_signal(signal.SIGKILL)
        one.communicate(timeout=60)
        assert one.returncode == -signal.SIGKILL

    history = ledger.read(str(folder))

    assert history.problems == []
    assert history.runs > 0
    assert len(history.seen) == history.runs * FINDINGS
    add(folder, 2, "after")
    assert ledger.read(str(folder)).runs == history.runs + 1
