"""Sets of IP addresses of both families, as sorted disjoint ranges."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Range(NamedTuple):
    """Neighbouring addresses of one family, both ends included."""

    family: int
    low: int
    high: int


class Addresses:
    """An immutable set of addresses: union ``|``, intersection ``&``, difference ``-``, subset
    ``<=``."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self.ranges: tuple[Range, ...] = tuple(_merged(ranges))

    @classmethod
    def of(cls, *blocks: str) -> "Addresses":
        """The union of CIDR blocks (host bits are cleared). Raises ValueError."""
        return cls(_range(block) for block in blocks)

    def __or__(self, other: "Addresses") -> "Addresses":
        return Addresses((*self.ranges, *other.ranges))

    def __and__(self, other: "Addresses") -> "Addresses":
        return self - (self - other)

    def __sub__(self, other: "Addresses") -> "Addresses":
        return Addresses(part for mine in self.ranges for part in _without(mine, other.ranges))

    def __le__(self, other: "Addresses") -> bool:
        return not (self - other)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Addresses) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __contains__(self, text: str) -> bool:
        at = ipaddress.ip_address(text)
        return any(
            part.family == at.version and part.low <= int(at) <= part.high for part in self.ranges
        )

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


def _range(block: str) -> Range:
    parsed = ipaddress.ip_network(block, strict=False)
    return Range(parsed.version, int(parsed.network_address), int(parsed.broadcast_address))


def _merged(ranges: Iterable[Range]) -> Iterator[Range]:
    """Sorted, with overlapping and touching neighbours joined."""
    last: Range | None = None
    for part in sorted(ranges):
        if last and part.family == last.family and part.low <= last.high + 1:
            last = last._replace(high=max(last.high, part.high))
        else:
            if last:
                yield last
            last = part
    if last:
        yield last


def _without(mine: Range, others: tuple[Range, ...]) -> Iterator[Range]:
    low = mine.low
    for other in others:
        if other.family != mine.family or other.high < low or other.low > mine.high:
            continue
        if other.low > low:
            yield Range(mine.family, low, other.low - 1)
        low = other.high + 1
        if low > mine.high:
            return
    yield Range(mine.family, low, mine.high)


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
