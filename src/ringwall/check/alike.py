"""What no gate tells apart, so that one question answers for all of it.

Groups, network ACLs and routes compare an address with blocks, and look at nothing else of an
interface but its subnet and its groups. Between two neighbouring edges of these blocks all
addresses fare alike.
"""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from ringwall.check.admitted import blocks_of
from ringwall.facts import aws
from ringwall.reach.definition.fabric import destination_of
from ringwall.reach.definition.network import Interface
from ringwall.reach.questions import Net
from ringwall.space.addresses import Addresses, Range

Edge = tuple[int, int]
"""The first address, as family and number, of a part of the address space."""

_HIGHEST: Final = 1 << 128
_ENDS: Final[tuple[Edge, ...]] = ((4, 0), (6, 0), (7, 0))


def edges(net: Net, interfaces: Iterable[Interface]) -> list[Edge]:
    """Where the blocks begin and end that stand on the ways to and from interfaces."""
    found = set(_ENDS)
    for interface, *_ in twins(interfaces):
        for text in _blocks_on_the_way(net, interface):
            for part in Addresses.of(text).ranges:
                found |= {(part.family, part.low), (part.family, part.high + 1)}
    return sorted(found)


def _blocks_on_the_way(net: Net, interface: Interface) -> Iterator[str]:
    fabric = net.world.fabric
    for group in interface.groups:
        for _, rule in fabric.group_rules.get(group, ()):
            if not rule.peer.startswith("sg-"):
                yield from blocks_of(net, rule.peer) or ()
    _, acl = fabric.acl_of(interface.subnet) or (None, aws.NetworkAcl(""))
    yield from (entry.cidr_block or entry.ipv6_cidr_block for entry in acl.entries or ())
    _, table = fabric.table_of(interface.subnet) or (None, aws.RouteTable(""))
    for route in table.routes or ():
        yield from blocks_of(net, destination_of(route)) or ()


def stretches(source: Addresses, between: list[Edge]) -> Addresses:
    """One stretch of a source between any two neighbouring edges where it has one.

    Nobody whose interface was read may be in the source: of such a sender more is known.
    """
    return Addresses(part for ends in pairwise(between) for part in _first_in(source, *ends))


def _first_in(source: Addresses, here: Edge, there: Edge) -> Iterator[Range]:
    family, low = here
    high = there[1] - 1 if there[0] == family else _HIGHEST
    i = bisect.bisect_right(source.ranges, (family, low, _HIGHEST))
    for part in source.ranges[max(i - 1, 0) : i + 1]:
        if part.family == family and part.high >= low and part.low <= high:
            yield Range(family, max(low, part.low), min(high, part.high))
            return


def twins(
    interfaces: Iterable[Interface], between: Sequence[Edge] = ()
) -> Iterator[tuple[Interface, ...]]:
    """Interfaces of one subnet with the same groups and families of addresses.

    On the way in from outside nothing tells them apart; elsewhere the edges, between which the
    addresses of each lie, have to be the same too.
    """
    found: dict[object, list[Interface]] = {}
    for interface in interfaces:
        place = (interface.vpc, interface.subnet, interface.groups, bool(interface.public))
        lie = frozenset(
            (at.family, bisect.bisect(between, (at.family, at.value))) for at in interface.private
        )
        found.setdefault((place, lie), []).append(interface)
    return map(tuple, found.values())
