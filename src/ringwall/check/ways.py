"""Ways into an interface: the engine finds those of many senders at once, so that only what
evidence shows is left to be asked of the definition.

Interfaces are meant as the network sees them, whatever pod or node holds their addresses. Senders
that are answered alike are asked about once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from ringwall.check.admitted import blocks_in, one_of, services_in
from ringwall.model.attachments import Attachment
from ringwall.model.holders import of_interface
from ringwall.reach.definition.network import Interface
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.ways import Outcome, united
from ringwall.reach.ids import Endpoint, Member, Services, Span, interface_endpoint
from ringwall.reach.questions import Net
from ringwall.space.addresses import Addresses
from ringwall.space.services import ServiceSet

NOBODY: Final = Addresses()


class Seat(NamedTuple):
    """An address that is asked about, for the engine and for the definition; ``kind`` is shared by
    those that are answered alike, ``addresses`` are all that it stands for, ``interface`` names its
    interface where it is meant as one."""

    attachment: Attachment
    member: Member
    kind: int
    addresses: Addresses = NOBODY
    interface: str = ""

    @property
    def end(self) -> Endpoint:
        """The same as an end of a question."""
        return Endpoint("", "interface" if self.interface else "block", (self.member,))


@dataclass(frozen=True, slots=True)
class Way:
    """Services that get from one address to another and are answered: ``sure``, or perhaps."""

    src: Seat
    dst: Seat
    services: ServiceSet
    sure: bool

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Both ends as the definition is asked about them."""
        return self.src.end, self.dst.end

    @property
    def asked(self) -> tuple[Services, ...]:
        """What is left to ask: one packet of a sure way tells all, elsewhere each may differ."""
        return blocks_in(one_of(self.services) if self.sure else self.services)


class Ways:
    """What the engine finds between addresses and interfaces."""

    def __init__(self, net: Net, relation: Relation) -> None:
        self._net, self._engine = net, relation.engine
        self._atoms = relation.atoms
        self._known: dict[Addresses, list[Seat]] = {}
        self._pairs: dict[tuple[int, int], Outcome] = {}
        self._known_seats: dict[str, tuple[Seat, ...]] = {}

    # --- senders ------------------------------------------------------------------------------

    def senders_in(self, source: Addresses) -> list[Seat]:
        """Whoever has an address in a set, one of each kind, and every part of the rest that rules
        may tell apart; by lowest address."""
        found = self._known.get(source)
        if found is None:
            seats: dict[object, Seat] = {}
            for one, mine in self._engine.attachments_in(source) if source else ():
                seat = None if one.kind == "service" else self._seat(one, mine)
                if seat:
                    nobody = one.kind in ("outside", "unowned")
                    seats.setdefault(one if nobody else seat.kind, seat)
            found = self._known[source] = list(seats.values())
        return found

    def outside(self, source: Addresses) -> list[Seat]:
        """Of a set those addresses that nobody holds and that are in no VPC, by class."""
        found = (self._seat(one, part & source) for one, part in self._engine.outside())
        return [seat for seat in found if seat]

    def _seat(self, one: Attachment, mine: Addresses) -> Seat | None:
        lowest = mine.lowest()
        if lowest is None:
            return None
        member = Member(span=Span(lowest[0], lowest[1], lowest[1]))
        return Seat(one, member, self._engine.class_of(one), mine)

    def senders_of(
        self, interfaces: Iterable[Interface], named: Addresses | None = None
    ) -> list[Seat]:
        """Addresses of interfaces: of each kind, those ``named`` apart, those of two interfaces
        where there are two."""
        kinds: dict[tuple[int, bool], dict[str, Seat]] = {}
        for interface in interfaces:
            for seat in self._held.get(interface.name, ()):
                family, value = seat.attachment.family, seat.attachment.address
                apart = named is not None and named.holds(family, value)
                alike = kinds.setdefault((seat.kind, apart), {})
                if len(alike) < 2:
                    alike.setdefault(seat.interface, seat)
        return [seat for alike in kinds.values() for seat in alike.values()]

    def examples(self, interfaces: Iterable[Interface]) -> Iterator[Interface]:
        """Two of all interfaces that have addresses of the same kinds."""
        seen: Counter[frozenset[int]] = Counter()
        for interface in interfaces:
            kinds = frozenset(seat.kind for seat in self._seats(interface))
            seen[kinds] += 1
            if seen[kinds] <= 2:
                yield interface

    @cached_property
    def _held(self) -> dict[str, list[Seat]]:
        """Every address of every interface."""
        known = self._engine.model.fabric.interfaces
        told = [
            (of_interface(known[name], (at.family, at.value)), Member((party,)), name)
            for name, interface in self._net.world.fabric.interfaces.items()
            for party in interface_endpoint(interface).members[0].parties
            if (at := party.address)
        ]
        kinds = self._engine.classes.many([one for one, _, _ in told]).tolist() if told else []
        found: dict[str, list[Seat]] = {}
        for (one, member, name), kind in zip(told, kinds, strict=True):
            found.setdefault(name, []).append(Seat(one, member, kind, interface=name))
        return found

    def _seats(self, interface: Interface) -> Iterable[Seat]:
        """The addresses of an interface, one of each kind."""
        found = self._known_seats.get(interface.name)
        if found is None:
            held = reversed(self._held.get(interface.name, ()))
            found = self._known_seats[interface.name] = tuple({s.kind: s for s in held}.values())
        return found

    # --- what gets through --------------------------------------------------------------------

    def into(
        self, interface: Interface, senders: Iterable[Seat], asked: tuple[Services, ...]
    ) -> list[Way]:
        """The ways from senders to an interface, sure ones first: those by which a connection
        comes about."""
        wanted = services_in(asked)
        found = [
            Way(src, dst, services, sure)
            for src in senders
            for dst, outcome in self._open(src, interface)
            for mask, sure in _connecting(outcome)
            if mask and (services := self._atoms.services(mask) & wanted)
        ]
        return sorted(found, key=lambda way: not way.sure)

    def outcome(self, src: Seat, interface: Interface) -> Outcome:
        """What a sender gets to an interface, by whichever of its addresses is best."""
        return united(outcome for _, outcome in self._open(src, interface))

    def services(self, mask: int) -> ServiceSet:
        """The services of a mask."""
        return self._atoms.services(mask)

    def _open(self, src: Seat, interface: Interface) -> Iterator[tuple[Seat, Outcome]]:
        """The addresses of an interface to which anything gets; it sends nothing to itself."""
        for dst in self._seats(interface) if src.interface != interface.name else ():
            outcome = self.pair(src, dst)
            if outcome.may:
                yield dst, outcome

    def pairs(self, ends: Sequence[tuple[Seat, Seat]]) -> list[Outcome]:
        """What one address gets to another that is not its own, for many at once."""
        src, dst = np.array([(a.kind, b.kind) for a, b in ends], dtype=np.int32).reshape(-1, 2).T
        never, join = np.zeros(len(ends), dtype=np.bool_), self._engine.join
        return [join.outcomes[one] for one in join.many(src, dst, never, never).tolist()]

    def pair(self, src: Seat, dst: Seat) -> Outcome:
        """The same for one."""
        found = self._pairs.get((src.kind, dst.kind))
        if found is None:
            found = self._engine.pair(src.attachment, dst.attachment, together=False)
            self._pairs[src.kind, dst.kind] = found
        return found


def _connecting(outcome: Outcome) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """What surely makes a connection, and what else is perhaps answered."""
    reply = outcome.reply
    sure = outcome.must & (reply.established | reply.partial)
    return (sure, True), (outcome.may & ~(sure | reply.none), False)
