"""``exposed``: what the Internet reaches, from which part of it, and through what."""

from collections.abc import Iterator

from msgspec import structs

from ringwall.check.asks import asked
from ringwall.check.asks.documents import EXPOSED, AskedOut, ExposedReport
from ringwall.check.asks.kinds import Kinds
from ringwall.check.asks.ways import Row, Ways
from ringwall.reach.documents import Ports
from ringwall.reach.engine.directory import INTERNET_ID
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.outside import Outside, named
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.rows import Asked, Rows, services_of
from ringwall.reach.engine.table import LIMIT
from ringwall.reach.questions import Net
from ringwall.space.addresses import INTERNET, Addresses
from ringwall.space.services import OTHERS, SERVED, ServiceSet


def exposed(net: Net, relation: Relation, port: str | None = None) -> ExposedReport:
    """Everything that addresses of the Internet reach, perhaps or surely. Raises UsageError."""
    sources, objects = strangers(relation), relation.directory.objects()
    rows = Rows(relation, Asked(sources, objects, services_of(port), named=False), LIMIT)
    kinds, ways = Kinds(relation, Addresses()), Ways(net, relation)
    ends = {one.id: one for one in (*sources, *objects)}
    found = asked.grouped(rows, lambda row: kinds.of(ends[row.dst]))
    found = asked.in_order(sorted(found, key=lambda row: (row.dst, row.src)), asked.REACHED)
    found = [structs.replace(row, through=ways.of(_row(row, ends))) for row in found]
    above = asked.head(rows.document, found)
    return ExposedReport(
        schema=EXPOSED, **above, port=port or "all", ways=ways.ways, connections=found
    )


def strangers(relation: Relation) -> list[Endpoint]:
    """The public addresses that nobody holds, by what they reach: ``internet`` is the widest part,
    the rest are blocks."""
    found = Outside(relation).endpoints
    public = [(one.id, tuple(_public(one.members))) for one in found]
    blocks = named([members for id_, members in public if members and id_ != INTERNET_ID])
    internet = [Endpoint(id_, "internet", some) for id_, some in public if id_ == INTERNET_ID]
    return sorted([one for one in (*internet, *blocks) if one.members], key=lambda one: one.id)


def _public(members: tuple[Member, ...]) -> Iterator[Member]:
    """The public addresses of some members."""
    for one in members:
        if one.addresses and (mine := one.addresses & INTERNET):
            yield one._replace(addresses=mine)


def _row(row: AskedOut, ends: dict[str, Endpoint]) -> Row:
    services, because = services_told(row.ports), tuple(row.because)
    return Row(ends[row.src], ends[row.dst], row.verdict, services, because)


def services_told(ports: Ports) -> ServiceSet:
    """The services that the contract's form tells."""
    found = ServiceSet()
    for name, items in ports.items():
        if name == "ALL":
            return SERVED
        protocol = name.lower().replace("proto-", "proto/")
        words = " ".join(f"{protocol}/{item}" for item in items) or protocol
        found |= OTHERS if name == "PROTO-OTHER" else ServiceSet.parse(words)
    return found
