"""Sets of services: a protocol with a port, with an ICMP type and code, or alone.

One service is one integer, ``protocol * 65536 + number``. The number is the port of TCP, UDP and
SCTP, ``type * 256 + code`` of ICMP and ICMPv6, and 0 of every other protocol. Protocol numbers are
those of the IP header (IANA), 0 to 255.
"""

from collections.abc import Iterable, Iterator

from ringwall.space import ranges as line
from ringwall.space.ranges import Ranges

ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
PORTED = (TCP, UDP, SCTP)
TYPED = (ICMP, ICMPV6)
_WORDS = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "icmp": ICMP, "icmpv6": ICMPV6}
_NAMES = {TCP: "TCP", UDP: "UDP", SCTP: "SCTP", ICMP: "ICMP", ICMPV6: "ICMPv6"}
_WELL_KNOWN = ((TCP, 443), (TCP, 80), (TCP, 22))
_OTHER = "PROTO-OTHER"
_TELLING = (TCP, UDP, SCTP, ICMP, ICMPV6)  # the order in which a witness is looked for


def last(protocol: int) -> int:
    """The highest number of a protocol's services: 65535, or 0 where it has no numbers."""
    return 65535 if protocol in _NAMES else 0


class ServiceSet:
    """An immutable set of services: union ``|``, intersection ``&``, difference ``-``, subset
    ``<=``."""

    __slots__ = ("_hash", "ranges")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Ranges of service codes in any order; codes that no service has are left out."""
        whole = line.merged(ranges)
        self.ranges: Ranges = line.intersection(whole, _VALID)
        self._hash = hash(self.ranges)

    @classmethod
    def of(cls, protocol: int, low: int | None = None, high: int | None = None) -> "ServiceSet":
        """Numbers ``low`` to ``high`` of a protocol; ``low`` alone if ``high`` is none, the whole
        protocol (port 0 included) if both are. Raises ValueError."""
        if not 0 <= protocol <= 255:
            raise ValueError(f"{protocol} is no protocol number (0 to 255)")
        start = 0 if low is None else low
        end = high if high is not None else last(protocol) if low is None else low
        if not 0 <= start <= end <= last(protocol):
            raise ValueError(f"{start}-{end} are no numbers of protocol {protocol}")
        return _made(((protocol << 16 | start, protocol << 16 | end),))

    @classmethod
    def parse(cls, text: str) -> "ServiceSet":
        """The set that words name, as ``tcp/443 tcp/8000-8010 udp/53 icmp icmp/8 icmp/8/0 icmpv6
        proto/47`` do; ``all`` is every service but port 0. Raises ValueError."""
        words = text.split()
        if not words:
            raise ValueError("no service is named")
        return cls(pair for word in words for pair in _read(word).ranges)

    def __or__(self, other: "ServiceSet") -> "ServiceSet":
        return _made(line.union(self.ranges, other.ranges))

    def __and__(self, other: "ServiceSet") -> "ServiceSet":
        return _made(line.intersection(self.ranges, other.ranges))

    def __sub__(self, other: "ServiceSet") -> "ServiceSet":
        return _made(line.difference(self.ranges, other.ranges))

    def __le__(self, other: "ServiceSet") -> bool:
        return line.subset(self.ranges, other.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServiceSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"ServiceSet.parse({' '.join(self.words())!r})"

    def holds(self, protocol: int, number: int) -> bool:
        """Whether one service lies in it."""
        return 0 <= number <= 65535 and line.holds(self.ranges, protocol << 16 | number)

    def size(self) -> int:
        """How many services it holds."""
        return line.size(self.ranges)

    def witness(self) -> tuple[int, int]:
        """(protocol, number) of its most telling member: TCP 443, 80, 22, then the lowest port of
        TCP, UDP, SCTP (0 only where there is no other), ICMP, ICMPv6, then the lowest protocol.
        Raises ValueError if it is empty."""
        for protocol, number in _WELL_KNOWN:
            if self.holds(protocol, number):
                return protocol, number
        for seen in (self & SERVED, self):
            numbers = dict(seen._by_protocol())
            for protocol in (*_TELLING, *numbers):
                if protocol in numbers:
                    return protocol, numbers[protocol][0][0]
        raise ValueError("the empty set has no witness")

    def words(self) -> list[str]:
        """Canonical text that ``parse`` reads; port 0 is not told where all else is there."""
        if self >= SERVED:
            return ["all"]
        return [
            word for protocol, pairs in self._by_protocol() for word in _worded(protocol, pairs)
        ]

    def contract(self) -> dict[str, list[str]]:
        """The form of ``ringwall/reach/v1``; port 0 is not told where all else is there, and every
        protocol without a name of its own is ``PROTO-OTHER`` where all of them are."""
        if self >= SERVED:
            return {"ALL": []}
        others = self >= OTHERS
        named = self - OTHERS if others else self
        found = {
            _NAMES.get(protocol, f"PROTO-{protocol}"): list(_items(protocol, pairs))
            for protocol, pairs in named._by_protocol()
        }
        return {**found, _OTHER: []} if others else found

    def _by_protocol(self) -> Iterator[tuple[int, Ranges]]:
        """Each protocol of the set with the ranges of its numbers, in order."""
        found: dict[int, list[tuple[int, int]]] = {}
        for low, high in self.ranges:
            for protocol in range(low >> 16, (high >> 16) + 1):
                start = max(low, protocol << 16) & 0xFFFF
                end = min(high, protocol << 16 | 0xFFFF) & 0xFFFF
                found.setdefault(protocol, []).append((start, end))
        return ((protocol, tuple(pairs)) for protocol, pairs in found.items())


def _made(pairs: Ranges) -> ServiceSet:
    """The set of pairs that are canonical and valid already."""
    new = ServiceSet.__new__(ServiceSet)
    new.ranges = pairs
    new._hash = hash(pairs)
    return new


def _read(word: str) -> ServiceSet:
    """One word of ``ServiceSet.parse``."""
    if word == "all":
        return SERVED
    name, slash, rest = word.partition("/")
    if name == "proto" and rest:
        return ServiceSet.of(_number(rest, word))
    protocol = _WORDS.get(name)
    if protocol is None or bool(slash) != bool(rest) or (not rest and protocol in PORTED):
        raise ValueError(f"{word!r} names no service; {_MANNER}")
    return _part(protocol, rest, word) if rest else ServiceSet.of(protocol)


def _part(protocol: int, text: str, whole: str) -> ServiceSet:
    """Ports ``80`` or ``8000-8010``; ICMP ``8`` (a type with all its codes) or ``8/0``."""
    if protocol in PORTED:
        first, dash, second = text.partition("-")
        low = _number(first, whole)
        return ServiceSet.of(protocol, low, _number(second, whole) if dash else low)
    first, slash, second = text.partition("/")
    kind = _number(first, whole)
    code = _number(second, whole) if slash else 0
    if kind > 255 or code > 255:
        raise ValueError(f"{whole!r}: ICMP types and codes are 0 to 255")
    return ServiceSet.of(protocol, kind << 8 | code, kind << 8 | (code if slash else 255))


def _number(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{whole!r} names no service; {_MANNER}")
    return int(text)


_MANNER = "write tcp/443, tcp/8000-8010, udp/53, icmp, icmp/8, icmp/8/0, proto/47 or all"


def _worded(protocol: int, pairs: Ranges) -> Iterator[str]:
    """The words of ``parse`` for one protocol."""
    items = list(_items(protocol, pairs))
    name = _NAMES.get(protocol, f"proto/{protocol}").lower()
    yield from (f"{name}/{item}" for item in items) if items else (name,)


def _items(protocol: int, pairs: Ranges) -> Iterator[str]:
    """What the contract form lists below one protocol; nothing where the whole protocol is meant
    and it has no ports."""
    if protocol in PORTED:
        yield from (f"{low}-{high}" if high > low else f"{low}" for low, high in pairs)
    elif protocol in TYPED and pairs != ((0, 65535),):
        for low, high in pairs:
            yield from _types(low, high)


def _types(low: int, high: int) -> Iterator[str]:
    """Whole ICMP types as ``8``, single codes as ``8/0``."""
    at = low
    while at <= high:
        if at & 0xFF == 0 and at + 255 <= high:
            yield f"{at >> 8}"
            at += 256
        else:
            yield f"{at >> 8}/{at & 0xFF}"
            at += 1


_VALID = line.merged((protocol << 16, protocol << 16 | last(protocol)) for protocol in range(256))

UNIVERSE = _made(_VALID)
"""Every service there is, port 0 included."""

SERVED = UNIVERSE - _made(tuple((protocol << 16, protocol << 16) for protocol in PORTED))
"""What outputs list: every service but port 0 of TCP, UDP and SCTP."""

OTHERS = UNIVERSE - ServiceSet((number << 16, number << 16 | 0xFFFF) for number in _NAMES)
"""Every protocol that goes by its number only."""
