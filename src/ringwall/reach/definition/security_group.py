"""Security groups: what an interface lets in and out.

An interface's groups are one list of allow rules per direction; nothing denies, order means
nothing, and replies need no rule. Sources: EC2 user guide, security groups; aws.md 1–7, 10–13.
"""

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Fabric, Interface
from ringwall.reach.definition.packet import (
    ICMP,
    ICMPV6,
    PROTOCOLS,
    Address,
    Packet,
    Service,
    network,
)
from ringwall.reach.definition.path import Hop, Rule
from ringwall.reach.definition.truth import NO, YES, Truth, known, some, unknown


def gate(
    fabric: Fabric,
    interface: Interface,
    direction: str,
    packet: Packet,
    remote: frozenset[str] | None,
) -> Hop:
    """The groups of one interface in one direction (``ingress`` or ``egress``).

    ``remote`` is the security-group membership of the far end, as far as the packet still has it;
    None where it is not known.
    """
    name = f"security-group-{direction}"
    if not interface.groups_read:
        needs = f"the groups of {interface.id}: aws ec2 describe-network-interfaces"
        return Hop(interface.id, name, unknown("groups-not-read", interface.id, needs), packet)
    if interface.unfiltered:
        note = "a load balancer without groups filters nothing"
        return Hop(interface.id, name, YES, packet, default=True, note=note)
    far = packet.src if direction == "ingress" else packet.dst
    found: list[tuple[Rule, Truth]] = []
    for group in sorted(interface.groups):
        if unread := _unread(fabric, group):
            found.append((Rule(Key("", "sg", group)), unread))
        for key, rule in fabric.group_rules.get(group, ()):
            if rule.direction == direction:
                truth = _matches(fabric, rule, far, packet.service, remote)
                found.append((Rule(key, rule.text), truth))
    truth = some(truth for _, truth in found)
    deciding = tuple(rule for rule, t in found if t.value == truth.value and t.value is not False)
    return Hop(
        at=interface.id,
        gate=name,
        truth=truth,
        packet=packet,
        rules=deciding,
        default=truth.value is False,
        note="" if truth.value is not False else _nothing_admits(interface, direction),
    )


def _nothing_admits(interface: Interface, direction: str) -> str:
    groups = ", ".join(sorted(interface.groups)) or "no group"
    return f"no {direction} rule of {groups} admits it"


def _unread(fabric: Fabric, group: str) -> Truth | None:
    if not fabric.tells(group):
        return unknown(
            "group-not-read",
            group,
            f"the rules of {group}: aws ec2 describe-security-groups",
        )
    return None


def _matches(
    fabric: Fabric,
    rule: aws.SecurityGroupRule,
    far: Address,
    service: Service,
    remote: frozenset[str] | None,
) -> Truth:
    if not serves(rule, service, far.family):
        return NO
    if rule.peer.startswith("sg-"):
        if remote is None:
            needs = f"whether the far end is a member of {rule.peer} (another VPC or network)"
            return unknown("membership-unknown", rule.peer, needs)
        return known(rule.peer in remote)
    if rule.peer.startswith("pl-"):
        return in_prefix_list(fabric, rule.peer, far)
    return far.inside(network(rule.peer))


def serves(rule: aws.SecurityGroupRule, service: Service, family: int) -> bool:
    """Whether a rule's protocol and destination ports (or ICMP type and code) cover a service."""
    if rule.protocol == "-1":
        return True
    number = PROTOCOLS.get(rule.protocol)
    if number is None:
        return service.protocol.equals(int(rule.protocol))
    if not service.protocol.equals(number):
        return False
    if number in (ICMP, ICMPV6):
        return (number == ICMPV6) == (family == 6) and _icmp(rule, service)
    return service.port.within(rule.from_port, rule.to_port)


def _icmp(rule: aws.SecurityGroupRule, service: Service) -> bool:
    if rule.from_port < 0:
        return True
    low = rule.from_port * 256 + max(rule.to_port, 0)
    high = low if rule.to_port >= 0 else low + 255
    return service.port.within(low, high)


def in_prefix_list(fabric: Fabric, name: str, far: Address) -> Truth:
    """Whether an address lies in one of a list's blocks; a list without entries is unknown."""
    entries = fabric.lists.get(name)
    blocks = None
    if entries is not None:
        body = entries[1]
        if body.entries is not None or body.cidrs is not None:
            blocks = [*(e.cidr for e in body.entries or ()), *(body.cidrs or ())]
    if blocks is None:
        needs = f"aws ec2 get-managed-prefix-list-entries --prefix-list-id {name}"
        return unknown("prefix-list-not-read", name, needs)
    return some(far.inside(network(block)) for block in blocks)
