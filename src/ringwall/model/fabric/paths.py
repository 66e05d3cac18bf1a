"""Ways without their groups: what ACLs, routes, gateways and answers make of them.

Groups tell thousands of classes apart, all else a few hundred *views*. A way is walked once for
each pair of views; it says which groups stand where, and those are judged for each class.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.dialects.security_group import Carried
from ringwall.model.fabric.parties import Parties, Party
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.walk import Walk
from ringwall.model.fabric.way import Met
from ringwall.model.fabric.world import World

# who sends, and with which of its addresses
SEAT, EXIT, PAIR, EXIT_PAIR, FIXED, NO_ONE = range(6)


class Out(NamedTuple):
    """Groups that a sender meets: those of its seat or of its exit; ``own`` says that the receiver
    is who holds the address, else what it carries is ``carried``."""

    sender: int
    own: bool
    carried: Carried


class Into(NamedTuple):
    """Groups that a receiver has: of who holds the address, of who is ``behind`` it, or of who
    has it in another VPC (``other``). They see the sender at ``seen`` (``at``, where that is
    FIXED), carrying what its interface does (``local``) or ``carried``."""

    behind: bool
    other: Place | None
    seen: int
    at: Where | None
    local: bool
    sender: int
    carried: Carried


class Path(NamedTuple):
    """A way between two views: its admission and reply by number, its groups, and which address
    the receiver sees (``NO_ONE``: the sender's own)."""

    admission: int
    reply: int
    out: Out | None
    into: Into | None
    source: int
    fixed: Where | None
    arrived: bool
    unread: bool


class Beyond(NamedTuple):
    """How receivers' groups may see senders beside their own addresses and interfaces: the regions
    of addresses given on the way, and groups carried then."""

    regions: frozenset[int]
    carried: frozenset[Carried]


class Paths:
    """Every path that was asked for, by views."""

    def __init__(self, world: World, parties: Parties) -> None:
        self._world, self._parties, self._walk = world, parties, Walk(world)
        self._views: dict[tuple[object, ...], int] = {}
        self._samples: list[int] = []  # a class of each view
        self._of_class = np.zeros(0, dtype=np.int32)
        self._rows: dict[int, NDArray[np.int32]] = {}  # no array in it is ever changed
        self._numbers: dict[Path, int] = {}
        self.paths: list[Path] = []

    def views(self) -> NDArray[np.int32]:
        """The view of every class."""
        known = len(self._of_class)
        if known < len(self._parties):
            more = [self._view(number) for number in range(known, len(self._parties))]
            self._of_class = np.append(self._of_class, np.array(more, dtype=np.int32))
        return self._of_class

    def _view(self, number: int) -> int:
        key = self._key(number, self._parties[number])
        view = self._views.setdefault(key, len(self._samples))
        if view == len(self._samples):
            self._samples.append(number)
        return view

    def row(self, view: int) -> NDArray[np.int32]:
        """The numbers of the paths from a view to every view."""
        row = self._rows.get(view)
        if row is None or len(row) < len(self._samples):
            known = [] if row is None else row.tolist()
            rest = self._samples[len(known) :]
            known += [self._number(self._samples[view], other) for other in rest]
            row = self._rows[view] = np.array(known, dtype=np.int32)
        return row

    def beyond(self) -> Beyond:
        """What any path makes of its sender."""
        ways = [path.into for path in self.paths if path.into]
        return Beyond(
            frozenset(way.at.region for way in ways if way.at),
            frozenset(way.carried for way in ways if not way.local),
        )

    def _number(self, src: int, dst: int) -> int:
        path = self._path(self._parties[src], self._parties[dst])
        number = self._numbers.setdefault(path, len(self.paths))
        if number == len(self.paths):
            self.paths.append(path)
        return number

    def forget(self) -> None:
        """Forgets all paths, after a move to atoms that are not finer."""
        self._rows.clear()
        self._numbers.clear()
        self.paths.clear()

    def changed(self, world: World, parties: Parties) -> "Paths":
        """The same paths of the same classes in a world that differs in groups alone."""
        new = Paths(world, parties)
        new._views, new._samples = dict(self._views), list(self._samples)
        new._of_class = self._of_class
        new._rows = dict(self._rows)
        new._numbers, new.paths = dict(self._numbers), list(self.paths)
        return new

    # --- views ----------------------------------------------------------------------------------

    def _key(self, number: int, party: Party) -> tuple[object, ...]:
        """What a way depends on beside groups; classes whose address others hold too stay alone."""
        leaving = party.exit
        return (
            number if party.others else -1,
            party.kind if party.lost or party.seat is None else party.linux,
            party.domain,
            party.held,
            party.strict,
            self._region(party.where),
            self._region(party.source),
            self._region(party.pair),
            _site(party.seat),
            _site(party.own),
            _site(party.behind),
            leaving and leaving.translation,
            leaving and _site(leaving.place),
            leaving and self._region(leaving.source),
            leaving and self._region(leaving.pair),
        )

    def _region(self, at: Where | None) -> int:
        return -1 if at is None else self._world.path_regions.region(at.family, at.value)

    # --- paths ----------------------------------------------------------------------------------

    def _path(self, src: Party, dst: Party) -> Path:
        met: list[Met] = []
        way = self._walk.between(src, dst, together=False, met=met)
        roles = _Roles(src)
        out = next((roles.out(one) for one in met if one.direction == "egress"), None)
        into = next((roles.into(one, dst) for one in met if one.direction == "ingress"), None)
        seen = way.seen
        source = NO_ONE if seen is None else roles.of(seen)
        return Path(
            admission=self._world.pool.number(way.must, way.may),
            reply=way.reply(),
            out=out,
            into=into,
            source=source,
            fixed=seen if source == FIXED else None,
            arrived=way.back is not None,
            unread=way.unread,
        )


class _Roles:
    """Names the addresses and places of one sender."""

    def __init__(self, src: Party) -> None:
        self._src, self._exit = src, src.exit

    def of(self, at: Where) -> int:
        """Which of the sender's addresses this is."""
        if at is self._src.source:
            return SEAT
        if at is self._src.pair:
            return PAIR
        if self._exit and at is self._exit.source:
            return EXIT
        return EXIT_PAIR if self._exit and at is self._exit.pair else FIXED

    def out(self, met: Met) -> Out:
        """The sender's groups."""
        return Out(EXIT if met.translated else SEAT, met.local, None if met.local else met.carried)

    def into(self, met: Met, dst: Party) -> Into:
        """The receiver's groups."""
        seen = self.of(met.at)
        known = met.place in (dst.own, dst.behind)
        return Into(
            behind=dst.own is None,
            other=None if known else met.place,
            seen=seen,
            at=met.at if seen == FIXED else None,
            local=met.local,
            sender=EXIT if seen == EXIT else SEAT,
            carried=None if met.local else met.carried,
        )


def _site(place: Place | None) -> tuple[str, str] | None:
    return None if place is None else (place.vpc, place.subnet)
