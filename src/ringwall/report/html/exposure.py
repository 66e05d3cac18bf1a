"""What the Internet reaches, and by which way: Internet → gateway → node or API → workload.

Who is reached is the engine's answer; the way in is that of the definition's witness packet. Both
are told of a bounded number of things, those that are surely reached first; the rest is counted.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ringwall.errors import UsageError
from ringwall.reach.answers import HopOut
from ringwall.reach.documents import Ports
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.rows import Asked, Rows
from ringwall.reach.explain import explain
from ringwall.reach.questions import Net
from ringwall.report.reach import UNDEFINED, left_open, words
from ringwall.space.services import SERVED

INTERNET: Final = "internet"
_DRAWN: Final = 16
"""Of each column so many boxes: more than that is no picture."""
_LISTED: Final = 100
_LOCAL: Final = frozenset(
    ("nacl-in", "nacl-out", "route", "interface", "endpoint-access", "policy-ingress",
     "security-group-ingress", "security-group-egress")
)  # fmt: skip
"""Gates that a way passes and that are not how it comes in."""


class Reached(NamedTuple):
    """Something that the Internet reaches, surely or perhaps, on which ports, by way of what."""

    id: str
    kind: str
    verdict: str
    ports: str
    gateway: str
    nodes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its id without cluster or account."""
        return self.id.rpartition("!")[2]

    @property
    def scope(self) -> str:
        """Its cluster, or its account and region."""
        return self.id.rpartition("!")[0]


class Exposure(NamedTuple):
    """Everything that is reached: some of it told one by one, all of it counted; and why some of
    it is unknown. ``unspecified`` more are unknown of ICMP and other protocols alone."""

    reached: list[Reached]
    total: int
    perhaps: int
    unspecified: int
    because: list[str]


def exposure(relation: Relation, net: Net) -> Exposure:
    """What the Internet reaches; ``net`` is asked for the way to what a picture has room for."""
    directory = relation.directory
    question = Asked([directory.find(INTERNET)], directory.objects(), SERVED, named=False)
    rows = Rows(relation, question)
    found = _by_target(rows)
    targets = sorted(found, key=lambda id_: (found[id_].verdict != "allowed", id_))
    told = [_reached(relation, rows, id_, found[id_]) for id_ in targets[:_LISTED]]
    pictured = {one.id for one in drawn(told)}
    told = [_traced(one, net, found[one.id]) if one.id in pictured else one for one in told]
    perhaps = sum(one.verdict != "allowed" for one in found.values())
    because = {id_ for one in found.values() for id_ in one.because}
    unspecified = {row.dst for row in rows} - found.keys()
    return Exposure(told, len(found), perhaps, len(unspecified), _reasons(rows, because))


def drawn(reached: Sequence[Reached]) -> list[Reached]:
    """Those that a picture has room for: as many workloads as other things."""
    workloads = [one for one in reached if one.kind in ("workload", "pod")]
    others = [one for one in reached if one not in workloads]
    return [*others[:_DRAWN], *workloads[:_DRAWN]]


def _reasons(rows: Rows, because: set[str]) -> list[str]:
    """What is not known, in words; without what policies are not specified for."""
    unknowns = rows.document.unknowns
    some = (unknowns[id_] for id_ in sorted(because))
    return sorted(f"{one.object}: {one.needs}" for one in some if one.code != UNDEFINED)


def _by_target(rows: Rows) -> dict[str, "_Answer"]:
    """The surest answer about everything that is reached."""
    unknowns = rows.document.unknowns
    found: dict[str, _Answer] = {}
    for row in rows:
        if left_open(row.ports, row.because, unknowns):
            continue
        before = found.get(row.dst)
        if before is None or (row.verdict == "allowed" and before.verdict != "allowed"):
            found[row.dst] = _Answer(row.verdict, [row.ports], list(row.because))
        elif row.verdict == before.verdict:
            before.ports.append(row.ports)
            before.because.extend(row.because)
    return found


class _Answer(NamedTuple):
    """The verdict on something, the ports that have it, and why it is unknown."""

    verdict: str
    ports: list[Ports]
    because: list[str]


def _reached(relation: Relation, rows: Rows, id_: str, answer: _Answer) -> Reached:
    """An unknown way in is named by what is not known of it; a sure one has no name yet."""
    kind = relation.directory.find(id_).kind
    unknowns = [rows.document.unknowns[one] for one in answer.because]
    known = [one.object for one in unknowns if one.code != UNDEFINED]
    gateway = known[0] if known else ""
    nodes = _nodes(relation, id_) if kind in ("workload", "pod") else ()
    said = ", ".join(dict.fromkeys(map(words, answer.ports)))
    said = "every port" if said == "all" else said
    return Reached(id_, kind, answer.verdict, said, gateway, nodes)


def _traced(one: Reached, net: Net, answer: _Answer) -> Reached:
    """The same with its way in, which a witness packet shows."""
    return one if one.gateway else one._replace(gateway=_gateway(_way(net, one.id, answer)))


def _way(net: Net, dst: str, answer: _Answer) -> list[HopOut]:
    """The way of one packet that shows the verdict; none to what has a name that no question can
    hold."""
    try:
        paths = explain(net, INTERNET, dst, _port(answer.ports[0])).paths
    except UsageError:
        return []
    return next((path.hops for path in paths if path.verdict == answer.verdict), [])


def _port(ports: Ports) -> str:
    """One service of some, in the words of a question."""
    name, items = next(iter(ports.items()))
    if name == "ALL":
        return "tcp/443"
    word = name.lower().replace("proto-", "proto/")
    return f"{word}/{items[0].partition('-')[0]}" if items else word.replace("/other", "/253")


def _gateway(hops: Iterable[HopOut]) -> str:
    """What a way comes in by: a gateway, a way in that is not followed, or an access list."""
    for hop in hops:
        if hop.gate == "public-access-cidrs" and hop.rules:
            return hop.rules[0].index
        if hop.gate not in _LOCAL:
            return hop.at
    return ""


def _nodes(relation: Relation, workload: str) -> tuple[str, ...]:
    """The nodes that a workload's pods stand on."""
    directory, clusters = relation.directory, relation.engine.model.workloads.clusters
    found = set()
    for member in directory.find(workload).members:
        cluster = next((one.cluster for one in member.attachments), None)
        if cluster in clusters and (node := clusters[cluster].nodes.get(member.node)):
            found.add(node.id)
    return tuple(sorted(found))
