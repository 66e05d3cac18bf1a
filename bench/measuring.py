"""CPU time and peak memory of work, each piece in a process of its own.

CPU time is that of all threads and of all children that ended. The process that measures must stay
small: a child's peak memory is never told as less than its parent's was when it began.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

T = TypeVar("T")
_RESET_PEAK = "5"
_POLL_S = 0.01


class Cost(NamedTuple):
    """CPU and wall time in seconds, peak memory in MB, and what else there is to say."""

    cpu: float
    wall: float
    peak_mb: float = 0.0
    note: str = ""


class NotRun(NamedTuple):
    """Why there is no figure."""

    reason: str

    def __str__(self) -> str:
        return f"not run: {self.reason}"


Result = Cost | NotRun


class Timer:
    """What a block took; filled in when the block ends."""

    cpu = 0.0
    wall = 0.0


@contextmanager
def timed() -> Iterator[Timer]:
    """Measures a block of this process."""
    timer, cpu, wall = Timer(), _cpu(), time.perf_counter()
    yield timer
    timer.cpu, timer.wall = _cpu() - cpu, time.perf_counter() - wall


def forget_peak() -> None:
    """Lets the peak memory of this process begin anew, where the kernel can do that."""
    try:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    except OSError:
        return


def peak_mb() -> float:
    """The peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _cpu() -> float:
    found = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in found)


# --- other processes -----------------------------------------------------------------------------


def run(command: list[str], timeout: float, out: int | IO[Any] = subprocess.DEVNULL) -> Result:
    """What a command costs, from its start to its end."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        usage = _ended(process, start + timeout)
        wall = time.perf_counter() - start
        if usage is None:
            return NotRun(f"more than {timeout:.0f} s")
        if process.returncode:
            errors.seek(0)
            return NotRun(_last_line(errors.read()) or f"it ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000)


def _ended(process: subprocess.Popen[Any], until: float) -> resource.struct_rusage | None:
    """What a process used, once it has ended; None if it had to be stopped."""
    late = False
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return None if late else usage
        if not late and time.perf_counter() > until:
            late = True
            process.kill()
        time.sleep(_POLL_S)


def stage(script: Path, *arguments: str, timeout: float) -> Result:
    """What a stage says of itself: the last line that it prints is a :class:`Cost` as JSON."""
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, str(script), *arguments]
        found = run(command, timeout, out)
        if isinstance(found, NotRun):
            return found
        out.seek(0)
        return Cost(**json.loads(_last_line(out.read())))


def report(cost: Cost) -> None:
    """Says what a stage cost, to the process that began it."""
    print(json.dumps(cost._asdict()))


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def best(work: Callable[[], T], seconds: float = 1.0, at_most: int = 9) -> Cost:
    """The cheapest of several runs: so many as fit into some seconds."""
    found: list[Timer] = []
    while not found or (sum(one.cpu for one in found) < seconds and len(found) < at_most):
        with timed() as timer:
            kept = work()
        found.append(timer)
        del kept
    cheapest = min(found, key=lambda one: one.cpu)
    return Cost(cheapest.cpu, cheapest.wall)
