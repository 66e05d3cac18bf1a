"""Nothing is imported that a command does not need: start-up is a feature."""

import re
import subprocess
import sys

import pytest

LINE = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)
ALWAYS = {"ringwall"} | sys.stdlib_module_names


def imported(*command: str) -> set[str]:
    """The top-level packages that a Python process imports."""
    line = [sys.executable, "-X", "importtime", *command]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in LINE.findall(done.stderr)}


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """What the environment itself loads, such as hooks of editable installations."""
    return imported("-c", "pass")


@pytest.mark.parametrize(
    ("option", "allowed"), [("--version", set()), ("--help", {"click"})], ids=["version", "help"]
)
def test_only_what_is_needed_is_imported(option: str, allowed: set[str], bare: set[str]) -> None:
    assert imported("-m", "ringwall", option) - bare - ALWAYS == allowed


def test_the_version_needs_almost_nothing(bare: set[str]) -> None:
    new = imported("-m", "ringwall", "--version") - bare

    assert new & {"asyncio", "inspect", "json", "typing", "dataclasses", "pathlib"} == set()


def test_json_is_written_without_rich(bare: set[str]) -> None:
    code = "from ringwall.cli.app import run; run(['rules', 'list'])"

    assert "rich" not in imported("-c", code) - bare


@pytest.mark.parametrize("args", [["--version"], ["rules", "--help"], ["audit", "--help"]])
def test_it_runs_as_a_module(args: list[str]) -> None:
    command = [sys.executable, "-m", "ringwall", *args]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.startswith(("ringwall 0.", "Usage: ringwall "))
    assert done.stderr == ""
