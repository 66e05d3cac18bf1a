"""Whether netpol-analyzer says the same: ``python bench/agree.py [--workloads N] [--seeds N …]``.

Compared is what both mean alike: TCP, UDP and SCTP between every two different workloads of made-up
manifests. Where a block of addresses decides, netpol-analyzer takes it that no pod is in it; this
tool says that it does not know, and such services are counted and left out. Prints how many pairs
were compared and those that differ; returns 1 if any does.
"""

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Final, NamedTuple

from measuring import NotRun
from peers import installed
from worlds import manifests, write

from ringwall.collect.files import tree
from ringwall.net import Net
from ringwall.space.services import SCTP, TCP, UDP, ServiceSet

NUMBERS: Final = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
ALL: Final = "All Connections"
PORTS: Final = (
    ServiceSet.of(TCP, 1, 65535) | ServiceSet.of(UDP, 1, 65535) | ServiceSet.of(SCTP, 1, 65535)
)
NONE: Final = PORTS - PORTS
SHOWN: Final = 20
_RANGE: Final = re.compile(r"(?:(TCP|UDP|SCTP) )?([0-9]+)(?:-([0-9]+))?")

Allowed = dict[tuple[str, str], ServiceSet]


class Compared(NamedTuple):
    """Pairs compared, those with services that only this tool does not decide, by reason; and a
    line for each difference."""

    pairs: int
    undecided: int
    reasons: Counter[str]
    lines: list[str]


def theirs(tool: str, folder: Path) -> Allowed:
    """What ``netpolicy list`` says, by pair of workloads; blocks of addresses are left out."""
    command = [tool, "list", "-q", "-o", "csv", "--dirpath", str(folder)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {
        (row["src"], row["dst"]): connections(row["conn"])
        for row in csv.DictReader(text.splitlines())
        if row["src"].endswith("]") and row["dst"].endswith("]")
    }


def connections(text: str) -> ServiceSet:
    """``TCP 53,80-90,UDP 53`` as services. Raises ValueError for anything else."""
    if text == ALL:
        return PORTS
    found, protocol = NONE, ""
    for item in text.split(","):
        match = _RANGE.fullmatch(item)
        if not match or not (match[1] or protocol):
            raise ValueError(f"`{text}` is not understood")
        protocol = match[1] or protocol
        low = int(match[2])
        found |= ServiceSet.of(NUMBERS[protocol], low, int(match[3] or low))
    return found


def ported(ports: Mapping[str, Iterable[str]]) -> ServiceSet:
    """The ports among the services of a row of ``ringwall/reach/v1``."""
    if "ALL" in ports:
        return PORTS
    words = [f"{name.lower()}/{item}" for name in NUMBERS for item in ports.get(name, ())]
    return ServiceSet.parse(" ".join(words)) & PORTS if words else NONE


def ours(folder: Path) -> tuple[Allowed, Allowed, list[str], Counter[str]]:
    """What this tool says is allowed, what is unknown, every workload, and why it is unknown."""
    facts, _ = tree.read([str(folder)])
    report = Net(facts).reach()
    names = sorted(id_ for id_, one in report.endpoints.items() if one.kind == "workload")
    known = frozenset(names)
    found: dict[str, Allowed] = {"allowed": {}, "unknown": {}}
    reasons: Counter[str] = Counter()
    for row in report.connections:
        ends = row.src, row.dst
        services = ported(row.ports)
        if services and ends[0] != ends[1] and known.issuperset(ends):
            sure = row.verdict == "allowed" and row.extent == "all"
            by_ends = found["allowed" if sure else "unknown"]
            by_ends[ends] = by_ends.get(ends, NONE) | services
            reasons.update(report.unknowns[one].code for one in row.because)
    return found["allowed"], found["unknown"], names, reasons


def compare(tool: str, folder: Path) -> Compared:
    """Both tools on one folder."""
    allowed, unknown, names, reasons = ours(folder)
    said = theirs(tool, folder)
    strange = {end for ends in said for end in ends} - set(names)
    lines = [f"{name}: only they know it" for name in sorted(strange)]
    for ends in permutations(names, 2):
        decided = PORTS - unknown.get(ends, NONE)
        mine, their = (one.get(ends, NONE) & decided for one in (allowed, said))
        parts = {"only ours": mine - their, "only theirs": their - mine}
        told = [f"{what} {' '.join(part.words())}" for what, part in parts.items() if part]
        if told:
            lines.append(f"{ends[0]} -> {ends[1]}: {'; '.join(told)}")
    return Compared(len(names) * (len(names) - 1), len(unknown), reasons, lines)


def main(arguments: list[str] | None = None) -> int:
    """Compares several made-up folders."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--workloads", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    given = parser.parse_args(arguments)
    tool = installed("netpol_analyzer.sh")
    if isinstance(tool, NotRun):
        print(tool)
        return 0
    differ = False
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as made_up:
            write(manifests(given.workloads, given.workloads // 2, seed), Path(made_up))
            found = compare(tool, Path(made_up))
        print(f"seed {seed}: {found.pairs:,} pairs compared, {len(found.lines)} differ")
        print(f"  {found.undecided:,} have services left out: {dict(found.reasons)}")
        print("".join(f"  {line}\n" for line in found.lines[:SHOWN]), end="")
        differ = differ or bool(found.lines)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
