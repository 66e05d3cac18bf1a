"""Whether answers come back: network ACLs keep no state, and the way back needs a route.

An answer goes to the port that the client took: Linux takes 32768–60999, others any from 1024
(aws.md 17). Per service the answer is established, partial (some client ports), none or unknown.
"""

from typing import Final, NamedTuple

from ringwall.model.fabric.acls import Acls
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.pool import Pool, Reply
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.routes import Routes
from ringwall.space.addresses import INTERNET
from ringwall.space.services import ICMP, ICMPV6, PORTED, ServiceSet

LINUX: Final = (32768, 60999)
ANY: Final = (1024, 65535)

_ECHO: Final = (  # request, and what answers it (RFC 792; RFC 4443, 4.2)
    (ServiceSet.of(ICMP, 8 << 8, 8 << 8 | 0xFF), ServiceSet.of(ICMP, 0)),
    (ServiceSet.of(ICMPV6, 128 << 8, 128 << 8 | 0xFF), ServiceSet.of(ICMPV6, 129 << 8)),
)


class Crossed(NamedTuple):
    """One ACL that an answer has to cross: which (None: not known), in which direction then, and
    the far side."""

    acl: str | None
    direction: str
    at: Where


class Stretch(NamedTuple):
    """The ACLs between two translations, and the ports of who sends there."""

    clients: tuple[int, int]
    crossed: tuple[Crossed, ...]


class Back(NamedTuple):
    """Where answers start, and where to; ``by`` is the peering connection that packets came by,
    empty where they came by none, None where it is not known by what they came."""

    place: Place
    at: Where
    by: str | None = ""


def service_sets() -> set[ServiceSet]:
    """What the atoms must tell apart to judge answers."""
    ports = {ServiceSet.of(one, *clients) for one in PORTED for clients in (LINUX, ANY)}
    return {*ports, *map(ServiceSet.of, PORTED), *(part for pair in _ECHO for part in pair)}


class Replies:
    """Answers by the ways that they answer, remembered.

    ``one_way`` are the gateways that were read and that only let out what begins inside,
    ``peerings`` the peering connections that were read.
    """

    def __init__(
        self,
        acls: Acls,
        routes: Routes,
        pool: Pool,
        one_way: frozenset[str],
        peerings: frozenset[str],
    ) -> None:
        self._acls, self._routes, self._pool = acls, routes, pool
        self._one_way, self._peerings = one_way, peerings
        self._known: dict[object, int] = {}

    def judge(self, stretches: tuple[Stretch, ...], back: Back | None) -> int:
        """The number of the reply of a way that crossed these ACLs, and ended at an interface
        (``back``) or outside."""
        if not any(stretch.crossed for stretch in stretches):
            return self._pool.reply(Reply(self._pool.full, 0, 0, 0))
        key = (
            tuple(
                (clients, *((one.acl, one.direction, one.at.region) for one in crossed))
                for clients, crossed in stretches
            ),
            back and (back.place.vpc, back.place.subnet, back.at.region, back.by),
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._pool.reply(self._judge(stretches, back))
        return found

    def _judge(self, stretches: tuple[Stretch, ...], back: Back | None) -> Reply:
        parts = [self._stretch(stretch) for stretch in stretches if stretch.crossed]
        if back:
            parts.append(self._returned(back))
        none = unknown = partial = 0
        for part in parts:
            none |= part.none
            unknown |= part.unknown
            partial |= part.partial
        unknown &= ~none
        partial &= ~(none | unknown)
        return Reply(self._pool.full & ~(none | unknown | partial), partial, none, unknown)

    # the ACLs

    def _stretch(self, stretch: Stretch) -> Reply:
        must = may = self._pool.full
        for acl, direction, at in stretch.crossed:
            low, high = self._acls.admission(acl, direction, at)
            must &= low
            may &= high
        mask = self._pool.atoms.mask
        replies = [0, 0, 0, 0]
        rest = self._pool.full
        for protocol in PORTED:
            whole = mask(ServiceSet.of(protocol))
            answers = mask(ServiceSet.of(protocol, *stretch.clients))
            replies[_share(answers, must, may)] |= whole
            rest &= ~whole
        for request, answer in _ECHO:
            whole = mask(request)
            replies[_share(mask(answer), must, may)] |= whole
            rest &= ~whole
        replies[_ESTABLISHED] |= rest & must
        replies[_NONE] |= rest & ~may
        replies[_UNKNOWN] |= rest & may & ~must
        return Reply(*replies)

    # the route

    def _returned(self, back: Back) -> Reply:
        full = self._pool.full
        led = self._leads_back(back)
        if led is None:
            return Reply(0, 0, 0, full)
        return Reply(full, 0, 0, 0) if led else Reply(0, 0, full, 0)

    def _leads_back(self, back: Back) -> bool | None:
        """Whether the subnet's routes lead to the client."""
        table = self._routes.of(back.place.vpc, back.place.subnet)
        if table is None:
            return None
        route, doubts = self._routes.choose(table, back.at)
        if doubts:
            return None
        return False if route is None or route.blackhole else self._leads_by(route.target, back)

    def _leads_by(self, target: str, back: Back) -> bool | None:
        """Whether a target leads to the client: what came by a peering connection is answered by
        the same (aws.md 31)."""
        if target in self._peerings:
            return None if back.by is None else target == back.by
        if target in self._one_way or target.startswith("nat-"):
            return False
        if target == "local":
            return not back.by
        if target.startswith("igw-"):
            return False if back.by else back.at.within(INTERNET)
        return None

    def twin(self, acls: Acls, routes: Routes, pool: Pool) -> "Replies":
        """The same over another pool with the same numbers."""
        new = Replies(acls, routes, pool, self._one_way, self._peerings)
        new._known = dict(self._known)
        return new

    def unbind(self, *, keep: bool) -> None:
        """After a move to other atoms: without ``keep`` forgets what the pool does not keep."""
        if not keep:
            self._known.clear()


_ESTABLISHED, _PARTIAL, _NONE, _UNKNOWN = range(4)


def _share(answers: int, must: int, may: int) -> int:
    """How many of the answers pass: all, some, none, or not known."""
    if answers & may & ~must:
        return _UNKNOWN
    passing = answers & must
    if passing == answers:
        return _ESTABLISHED
    return _PARTIAL if passing else _NONE
