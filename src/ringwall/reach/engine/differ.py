"""Pairs whose answers differ, among those that may."""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ringwall.errors import UsageError
from ringwall.reach.engine.candidates import Pairs
from ringwall.reach.engine.judge import ALLOWED, SOME
from ringwall.reach.engine.listing import BETWEEN, CODES, families, listed
from ringwall.reach.engine.pairs import Differing, Table
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.reach.engine.sides import Both
from ringwall.reach.engine.steps import State, Step
from ringwall.space.services import SERVED, ServiceSet

Codes: TypeAlias = NDArray[np.int64]

_CELLS: Final = 4_000_000
"""So many pairs of kins are worked out at once."""


LIMIT: Final = 1_000_000
"""More changes than this are not told."""


def too_many() -> UsageError:
    """What is said where there are more changes than ``LIMIT``."""
    return UsageError(
        f"these are more than {LIMIT:,} changes; compare less of the two inputs, such as the "
        "files of one cluster, or two states that are closer to each other"
    )


class _Row(NamedTuple):
    """The distinct cells of one source, what is told of each, and which each destination has."""

    cells: list[int]
    steps: list[list[Step]]
    of: NDArray[np.intp]

    def changes(self) -> int:
        """How many changes there are, but for those of single members."""
        counts = [sum(step.old != step.new for step in steps) for steps in self.steps]
        return int(np.array(counts, dtype=np.int64)[self.of].sum())

    def differing(self) -> Iterator[tuple[int, int, list[Step]]]:
        """The destinations of whom anything is told, with their cells."""
        some = np.array([bool(steps) for steps in self.steps], dtype=np.bool_)[self.of]
        for j in np.flatnonzero(some).tolist():
            at = int(self.of[j])
            yield j, self.cells[at], self.steps[at]


class Differ:
    """Compares the answers of two relations; what two mixes make of each other is found once."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new
        self._count = 0
        self._known: dict[tuple[Mix, Mix, int], list[Step]] = {}

    def among(self, pairs: Pairs) -> Iterator[Differing]:
        """Every pair with an answer that differs, or may hide that those of members do. Raises
        UsageError as soon as there are more than ``LIMIT`` changes."""
        ends = pairs.destinations
        there = np.array([families(both.new) | families(both.old) for both in ends])
        for sources in self._batches(pairs):
            old = Table(self._old, [one.old for one in sources], [one.old for one in ends])
            new = Table(self._new, [one.new for one in sources], [one.new for one in ends])
            codes = [families(both.new) | families(both.old) for both in sources]
            rows = [self._row(old, new, i, own, there) for i, own in enumerate(codes)]
            self._count += sum(row.changes() for row in rows)
            if self._count > LIMIT:
                raise too_many()
            for i, (src, row) in enumerate(zip(sources, rows, strict=True)):
                for j, cell, steps in row.differing():
                    mine, theirs, _ = _parts(cell)
                    sides = old.ends(i, j, mine), new.ends(i, j, theirs)
                    yield Differing(src, ends[j], *sides, steps)

    def _row(self, old: Table, new: Table, i: int, own: int, there: Codes) -> _Row:
        """What one source has with every destination; ``own`` and ``there`` are the codes of their
        families."""
        code = BETWEEN[own][there]
        cells = (old.row(i) << 31 | new.row(i)) * CODES + code
        distinct, back = np.unique(cells, return_inverse=True)
        numbers = distinct.tolist()
        return _Row(numbers, [self._steps(old, new, cell) for cell in numbers], back)

    def _batches(self, pairs: Pairs) -> Iterator[list[Both]]:
        """Sources, so many at once that tables of outcomes stay small."""
        old = sum(len(self._old.crowds(both.old)) for both in pairs.destinations)
        new = sum(len(self._new.crowds(both.new)) for both in pairs.destinations)
        step = max(1, _CELLS // max(1, old, new))
        for start in range(0, len(pairs.sources), step):
            yield pairs.sources[start : start + step]

    def _steps(self, old: Table, new: Table, cell: int) -> list[Step]:
        """How the services of two mixes go from one to the other."""
        mine, theirs, code = _parts(cell)
        asked = old.mix(mine), new.mix(theirs), code
        found = self._known.get(asked)
        if found is None:
            before, after = _states(self._old, asked[0]), _states(self._new, asked[1])
            steps = [
                Step(listed(was & now, code), one, other)
                for one, was in before.items()
                for other, now in after.items()
                if one != other or partly(one, other)
            ]
            found = self._known[asked] = sorted(
                (step for step in steps if step.services), key=lambda step: step.services.ranges
            )
        return found


def partly(old: State, new: State) -> bool:
    """Whether both let through for some pairs of members, which may be other ones."""
    return old[:2] == new[:2] == (ALLOWED, SOME)


def _parts(cell: int) -> tuple[int, int, int]:
    """The mixes of a cell, and the code of its families."""
    mixes, code = divmod(cell, CODES)
    return mixes >> 31, mixes & (1 << 31) - 1, code


def _states(relation: Relation, mix: Mix) -> dict[State, ServiceSet]:
    found: dict[State, ServiceSet] = {}
    for part in relation.parts(mix):
        state = State(part.verdict, part.extent, part.reply, part.doubts)
        services = relation.atoms.services(part.services) & SERVED
        found[state] = found.get(state, ServiceSet()) | services
    return found
