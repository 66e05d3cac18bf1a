"""How an answer goes from one state to another, and what that opens and closes (DESIGN: diff)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from ringwall.model.gate import Reason
from ringwall.reach.engine.judge import ALL, ALLOWED, BLOCKED, SOME, UNKNOWN
from ringwall.space.services import ServiceSet

GAINED, LOST, NOW_UNKNOWN, CHANGED = "gained", "lost", "now-unknown", "changed"
_NOW: Final = {ALLOWED: GAINED, BLOCKED: LOST, UNKNOWN: NOW_UNKNOWN}

NOTHING, PERHAPS, SURELY = "nothing", "perhaps", "surely"
_ORDER: Final = (NOTHING, PERHAPS, SURELY)


class State(NamedTuple):
    """An answer without its services."""

    verdict: str
    extent: str | None
    reply: str | None
    doubts: frozenset[Reason]


class Move(NamedTuple):
    """Services that some pair of members has on one side only: ``gained`` or else lost, ``sure``
    where they are surely let through there and surely not on the other side."""

    gained: bool
    sure: bool
    services: ServiceSet


class Step(NamedTuple):
    """Services of a pair that went from one state to another.

    ``moved`` is there where the states are the same, but some members have gained or lost them.
    """

    services: ServiceSet
    old: State
    new: State
    moved: Move | None = None

    @property
    def change(self) -> str:
        """What is allowed, blocked or unknown now, or only answered otherwise."""
        if self.moved:
            return GAINED if self.moved.gained else LOST
        return CHANGED if self.old.verdict == self.new.verdict else _NOW[self.new.verdict]

    @property
    def sure(self) -> bool:
        """Whether it surely is what it surely was not."""
        if self.moved:
            return self.moved.sure
        return {self.old.verdict, self.new.verdict} == {ALLOWED, BLOCKED}

    @property
    def less(self) -> bool:
        """Whether it is the old state that lets through what the new one does not."""
        narrower = (self.old.extent, self.new.extent) == (ALL, SOME)
        return self.change == LOST or (self.change == CHANGED and narrower)

    @property
    def opens(self) -> str:
        """Whether something is let through that was not: ``nothing``, ``perhaps``, ``surely``."""
        if self.moved:
            return _by(self.moved, gained=True)
        return _opens(self.old, self.new)

    @property
    def closes(self) -> str:
        """Whether something was let through that is not."""
        if self.moved:
            return _by(self.moved, gained=False)
        return _opens(self.new, self.old)


def most(certainties: Iterable[str]) -> str:
    """The greatest of some certainties."""
    return max(certainties, key=_ORDER.index, default=NOTHING)


def _by(move: Move, *, gained: bool) -> str:
    if move.gained is not gained:
        return NOTHING
    return SURELY if move.sure else PERHAPS


def _opens(old: State, new: State) -> str:
    """Surely: must now, may not before. Perhaps: may now, must not before, for some pair at least;
    an unknown for the same reasons is not counted."""
    if new.verdict == BLOCKED or old == new:
        return NOTHING
    if old.verdict == BLOCKED:
        return SURELY if new.verdict == ALLOWED else PERHAPS
    if old.verdict == ALLOWED:
        wider = old.extent == SOME and (new.verdict, new.extent) != (ALLOWED, SOME)
        return PERHAPS if wider else NOTHING
    same = new.verdict == UNKNOWN and old.doubts == new.doubts
    wider = old.extent == SOME and new.extent == ALL
    return PERHAPS if wider or not same else NOTHING
