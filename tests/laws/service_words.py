"""Random words for services, near enough to each other to meet, and the codes they name."""

from hypothesis import strategies as st

from ringwall.space.services import ServiceSet
from tests.laws.bitvectors import PROTOCOLS

PORTS = [0, 1, 22, 53, 79, 80, 81, 443, 8080, 65534, 65535]

ports = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(sorted)
ported = st.builds(
    lambda name, ends: f"{name}/{ends[0]}-{ends[1]}",
    st.sampled_from(["tcp", "udp", "sctp"]),
    ports,
)
typed = st.builds(
    lambda name, rest: "/".join([name, *map(str, rest)]),
    st.sampled_from(["icmp", "icmpv6"]),
    st.lists(st.sampled_from([0, 1, 8, 128, 255]), max_size=2),
)
others = st.sampled_from([0, 2, 5, 7, 16, 18, 47, 57, 59, 131, 133, 255])
word = st.one_of(ported, ported, typed, others.map("proto/{}".format))
words = st.lists(word, max_size=6)


def codes(word: str) -> set[int]:
    """Every protocol * 65536 + number that a word names."""
    name, *rest = word.split("/")
    if name == "all":
        named = {p << 16 | number for p in PROTOCOLS.values() for number in range(65536)}
        return (named | {p << 16 for p in range(256)}) - {p << 16 for p in (6, 17, 132)}
    if name == "proto":
        return {int(rest[0]) << 16}
    base = PROTOCOLS[name] << 16
    if name in ("icmp", "icmpv6"):
        low = sum(int(text) << shift for text, shift in zip(rest, (8, 0), strict=False))
        return set(range(base + low, base + low + (65536, 256, 1)[len(rest)]))
    first, _, second = rest[0].partition("-")
    return set(range(base + int(first), base + int(second or first) + 1))


def all_codes(words: list[str]) -> set[int]:
    return set().union(*map(codes, words))


def made(texts: list[str]) -> ServiceSet:
    """The set that words name; none name the empty one."""
    return ServiceSet(pair for text in texts for pair in ServiceSet.parse(text).ranges)
