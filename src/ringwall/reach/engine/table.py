"""Rows between two lists of ids, in cells: a number for each pair, and what the rows of a cell say
beside their two ids once for all of them, however many rows there are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from ringwall.reach.documents import ClassRowOut, ConnectionOut
from ringwall.reach.engine.judge import UNKNOWN

LIMIT: Final = 1_000_000
"""More rows than this are not made into objects, nor listed between classes."""

Cells = NDArray[np.int32]
Places = NDArray[np.intp]
Row = TypeVar("Row", ConnectionOut, ClassRowOut)


class Spans(NamedTuple):
    """By cell: the number of its first kind of row, how many it has (-1: it was not met), and how
    many of these are unknown."""

    start: Cells
    size: Cells
    unknown: Cells

    @classmethod
    def of(cls, length: int) -> "Spans":
        """Of so many cells none is met."""
        return cls(*np.full((3, length), -1, dtype=np.int32))

    def grown(self, length: int) -> "Spans":
        """The same for more cells."""
        found = Spans.of(length)
        for new, old in zip(found, self, strict=True):
            new[: len(old)] = old
        return found

    def put(self, cell: int, start: int, verdicts: Sequence[str]) -> None:
        """Says what the kinds of a cell are, from the first on."""
        self.start[cell], self.size[cell] = start, len(verdicts)
        self.unknown[cell] = verdicts.count(UNKNOWN)

    def unfolded(self, cells: Cells) -> tuple[Places, Places]:
        """For each row of some cells the place of its cell, and its kind."""
        sizes = self.size[cells]
        before = np.cumsum(sizes) - sizes
        places = np.repeat(np.arange(len(cells)), sizes)
        kinds = np.arange(len(places)) + np.repeat(self.start[cells] - before, sizes)
        return places, kinds


class Table(NamedTuple, Generic[Row]):
    """The rows as objects, or as text that is made while it is read.

    ``kinds`` are rows without ids; ``rows`` are the cells of each source by destination.
    """

    sources: Sequence[str]
    destinations: Sequence[str]
    kinds: Sequence[Row]
    spans: Spans
    rows: Iterable[Cells]

    def objects(self) -> Iterator[Row]:
        """Objects; those of one kind share their lists."""
        for src, places, kinds in self._each():
            for j, kind in zip(places.tolist(), kinds.tolist(), strict=True):
                yield structs.replace(self.kinds[kind], src=src, dst=self.destinations[j])

    def text(
        self, src: Callable[[str], str], dst: Callable[[str], str], rest: Callable[[Row], str]
    ) -> Iterator[str]:
        """All rows as text, where each is that of its source, then of its destination, then of all
        else, which ``rest`` reads from a row without ids. One piece for each source."""
        theirs = np.array([dst(id_) for id_ in self.destinations], dtype=np.object_)
        others = np.array([rest(one) for one in self.kinds], dtype=np.object_)
        for mine, places, kinds in self._each():
            parts = np.empty((len(places), 3), dtype=np.object_)
            parts[:, 0], parts[:, 1], parts[:, 2] = src(mine), theirs[places], others[kinds]
            yield "".join(parts.ravel().tolist())

    def _each(self) -> Iterator[tuple[str, Places, Places]]:
        """The id of each source that has rows, and of its rows the places of their destinations
        and their kinds."""
        for src, cells in zip(self.sources, self.rows, strict=True):
            places, kinds = self.spans.unfolded(cells)
            if len(places):
                yield src, places, kinds
