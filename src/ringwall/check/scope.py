"""Which interfaces and groups an audit is about.

The cluster's own interfaces are those of its control plane, its nodes, its pods and the load
balancers of its VPC. Others of the same VPC are in scope where the group rules of both sides let
them reach these, or be reached. Where nothing in the input tells a cluster, everything is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ringwall.check.admitted import blocks_of, meets
from ringwall.facts import aws
from ringwall.reach.definition.network import Fabric, Interface
from ringwall.reach.definition.pods import Cluster, Node
from ringwall.reach.definition.world import World, cluster_tag
from ringwall.reach.questions import Net
from ringwall.space.addresses import Addresses

LOAD_BALANCER: Final = "ELB "
"""What the descriptions of load balancers' interfaces begin with."""
_CONTROL_PLANE: Final = "Amazon EKS "
_CLUSTER_TAGS: Final = ("elbv2.k8s.aws/cluster",)
_FARGATE: Final = "fargate-"


@dataclass(frozen=True, slots=True)
class Machine:
    """A node of a cluster: a Kubernetes Node, or an instance that carries a cluster's tag."""

    id: str
    cluster: str
    instance: str
    interfaces: tuple[Interface, ...]


@dataclass
class Scope:
    """Sorts interfaces and groups by what they belong to."""

    net: Net
    everything: bool = False
    _peers: dict[tuple[frozenset[str], str], "_Peers"] = field(default_factory=dict, init=False)

    @property
    def _world(self) -> World:
        return self.net.world

    @property
    def _fabric(self) -> Fabric:
        return self.net.world.fabric

    @property
    def is_whole(self) -> bool:
        """Whether everything is in scope: it was asked for, or no fact is about a cluster."""
        return self.everything or not (self._fabric.eks or self._world.clusters)

    # nodes

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """Every node on an instance, in order of id; Fargate has none."""
        found = {machine.instance or machine.id: machine for machine in self._named_by_kubernetes()}
        for name, (key, body) in self._fabric.instances.items():
            if name not in found and (cluster := cluster_tag(body.tags)):
                found[name] = Machine(str(key), cluster, name, self._interfaces_of(name))
        return tuple(sorted(found.values(), key=lambda machine: machine.id))

    def _named_by_kubernetes(self) -> Iterator[Machine]:
        for cluster in self._world.clusters.values():
            for node in cluster.nodes.values():
                if not node.instance.startswith(_FARGATE):
                    yield self._machine(cluster, node)

    def _machine(self, cluster: Cluster, node: Node) -> Machine:
        found = self._interfaces_of(node.instance)
        if not node.instance:
            vpc = self._world.vpc_of(cluster.name)
            owners = (self._fabric.interface_at(vpc, at) for at in node.addresses)
            found = tuple({owner.id: owner for owner in owners if owner}.values())
        title = self._world.eks_names[cluster.name] or cluster.name
        return Machine(node.id, title, node.instance, found)

    @cached_property
    def _by_instance(self) -> dict[str, list[Interface]]:
        found: dict[str, list[Interface]] = defaultdict(list)
        for interface in self._fabric.interfaces.values():
            found[interface.instance].append(interface)
        return found

    def _interfaces_of(self, instance: str) -> tuple[Interface, ...]:
        return tuple(self._by_instance.get(instance, ())) if instance else ()

    @cached_property
    def node_interfaces(self) -> tuple[Interface, ...]:
        """The interfaces of every node."""
        return tuple(interface for machine in self.machines for interface in machine.interfaces)

    @cached_property
    def node_groups(self) -> frozenset[str]:
        """The groups on them."""
        return frozenset(group for i in self.node_interfaces for group in i.groups)

    # the cluster's own

    @cached_property
    def own(self) -> frozenset[str]:
        """Names of the cluster's own interfaces."""
        found = {interface.name for interface in self.node_interfaces}
        every = self._fabric.interfaces.values()
        found |= {i.name for i in every if i.description.startswith(_CONTROL_PLANE)}
        for cluster in self._world.clusters.values():
            seats = (self._world.seat(pod) for pod in cluster.pods if not pod.host_network)
            found |= {seat.name for seat in seats if isinstance(seat, Interface)}
        vpcs = self._vpcs_with(found)
        balancers = (i for i in every if i.description.startswith(LOAD_BALANCER))
        return frozenset(found | {i.name for i in balancers if i.vpc in vpcs or not vpcs})

    def _vpcs_with(self, names: Iterable[str]) -> set[str]:
        found = {self._fabric.interfaces[name].vpc for name in names}
        found |= {cluster.resources_vpc_config.vpc_id for cluster in self._fabric.eks.values()}
        return found - {""}

    @cached_property
    def own_groups(self) -> frozenset[str]:
        """Groups on the cluster's own interfaces, those of its configuration and of its load
        balancers, and those tagged."""
        fabric = self._fabric
        found = {group for name in self.own for group in fabric.interfaces[name].groups}
        for cluster in fabric.eks.values():
            found.update(configured_groups(cluster))
        vpcs = self._vpcs_with(self.own)
        for _, balancer in self.net.world.facts.of(aws.LoadBalancer):
            if balancer.vpc_id in vpcs or not vpcs:
                found.update(balancer.security_groups or ())
        found |= {name for name, (_, group) in fabric.groups.items() if _is_tagged(group)}
        return frozenset(found - {""})

    # in scope

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """Every interface in scope, in order of id."""
        every = sorted(self._fabric.interfaces.values(), key=lambda i: i.id)
        if self.is_whole:
            return tuple(every)
        return tuple(i for i in every if i.name in self.own or self._touches(i))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group in scope, in order of id, also those of which nothing was read."""
        found = {group for interface in self.interfaces for group in interface.groups}
        found |= self.own_groups
        if self.is_whole:
            found |= self._fabric.groups.keys()
        return tuple(sorted(found))

    @cached_property
    def untold(self) -> frozenset[str]:
        """Groups not in scope that a cluster may have all the same: they are in its VPC, as far as
        that is known, and no interface of that VPC was read."""
        seen = {interface.vpc for interface in self._fabric.interfaces.values()}
        vpcs = self._vpcs_with(())
        if self.is_whole or (seen and not vpcs):
            return frozenset()
        found = self._fabric.groups.keys() - set(self.groups)
        return frozenset(name for name in found if self._is_untold(name, vpcs, seen))

    def _is_untold(self, group: str, vpcs: set[str], seen: set[str]) -> bool:
        vpc = self._fabric.groups[group][1].vpc_id
        return vpc not in seen and (not vpcs or not vpc or vpc in vpcs)

    @cached_property
    def carriers(self) -> dict[str, list[Interface]]:
        """Group → the interfaces in scope that carry it."""
        found: dict[str, list[Interface]] = {}
        for interface in self.interfaces:
            for group in interface.groups:
                found.setdefault(group, []).append(interface)
        return found

    def is_cluster_group(self, group: str) -> bool:
        """Whether a group guards the cluster itself, as far as the input tells a cluster."""
        return self.is_whole or group in self.own_groups

    def _touches(self, other: Interface) -> bool:
        """Whether group rules let an interface reach the cluster's own ones, or be reached."""
        own, there = self._own_side(other.vpc), _Side.of((other,))
        return own is not None and (self._admitted(there, own) or self._admitted(own, there))

    @cached_property
    def _own_sides(self) -> dict[str, "_Side"]:
        by_vpc: dict[str, list[Interface]] = defaultdict(list)
        for name in sorted(self.own):
            interface = self._fabric.interfaces[name]
            by_vpc[interface.vpc].append(interface)
        return {vpc: _Side.of(interfaces) for vpc, interfaces in by_vpc.items()}

    def _own_side(self, vpc: str) -> "_Side | None":
        return self._own_sides.get(vpc)

    def _admitted(self, src: "_Side", dst: "_Side") -> bool:
        out, into = self._named(src.groups, "egress"), self._named(dst.groups, "ingress")
        return out.may_be(dst) and into.may_be(src)

    def _named(self, groups: frozenset[str], direction: str) -> "_Peers":
        if (groups, direction) not in self._peers:
            self._peers[groups, direction] = _Peers.of(self.net, groups, direction)
        return self._peers[groups, direction]

    # names

    def cluster_of(self, group: str) -> str:
        """The name of the cluster that a group belongs to, empty where that is not one."""
        names = self._clusters_of_groups.get(group, set())
        return next(iter(names)) if len(names) == 1 else ""

    @cached_property
    def _clusters_of_groups(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for cluster in self._fabric.eks.values():
            for group in configured_groups(cluster):
                found[group].add(cluster.name)
        for name, (_, body) in self._fabric.groups.items():
            found[name].add(cluster_tag(body.tags))
        for machine in self.machines:
            for interface in machine.interfaces:
                for group in interface.groups:
                    found[group].add(machine.cluster)
        return {group: names - {""} for group, names in found.items()}


def configured_groups(cluster: aws.Cluster) -> set[str]:
    """The groups that a cluster's settings name: its own, and those for its control plane."""
    config = cluster.resources_vpc_config
    return {config.cluster_security_group_id, *(config.security_group_ids or ())} - {""}


def _is_tagged(group: aws.SecurityGroup) -> bool:
    keys = {tag.key for tag in group.tags or ()}
    return bool(cluster_tag(group.tags)) or not keys.isdisjoint(_CLUSTER_TAGS)


@dataclass(frozen=True, slots=True)
class _Side:
    """Interfaces taken together: their groups and addresses."""

    groups: frozenset[str]
    addresses: Addresses

    @classmethod
    def of(cls, interfaces: Iterable[Interface]) -> "_Side":
        found = tuple(interfaces)
        texts = (str(part) for i in found for part in (*i.private, *i.blocks))
        return cls(frozenset(g for i in found for g in i.groups), Addresses.of(*texts))


@dataclass(frozen=True, slots=True)
class _Peers:
    """Whom the rules of some groups name in one direction; perhaps anybody, if not all are read."""

    groups: frozenset[str]
    blocks: Addresses
    anybody: bool

    @classmethod
    def of(cls, net: Net, groups: frozenset[str], direction: str) -> "_Peers":
        fabric = net.world.fabric
        every = (rule for name in groups for _, rule in fabric.group_rules.get(name, ()))
        rules = [rule for rule in every if rule.direction == direction]
        named = {rule.peer for rule in rules if rule.peer.startswith("sg-")}
        blocks = [blocks_of(net, rule.peer) for rule in rules if rule.peer not in named]
        unread = groups - fabric.groups.keys() or groups & fabric.unread_groups
        known = Addresses.of(*(text for texts in blocks for text in texts or ()))
        return cls(frozenset(named), known, bool(unread or None in blocks))

    def may_be(self, side: _Side) -> bool:
        """Whether one of the interfaces may be meant."""
        named = not self.groups.isdisjoint(side.groups)
        return (
            self.anybody or named or any(meets(side.addresses, part) for part in self.blocks.ranges)
        )
