"""Where the parts of a way let pass something else on the other side of a comparison.

Services are compared as sets, and why they are not known by what each reason is told of: masks and
numbers mean something on one side only.
"""

from functools import cached_property
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.gate import Reason
from ringwall.model.peers import Ints
from ringwall.model.rows import Row
from ringwall.reach.engine.classes import distinct
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.touched import EVERYBODY
from ringwall.reach.engine.traits import Joint, Pair
from ringwall.reach.engine.ways import parted
from ringwall.space.atoms import bits
from ringwall.space.services import UNIVERSE, ServiceSet

Way = Literal["egress", "ingress"]


class Content(NamedTuple):
    """What a policy gate lets pass, surely and at least perhaps, and why that is not the same."""

    must: ServiceSet
    may: ServiceSet
    why: frozenset[tuple[Reason, ServiceSet]] = frozenset()


_OPEN: Final = Content(UNIVERSE, UNIVERSE)


class Policies:
    """What policies let pass otherwise, as bit sets of joint numbers: to which ``peers`` an egress
    gate does, and which ingress ``gates`` do from a peer."""

    def __init__(self, joint: Joint) -> None:
        self._joint = joint
        self._old, self._new = joint.sides
        pairs = np.array(joint.peers.items, dtype=np.int64).reshape(-1, 2)
        self._peers = pairs[:, 0], pairs[:, 1]

    @cached_property
    def peers(self) -> list[int]:
        """By egress gate."""
        return [_bits(self._gate("egress", gate)) for gate in self._joint.egress.items]

    @cached_property
    def gates(self) -> list[int]:
        """By peer, the ingress gates."""
        found = [self._gate("ingress", gate) for gate in self._joint.ingress.items]
        if not found:
            return [0] * len(self._joint.peers.items)
        return [_bits(column) for column in np.array(found).T]

    def _gate(self, way: Way, gate: Pair) -> NDArray[np.bool_]:
        """For every peer whether a gate does anything else for it."""
        rows = self._row(self._old, gate[0]), self._row(self._new, gate[1])
        mine, theirs = self._peers
        same = (mine == theirs) if rows[0] is rows[1] else np.zeros(len(mine), dtype=np.bool_)
        differs = ~same
        rest = np.flatnonzero(differs)
        if not rest.size:
            return differs
        first, back = distinct((_alike(rows[0], mine[rest]), _alike(rows[1], theirs[rest])))
        told = [
            self._content(self._old, way, gate[0], int(mine[at]))
            != self._content(self._new, way, gate[1], int(theirs[at]))
            for at in rest[first].tolist()
        ]
        differs[rest] = np.array(told, dtype=np.bool_)[back]
        return differs

    def _row(self, side: Relation, gate: int) -> Row | None:
        return side.engine.model.policies.egress_row(gate) if gate > 0 else None

    def _content(self, side: Relation, way: Way, gate: int, peer: int) -> Content:
        if gate <= 0:
            return _OPEN
        policies, services = side.engine.model.policies, side.atoms.services
        must, may = policies.egress(gate, peer)
        open_ = may & ~must
        if not open_:
            return Content(services(must), services(may))
        reasons = policies.reasons(way, gate, peer, open_)
        masks = dict.fromkeys(reasons, open_)
        if len(reasons) > 1:
            masks = {}
            for atom in bits(open_):
                for one in policies.reasons(way, gate, peer, 1 << atom):
                    masks[one] = masks.get(one, 0) | 1 << atom
        why = frozenset((one, services(mask)) for one, mask in masks.items())
        return Content(services(must), services(may), why)


class Network:
    """Between which parties the network passes something else, as bit sets of joint numbers by
    party. What is not known may be so for another reason wherever anything may have changed."""

    def __init__(self, joint: Joint) -> None:
        self._joint = joint
        self._items = np.array(joint.parties.items, dtype=np.int64)
        self._real = np.flatnonzero(self._items.min(axis=1) >= 0)
        self._numbers: dict[object, int] = {}

    @cached_property
    def parties(self) -> list[int]:
        """By party."""
        found = [0] * len(self._items)
        for number in self._real.tolist():
            touched = self._touched(1 << number)
            if touched:
                found[number] = touched & _bits(self._row(number))
                if any(near >> number & 1 for near in self._joint.near):
                    found[number] |= self._joint.parties.bit(self._joint.API)
        return found

    def _touched(self, party: int) -> int:
        """The parties that what differs may concern, with one of them."""
        found = 0
        for near, far in zip(self._joint.near, self._joint.far, strict=True):
            found |= (far if near & party else 0) | (near if far & party else 0)
        return found

    def _row(self, number: int) -> NDArray[np.bool_]:
        """The parties that it passes anything else to, or something that is not known."""
        found = np.zeros(len(self._items), dtype=np.bool_)
        rows = [
            self._contents(side, at, side.engine.model.fabric.row(int(own))[there])
            for at, (side, own, there) in enumerate(
                zip(self._joint.sides, self._items[number], self._items[self._real].T, strict=True)
            )
        ]
        found[self._real] = rows[0] != rows[1]
        if EVERYBODY in self._joint.touches and self._joint.inside >> number & 1:
            found |= self._near(number)
        return found

    def _near(self, number: int) -> NDArray[np.bool_]:
        """The same on one node, where settings decide what stands between."""
        found = np.zeros(len(self._items), dtype=np.bool_)
        some = [one for one in self._real.tolist() if self._joint.inside >> one & 1]
        told = []
        for at, side in enumerate(self._joint.sides):
            fabric, own = side.engine.model.fabric, int(self._items[number, at])
            there = (int(self._items[one, at]) for one in some)
            crossings = [fabric.outcome(own, one, together=True) for one in there]
            told.append(self._contents(side, at, np.array(crossings, dtype=np.int32)))
        found[some] = told[0] != told[1]
        return found

    def _contents(self, side: Relation, at: int, crossings: Ints) -> NDArray[np.int64]:
        """Numbers of what crossings are; negative ones, of either side's own, of unknown ones."""
        known, back = np.unique(crossings, return_inverse=True)
        numbers = [self._content(side, at, one) for one in known.tolist()]
        return np.array(numbers, dtype=np.int64)[back]

    def _content(self, side: Relation, at: int, crossing: int) -> int:
        asked = at, crossing
        found = self._numbers.get(asked)
        if found is None:
            told = side.engine.model.fabric.crossing(crossing)
            found = self._numbers[asked] = -1 - at
            if told.must == told.may:
                reply = parted(told.reply, told.may)
                services = tuple(map(side.atoms.services, (told.may, *reply)))
                content = services, told.source is None
                found = self._numbers[asked] = self._numbers.setdefault(content, len(self._numbers))
        return found


def _alike(row: Row | None, peers: NDArray[np.int64]) -> NDArray[np.integer]:
    """Numbers of what a gate tells of peers, which are equal only where it sees them alike."""
    return row.cells(peers) if row else np.zeros(len(peers), dtype=np.int64)


def _bits(flags: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
