"""The AWS fabric for one packet: which hop comes next, and what stands in its way.

A packet that a gate stops goes on all the same, so that every gate that blocks is told. Sources:
VPC user guide (route tables, internet and NAT gateways), Reachability Analyzer's explanation
codes; aws.md section 4, numbers in the functions.
"""

from dataclasses import dataclass, field, replace

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition import nacl, security_group
from ringwall.reach.definition.network import Fabric, Interface, target_of
from ringwall.reach.definition.packet import (
    ICMP,
    OTHER_CLIENTS,
    TCP,
    UDP,
    Address,
    Packet,
    address,
    is_public,
    network,
    one_of,
)
from ringwall.reach.definition.path import Hop, Rule
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


@dataclass(slots=True)
class Journey:
    """The hops so far, the packet as it looks now, and the interface that it reached, if any."""

    packet: Packet
    hops: list[Hop] = field(default_factory=list)
    arrived: Interface | None = None

    def add(self, hop: Hop) -> None:
        """Records a step."""
        self.hops.append(hop)


def from_interface(fabric: Fabric, start: Interface, packet: Packet) -> Journey:
    """A packet that leaves an interface, until it arrives at another one or outside."""
    packet = replace(packet, groups=start.groups)
    journey = Journey(packet)
    if _never_filtered(fabric, start, packet.dst):
        note = "an Amazon service address: groups and network ACLs never filter it"
        journey.add(Hop(start.id, "address", YES, packet, note=note))
        return journey
    target = fabric.interface_at(start.vpc, packet.dst)
    remote = _membership(fabric, start.vpc, target, packet.dst)
    journey.add(security_group.gate(fabric, start, "egress", packet, remote))
    _from_subnet(fabric, start, target, journey)
    return journey


def _membership(
    fabric: Fabric, vpc: str, target: Interface | None, dst: Address
) -> frozenset[str] | None:
    """The groups of the receiver; none for public addresses and for nobody's, not known for those
    of another private network, whose groups a rule may name (7, 8)."""
    if target is not None:
        return target.groups if target.groups_read else None
    inside = any(dst.inside(block).value for block in fabric.vpc_blocks(vpc))
    return frozenset() if inside or is_public(dst).value is not False else None


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
    at = _place(fabric, subnet)
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
        journey.add(Hop(at, "route", _refused(sure), packet, (rule,), note=note))
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
        journey.add(Hop(at, "route", _refused(sure), packet, (rule,), note=note))
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
    else:
        needs = f"{goes_to} is not followed by this version"
        truth = unknown("target-not-followed", goes_to, needs)
        journey.add(Hop(goes_to, "gateway", truth, packet, (rule,)))


def longest_prefix(
    fabric: Fabric, table: aws.RouteTable, dst: Address
) -> tuple[aws.Route | None, Truth]:
    """The most specific route that holds the address, and whether that is sure.

    An unread prefix list, or an address of which only the block is known, may hide a more
    specific one: then the answer is the best sure route, and unknown.
    """
    sure: list[tuple[int, bool, aws.Route]] = []
    doubts: list[tuple[int, Truth]] = []
    for route in table.routes or ():
        for length, truth in _prefixes(fabric, route, dst):
            if truth.value is True:
                sure.append((length, route.origin != "EnableVgwRoutePropagation", route))
            elif truth.value is None:
                doubts.append((length, truth))
    best = max(sure, key=lambda entry: (entry[0], entry[1]), default=None)
    longest = best[0] if best else -1
    open_ = [truth for length, truth in doubts if length > longest]
    because = frozenset().union(*(truth.because for truth in open_))
    return (best[2] if best else None), (Truth(None, because) if open_ else YES)


def _refused(sure: Truth) -> Truth:
    """A route that leads nowhere, where a more specific one may be hidden."""
    return sure if sure.value is None else NO


def _prefixes(fabric: Fabric, route: aws.Route, dst: Address) -> list[tuple[int, Truth]]:
    text = route.destination_cidr_block or route.destination_ipv6_cidr_block
    if text:
        block = network(text)
        return [(block.prefixlen, dst.inside(block))]
    name = route.destination_prefix_list_id
    entry = fabric.lists.get(name)
    if entry is None or (entry[1].entries is None and entry[1].cidrs is None):
        return [(129, security_group.in_prefix_list(fabric, name, dst))]
    blocks = [*(e.cidr for e in entry[1].entries or ()), *(entry[1].cidrs or ())]
    return [(network(b).prefixlen, dst.inside(network(b))) for b in blocks]


def destination_of(route: aws.Route) -> str:
    """What a route leads to, as written."""
    return (
        route.destination_cidr_block
        or route.destination_ipv6_cidr_block
        or route.destination_prefix_list_id
    )


def _place(fabric: Fabric, subnet: str) -> str:
    return str(fabric.subnets[subnet][0]) if subnet in fabric.subnets else subnet


def _local(fabric: Fabric, at: str, vpc: str, target: Interface | None, journey: Journey) -> None:
    if target is not None:
        arrive(fabric, target, journey, crosses=True)
    else:
        journey.add(nobody(fabric, at, vpc, journey.packet, journey.packet.dst))


def nobody(fabric: Fabric, at: str, vpc: str, packet: Packet, whose: Address) -> Hop:
    """An address of a VPC that no interface has: nobody's, where all interfaces were read and no
    pod or node is said to hold it."""
    if not fabric.knows_all_interfaces(vpc) or (whose.family, whose.value) in fabric.held:
        needs = f"the interface of {whose}: aws ec2 describe-network-interfaces"
        truth = unknown("interfaces-not-read", str(whose), needs)
        return Hop(at, "address", truth, packet)
    return Hop(at, "address", NO, packet, note=f"no interface has the address {whose}")


def arrive(fabric: Fabric, target: Interface, journey: Journey, *, crosses: bool) -> None:
    """Into an interface: through its subnet's ACL where the packet comes from elsewhere."""
    packet = journey.packet
    if crosses:
        journey.add(nacl.gate(fabric, target.subnet, "in", packet))
    journey.add(security_group.gate(fabric, target, "ingress", packet, packet.groups))
    journey.arrived = target


def _out_through_igw(fabric: Fabric, name: str, start: Interface | None, journey: Journey) -> None:
    """Out needs a public address paired with the private one (28); IPv6 is public by itself."""
    packet = journey.packet
    public = _public_of(start, packet.src)
    if packet.src.family == 6:
        truth = every((is_public(packet.src), _open_to_public(fabric)))
        journey.add(Hop(_gateway(fabric, name), "internet-gateway", truth, packet))
    elif public is None:
        note = f"{packet.src} has no public address"
        journey.add(Hop(_gateway(fabric, name), "internet-gateway", NO, packet, note=note))
    else:
        packet = packet.with_source(public)
        note = f"source becomes {public}"
        truth, at = _open_to_public(fabric), _gateway(fabric, name)
        journey.add(Hop(at, "internet-gateway", truth, packet, translates=True, note=note))
    journey.packet = packet
    _leave_to_internet(fabric, name, journey)


def _open_to_public(fabric: Fabric) -> Truth:
    """VPC Block Public Access stands in front of every internet gateway (33); its answer is named
    when it was given, but not read yet."""
    if not fabric.public_access_unread:
        return YES
    needs = "VPC Block Public Access: its mode and exclusions are not read by this version"
    return unknown("public-access-not-read", "VpcBlockPublicAccessOptions", needs)


def _public_of(start: Interface | None, private: Address) -> Address | None:
    return start.public.get(private) if start else None


def _gateway(fabric: Fabric, name: str) -> str:
    return str(fabric.igws[name][0]) if name in fabric.igws else name


def _leave_to_internet(fabric: Fabric, name: str, journey: Journey) -> None:
    packet = journey.packet
    public = is_public(packet.dst)
    if public.value is not True:
        note = f"{packet.dst} is not a public address"
        journey.add(Hop(_gateway(fabric, name), "internet-gateway", public, packet, note=note))
    inward = fabric.interface_behind(packet.dst) if public.value else None
    if inward is not None:
        from_internet(fabric, journey)


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
    packet, at = journey.packet, _place(fabric, nat.subnet_id)
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
        journey.add(Hop(at, "route", _refused(sure), packet, (rule,), note=f"to {goes_to}"))
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
    packet, at = journey.packet, _gateway(fabric, igw)
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
        truth = _open_to_public(fabric)
        journey.add(Hop(at, "internet-gateway", truth, journey.packet, translates=True, note=note))
    _leave_to_internet(fabric, igw, journey)


def from_internet(fabric: Fabric, journey: Journey) -> None:
    """A packet from outside: in only to a public address that is paired with an interface (28)."""
    packet = journey.packet
    behind = fabric.interface_behind(packet.dst)
    if behind is None:
        note = f"{packet.dst} is no public address of an interface that was read"
        journey.add(Hop("internet", "internet-gateway", NO, packet, note=note))
        return
    interface, private = behind
    igw = fabric.attached_igw(interface.vpc)
    journey.packet = packet = packet.with_destination(private)
    journey.add(_in_through(fabric, interface, igw, packet))
    if igw is not None and (edge := fabric.edge_table(igw[1].internet_gateway_id)):
        needs = f"the edge route table {edge.name} is not followed by this version"
        truth = unknown("edge-table", edge.name, needs)
        journey.add(Hop(str(igw[0]), "gateway", truth, packet, (Rule(edge),)))
    arrive(fabric, interface, journey, crosses=True)


def _in_through(
    fabric: Fabric,
    interface: Interface,
    igw: tuple[Key, aws.InternetGateway] | None,
    packet: Packet,
) -> Hop:
    """An interface behind no internet gateway cannot be reached from outside."""
    if igw is not None:
        note = f"destination becomes {packet.dst}"
        truth = _open_to_public(fabric)
        return Hop(str(igw[0]), "internet-gateway", truth, packet, translates=True, note=note)
    if not fabric.has_no_igw(interface.vpc):
        needs = f"the internet gateway of {interface.vpc}: aws ec2 describe-internet-gateways"
        truth = unknown("igw-not-read", interface.vpc, needs)
        return Hop(interface.vpc, "internet-gateway", truth, packet)
    note = f"{interface.vpc} has no internet gateway"
    return Hop(interface.vpc, "internet-gateway", NO, packet, note=note)


def way_back(fabric: Fabric, subnet: str, packet: Packet) -> Hop:
    """Whether the receiver's subnet has a route towards the sender, for the reply."""
    at, back = _place(fabric, subnet), Packet(packet.dst, packet.src, packet.service)
    table = fabric.table_of(subnet)
    if table is None or table[1].routes is None:
        needs = f"the route table of {subnet}: aws ec2 describe-route-tables"
        return Hop(at, "route", unknown("routes-not-read", subnet, needs), back)
    key, body = table
    route, sure = longest_prefix(fabric, body, packet.src)
    if route is None or route.state == "blackhole":
        return Hop(at, "route", _refused(sure), back, (Rule(key, "no route"),), note="no way back")
    rule, goes_to = Rule(key, destination_of(route)), target_of(route)
    if goes_to == "local" or (goes_to.startswith("igw-") and is_public(packet.src).value):
        return Hop(at, "route", sure, back, (rule,), note=f"reply to {goes_to}")
    if goes_to.startswith(("igw-", "nat-")):
        note = f"replies go to {goes_to}, not back"
        return Hop(at, "route", _refused(sure), back, (rule,), note=note)
    needs = f"{goes_to} is not followed by this version"
    return Hop(at, "gateway", unknown("target-not-followed", goes_to, needs), back, (rule,))
