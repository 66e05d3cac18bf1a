"""Addresses and CIDR blocks in text, as numbers."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from ringwall.space.addresses import INTERNET, Addresses, Range

WIDTH: Final = {4: 32, 6: 128}
PUBLIC_4: Final = Addresses(part for part in INTERNET.ranges if part.family == 4)
PRIVATE_4: Final = Addresses.of("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
"""Where a pod is whose address is not in the input (RFC 1918, RFC 6598)."""


def address(text: str) -> tuple[int, int]:
    """Family and value of an address. Raises ValueError."""
    if ":" in text:
        return 6, int(IPv6Address(text))
    a, b, c, d = text.split(".")
    return 4, int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


@lru_cache(maxsize=1 << 17)
def block(text: str) -> Range:
    """A CIDR block (a bare address is one of itself); host bits are cleared. Raises ValueError."""
    head, _, length = text.partition("/")
    family, value = address(head)
    width = WIDTH[family]
    host = (1 << width - (int(length) if length else width)) - 1
    low = value & ~host
    return Range(family, low, low | host)


def union(texts: Iterable[str]) -> Addresses:
    """The union of CIDR blocks. Raises ValueError."""
    return Addresses(block(text) for text in texts)


def cidrs(addresses: Addresses) -> Iterator[Range]:
    """The fewest CIDR blocks that make up a set."""
    for family, low, high in addresses.ranges:
        while low <= high:
            size = low & -low if low else 1 << WIDTH[family]
            while low + size - 1 > high:
                size >>= 1
            yield Range(family, low, low + size - 1)
            low += size
