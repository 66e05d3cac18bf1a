"""What single members gain and lose where the answer about their endpoints stays «for some»."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from ringwall.reach.engine.judge import Told
from ringwall.reach.engine.placement import placing
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import Both
from ringwall.reach.engine.witness import name
from ringwall.space.services import ServiceSet

Kins = tuple[int, int]
"""A kin of the old side and one of the new side."""
Places = tuple[bool, bool]
"""A placement on the old side and one on the new side."""


class Move(NamedTuple):
    """Services that some pair of members has on one side only: ``gained`` or else lost, ``sure``
    where they are surely let through there and surely not on the other side."""

    gained: bool
    sure: bool
    services: ServiceSet


class Moves:
    """Compares members that are on both sides, by their kins there."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new
        self._pairs: dict[str, frozenset[Kins]] = {}
        self._found: dict[tuple[int, int], tuple[Move, ...]] = {}

    def of(self, src: Both, dst: Both, services: ServiceSet) -> Iterator[Move]:
        """What members of a pair of endpoints gain and lose among some services."""
        whole: dict[tuple[bool, bool], ServiceSet] = {}
        for mine, theirs in product(self._kins(src), self._kins(dst)):
            for places in self._places(src, dst, mine, theirs):
                for move in self._between(mine, theirs, places):
                    part = move.services & services
                    if part:
                        key = move.gained, move.sure
                        whole[key] = whole.get(key, ServiceSet()) | part
        return (Move(*key, part) for key, part in sorted(whole.items(), key=lambda item: item[0]))

    def _kins(self, both: Both) -> frozenset[Kins]:
        """The kins, old and new, of the members that are on both sides."""
        found = self._pairs.get(both.id)
        if found is None:
            new = {name(one): one for one in both.new.members}
            pairs = ((one, new.get(name(one))) for one in both.old.members)
            found = frozenset(
                (self._old.kin(one), self._new.kin(other)) for one, other in pairs if other
            )
            self._pairs[both.id] = found
        return found

    def _places(self, src: Both, dst: Both, mine: Kins, theirs: Kins) -> Iterator[Places]:
        """The old and the new placements of members of these kins; where the same ones are there
        as before, each is taken to be the same pairs."""
        ends = (self._old, src.old, dst.old), (self._new, src.new, dst.new)
        old, new = (
            placing(side.crowds(a)[mine[at]], side.targets(b)[theirs[at]]).now
            for at, (side, a, b) in enumerate(ends)
        )
        return zip(old, old, strict=True) if old == new else product(old, new)

    def _between(self, mine: Kins, theirs: Kins, places: Places) -> tuple[Move, ...]:
        old = self._old.outcome(mine[0], theirs[0], places[0])
        new = self._new.outcome(mine[1], theirs[1], places[1])
        found = self._found.get((old, new))
        if found is None:
            before, after = (self._old, self._old.told[old]), (self._new, self._new.told[new])
            found = self._found[old, new] = (
                *_moved(True, *before, *after),
                *_moved(False, *after, *before),
            )
        return found


def _moved(
    gained: bool, less: Relation, before: Told, more: Relation, after: Told
) -> Iterator[Move]:
    """What is surely let through after and surely was not before, and what perhaps was not."""
    now = more.atoms.services(after.outcome.must)
    must = less.atoms.services(before.outcome.must)
    may = less.atoms.services(before.outcome.may)
    if now - may:
        yield Move(gained, True, now - may)
    if now & may - must:
        yield Move(gained, False, now & may - must)
