"""The pairs of endpoints that may be answered otherwise on the other side of a comparison.

Two endpoints are answered alike where their members stand as they stood, and neither policies nor
the network pass anything else between the numbers that members have (``traits``, ``contrast``). A
pair too many costs time; one too few would be a wrong answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.reach.engine import behind, sides
from ringwall.reach.engine.contrast import Network, Policies
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.placement import APART
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import Both, Part
from ringwall.reach.engine.traits import Joint, Traits
from ringwall.space.atoms import bits


class Pairs(NamedTuple):
    """Every pair of some sources and some destinations."""

    sources: list[Both]
    destinations: list[Both]


class Known(NamedTuple):
    """An endpoint and its traits."""

    both: Both
    traits: Traits


class Reach(NamedTuple):
    """For whom a sender's packets may fare otherwise: receivers of these peers, gates or parties;
    of any, if ``loose``."""

    peers: int
    gates: int
    parties: int
    loose: bool

    def has(self, one: Traits) -> bool:
        """Whether that is a receiver."""
        if self.loose or one.loose:
            return True
        there = self.peers & one.peers or self.gates & one.ingress or self.parties & one.arrives
        return bool(there)


class Candidates:
    """Finds them: first among objects, then with the outside."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new
        joint = Joint(old, new)
        self._objects = [Known(one, joint.of(one)) for one in sides.objects(old, new)]
        self._parts = [(one, joint.of(one.alone(""))) for one in sides.parts(old, new)]
        traits = [*(one.traits for one in self._objects), *(told for _, told in self._parts)]
        policed = _numbers(one.leaves for one in traits if one.egress)
        behind.endpoints(joint, policed)
        receiving = _numbers(one.arrives for one in traits if one.ingress)
        self._translated = behind.translated(joint, receiving)
        self._policies, self._network = Policies(joint), Network(joint)
        self._reaches: dict[tuple[int, int, int, bool], Reach] = {}

    def objects(self) -> Iterator[Pairs]:
        """Pairs of workloads, nodes, interfaces and API endpoints."""
        return self._pairs(self._objects, self._objects)

    def outside(self) -> Iterator[Pairs]:
        """Pairs of which one end is the Internet or a block."""
        blocks = self._blocks()
        yield from self._pairs(blocks, self._objects)
        yield from self._pairs(self._objects, blocks)

    def _pairs(self, sources: Iterable[Known], destinations: Sequence[Known]) -> Iterator[Pairs]:
        """Sources of the same destinations go together."""
        there: dict[Reach, tuple[int, ...]] = {}
        found: dict[tuple[int, ...], list[Both]] = {}
        for both, traits in sources:
            reach = self._reach(traits)
            if reach not in there:
                some = (i for i, one in enumerate(destinations) if reach.has(one.traits))
                there[reach] = tuple(some)
            found.setdefault(there[reach], []).append(both)
        for places, ends in found.items():
            if places:
                yield Pairs(ends, [destinations[i].both for i in places])

    def _reach(self, traits: Traits) -> Reach:
        asked = traits.egress, traits.seen, traits.leaves, traits.loose
        found = self._reaches.get(asked)
        if found is None:
            seen = traits.seen | _any(self._translated, traits.leaves)
            found = self._reaches[asked] = Reach(
                _any(self._policies.peers, traits.egress),
                _any(self._policies.gates, seen),
                _any(self._network.parties, traits.leaves),
                traits.loose,
            )
        return found

    # --- the outside --------------------------------------------------------------------------

    def _blocks(self) -> list[Known]:
        """The Internet, and blocks of which anything differs."""
        likes = zip(self._parts, self._likes(), strict=True)
        parts = [part._replace(like=like) for (part, _), like in likes]
        of = {part.old: traits for part, traits in self._parts}
        fabric = any(side.engine.model.fabric.present for side in (self._old, self._new))

        def seen(part: Part) -> tuple[int, int]:
            traits = of[part.old]
            return traits.peers, traits.arrives if fabric else 0

        return [
            Known(one, reduce(Traits.joined, (of[member] for member in one.old.members), Traits()))
            for one in sides.blocks(parts, seen)
        ]

    def _likes(self) -> list[bytes | None]:
        """What each part has, on either side, with everybody whom anything differs for; None where
        nothing does."""
        parts = [Known(part.alone(str(i)), told) for i, (part, told) in enumerate(self._parts)]
        pairs = [*self._pairs(parts, self._objects)]
        pairs += [Pairs(to, of) for of, to in self._pairs(self._objects, parts)]
        some = sorted({int(part.id) for one in pairs for part in one.sources})
        ends = {end.id: end for one in pairs for end in one.destinations}
        mine = [self._parts[i][0] for i in some]
        told = np.hstack([
            _told(self._old, [one.old for one in mine], [one.old for one in ends.values()]),
            _told(self._new, [one.new for one in mine], [one.new for one in ends.values()]),
        ])  # fmt: skip
        found: list[bytes | None] = [None] * len(parts)
        for i, row in zip(some, told, strict=True):
            found[i] = row.tobytes()
        return found


def _told(
    relation: Relation, parts: Sequence[Member], ends: Sequence[Endpoint]
) -> NDArray[np.int64]:
    """What each part has with every kin of some endpoints, both ways."""
    mine = [relation.kin(one) for one in parts]
    theirs = sorted({kin for one in ends for kin in relation.crowds(one)})
    ways, back = relation.table(mine, theirs, APART), relation.table(theirs, mine, APART)
    return np.hstack([ways, back.T])


def _numbers(sets: Iterable[int]) -> list[int]:
    return list(bits(reduce(int.__or__, sets, 0)))


def _any(found: Sequence[int], numbers: int) -> int:
    """What any of some numbers has."""
    return reduce(int.__or__, (found[number] for number in bits(numbers)), 0)
