"""The API server of an EKS cluster: its public endpoint, and its interfaces in the VPC.

Source: EKS user guide, "Cluster API server endpoint access control"; aws.md 44–47.
"""

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition import policing, reply, vpc_cni
from ringwall.reach.definition.arrival import nobody
from ringwall.reach.definition.fabric import from_interface
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.networkpolicy import Far
from ringwall.reach.definition.packet import (
    LINUX_CLIENTS,
    OTHER_CLIENTS,
    PUBLIC,
    TCP,
    Address,
    Axis,
    Packet,
    Service,
    is_public,
    network,
    private_address,
)
from ringwall.reach.definition.path import Hop, Path, Rule
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.truth import NO, Truth, known, some, unknown
from ringwall.reach.definition.world import Party, World


def paths(
    world: World, src: Party, key: Key, asked: Service, specification: bool = False
) -> list[Path]:
    """The ways to a cluster's API server, from outside or from a VPC."""
    cluster = world.fabric.eks[key]
    name = str(key)
    if not (asked.is_(TCP) and asked.port.equals(443)):
        packet = _packet(src, private_address(name), asked)
        note = "the API server listens on tcp/443 only"
        return [Path([Hop(name, "endpoint-access", NO, packet, note=note)])]
    if src.outside:
        return [_from_outside(src, key, cluster, asked)]
    if src.address and not (src.pod or src.node or src.interface):
        packet = _packet(src, private_address(name), asked)
        return [Path([nobody(world.fabric, src.id, src.domain, packet, src.address)])]
    seat = _seat(world, src)
    if not isinstance(seat, Interface):
        packet = _packet(src, _some_address(src, name), asked)
        path = Path()
        if src.pod is not None:
            path.hops.append(_police(world, src.pod, packet, specification=specification))
        path.hops.append(Hop(src.id, "interface", seat, packet))
        return [path]
    config = cluster.resources_vpc_config
    at_home = config.vpc_id in ("", seat.vpc)
    if config.endpoint_private_access is None:
        packet = _packet(src, private_address(name), asked)
        return [Path([Hop(name, "endpoint-access", _unread(name, "Private"), packet)])]
    if config.endpoint_private_access and (at_home or not config.endpoint_public_access):
        return _to_interfaces(world, src, seat, key, cluster, asked, specification)
    return [_over_internet(world, src, seat, key, cluster, asked, specification)]


def families(cluster: aws.Cluster) -> frozenset[int]:
    """The IP families of a cluster's endpoint: IPv4, and IPv6 for an IPv6 cluster (EKS accepts
    IPv6 blocks in publicAccessCidrs for these only)."""
    network_config = cluster.kubernetes_network_config
    cidrs = cluster.resources_vpc_config.public_access_cidrs or ()
    both = (network_config and network_config.ip_family == "ipv6") or any(
        network(text).version == 6 for text in cidrs
    )
    return frozenset((4, 6)) if both else frozenset((4,))


def _some_address(src: Party, name: str) -> Address:
    """An address of the endpoint, of the sender's family, of which nothing else is known."""
    family = src.address.family if src.address else 4
    everything = network("::/0" if family == 6 else "0.0.0.0/0")
    return Address(family, -1, among=(everything,), what=name)


def _packet(src: Party, dst: Address, asked: Service) -> Packet:
    host = src.node is not None and not src.spare
    clients = LINUX_CLIENTS if src.pod or host else OTHER_CLIENTS
    return Packet(src.address or private_address(src.id), dst, asked, clients=clients)


def _seat(world: World, src: Party) -> Interface | Truth:
    if src.interface is not None:
        return src.interface
    if src.pod is not None:
        return world.seat(src.pod)
    primary = world.fabric.primary_of(src.node.instance) if src.node else None
    needs = "its interface: aws ec2 describe-network-interfaces"
    return primary or unknown("interface-unknown", src.id, needs)


def _unread(name: str, which: str) -> Truth:
    return unknown("endpoint-not-read", name, f"endpoint{which}Access: aws eks describe-cluster")


def _from_outside(src: Party, key: Key, cluster: aws.Cluster, asked: Service) -> Path:
    packet = _packet(src, _public_endpoint(key), asked)
    if is_public(packet.src).value is False:
        return Path([_from_elsewhere(key, cluster, packet)])
    return Path(_public_gates(key, cluster, packet))


def _public_endpoint(key: Key, at: int = 0, axis: Axis | None = None) -> Address:
    """The public endpoint's address: the facts tell only that it is public."""
    return Address(4, at, axis, what=f"the public endpoint of {key}")


def _from_elsewhere(key: Key, cluster: aws.Cluster, packet: Packet) -> Hop:
    """A private address in no VPC that was read may be connected to the cluster's VPC."""
    del cluster
    needs = f"the network of {packet.src} and the way from there (peering, transit gateway, VPN)"
    truth = unknown("network-not-read", str(packet.src), needs)
    return Hop(str(key), "gateway", truth, packet)


def _public_gates(key: Key, cluster: aws.Cluster, packet: Packet) -> list[Hop]:
    """Public access must be on, and the caller's public address in publicAccessCidrs."""
    name, config = str(key), cluster.resources_vpc_config
    if config.endpoint_public_access is None:
        return [Hop(name, "endpoint-access", _unread(name, "Public"), packet)]
    rule = Rule(key, "endpointPublicAccess", "/resourcesVpcConfig/endpointPublicAccess")
    on = known(config.endpoint_public_access)
    note = "" if on.value else "public access is off"
    hops = [Hop(name, "endpoint-access", on, packet, (rule,), note=note)]
    if config.endpoint_public_access:
        hops.append(_cidrs(key, config, packet))
    return hops


def allowed_blocks(config: aws.VpcConfig) -> tuple[str, ...]:
    """The blocks that may use the public endpoint; AWS's default is the whole Internet."""
    return config.public_access_cidrs or ("0.0.0.0/0",)


def _cidrs(key: Key, config: aws.VpcConfig, packet: Packet) -> Hop:
    matches = [(text, packet.src.inside(network(text))) for text in allowed_blocks(config)]
    truth = some(match for _, match in matches)
    pointer = "/resourcesVpcConfig/publicAccessCidrs"
    rules = tuple(
        Rule(key, f"publicAccessCidrs:{text}", pointer)
        for text, match in matches
        if match.value is not False
    )
    default = truth.value is False
    rules = rules or (Rule(key, "publicAccessCidrs", pointer),)
    return Hop(str(key), "public-access-cidrs", truth, packet, rules, default=default)


def _leave(
    world: World, src: Party, seat: Interface, packet: Packet, path: Path, *, specification: bool
) -> tuple[Interface, Packet]:
    """Out of a pod: its egress policies, then the VPC CNI's translation."""
    if src.pod is None:
        return seat, packet
    path.hops.append(_police(world, src.pod, packet, specification=specification))
    departure = vpc_cni.depart(world, src.pod, seat, packet)
    if departure.hop:
        path.hops.append(departure.hop)
    return departure.interface, departure.packet


def _police(world: World, pod: Pod, packet: Packet, *, specification: bool) -> Hop:
    far = Far(None, packet.dst, packet.service)
    return policing.gate(world, pod, "egress", far, packet, specification=specification)


def _to_interfaces(
    world: World,
    src: Party,
    seat: Interface,
    key: Key,
    cluster: aws.Cluster,
    asked: Service,
    specification: bool,
) -> list[Path]:
    """Inside the VPC the name leads to the control plane's own interfaces."""
    targets = [i for i in world.fabric.control_plane(cluster) if i.first_address]
    if not targets:
        name = str(key)
        needs = f"the interfaces of {name}: aws ec2 describe-network-interfaces"
        truth = unknown("interfaces-not-read", name, needs)
        path = Path()
        packet = _packet(src, private_address(name), asked)
        _, packet = _leave(world, src, seat, packet, path, specification=specification)
        path.hops.append(Hop(name, "address", truth, packet))
        return [path]
    found = []
    for target in targets:
        assert target.first_address is not None  # noqa: S101 - filtered above
        path = Path()
        packet = _packet(src, target.first_address, asked)
        here, packet = _leave(world, src, seat, packet, path, specification=specification)
        journey = from_interface(world.fabric, here, packet, peers=here.vpc == target.vpc)
        path.hops += journey.hops
        path.arrived, path.came_by = journey.arrived, journey.came_by
        reply.judge(world, path, journey.packet)
        found.append(path)
    return found


def _over_internet(
    world: World,
    src: Party,
    seat: Interface,
    key: Key,
    cluster: aws.Cluster,
    asked: Service,
    specification: bool,
) -> Path:
    """Without a private endpoint a caller in the VPC goes out and comes back in by the public one:
    the address that it then has must be in publicAccessCidrs.

    The endpoint's own address may be any public one, but for those that a gateway endpoint leads
    to, which are of its service: the way must be open to all of them to be surely open, to none to
    be surely closed.
    """
    found: list[Path] = []
    for family, low, high in PUBLIC:
        while family == 4 and low <= high:
            axis = Axis()
            packet = _packet(src, _public_endpoint(key, low, axis), asked)
            found.append(_out(world, src, seat, key, cluster, packet, specification))
            low = min((cut for cut in axis.cuts if cut > low), default=high + 1)
    found = [path for path in found if not _leads_to_service(path)] or found
    if len({path.truth.value for path in found}) == 1:
        return found[0]
    best = next(path for path in found if path.truth.value is not False)
    needs = "the addresses of the public endpoint (resolve its name): only some can be reached"
    truth = unknown("address-unknown", str(key), needs)
    best.hops.append(Hop(str(key), "address", truth, best.hops[-1].packet))
    return best


def _leads_to_service(path: Path) -> bool:
    """Whether a path goes out through a gateway endpoint."""
    return any(hop.gate == "vpc-endpoint" for hop in path.hops)


def _out(
    world: World,
    src: Party,
    seat: Interface,
    key: Key,
    cluster: aws.Cluster,
    packet: Packet,
    specification: bool,
) -> Path:
    """Out to one address of the public endpoint. Where it is not known with which address the
    packet gets there (a gateway was not followed, a NAT gateway not read), publicAccessCidrs
    cannot be judged."""
    path = Path()
    here, packet = _leave(world, src, seat, packet, path, specification=specification)
    journey = from_interface(world.fabric, here, packet)
    path.hops += journey.hops
    followed = not any(hop.gate == "gateway" for hop in journey.hops)
    seen = is_public(journey.packet.src).value is True or _leads_to_service(path)
    if followed and seen:
        path.hops += _public_gates(key, cluster, journey.packet)
    reply.judge(world, path, journey.packet)
    return path
