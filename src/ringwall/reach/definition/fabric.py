"""The AWS fabric for one packet: which hop comes next, and what stands in its way.

A packet that a gate stops goes on all the same, so that every gate that blocks is told. Sources:
VPC user guide (route tables, gateways, peering), PrivateLink guide (gateway endpoints),
Reachability Analyzer's explanation codes; aws.md section 4, numbers in the functions.
"""

from dataclasses import replace

from ringwall.facts import aws
from ringwall.reach.definition import nacl, security_group
from ringwall.reach.definition.arrival import (
    Journey,
    arrive,
    from_internet,
    gateway,
    nobody,
    open_to_public,
)
from ringwall.reach.definition.network import Fabric, Interface, target_of
from ringwall.reach.definition.packet import (
    ICMP,
    ICMPV6,
    OTHER_CLIENTS,
    TCP,
    UDP,
    Address,
    Packet,
    Service,
    address,
    is_public,
    network,
    one_of,
)
from ringwall.reach.definition.path import Hop, Rule
from ringwall.reach.definition.peering import Beyond, beyond
from ringwall.reach.definition.routes import destination_of, longest_prefix, place, refused
from ringwall.reach.definition.truth import NO, YES, Truth, every, unknown

# DNS, instance metadata, time, licences, ECS task metadata, the Pod Identity agent (12, 61).
_LINK_LOCAL = tuple(
    network(text)
    for text in (
        "169.254.169.253/32 169.254.169.254/32 169.254.169.123/32 169.254.169.250/32 "
        "169.254.169.251/32 169.254.170.2/32 169.254.170.23/32"
    ).split()
)
_AMAZON_DNS_V6 = network("fd00:ec2::/32")


def from_interface(
    fabric: Fabric, start: Interface, packet: Packet, *, peers: bool = True
) -> Journey:
    """A packet that leaves an interface, until it arrives at another one or outside. Peering
    connections are followed where ``peers``."""
    packet = replace(packet, groups=start.groups)
    journey = Journey(packet, peers=peers)
    if _never_filtered(fabric, start, packet.dst):
        note = "an Amazon service address: groups and network ACLs never filter it"
        journey.add(Hop(start.id, "address", YES, packet, note=note))
        return journey
    target = fabric.interface_at(start.vpc, packet.dst)
    remote = _membership(fabric, start, target, journey)
    journey.add(security_group.gate(fabric, start, "egress", packet, remote))
    _from_subnet(fabric, start, target, journey)
    return journey


def _membership(
    fabric: Fabric, start: Interface, target: Interface | None, journey: Journey
) -> frozenset[str] | None:
    """The groups of the receiver; none for public addresses and for nobody's, not known for those
    of another private network, whose groups a rule may name (7, 8)."""
    if target is not None:
        return target.groups if target.groups_read else None
    dst = journey.packet.dst
    inside = any(dst.inside(block).value for block in fabric.vpc_blocks(start.vpc))
    if inside or is_public(dst).value is not False:
        return frozenset()
    peer = _peer(fabric, start, dst) if journey.peers else None
    if peer is None:
        return None
    there = fabric.interface_at(peer.vpc, dst)
    return peer.kept(there.groups if there and there.groups_read else None)


def _peer(fabric: Fabric, start: Interface, dst: Address) -> Beyond | None:
    """What lies behind the peering connection that a packet surely takes and passes, if any."""
    table = fabric.table_of(start.subnet)
    if table is None:
        return None
    route, sure = longest_prefix(fabric, table[1], dst)
    if route is None or route.state == "blackhole" or sure.value is not True:
        return None
    found = beyond(fabric, target_of(route), start.vpc, dst)
    return found if found and found.truth.value is True else None


def _never_filtered(fabric: Fabric, start: Interface, dst: Address) -> bool:
    """aws.md 12: Amazon DNS (VPC+2 and link-local), metadata, time, the subnet's router."""
    if dst.family == 6:
        return dst.inside(_AMAZON_DNS_V6).value is True
    if any(dst.inside(block).value is True for block in _LINK_LOCAL):
        return True
    vpc, subnet = fabric.vpcs.get(start.vpc), fabric.subnets.get(start.subnet)
    reserved = []
    if vpc and vpc[1].cidr_block:
        reserved.append(int(network(vpc[1].cidr_block).network_address) + 2)
    if subnet and subnet[1].cidr_block:
        reserved.append(int(network(subnet[1].cidr_block).network_address) + 1)
    return any(dst.between(value, value) for value in reserved)


def _from_subnet(
    fabric: Fabric, start: Interface, target: Interface | None, journey: Journey
) -> None:
    packet = journey.packet
    if target is not None and target.subnet == start.subnet != "":
        arrive(fabric, target, journey, crosses=False)  # inside a subnet no ACL and no route
        return
    journey.add(nacl.gate(fabric, start.subnet, "out", packet))
    _route(fabric, start.subnet, start, target, journey)


def _route(
    fabric: Fabric,
    subnet: str,
    start: Interface | None,
    target: Interface | None,
    journey: Journey,
) -> None:
    """The longest prefix of the subnet's table decides where the packet goes on (22)."""
    packet = journey.packet
    at = place(fabric, subnet)
    table = fabric.table_of(subnet)
    if table is None or table[1].routes is None:
        needs = f"the route table of {subnet}: aws ec2 describe-route-tables"
        journey.add(Hop(at, "route", unknown("routes-not-read", subnet, needs), packet))
        if target is not None:
            arrive(fabric, target, journey, crosses=True)
        return
    key, body = table
    route, sure = longest_prefix(fabric, body, packet.dst)
    if route is None:
        rule, note = Rule(key, "no route"), "no route leads there"
        journey.add(Hop(at, "route", refused(sure), packet, (rule,), note=note))
        return
    rule = Rule(key, destination_of(route))
    _follow(fabric, at, start, target, journey, route, rule, sure)


def _follow(
    fabric: Fabric,
    at: str,
    start: Interface | None,
    target: Interface | None,
    journey: Journey,
    route: aws.Route,
    rule: Rule,
    sure: Truth,
) -> None:
    packet, goes_to = journey.packet, target_of(route)
    if route.state == "blackhole":
        note = f"the route's target {goes_to} is gone (blackhole)"
        journey.add(Hop(at, "route", refused(sure), packet, (rule,), note=note))
        return
    journey.add(Hop(at, "route", sure, packet, (rule,), note=f"to {goes_to}"))
    if goes_to == "local":
        _local(fabric, at, start.vpc if start else "", target, journey)
    elif sure.value is None:
        return  # what it meets on the way that was read says nothing about the hidden one
    elif goes_to.startswith("igw-"):
        _out_through_igw(fabric, goes_to, start, journey)
    elif goes_to.startswith("nat-"):
        _through_nat(fabric, goes_to, start, journey)
    elif start is not None and journey.peers and goes_to in fabric.peerings:
        _through_peering(fabric, goes_to, start, journey)
    elif start is not None and goes_to in fabric.eigws:
        _out_through_egress_only(fabric, goes_to, start, journey)
    elif start is not None and fabric.is_gateway_endpoint(goes_to):
        _through_endpoint(fabric, goes_to, start, journey)
    else:
        needs = f"{goes_to} is not followed by this version"
        truth = unknown("target-not-followed", goes_to, needs)
        journey.add(Hop(goes_to, "gateway", truth, packet, (rule,)))


def _local(fabric: Fabric, at: str, vpc: str, target: Interface | None, journey: Journey) -> None:
    if target is not None:
        arrive(fabric, target, journey, crosses=True)
    else:
        journey.add(nobody(fabric, at, vpc, journey.packet, journey.packet.dst))


def _out_through_igw(fabric: Fabric, name: str, start: Interface | None, journey: Journey) -> None:
    """Out needs a public address paired with the private one (28); IPv6 is public by itself."""
    packet = journey.packet
    public = _public_of(start, packet.src)
    if packet.src.family == 6:
        truth = every((is_public(packet.src), open_to_public(fabric)))
        journey.add(Hop(gateway(fabric, name), "internet-gateway", truth, packet))
    elif public is None:
        note = f"{packet.src} has no public address"
        journey.add(Hop(gateway(fabric, name), "internet-gateway", NO, packet, note=note))
    else:
        packet = packet.with_source(public)
        note = f"source becomes {public}"
        truth, at = open_to_public(fabric), gateway(fabric, name)
        journey.add(Hop(at, "internet-gateway", truth, packet, translates=True, note=note))
    journey.packet = packet
    _leave_to_internet(fabric, name, journey)


def _public_of(start: Interface | None, private: Address) -> Address | None:
    return start.public.get(private) if start else None


def _leave_to_internet(
    fabric: Fabric, name: str, journey: Journey, kind: str = "internet-gateway"
) -> None:
    packet = journey.packet
    public = is_public(packet.dst)
    if public.value is not True:
        note = f"{packet.dst} is not a public address"
        journey.add(Hop(gateway(fabric, name), kind, public, packet, note=note))
    inward = fabric.interface_behind(packet.dst) if public.value else None
    if inward is not None:
        from_internet(fabric, journey)


def _out_through_egress_only(fabric: Fabric, name: str, start: Interface, journey: Journey) -> None:
    """IPv6 from inside out (34); what comes in on its own never passes it."""
    packet, (key, gateway) = journey.packet, fabric.eigws[name]
    kind = "egress-only-gateway"
    if not fabric.is_attached(gateway.attachments, start.vpc):
        note = f"it is not attached to {start.vpc}"
        journey.add(Hop(str(key), kind, NO, packet, note=note))
        return
    truth = every((is_public(packet.src), open_to_public(fabric)))
    journey.add(Hop(str(key), kind, truth, packet))
    _leave_to_internet(fabric, name, journey, kind)


def _through_endpoint(fabric: Fabric, name: str, start: Interface, journey: Journey) -> None:
    """A gateway endpoint leads from its VPC to a service: TCP and ICMP echo only (35)."""
    packet, (key, endpoint) = journey.packet, fabric.endpoints[name]
    truth, note = YES, ""
    if endpoint.state.lower() != "available":
        truth, note = NO, f"the endpoint is {endpoint.state}"
    elif endpoint.vpc_id != start.vpc:
        truth, note = NO, f"it is an endpoint of {endpoint.vpc_id}"
    elif not _is_carried(packet.service):
        truth, note = NO, "a gateway endpoint carries TCP and ICMP echo only"
    elif fabric.interface_behind(packet.dst):
        truth, note = NO, f"{packet.dst} is an interface's address, and no service's"
    else:
        truth = is_public(packet.dst)
    journey.add(Hop(str(key), "vpc-endpoint", truth, packet, note=note))


def _is_carried(service: Service) -> bool:
    echo = service.is_(ICMP) and service.port.within(8 * 256, 8 * 256 + 255)
    echo_6 = service.is_(ICMPV6) and service.port.within(128 * 256, 128 * 256 + 255)
    return service.is_(TCP) or echo or echo_6


def _through_peering(fabric: Fabric, name: str, start: Interface, journey: Journey) -> None:
    """Into the peer's VPC, and no further (31)."""
    peer = beyond(fabric, name, start.vpc, journey.packet.dst)
    assert peer is not None  # noqa: S101 - it was read
    packet, at = journey.packet, str(fabric.peerings[name][0])
    journey.add(Hop(at, "peering", peer.truth, packet, note=peer.note))
    if peer.truth.value is not True:
        return
    journey.packet = packet = replace(packet, groups=peer.kept(packet.groups))
    journey.came_by = name
    target = fabric.interface_at(peer.vpc, packet.dst)
    if target is None:
        journey.add(nobody(fabric, at, peer.vpc, packet, packet.dst))
    else:
        arrive(fabric, target, journey, crosses=True)


def _through_nat(fabric: Fabric, name: str, start: Interface | None, journey: Journey) -> None:
    """A NAT gateway: sources of its VPC only, TCP, UDP and ICMP, no group of its own (15, 29)."""
    packet = journey.packet
    if name not in fabric.nats:
        needs = f"NAT gateway {name}: aws ec2 describe-nat-gateways"
        journey.add(Hop(name, "nat-gateway", unknown("nat-not-read", name, needs), packet))
        return
    key, nat = fabric.nats[name]
    if start is None or start.subnet != nat.subnet_id:
        journey.add(nacl.gate(fabric, nat.subnet_id, "in", packet))
    truth, note = _nat_admits(nat, start, packet)
    private = _nat_address(nat, public=False)
    translated = packet.with_source(private or packet.src, OTHER_CLIENTS)
    note = note or f"source becomes {private}"
    hop = Hop(str(key), "nat-gateway", truth, translated, translates=True, note=note)
    journey.add(hop)
    journey.packet = translated
    journey.add(nacl.gate(fabric, nat.subnet_id, "out", translated))
    _route_of_nat(fabric, nat, journey)


def _nat_admits(nat: aws.NatGateway, start: Interface | None, packet: Packet) -> tuple[Truth, str]:
    if nat.state != "available":
        return NO, f"the NAT gateway is {nat.state}"
    if start is not None and nat.vpc_id and start.vpc != nat.vpc_id:
        return NO, "the source is not in the NAT gateway's VPC"
    if not packet.service.is_(TCP, UDP, ICMP):
        return NO, "a NAT gateway forwards TCP, UDP and ICMP only"
    return YES, ""


def _nat_address(nat: aws.NatGateway, *, public: bool) -> Address | None:
    """The address that the NAT gateway puts in; it takes any of its own where it has several."""
    texts = [e.public_ip if public else e.private_ip for e in nat.nat_gateway_addresses or ()]
    found = tuple(address(text) for text in texts if text)
    return one_of(found) if found else None


def _route_of_nat(fabric: Fabric, nat: aws.NatGateway, journey: Journey) -> None:
    """The NAT gateway's own subnet decides where its packets go on."""
    packet, at = journey.packet, place(fabric, nat.subnet_id)
    table = fabric.table_of(nat.subnet_id)
    if table is None or table[1].routes is None:
        needs = f"the route table of {nat.subnet_id}: aws ec2 describe-route-tables"
        truth = unknown("routes-not-read", nat.subnet_id, needs)
        journey.add(Hop(at, "route", truth, packet))
        return
    key, body = table
    route, sure = longest_prefix(fabric, body, packet.dst)
    goes_to = target_of(route) if route else "nothing"
    rule = Rule(key, destination_of(route) if route else "no route")
    if route is None or route.state == "blackhole":
        journey.add(Hop(at, "route", refused(sure), packet, (rule,), note=f"to {goes_to}"))
    elif goes_to.startswith("igw-"):
        journey.add(Hop(at, "route", sure, packet, (rule,), note=f"to {goes_to}"))
        if sure.value is True:
            _nat_to_internet(fabric, nat, goes_to, journey)
    else:
        needs = f"{goes_to} behind NAT gateway {nat.nat_gateway_id} is not followed"
        truth = unknown("target-not-followed", goes_to, needs)
        journey.add(Hop(goes_to, "gateway", truth, packet, (rule,)))


def _nat_to_internet(fabric: Fabric, nat: aws.NatGateway, igw: str, journey: Journey) -> None:
    public = _nat_address(nat, public=True)
    packet, at = journey.packet, gateway(fabric, igw)
    if nat.nat_gateway_addresses is None:
        needs = f"the addresses of {nat.nat_gateway_id}: aws ec2 describe-nat-gateways"
        truth = unknown("nat-not-read", nat.nat_gateway_id, needs)
        journey.add(Hop(at, "internet-gateway", truth, packet))
    elif nat.connectivity_type == "private" or public is None:
        note = f"{nat.nat_gateway_id} has no public address"
        journey.add(Hop(at, "internet-gateway", NO, packet, note=note))
    else:
        journey.packet = packet.with_source(public)
        note = f"source becomes {public}"
        truth = open_to_public(fabric)
        journey.add(Hop(at, "internet-gateway", truth, journey.packet, translates=True, note=note))
    _leave_to_internet(fabric, igw, journey)
