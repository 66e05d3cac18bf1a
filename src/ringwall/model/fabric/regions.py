"""Addresses that no block tells apart: each belongs to the innermost block that holds it.

CIDR blocks are nested or disjoint, so the innermost one decides which of them hold an address.
A region keeps its number when more blocks are added; what it loses goes to the new ones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.fabric.blocks import WIDTH
from ringwall.space.addresses import Addresses, Range


class Where(NamedTuple):
    """One address, or one of several (``spread``) of which it is not known which.

    ``region`` is what caches know it by: negative for a spread.
    """

    family: int
    value: int
    region: int
    spread: Addresses | None = None

    def within(self, addresses: Addresses) -> bool | None:
        """Whether it lies in a set; None where only some of the spread does."""
        if self.spread is None:
            return addresses.holds(self.family, self.value)
        if self.spread <= addresses:
            return True
        return None if self.spread & addresses else False

    @property
    def addresses(self) -> Addresses:
        """The one address, or all that it may be."""
        return self.spread or Addresses.single(self.family, self.value)


class Regions:
    """The regions that blocks cut the addresses into."""

    def __init__(self, blocks: Iterable[Range] = ()) -> None:
        self._numbers: dict[Range, int] = {}
        self._spreads: dict[Addresses, int] = {}
        self._next = 0
        for part in (*map(_whole, WIDTH), *blocks):
            self._number(part)
        self._starts: dict[int, list[int]] = {}
        self._at: dict[int, list[int]] = {}
        for family in WIDTH:
            self._lay(family)
        self._settle()

    def _number(self, part: Range) -> int:
        found = self._numbers.get(part)
        if found is None:
            found = self._numbers[part] = self._next
            self._next += 1
        return found

    def __len__(self) -> int:
        return len(self._numbers)

    def _lay(self, family: int) -> None:
        """The runs of a family: where each starts, and whose it is."""
        starts: list[int] = []
        at: list[int] = []
        around: list[tuple[int, int]] = []  # (end, region) of the blocks that are still open

        def begin(value: int, region: int) -> None:
            if starts and starts[-1] == value:
                at[-1] = region
            else:
                starts.append(value)
                at.append(region)

        def close(before: int) -> None:
            while around and around[-1][0] < before:
                end, _ = around.pop()
                if around and end < around[-1][0]:
                    begin(end + 1, around[-1][1])

        own = [(part.low, -part.high, n) for part, n in self._numbers.items() if part[0] == family]
        for low, high, number in sorted(own):
            close(low)
            begin(low, number)
            around.append((-high, number))
        close(1 << WIDTH[family])
        self._starts[family], self._at[family] = starts, at

    def _settle(self) -> None:
        """What is looked up often, once the runs are laid."""
        self._samples = {
            family: dict(zip(self._at[family], self._starts[family], strict=True))
            for family in WIDTH
        }
        self._starts_4 = np.array(self._starts[4], dtype=np.int64)
        self._at_4 = np.array(self._at[4], dtype=np.int32)

    # --- changes --------------------------------------------------------------------------------

    def changed(self, added: Iterable[Range], removed: Iterable[Range]) -> "Regions":
        """The regions after a change of the blocks. A number is never given to another block."""
        new = Regions.__new__(Regions)
        new._numbers, new._spreads, new._next = dict(self._numbers), self._spreads, self._next
        new._starts = {family: list(runs) for family, runs in self._starts.items()}
        new._at = {family: list(runs) for family, runs in self._at.items()}
        for part in sorted(removed):
            if part != _whole(part.family) and part in new._numbers:
                new._relabel(part, new._numbers.pop(part), new._around(part))
        for part in sorted(added):
            if part not in new._numbers:
                new._split(part.family, part.low)
                new._split(part.family, part.high + 1)
                around = new._around(part)
                new._relabel(part, around, new._number(part))
        new._settle()
        return new

    def _around(self, part: Range) -> int:
        """The region of the smallest block around another one."""
        size = part.high - part.low + 1
        while True:
            size *= 2
            low = part.low & -size
            found = self._numbers.get(Range(part.family, low, low + size - 1))
            if found is not None:
                return found

    def _split(self, family: int, value: int) -> None:
        """Lets a run start at a value."""
        starts, at = self._starts[family], self._at[family]
        i = bisect_right(starts, value)
        if value < 1 << WIDTH[family] and starts[i - 1] != value:
            starts.insert(i, value)
            at.insert(i, at[i - 1])

    def _relabel(self, part: Range, old: int, new: int) -> None:
        """Gives the runs of a region in a block to another one."""
        starts, at = self._starts[part.family], self._at[part.family]
        for i in range(bisect_left(starts, part.low), bisect_right(starts, part.high)):
            if at[i] == old:
                at[i] = new

    # --- questions ------------------------------------------------------------------------------

    def region(self, family: int, value: int) -> int:
        """The number of an address's region."""
        return self._at[family][bisect_right(self._starts[family], value) - 1]

    def regions(self, values: NDArray[np.int64]) -> NDArray[np.int32]:
        """The same for many IPv4 addresses."""
        found: NDArray[np.int32] = self._at_4[
            np.searchsorted(self._starts_4, values, side="right") - 1
        ]
        return found

    def runs(self, family: int) -> Iterator[tuple[int, Range]]:
        """Every run of a family in order, with its region."""
        starts = self._starts[family]
        ends = (*(start - 1 for start in starts[1:]), (1 << WIDTH[family]) - 1)
        for low, high, region in zip(starts, ends, self._at[family], strict=True):
            yield region, Range(family, low, high)

    def where(self, family: int, value: int) -> Where:
        """One address."""
        return Where(family, value, self.region(family, value))

    def sample(self, region: int) -> Where | None:
        """An address of a region; None where all of it belongs to blocks inside it."""
        for family, samples in self._samples.items():
            if region in samples:
                return Where(family, samples[region], region)
        return None

    def one_of(self, addresses: Addresses) -> Where:
        """One of several addresses of one family. Raises ValueError where there is none."""
        lowest = addresses.lowest()
        if lowest is None:
            raise ValueError("no address to choose from")
        if addresses == Addresses.single(*lowest):
            return self.where(*lowest)
        number = self._spreads.setdefault(addresses, -1 - len(self._spreads))
        return Where(lowest[0], lowest[1], number, addresses)


def _whole(family: int) -> Range:
    return Range(family, 0, (1 << WIDTH[family]) - 1)
