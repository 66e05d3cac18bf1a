"""Concrete packets that show a difference between two states: who sends, who receives, what."""

from collections.abc import Iterator
from itertools import islice, product
from typing import Final, NamedTuple

from ringwall.model.holders import text
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.judge import Told
from ringwall.reach.engine.relation import Relation
from ringwall.space.services import ServiceSet

_TRIED: Final = 4096
"""So many pairs of members are looked at for one that differs."""


class Ends(NamedTuple):
    """A pair of endpoints on one side."""

    relation: Relation
    src: Endpoint
    dst: Endpoint


class Packet(NamedTuple):
    """Ids or addresses of two members, and one service in the words of ``--port``."""

    src: str
    dst: str
    port: str


def witness(here: Ends, there: Ends, services: ServiceSet, *, sure: bool) -> Packet | None:
    """A packet of ``services`` that is let through here, surely or perhaps; best one that is not
    let through there. None where nothing is."""
    first: Packet | None = None
    theirs = _named(there.src), _named(there.dst)
    for a, b in _pairs(here):
        here_open = _open(here.relation, here.relation.tell(a, b), sure=sure) & services
        if not here_open:
            continue
        others = theirs[0].get(name(a)), theirs[1].get(name(b))
        shut = here_open
        if others[0] and others[1]:
            told = there.relation.tell(others[0], others[1])
            shut = here_open - _open(there.relation, told, sure=False)
        if shut:
            return _packet(a, b, shut)
        first = first or _packet(a, b, here_open)
    return first


def name(member: Member) -> str:
    """An id, or an address, that names a member on both sides."""
    lowest = member.addresses.lowest() if member.addresses else None
    return text(*lowest) if lowest else member.attachments[0].owner


def _open(relation: Relation, told: list[Told], *, sure: bool) -> ServiceSet:
    """The services that are surely, or perhaps, let through in some placement."""
    mask = 0
    for one in told:
        mask |= one.outcome.must if sure else one.outcome.may
    return relation.atoms.services(mask)


def _packet(a: Member, b: Member, services: ServiceSet) -> Packet:
    return Packet(name(a), name(b), port_of(services))


def port_of(services: ServiceSet) -> str:
    """The most telling of some services, in the words of ``--port``."""
    return ServiceSet.of(*services.witness()).words()[0]


def _named(endpoint: Endpoint) -> dict[str, Member]:
    return {name(one): one for one in endpoint.members}


def _pairs(ends: Ends) -> Iterator[tuple[Member, Member]]:
    """Pairs of distinct members, two at most of those that are alike."""
    mine, theirs = _examples(ends.relation, ends.src), _examples(ends.relation, ends.dst)
    pairs = [
        (a, b)
        for a, b in product(mine, theirs)
        if a.pod < 0 or a.pod != b.pod or len(ends.src.members) == len(ends.dst.members) == 1
    ]
    return islice(iter(pairs), _TRIED)


def _examples(relation: Relation, endpoint: Endpoint) -> list[Member]:
    found: dict[tuple[int, str], list[Member]] = {}
    for member in endpoint.members:
        alike = found.setdefault((relation.kin(member), member.node), [])
        if len(alike) < 2:
            alike.append(member)
    return [member for alike in found.values() for member in alike]
