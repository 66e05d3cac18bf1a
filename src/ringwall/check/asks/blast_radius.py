"""``blast-radius``: what somebody reaches who has taken over a pod, a node or an instance."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from ringwall.check.asks import asked
from ringwall.check.asks import documents as groups
from ringwall.check.asks.documents import BLAST_RADIUS, BlastRadiusReport
from ringwall.check.asks.kinds import METADATA_ADDRESS, Kind, Kinds
from ringwall.reach.answers import UnknownOut
from ringwall.reach.documents import ConnectionOut, ReachReport
from ringwall.reach.engine import rows as relation_rows
from ringwall.reach.engine.endpoints import STANDING, Endpoint, Member
from ringwall.reach.engine.judge import ALL, ALLOWED, UNKNOWN
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import Addresses

_METADATA_PORT: Final = "tcp/80"
_KUBELET_PORT: Final = "tcp/10250"
_TAKEN_AS_ON: Final = (
    "the instance metadata service is taken as on: this version does not follow its settings"
)
_HOPS: Final = (
    "the hop limit of its node decides whether the metadata service answers a pod, and is not "
    "followed in this version; rule node-imds-hop-limit tells the limits that were read"
)
_NO_IPV4: Final = "it has no IPv4 address, and fd00:ec2::254 is not followed in this version"


def blast_radius(relation: Relation, src: str, own: Addresses | None = None) -> BlastRadiusReport:
    """The rows of ``reach --from``, by what is reached, with the kubelets and the instance metadata
    service beside them; ``own`` are the user's own networks. Raises UsageError."""
    src = asked.heard(relation, src)
    question = relation_rows.asked(relation, src, None, None)
    (sender,) = question.sources
    report = asked.listed(relation, question)
    kinds, known = Kinds(relation, own or Addresses()), _Unknowns(report)
    ends = {one.id: one for one in question.destinations}
    rows = asked.grouped(report.connections, lambda row: kinds.of(ends[row.dst]))
    for group, beside in (
        (groups.KUBELET, _kubelets(relation, question)),
        (groups.METADATA, _metadata(relation, src, sender)),
    ):
        rows += asked.grouped(known.rows(beside), Kind(group).of_any)
    rows = asked.in_order(rows, asked.REACHED)
    above = asked.head(structs.replace(report, unknowns=known.found), rows)
    if any(row.group == groups.METADATA and row.verdict == ALLOWED for row in rows):
        above["assumes"] = sorted({*above["assumes"], _TAKEN_AS_ON})
    return BlastRadiusReport(schema=BLAST_RADIUS, **above, from_=sender.id, connections=rows)


class _Unknowns:
    """What is not known of several reports, under one set of ids: those of the first stay."""

    def __init__(self, first: ReachReport) -> None:
        self.found = dict(first.unknowns)
        self._ids = {one: id_ for id_, one in self.found.items()}

    def rows(self, report: ReachReport) -> Iterator[ConnectionOut]:
        """The rows of another report, with these ids."""
        for row in report.connections:
            because = [self._id(report.unknowns[id_]) for id_ in row.because]
            yield structs.replace(row, because=because)

    def _id(self, one: UnknownOut) -> str:
        id_ = self._ids.setdefault(one, f"u{len(self._ids) + 1}")
        self.found[id_] = one
        return id_


def _kubelets(relation: Relation, question: relation_rows.Asked) -> ReachReport:
    """What it has with the kubelets of nodes."""
    nodes = [one for one in question.destinations if one.kind == "node"]
    on_port = relation_rows.services_of(_KUBELET_PORT)
    asking = question._replace(destinations=nodes, services=on_port)
    return asked.listed(relation, asking)


def _metadata(relation: Relation, src: str, sender: Endpoint) -> ReachReport:
    """What it has with the metadata service: packets of nodes get there as the relation says. Those
    of pods do so too, but the relation does not follow whether they are answered."""
    report = relation_rows.reach(relation, src, METADATA_ADDRESS, _METADATA_PORT)
    here = [member for member in sender.members if _on_machine(member)]
    if not here:
        return structs.replace(report, connections=[])
    if all(one.family == 6 for member in here for one in member.attachments):
        row = ConnectionOut(sender.id, METADATA_ADDRESS, UNKNOWN, ALL, {"TCP": ["80"]})
        return _doubted(report, [row], UnknownOut("metadata-not-followed", sender.id, _NO_IPV4))
    pods = relation.engine.model.workloads.pods
    if all(member.pod < 0 or pods[member.pod].host_network for member in here):
        return report
    hops = UnknownOut("hop-limit-not-followed", sender.id, _HOPS)
    return _doubted(report, report.connections, hops)


def _doubted(report: ReachReport, rows: Iterable[ConnectionOut], reason: UnknownOut) -> ReachReport:
    """Rows of which it is not known whether they hold, for one reason more."""
    id_ = f"u{len(report.unknowns) + 1}"
    found = [
        structs.replace(row, verdict=UNKNOWN, because=[*row.because, id_], if_placed=None)
        for row in rows
    ]
    return structs.replace(report, connections=found, unknowns={**report.unknowns, id_: reason})


def _on_machine(member: Member) -> bool:
    """Whether it stands on a node, or is one."""
    return member.machine is not None or any(one.kind in STANDING for one in member.attachments)
