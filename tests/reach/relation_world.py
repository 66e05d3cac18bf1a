"""A small engine without a model: what the relation asks of one, said in a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.pool import Reply
from ringwall.model.gate import Reason
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.ways import Outcome, of_one_family
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.services import ServiceSet

ATOMS = ServiceAtoms(map(ServiceSet.parse, ("tcp/80", "tcp/443", "icmp", "icmpv6")))
"""The two ports, the two ICMPs, and the rest."""

WITHIN = {
    4: ATOMS.full & ~ATOMS.mask(ServiceSet.parse("icmpv6")),
    6: ATOMS.full & ~ATOMS.mask(ServiceSet.parse("icmp")),
}
"""The services that there are in each family."""

Table = Mapping[tuple[int, int, bool], Outcome]


@dataclass
class _Pod:
    workload: str
    host_network: bool = False


@dataclass
class _Fabric:
    present: bool = True


@dataclass
class _Workloads:
    pods: list[_Pod] = field(default_factory=list)


@dataclass
class _Model:
    workloads: _Workloads = field(default_factory=_Workloads)
    fabric: _Fabric = field(default_factory=_Fabric)
    atoms: ServiceAtoms = ATOMS


class TableEngine:
    """Answers by (class of sender, class of receiver, on one node); a class is an address."""

    def __init__(self, table: Table) -> None:
        self.table, self.model = table, _Model()
        self.asked = 0

    def class_of(self, one: Attachment) -> int:
        return one.address * 10 + one.family

    def meet(self, a: Attachment, b: Attachment) -> bool:
        return of_one_family(a, b)

    def pair(self, a: Attachment, b: Attachment, *, together: bool) -> Outcome:
        self.asked += 1
        if a.owner == b.owner:
            return everything(a.family)
        return self.table[a.address, b.address, together].within(WITHIN[a.family])

    def reasons(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> frozenset[Reason]:
        return frozenset({Reason("code", f"{a.address}-{b.address}", "needs")})

    def pod(
        self, workload: str, class_: int, node: str = "", *, cluster: str = "", family: int = 4
    ) -> Member:
        """One more pod."""
        number = len(self.model.workloads.pods)
        self.model.workloads.pods.append(_Pod(workload))
        owner = f"{workload}-{number}"
        one = Attachment(owner, "pod", family, class_, cluster, number, node)
        return Member((one,))

    def relation(self) -> Relation:
        return Relation(cast(Engine, cast(Any, self)))


def everything(family: int) -> Outcome:
    return allowed(WITHIN[family])


def allowed(must: int, may: int = 0, reply: Reply | None = None) -> Outcome:
    """What passes surely, what perhaps too, and how it is answered (well, if not said)."""
    return Outcome(must, must | may, reply or Reply(must | may, 0, 0, 0))


def endpoint(id_: str, *members: Member, kind: str = "workload") -> Endpoint:
    return Endpoint(id_, kind, members)
