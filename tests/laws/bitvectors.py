"""The meaning of blocks and service words as bit-vector formulas, for a solver.

Written from the texts alone (a prefix is the leading bits; a service is eight bits of protocol and
sixteen of number), so that it knows nothing of ranges.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

import z3

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmpv6": 58}
WIDTHS = {4: 32, 6: 128}


def address(family: int) -> Any:
    """A free address of a family."""
    return z3.BitVec(f"address{family}", WIDTHS[family])


def in_blocks(at: Any, family: int, blocks: Iterable[str]) -> Any:
    """Whether an address begins with the prefix of one of the blocks of its family."""
    parsed = [ipaddress.ip_network(block) for block in blocks]
    return z3.Or(False, *(in_block(at, block) for block in parsed if block.version == family))


def in_block(at: Any, block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Any:
    width, length = block.max_prefixlen, block.prefixlen
    if not length:
        return z3.BoolVal(True)
    prefix = int(block.network_address) >> (width - length)
    return z3.Extract(width - 1, width - length, at) == z3.BitVecVal(prefix, length)


def service() -> Any:
    """A free service: protocol, then number."""
    return z3.BitVec("service", 24)


def is_service(at: Any) -> Any:
    """Whether such a service exists: only protocols with ports or types have numbers."""
    protocol = z3.Extract(23, 16, at)
    numbered = z3.Or(*(protocol == number for number in PROTOCOLS.values()))
    return z3.Or(numbered, z3.Extract(15, 0, at) == 0)


def in_words(at: Any, words: Iterable[str]) -> Any:
    """Whether one of the words names a service."""
    return z3.And(is_service(at), z3.Or(False, *(in_word(at, word) for word in words)))


def in_word(at: Any, word: str) -> Any:
    protocol, number = z3.Extract(23, 16, at), z3.Extract(15, 0, at)
    name, *rest = word.split("/")
    if name == "all":
        ported = z3.Or(*(protocol == PROTOCOLS[name] for name in ("tcp", "udp", "sctp")))
        return z3.Not(z3.And(ported, number == 0))
    if name == "proto":
        return protocol == int(rest[0])
    here = protocol == PROTOCOLS[name]
    if name in ("icmp", "icmpv6"):
        parts = (z3.Extract(15, 8, at), z3.Extract(7, 0, at))
        return z3.And(here, *(p == int(text) for p, text in zip(parts, rest, strict=False)))
    low, _, high = rest[0].partition("-")
    return z3.And(here, z3.UGE(number, int(low)), z3.ULE(number, int(high or low)))


def always(claim: Any) -> bool:
    """Whether a formula holds for every value of what is free in it."""
    solver = z3.Solver()
    solver.add(z3.Not(claim))
    return bool(solver.check() == z3.unsat)
