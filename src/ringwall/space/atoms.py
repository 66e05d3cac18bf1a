"""Cuts the service and address axes where any rule does, so that sets become bit-sets.

A mask is a Python integer; bit ``i`` stands for atom ``i``.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ringwall.space.addresses import Addresses, Range
from ringwall.space.services import UNIVERSE, ServiceSet, last

Remap = Callable[[int], int]


def bits(mask: int) -> Iterator[int]:
    """The atoms of a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class ServiceAtoms:
    """The partition of all services into classes that lie in the same given sets.

    Atoms are numbered by their lowest service, whatever the order of the sets.
    """

    def __init__(self, sets: Iterable[ServiceSet] = ()) -> None:
        self.sets = frozenset(sets)
        self._lows, self._highs, self._atoms = _segments(self.sets)
        self.sizes = _sizes(self._lows, self._highs, self._atoms)
        self.full = (1 << len(self.sizes)) - 1
        self._masks: dict[ServiceSet, int] = {}
        self._services: dict[int, ServiceSet] = {}
        self._starts = np.array(self._lows, dtype=np.int64)
        self._ends = np.array(self._highs, dtype=np.int64)
        self._numbers = np.array(self._atoms, dtype=np.int32)

    def __len__(self) -> int:
        return len(self.sizes)

    def mask(self, services: ServiceSet) -> int:
        """The atoms of a set. Raises ValueError if it cuts through one."""
        found = self._masks.get(services)
        if found is None:
            found = self._masks[services] = self._cover(services)
        return found

    def services(self, mask: int) -> ServiceSet:
        """The set that a mask stands for. Raises ValueError if it has atoms that are not here."""
        found = self._services.get(mask)
        if found is None:
            if not 0 <= mask <= self.full:
                raise ValueError("the mask is of other atoms")
            found = self._services[mask] = ServiceSet(
                (low, high)
                for low, high, atom in zip(self._lows, self._highs, self._atoms, strict=True)
                if mask >> atom & 1
            )
        return found

    def atom_of(self, protocol: int, number: int) -> int:
        """The atom that a service lies in. Raises ValueError if there is no such service."""
        if not (0 <= protocol <= 255 and 0 <= number <= last(protocol)):
            raise ValueError(f"there is no service {number} of protocol {protocol}")
        return self._atoms[bisect_right(self._lows, protocol << 16 | number) - 1]

    def atoms_of(
        self, protocols: NDArray[np.integer], numbers: NDArray[np.integer]
    ) -> NDArray[np.int32]:
        """The atoms of many services at once. Raises ValueError if one of them does not exist."""
        n = numbers.astype(np.int64, copy=False)
        codes = (protocols.astype(np.int64, copy=False) << 16) + n
        at = np.searchsorted(self._starts, codes, side="right") - 1
        if codes.size and (
            n.min() < 0 or n.max() > 65535 or at.min() < 0 or bool((codes > self._ends[at]).any())
        ):
            raise ValueError("there is no such service among those asked for")
        return self._numbers[at]

    def refine(self, sets: Iterable[ServiceSet]) -> "tuple[ServiceAtoms, Remap]":
        """Atoms that these sets cut too, and what rewrites a mask of the old atoms."""
        new = ServiceAtoms(self.sets | frozenset(sets))
        if len(new) == len(self):
            return self, lambda mask: mask
        parts = [0] * len(self)
        for low, atom in zip(new._lows, new._atoms, strict=True):
            parts[self._atoms[bisect_right(self._lows, low) - 1]] |= 1 << atom
        known: dict[int, int] = {}

        def remap(mask: int) -> int:
            if mask not in known:
                known[mask] = _any(parts[atom] for atom in bits(mask))
            return known[mask]

        return new, remap

    def _cover(self, services: ServiceSet) -> int:
        found: set[int] = set()
        for low, high in services.ranges:
            first = bisect_right(self._lows, low) - 1
            found.update(self._atoms[first : bisect_right(self._lows, high)])
        if sum(self.sizes[atom] for atom in found) != services.size():
            raise ValueError("the set is not a union of atoms")
        return _any(1 << atom for atom in found)


class AddressAtoms:
    """The partition of all addresses of both families into runs between the borders of sets.

    Runs are numbered in order, IPv4 first.
    """

    def __init__(self, sets: Iterable[Addresses] = ()) -> None:
        cuts: dict[int, set[int]] = {4: {0}, 6: {0}}
        for part in {part for addresses in sets for part in addresses.ranges}:
            cuts[part.family].update((part.low, part.high + 1))
        self._lows = {f: sorted(at for at in cuts[f] if at < 1 << _WIDTH[f]) for f in (4, 6)}
        self._first = {4: 0, 6: len(self._lows[4])}
        self.runs: tuple[Range, ...] = tuple(
            Range(family, low, high)
            for family, lows in self._lows.items()
            for low, high in zip(lows, _ends(lows, 1 << _WIDTH[family]), strict=True)
        )
        self.full = (1 << len(self.runs)) - 1
        self._starts = np.array(self._lows[4], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.runs)

    def atom_of(self, family: int, value: int) -> int:
        """The run that an address lies in. Raises ValueError if the family has it not."""
        if not 0 <= value < 1 << _WIDTH.get(family, 0):
            raise ValueError(f"{value} is no address of family {family}")
        return self._first[family] + bisect_right(self._lows[family], value) - 1

    def atoms_of(self, values: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The runs of many IPv4 addresses at once."""
        at = np.searchsorted(self._starts, values.astype(np.int64), side="right") - 1
        return at.astype(np.int32)

    def mask(self, addresses: Addresses) -> int:
        """The runs of a set. Raises ValueError if it cuts through one."""
        mask = 0
        for family, low, high in addresses.ranges:
            i, j = self.atom_of(family, low), self.atom_of(family, high)
            if self.runs[i].low != low or self.runs[j].high != high:
                raise ValueError("the set is not a union of atoms")
            mask |= (1 << j + 1) - (1 << i)
        return mask

    def addresses(self, mask: int) -> Addresses:
        """The set that a mask stands for. Raises ValueError if it has atoms that are not here."""
        if not 0 <= mask <= self.full:
            raise ValueError("the mask is of other atoms")
        return Addresses(self.runs[i] for i in bits(mask))


_WIDTH = {4: 32, 6: 128}


def _segments(sets: Iterable[ServiceSet]) -> tuple[list[int], list[int], list[int]]:
    """Lowest and highest code and the atom of each stretch that no set and no hole cuts."""
    flips: dict[int, int] = {}
    for i, services in enumerate((UNIVERSE, *sets)):
        for low, high in services.ranges:
            flips[low] = flips.get(low, 0) ^ 1 << i
            flips[high + 1] = flips.get(high + 1, 0) ^ 1 << i
    borders = sorted(flips)
    lows, highs, atoms = [], [], []
    numbers: dict[int, int] = {}
    held = 0
    for low, after in pairwise(borders):
        held ^= flips[low]
        if held:
            lows.append(low)
            highs.append(after - 1)
            atoms.append(numbers.setdefault(held, len(numbers)))
    return lows, highs, atoms


def _sizes(lows: list[int], highs: list[int], atoms: list[int]) -> list[int]:
    """How many services each atom holds."""
    sizes = [0] * (max(atoms) + 1)
    for low, high, atom in zip(lows, highs, atoms, strict=True):
        sizes[atom] += high - low + 1
    return sizes


def _ends(lows: list[int], after: int) -> Iterator[int]:
    """The last address of each run that starts at ``lows``."""
    yield from (low - 1 for low in lows[1:])
    yield after - 1


def _any(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
