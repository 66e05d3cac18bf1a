"""Network ACLs: facts → gates.

One tier in ascending rule number, the first match decides, the rest is refused (aws.md 16). They
keep no state: replies are judged too. An entry's family is its block's.
"""

from typing import Final

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.model.fabric.blocks import block
from ringwall.model.gate import ALLOW, DENY, Gate, Rule, Tier
from ringwall.space.addresses import Addresses
from ringwall.space.services import TYPED, UNIVERSE, ServiceSet

_PORTED: Final = (6, 17)  # only TCP and UDP entries have ports


def gate(key: Key, acl: aws.NetworkAcl, direction: str) -> Gate[Addresses] | None:
    """What an ACL does with packets ``in`` or ``out`` of its subnets; None if it was not read."""
    if acl.entries is None:
        return None
    going_out = direction == "out"
    entries = sorted(
        (entry for entry in acl.entries if entry.egress == going_out),
        key=lambda entry: (entry.rule_number, entry.ipv6_cidr_block, entry.cidr_block),
    )
    return Gate(
        place=str(key),
        direction="out" if going_out else "in",
        tiers=(Tier(tuple(_rule(key, entry) for entry in entries)),),
        end=DENY,
    )


def _rule(key: Key, entry: aws.NetworkAclEntry) -> Rule[Addresses]:
    return Rule(
        ALLOW if entry.rule_action == "allow" else DENY,
        Addresses((block(entry.cidr_block or entry.ipv6_cidr_block),)),
        services(entry),
        key,
        index=str(entry.rule_number),
    )


def services(entry: aws.NetworkAclEntry) -> ServiceSet:
    """The services of an entry: ports for TCP and UDP, type and code for ICMP, else all of it."""
    if entry.protocol == "-1":
        return UNIVERSE
    protocol = int(entry.protocol)
    ports, icmp = entry.port_range, entry.icmp_type_code
    if protocol in _PORTED and ports:
        return _numbers(protocol, ports.from_, ports.to)
    if protocol not in TYPED or icmp is None or icmp.type < 0:
        return ServiceSet.of(protocol)
    low = icmp.type << 8
    return _numbers(
        protocol, low | max(icmp.code, 0), low | (icmp.code if icmp.code >= 0 else 0xFF)
    )


def _numbers(protocol: int, low: int, high: int) -> ServiceSet:
    """A range of numbers, as far as the protocol has them; -1 for both is the whole of it."""
    if low == high == -1:
        return ServiceSet.of(protocol)
    low, high = max(low, 0), min(high, 0xFFFF)
    return ServiceSet.of(protocol, low, high) if low <= high else ServiceSet()
