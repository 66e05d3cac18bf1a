"""The attachments of a world, and which of them holds an address.

In one routing domain an address is held by the pod that has it, else by the node, else by the
interface. A host-network pod shares its node's address, which the node holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple, Protocol

import numpy as np

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.model.attachments import Attachment
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.peers import Ints
from ringwall.model.workloads import At, Cluster, Node, Workloads, addresses

_NO_ADDRESS: Final[tuple[At, ...]] = ((0, 0),)


Place = tuple[str, int, int]
"""A VPC (empty where there is none), a family, and an address."""


class Network(Protocol):
    """What is asked of the AWS half: whose an address is there."""

    @property
    def interfaces(self) -> Mapping[str, Interface]:
        """Every interface by id."""

    @property
    def api(self) -> Mapping[Key, aws.Cluster]:
        """Every EKS cluster."""

    @property
    def domains(self) -> Iterable[str]:
        """Every VPC."""

    def vpc_of(self, cluster: str) -> str:
        """The VPC of a Kubernetes cluster, empty if it is not known."""

    def interface_at(self, vpc: str, family: int, value: int) -> Interface | None:
        """Who holds an address in a VPC."""

    def host_addresses(self, interface: Interface) -> Iterable[At]:
        """The addresses of an interface that its host itself uses."""


class Told(NamedTuple):
    """What attachments tell by themselves, as arrays.

    ``pod`` is the pod's number or -1, ``six`` that the family is IPv6, ``host`` that it is a node
    or a pod on the host network.
    ``cluster`` numbers the clusters from 1, 0 is none; ``special`` numbers Services and API
    endpoints, -1 is none.
    """

    pod: Ints
    six: Ints
    host: Ints
    cluster: Ints
    special: Ints


class Holders:
    """Every attachment: of pods, of nodes, of interfaces, of Services, of API endpoints."""

    def __init__(self, workloads: Workloads, network: Network) -> None:
        self._workloads = workloads
        self._network = network
        self._vpcs = {name: network.vpc_of(name) for name in workloads.clusters}
        self.pods = list(self._of_pods())
        hosts = [one for one in self.pods if workloads.pods[one.pod].host_network]
        alone = (one for one in self.pods if not workloads.pods[one.pod].host_network)
        self._by_pods = {(one.domain, one.family, one.address) for one in alone}
        self.nodes = list(self._of_nodes())
        by_hosts = {(one.domain, one.family, one.address) for one in (*hosts, *self.nodes)}
        self.interfaces = list(self._of_interfaces(by_hosts))
        self.services = list(services(workloads))
        self.apis = list(_apis(network))
        self._special = {one: i for i, one in enumerate((*self.services, *self.apis))}
        self._clusters = {name: i for i, name in enumerate((None, *workloads.clusters))}
        self.attachments = [
            *self.pods,
            *self.nodes,
            *self.interfaces,
            *self.services,
            *self.apis,
        ]

    @cached_property
    def told(self) -> Told:
        """What every attachment tells, in the order of :attr:`attachments`."""
        return self.tell(self.attachments)

    def tell(self, some: Sequence[Attachment]) -> Told:
        """What some attachments tell."""
        return Told(
            pod=_ints([one.pod for one in some]),
            six=_ints([one.family == 6 for one in some]),
            host=_ints([self._is_host(one) for one in some]),
            cluster=_ints([self._clusters[one.cluster] for one in some]),
            special=_ints([self._special.get(one, -1) if one.key else -1 for one in some]),
        )

    def _is_host(self, one: Attachment) -> bool:
        if one.pod < 0:
            return one.kind == "node"
        return self._workloads.pods[one.pod].host_network

    def of(self, owner: str) -> tuple[Attachment, ...]:
        """The attachments of an endpoint, by its id."""
        return self._by_owner.get(owner, ())

    def of_pod(self, number: int) -> tuple[Attachment, ...]:
        """The attachments of a pod, by its number."""
        return self._by_pod[number]

    def of_interface(self, interface: Interface) -> tuple[Attachment, ...]:
        """The attachments of an interface: each of its addresses, as the pod or node that holds
        it where one does."""
        found = (self.in_domain(interface.vpc, *at) for at in interface.addresses)
        return tuple(one for one in found if one is not None)

    def at(self, family: int, value: int) -> tuple[Attachment, ...]:
        """Who holds an address: one in each domain, in the order of :attr:`attachments`."""
        return self._by_address.get((family, value), ())

    def in_domain(self, domain: str, family: int, value: int) -> Attachment | None:
        """Who holds an address in one VPC."""
        return next((one for one in self.at(family, value) if one.domain == domain), None)

    @property
    def addresses(self) -> Iterable[At]:
        """Every address that somebody holds, without delegated blocks and public pairs."""
        return self._by_address.keys()

    # --- who holds an address -----------------------------------------------------------------

    @cached_property
    def _by_owner(self) -> dict[str, tuple[Attachment, ...]]:
        found: dict[str, list[Attachment]] = {}
        for one in self.attachments:
            found.setdefault(one.owner, []).append(one)
        return {owner: tuple(mine) for owner, mine in found.items()}

    @cached_property
    def _by_pod(self) -> list[tuple[Attachment, ...]]:
        found: list[tuple[Attachment, ...]] = [()] * len(self._workloads.pods)
        for one in self.pods:
            found[one.pod] = (*found[one.pod], one)
        return found

    @cached_property
    def _by_address(self) -> dict[At, tuple[Attachment, ...]]:
        found: dict[At, tuple[Attachment, ...]] = {}
        pods = self._workloads.pods
        sharing = [one for one in self.pods if pods[one.pod].host_network]
        alone = [one for one in self.pods if not pods[one.pod].host_network]
        for one in (*alone, *self.nodes, *sharing, *self.interfaces, *self.services):
            at = one.family, one.address
            if at not in found:
                found[at] = (one,)
            elif not any(_same_place(one, other) for other in found[at]):
                found[at] = (*found[at], one)
        found.pop(_NO_ADDRESS[0], None)
        return found

    # --- making them --------------------------------------------------------------------------

    def _of_pods(self) -> Iterator[Attachment]:
        for number, pod in enumerate(self._workloads.pods):
            vpc = self._vpcs[pod.cluster] or self._only_vpc(pod.addresses)
            for family, value in pod.addresses or _NO_ADDRESS:
                yield Attachment(
                    pod.id, "pod", family, value, pod.cluster, number, pod.node, "", vpc
                )

    def _of_nodes(self) -> Iterator[Attachment]:
        of_instance: dict[str, list[Interface]] = {}
        for interface in self._network.interfaces.values():
            if interface.instance:
                of_instance.setdefault(interface.instance, []).append(interface)
        for cluster in self._workloads.clusters.values():
            for name in sorted(cluster.nodes):
                node = cluster.nodes[name]
                yield from self._of_node(cluster, node, of_instance.get(node.instance, ()))

    def _of_node(
        self, cluster: Cluster, node: Node, interfaces: Iterable[Interface]
    ) -> Iterator[Attachment]:
        vpc = self._vpcs[cluster.name] or self._only_vpc(node.addresses)
        own = {(vpc, *at): "" for at in node.addresses}
        for interface in interfaces:
            for at in self._network.host_addresses(interface):
                place = (interface.vpc, *at)
                if place not in self._by_pods:
                    own.setdefault(place, interface.id)
        for (domain, family, value), interface_id in (own or {(vpc, 0, 0): ""}).items():
            yield Attachment(
                owner=node.id,
                kind="node",
                family=family,
                address=value,
                cluster=cluster.name,
                node=node.name,
                interface=interface_id,
                domain=domain,
            )

    def _of_interfaces(self, by_hosts: set[Place]) -> Iterator[Attachment]:
        for name in sorted(self._network.interfaces):
            interface = self._network.interfaces[name]
            for at in interface.addresses:
                place = (interface.vpc, *at)
                if place not in self._by_pods and place not in by_hosts:
                    yield of_interface(interface, at)

    def _only_vpc(self, told: Iterable[At]) -> str:
        """The only VPC in which an interface holds one of some addresses, empty if none or several
        do."""
        domains = {
            vpc
            for vpc in self._network.domains
            for family, value in told
            if self._network.interface_at(vpc, family, value)
        }
        return min(domains) if len(domains) == 1 else ""


def of_interface(interface: Interface, at: At) -> Attachment:
    """The attachment of an interface at an address that neither pod nor node holds."""
    return Attachment(
        owner=str(interface.key),
        kind="interface",
        family=at[0],
        address=at[1],
        interface=interface.id,
        domain=interface.vpc,
    )


def nobody(family: int, value: int, domain: str = "") -> Attachment:
    """The attachment of an address that nobody holds, in a VPC's blocks or in none."""
    kind = "unowned" if domain else "outside"
    return Attachment(text(family, value), kind, family, value, domain=domain)


def text(family: int, value: int) -> str:
    """An address as people write it."""
    return str(IPv4Address(value) if family == 4 else IPv6Address(value))


def services(workloads: Workloads) -> Iterator[Attachment]:
    """One attachment for each cluster address of each Service, or one without an address."""
    for cluster in workloads.clusters.values():
        for key in sorted(cluster.services):
            spec = cluster.services[key].spec
            told = (spec.cluster_ip, *(spec.cluster_ips or ()))
            for family, value in addresses(one for one in told if one) or _NO_ADDRESS:
                yield Attachment(
                    owner=f"{cluster.prefix}svc/{key.name}",
                    kind="service",
                    family=family,
                    address=value,
                    cluster=cluster.name,
                    key=key,
                )


def held(workloads: Workloads) -> set[At]:
    """The addresses that a pod, a node or a Service of some cluster has."""
    found = {at for pod in workloads.pods for at in pod.addresses}
    for cluster in workloads.clusters.values():
        found.update(at for node in cluster.nodes.values() for at in node.addresses)
    found.update((one.family, one.address) for one in services(workloads) if one.family)
    return found


def _apis(network: Network) -> Iterator[Attachment]:
    """IPv4, and IPv6 where the cluster's family or one of the blocks admitted says so."""
    for key in sorted(network.api):
        body = network.api[key]
        told = body.kubernetes_network_config
        blocks = body.resources_vpc_config.public_access_cidrs or ()
        six = bool(told and told.ip_family == "ipv6") or any(":" in block for block in blocks)
        for family in (4, 6) if six else (4,):
            yield Attachment(
                owner=f"{key.scope}!eks-api/{body.name}" if key.scope else f"eks-api/{body.name}",
                kind="api",
                family=family,
                domain=body.resources_vpc_config.vpc_id,
                key=key,
            )


def _same_place(one: Attachment, other: Attachment) -> bool:
    """Whether two holders of one address would be in each other's place."""
    return (one.cluster, one.domain) == (other.cluster, other.domain)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)
