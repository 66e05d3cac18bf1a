"""Two states of a network, and what of the relation differs: ``ringwall/diff/v1``.

Both relations are computed as classes, and only pairs whose answers differ are looked at. Endpoints
are the same if their ids are; one that is only on one side reaches nothing on the other. Addresses
that nobody holds on either side are cut where one of the two tells them apart.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ringwall.model.gate import Reason
from ringwall.reach.documents import DIFF, ChangeOut, DiffReport, SideOut, StateOut, WitnessOut
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.head import TOOL, blocks, digest, ids_of, numbered, unknowns
from ringwall.reach.engine.judge import ALLOWED, SOME
from ringwall.reach.engine.listing import BETWEEN, CODES, families, listed
from ringwall.reach.engine.moves import Moves
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.reach.engine.sides import Both, common
from ringwall.reach.engine.steps import State, Step, most
from ringwall.reach.engine.witness import Ends, Packet, port_of, witness
from ringwall.space.services import SERVED, ServiceSet


def diff(old: Relation, new: Relation) -> DiffReport:
    """What the new state opens and closes, and what is no longer known of it."""
    return Comparison(old, new).report()


class Found(NamedTuple):
    """A step of one pair of ids, and a packet that shows it."""

    src: str
    dst: str
    step: Step
    packet: Packet


class Comparison:
    """What differs between two relations, pair by pair."""

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new
        self._ends = common(old, new)
        self._moves = Moves(old, new)
        self._known: dict[int, list[Step]] = {}
        self.found = [found for pair in self._pairs() for found in self._changes(*pair)]

    def report(self) -> DiffReport:
        """The document."""
        states = (state for one in self.found for state in (one.step.old, one.step.new))
        ids = numbered(reason for state in states for reason in state.doubts)
        named = {id_ for one in self.found for id_ in (one.src, one.dst)}
        outside = [one for one in self._ends if one.outside and one.id in named]
        return DiffReport(
            schema=DIFF,
            tool=TOOL,
            old=_side(self._old),
            new=_side(self._new),
            opens=most(one.step.opens for one in self.found),
            closes=most(one.step.closes for one in self.found),
            unknowns=unknowns(ids),
            blocks={one.id: blocks(one.new) for one in outside},
            changes=[_change(one, ids) for one in self.found],
        )

    # --- pairs that differ --------------------------------------------------------------------

    def _pairs(self) -> Iterator[tuple[Both, Both, list[Step]]]:
        """Every pair with an answer that differs, or may hide that those of members do."""
        olds, news = [both.old for both in self._ends], [both.new for both in self._ends]
        old, new = Grid(self._old, olds, olds), Grid(self._new, news, news)
        ends = np.array([families(both.new) | families(both.old) for both in self._ends])
        outside = np.array([both.outside for both in self._ends], dtype=np.bool_)
        for i, src in enumerate(self._ends):
            code = BETWEEN[families(src.new) | families(src.old)][ends]
            cells = (old.row(i).astype(np.int64) << 31 | new.row(i)) * CODES + code
            if src.outside:
                cells[outside] = 0
            distinct, back = np.unique(cells, return_inverse=True)
            steps = [self._steps(int(cell), old.mixes, new.mixes) for cell in distinct]
            some = np.array([bool(one) for one in steps], dtype=np.bool_)[back]
            for j in np.flatnonzero(some).tolist():
                yield src, self._ends[j], steps[back[j]]

    def _steps(self, cell: int, old: list[Mix], new: list[Mix]) -> list[Step]:
        """How the services of two mixes go from one to the other."""
        found = self._known.get(cell)
        if found is None:
            mixes, code = divmod(cell, CODES)
            before = _states(self._old, old[mixes >> 31])
            after = _states(self._new, new[mixes & (1 << 31) - 1])
            steps = [
                Step(listed(mine & theirs, code), one, other)
                for one, mine in before.items()
                for other, theirs in after.items()
                if one != other or _some(one, other)
            ]
            found = self._known[cell] = sorted(
                (step for step in steps if step.services), key=lambda step: step.services.ranges
            )
        return found

    # --- changes ------------------------------------------------------------------------------

    def _changes(self, src: Both, dst: Both, steps: list[Step]) -> Iterator[Found]:
        for step in steps:
            if step.old != step.new:
                yield Found(src.id, dst.id, step, self._packet(src, dst, step))
            if _some(step.old, step.new):
                for move in self._moves.of(src, dst, step.services):
                    moved = step._replace(services=move.services, moved=move)
                    yield Found(src.id, dst.id, moved, self._packet(src, dst, moved))

    def _packet(self, src: Both, dst: Both, step: Step) -> Packet:
        """A packet that shows a step, sent where it is let through."""
        old, new = Ends(self._old, src.old, dst.old), Ends(self._new, src.new, dst.new)
        here, there, state = (old, new, step.old) if step.less else (new, old, step.new)
        found = witness(here, there, step.services, sure=state.verdict == ALLOWED)
        return found or Packet(src.id, dst.id, port_of(step.services))


def _some(old: State, new: State) -> bool:
    """Whether both let through for some pairs, which may be other ones."""
    return old[:2] == new[:2] == (ALLOWED, SOME)


def _states(relation: Relation, mix: Mix) -> dict[State, ServiceSet]:
    found: dict[State, ServiceSet] = {}
    for part in relation.parts(mix):
        state = State(part.verdict, part.extent, part.reply, part.doubts)
        services = relation.atoms.services(part.services) & SERVED
        found[state] = found.get(state, ServiceSet()) | services
    return found


def _side(relation: Relation) -> SideOut:
    model = relation.engine.model
    return SideOut(digest(relation.facts), list(model.scope), list(model.assumes))


def _change(found: Found, ids: dict[Reason, str]) -> ChangeOut:
    step = found.step
    return ChangeOut(
        src=found.src,
        dst=found.dst,
        change=step.change,
        sure=step.sure,
        ports=step.services.contract(),
        old=_state(step.old, ids),
        new=_state(step.new, ids),
        witness=WitnessOut(*found.packet),
    )


def _state(state: State, ids: dict[Reason, str]) -> StateOut:
    return StateOut(state.verdict, state.extent, state.reply, ids_of(state.doubts, ids))
