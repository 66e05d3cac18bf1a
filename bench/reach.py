"""What the complete relation costs, beside decoding the same bytes and beside other tools.

``python bench/reach.py [--pods N …] [--workloads N …] [--seeds N …] [--worlds FOLDER]`` prints one
table for each made-up cluster and one of all comparisons. Figures of one table were measured in one
run, so that their ratios mean something on any machine: CPU time of all processes, each row in a
process of its own. What misses its budget is marked, and nothing fails for it.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from measuring import Cost, NotRun, Result, run, stage
from peers import Beside, Peer, beside
from table import drawn, missed, said, seconds

HERE: Final = Path(__file__).parent
MB_OF_RELATION: Final = 2000.0
MANY_AT: Final = 10_000

Judge = Callable[[Cost, Cost, int], tuple[str, str, bool]]
"""Of a cost, the unit and the number of pods: the ratio, the budget, whether that is missed."""


class Row(NamedTuple):
    """One row: what it is called, which stage measures it, and its budget."""

    what: str
    stage: str
    judge: Judge


# --- budgets -------------------------------------------------------------------------------------


def _free(cost: Cost, unit: Cost, _: int) -> tuple[str, str, bool]:
    return f"{cost.cpu / unit.cpu:.1f}x", "", False


def _relation(cost: Cost, unit: Cost, _: int) -> tuple[str, str, bool]:
    ratio = cost.cpu / unit.cpu
    late = ratio > 10 or cost.peak_mb > MB_OF_RELATION
    return f"{ratio:.1f}x", "10x (stretch 4x), 2 GB", late


def _explanation(cost: Cost, _: Cost, __: int) -> tuple[str, str, bool]:
    return f"{seconds(cost.wall)} wall", "100 ms wall", cost.wall > 0.1


def _edit(cost: Cost, _: Cost, __: int) -> tuple[str, str, bool]:
    ratio = float(cost.note) / cost.cpu
    return f"1/{ratio:.0f} of cold", "1/50 of cold", ratio < 50


def _what_if(cost: Cost, _: Cost, __: int) -> tuple[str, str, bool]:
    return f"{cost.cpu / float(cost.note):.1f}x cold", "", False


def _questions(cost: Cost, _: Cost, pods: int) -> tuple[str, str, bool]:
    budgeted = pods == MANY_AT
    return seconds(cost.cpu), "10 s" if budgeted else "", budgeted and cost.cpu > 10


ROWS: Final = (
    Row("typed decode", "decode", _free),
    Row("load: files to facts", "load", _free),
    Row("model", "model", _free),
    Row("complete relation", "relation", _relation),
    Row("the same, gc off", "relation-gc-off", _free),
    Row("audit", "audit", _free),
    Row("one explanation", "explain", _explanation),
    Row("edit: a policy", "edit-policy", _edit),
    Row("edit: a group", "edit-group", _edit),
    Row("edit: the group of all", "edit-group-of-all", _edit),
    Row("what-if: a policy", "what-if", _what_if),
    Row("a million questions", "many", _questions),
)


# --- made-up clusters ----------------------------------------------------------------------------


def cluster(pods: int, seed: int, worlds: Path, timeout: float) -> str:
    """The table of one cluster."""
    world = made(worlds / f"pods-{pods}-{seed}", timeout, "--pods", str(pods), "--seed", str(seed))
    if isinstance(world, NotRun):
        return f"{pods:,} pods, seed {seed}: {world}\n"
    kept, found = world.with_suffix(".facts"), list[list[str]]()
    unit: Result = NotRun("")
    for row in ROWS:
        cost = stage(HERE / "stages.py", row.stage, str(world), str(kept), timeout=timeout)
        unit = cost if row.stage == "decode" else unit
        found.append(_told(row, cost, unit, pods))
    kept.unlink(missing_ok=True)
    title = f"{pods:,} pods, seed {seed}"
    return drawn(title, ("", "CPU", "ratio", "budget", "peak MB", ""), found)


def _told(row: Row, cost: Result, unit: Result, pods: int) -> list[str]:
    if isinstance(cost, NotRun) or isinstance(unit, NotRun):
        return [row.what, "", "", "", "", str(cost) if isinstance(cost, NotRun) else str(unit)]
    ratio, budget, late = row.judge(cost, unit, pods)
    note = "" if row.judge in (_edit, _what_if) else cost.note
    return [
        row.what,
        seconds(cost.cpu),
        ratio,
        budget,
        f"{cost.peak_mb:.0f}",
        said(missed(late), note),
    ]


def made(folder: Path, timeout: float, *size: str) -> Path | NotRun:
    """The folder of a made-up world, written unless it is there."""
    if not folder.is_dir():
        command = [sys.executable, str(HERE / "worlds.py"), *size, "--out", str(folder)]
        found = run(command, timeout)
        if isinstance(found, NotRun):
            return found
    return folder.resolve()


# --- other tools ---------------------------------------------------------------------------------


class Compared(NamedTuple):
    """How many times less this tool costs than another, by seed; what was not run is left out."""

    whole: dict[int, float]
    after: dict[int, float]
    memory: dict[int, float]


def manifests(workloads: int, seeds: list[int], worlds: Path, timeout: float) -> Iterator[str]:
    """The table of one size, then the worst ratios of all seeds."""
    rows, compared = list[list[str]](), dict[str, Compared]()
    for seed in seeds:
        name = f"workloads-{workloads}-{seed}"
        size = ("--workloads", str(workloads), "--seed", str(seed))
        folder = made(worlds / name, timeout, *size)
        if isinstance(folder, NotRun):
            rows.append([f"seed {seed}", "", "", "", str(folder)])
            continue
        kept = folder.with_suffix(".facts")
        found = beside(folder, kept, timeout)
        kept.unlink(missing_ok=True)
        rows += _tools(found, seed)
        for peer in found.peers:
            _compare(compared.setdefault(peer.name, Compared({}, {}, {})), found, peer, seed)
    title = f"{workloads:,} workloads, {workloads // 2:,} policies"
    yield drawn(title, ("", "CPU", "after parsing", "peak MB", ""), rows)
    worst = [line for name, one in compared.items() for line in _worst(name, one, workloads)]
    if worst:
        headings = ("how many times less", "worst", "seed", "budget", "")
        yield drawn(f"{workloads:,} workloads: the worst of {len(seeds)} seeds", headings, worst)


def _tools(found: Beside, seed: int) -> Iterator[list[str]]:
    after = "" if isinstance(found.after_parsing, NotRun) else seconds(found.after_parsing.cpu)
    note = "" if isinstance(found.after_parsing, NotRun) else found.after_parsing.note
    yield _tool(f"seed {seed}  ringwall", found.whole, after, note)
    for peer in found.peers:
        yield _tool(f"        {peer.name}", peer.whole, _after(peer))


def _tool(name: str, whole: Result, after: str, note: str = "") -> list[str]:
    if isinstance(whole, NotRun):
        return [name, "", "", "", str(whole)]
    return [name, seconds(whole.cpu), after, f"{whole.peak_mb:.0f}", note]


def _after(peer: Peer) -> str:
    if isinstance(peer.whole, NotRun) or isinstance(peer.parsing, NotRun):
        return ""
    return seconds(peer.whole.cpu - peer.parsing.cpu)


def _compare(compared: Compared, found: Beside, peer: Peer, seed: int) -> None:
    if isinstance(peer.whole, NotRun) or isinstance(found.whole, NotRun):
        return
    compared.whole[seed] = peer.whole.cpu / found.whole.cpu
    compared.memory[seed] = peer.whole.peak_mb / found.whole.peak_mb
    after = found.after_parsing
    if not isinstance(after, NotRun) and not isinstance(peer.parsing, NotRun):
        compared.after[seed] = (peer.whole.cpu - peer.parsing.cpu) / after.cpu


def _worst(name: str, compared: Compared, workloads: int) -> Iterator[list[str]]:
    budgets = _BUDGETS.get(workloads, {}) if name == "netpol-analyzer" else {}
    for what, by_seed in zip(_COMPARED, compared, strict=True):
        if by_seed:
            seed, ratio = min(by_seed.items(), key=lambda item: item[1])
            budget = budgets.get(what)
            told = f">= {budget:.0f}x" if budget else ""
            late = budget is not None and ratio < budget
            yield [f"{name}: {what}", f"{ratio:.1f}x", str(seed), told, missed(late)]


_COMPARED: Final = ("CPU, whole process", "CPU after parsing", "memory")
_BUDGETS: Final = {
    400: {"CPU, whole process": 20.0, "CPU after parsing": 50.0, "memory": 7.0},
    1000: {"CPU, whole process": 100.0},
}


def main(arguments: list[str] | None = None) -> int:
    """Prints the tables as they are ready."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pods", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--workloads", type=int, nargs="*", default=[100, 400])
    parser.add_argument("--seeds", type=int, nargs="+", default=[7], help="of clusters")
    parser.add_argument("--peer-seeds", type=int, nargs="+", default=[7, 8, 9], help="of manifests")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each row")
    parser.add_argument("--worlds", type=Path, help="keep what is made up in this folder")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made_up:
        worlds = given.worlds or Path(made_up)
        for pods in given.pods:
            for seed in given.seeds:
                print(cluster(pods, seed, worlds, given.timeout), flush=True)
        for workloads in given.workloads:
            for text in manifests(workloads, given.peer_seeds, worlds, given.timeout):
                print(text, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
