"""Runs command lines as a user does, and hands over what came back."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ringwall.cli.app import run


class Result(NamedTuple):
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Ringwall = Callable[..., Result]


@pytest.fixture
def ringwall(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Ringwall:
    """``ringwall("audit", "x.yaml", stdin="…")``, run in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def runs(*args: str, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(args))
        return Result(code, *capsys.readouterr())

    return runs
