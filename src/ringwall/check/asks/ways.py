"""Through what a row goes: its services by the ways that the definition shows of one packet each.

The engine says between which members a row holds, the definition how their packets go.
"""

from collections.abc import Iterable
from itertools import islice, product
from typing import Final, NamedTuple

from ringwall.check.admitted import blocks_in, services_in
from ringwall.check.asks.documents import WayOut
from ringwall.errors import UsageError
from ringwall.reach.answers import PathOut
from ringwall.reach.documents import WitnessOut
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.judge import ALLOWED
from ringwall.reach.engine.listing import between, families, listed
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import name
from ringwall.reach.explain import deciding_path
from ringwall.reach.ids import Endpoint as Named
from ringwall.reach.ids import endpoint
from ringwall.reach.questions import Net
from ringwall.space.services import ServiceSet

_TRIED: Final = 4096
"""So many pairs of members are looked at for one between which a row holds."""


class Row(NamedTuple):
    """What of a row its ways hang on; ``because`` are the ids of what is not known."""

    src: Endpoint
    dst: Endpoint
    verdict: str
    services: ServiceSet
    because: tuple[str, ...]


class _Way(NamedTuple):
    """Services that go by one way, and the first packet that showed it."""

    services: ServiceSet
    witness: WitnessOut
    path: PathOut


class Ways:
    """Finds the ways of rows. They are found once for receivers that the engine cannot tell apart:
    of each sender, and of all senders where it is unknown for the same reasons."""

    def __init__(self, net: Net, relation: Relation) -> None:
        self._net, self._relation = net, relation
        self._found: dict[object, list[str]] = {}
        self._ids: dict[object, str] = {}
        self.ways: dict[str, WayOut] = {}

    def of(self, row: Row) -> list[str]:
        """The ids of a row's ways in ``ways``; none where no packet shows it."""
        from_where = row.src.id if row.verdict == ALLOWED else row.because
        asked = (from_where, tuple(self._relation.crowds(row.dst)), row.verdict, row.services)
        if asked not in self._found:
            self._found[asked] = [self._id(way) for way in self._ways(row)]
        return self._found[asked]

    def _id(self, way: WayOut) -> str:
        key = repr(way)
        if key not in self._ids:
            self._ids[key] = f"w{len(self._ids) + 1}"
            self.ways[self._ids[key]] = way
        return self._ids[key]

    def _ways(self, row: Row) -> list[WayOut]:
        """Services that go by the same gates and rules are one way. Where not all members have all
        of a row's services, each service is shown of the first that have it."""
        found: dict[str, _Way] = {}
        left = row.services
        pairs = product(self._examples(row.src), self._examples(row.dst))
        for a, b in islice(pairs, _TRIED):
            if not left:
                break
            if asked := self._open(row, a, b) & left:
                self._follow(row, a, b, asked, found)
                left -= asked
        code = between(families(row.src), families(row.dst))
        return [
            WayOut(listed(way.services, code).contract(), way.witness, way.path)
            for way in found.values()
        ]

    def _follow(
        self, row: Row, a: Member, b: Member, asked: ServiceSet, found: dict[str, _Way]
    ) -> None:
        """Adds the ways of services between two members."""
        src, dst = end_of(self._net, a), end_of(self._net, b)
        wanted = True if row.verdict == ALLOWED else None
        for outcome in self._net.outcomes(src, dst, blocks_in(asked)):
            if outcome.cell.truth.value is wanted:
                path = deciding_path(self._net, outcome)
                first = _Way(
                    ServiceSet(), WitnessOut(src.id, dst.id, path.hops[0].packet.port), path
                )
                way = found.get(_gates(path), first)
                services = way.services | services_in([outcome.cell.box.services])
                found[_gates(path)] = way._replace(services=services)

    def _examples(self, end: Endpoint) -> Iterable[Member]:
        """Members of an end, one of those that are alike."""
        found: dict[object, Member] = {}
        for member in end.members:
            found.setdefault((self._relation.kin(member), member.node), member)
        return found.values()

    def _open(self, row: Row, a: Member, b: Member) -> ServiceSet:
        """The services that have a row's verdict between two members."""
        must = may = 0
        for told in self._relation.tell(a, b):
            must, may = must | told.outcome.must, may | told.outcome.may
        mask = must if row.verdict == ALLOWED else may & ~must
        return self._relation.atoms.services(mask)


def end_of(net: Net, member: Member) -> Named:
    """A member of an endpoint, as the definition knows it; an address that has several owners is
    told by its domain. Raises UsageError."""
    text, domain = name(member), member.attachments[0].domain
    try:
        return endpoint(net.world, text)
    except UsageError:
        return endpoint(net.world, f"{domain}!{text}")


def _gates(path: PathOut) -> str:
    """What tells ways apart: their gates, and the rules that decide there."""
    return repr([(hop.at, hop.gate, hop.effect, hop.rules, hop.because) for hop in path.hops])
