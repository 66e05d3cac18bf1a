"""From the outcomes of single pairs to the answer about two endpoints: pure bit algebra.

An outcome is what one pair of members gives in one placement: services surely and perhaps let
through, and how well they are answered. All of them together give each service its verdict, extent
and reply (DESIGN: Verdicts). Services are masks over shared atoms.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ringwall.model.gate import Reason
from ringwall.reach.engine.ways import Outcome

ALLOWED, UNKNOWN, BLOCKED = "allowed", "unknown", "blocked"
ALL, SOME = "all", "some"
ESTABLISHED, PARTIAL, NONE = "established", "partial", "none"


class Told(NamedTuple):
    """What one pair of members gives in one placement.

    ``within`` are the services that there are between them (ICMPv6 is not IPv4's), -1 for all: of
    others it says nothing. ``doubts`` says why not all of the outcome is known, ``fits`` that they
    have addresses of one family.
    """

    outcome: Outcome
    within: int = -1
    doubts: frozenset[Reason] = frozenset()
    fits: bool = True


class Part(NamedTuple):
    """The services of two endpoints that have one answer.

    ``extent`` and ``reply`` are None for what is blocked; ``if_placed`` is the verdict that pods
    would meet in the other placement, where that is another one.
    """

    services: int
    verdict: str
    extent: str | None = None
    reply: str | None = None
    if_placed: str | None = None
    doubts: frozenset[Reason] = frozenset()

    @property
    def open(self) -> bool:
        """Whether it is let through, at least perhaps."""
        return self.verdict != BLOCKED


def judge(told: Iterable[Told], moved: Iterable[Told], full: int) -> tuple[Part, ...]:
    """The parts of ``full`` by answer, blocked ones last; their services are disjoint and together
    all of ``full``.

    ``moved`` is what is told with pods put where they are not.
    """
    told = tuple(told)
    placed = _verdicts(tuple(moved), full)
    replies = _replies(told)
    found = []
    for verdict, extent, mask in _extents(told, full):
        for reply, answered in replies if verdict != BLOCKED else ((None, full),):
            for other, where in _others(placed, verdict, full):
                services = mask & answered & where
                if services:
                    why = _doubts(told, services) if verdict == UNKNOWN else frozenset[Reason]()
                    found.append(Part(services, verdict, extent, reply, other, why))
    return tuple(found)


def _doubts(told: tuple[Told, ...], services: int) -> frozenset[Reason]:
    """Why some of these services are neither surely let through nor surely blocked."""
    open_ = [one for one in told if services & one.outcome.may & ~one.outcome.must]
    return frozenset[Reason]().union(*(one.doubts for one in open_))


def _extents(told: tuple[Told, ...], full: int) -> Iterator[tuple[str, str | None, int]]:
    """Verdict and extent of every service: for all outcomes, for some, for none."""
    must_all = may_all = full
    must = may = 0
    for one in told:
        must_all &= one.outcome.must | ~one.within
        may_all &= one.outcome.may | ~one.within
        must |= one.outcome.must
        may |= one.outcome.may
    yield ALLOWED, ALL, must & must_all
    yield ALLOWED, SOME, must & ~must_all
    yield UNKNOWN, ALL, may & may_all & ~must
    yield UNKNOWN, SOME, may & ~must & ~may_all
    yield BLOCKED, None, full & ~may


def _replies(told: tuple[Told, ...]) -> tuple[tuple[str, int], ...]:
    """The reply of every service that some outcome lets through: the worst, but only partial where
    some outcomes have none and others have one."""
    established = partial = unknown = none = 0
    for one in told:
        reply = one.outcome.reply
        established |= reply.established
        partial |= reply.partial
        unknown |= reply.unknown
        none |= reply.none
    some = partial | (established & none)
    return (
        (ESTABLISHED, established & ~(partial | unknown | none)),
        (PARTIAL, some & ~unknown),
        (UNKNOWN, unknown),
        (NONE, none & ~(established | partial | unknown)),
    )


def _verdicts(told: tuple[Told, ...], full: int) -> dict[str, int]:
    found = {ALLOWED: 0, UNKNOWN: 0, BLOCKED: 0}
    for verdict, _, mask in _extents(told, full):
        found[verdict] |= mask
    return found


def _others(placed: dict[str, int], verdict: str, full: int) -> tuple[tuple[str | None, int], ...]:
    """The other placement's verdict where it is not this one; a blocked pair is not told it."""
    if verdict == BLOCKED:
        return ((None, full),)
    return tuple((None if one == verdict else one, mask) for one, mask in placed.items() if mask)
