"""Concrete packets that show a difference between two states: who sends, who receives, what."""

from collections.abc import Hashable, Iterator
from itertools import islice, product
from typing import Final, NamedTuple

from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.judge import ALL, ALLOWED, BLOCKED
from ringwall.reach.engine.pairs import Differing, Ends
from ringwall.reach.engine.placement import Crowd, Home, placing
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import name
from ringwall.reach.engine.steps import State, Step
from ringwall.space.services import ServiceSet

_TRIED: Final = 4096
"""So many pairs of members are looked at for one that differs."""


class Packet(NamedTuple):
    """Ids or addresses of two members, and one service in the words of ``--port``."""

    src: str
    dst: str
    port: str


class Open(NamedTuple):
    """The services that are let through between two members in some placement. Those of one side
    have different numbers."""

    number: int = -1
    surely: ServiceSet = ServiceSet()
    perhaps: ServiceSet = ServiceSet()


_NOTHING: Final = Open()


class Shown(NamedTuple):
    """The port of a packet that is let through here; ``shut`` says that it is not there."""

    port: str
    shut: bool


class Witnesses:
    """Finds packets that are let through on one side and, if there are such, not on the other.
    What members of like kins have with each other is found once."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = _Side(old), _Side(new)
        self._shown: dict[tuple[bool, int, int, ServiceSet, bool], Shown | None] = {}

    def packet(self, pair: Differing, step: Step) -> Packet:
        """A packet that shows a step of a pair, sent where it is let through: on the new side, or
        on the old one where the new one lets through less."""
        here, there, mine, theirs = self._new, self._old, pair.new, pair.old
        if step.less:
            here, there, mine, theirs = there, here, theirs, mine
        senders, receivers = there.named(theirs.src), there.named(theirs.dst)
        hopeless = _all(step.new if step.less else step.old)
        first: Packet | None = None
        for a, b in here.pairs(mine.src, mine.dst):
            twins = senders.get(a.name), receivers.get(b.name)
            also = there.open(theirs, twins[0], twins[1]) if twins[0] and twins[1] else _NOTHING
            shown = self._show(step, here.open(mine, a, b), also)
            if shown and (shown.shut or hopeless):
                return Packet(a.name, b.name, shown.port)
            if shown and not first:
                first = Packet(a.name, b.name, shown.port)
        return first or Packet(pair.src.id, pair.dst.id, _port(step.services))

    def _show(self, step: Step, here: Open, there: Open) -> Shown | None:
        """One of the services of a step that is let through here; None where none is."""
        sure = (step.old if step.less else step.new).verdict == ALLOWED
        asked = step.less, here.number, there.number, step.services, sure
        if asked not in self._shown:
            passing = (here.surely if sure else here.perhaps) & step.services
            shut = passing - there.perhaps
            best = shut or passing
            self._shown[asked] = Shown(_port(best), bool(shut)) if best else None
        return self._shown[asked]


def _all(state: State) -> bool:
    """Whether all pairs of members are let through, at least perhaps."""
    return state.verdict != BLOCKED and state.extent == ALL


class _End(NamedTuple):
    """A member, with what is asked of it again and again."""

    member: Member
    name: str
    kin: int
    node: str
    itself: Hashable


class _Side:
    """One of the two states."""

    def __init__(self, relation: Relation) -> None:
        self._relation = relation
        self._ends: dict[Endpoint, dict[str, _End]] = {}
        self._examples: dict[Endpoint, list[_End]] = {}
        self._met: dict[tuple[object, ...], Open] = {}
        self._open: dict[frozenset[int], Open] = {}
        self._placings: dict[tuple[Home, Home, bool | None], frozenset[bool]] = {}

    def named(self, endpoint: Endpoint) -> dict[str, _End]:
        """The members of an endpoint by name."""
        found = self._ends.get(endpoint)
        if found is None:
            kin = self._relation.kin
            ends = (
                _End(one, name(one), kin(one), one.node, one.itself) for one in endpoint.members
            )
            found = self._ends[endpoint] = {end.name: end for end in ends}
        return found

    def pairs(self, src: Endpoint, dst: Endpoint) -> Iterator[tuple[_End, _End]]:
        """Pairs of distinct members, two at most of those that are alike."""
        alone = len(src.members) == len(dst.members) == 1
        pairs = product(self._alike(src), self._alike(dst))
        distinct = ((a, b) for a, b in pairs if alone or a.member.pod < 0 or a.itself != b.itself)
        return islice(distinct, _TRIED)

    def _alike(self, endpoint: Endpoint) -> list[_End]:
        found = self._examples.get(endpoint)
        if found is None:
            alike: dict[tuple[int, str], list[_End]] = {}
            for end in self.named(endpoint).values():
                alike.setdefault((end.kin, end.node), []).append(end)
            found = [end for some in alike.values() for end in some[:2]]
            self._examples[endpoint] = found
        return found

    def open(self, pair: Ends, a: _End, b: _End) -> Open:
        """What is let through between two members. If not all of a pair have the same, it hangs on
        their kins, and on whether they are on one node or the same one."""
        if len(pair.mix.now) == 1:
            return self._of(pair.mix.now)
        near = a.node == b.node if a.node and b.node else None
        asked = a.kin, b.kin, near, a.itself is not None and a.itself == b.itself
        found = self._met.get(asked)
        if found is None:
            told = {pair.table.one(a.kin, b.kin, place) for place in self._places(a, b, near)}
            found = self._met[asked] = self._of(frozenset(told))
        return found

    def _places(self, a: _End, b: _End, near: bool | None) -> frozenset[bool]:
        """The placements of two members that are on one node, or not, or of which that is not
        known."""
        homes = self._relation.kins[a.kin].home, self._relation.kins[b.kin].home
        found = self._placings.get((*homes, near))
        if found is None:
            crowds = [
                Crowd(home, {one.node: 1} if one.node else {}, 0 if one.node else 1, {})
                for home, one in zip(homes, (a, b), strict=True)
            ]
            found = self._placings[*homes, near] = placing(*crowds).now
        return found

    def _of(self, outcomes: frozenset[int]) -> Open:
        found = self._open.get(outcomes)
        if found is None:
            must = may = 0
            for number in outcomes:
                must |= self._relation.told[number].outcome.must
                may |= self._relation.told[number].outcome.may
            services = self._relation.atoms.services
            found = self._open[outcomes] = Open(len(self._open), services(must), services(may))
        return found


def _port(services: ServiceSet) -> str:
    """The most telling of some services, in the words of ``--port``."""
    return ServiceSet.of(*services.witness()).words()[0]
