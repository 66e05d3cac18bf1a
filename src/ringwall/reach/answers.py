"""What an explanation says, as it is printed: the contract ``ringwall/explain/v1``."""

from typing import Annotated

from msgspec import Meta, Struct, field

Verdict = Annotated[str, Meta(pattern="^(allowed|unknown|blocked)$")]
Reply = Annotated[str, Meta(pattern="^(established|partial|none|unknown)$")]
Extent = Annotated[str, Meta(pattern="^(all|some)$")]
Effect = Annotated[str, Meta(pattern="^(allow|block|translate|unknown)$")]


class UnknownOut(Struct, frozen=True):
    """What is not known: a code, the object, and what would settle it."""

    code: str
    object: str
    needs: str


class RuleOut(Struct, frozen=True):
    """A rule that decided: the object's id, which of its rules, and where that stands."""

    object: str
    index: str
    source: str
    id: str = ""
    description: str = ""


class PacketOut(Struct, frozen=True):
    """The packet as it looks at a step."""

    src: str
    dst: str
    port: str


class HopOut(Struct, frozen=True):
    """One step of a path."""

    at: str
    stage: str
    gate: str
    effect: Effect
    rules: list[RuleOut]
    isolated_by: list[str]
    default: bool
    packet: PacketOut
    note: str = ""
    because: list[str] = field(default_factory=list)


class PathOut(Struct, frozen=True):
    """One way of one packet, to its end, also behind a block."""

    verdict: Verdict
    hops: list[HopOut]
    reply_hops: list[HopOut]
    reply: Reply | None = None
    note: str = ""


class PartOut(Struct, frozen=True, rename={"from_": "from"}):
    """A part of the question with an answer of its own."""

    from_: str
    to: str
    port: str
    verdict: Verdict
    why: str = ""


class Explanation(Struct, frozen=True, rename={"from_": "from"}):
    """``ringwall/explain/v1``: one question and its answer, with every step."""

    schema: str
    from_: str
    to: str
    port: str
    verdict: Verdict
    extent: Extent | None
    if_placed: str | None
    reply: Reply | None
    scope: list[str]
    assumes: list[str]
    unknowns: dict[str, UnknownOut]
    parts: list[PartOut]
    paths: list[PathOut]
    blocked_by: list[HopOut]


def service_text(protocols: tuple[int, int], ports: tuple[int, int]) -> str:
    """A block of services in the words of ``--port``."""
    names = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"}
    low, high = ports
    name = names.get(protocols[0])
    if name is None or protocols[0] != protocols[1]:
        first, last = protocols
        return f"proto/{first}" if first == last else f"proto/{first}-{last}"
    if name.startswith("icmp"):
        return _icmp_text(name, low, high)
    if low <= 1 and high == 65535:
        return f"{name}/1-65535"
    return f"{name}/{low}" if low == high else f"{name}/{low}-{high}"


def _icmp_text(name: str, low: int, high: int) -> str:
    if (low, high) == (0, 65535):
        return name
    if low == high:
        return f"{name}/{low // 256}/{low % 256}"
    if low % 256 == 0 and high == low + 255:
        return f"{name}/{low // 256}"
    return f"{name}/{low // 256}-{high // 256}"
