"""The one form that every policy language is read into, and what it admits.

Service sets are masks over shared atoms (``ringwall.space.atoms``). What is known makes ``must``
and ``may`` equal.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from ringwall.facts.fact import Key
from ringwall.facts.words import FreeText, Name, Word
from ringwall.space.services import ServiceSet

P = TypeVar("P")

Direction: TypeAlias = Literal["ingress", "egress", "in", "out"]


class Action(Enum):
    """What a rule does with what it matches. NEXT hands it to the next tier."""

    ALLOW = "allow"
    DENY = "deny"
    NEXT = "next"
    UNKNOWN = "unknown"


ALLOW, DENY, NEXT, UNKNOWN = Action.ALLOW, Action.DENY, Action.NEXT, Action.UNKNOWN


class Everyone(Enum):
    """The near side of a rule that matches whatever it is attached to."""

    EVERYONE = "everyone"


EVERYONE = Everyone.EVERYONE


class Reason(Struct, frozen=True, order=True):
    """Why something is unknown: a code, the object it hangs on, and what would settle it."""

    code: Word
    object: Name
    needs: FreeText


class Rule(Struct, Generic[P], frozen=True):
    """An action on services of a far side, in the words of the dialect that was read.

    ``origin`` and ``index`` say where it stands. A rule that is not ``sure`` may not be there, and
    never surely matches; ``because`` says why, as it does for an UNKNOWN action.
    """

    action: Action
    far: P
    services: ServiceSet
    origin: Key | None
    index: str = ""
    sure: bool = True
    because: frozenset[Reason] = frozenset()
    near: P | Everyone = EVERYONE


class Tier(Struct, Generic[P], frozen=True):
    """Rules of which the first match decides, and what meets a service that none matches.

    ``because`` says why the default is UNKNOWN.
    """

    rules: tuple[Rule[P], ...]
    default: Action = NEXT
    because: frozenset[Reason] = frozenset()


class Gate(Struct, Generic[P], frozen=True):
    """A thing that lets traffic pass or not.

    ``place`` is what it stands at, ``end`` what meets a service that falls off the last tier
    (``because``: why that is UNKNOWN).
    """

    place: str
    direction: Direction
    tiers: tuple[Tier[P], ...]
    end: Action
    because: frozenset[Reason] = frozenset()

    def __post_init__(self) -> None:
        if self.end is NEXT:
            raise ValueError("nothing comes after the last tier")


class Admission(NamedTuple):
    """Services surely and perhaps let through; ``must`` is part of ``may``."""

    must: int
    may: int

    def both(self, other: "Admission") -> "Admission":
        """Through this and then the other: a path."""
        return Admission(self.must & other.must, self.may & other.may)


Match: TypeAlias = Callable[[Rule[P]], tuple[int, int]]
"""(surely, perhaps) matched services of a rule, for one peer; the first is part of the second."""

Why: TypeAlias = Callable[[Rule[P]], frozenset[Reason]]


class _Step(NamedTuple, Generic[P]):
    """One rule, default or end that services meet: those it perhaps and those it surely decides."""

    rule: Rule[P] | None
    action: Action
    hit: int
    sure: int
    because: frozenset[Reason]


def evaluate(gate: Gate[P], full: int, match: Match[P]) -> Admission:
    """What a gate admits from or to one peer, of the services ``full``.

    Through a tier go the services that may arrive. Each is decided in every way that is possible
    for it: ``must`` is what cannot be denied, ``may`` what can be allowed.
    """
    allowed = denied = 0
    for step in _steps(gate, full, match):
        if step.action in (ALLOW, UNKNOWN):
            allowed |= step.hit
        if step.action in (DENY, UNKNOWN):
            denied |= step.hit
    return Admission(full & ~denied, allowed)


def reasons(
    gate: Gate[P], full: int, match: Match[P], mask: int, why: Why[P] | None = None
) -> frozenset[Reason]:
    """Why services of ``mask`` are undecided at a gate.

    ``why`` adds what makes the match of a rule with this peer unsure, beyond the rule's own
    ``because``.
    """
    must, may = evaluate(gate, full, match)
    open_ = mask & may & ~must
    found: set[Reason] = set()
    for step in _steps(gate, full, match):
        unsure = step.hit & ~step.sure & open_
        if unsure or (step.action is UNKNOWN and step.hit & open_):
            found |= step.because
        if unsure and why and step.rule:
            found |= why(step.rule)
    return frozenset(found)


def _steps(gate: Gate[P], full: int, match: Match[P]) -> Iterator[_Step[P]]:
    """Everything that services may meet on the way through the tiers, in order."""
    arriving = full
    for tier in gate.tiers:
        onward = 0
        for rule in tier.rules:
            if not arriving:
                break
            surely, perhaps = match(rule)
            hit = arriving & perhaps
            sure = arriving & surely if rule.sure else 0
            if rule.action is NEXT:
                onward |= hit
            if hit:
                yield _Step(rule, rule.action, hit, sure, rule.because)
            arriving &= ~sure
        if tier.default is NEXT:
            onward |= arriving
        elif arriving:
            yield _Step(None, tier.default, arriving, arriving, tier.because)
        arriving = onward
    if arriving:
        yield _Step(None, gate.end, arriving, arriving, gate.because)
