"""The interfaces of one network: which of them have some addresses, and what is delegated to
them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property

from ringwall.reach.definition.network import Interface
from ringwall.space.addresses import Addresses


class Neighbours:
    """Interfaces that can speak to each other without leaving their VPC."""

    def __init__(self, interfaces: Iterable[Interface]) -> None:
        self._all = tuple(interfaces)

    @cached_property
    def _held(self) -> list[tuple[int, int, int]]:
        """Family, value and the number of the interface of every address, in order."""
        numbered = enumerate(self._all)
        return sorted((at.family, at.value, i) for i, one in numbered for at in one.private)

    @cached_property
    def delegated(self) -> Addresses:
        """The blocks delegated to them."""
        return Addresses.of(*(str(block) for one in self._all for block in one.blocks))

    def at(self, named: Addresses) -> list[Interface]:
        """Those that have an address of a set, in their order."""
        found: set[int] = set()
        for family, low, high in named.ranges:
            first = bisect_left(self._held, (family, low, 0))
            last = bisect_right(self._held, (family, high, len(self._all)))
            found.update(number for _, _, number in self._held[first:last])
        return [self._all[number] for number in sorted(found)]
