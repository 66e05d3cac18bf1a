"""The end of a way: into an interface, from the same VPC, a peer or the Internet."""

from dataclasses import dataclass, field

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition import nacl, security_group
from ringwall.reach.definition.network import Fabric, Interface
from ringwall.reach.definition.packet import Address, Packet
from ringwall.reach.definition.path import Hop, Rule
from ringwall.reach.definition.truth import NO, YES, Truth, unknown


@dataclass(slots=True)
class Journey:
    """The hops so far, the packet as it looks now, the interface that it reached, if any, the
    peering connection that it came through, if any, and whether such are followed."""

    packet: Packet
    hops: list[Hop] = field(default_factory=list)
    arrived: Interface | None = None
    came_by: str = ""
    peers: bool = True

    def add(self, hop: Hop) -> None:
        """Records a step."""
        self.hops.append(hop)


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
        truth = open_to_public(fabric)
        return Hop(str(igw[0]), "internet-gateway", truth, packet, translates=True, note=note)
    if not fabric.has_no_igw(interface.vpc):
        needs = f"the internet gateway of {interface.vpc}: aws ec2 describe-internet-gateways"
        truth = unknown("igw-not-read", interface.vpc, needs)
        return Hop(interface.vpc, "internet-gateway", truth, packet)
    note = f"{interface.vpc} has no internet gateway"
    return Hop(interface.vpc, "internet-gateway", NO, packet, note=note)


def open_to_public(fabric: Fabric) -> Truth:
    """VPC Block Public Access stands in front of every internet gateway (33); its answer is named
    when it was given, but not read yet."""
    if not fabric.public_access_unread:
        return YES
    needs = "VPC Block Public Access: its mode and exclusions are not read by this version"
    return unknown("public-access-not-read", "VpcBlockPublicAccessOptions", needs)


def gateway(fabric: Fabric, name: str) -> str:
    """An Internet gateway of either kind, as it is named where it was read."""
    read = {**fabric.igws, **fabric.eigws}
    return str(read[name][0]) if name in read else name
