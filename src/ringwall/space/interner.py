"""Equal bit-sets get one small number, and operations on numbers are remembered."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_DENSE = 2048  # ids up to here have a table of 4 bytes per pair: 16 MB at most


class Interner:
    """Masks by id. Id 0 is the empty mask; ids are given in the order of first meeting."""

    def __init__(self) -> None:
        self._masks: list[int] = [0]
        self._ids: dict[int, int] = {0: 0}
        self._both: dict[tuple[int, int], int] = {}
        self._table: NDArray[np.int32] = np.full((16, 16), -1, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._masks)

    def id(self, mask: int) -> int:
        """The id of a mask, a new one if it was never seen."""
        found = self._ids.get(mask)
        if found is None:
            found = self._ids[mask] = len(self._masks)
            self._masks.append(mask)
        return found

    def mask(self, number: int) -> int:
        """The mask of an id. Raises IndexError if none has it."""
        if number < 0:
            raise IndexError(f"{number} is no id")
        return self._masks[number]

    def both(self, a: int, b: int) -> int:
        """The id of the intersection of two ids' masks."""
        pair = (a, b) if a <= b else (b, a)
        found = self._both.get(pair)
        if found is None:
            found = self._both[pair] = self.id(self.mask(a) & self.mask(b))
        return found

    def copy(self) -> "Interner":
        """A twin with the same ids that goes on alone: what is done to one leaves the other."""
        twin = Interner()
        twin._masks, twin._ids = self._masks.copy(), self._ids.copy()
        twin._both, twin._table = self._both.copy(), self._table.copy()
        return twin

    def remap(self, rewrite: Callable[[int], int]) -> None:
        """Rewrites every mask in place; ids stay, and so does what is remembered of them, as
        ``rewrite`` must keep intersections (what ``ServiceAtoms.refine`` gives does).
        Raises ValueError if it makes two masks equal, or the empty one not empty."""
        masks = [rewrite(mask) for mask in self._masks]
        ids = {mask: number for number, mask in enumerate(masks)}
        if masks[0] or len(ids) != len(masks):
            raise ValueError("the masks would not stay apart")
        self._masks, self._ids = masks, ids

    def and_ids(self, a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int32]:
        """The ids of the intersections of many pairs at once; shapes broadcast. Raises IndexError
        where a number is no id."""
        left, right = np.broadcast_arrays(a, b)
        if left.size and min(left.min(), right.min()) < 0:
            raise IndexError("negative numbers are no ids")
        if len(self) > _DENSE:
            return self._by_distinct(left, right)
        self._grow()
        found: NDArray[np.int32] = self._table[left, right]
        missing = found < 0
        if missing.any():
            found[missing] = self._by_distinct(left[missing], right[missing])
            self._keep(left[missing], right[missing], found[missing])
        return found

    def _by_distinct(
        self, left: NDArray[np.integer], right: NDArray[np.integer]
    ) -> NDArray[np.int32]:
        """Each distinct pair once."""
        width = len(self)
        pairs, back = np.unique(
            left.astype(np.int64) * width + right.astype(np.int64), return_inverse=True
        )
        ids = [self.both(*divmod(pair, width)) for pair in pairs.tolist()]
        return np.array(ids, dtype=np.int32)[back.reshape(left.shape)]

    def _grow(self) -> None:
        """Makes the table as wide as there are ids."""
        old = len(self._table)
        if old < len(self):
            size = 1 << (len(self) - 1).bit_length()
            table = np.full((size, size), -1, dtype=np.int32)
            table[:old, :old] = self._table
            self._table = table

    def _keep(
        self, left: NDArray[np.integer], right: NDArray[np.integer], ids: NDArray[np.int32]
    ) -> None:
        self._table[left, right] = ids
        self._table[right, left] = ids
