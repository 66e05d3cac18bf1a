"""What no gate tells apart on the way in from outside: one question answers for all of it."""

from collections.abc import Iterable, Iterator

from ringwall.reach.definition.network import Interface


def twins(interfaces: Iterable[Interface]) -> Iterator[tuple[Interface, ...]]:
    """Interfaces of one subnet with the same groups and families of addresses.

    Groups, network ACLs and routes look at nothing else of who is sent to.
    """
    found: dict[object, list[Interface]] = {}
    for interface in interfaces:
        families = frozenset(at.family for at in interface.private)
        place = interface.vpc, interface.subnet, interface.groups, bool(interface.public), families
        found.setdefault(place, []).append(interface)
    return map(tuple, found.values())
