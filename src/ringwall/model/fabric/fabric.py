"""The AWS half of the model: what the network lets pass between any two attachments.

Attachments fall into classes (:meth:`Fabric.classify`), and a pair of classes is judged once.
Masks are of the atoms that :meth:`Fabric.bind` gave.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Facts, Key
from ringwall.model.attachments import Attachment
from ringwall.model.dialects import security_group
from ringwall.model.dialects.security_group import Edits
from ringwall.model.fabric import reply
from ringwall.model.fabric.api import ApiWay, Endpoint
from ringwall.model.fabric.gateways import SERVED, TRANSLATED
from ringwall.model.fabric.interfaces import Interface, Interfaces
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.parties import Parties
from ringwall.model.fabric.pool import Finer, Reply
from ringwall.model.fabric.rows import Outcome, Rows
from ringwall.model.fabric.walk import Walk
from ringwall.model.fabric.way import Way
from ringwall.model.fabric.world import API, World
from ringwall.model.gate import Reason
from ringwall.model.workloads import Workloads
from ringwall.space.addresses import Addresses, Range
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.services import ServiceSet

__all__ = ["ApiWay", "Crossing", "Fabric", "Reply"]


_ROUTING: Final[frozenset[type[Struct]]] = frozenset(
    {
        aws.NetworkAcl,
        aws.RouteTable,
        aws.NatGateway,
        aws.InternetGateway,
        aws.EgressOnlyInternetGateway,
        aws.VpcEndpoint,
        aws.VpcPeeringConnection,
    }
)


class Crossing(NamedTuple):
    """What passes the network between two classes.

    ``source`` is what the receiver sees packets come from after a translation, None without one;
    ``arrived`` says that the way ended at an interface.
    """

    must: int
    may: int
    source: Addresses | None
    reply: Reply
    arrived: bool


class Fabric:
    """The network of every VPC that was read. ``held`` are the addresses that pods, nodes and
    Services claim; it is to be set before the first question."""

    def __init__(
        self,
        facts: Facts,
        workloads: Workloads,
        eks_names: Mapping[str, str],
        links: Mapping[str, Key],
    ) -> None:
        self._open(World(facts, workloads, eks_names, links))

    def _open(self, world: World) -> None:
        self._world = world
        self._parties = Parties(world)
        self._walk = Walk(world)
        self._rows = Rows(world, self._parties)
        self._crossings: dict[int, Crossing] = {}
        self._api_ways: dict[tuple[int, Key], list[ApiWay]] = {}

    # --- what cuts the axes ---------------------------------------------------------------------

    def service_sets(self) -> Iterator[ServiceSet]:
        """The services that groups, ACLs, gateways and answers tell apart."""
        yield from self._world.groups.service_sets()
        yield from self._world.acls.service_sets()
        yield from reply.service_sets()
        yield from (TRANSLATED, SERVED, API)

    def bind(self, atoms: ServiceAtoms, known: Finer | None = None) -> None:
        """Takes the atoms of all later masks. Where they are finer than those before, what was
        judged is kept; ``known`` spares finding out how masks become finer."""
        if atoms is self._world.pool.atoms:
            return
        kept = self._world.pool.bind(atoms, known)
        for part in (self._world.groups, self._world.acls, self._world.replies):
            part.unbind(keep=kept)
        self._crossings.clear()
        self._api_ways.clear()
        if not kept:
            self._rows.forget()

    # --- what there is --------------------------------------------------------------------------

    @property
    def present(self) -> bool:
        """Whether the AWS layer is in scope; if not, everything passes."""
        return self._world.present

    @property
    def held(self) -> set[tuple[int, int]]:
        """The addresses that pods, nodes and Services claim."""
        return self._world.held

    @held.setter
    def held(self, addresses: set[tuple[int, int]]) -> None:
        self._world.held = addresses

    @property
    def interfaces(self) -> Interfaces:
        """Every interface by id."""
        return self._world.interfaces

    def interface_at(self, vpc: str, family: int, value: int) -> Interface | None:
        """Who holds a private or IPv6 address in a VPC."""
        return self._world.interfaces.at(vpc, family, value)

    def interface_behind(self, family: int, value: int) -> tuple[Interface, int] | None:
        """Who is reached from the Internet at an address, and which address of it."""
        return self._world.interfaces.behind(family, value)

    def host_addresses(self, interface: Interface) -> list[tuple[int, int]]:
        """The addresses of an interface that its host itself uses: the first, those with a public
        pair, and IPv6 ones."""
        return [
            (family, value)
            for i, (family, value) in enumerate(interface.addresses)
            if i == 0 or family == 6 or value in interface.publics
        ]

    @property
    def domains(self) -> list[str]:
        """The VPCs that were read or that an interface is in."""
        return sorted({*self._world.vpcs, *self._world.interfaces.vpcs})

    def vpc_blocks(self, vpc: str) -> Addresses:
        """The blocks of a VPC, empty if it was not read."""
        return self._world.vpcs.blocks(vpc)

    def vpc_of(self, cluster: str) -> str:
        """The VPC of a Kubernetes cluster, empty if it is not known."""
        return self._world.vpc_of(cluster)

    def settings(self, cluster: str) -> dict[str, str] | None:
        """The VPC CNI's settings in a cluster, None if they were not read."""
        return self._world.settings.get(cluster)

    @property
    def api(self) -> dict[Key, aws.Cluster]:
        """Every EKS cluster that was read."""
        return self._world.api

    def control_plane(self, key: Key) -> list[Interface]:
        """The interfaces of a cluster's control plane that were read."""
        return self._endpoint(key).interfaces

    # --- questions ------------------------------------------------------------------------------

    def classify(self, attachments: Sequence[Attachment]) -> NDArray[np.int32]:
        """The class of each attachment: one class behaves alike towards every other. -1 for
        Services and API endpoints."""
        return self._parties.classify(attachments)

    def cross(self, src: int, dst: int, *, together: bool) -> Crossing:
        """What passes from one class to another, on one node or not."""
        return self.crossing(self.outcome(src, dst, together=together))

    def crossing(self, number: int) -> Crossing:
        """The crossing of a number that :meth:`outcome` or :meth:`row` gave."""
        found = self._crossings.get(number)
        if found is None:
            pool = self._world.pool
            admission, source, answer, arrived, _ = self._rows.outcomes[number]
            must, may = pool[admission]
            reply = pool.replies[answer] if answer >= 0 else Reply(pool.full, 0, 0, 0)
            found = self._crossings[number] = Crossing(must, may, source, reply, arrived)
        return found

    def outcome(self, src: int, dst: int, *, together: bool) -> int:
        """The number of a crossing: equal crossings have equal numbers."""
        if together and not (self._parties[src].strict or self._parties[dst].strict):
            return self.unhindered()
        return int(self._rows.row(src)[dst])

    def row(self, src: int) -> NDArray[np.int32]:
        """The numbers of the crossings from a class to every class met so far, apart."""
        return self._rows.row(src)

    def unhindered(self) -> int:
        """The number of a crossing where nothing stands on the way."""
        pool = self._world.pool
        reply = pool.reply(Reply(pool.full, 0, 0, 0))
        return self._rows.number(Outcome(pool.open, None, reply, False))

    def _way(self, src: int, dst: int, *, together: bool, record: bool = False) -> Way:
        parties = self._parties
        return self._walk.between(parties[src], parties[dst], together=together, record=record)

    def to_api(self, src: int, api: Key) -> list[ApiWay]:
        """The ways from a class to a cluster's API endpoint."""
        found = self._api_ways.get((src, api))
        if found is None:
            found = self._api_ways[src, api] = self._endpoint(api).ways(src)
        return found

    def _endpoint(self, key: Key, *, record: bool = False) -> Endpoint:
        return Endpoint(self._world, self._parties, self._rows, key, record=record)

    # --- why ------------------------------------------------------------------------------------

    def reasons(self, src: int, dst: int, mask: int, together: bool) -> frozenset[Reason]:
        """Why services of ``mask`` are not decided."""
        return self._way(src, dst, together=together, record=True).reasons(mask)

    def api_reasons(self, src: int, api: Key) -> frozenset[Reason]:
        """Why a way to an API endpoint is not decided."""
        return self._endpoint(api, record=True).reasons(src)

    def rules(self, src: int, dst: int, mask: int, together: bool) -> list[tuple[Key, str, int]]:
        """The group rules and ACL entries that admit services of ``mask`` on the way."""
        return list(self._way(src, dst, together=together, record=True).rules(mask))

    # --- changes --------------------------------------------------------------------------------

    def rebuild(self, facts: Facts, workloads: Workloads, delta: Delta) -> "Fabric":
        """The network of changed facts, which answers as a new one would; this one where the
        change is of nothing that it knows. It keeps what the change cannot touch; ``held`` and
        :meth:`bind` are to be given to it again."""
        bodies = [fact.body for pair in delta.values() for fact in pair if fact]
        kinds = set(map(type, bodies))
        cuts = self._world.policy_cuts_after(facts, delta)
        if kinds <= {k8s.NetworkPolicy} and self._same(workloads, cuts):
            return self
        if any(_shapes(kind) for kind in kinds) or not self.present:
            return self._reread(facts, workloads, kinds)
        edits = security_group.edits(bodies, self._world.groups.lists)
        rerouted = not kinds.isdisjoint(_ROUTING)
        world = self._world.changed(Inventory(facts), workloads, cuts, edits, rerouted=rerouted)
        if not world.present:
            return Fabric(facts, workloads, world.eks_names, world.links)
        return self._over(world, edits, rerouted=rerouted)

    def twin(self) -> "Fabric":
        """The same network, to be given other atoms while this one keeps its own."""
        old = self._world
        world = old.changed(old.inventory, old.workloads, old.policy_cuts, {}, rerouted=False)
        return self._over(world, {}, rerouted=False)

    def _same(self, workloads: Workloads, policy_cuts: frozenset[Range]) -> bool:
        """Whether nothing of what is known of clusters has changed."""
        world = self._world
        return workloads.pods is world.workloads.pods and policy_cuts == world.policy_cuts

    def _over(self, world: World, edits: Edits, *, rerouted: bool) -> "Fabric":
        """The network of a changed world, with what is still known of it."""
        new = Fabric.__new__(Fabric)
        new._open(world)
        moved = sorted(self._world.cuts ^ world.cuts)
        beyond = self._world.policy_cuts ^ world.policy_cuts
        if not _any_in({*moved, *beyond}, world.interfaces.translated):
            new._parties = self._parties.changed(world, moved)
            new._rows = self._rows.changed(world, new._parties, edits, rerouted=rerouted)
        return new

    def _reread(
        self, facts: Facts, workloads: Workloads, kinds: AbstractSet[type[Struct]]
    ) -> "Fabric":
        """Everything anew, but for what groups admit where no group was touched."""
        world = self._world
        kept = kinds.isdisjoint((aws.SecurityGroup, aws.SecurityGroupRule, aws.PrefixList))
        before = world if kept else None
        new = Fabric.__new__(Fabric)
        new._open(World(facts, workloads, world.eks_names, world.links, before))
        return new


def _shapes(kind: type[Struct]) -> bool:
    """Whether facts of a type say who is where, so that everything is to be read again."""
    if kind in _ROUTING or kind in (aws.SecurityGroup, aws.SecurityGroupRule):
        return False
    return kind.__module__ == aws.__name__ or kind is k8s.DaemonSet


def _any_in(blocks: Iterable[Range], values: Sequence[int]) -> bool:
    """Whether one of some IPv4 addresses, given in order, lies in one of some blocks."""
    return any(
        bisect_left(values, part.low) < bisect_right(values, part.high)
        for part in blocks
        if part.family == 4
    )
