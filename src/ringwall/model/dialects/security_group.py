"""Security groups: facts → gates.

The groups of an interface are one tier of Allow rules; what none admits is refused (aws.md 1). An
inbound rule names who sends, an outbound one who receives, both the destination's port (2).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Gap, Key
from ringwall.model.fabric.blocks import block
from ringwall.model.fabric.regions import Where
from ringwall.model.gate import ALLOW, DENY, UNKNOWN, Gate, Reason, Rule, Tier
from ringwall.space.addresses import Addresses, Range
from ringwall.space.services import ICMP, ICMPV6, TCP, UDP, UNIVERSE, ServiceSet

DIRECTIONS: Final = ("ingress", "egress")
_PORTED: Final = {"tcp": TCP, "udp": UDP}
_TYPED: Final = {"icmp": ICMP, "icmpv6": ICMPV6}


class Blocks(Struct, frozen=True):
    """A CIDR block."""

    addresses: Addresses


class Members(Struct, frozen=True):
    """The interfaces that carry a group, by their private addresses."""

    group: str


class Listed(Struct, frozen=True):
    """A prefix list; None where its entries were not read."""

    list: str
    addresses: Addresses | None


class Anyone(Struct, frozen=True):
    """Whoever the rules of a group that was not read may admit."""


Far: TypeAlias = Blocks | Members | Listed | Anyone
Carried: TypeAlias = tuple[str, ...] | None
"""The groups that the far side carries; None where that is not known."""

Edits: TypeAlias = Mapping[tuple[str, str], "Sequence[Rule[Far]]"]
"""The rules that come or go in a change, by group and direction."""


class Group(Struct, frozen=True):
    """A group's rules by direction; ``unread`` where there may be more than those."""

    id: str
    rules: dict[str, tuple[Rule[Far], ...]]
    unread: Reason | None = None


def gate(place: str, direction: str, groups: Iterable[Group]) -> Gate[Far]:
    """What stands at an interface that carries these groups."""
    found = sorted(groups, key=lambda group: group.id)
    rules = [rule for group in found for rule in group.rules[direction]]
    rules += [
        Rule[Far](UNKNOWN, Anyone(), UNIVERSE, None, because=frozenset({group.unread}))
        for group in found
        if group.unread
    ]
    return Gate(
        place=place,
        direction="ingress" if direction == "ingress" else "egress",
        tiers=(Tier(tuple(rules)),),
        end=DENY,
    )


def group(
    name: str,
    key: Key | None,
    rules: Iterable[aws.SecurityGroupRule],
    lists: Mapping[str, Listed],
    *,
    whole: bool = True,
) -> Group:
    """One group; it may have more rules than these where it has no fact of its own (``key`` None),
    or is not ``whole``."""
    origin = key or Key("", "sg", name)
    found: dict[str, list[Rule[Far]]] = {direction: [] for direction in DIRECTIONS}
    for one in rules:
        found[one.direction].append(
            Rule(ALLOW, far(one.peer, lists), services(one), origin, index=one.text)
        )
    return Group(
        name,
        {way: tuple(sorted(own, key=lambda rule: rule.index)) for way, own in found.items()},
        unread=None if key and whole else _unread(name),
    )


def edits(bodies: Iterable[Struct], lists: Mapping[str, Listed]) -> Edits:
    """What a change does whose facts, before and after it, have these bodies. Where a group itself
    comes or goes, that is as much as a rule for anyone."""
    found: dict[tuple[str, str], list[Rule[Far]]] = defaultdict(list)
    for body in bodies:
        if isinstance(body, aws.SecurityGroupRule):
            rule = Rule[Far](ALLOW, far(body.peer, lists), services(body), None)
            found[body.group_id, body.direction].append(rule)
        elif isinstance(body, aws.SecurityGroup):
            for direction in DIRECTIONS:
                rule = Rule[Far](UNKNOWN, Anyone(), UNIVERSE, None)
                found[body.group_id, direction].append(rule)
    return found


def unread_groups(gaps: Iterable[Gap]) -> frozenset[str]:
    """The groups of which a gap says that not every rule could be read."""
    return frozenset(gap.object.rpartition("!")[2] for gap in gaps if gap.code == "rules-not-read")


def lists(facts: Iterable[tuple[Key, aws.PrefixList]]) -> dict[str, Listed]:
    """The prefix lists that were read, by id."""
    found: dict[str, Listed] = {}
    for _, body in facts:
        name = body.prefix_list_id
        if body.entries is None and body.cidrs is None:
            found.setdefault(name, Listed(name, None))
            continue
        texts = [*(entry.cidr for entry in body.entries or ()), *(body.cidrs or ())]
        made = Listed(name, Addresses(block(text) for text in texts if text))
        if found.setdefault(name, made).addresses is None:
            found[name] = made
    return found


def far(peer: str, lists: Mapping[str, Listed]) -> Far:
    """The far side that a rule names: a CIDR, ``pl-…`` or ``sg-…``."""
    if peer.startswith("sg-"):
        return Members(peer)
    if peer.startswith("pl-"):
        return lists.get(peer) or Listed(peer, None)
    return Blocks(Addresses((block(peer),)))


def block_of(peer: str) -> Range | None:
    """The CIDR block that a rule names; None where it names a group or a prefix list."""
    return None if peer.startswith(("sg-", "pl-")) else block(peer)


def services(rule: aws.SecurityGroupRule) -> ServiceSet:
    """The services of a rule (aws.md 3): -1 is everything, a number without a name all of it."""
    return _services(rule.protocol, rule.from_port, rule.to_port)


@lru_cache(maxsize=1 << 14)
def _services(protocol: str, low: int, high: int) -> ServiceSet:
    if protocol == "-1":
        return UNIVERSE
    if protocol in _PORTED:
        return ServiceSet.of(_PORTED[protocol], low, high)
    if protocol not in _TYPED:
        return ServiceSet.of(int(protocol))
    number = _TYPED[protocol]
    if low < 0:
        return ServiceSet.of(number)
    if high < 0:
        return ServiceSet.of(number, low << 8, low << 8 | 0xFF)
    return ServiceSet.of(number, low << 8 | high)


def families(services: ServiceSet) -> tuple[int, ...]:
    """The families that a rule is for: ICMP is IPv4's, ICMPv6 is IPv6's (aws.md 3)."""
    if services <= _ALL_ICMP:
        return (4,)
    return (6,) if services <= _ALL_ICMPV6 else (4, 6)


def match(rule: Rule[Far], at: Where, carried: Carried) -> bool | None:
    """Whether a rule names the far side of a packet; None where that is unknown."""
    far = rule.far
    if at.family not in families(rule.services):
        return False
    if isinstance(far, Blocks):
        return at.within(far.addresses)
    if isinstance(far, Members):
        return None if carried is None else far.group in carried
    if isinstance(far, Listed):
        return None if far.addresses is None else at.within(far.addresses)
    return True


def why(far: Far, place: str) -> Reason:
    """Why it is unknown whether a rule matches."""
    if isinstance(far, Members):
        needs = (
            f"{place}: which groups the other side carries is not known; "
            "add the answer of aws ec2 describe-network-interfaces there, and of aws ec2 "
            "describe-vpc-peering-connections if it is peered"
        )
        return Reason("membership-not-known", far.group, needs)
    if isinstance(far, Listed):
        needs = (
            f"the entries of {far.list} were not read; "
            "add the answer of aws ec2 get-managed-prefix-list-entries"
        )
        return Reason("prefix-list-not-read", far.list, needs)
    return Reason("one-of-several-addresses", place, "the address that is used there")


def _unread(name: str) -> Reason:
    needs = f"not every rule of {name} was read; add the answer of aws ec2 describe-security-groups"
    return Reason("rules-not-read", name, needs)


_ALL_ICMP: Final = ServiceSet.of(ICMP)
_ALL_ICMPV6: Final = ServiceSet.of(ICMPV6)
