"""The same manifests, given to this tool and to others, each as its users run it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from measuring import NotRun, Result, run, stage

HERE = Path(__file__).parent
RINGWALL = Path(sys.executable).with_name("ringwall")
NOBODY = "nobody-has-this-name"


class Peer(NamedTuple):
    """Another tool: what it costs, and what of that is only reading the input."""

    name: str
    whole: Result
    parsing: Result


class Beside(NamedTuple):
    """One folder: this tool's process, its CPU after reading, and the others."""

    whole: Result
    after_parsing: Result
    peers: list[Peer]


def beside(folder: Path, kept: Path, timeout: float) -> Beside:
    """Measures all of them on one folder, one after the other."""
    whole = run([str(RINGWALL), "reach", str(folder), "--format", "csv"], timeout)
    stages = HERE / "stages.py"
    after = stage(stages, "load", str(folder), str(kept), timeout=timeout)
    if not isinstance(after, NotRun):
        after = stage(stages, "rows", str(folder), str(kept), timeout=timeout)
    return Beside(whole, after, [netpol_analyzer(folder, timeout), nca(folder, timeout)])


def netpol_analyzer(folder: Path, timeout: float) -> Peer:
    """``netpolicy list``. It reads its input, and does no more, where nobody is asked about."""
    name, tool = "netpol-analyzer", installed("netpol_analyzer.sh")
    if isinstance(tool, NotRun):
        return Peer(name, tool, tool)
    command = [tool, "list", "-q", "-o", "csv", "--dirpath", str(folder)]
    return Peer(name, run(command, timeout), run([*command, "--focusworkload", NOBODY], timeout))


def nca(folder: Path, timeout: float) -> Peer:
    """``nca --connectivity``; what it needs to read its input cannot be told apart."""
    name, tool = "nca", installed("nca.sh")
    if isinstance(tool, NotRun):
        return Peer(name, tool, tool)
    whole = run([tool, "--connectivity", "-r", f"{folder}/"], timeout)
    return Peer(name, whole, NotRun("it has no way to only read"))


def installed(script: str) -> str | NotRun:
    """The command that a script installs, or why it could not."""
    found = subprocess.run(
        [str(HERE / script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable},
    )
    if found.returncode:
        said = found.stderr.strip().splitlines()
        return NotRun(said[-1] if said else f"{script} ended with {found.returncode}")
    return found.stdout.split()[-1]
