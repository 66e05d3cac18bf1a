"""Network ACLs: what a subnet lets in and out, packet by packet, replies included.

Ascending rule number, first match, and what no entry matches is denied. An ACL sees a packet when
it enters or leaves the subnet, never inside it. Sources: VPC user guide, network ACLs; aws.md
16–21.
"""

from ringwall.facts import aws
from ringwall.reach.definition.network import Fabric
from ringwall.reach.definition.packet import (
    ICMP,
    ICMPV6,
    SCTP,
    WITH_PORTS,
    Address,
    Packet,
    Service,
    network,
)
from ringwall.reach.definition.path import Crossing, Hop, Rule
from ringwall.reach.definition.truth import NO, YES, Truth, unknown


def gate(fabric: Fabric, subnet: str, direction: str, packet: Packet) -> Hop:
    """The ACL of a subnet for a packet that goes ``in`` or ``out``."""
    remote = packet.src if direction == "in" else packet.dst
    crossing = Crossing(subnet, direction, remote, packet)
    return judge(fabric, subnet, direction, remote, packet, crossing)


def judge(
    fabric: Fabric,
    subnet: str,
    direction: str,
    remote: Address,
    packet: Packet,
    crossing: Crossing | None = None,
) -> Hop:
    """The ACL's word on a packet whose far end, seen from the subnet, is ``remote``."""
    name = f"nacl-{direction}"
    at = str(fabric.subnets[subnet][0]) if subnet in fabric.subnets else subnet
    found = fabric.acl_of(subnet)
    if found is None:
        needs = f"the network ACL of {subnet}: aws ec2 describe-network-acls"
        truth = unknown("acl-not-read", subnet, needs)
        return Hop(at, name, truth, packet, crossing=crossing)
    key, acl = found
    if acl.entries is None:
        needs = f"the entries of {acl.network_acl_id}: aws ec2 describe-network-acls"
        truth = unknown("acl-not-read", acl.network_acl_id, needs)
        return Hop(at, name, truth, packet, crossing=crossing)
    family = [e for e in acl.entries or () if e.egress == (direction == "out")]
    ordered = sorted(family, key=lambda entry: entry.rule_number)
    truth, entries = _first_match(ordered, remote, packet.service)
    rules = tuple(Rule(key, _index(entry)) for entry in entries) or (Rule(key, "*"),)
    return Hop(at, name, truth, packet, rules, default=not entries, crossing=crossing)


def _index(entry: aws.NetworkAclEntry) -> str:
    """The entry's number; ``*`` is how AWS writes the last one, which denies the rest."""
    return "*" if entry.rule_number == 32767 else str(entry.rule_number)


def _first_match(
    entries: list[aws.NetworkAclEntry], remote: Address, service: Service
) -> tuple[Truth, list[aws.NetworkAclEntry]]:
    """The first entry that matches decides; one that perhaps matches leaves both ways open."""
    for i, entry in enumerate(entries):
        match = _matches(entry, remote, service)
        action = YES if entry.rule_action == "allow" else NO
        if match.value is True:
            return action, [entry]
        if match.value is None:
            rest, others = _first_match(entries[i + 1 :], remote, service)
            same = rest.value == action.value
            truth = rest if same else Truth(None, match.because | rest.because)
            return truth, [entry, *others]
    return NO, []


def _matches(entry: aws.NetworkAclEntry, remote: Address, service: Service) -> Truth:
    if not _serves(entry, service):
        return NO
    return remote.inside(network(entry.cidr_block or entry.ipv6_cidr_block))


def _serves(entry: aws.NetworkAclEntry, service: Service) -> bool:
    if entry.protocol == "-1":
        return True
    number = int(entry.protocol)
    if not service.protocol.equals(number):
        return False
    if number in (ICMP, ICMPV6):
        return _icmp(entry.icmp_type_code or aws.IcmpTypeCode(), service)
    if number in WITH_PORTS and number != SCTP and entry.port_range is not None:
        return service.port.within(entry.port_range.from_, entry.port_range.to)
    return True


def _icmp(wanted: aws.IcmpTypeCode, service: Service) -> bool:
    if wanted.type < 0:
        return True
    low = wanted.type * 256 + max(wanted.code, 0)
    return service.port.within(low, low if wanted.code >= 0 else low + 255)
