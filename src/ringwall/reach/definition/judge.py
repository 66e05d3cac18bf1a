"""May this packet go from here to there? Every way it can take, each with all of its hops."""

from dataclasses import dataclass, replace

from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition import endpoint, policing, reply, service, vpc_cni
from ringwall.reach.definition.arrival import Journey, arrive, from_internet, nobody
from ringwall.reach.definition.fabric import from_interface
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.networkpolicy import Far
from ringwall.reach.definition.packet import (
    ICMP,
    ICMPV6,
    LINUX_CLIENTS,
    OTHER_CLIENTS,
    Address,
    Packet,
    Service,
    is_public,
    private_address,
)
from ringwall.reach.definition.path import Hop, Path
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import NO, YES, Reason, Truth, unknown
from ringwall.reach.definition.world import Party, World


@dataclass(frozen=True, slots=True)
class Question:
    """One packet from one party to another.

    ``together`` says whether both ends are on one node; ``specification`` asks what the policies
    say, whatever enforces them; ``policies_only`` leaves the AWS layer out; ``before`` is what the
    packet was addressed to before a Service's rewriting, where there was one.
    """

    src: Party
    dst: Party
    service: Service
    together: bool = False
    specification: bool = False
    policies_only: bool = False
    before: tuple[Address, Service] | None = None


def paths(world: World, question: Question) -> list[Path]:
    """Every way the packet can take, each judged to its end, also behind a block."""
    src, dst = _as_sender(question.src), question.dst
    together = question.together and not _is_public_of_interface(dst)
    question = replace(question, src=src, together=together)
    if src.service is not None:
        return [_from_service(question)]
    if dst.service is not None:
        return _to_service(world, question, dst.service)
    if src.families and dst.families and not src.families & dst.families:
        return [_other_family(question)]
    if src.eks is not None:
        return _from_control_plane(world, question, src.eks)
    if dst.eks is not None:
        return endpoint.paths(world, src, dst.eks, question.service, question.specification)
    if speaks_other_family(question):
        return [_other_icmp(question)]
    found = [_direct(world, question)]
    if not question.policies_only:
        found += _ways_in(world, question)
    return found


def _as_sender(party: Party) -> Party:
    """An interface sends from the private address behind its public one."""
    if party.interface is None or party.address is None:
        return party
    behind = {public: private for private, public in party.interface.public.items()}
    return replace(party, address=behind.get(party.address, party.address))


def _is_public_of_interface(party: Party) -> bool:
    """Whether an end is named by a public address: no host holds it, so that also a pod of that
    host sends to the internet gateway, which translates it (28)."""
    return party.interface is not None and party.address in party.interface.public.values()


def _from_control_plane(world: World, question: Question, key: Key) -> list[Path]:
    """The API server sends from its interfaces in the VPC (aws.md 49)."""
    found = []
    for interface in world.fabric.control_plane(world.fabric.eks[key]):
        party = Party(str(key), interface.first_address, interface=interface, domain=interface.vpc)
        found += paths(world, replace(question, src=party))
    if found:
        return found
    needs = f"the interfaces of {key}: aws ec2 describe-network-interfaces"
    truth = unknown("interfaces-not-read", str(key), needs)
    packet = _packet(question, question.service)
    return [Path([Hop(str(key), "interface", truth, packet)])]


def _from_service(question: Question) -> Path:
    """A Service's address only receives: its pods answer as themselves."""
    packet = _packet(question, question.service)
    return Path([Hop(question.src.id, "service", NO, packet, note="a Service sends nothing")])


def _other_family(question: Question) -> Path:
    packet = _packet(question, question.service)
    note = "the two ends have no address of one family"
    return Path([Hop(question.dst.id, "address", NO, packet, note=note)])


def speaks_other_family(question: Question) -> bool:
    """Whether ICMP is asked for over IPv6, or ICMPv6 over IPv4 (RFC 792, RFC 4443)."""
    families = question.src.families & question.dst.families
    families = families or question.src.families or question.dst.families
    if families == {6}:
        return question.service.is_(ICMP)
    return families != {4, 6} and question.service.is_(ICMPV6)


def _other_icmp(question: Question) -> Path:
    packet = _packet(question, question.service)
    note = "ICMP is spoken over IPv4 and ICMPv6 over IPv6"
    return Path([Hop(question.dst.id, "address", NO, packet, note=note)])


def _packet(question: Question, asked: Service) -> Packet:
    src, dst = question.src, question.dst
    clients = LINUX_CLIENTS if src.pod or _is_node(src) else OTHER_CLIENTS
    return Packet(_address(src), _address(dst), asked, clients=clients)


def _address(party: Party) -> Address:
    return party.address or private_address(f"the address of {party.id}")


def _direct(world: World, question: Question) -> Path:
    """Out of the sender's policies, through the fabric, into the receiver's policies."""
    src, dst, asked = question.src, question.dst, question.service
    packet = _packet(question, asked)
    if src.pod is not None and src.pod is dst.pod:
        return Path([_to_itself(src.pod, packet, question.before is not None)])
    path = Path()
    path.hops += _host_gates(world, src, "egress", packet)
    if src.pod is not None:
        far = Far(dst.pod, packet.dst, asked, question.before)
        path.hops.append(_police(world, question, src.pod, "egress", far, packet))
    arrived = packet
    if world.fabric.present and not question.policies_only:
        arrived = _cross(world, question, packet, path)
    if dst.pod is not None:
        unchanged = arrived.src == packet.src
        far = Far(src.pod if unchanged else None, arrived.src, asked)
        path.hops.append(_police(world, question, dst.pod, "ingress", far, arrived))
    path.hops += _host_gates(world, dst, "ingress", arrived)
    reply.judge(world, path, arrived)
    return path


def _host_gates(world: World, party: Party, direction: str, packet: Packet) -> list[Hop]:
    """What polices a node, or a pod on its network."""
    if not _is_node(party) or party.cluster is None:
        return []
    hop = policing.host_gate(world, party.id, party.cluster, direction, packet)
    return [hop] if hop else []


def _to_itself(pod: Pod, packet: Packet, through_service: bool) -> Hop:
    """KD: a pod cannot block access to itself; through its own Service it is undefined."""
    unpoliced = pod.host_network or pod.windows_or_fargate
    if through_service and not unpoliced:
        needs = "how the engine treats a pod's traffic to itself through a Service (undefined)"
        truth = unknown("hairpin-undefined", pod.workload, needs)
        return Hop(pod.id, "policy-ingress", truth, packet)
    return Hop(pod.id, "policy-ingress", YES, packet, note="a pod cannot block itself")


def _police(
    world: World, question: Question, pod: Pod, direction: str, far: Far, packet: Packet
) -> Hop:
    other = question.dst if direction == "egress" else question.src
    return policing.gate(
        world,
        pod,
        direction,
        far,
        packet,
        own_node=question.together and _is_node(other),
        specification=question.specification,
    )


def _is_node(party: Party) -> bool:
    return party.pod.host_network if party.pod else party.node is not None and not party.spare


def _cross(world: World, question: Question, packet: Packet, path: Path) -> Packet:
    """The AWS part of the way; the packet as it looks at its end."""
    src, dst = question.src, question.dst
    here, there = _seat(world, src), _seat(world, dst)
    cluster = src.cluster or dst.cluster or ""
    if question.together and vpc_cni.skips_fabric(world, cluster, here, there):
        path.note = "both ends on one node: no security group or network ACL is met"
        return packet
    if src.outside:
        return _from_outside(world, dst, there, packet, path)
    if here is None:
        path.hops.append(nobody(world.fabric, src.id, src.domain, packet, packet.src))
        return packet
    for party, seat in ((src, here), (dst, there)):
        if isinstance(seat, Truth) and seat.value is None:
            path.hops.append(Hop(party.id, "interface", seat, packet))
    if not isinstance(here, Interface):
        return packet
    packet = _travel(world, src, here, packet, path)
    if path.arrived and dst.interface and path.arrived.id != dst.interface.id:
        note = f"{packet.dst} is {path.arrived.id}'s there, {dst.id} is in another VPC"
        path.hops.append(Hop(path.arrived.id, "address", NO, packet, note=note))
    return packet


def _seat(world: World, party: Party) -> Interface | Truth | None:
    """Where a party meets the fabric; None for an address that is no interface's."""
    if party.interface is not None:
        return party.interface
    if party.pod is not None:
        return world.seat(party.pod)
    if party.node is not None:
        primary = world.fabric.primary_of(party.node.instance) if party.node.instance else None
        needs = "its instance's interface: aws ec2 describe-network-interfaces"
        return primary or unknown("interface-unknown", party.id, needs)
    return None


def _travel(world: World, src: Party, here: Interface, packet: Packet, path: Path) -> Packet:
    if packet.dst.among:
        return packet  # the receiver's interface is unknown already, nothing more can be said
    if src.pod is not None:
        departure = vpc_cni.depart(world, src.pod, here, packet)
        if departure.hop:
            path.hops.append(departure.hop)
        here, packet = departure.interface, departure.packet
    return _record(path, from_interface(world.fabric, here, packet))


def _record(path: Path, journey: Journey) -> Packet:
    path.hops += journey.hops
    path.arrived, path.came_by = journey.arrived, journey.came_by
    return journey.packet


def _from_outside(
    world: World, dst: Party, there: Interface | Truth | None, packet: Packet, path: Path
) -> Packet:
    if is_public(packet.src).value is False:
        return _from_other_network(world, dst, there, packet, path)
    if isinstance(there, Truth):
        path.hops.append(Hop(dst.id, "interface", there, packet))
        return packet
    if there is None:
        if not dst.domain and is_public(packet.dst).value is True:
            return packet  # from outside to outside: nothing of ours is in between
        note = f"{packet.dst} is not reachable from outside"
        path.hops.append(Hop("internet", "internet-gateway", NO, packet, note=note))
        return packet
    return _to_public_address(world, there, packet, path)


def _to_public_address(world: World, there: Interface, packet: Packet, path: Path) -> Packet:
    own = packet.dst in there.public.values() or packet.dst.family == 6
    target = packet.dst if own else there.public.get(packet.dst)
    if target is None:
        note = f"{packet.dst} has no public address"
        path.hops.append(Hop(there.id, "internet-gateway", NO, packet, note=note))
        return packet
    journey = Journey(packet.with_destination(target))
    from_internet(world.fabric, journey)
    return _record(path, journey)


def _from_other_network(
    world: World, dst: Party, there: Interface | Truth | None, packet: Packet, path: Path
) -> Packet:
    """A private address in no VPC that was read: a network behind a gateway not followed. An
    internet gateway drops such sources (28)."""
    read = isinstance(there, Interface) and world.fabric.vpc_blocks(there.vpc)
    if isinstance(there, Interface) and read and world.fabric.is_island(there.vpc):
        note = "it drops private sources, and no route of the VPC leads to another network"
        path.hops.append(Hop(there.vpc, "internet-gateway", NO, packet, note=note))
        return packet
    needs = f"the network of {packet.src} and the way from there (peering, transit gateway, VPN)"
    truth = unknown("network-not-read", str(packet.src), needs)
    path.hops.append(Hop(str(packet.src), "gateway", truth, packet))
    if there is None and dst.domain:
        path.hops.append(nobody(world.fabric, dst.domain, dst.domain, packet, packet.dst))
    if not isinstance(there, Interface):
        return packet
    target = dst.interface or world.fabric.interface_at(there.vpc, packet.dst)
    if target is None:
        return packet
    journey = Journey(replace(packet, groups=None))
    arrive(world.fabric, target, journey, crosses=True)
    return _record(path, journey)


def _to_service(world: World, question: Question, key: Key) -> list[Path]:
    """A packet to a Service's port goes to one of its pods, on the pod's own port."""
    body = world.facts[key].body
    assert isinstance(body, k8s.Service)  # noqa: S101 - the key was looked up as one
    cluster = world.clusters[key.scope]
    if hop := _not_followed(question, cluster, key, body):
        return [Path([hop])]
    found = service.backends(cluster, body, question.service)
    if not found:
        note = "the Service has no such port, or no pod behind it"
        packet = _packet(question, question.service)
        return [Path([Hop(question.dst.id, "service", NO, packet, note=note)])]
    return [_to_backend(world, question, body, backend) for backend in found]


def _to_backend(
    world: World, question: Question, body: k8s.Service, backend: service.Backend
) -> Path:
    pod = backend.pod
    at = _same_family(pod, question.src)
    if at is None and pod.addresses:
        return _other_family(question)
    node = world.clusters[pod.cluster].nodes.get(pod.node)
    target = Party(pod.id, at, pod=pod, node=node, cluster=pod.cluster)
    if question.src.families and not question.src.families & target.families:
        return _other_family(question)
    asked = replace(
        question,
        dst=target,
        service=backend.service,
        together=_is_beside(question, pod),
        before=None
        if service.is_headless(body)
        else (_cluster_address(question), question.service),
    )
    if speaks_other_family(asked):
        return _other_icmp(asked)
    path = _direct(world, asked)
    packet = _packet(question, question.service)
    note = f"one of its pods: {pod.id}, {backend.service}"
    hop = Hop(question.dst.id, "service", backend.selected, packet, translates=True, note=note)
    path.hops.insert(0, hop)
    return path


def _is_beside(question: Question, pod: Pod) -> bool:
    """Whether the sender is on a backend's node: as the nodes say, else as the question does. Two
    pods of one DaemonSet never are on one node."""
    here, sender = _node_name(question.src), question.src.pod
    if here and pod.node:
        return here == pod.node
    kin = sender is not None and sender is not pod and sender.workload == pod.workload
    return question.together and not (kin and "[DaemonSet]" in pod.workload)


def _same_family(pod: Pod, src: Party) -> Address | None:
    """The pod's address in the sender's family."""
    fitting = [at for at in pod.addresses if not src.families or at.family in src.families]
    return fitting[0] if fitting else None


def _node_name(party: Party) -> str:
    return party.pod.node if party.pod else party.node.name if party.node else ""


def _cluster_address(question: Question) -> Address:
    if question.dst.address is not None:
        return question.dst.address
    return private_address(f"the address of {question.dst.id}")


def _not_followed(question: Question, cluster: Cluster, key: Key, body: k8s.Service) -> Hop | None:
    """Services whose way this version does not follow, and those that cannot be reached."""
    packet = _packet(question, question.service)
    if question.src.member_of != cluster.name:
        outside = body.spec.type in ("LoadBalancer", "NodePort") or body.spec.external_ips
        behind = service.ingresses_to(cluster, body)
        if outside or behind:
            what = f"a Service of type {body.spec.type}" if outside else f"Ingress {behind[0].name}"
            truth = unknown("way-in-not-followed", str(key), f"the way from outside through {what}")
            return Hop(question.dst.id, "way-in", truth, packet)
        note = "a ClusterIP exists only inside its cluster"
        return Hop(question.dst.id, "service", NO, packet, note=note)
    if body.spec.type == "ExternalName":
        truth = unknown("external-name", str(key), f"the address of {body.spec.external_name}")
        return Hop(question.dst.id, "service", truth, packet)
    if not body.spec.selector:
        truth = unknown("no-selector", str(key), "its EndpointSlices, which are not read yet")
        return Hop(question.dst.id, "service", truth, packet)
    return None


def _ways_in(world: World, question: Question) -> list[Path]:
    """From outside a cluster a pod may also be reached through what is not followed yet."""
    pod = question.dst.pod
    if pod is None or question.src.member_of == pod.cluster or pod.host_network:
        return []
    cluster = world.clusters[pod.cluster]
    packet = _packet(question, question.service)
    reasons = [
        Reason("way-in-not-followed", str(way.object), f"the way in through a {way.what}")
        for way in service.ways_in(cluster, pod, question.service)
    ]
    reasons += [
        Reason(gap.code, gap.object, gap.needs)
        for gap in world.gaps(pod.cluster, pod.namespace, "traffic")
    ]
    return [
        Path([Hop(reason.object, "way-in", Truth(None, frozenset((reason,))), packet)])
        for reason in sorted(reasons)
    ]
