"""Where attachments sit: the interface that one sends from, who holds its address, and where its
translated packets leave."""

from collections.abc import Mapping

from msgspec import Struct

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.source_nat import (
    Translation,
    is_strict,
    keeps_its_address,
    translation,
)
from ringwall.model.fabric.world import World
from ringwall.model.workloads import Pod


class Exit(Struct, frozen=True, eq=False):
    """Where a pod's translated packets leave: the node's primary interface, and the address that
    they carry then. ``place`` and ``source`` are None where that interface is not known."""

    translation: Translation
    place: Place | None
    source: Where | None
    pair: Where | None


class Seats:
    """Finds the seats of attachments in one world (aws.md 50, 51, 56)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._exits: dict[tuple[str, str, str], Exit | None] = {}
        self._equal_exits: dict[tuple[object, ...], Exit] = {}
        self._rivals: dict[str, tuple[str, ...]] = {}

    def of(self, one: Attachment) -> Interface | None:
        """The interface that an attachment sends from: that which holds an address of the pod, the
        one it was found through (no other lets its address out, aws.md 27), or its node's primary
        one."""
        if one.kind == "pod":
            return self._of_pod(self._world.workloads.pods[one.pod])
        if one.kind == "node" and not one.interface:
            return self._of_node(one.cluster or "", one.node)
        return self._world.interfaces.get(one.interface)

    def _of_pod(self, pod: Pod) -> Interface | None:
        if pod.host_network:
            return self._of_node(pod.cluster, pod.node)
        vpc, at = self._world.vpc_of(pod.cluster), self._world.interfaces.at
        found: dict[str, Interface] = {}
        for name in (vpc,) if vpc else self._world.interfaces.vpcs:
            for family, value in pod.addresses:
                if who := at(name, family, value):
                    found.setdefault(name, who)
                    break
        return next(iter(found.values())) if len(found) == 1 else None

    def _of_node(self, cluster: str, name: str) -> Interface | None:
        own = self._world.workloads.clusters.get(cluster)
        node = own.nodes.get(name) if own else None
        return self._world.interfaces.primary(node.instance) if node and node.instance else None

    def domain(self, one: Attachment, seat: Interface | None) -> str:
        """The VPC of an attachment, empty if it is not known."""
        return one.domain or (seat.vpc if seat else self._world.vpc_of(one.cluster or ""))

    def strict(self, one: Attachment, seat: Interface | None) -> bool:
        """Whether groups stand before it on its own node too (aws.md 52)."""
        return seat is not None and seat.kind == "branch" and is_strict(self._settings(one))

    def _settings(self, one: Attachment) -> Mapping[str, str]:
        return {} if one.cluster is None else self._world.settings.get(one.cluster, {})

    # who holds an address

    def holders(
        self, domain: str, family: int, value: int
    ) -> tuple[Interface | None, tuple[Interface, ...]]:
        """The interface that holds an address in a domain, and those that do in others; without a
        domain the only one that does counts as its own."""
        if not family:
            return None, ()
        at = self._world.interfaces.at
        own = at(domain, family, value) if domain else None
        rivals = self._rivals.get(domain)
        if rivals is None:
            rivals = self._rivals_of(domain)
        if not rivals:
            return own, ()
        others = tuple(who for vpc in rivals if (who := at(vpc, family, value)))
        if not domain and len(others) == 1:
            return others[0], ()
        return own, others

    def _rivals_of(self, domain: str) -> tuple[str, ...]:
        """The other VPCs in which an address of this one may be somebody else's."""
        world = self._world
        own = world.vpcs.blocks(domain)
        found = self._rivals[domain] = tuple(
            vpc
            for vpc in world.interfaces.vpcs
            if vpc != domain and (not own or not (other := world.vpcs.blocks(vpc)) or own & other)
        )
        return found

    # source translation (aws.md 51)

    def exit(self, one: Attachment, seat: Interface | None) -> Exit | None:
        """Where a pod's packets leave if they are translated; None where none ever are."""
        if one.kind != "pod" or one.family != 4 or seat is None:
            return None
        pod = self._world.workloads.pods[one.pod]
        if pod.host_network or keeps_its_address(seat, self._settings(one), fargate=pod.fargate):
            return None
        own = self._world.workloads.clusters[pod.cluster].nodes.get(pod.node)
        instance = (own.instance if own else "") or seat.instance
        key = (pod.cluster, instance, seat.vpc)
        if key not in self._exits:
            self._exits[key] = self._find_exit(*key)
        return self._exits[key]

    def _find_exit(self, cluster: str, instance: str, vpc: str) -> Exit | None:
        world = self._world
        rule = translation(world.settings.get(cluster, {}), world.vpcs.blocks(vpc))
        primary = world.interfaces.primary(instance) if instance else None
        first = primary.first_of(4) if primary else None
        if rule is None:
            return None
        if primary is None or first is None:
            return self._equal(Exit(rule, None, None, None), -1, -1)
        public = primary.publics.get(first)
        at, far = world.regions.where, world.far_regions.region
        pair = None if public is None else at(4, public)
        found = Exit(rule, world.places.of(primary), at(4, first), pair)
        return self._equal(found, far(4, first), -1 if public is None else far(4, public))

    def _equal(self, found: Exit, *regions: int) -> Exit:
        """One exit for all that nobody can tell apart."""
        key = (found.translation, found.place, *regions)
        return self._equal_exits.setdefault(key, found)

    def changed(self, world: World) -> "Seats":
        """The same in a world with other pods or nodes."""
        new = Seats(world)
        new._exits, new._equal_exits = dict(self._exits), dict(self._equal_exits)
        new._rivals = self._rivals
        return new
