"""The steps of one packet on one path, as the definition records them."""

from dataclasses import dataclass, field

from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.packet import Address, Packet
from ringwall.reach.definition.truth import Truth, every


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that decided: of which fact, which one, and its JSON pointer inside the fact."""

    object: Key
    index: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A stateless gate that the reply meets from the other side: the same subnet and remote."""

    subnet: str
    direction: str
    remote: Address
    packet: Packet


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: at which place, through which gate, and what it does to the packet."""

    at: str
    gate: str
    truth: Truth
    packet: Packet
    rules: tuple[Rule, ...] = ()
    isolated_by: tuple[Key, ...] = ()
    default: bool = False
    translates: bool = False
    note: str = ""
    crossing: Crossing | None = None

    @property
    def effect(self) -> str:
        """``allow``, ``block``, ``translate`` or ``unknown``."""
        if self.truth.value is None:
            return "unknown"
        if self.truth.value is False:
            return "block"
        return "translate" if self.translates else "allow"


@dataclass(slots=True)
class Path:
    """All hops of one way, in order, also those behind a block.

    ``reply`` is ``established``, ``partial``, ``none`` or ``unknown``; ``arrived`` the interface
    at its end, where the way crossed the fabric to one; ``came_by`` the peering connection on the
    way, if any; ``note`` says what the hops do not.
    """

    hops: list[Hop] = field(default_factory=list)
    reply_hops: list[Hop] = field(default_factory=list)
    reply: str = "established"
    arrived: Interface | None = None
    came_by: str = ""
    note: str = ""

    @property
    def truth(self) -> Truth:
        """One sure block blocks it."""
        return every(hop.truth for hop in self.hops)
