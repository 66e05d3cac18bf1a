"""What goes where: results on standard output or into a file, remarks on standard error."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OPEN, PODS, TWO_VERSIONS

RULE = ("--rule", "np-namespace-none")


def test_a_dash_is_standard_input(ringwall: Ringwall) -> None:
    args = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5432")

    result = ringwall("explain", "-", *args, stdin=PODS)

    assert "\nALLOWED" in result.out


def test_standard_input_is_named_where_it_is_wrong(ringwall: Ringwall) -> None:
    result = ringwall("audit", "-", stdin=BROKEN_YAML)

    assert "<stdin>:4: not valid YAML" in result.err


def test_an_output_file_is_for_its_owner_only(ringwall: Ringwall) -> None:
    old = os.umask(0)
    try:
        result = ringwall("audit", "-", *RULE, "-o", "report.txt", stdin=PODS)
    finally:
        os.umask(old)

    assert Path("report.txt").stat().st_mode & 0o777 == 0o600
    assert Path("report.txt").read_text().startswith("policies assumed enforced as specified\n")
    assert result.out == ""


def test_an_output_file_is_replaced_whole_or_not_at_all(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("report.txt").write_text("the old one")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    result = ringwall("audit", "-", *RULE, "-o", "report.txt", stdin=PODS)

    assert result.err.endswith("error: `report.txt` cannot be written: No space left on device\n")
    assert result.code == 3
    assert [path.name for path in Path().iterdir()] == ["report.txt"]
    assert Path("report.txt").read_text() == "the old one"


def test_an_output_file_may_be_a_device(ringwall: Ringwall) -> None:
    assert ringwall("audit", "-", *RULE, "-o", os.devnull, stdin=PODS).code == 0
    assert not Path(os.devnull).is_file()


def test_two_versions_of_one_object_are_a_warning(ringwall: Ringwall) -> None:
    result = ringwall("audit", "-", *RULE, stdin=TWO_VERSIONS)

    assert "warning: <stdin>" in result.err
    assert "`pod/shop/db` differs from the one in <stdin>" in result.err


def test_many_warnings_are_cut_short(ringwall: Ringwall) -> None:
    Path("many").mkdir()
    for i in range(25):
        Path("many", f"{i:02}.yaml").write_text(BROKEN_YAML)
    Path("many", "pods.yaml").write_text(PODS)

    result = ringwall("audit", "many", *RULE)

    assert result.err.splitlines()[-1] == "warning: 5 more like these"
    assert result.err.count("\n") == 21
    assert result.out.count("not valid YAML") == 25


def start(*args: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ringwall", *args]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start("audit", "-", "--format", "json", stdout=writer)
    os.close(writer)

    _, err = process.communicate(OPEN.encode())

    assert process.returncode == 141
    assert err == b""


def test_an_interrupt_is_one_line_and_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    process = start("audit", str(pipe))

    with pipe.open("wb"):  # opens once the other side reads
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()

    assert process.returncode == 130
    assert err == b"error: interrupted\n"


def test_a_full_disk_is_one_line_and_3() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        process = start("audit", "-", *RULE, stdout=full.fileno())
        _, err = process.communicate(PODS.encode())

    assert process.returncode == 3
    assert err == b"error: standard output cannot be written: No space left on device\n"


def test_a_terminal_that_lacks_a_character_gets_an_escape() -> None:
    command = [sys.executable, "-m", "ringwall", "audit", "-"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}

    done = subprocess.run(
        command, input=OPEN.encode(), capture_output=True, check=False, env=environment
    )

    assert b"path   1.0.0.0 \\u2192 " in done.stdout
    assert done.returncode == 1
