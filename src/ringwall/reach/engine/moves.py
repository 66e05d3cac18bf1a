"""What single members gain and lose where the answer about their endpoints stays «for some»."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.judge import Told
from ringwall.reach.engine.pairs import Differing
from ringwall.reach.engine.placement import placing
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import Both, name
from ringwall.reach.engine.steps import Move
from ringwall.space.services import ServiceSet

Kins = tuple[int, int]
"""A kin of the old side and one of the new side."""
Places = tuple[bool, bool]
"""A placement on the old side and one on the new side."""


class Alike(NamedTuple):
    """The members of an endpoint that are on both sides and of one kin on each, as endpoints."""

    kins: Kins
    old: Endpoint
    new: Endpoint


class Moves:
    """Compares members that are on both sides, by their kins there."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new
        self._known: dict[str, list[Alike]] = {}
        self._found: dict[tuple[int, int], tuple[Move, ...]] = {}

    def of(self, pair: Differing, services: ServiceSet) -> Iterator[Move]:
        """What members of a pair of endpoints gain and lose among some services."""
        whole: dict[tuple[bool, bool], ServiceSet] = {}
        for mine, theirs in product(self._alike(pair.src), self._alike(pair.dst)):
            for before, after in self._places(mine, theirs):
                old = pair.old.table.one(mine.kins[0], theirs.kins[0], before)
                new = pair.new.table.one(mine.kins[1], theirs.kins[1], after)
                for move in self._between(old, new):
                    part = move.services & services
                    if part:
                        key = move.gained, move.sure
                        whole[key] = whole.get(key, ServiceSet()) | part
        return (Move(*key, part) for key, part in sorted(whole.items(), key=lambda item: item[0]))

    def _alike(self, both: Both) -> list[Alike]:
        """The members that are on both sides, by their kins."""
        found = self._known.get(both.id)
        if found is None:
            new = {name(one): one for one in both.new.members}
            pairs = [(one, new.get(name(one))) for one in both.old.members]
            groups: dict[Kins, list[tuple[Member, Member]]] = {}
            for one, other in pairs:
                if other:
                    kins = self._old.kin(one), self._new.kin(other)
                    groups.setdefault(kins, []).append((one, other))
            found = self._known[both.id] = [
                Alike(kins, *(_endpoint(both, side) for side in zip(*some, strict=True)))
                for kins, some in groups.items()
            ]
        return found

    def _places(self, mine: Alike, theirs: Alike) -> Iterator[Places]:
        """The old and the new placements; where the same ones are there as before, each is taken
        to be the same pairs."""
        old, new = (
            placing(side.crowds(a)[mine.kins[at]], side.crowds(b)[theirs.kins[at]]).now
            for at, (side, a, b) in enumerate(
                ((self._old, mine.old, theirs.old), (self._new, mine.new, theirs.new))
            )
        )
        return zip(old, old, strict=True) if old == new else product(old, new)

    def _between(self, old: int, new: int) -> tuple[Move, ...]:
        """From one outcome to another."""
        found = self._found.get((old, new))
        if found is None:
            before, after = (self._old, self._old.told[old]), (self._new, self._new.told[new])
            found = self._found[old, new] = (
                *_moved(True, *before, *after),
                *_moved(False, *after, *before),
            )
        return found


def _endpoint(both: Both, members: tuple[Member, ...]) -> Endpoint:
    return Endpoint(both.id, both.old.kind, members)


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
