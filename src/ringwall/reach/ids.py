"""The words of a question: who (ids, addresses, blocks) and which service.

Ids are those of the output; a cluster or account prefix may be left out where that is clear.
"""

import ipaddress
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from ringwall.errors import UsageError
from ringwall.facts.fact import Key
from ringwall.reach.definition.endpoint import families
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.packet import (
    ICMP,
    ICMPV6,
    PROTOCOLS,
    PUBLIC,
    WITH_PORTS,
    Address,
    Network,
    address,
    network,
)
from ringwall.reach.definition.pods import Node, Pod, workloads
from ringwall.reach.definition.world import Party, World

_WORKLOAD: Final = re.compile(r"(?P<ns>[^/!]+)/(?P<name>[^/!\[\]]+)(?:\[(?P<kind>\w+)\])?")


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring addresses of one family, both ends included."""

    family: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Member:
    """One thing of an endpoint: its attachments, or a span of addresses.

    ``foreign``: of the span only the addresses that nothing which was read owns.
    """

    parties: tuple[Party, ...] = ()
    span: Span | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an id stands for: the pods of a workload, one interface, a set of addresses …"""

    id: str
    kind: str
    members: tuple[Member, ...]


def endpoint(world: World, text: str) -> Endpoint:
    """What an id or address means in this world. Raises UsageError where it means nothing."""
    if text == "internet":
        members = tuple(Member(span=Span(*part), foreign=True) for part in PUBLIC)
        return Endpoint(text, "internet", members)
    if text.startswith("block/"):
        raise UsageError(f"`{text}` is a set of blocks in a listing; write one of its CIDR blocks")
    prefix, _, bare = text.rpartition("!")
    for find in (_address, _block, _api, _service, _node, _interface, _instance, _workload):
        found = find(world, prefix, bare)
        found = [one for one in found if one.id == text] or found
        if len(found) > 1:
            owners = ", ".join(sorted(e.id for e in found))
            raise UsageError(f"`{text}` is ambiguous: it may be {owners}; write one of these")
        if found:
            return found[0]
    raise UsageError(f"`{text}` is nothing that was read{_hint(world, text)}")


def _span(block: Network) -> Span:
    return Span(block.version, int(block.network_address), int(block.broadcast_address))


def _hint(world: World, text: str) -> str:
    """Ids that look like what was written, so that a slip is easily mended."""
    word = text.partition("[")[0].rpartition("/")[2].lower()
    known = known_ids(world)
    near = [name for name in known if word and word in name.lower()][:3]
    short = {name.partition("[")[0]: name for name in ("internet", *known)}
    near = near or [short[name] for name in get_close_matches(text.partition("[")[0], short)]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    some = ", ".join(known[:3])
    return f"; ids look like {some}" if some else ""


def known_ids(world: World) -> list[str]:
    """Every id that a question may name, in order."""
    found: set[str] = {str(key) for key in world.fabric.eks}
    for cluster in world.clusters.values():
        found.update(workloads(cluster))
        found.update(node.id for node in cluster.nodes.values())
        found.update(str(key) for key, _ in cluster.services)
    found.update(interface.id for interface in world.fabric.interfaces.values())
    return sorted(found)


def _address(world: World, prefix: str, bare: str) -> list[Endpoint]:
    try:
        at = address(bare)
    except ValueError:
        return []
    owners = owners_of(world, at)
    if prefix:
        owners = [party for party in owners if prefix in _scopes(world, party)]
        if not owners:
            raise UsageError(f"`{prefix}!{bare}`: nothing in `{prefix}` has that address")
    if len({party.domain for party in owners}) > 1:
        names = ", ".join(sorted(f"{party.domain}!{bare}" for party in owners))
        raise UsageError(f"`{bare}` has several owners; write {names}")
    party = owners[0] if owners else unowned(world, at)
    return [Endpoint(bare, "address", (Member((party,)),))]


def _scopes(world: World, party: Party) -> set[str | None]:
    """What may stand before an address: its routing domain, its cluster, or account and region."""
    account = {
        interface.key.scope
        for interface in world.fabric.interfaces.values()
        if interface.vpc == party.domain and interface.key.scope
    }
    return {party.domain, party.cluster, *account}


def owners_of(world: World, at: Address) -> list[Party]:
    """Who holds an address: pods, nodes and Services first, then interfaces, in every routing
    domain.

    In a question about a block every look-up notes how far its answer holds.
    """
    found: list[Party] = []
    for name, cluster in world.clusters.items():
        if pod := cluster.pod_at(at):
            found.append(_pod_party(world, pod, at, _domain_of(world, pod) or name))
        elif node := cluster.node_at(at):
            found.append(_node_party(world, node, at, world.vpc_of(name) or name))
        elif service := cluster.service_at(at):
            domain = world.vpc_of(name) or name
            found.append(Party(str(service), at, cluster=name, service=service, domain=domain))
    taken = {party.domain for party in found}
    for vpc in world.fabric.domains:
        interface = world.fabric.interface_at(vpc, at)
        if interface and vpc not in taken:
            found.append(_host_party(world, interface, at))
    behind = world.fabric.interface_behind(at) if not found else None
    if behind:
        found.append(_host_party(world, behind[0], at))
    return found


def _domain_of(world: World, pod: Pod) -> str:
    """The VPC that a pod's address lies in."""
    seat = world.seat(pod)
    return world.vpc_of(pod.cluster) or (seat.vpc if isinstance(seat, Interface) else "")


def _host_party(world: World, interface: Interface, at: Address) -> Party:
    """An address that no pod holds: the node's, where the interface is on one."""
    for cluster in world.clusters.values():
        for node in cluster.nodes.values():
            if node.instance and node.instance == interface.instance:
                own = at in _host_addresses(interface) or at in interface.public.values()
                party = Party(
                    str(at), at, None, node, interface, cluster.name, domain=interface.vpc
                )
                return party if own else replace(party, spare=True)
    return _interface_party(interface, at, str(at))


def unowned(world: World, at: Address) -> Party:
    """An address that nobody holds: one of a VPC that was read, or one outside."""
    for vpc in sorted(world.fabric.vpcs):
        if any(at.inside(block).value for block in world.fabric.vpc_blocks(vpc)):
            return Party(str(at), at, domain=vpc)
    return Party(str(at), at)


def _block(world: World, prefix: str, bare: str) -> list[Endpoint]:
    del world, prefix
    if not re.fullmatch(r"[0-9a-fA-F]*[.:][0-9a-fA-F.:]*/\d+", bare):
        return []
    try:
        block = network(bare)
    except ValueError as error:
        raise UsageError(f"`{bare}` is not a CIDR block: {error}") from None
    return [Endpoint(str(block), "block", (Member(span=_span(block)),))]


def _api(world: World, prefix: str, bare: str) -> list[Endpoint]:
    return [
        Endpoint(str(key), "eks-api", (Member((Party(str(key), eks=key, speaks=families(body)),)),))
        for key, body in world.fabric.eks.items()
        if bare == f"eks-api/{key.name}" and prefix in ("", key.scope)
    ]


def _service(world: World, prefix: str, bare: str) -> list[Endpoint]:
    found = []
    for cluster in world.clusters.values():
        for key, _ in cluster.services:
            if f"svc/{key.name}" == bare and prefix in ("", key.scope):
                at = cluster.address_of(key)
                party = Party(str(key), at, cluster=key.scope, service=key)
                found.append(Endpoint(str(key), "service", (Member((party,)),)))
    return found


def _node(world: World, prefix: str, bare: str) -> list[Endpoint]:
    found = []
    for cluster in world.clusters.values():
        node = cluster.nodes.get(bare.removeprefix("node/")) if bare.startswith("node/") else None
        if node and prefix in ("", cluster.name):
            found.append(Endpoint(node.id, "node", (Member(node_parties(world, node)),)))
    return found


def node_parties(world: World, node: Node) -> tuple[Party, ...]:
    """A node's own addresses, and those of its interfaces that no pod holds."""
    domain = world.vpc_of(node.cluster)
    found = [_node_party(world, node, at, domain) for at in node.addresses]
    cluster = world.clusters[node.cluster]
    for interface in world.fabric.interfaces_of(node.instance):
        own = [at for at in _host_addresses(interface) if at not in node.addresses]
        found += [
            Party(node.id, at, None, node, interface, node.cluster, domain=domain)
            for at in own
            if not cluster.pod_at(at)
        ]
    return tuple(found) or (Party(node.id, None, None, node, cluster=node.cluster),)


def _host_addresses(interface: Interface) -> list[Address]:
    """Addresses of an interface that the host itself answers: the primary one, IPv6, and those with
    a public address; the other secondary ones wait for pods."""
    return [
        at
        for at in interface.private
        if at == interface.first_address or at.family == 6 or at in interface.public
    ]


def _node_party(world: World, node: Node, at: Address, domain: str) -> Party:
    interface = world.fabric.interface_at(domain, at) if domain else None
    return Party(node.id, at, None, node, interface, node.cluster, domain=domain)


def _interface(world: World, prefix: str, bare: str) -> list[Endpoint]:
    interface = world.fabric.interfaces.get(bare)
    if interface is None or prefix not in ("", interface.key.scope):
        return []
    return [Endpoint(interface.id, "interface", (Member(_holders(world, [interface])),))]


def _holders(world: World, interfaces: list[Interface]) -> tuple[Party, ...]:
    """Who holds each address of interfaces: a pod or node where one does, else the interface."""
    return tuple(
        next(
            (party for party in owners_of(world, at) if party.domain == interface.vpc),
            _interface_party(interface, at, interface.id),
        )
        for interface in interfaces
        for at in interface.private
    )


def interface_endpoint(interface: Interface, *, from_outside: bool = False) -> Endpoint:
    """One interface, with all of its addresses; ``from_outside``: those that somebody on the
    Internet can name, where there are any."""
    named = [at for at in interface.private if at in interface.public or at.family == 6]
    wanted = named if from_outside and named else interface.private
    parties = tuple(_interface_party(interface, at, interface.id) for at in wanted)
    return Endpoint(interface.id, "interface", (Member(parties),))


def _interface_party(interface: Interface, at: Address, name: str) -> Party:
    return Party(name, at, interface=interface, domain=interface.vpc)


def _instance(world: World, prefix: str, bare: str) -> list[Endpoint]:
    if not bare.startswith("i-"):
        return []
    found = world.fabric.interfaces_of(bare)
    key = world.fabric.instances[bare][0] if bare in world.fabric.instances else Key("", "i", bare)
    if not found or prefix not in ("", key.scope, *(interface.key.scope for interface in found)):
        return []
    return [Endpoint(str(key), "instance", (Member(_holders(world, found)),))]


def _workload(world: World, prefix: str, bare: str) -> list[Endpoint]:
    if not (match := _WORKLOAD.fullmatch(bare)):
        return []
    name, kind = f"{match['ns']}/{match['name']}", match["kind"]
    found = []
    for cluster in world.clusters.values():
        if prefix not in ("", cluster.name):
            continue
        for id_, pods in workloads(cluster).items():
            if id_ == f"{cluster.prefix}{name}[{kind or id_.rpartition('[')[2][:-1]}]":
                found.append(_pods_endpoint(world, id_, pods))
        if kind in (None, "Pod") and not found:
            single = [p for p in cluster.pods if p.id == f"{cluster.prefix}{name}[Pod]"]
            found += [_pods_endpoint(world, pod.id, [pod]) for pod in single]
    return found


def _pods_endpoint(world: World, id_: str, pods: list[Pod]) -> Endpoint:
    members = tuple(Member(pod_parties(world, pod)) for pod in pods)
    return Endpoint(id_, "workload", members)


def pod_parties(world: World, pod: Pod) -> tuple[Party, ...]:
    """One party for each address of a pod; one without an address where it has none."""
    domain = world.vpc_of(pod.cluster)
    node = world.clusters[pod.cluster].nodes.get(pod.node)
    if not pod.addresses:
        at = node.addresses[0] if pod.host_network and node and node.addresses else None
        return (Party(pod.id, at, pod, node, cluster=pod.cluster, domain=domain),)
    return tuple(_pod_party(world, pod, at, domain) for at in pod.addresses)


def _pod_party(world: World, pod: Pod, at: Address, domain: str) -> Party:
    node = world.clusters[pod.cluster].nodes.get(pod.node)
    return Party(pod.id, at, pod, node, cluster=pod.cluster, domain=domain)


@dataclass(frozen=True, slots=True)
class Services:
    """A block of services: neighbouring protocols (one, where it has ports) and ports."""

    protocols: tuple[int, int]
    ports: tuple[int, int] = (0, 0)


_FULL: Final = {ICMP: (0, 65535), ICMPV6: (0, 65535)} | dict.fromkeys(WITH_PORTS, (1, 65535))
_HOW: Final = "write tcp/443, tcp/8000-8010, udp/53, sctp/80, icmp, icmp/8, proto/47 or all"


def services(text: str) -> tuple[Services, ...]:
    """The services that a ``--port`` names. Raises UsageError."""
    if text == "all":
        return _all_services()
    name, slash, rest = text.partition("/")
    try:
        if name == "proto":
            number = _number(rest, 255)
            return (Services((number, number), _FULL.get(number, (0, 0))),)
        protocol = PROTOCOLS[name]
        if protocol in WITH_PORTS:
            ports = _range(rest) if slash else _FULL[protocol]
        else:
            ports = _icmp(rest)
    except (KeyError, ValueError):
        raise UsageError(f"`{text}` is not a port; {_HOW}") from None
    return (Services((protocol, protocol), ports),)


def _all_services() -> tuple[Services, ...]:
    found, low = [], 0
    for protocol in sorted(_FULL):
        if low < protocol:
            found.append(Services((low, protocol - 1)))
        found.append(Services((protocol, protocol), _FULL[protocol]))
        low = protocol + 1
    return (*found, Services((low, 255)))


def _range(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    first = _number(low, 65535)
    last = _number(high, 65535) if dash else first
    if last < first:
        raise ValueError
    return first, last


def _icmp(text: str) -> tuple[int, int]:
    if not text:
        return 0, 65535
    kind, slash, code = text.partition("/")
    low = _number(kind, 255) * 256
    return (low + _number(code, 255),) * 2 if slash else (low, low + 255)


def _number(text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > most:
        raise ValueError
    return int(text)


def block_text(span: Span) -> str:
    """A span as an address, a CIDR block, or ``first-last``."""
    kind = ipaddress.IPv4Address if span.family == 4 else ipaddress.IPv6Address
    low, high = kind(span.low), kind(span.high)
    if low == high:
        return str(low)
    blocks = list(ipaddress.summarize_address_range(low, high))
    return str(blocks[0]) if len(blocks) == 1 else f"{low}-{high}"
