"""Everything of the AWS network that was read, put together."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property

from msgspec import Struct

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Facts, Key
from ringwall.model.dialects.security_group import Edits
from ringwall.model.fabric.acls import Acls
from ringwall.model.fabric.blocks import block, cidrs
from ringwall.model.fabric.gateways import InternetGateways, egress_only, endpoints, nats
from ringwall.model.fabric.groups import Groups
from ringwall.model.fabric.interfaces import Interfaces
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.peerings import peerings
from ringwall.model.fabric.places import Places
from ringwall.model.fabric.pool import Pool
from ringwall.model.fabric.regions import Regions
from ringwall.model.fabric.reply import Replies
from ringwall.model.fabric.routes import Routes
from ringwall.model.fabric.source_nat import excluded, settings
from ringwall.model.fabric.vpcs import Vpcs
from ringwall.model.workloads import Workloads
from ringwall.space.addresses import INTERNET, Addresses, Range
from ringwall.space.services import TCP, ServiceSet

API: ServiceSet = ServiceSet.of(TCP, 443)
"""What an EKS API endpoint serves."""


class World:
    """The parts, in the order in which they are read.

    ``regions`` tell apart what this network can tell apart; ``far_regions`` also what the
    policies of a receiver can, for the addresses that it sees after a translation.
    """

    def __init__(
        self,
        facts: Facts,
        workloads: Workloads,
        eks_names: Mapping[str, str],
        links: Mapping[str, Key],
        before: "World | None" = None,
    ) -> None:
        """``before`` is a world with the same groups and prefix lists; what these admit is kept."""
        self.workloads = workloads
        self.eks_names, self.links = dict(eks_names), dict(links)
        self.pool: Pool = before.pool.copy() if before else Pool()
        self.inventory = Inventory(facts)
        self.vpcs = Vpcs(self.inventory)
        self.interfaces = Interfaces(self.inventory, self.vpcs)
        self.groups: Groups = (
            before.groups.changed(self.inventory, self.pool, {})
            if before
            else Groups(self.inventory, self.pool)
        )
        self._route()
        self.settings = settings(facts, eks_names)
        self.api = dict(self.inventory.of(aws.Cluster))
        self.places = Places()
        self.held: set[tuple[int, int]] = set()
        self._vpc_of: dict[str, str] = {}
        self._cut(facts, before)

    def _route(self) -> None:
        """Reads what leads packets on, and stands between subnets."""
        self.acls = Acls(self.inventory, self.pool)
        self.routes = Routes(self.inventory, self.groups.lists)
        self.gateways = InternetGateways(self.inventory, self.routes)
        self.nats = nats(self.inventory)
        self.endpoints, self.egress_only = endpoints(self.inventory), egress_only(self.inventory)
        self.peerings = peerings(self.inventory, self.vpcs)
        services = (one.id for one in self.endpoints.values() if one.gateway)
        one_way = frozenset((*services, *self.egress_only))
        self.replies = Replies(self.acls, self.routes, self.pool, one_way, frozenset(self.peerings))

    def _cut(self, facts: Facts, before: "World | None") -> None:
        """Cuts the addresses wherever something tells them apart."""
        self.path_cuts = frozenset(self._path_cuts())
        self.api_cuts = frozenset(self._api_cuts())
        self.group_cuts = self.groups.cuts()
        self.policy_cuts = frozenset(policy_cuts(facts))
        self.path_regions = Regions(sorted(self.path_cuts))
        self.regions: Regions = (
            _changed(before.regions, before.cuts, self.cuts)
            if before
            else Regions(sorted(self.cuts))
        )
        self.far_regions = Regions(sorted(self.cuts | self.policy_cuts))

    @cached_property
    def cuts(self) -> frozenset[Range]:
        """The blocks that this network can tell addresses apart by."""
        return self.path_cuts | self.api_cuts | self.group_cuts

    @cached_property
    def present(self) -> bool:
        """Whether the AWS layer is in scope."""
        return self.inventory.present

    def vpc_of(self, cluster: str) -> str:
        """The VPC of a Kubernetes cluster: that of its description, else of its first node whose
        primary interface was read, else empty."""
        found = self._vpc_of.get(cluster)
        if found is None:
            found = self._vpc_of[cluster] = self._find_vpc(cluster)
        return found

    def _find_vpc(self, cluster: str) -> str:
        link = self.links.get(cluster)
        if link in self.api and (told := self.api[link].resources_vpc_config.vpc_id):
            return told
        own = self.workloads.clusters.get(cluster)
        nodes = sorted(own.nodes.values(), key=lambda node: node.key) if own else ()
        primaries = (self.interfaces.primary(node.instance) for node in nodes if node.instance)
        return next((one.vpc for one in primaries if one), "")

    def _path_cuts(self) -> Iterator[Range]:
        """The blocks that anything but groups can tell addresses apart by."""
        yield from cidrs(INTERNET)
        for part in self.vpcs.cuts():
            yield from cidrs(Addresses((part,)))
        yield from self.acls.cuts()
        yield from self.routes.cuts()
        for peering in self.peerings.values():
            for side in peering.sides:
                yield from cidrs(side.blocks or Addresses())
        for own in self.settings.values():
            yield from cidrs(excluded(own))

    def _api_cuts(self) -> Iterator[Range]:
        for body in self.api.values():
            for text in body.resources_vpc_config.public_access_cidrs or ():
                yield block(text)

    # --- changes --------------------------------------------------------------------------------

    def changed(
        self,
        inventory: Inventory,
        workloads: Workloads,
        policy_cuts: frozenset[Range],
        edits: Edits,
        *,
        rerouted: bool,
    ) -> "World":
        """The world after a change of pods, nodes and policies, of rules of groups, and, if
        ``rerouted``, of ACLs, tables and gateways; of nothing else that is read here. It goes on
        with a pool of its own."""
        new = copy(self)
        for name in ("cuts", "present"):
            new.__dict__.pop(name, None)
        new.inventory, new.workloads, new.policy_cuts = inventory, workloads, policy_cuts
        new.pool = self.pool.copy()
        new.groups = self.groups.changed(inventory, new.pool, edits)
        new._vpc_of = {}
        if rerouted:
            new._route()
            new.path_cuts = frozenset(new._path_cuts())
            new.path_regions = _changed(self.path_regions, self.path_cuts, new.path_cuts)
        else:
            new.acls, new.routes = self.acls.twin(new.pool), self.routes.twin()
            new.replies = self.replies.twin(new.acls, new.routes, new.pool)
        if edits:
            new.group_cuts = new.groups.cuts()
        new.regions = _changed(self.regions, self.cuts, new.cuts)
        far = self.cuts | self.policy_cuts, new.cuts | new.policy_cuts
        new.far_regions = _changed(self.far_regions, *far)
        return new

    def policy_cuts_after(self, facts: Facts, delta: Delta) -> frozenset[Range]:
        """The blocks that policies name after a change, which leads to these facts."""
        gone, come = (
            frozenset(_named_by(fact.body for pair in delta.values() if (fact := pair[i])))
            for i in (0, 1)
        )
        if gone <= come:
            return self.policy_cuts | come
        return frozenset(policy_cuts(facts))


def _changed(regions: Regions, old: frozenset[Range], new: frozenset[Range]) -> Regions:
    return regions if old == new else regions.changed(new - old, old - new)


def policy_cuts(facts: Facts) -> Iterator[Range]:
    """The blocks and exceptions of network policies."""
    return _named_by(body for _, body in facts.of(k8s.NetworkPolicy))


def _named_by(bodies: Iterable[Struct]) -> Iterator[Range]:
    """Those of the policies among some bodies."""
    texts: set[str] = set()
    for policy in bodies:
        if not isinstance(policy, k8s.NetworkPolicy):
            continue
        spec = policy.spec
        peers = [peer for rule in spec.ingress or () for peer in rule.peers]
        peers += [peer for rule in spec.egress or () for peer in rule.peers]
        for peer in peers:
            if peer.ip_block:
                texts.update((peer.ip_block.cidr, *(peer.ip_block.except_ or ())))
    for text in sorted(texts):
        try:
            yield block(text)
        except ValueError:
            continue
