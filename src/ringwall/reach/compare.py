"""Two states of a network, and what of the relation differs: ``ringwall/diff/v1``.

Both relations are computed as classes, and only pairs whose answers may differ are looked at.
Endpoints are the same if their ids are; one that is only on one side reaches nothing on the other.
Addresses that nobody holds on either side are told apart where any of the changes is another one.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeVar

from ringwall.facts.snapshot import TOOL, digest
from ringwall.model.gate import Reason
from ringwall.reach.documents import (
    DIFF,
    ChangeOut,
    DiffReport,
    Ports,
    SideOut,
    StateOut,
    WitnessOut,
)
from ringwall.reach.engine import differ
from ringwall.reach.engine.candidates import Candidates, Pairs
from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.head import blocks, ids_of, numbered, unknowns
from ringwall.reach.engine.moves import Moves
from ringwall.reach.engine.pairs import Differing
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.steps import State, Step, most
from ringwall.reach.engine.witness import Packet, Witnesses
from ringwall.space.services import ServiceSet

T = TypeVar("T")


def diff(old: Relation, new: Relation) -> DiffReport:
    """What the new state opens and closes, and what is no longer known of it."""
    candidates = Candidates(old, new)
    pairs = chain(candidates.objects(), candidates.outside())
    return Comparison(old, new, pairs).report()


class Found(NamedTuple):
    """A step of one pair of ids, and a packet that shows it."""

    src: str
    dst: str
    step: Step
    packet: Packet


class Comparison:
    """What differs between two relations; only ``pairs`` are looked at."""

    def __init__(self, old: Relation, new: Relation, pairs: Iterable[Pairs]) -> None:
        """Raises UsageError if there are more than ``differ.LIMIT`` changes."""
        self._old, self._new = old, new
        self._moves, self._witnesses = Moves(old, new), Witnesses(old, new)
        self._outside: dict[str, Endpoint] = {}
        among = differ.Differ(old, new).among
        found = (one for some in pairs for pair in among(some) for one in self._changes(pair))
        self.found = sorted(_limited(found), key=lambda one: (one.src, one.dst))

    def report(self) -> DiffReport:
        """The document."""
        states = {state for one in self.found for state in (one.step.old, one.step.new)}
        ids = numbered(reason for state in states for reason in state.doubts)
        told = {state: _state(state, ids) for state in states}
        ports = {one: one.contract() for one in {one.step.services for one in self.found}}
        return DiffReport(
            schema=DIFF,
            tool=TOOL,
            old=_side(self._old),
            new=_side(self._new),
            opens=most({one.step.opens for one in self.found}),
            closes=most({one.step.closes for one in self.found}),
            unknowns=unknowns(ids),
            blocks={id_: blocks(one) for id_, one in sorted(self._outside.items())},
            changes=[_change(one, told, ports) for one in self.found],
        )

    def _changes(self, pair: Differing) -> Iterator[Found]:
        for step in self._steps(pair):
            self._outside.update((one.id, one.new) for one in (pair.src, pair.dst) if one.outside)
            yield Found(pair.src.id, pair.dst.id, step, self._witnesses.packet(pair, step))

    def _steps(self, pair: Differing) -> Iterator[Step]:
        """Those of the pair, and of single members where it goes on to be let through for some."""
        for step in pair.steps:
            if step.old != step.new:
                yield step
            if differ.partly(step.old, step.new):
                for move in self._moves.of(pair, step.services):
                    yield step._replace(services=move.services, moved=move)


def _limited(found: Iterable[T]) -> Iterator[T]:
    """Raises UsageError if there are more than ``differ.LIMIT``."""
    for number, one in enumerate(found, 1):
        if number > differ.LIMIT:
            raise differ.too_many()
        yield one


def _side(relation: Relation) -> SideOut:
    model = relation.engine.model
    return SideOut(digest(relation.facts), list(model.scope), list(model.assumes))


def _change(
    found: Found, states: dict[State, StateOut], ports: dict[ServiceSet, Ports]
) -> ChangeOut:
    step = found.step
    return ChangeOut(
        src=found.src,
        dst=found.dst,
        change=step.change,
        sure=step.sure,
        ports=ports[step.services],
        old=states[step.old],
        new=states[step.new],
        witness=WitnessOut(*found.packet),
    )


def _state(state: State, ids: dict[Reason, str]) -> StateOut:
    return StateOut(state.verdict, state.extent, state.reply, ids_of(state.doubts, ids))
