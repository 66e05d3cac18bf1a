"""One packet: where from, where to, which service.

A question may be about a whole set (a block of addresses, all ports). It is then asked with one
member of the set, whose free axes note every boundary that a comparison looked at: between two
neighbouring boundaries no comparison could have answered differently, so the answer holds there.
"""

import ipaddress
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ringwall.reach.definition.truth import NO, YES, Truth, known, unknown

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
PROTOCOLS = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "icmpv6": ICMPV6, "sctp": SCTP}
WITH_PORTS = (TCP, UDP, SCTP)


@lru_cache(maxsize=65536)
def network(text: str) -> Network:
    """A CIDR block from its text, host bits cleared. Raises ValueError."""
    return ipaddress.ip_network(text, strict=False)


class Axis:
    """One dimension along which a question asks about a whole set, with the boundaries seen."""

    def __init__(self) -> None:
        self.cuts: set[int] = set()


@dataclass(frozen=True, slots=True)
class Number:
    """A protocol or port, perhaps standing for its neighbours too."""

    value: int
    axis: Axis | None = field(default=None, compare=False, repr=False)

    def within(self, low: int, high: int) -> bool:
        """Whether it lies in ``low`` … ``high``, both included."""
        if self.axis:
            self.axis.cuts.update((low, high + 1))
        return low <= self.value <= high

    def equals(self, value: int) -> bool:
        """Whether it is ``value``."""
        return self.within(value, value)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address: a known one (perhaps standing for its neighbours), or one of ``among``.

    ``among`` holds the blocks that an address which the facts do not tell must lie in; ``what``
    says whose address it is where its number would mean nothing to a reader.
    """

    family: int
    value: int
    axis: Axis | None = field(default=None, compare=False, repr=False)
    among: tuple[Network, ...] = ()
    what: str = ""

    def __str__(self) -> str:
        if self.what:
            return self.what
        kind = ipaddress.IPv4Address if self.family == 4 else ipaddress.IPv6Address
        return str(kind(self.value))

    def inside(self, block: Network) -> Truth:
        """Whether it lies in a block of its own family."""
        if block.version != self.family:
            return NO
        if self.among:
            return self._spread(block)
        return known(self.between(int(block.network_address), int(block.broadcast_address)))

    def between(self, low: int, high: int) -> bool:
        """Whether a known address lies in ``low`` … ``high`` of its family, both included."""
        if self.axis:
            self.axis.cuts.update((low, high + 1))
        return low <= self.value <= high

    def _spread(self, block: Network) -> Truth:
        if all(part.subnet_of(block) for part in self.among):  # type: ignore[arg-type]
            return YES
        if not any(part.overlaps(block) for part in self.among):
            return NO
        return unknown("address-unknown", self.what, f"the address of {self.what}")


def address(text: str) -> Address:
    """An address from its text. Raises ValueError."""
    parsed = ipaddress.ip_address(text)
    return Address(parsed.version, int(parsed))


PRIVATE = tuple(
    network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_SPECIAL = tuple(
    network(text)
    for text in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
        "192.168.0.0/16 224.0.0.0/3"
    ).split()
)
GLOBAL_V6 = network("2000::/3")


def _between_the_special() -> tuple[tuple[int, int, int], ...]:
    ranges, low = [], 0
    for hole in _SPECIAL:
        if low < int(hole.network_address):
            ranges.append((4, low, int(hole.network_address) - 1))
        low = int(hole.broadcast_address) + 1
    return tuple(ranges)


PUBLIC: tuple[tuple[int, int, int], ...] = (
    *_between_the_special(),
    (6, int(GLOBAL_V6.network_address), int(GLOBAL_V6.broadcast_address)),
)
"""The Internet as (family, first, last): unicast that is neither private, shared, loopback nor
link-local (RFC 6890, RFC 4291). Documentation blocks count, so that examples can use them."""


def is_public(of: Address) -> Truth:
    """Whether an address is public unicast, noting the boundaries."""
    if of.among:
        ends = [(part.network_address, part.broadcast_address) for part in of.among]
        known_ones = [Address(of.family, int(at)) for pair in ends for at in pair]
        return known(all(is_public(at).value for at in known_ones))
    return known(any(of.between(low, high) for family, low, high in PUBLIC if family == of.family))


def private_address(what: str) -> Address:
    """The address of a pod that the facts do not tell: some private IPv4 address."""
    return Address(4, -1, among=PRIVATE, what=what)


def one_of(addresses: tuple[Address, ...]) -> Address:
    """One of several addresses: which one is not known beforehand."""
    if len(addresses) == 1:
        return addresses[0]
    blocks = tuple(network(str(at)) for at in addresses)
    text = " or ".join(map(str, addresses))
    return Address(addresses[0].family, -1, among=blocks, what=text)


@dataclass(frozen=True, slots=True)
class Service:
    """Protocol number, and port or ICMP type × 256 + code; 0 where the protocol has neither."""

    protocol: Number
    port: Number = Number(0)

    def is_(self, *protocols: int) -> bool:
        """Whether the protocol is one of these."""
        return any(self.protocol.equals(protocol) for protocol in protocols)

    def __str__(self) -> str:
        names = {number: name for name, number in PROTOCOLS.items()}
        number = self.protocol.value
        if number in (ICMP, ICMPV6):
            kind, code = divmod(self.port.value, 256)
            return f"{names[number]}/{kind}/{code}"
        if number in WITH_PORTS:
            return f"{names[number]}/{self.port.value}"
        return f"proto/{number}"


def service(protocol: int, port: int = 0) -> Service:
    """A service of known protocol and port."""
    return Service(Number(protocol), Number(port))


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection, as it looks at one place of its path.

    ``groups`` is the security-group membership that travels with it inside a VPC (None where it is
    not known); ``clients`` is
    the range of source ports that its sender may have chosen.
    """

    src: Address
    dst: Address
    service: Service
    groups: frozenset[str] | None = frozenset()
    clients: tuple[int, int] = (1024, 65535)

    def with_source(self, src: Address, clients: tuple[int, int] | None = None) -> "Packet":
        """After source translation: membership does not survive it (aws.md 4 and 6)."""
        return replace(self, src=src, groups=frozenset(), clients=clients or self.clients)

    def with_destination(self, dst: Address) -> "Packet":
        """After destination translation of the address only."""
        return replace(self, dst=dst)


LINUX_CLIENTS = (32768, 60999)
OTHER_CLIENTS = (1024, 65535)
