"""Which namespaces reach which: pairs of workloads that are open, by the engine."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.gate import Reason
from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.report.reach import UNDEFINED
from ringwall.space.services import ServiceSet

_NAMESPACES: Final = 24
_WORKLOADS: Final = 1000
_INTERNET: Final = "internet"
_PORTS: Final = ServiceSet.parse("tcp/1-65535 udp/1-65535 sctp/1-65535")
_CLOSED, _OPEN, _PERHAPS, _ITSELF = 0, 1, 2, 3


class Cell(NamedTuple):
    """Of so many ordered pairs of different workloads, how many are open on some port, and how
    many more may be."""

    pairs: int
    open: int
    perhaps: int

    @property
    def share(self) -> str:
        """In a word: ``none``, ``some``, ``most`` or ``all`` are open; ``empty`` without pairs."""
        if not self.pairs:
            return "empty"
        if not self.open:
            return "none"
        if self.open == self.pairs:
            return "all"
        return "most" if 2 * self.open >= self.pairs else "some"


class Row(NamedTuple):
    """What one namespace, or the Internet, reaches in each namespace."""

    name: str
    cells: list[Cell]


class Matrix(NamedTuple):
    """Rows and columns, why pairs are unknown, and how many namespaces there are besides."""

    names: list[str]
    rows: list[Row]
    because: list[str]
    left_out: int


def matrix(relation: Relation) -> Matrix:
    """Open pairs between the namespaces that have the most workloads, and from the Internet."""
    members = _namespaces(relation)
    chosen = _chosen(members)
    ends = [one for name in chosen for one in members[name]]
    if not ends:
        return Matrix([], [], [], 0)
    sources = [relation.directory.find(_INTERNET), *ends]
    of = np.repeat(np.arange(len(chosen)), [len(members[name]) for name in chosen])
    states = _States(relation, Grid(relation, sources, ends))
    counts = _counts(states, np.concatenate([[len(chosen)], of]), of)
    rows = [Row(name, counts[i]) for i, name in enumerate(chosen)]
    return Matrix(
        chosen,
        [Row("the Internet", counts[-1]), *rows],
        [f"{one.object}: {one.needs}" for one in sorted(states.because)],
        len(members) - len(chosen),
    )


def _namespaces(relation: Relation) -> dict[str, list[Endpoint]]:
    """The workloads by cluster and namespace."""
    found: dict[str, list[Endpoint]] = {}
    for one in relation.directory.objects():
        if one.kind in ("workload", "pod"):
            found.setdefault(one.id.rpartition("/")[0], []).append(one)
    return dict(sorted(found.items()))


def _chosen(members: dict[str, list[Endpoint]]) -> list[str]:
    """The largest namespaces, as many as can be shown; the first in any case."""
    names: list[str] = []
    count = 0
    for name in sorted(members, key=lambda name: (-len(members[name]), name))[:_NAMESPACES]:
        count += len(members[name])
        if names and count > _WORKLOADS:
            break
        names.append(name)
    return sorted(names)


def _counts(
    states: "_States", rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> list[list[Cell]]:
    """The cells by row and column, where ``rows`` and ``columns`` say of each source and
    destination which it belongs to."""
    size = int(rows.max()) + 1, int(columns.max()) + 1
    found = np.zeros((3, *size), dtype=np.int64)
    for i, mine in enumerate(states):
        for state in (_CLOSED, _OPEN, _PERHAPS):
            found[state, rows[i]] += np.bincount(columns[mine == state], minlength=size[1])
    total = found.sum(axis=0)
    return [
        [
            Cell(int(total[i, j]), int(found[_OPEN, i, j]), int(found[_PERHAPS, i, j]))
            for j in range(size[1])
        ]
        for i in range(size[0])
    ]


class _States:
    """For each source whether each destination is open to it, and why that is unknown of any."""

    def __init__(self, relation: Relation, grid: Grid) -> None:
        self._relation, self._grid = relation, grid
        self._ids = np.array([one.id for one in grid.destinations])
        self.because: set[Reason] = set()

    def __iter__(self) -> Iterator[NDArray[np.int8]]:
        known = np.zeros(0, dtype=np.int8)
        for source, row in zip(self._grid.sources, self._grid.rows(), strict=True):
            more = [self._state(mix) for mix in self._grid.mixes[len(known) :]]
            known = np.concatenate([known, np.array(more, dtype=np.int8)])
            yield np.where(self._ids == source.id, _ITSELF, known[row])

    def _state(self, mix: Mix) -> int:
        """Whether any TCP, UDP or SCTP port is open, or may be."""
        services = self._relation.atoms.services
        parts = [p for p in self._relation.parts(mix) if p.open and services(p.services) & _PORTS]
        if any(part.verdict == "allowed" for part in parts):
            return _OPEN
        doubts = (doubt for part in parts for doubt in part.doubts)
        self.because.update(doubt for doubt in doubts if doubt.code != UNDEFINED)
        return _PERHAPS if parts else _CLOSED
