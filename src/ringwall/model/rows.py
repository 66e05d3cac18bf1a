"""What each policy gate admits, by peer class.

A gate tells few peers apart: a row keeps one *column* per kind of identity and of spot that its
rules can tell, and one outcome per pair of columns. Outcomes are small numbers of (must, may)
pairs, whose masks are interned.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ringwall.model.columns import Columns, PolicyGate
from ringwall.model.gate import Admission, evaluate
from ringwall.model.matching import Before, matcher
from ringwall.model.peers import Ints, Peers
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner

AskedBefore: TypeAlias = tuple[int, tuple[int, int]]
"""The peer class of a Service's address, and the (protocol, port) that was asked of it."""


class Outcomes:
    """(must, may) pairs by number; the masks are those of the interner."""

    def __init__(self, atoms: ServiceAtoms, interner: Interner) -> None:
        self.atoms, self.interner = atoms, interner
        self._pairs: list[tuple[int, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._admissions: list[Admission] = []

    def __len__(self) -> int:
        return len(self._pairs)

    def number(self, admission: Admission) -> int:
        """The number of an admission."""
        pair = self.interner.id(admission.must), self.interner.id(admission.may)
        found = self._numbers.setdefault(pair, len(self._pairs))
        if found == len(self._pairs):
            self._pairs.append(pair)
            self._admissions.append(admission)
        return found

    def admission(self, number: int) -> Admission:
        """The masks of a number."""
        return self._admissions[number]

    def pair(self, number: int) -> tuple[int, int]:
        """The interned ids of the masks of a number."""
        return self._pairs[number]

    def rebound(self, atoms: ServiceAtoms, interner: Interner) -> "Outcomes":
        """The same numbers over finer atoms, whose interner kept its ids."""
        new = Outcomes(atoms, interner)
        new._pairs, new._numbers = self._pairs.copy(), self._numbers.copy()
        new._admissions = [
            Admission(interner.mask(must), interner.mask(may)) for must, may in new._pairs
        ]
        return new


class Row:
    """What one gate admits. ``at`` answers for one peer class, ``ids`` for many at once."""

    def __init__(
        self, gate: PolicyGate, peers: Peers, columns: Columns, outcomes: Outcomes
    ) -> None:
        self._gate, self._peers, self.outcomes = gate, peers, outcomes
        self._identities, self._spots = columns.identities(gate), columns.spots(gate)
        self._table: dict[tuple[int, int], int] = {}

    @property
    def default(self) -> int:
        """The outcome for a peer that no rule names."""
        return self._at(0, 0)

    @property
    def special(self) -> dict[int, int]:
        """The outcomes that are not the default, by peer class. Its size is that of its answer;
        prefer ``at`` and ``ids``."""
        ids = self.ids(np.arange(len(self._peers.classes), dtype=np.int32))
        places = np.flatnonzero(ids != self.default)
        return dict(zip(places.tolist(), ids[places].tolist(), strict=True))

    def at(self, peer: int) -> int:
        """The outcome for a peer class."""
        identity, spot = self._peers.classes[peer]
        return self._at(self._identities.of(identity), self._spots.of(spot))

    def ids(self, peers: NDArray[np.integer]) -> Ints:
        """The outcomes for many peer classes."""
        codes, width = self.cells(peers), len(self._spots.kinds)
        told = np.flatnonzero(np.bincount(codes)) if codes.size else codes
        table = np.zeros(int(told[-1]) + 1 if told.size else 0, np.int32)
        for code in told.tolist():
            table[code] = self._at(*divmod(code, width))
        found: Ints = table[codes]
        return found

    def cells(self, peers: NDArray[np.integer]) -> NDArray[np.int64]:
        """What the gate sees of each peer class, by number: equal where it sees them alike."""
        identity, spot = self._peers.parts()
        rows, columns = self._identities.array(), self._spots.array()
        found: NDArray[np.int64] = rows[identity[peers]] * np.int64(len(self._spots.kinds))
        found += columns[spot[peers]]
        return found

    def complete(self) -> None:
        """Works out the outcome of every pair of columns, so that every answer is looked up."""
        self._identities.array()
        self._spots.array()
        for row in range(len(self._identities.kinds)):
            for column in range(len(self._spots.kinds)):
                self._at(row, column)

    def rebound(self, columns: Columns, outcomes: Outcomes, below: int) -> "Row":
        """The same row over outcomes that kept those numbers that are below one."""
        new = Row(self._gate, self._peers, columns, outcomes)
        new._table = {place: found for place, found in self._table.items() if found < below}
        return new

    def _at(self, row: int, column: int) -> int:
        found = self._table.get((row, column))
        if found is None:
            identity, spot = self._identities.kinds[row], self._spots.kinds[column]
            match = matcher(self.outcomes.atoms, identity, spot)
            admission = evaluate(self._gate.gate, self.outcomes.atoms.full, match)
            found = self._table[row, column] = self.outcomes.number(admission)
        return found


class Bound:
    """Rows and outcomes over one partition of the services."""

    def __init__(self, peers: Peers, columns: Columns, outcomes: Outcomes) -> None:
        self._peers, self._columns, self.outcomes = peers, columns, outcomes
        self.everything = Admission(outcomes.atoms.full, outcomes.atoms.full)
        self.rows: dict[int, Row] = {}
        self._earlier: dict[int, Row] = {}  # over coarser atoms
        self._known: dict[Outcomes, int] = {}  # how many numbers of theirs are here too
        self._through: dict[tuple[int, int, AskedBefore], Admission] = {}

    def rebound(self, atoms: ServiceAtoms, interner: Interner) -> "Bound":
        """The same over finer atoms, whose interner kept its ids; a row follows when it is asked
        for."""
        new = Bound(self._peers, self._columns, self.outcomes.rebound(atoms, interner))
        new._earlier = self._earlier | self.rows
        new._known = self._known | {self.outcomes: len(self.outcomes)}
        return new

    def row(self, number: int, gate: PolicyGate) -> Row:
        """The row of a gate."""
        found = self.rows.get(number)
        if found is None:
            found = self.rows[number] = self._made(number, gate)
        return found

    def _made(self, number: int, gate: PolicyGate) -> Row:
        row = self._earlier.get(number)
        if row is None:
            return Row(gate, self._peers, self._columns, self.outcomes)
        return row.rebound(self._columns, self.outcomes, self._known[row.outcomes])

    def asked(self, before: AskedBefore | None) -> Before | None:
        """With the spot of the address in place of its peer class."""
        if before is None:
            return None
        return self._peers.spots[self._peers.classes[before[0]][1]], before[1]

    def through(self, number: int, gate: PolicyGate, peer: int, before: AskedBefore) -> Admission:
        """What a gate lets out to a peer class behind a Service."""
        place = number, peer, before
        found = self._through.get(place)
        if found is None:
            identity, spot = self._peers.classes[peer]
            match = matcher(
                self.outcomes.atoms,
                self._peers.identities[identity],
                self._peers.spots[spot],
                self.asked(before),
            )
            found = evaluate(gate.gate, self.outcomes.atoms.full, match)
            self._through[place] = found
        return found
