"""Parties: what of an attachment the network can tell apart.

Attachments of one class are one party: no group, ACL, route or gateway treats them differently,
as sender or as receiver. Addresses enter by their region, translated ones too.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Regions, Where
from ringwall.model.fabric.seats import Exit, Seats
from ringwall.model.fabric.world import World
from ringwall.space.addresses import INTERNET, Range

SEATED: Final = frozenset({"pod", "node", "interface"})


class Party(Struct, frozen=True, eq=False):
    """One class of attachments.

    ``where`` is the address that others send to, ``source`` the one it sends from (they differ
    for a public address), both None where the input has none. ``seat`` is where it sends from,
    ``own`` who holds ``where`` in its own VPC, ``others`` who does in other ones. ``pair`` is the
    public address of ``source``, ``behind`` who is reached from the Internet at ``where``.
    ``held`` says that some object of a cluster names the address as its own.
    """

    kind: str
    domain: str
    where: Where | None
    source: Where | None
    seat: Place | None
    own: Place | None
    others: tuple[Place, ...]
    pair: Where | None
    behind: Place | None
    exit: Exit | None
    strict: bool
    held: bool

    @property
    def lost(self) -> bool:
        """Whether it should have an interface and none was found."""
        return self.seat is None and self.kind in SEATED

    @property
    def linux(self) -> bool:
        """Whether it takes its client ports from Linux' range."""
        return self.kind in ("pod", "node")

    def holder(self, vpc: str) -> Place | None:
        """Who holds the address in a VPC."""
        if self.own and self.own.vpc == vpc:
            return self.own
        return next((place for place in self.others if place.vpc == vpc), None)


class _Key(NamedTuple):
    """What tells a class that has a place in the network."""

    kind: str
    domain: str
    family: int
    region: int
    seat: Place | None
    own: Place | None
    others: tuple[Place, ...]
    pair: int
    behind: Place | None
    source: int
    exit: Exit | None
    strict: bool
    held: bool


class _Classified(NamedTuple):
    """The longest list that was classified, which nobody changes, its IPv4 addresses (0 for
    others), and the classes."""

    attachments: Sequence[Attachment]
    values: NDArray[np.int64]
    classes: NDArray[np.int32]


class Parties:
    """The classes of attachments met so far; a class's number is its place in the list."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seats = Seats(world)
        self._parties: list[Party] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._last: _Classified | None = None
        self._moved: frozenset[Range] = frozenset()  # since the last one was classified
        self._public: dict[int, dict[int, list[Range]]] = {}

    def __len__(self) -> int:
        return len(self._parties)

    def __getitem__(self, number: int) -> Party:
        return self._parties[number]

    def classify(self, attachments: Sequence[Attachment]) -> NDArray[np.int32]:
        """The class of each attachment; -1 for Services and API endpoints."""
        if self._last and self._last.attachments is attachments:
            self._last = self._reclassified(self._last)
            return self._last.classes
        values = _values(attachments)
        classes = self._classes(attachments, values)
        if self._last is None or len(attachments) >= len(self._last.attachments):
            self._last, self._moved = _Classified(attachments, values, classes), frozenset()
        return classes

    def _classes(
        self, attachments: Sequence[Attachment], values: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        regions = self._world.regions.regions(values).tolist()
        found = np.fromiter(map(self._class, attachments, regions), np.int32, len(attachments))
        found.setflags(write=False)
        return found

    def _class(self, one: Attachment, region: int) -> int:
        if one.family == 6:
            region = self._world.regions.region(6, one.address)
        if one.kind in SEATED:
            return self._seated(one, region)
        if one.kind in ("outside", "unowned"):
            return self._empty(one.kind, one.domain, region, held=self._held(one))
        return -1

    def _held(self, one: Attachment) -> bool:
        return (one.family, one.address) in self._world.held

    # nobody's addresses

    def public(self, family: int) -> dict[int, list[Range]]:
        """The public addresses of a family as if nobody had them, by class."""
        found = self._public.get(family)
        if found is None:
            found = self._public[family] = {}
            for region, part in self._world.regions.runs(family):
                if INTERNET.holds(family, part.low):
                    number = self._empty("outside", "", region, held=False)
                    found.setdefault(number, []).append(part)
        return found

    def _empty(self, kind: str, domain: str, region: int, *, held: bool) -> int:
        key = (kind, domain, region, held)
        found = self._numbers.get(key)
        if found is None:
            where = self._world.regions.sample(region)
            party = Party(
                kind=kind,
                domain=domain,
                where=where,
                source=where,
                seat=None,
                own=None,
                others=(),
                pair=None,
                behind=None,
                exit=None,
                strict=False,
                held=held,
            )
            found = self._add(key, party)
        return found

    # what has a place

    def _seated(self, one: Attachment, region: int) -> int:
        world, seats, place = self._world, self._seats, self._world.places.of
        family, value = one.family, one.address
        seat = seats.of(one)
        domain = seats.domain(one, seat)
        own, others = seats.holders(domain, family, value)
        source, pair, behind = self._publicly(family, value, own)
        sitting = place(seat) if seat else None
        key = _Key(
            one.kind if seat is None or one.kind == "interface" else "",
            domain,
            family,
            region,
            sitting,
            sitting if own is seat else place(own) if own else None,
            tuple(map(place, others)) if others else (),
            -1 if pair is None else world.far_regions.region(4, pair),
            place(behind) if behind else None,
            region if source == value else world.regions.region(family, source),
            seats.exit(one, seat),
            seats.strict(one, seat),
            self._held(one),
        )
        number = self._numbers.get(key)
        return self._add(key, self._party(one.kind, key, pair)) if number is None else number

    def _publicly(
        self, family: int, value: int, own: Interface | None
    ) -> tuple[int, int | None, Interface | None]:
        """The address that it sends from, its public one, and who is reached from the Internet at
        the address: for a public one the private one behind it."""
        if own:
            return (value, None, own) if family == 6 else (value, own.publics.get(value), None)
        found = self._world.interfaces.behind(family, value) if family else None
        if found is None:
            return value, None, None
        return found[1], value if family == 4 else None, found[0]

    def _party(self, kind: str, key: _Key, pair: int | None) -> Party:
        regions = self._world.regions
        where = regions.sample(key.region) if key.family else None
        return Party(
            kind=kind,
            domain=key.domain,
            where=where,
            source=where if key.source == key.region else regions.sample(key.source),
            seat=key.seat,
            own=key.own,
            others=key.others,
            pair=None if pair is None else regions.where(4, pair),
            behind=key.behind,
            exit=key.exit,
            strict=key.strict,
            held=key.held,
        )

    def _add(self, key: tuple[object, ...], party: Party) -> int:
        number = self._numbers[key] = len(self._parties)
        self._parties.append(party)
        return number

    # changes

    def changed(self, world: World, moved: Sequence[Range]) -> "Parties":
        """The same classes in a world where addresses of these blocks changed their regions, no
        translated one among them, and where pods and nodes may have."""
        new = Parties(world)
        new._seats, new._numbers = self._seats.changed(world), dict(self._numbers)
        new._parties = [_settled(party, world.regions, moved) for party in self._parties]
        if self._last and world.workloads.pods is self._world.workloads.pods:
            new._last, new._moved = self._last, self._moved.union(moved)
        return new

    def _reclassified(self, last: _Classified) -> _Classified:
        """What was classified last, after some addresses changed their regions."""
        attachments, values, classes = last
        moved, self._moved = self._moved, frozenset()
        if not moved:
            return last
        # Of a public address the private one behind it may have moved.
        public = [i for i, party in enumerate(self._parties) if party.source is not party.where]
        hit = np.isin(classes, public)
        for part in moved:
            if part.family == 4:
                hit |= (values >= part.low) & (values <= part.high)
        places = np.flatnonzero(hit).tolist()
        if any(part.family == 6 for part in moved):
            places += [i for i, one in enumerate(attachments) if one.family == 6]
        if places:
            classes = classes.copy()
            some = [attachments[i] for i in places]
            classes[places] = self._classes(some, values[places])
        return _Classified(attachments, values, classes)


def _values(attachments: Sequence[Attachment]) -> NDArray[np.int64]:
    values = (one.address if one.family == 4 else 0 for one in attachments)
    return np.fromiter(values, np.int64, len(attachments))


def _settled(party: Party, regions: Regions, moved: Sequence[Range]) -> Party:
    """A party whose addresses are such as its regions still have; those of a region that has none
    any more stay, as nobody is in that class."""
    where, source = party.where, party.source
    if where is None or source is None or not any(_holds(moved, at) for at in (where, source)):
        return party
    there = regions.sample(where.region) or where
    if source is where:
        return replace(party, where=there, source=there)
    return replace(party, where=there, source=regions.sample(source.region) or source)


def _holds(parts: Sequence[Range], at: Where) -> bool:
    return any(part.family == at.family and part.low <= at.value <= part.high for part in parts)
