"""The peers that a policy gate can tell apart, as few columns.

Gates whose rules name the same pod peers, port names and blocks share their columns.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ringwall.facts.fact import Key
from ringwall.model.gate import Gate
from ringwall.model.peers import Far, Identity, Peers, PortName, Spot

Small: TypeAlias = NDArray[np.unsignedinteger[Any]]
"""Columns, in as few bytes as they need."""


class PolicyGate:
    """One distinct gate with what its rules name; equal gates are one object."""

    def __init__(self, gate: Gate[Far], isolated_by: tuple[Key, ...] = ()) -> None:
        self.gate = gate
        self.isolated_by = isolated_by
        fars = [rule.far for tier in gate.tiers for rule in tier.rules]
        self.pods = frozenset(peer for far in fars for peer in far.pods)
        self.names = frozenset(name for far in fars for name in far.named)
        self.blocks = 0
        for block in {block for far in fars for block in far.blocks}:
            self.blocks |= 1 << block


class Identities:
    """The columns of identities for gates that name the same pod peers and port names."""

    def __init__(self, peers: Peers, pods: frozenset[int], names: frozenset[PortName]) -> None:
        self._peers, self._pods, self._names = peers, pods, names
        self.kinds: list[Identity] = [Identity()]
        self._columns: dict[Identity, int] = {Identity(): 0}
        self._of: dict[int, int] = {}
        self._array: Small = np.zeros(0, np.uint8)

    def of(self, number: int) -> int:
        """The column of an identity."""
        if number < len(self._array):
            return int(self._array[number])
        found = self._of.get(number)
        if found is None:
            found = self._of[number] = self._column(self._peers.identities[number])
        return found

    def array(self) -> Small:
        """The column of every identity that there is."""
        known, now = len(self._array), len(self._peers.identities)
        if known < now:
            self._array = _joined(self._array, self._since(known, now))
            self._of.clear()
        return self._array

    def _since(self, first: int, end: int) -> NDArray[np.int64]:
        """The columns from one identity on: those with equal marks have one column."""
        codes, width = np.zeros(end - first, np.int64), 1
        for numbers, marks in self._peers.marks(sorted(self._pods), sorted(self._names), first):
            if len(numbers):
                size = int(marks.max()) + 1
                if width * size > _WIDE:
                    codes, width = _dense(codes)
                codes[numbers - first] += marks * np.int64(width)
                width *= size
        codes, width = _dense(codes)
        some = np.zeros(width, np.int64)
        some[codes] = np.arange(first, end)
        columns = [self._column(self._peers.identities[one]) for one in some.tolist()]
        found: NDArray[np.int64] = np.array(columns, np.int64)[codes]
        return found

    def _column(self, identity: Identity) -> int:
        told = tuple(pair for pair in identity.numbers if pair[0] in self._names)
        kind = Identity(identity.sure & self._pods, identity.may & self._pods, told)
        found = self._columns.setdefault(kind, len(self.kinds))
        if found == len(self.kinds):
            self.kinds.append(kind)
        return found


class Spots:
    """The columns of spots for gates that name the same blocks."""

    def __init__(self, peers: Peers, blocks: int) -> None:
        self._peers, self._blocks = peers, blocks
        self.kinds: list[Spot] = [Spot(0, 0)]
        self._columns: dict[Spot, int] = {Spot(0, 0): 0}
        self._of: dict[int, int] = {}
        self._array: Small = np.zeros(0, np.uint8)

    def of(self, number: int) -> int:
        """The column of a spot."""
        found = self._of.get(number)
        if found is None:
            spot = self._peers.spots[number]
            kind = Spot(spot.sure & self._blocks, spot.may & self._blocks)
            found = self._of[number] = self._columns.setdefault(kind, len(self.kinds))
            if found == len(self.kinds):
                self.kinds.append(kind)
        return found

    def array(self) -> Small:
        """The column of every spot that there is."""
        known, now = len(self._array), len(self._peers.spots)
        if known < now:
            columns = np.zeros(now - known, np.int64)
            for number in self._peers.held(self._blocks):
                if number >= known:
                    columns[number - known] = self.of(number)
            self._array = _joined(self._array, columns)
        return self._array


_WIDE = 1 << 16  # codes below this are made dense by counting, without a sort


def _dense(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The same codes numbered without gaps, and how many there are."""
    told = np.flatnonzero(np.bincount(codes))
    numbers = np.zeros(int(told[-1]) + 1 if told.size else 0, np.int64)
    numbers[told] = np.arange(len(told))
    return numbers[codes], len(told)


def _joined(known: Small, more: NDArray[np.int64]) -> Small:
    """Old and new columns, in one byte each if that is enough."""
    whole = np.concatenate((known.astype(np.int64), more))
    return whole.astype(np.uint8 if whole.size == 0 or whole.max() < 256 else np.uint32)


class Columns:
    """The shared columns, by what a gate names."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._identities: dict[tuple[frozenset[int], frozenset[PortName]], Identities] = {}
        self._spots: dict[int, Spots] = {}

    def identities(self, gate: PolicyGate) -> Identities:
        """Those of a gate's pod peers and port names."""
        key = gate.pods, gate.names
        found = self._identities.get(key)
        if found is None:
            found = self._identities[key] = Identities(self._peers, *key)
        return found

    def spots(self, gate: PolicyGate) -> Spots:
        """Those of a gate's blocks."""
        found = self._spots.get(gate.blocks)
        if found is None:
            found = self._spots[gate.blocks] = Spots(self._peers, gate.blocks)
        return found
