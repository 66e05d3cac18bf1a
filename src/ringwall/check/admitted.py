"""What a group's rule admits: from where, and on which services."""

import bisect
from collections.abc import Iterable, Iterator
from typing import Final

from ringwall.facts import aws
from ringwall.reach.answers import service_text
from ringwall.reach.definition.packet import ICMP, ICMPV6, PROTOCOLS, WITH_PORTS
from ringwall.reach.ids import Services, services
from ringwall.reach.questions import Net
from ringwall.space.addresses import INTERNET, Addresses, Range
from ringwall.space.services import ServiceSet, last

BROAD_V4: Final = 1 << 24
BROAD_V6: Final = 1 << 112
"""A source is the Internet, for a rule's purposes, from a /8 (IPv4) or a /16 (IPv6) upwards."""
NETWORK_V6: Final = 1 << 64
"""The addresses of one IPv6 network."""
EVERYTHING: Final = tuple(sorted(services("all"), key=lambda s: s.protocols[0] not in WITH_PORTS))
"""All services, those with ports first: they make the witness that tells most."""
_OF_BOTH_FAMILIES: Final = {s for s in EVERYTHING if s.protocols[0] not in (ICMP, ICMPV6)}


def source_of(net: Net, rule: aws.SecurityGroupRule) -> Addresses | None:
    """The addresses that a rule names; None for a group, or for a list that was not read."""
    if rule.peer.startswith("sg-"):
        return None
    blocks = blocks_of(net, rule.peer)
    return None if blocks is None else Addresses.of(*blocks)


def blocks_of(net: Net, name: str) -> list[str] | None:
    """The blocks that a CIDR or prefix list stands for; None for a list that was not read."""
    if not name.startswith("pl-"):
        return [name]
    entry = net.world.fabric.lists.get(name)
    if entry is None or (entry[1].entries is None and entry[1].cidrs is None):
        return None
    return [*(e.cidr for e in entry[1].entries or ()), *(entry[1].cidrs or ())]


def meets(addresses: Addresses, part: Range) -> bool:
    """Whether a set has an address of a range."""
    i = bisect.bisect_right(addresses.ranges, (part.family, part.high, 1 << 128))
    last = addresses.ranges[i - 1] if i else None
    return last is not None and last.family == part.family and last.high >= part.low


def is_internet(source: Addresses) -> bool:
    """Whether a source holds a /8 of public IPv4 addresses, or an IPv6 /16, or more."""
    public = source & INTERNET
    return public.size(4) >= BROAD_V4 or public.size(6) >= BROAD_V6


def size_of(source: Addresses) -> int:
    """How large a source is: addresses of IPv4, or networks (/64) of IPv6, in each of which there
    is room for any number of machines; the larger of both."""
    return max(source.size(4), source.size(6) // NETWORK_V6)


def sizes_text(source: Addresses) -> str:
    """The same in words."""
    v4, v6 = source.size(4), source.size(6) // NETWORK_V6
    told = [f"{v4:,} IPv4 addresses"] if v4 else []
    return " and ".join([*told, *([f"{v6:,} IPv6 networks (/64)"] if v6 else [])])


def services_of(rule: aws.SecurityGroupRule) -> tuple[Services, ...]:
    """The services that a rule admits, as a question asks them; those with ports first."""
    if rule.protocol == "-1":
        return EVERYTHING
    number = PROTOCOLS.get(rule.protocol)
    if number is None:
        return services(f"proto/{int(rule.protocol)}")
    if number in WITH_PORTS:
        first = max(rule.from_port, min(1, rule.to_port))  # nobody serves port 0
        return (Services((number, number), (first, rule.to_port)),)
    if rule.from_port < 0:
        return (Services((number, number), (0, 65535)),)
    low = rule.from_port * 256 + max(rule.to_port, 0)
    return (Services((number, number), (low, low if rule.to_port >= 0 else low + 255)),)


def services_in(blocks: Iterable[Services]) -> ServiceSet:
    """Blocks of services as one set."""
    return ServiceSet(
        (block.protocols[0] << 16 | block.ports[0], block.protocols[1] << 16 | block.ports[1])
        for block in blocks
    )


def blocks_in(found: ServiceSet) -> tuple[Services, ...]:
    """A set of services as a question asks them; those with ports first."""
    blocks: list[Services] = []
    for protocol, low, high in _by_protocol(found):
        before = blocks[-1].protocols if blocks else (0, 0)
        if last(protocol) == 0 and before[1] == protocol - 1 and last(before[1]) == 0 and blocks:
            blocks[-1] = Services((before[0], protocol))
        else:
            blocks.append(Services((protocol, protocol), (low, high)))
    return tuple(sorted(blocks, key=_without_ports))


def one_of(found: ServiceSet) -> ServiceSet:
    """The most telling of some services."""
    return ServiceSet.of(*found.witness())


def _by_protocol(found: ServiceSet) -> Iterator[tuple[int, int, int]]:
    for low, high in found.ranges:
        for protocol in range(low >> 16, (high >> 16) + 1):
            start, end = protocol << 16, protocol << 16 | last(protocol)
            yield protocol, max(low, start) - start, min(high, end) - start


def _without_ports(block: Services) -> bool:
    return block.protocols[0] not in WITH_PORTS


def ports_text(blocks: Iterable[Services]) -> list[str]:
    """Services in words, neighbouring ports joined; ``all`` alone where nothing is left out."""
    found: list[Services] = []
    for block in sorted(set(blocks), key=lambda block: (block.protocols, block.ports)):
        last = found[-1] if found else None
        if last and last.protocols == block.protocols and block.ports[0] <= last.ports[1] + 1:
            ports = (last.ports[0], max(last.ports[1], block.ports[1]))
            found[-1] = Services(last.protocols, ports)
        else:
            found.append(block)
    if set(found) >= _OF_BOTH_FAMILIES:
        return ["all"]
    return [service_text(block.protocols, block.ports) for block in found]
