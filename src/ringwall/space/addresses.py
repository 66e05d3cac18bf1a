"""Sets of IP addresses of both families, as sorted disjoint ranges."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ringwall.space import ranges as line
from ringwall.space.ranges import Ranges


class Range(NamedTuple):
    """Neighbouring addresses of one family, both ends included."""

    family: int
    low: int
    high: int


_SIXTH = (
    1 << 33
)  # where IPv6 starts on the one line of integers; the hole before it keeps them apart
_LAST = {4: (1 << 32) - 1, 6: (1 << 128) - 1}


class Addresses:
    """An immutable set of addresses: union ``|``, intersection ``&``, difference ``-``, subset
    ``<=``."""

    __slots__ = ("_hash", "_line", "_ranges")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._line: Ranges = line.merged(map(_laid, ranges))
        self._ranges: tuple[Range, ...] | None = None
        self._hash: int | None = None

    @classmethod
    def of(cls, *blocks: str) -> "Addresses":
        """The union of CIDR blocks (host bits are cleared). Raises ValueError."""
        return cls(_range(block) for block in blocks)

    @classmethod
    def everything(cls) -> "Addresses":
        """Every address of both families."""
        return _EVERYTHING

    @classmethod
    def single(cls, family: int, value: int) -> "Addresses":
        """One address, given as the number it is. Raises ValueError if the family has it not."""
        if not 0 <= value <= _LAST.get(family, -1):
            raise ValueError(f"{value} is no address of family {family}")
        at = value + _SIXTH if family == 6 else value
        return _made(((at, at),))

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Its ranges in order, IPv4 first; no two of them touch."""
        if self._ranges is None:
            self._ranges = tuple(map(_lifted, self._line))
        return self._ranges

    def __or__(self, other: "Addresses") -> "Addresses":
        return _made(line.union(self._line, other._line))

    def __and__(self, other: "Addresses") -> "Addresses":
        return _made(line.intersection(self._line, other._line))

    def __sub__(self, other: "Addresses") -> "Addresses":
        return _made(line.difference(self._line, other._line))

    def __le__(self, other: "Addresses") -> bool:
        return line.subset(self._line, other._line)

    def __bool__(self) -> bool:
        return bool(self._line)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Addresses) and self._line == other._line

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self._line)
        return self._hash

    def __contains__(self, text: str) -> bool:
        at = ipaddress.ip_address(text)
        return self.holds(at.version, int(at))

    def holds(self, family: int, value: int) -> bool:
        """Whether one address, given as the number it is, lies in it."""
        return line.holds(self._line, value + _SIXTH if family == 6 else value)

    def lowest(self) -> tuple[int, int] | None:
        """(family, value) of its first address, IPv4 before IPv6; none of the empty set."""
        if not self._line:
            return None
        family, low, _ = _lifted(self._line[0])
        return family, low

    def size(self, family: int) -> int:
        """How many addresses of a family it holds."""
        return sum(part.high - part.low + 1 for part in self.ranges if part.family == family)

    def blocks(self) -> Iterator[str]:
        """The fewest CIDR blocks that make it up, in order."""
        for part in self.ranges:
            kind = ipaddress.IPv4Address if part.family == 4 else ipaddress.IPv6Address
            for block in ipaddress.summarize_address_range(kind(part.low), kind(part.high)):
                yield str(block)

    def __repr__(self) -> str:
        return f"Addresses.of({', '.join(map(repr, self.blocks()))})"


def _made(pairs: Ranges) -> Addresses:
    """The set of pairs that are in canonical form already."""
    new = Addresses.__new__(Addresses)
    new._line = pairs
    new._ranges = None
    new._hash = None
    return new


def _laid(part: Range) -> tuple[int, int]:
    family, low, high = part
    return (low + _SIXTH, high + _SIXTH) if family == 6 else (low, high)


def _lifted(pair: tuple[int, int]) -> Range:
    low, high = pair
    return Range(6, low - _SIXTH, high - _SIXTH) if low >= _SIXTH else Range(4, low, high)


def _range(block: str) -> Range:
    parsed = ipaddress.ip_network(block, strict=False)
    return Range(parsed.version, int(parsed.network_address), int(parsed.broadcast_address))


_EVERYTHING = Addresses(Range(family, 0, last) for family, last in _LAST.items())

INTERNET = Addresses.of("0.0.0.0/0", "2000::/3") - Addresses.of(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)
"""Public unicast addresses (RFC 6890, RFC 4291); documentation blocks count as public."""
