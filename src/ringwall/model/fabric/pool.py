"""Admissions and replies by number: equal ones are one; all move to finer atoms together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.gate import Admission
from ringwall.space.atoms import Remap, ServiceAtoms
from ringwall.space.interner import Interner


class Reply(NamedTuple):
    """What comes back, per service: the four parts make up all services."""

    established: int
    partial: int
    none: int
    unknown: int


class Finer(NamedTuple):
    """What makes masks of some atoms masks of finer ones."""

    atoms: ServiceAtoms
    remap: Remap


class Pool:
    """Admissions by number. What is remembered elsewhere as a number lives through :meth:`bind`.

    An admission is interned as one mask, its ``may`` above its ``must``, so that the intersection
    of many at once is the interner's.
    """

    def __init__(self) -> None:
        self.atoms = ServiceAtoms()
        self._masks = Interner()
        self._items: list[Admission | None] = [None]
        self.replies: list[Reply] = []
        self._reply_numbers: dict[Reply, int] = {}

    @property
    def full(self) -> int:
        """Every service."""
        return self.atoms.full

    @property
    def open(self) -> int:
        """The number of what lets everything pass."""
        return self.number(self.full, self.full)

    @property
    def unknown(self) -> int:
        """The number of what may let anything pass."""
        return self.number(0, self.full)

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, number: int) -> Admission:
        if number >= len(self._items):
            self._items += [None] * (len(self._masks) - len(self._items))
        found = self._items[number]
        if found is None:
            mask = self._masks.mask(number)
            found = Admission(mask & self.full, mask >> len(self.atoms))
            self._items[number] = found
        return found

    def number(self, must: int, may: int) -> int:
        """The number of an admission, a new one if it was never seen."""
        return self._masks.id(must | may << len(self.atoms))

    def both(self, a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int32]:
        """The numbers of what passes one and then the other, for many pairs at once."""
        return self._masks.and_ids(a, b)

    def reply(self, reply: Reply) -> int:
        """The number of a reply, its place in ``replies``."""
        number = self._reply_numbers.get(reply)
        if number is None:
            number = self._reply_numbers[reply] = len(self.replies)
            self.replies.append(reply)
        return number

    def bind(self, atoms: ServiceAtoms, known: Finer | None = None) -> bool:
        """Moves to other atoms. False where they are not finer, so that nothing could be kept.
        ``known`` spares finding out how to, where it is of the atoms so far."""
        if atoms is self.atoms:
            return True
        if known and known.atoms is self.atoms:
            kept, remap = True, known.remap
        else:
            finer, remap = self.atoms.refine(atoms.sets)
            kept = len(finer) == len(atoms)  # both number atoms by their lowest service
        width, self.atoms = len(self.atoms), atoms
        self._items = [None]
        if kept:
            self._masks.remap(_split(remap, width, len(atoms)))
            self.replies = [Reply(*map(remap, reply)) for reply in self.replies]
        else:
            self._masks, self.replies = Interner(), []
        self._reply_numbers = {reply: number for number, reply in enumerate(self.replies)}
        return kept

    def copy(self) -> "Pool":
        """A twin that goes on alone."""
        twin = Pool()
        twin.atoms, twin._masks = self.atoms, self._masks.copy()
        twin._items = list(self._items)
        twin.replies, twin._reply_numbers = list(self.replies), dict(self._reply_numbers)
        return twin


def _split(remap: Remap, old: int, new: int) -> Remap:
    """The same remapping of both halves of a mask."""
    low = (1 << old) - 1
    return lambda mask: remap(mask & low) | remap(mask >> old) << new
