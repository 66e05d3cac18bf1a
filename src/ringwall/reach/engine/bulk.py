"""Outcomes of every two of many kins, as arrays.

It gives what ``Relation.outcome`` gives one by one, for kins that are no Services or API endpoints
and whose attachments all stand on nodes, or none.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringwall.model.peers import Ints
from ringwall.reach.engine.classes import distinct
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.doubts import NONE, Doubts
from ringwall.reach.engine.judge import Told
from ringwall.reach.engine.ways import Outcome, parted, united

UNFIT: Final = -1
_BATCH: Final = 50_000
_FOUR: Final = 1
_SIX: Final = 2
Classes = tuple[int, ...]


class Bulk:
    """Answers for pairs of tuples of classes; ``number`` gives what is told its number."""

    def __init__(self, engine: Engine, number: Callable[[Told], int]) -> None:
        self._engine, self._number = engine, number
        self._join = engine.join
        self._doubts = Doubts(engine)
        self._united: dict[tuple[int, int], int] = {}
        self._told: dict[tuple[int, int, int], int] = {}
        six, four = engine.join.within(6), engine.join.within(4)
        self._within = {_FOUR: four, _SIX: six, _FOUR | _SIX: four | six}

    def table(
        self, rows: Sequence[Classes], columns: Sequence[Classes], unfit: int, *, together: bool
    ) -> NDArray[np.int64]:
        """Numbers of what is told of each row with each column; ``unfit`` where they have no
        family in common."""
        found = np.full((len(rows), len(columns)), unfit, dtype=np.int64)
        step = max(1, _BATCH // max(1, len(columns)))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            found[start : start + step] = self._some(some, columns, unfit, together)
        return found

    def _some(
        self, rows: Sequence[Classes], columns: Sequence[Classes], unfit: int, together: bool
    ) -> NDArray[np.int64]:
        shape = len(rows), len(columns)
        ways = [
            (np.repeat(src, shape[1]), np.tile(dst, shape[0]))
            for src, dst in product(_by_rank(rows), _by_rank(columns))
        ]
        size = shape[0] * shape[1]
        outcome = np.full(size, UNFIT, dtype=np.int32)
        families = np.zeros(size, dtype=np.int32)
        each = []
        for src, dst in ways:
            places = self._fitting(src, dst)
            numbers = self._judged(src[places], dst[places], together)
            each.append((places, numbers))
            outcome[places] = self._unite(outcome[places], numbers)
            families[places] |= self._family(src[places])
        doubts = np.full(size, NONE, dtype=np.int32)
        for (src, dst), (places, numbers) in zip(ways, each, strict=True):
            self._doubt(doubts, places, (src, dst), outcome, numbers, together)
        return self._tell(outcome, doubts, families, unfit).reshape(shape)

    def _fitting(self, src: Ints, dst: Ints) -> NDArray[np.intp]:
        """Where there are two attachments, of one family."""
        six = self._engine.classes.columns.six
        return np.flatnonzero((src >= 0) & (dst >= 0) & (six[src] == six[dst]))

    def _judged(self, src: Ints, dst: Ints, together: bool) -> Ints:
        near = np.full(len(src), together, dtype=np.bool_)
        return self._join.many(src, dst, near, np.zeros(len(src), dtype=np.bool_))

    def _family(self, src: Ints) -> Ints:
        found: Ints = np.where(self._engine.classes.columns.six[src] > 0, _SIX, _FOUR)
        return found.astype(np.int32)

    def _unite(self, before: Ints, ways: Ints) -> Ints:
        """The outcomes of the ways so far and of one more."""
        first, back = distinct((before, ways))
        pairs = zip(before[first].tolist(), ways[first].tolist(), strict=True)
        return np.array([self._both(*pair) for pair in pairs], dtype=np.int32)[back]

    def _both(self, a: int, b: int) -> int:
        if a in (UNFIT, b):
            return b
        found = self._united.get((a, b))
        if found is None:
            ways = self._join.outcomes[a], self._join.outcomes[b]
            found = self._united[a, b] = self._join.number(united(ways))
        return found

    def _doubt(
        self,
        doubts: Ints,
        places: NDArray[np.intp],
        ends: tuple[Ints, Ints],
        outcome: Ints,
        ways: Ints,
        together: bool,
    ) -> None:
        """Adds why services are open on one way that no other way decides."""
        first, back = distinct((outcome[places], ways))
        pairs = zip(outcome[places][first].tolist(), ways[first].tolist(), strict=True)
        masks = [self._open(*pair) for pair in pairs]
        some = np.flatnonzero(np.array([mask != 0 for mask in masks], dtype=np.bool_)[back])
        if some.size:
            at = places[some]
            src, dst = ends[0][at], ends[1][at]
            more = self._doubts.many(src, dst, masks, back[some], together=together)
            doubts[at] = self._doubts.both(doubts[at], more)

    def _open(self, whole: int, way: int) -> int:
        outcome = self._join.outcomes[whole]
        return outcome.may & ~outcome.must & self._join.outcomes[way].may

    def _tell(self, outcome: Ints, doubts: Ints, families: Ints, unfit: int) -> NDArray[np.int64]:
        first, back = distinct((outcome, doubts, families))
        rows = zip(outcome[first].tolist(), doubts[first].tolist(), families[first].tolist(),
                   strict=True)  # fmt: skip
        numbers = [unfit if row[0] == UNFIT else self._number_of(row) for row in rows]
        return np.array(numbers, dtype=np.int64)[back]

    def _number_of(self, row: tuple[int, int, int]) -> int:
        found = self._told.get(row)
        if found is None:
            outcome = self._join.outcomes[row[0]]
            within, doubts = self._within[row[2]], self._doubts.sets[row[1]]
            found = self._told[row] = self._number(Told(clean(outcome), within, doubts))
        return found


def clean(outcome: Outcome) -> Outcome:
    """With replies only for what may pass."""
    return outcome._replace(reply=parted(outcome.reply, outcome.may))


def _by_rank(kins: Sequence[Classes]) -> list[Ints]:
    """The first classes of all, then the second, …; -1 where there is none."""
    most = max((len(classes) for classes in kins), default=0)
    return [
        np.array([one[rank] if rank < len(one) else -1 for one in kins], dtype=np.int32)
        for rank in range(most)
    ]
