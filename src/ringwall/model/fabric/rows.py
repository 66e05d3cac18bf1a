"""What passes from one class to all others, at once.

A row joins paths (by views) with what groups admit. Groups are judged once for each set of groups
and far side: for a sender each receiver's region and groups, for a receiver each sender's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce
from itertools import product
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ringwall.model.dialects.security_group import Carried, Edits
from ringwall.model.fabric.parties import Parties, Party
from ringwall.model.fabric.paths import (
    EXIT,
    EXIT_PAIR,
    FIXED,
    PAIR,
    SEAT,
    Beyond,
    Into,
    Out,
    Path,
    Paths,
)
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Regions, Where
from ringwall.model.fabric.wear import Line, Wear, wear
from ringwall.model.fabric.world import World
from ringwall.space.addresses import Addresses

Ints = NDArray[np.int32]
K = TypeVar("K")
_NO_PLACES: Final[Ints] = np.zeros(0, dtype=np.int32)
_OPEN, _NOT_READ = 0, 1  # gates without groups, and with groups that were not read


class Outcome(NamedTuple):
    """A crossing by numbers of the pool; where nothing passes, always the same one.

    ``unread`` says that the way went on where nothing was read.
    """

    admission: int
    source: Addresses | None
    reply: int
    arrived: bool
    unread: bool = False


class _Lines(dict[K, Ints]):
    """By line the numbers of admissions at its places, judged when first needed. No array in it is
    ever changed."""

    def at(self, line: K, places: Ints, judge: Callable[[int], int]) -> Ints:
        """The numbers at many places of a line."""
        numbers = self.get(line, _NO_PLACES)
        top = int(places.max(initial=0))
        if top >= len(numbers):
            more = np.full(max(top + 1, 2 * len(numbers), 64), -1, dtype=np.int32)
            more[: len(numbers)] = numbers
            numbers = self[line] = more
        found: Ints = numbers[places]
        if (found < 0).any():
            numbers = self[line] = numbers.copy()
            for place in np.unique(places[found < 0]).tolist():
                numbers[place] = judge(place)
            found = numbers[places]
        return found

    def without(self, again: Mapping[K, Collection[int]]) -> "_Lines[K]":
        """The same, but for some places that are to be judged again."""
        new = _Lines(self)
        for line in self.keys() & again.keys():
            numbers = new[line] = self[line].copy()
            numbers[[place for place in again[line] if place < len(numbers)]] = -1
        return new


class _Columns:
    """What rows need of each class: where it stands on the lines of groups."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self.gates: list[tuple[str, ...] | None] = [(), None]
        self._gate_numbers: dict[tuple[str, ...], int] = {}
        self.fars: list[tuple[Where | None, Carried]] = [(None, ())]
        self._far_numbers: dict[tuple[int, Carried], int] = {}
        self._lists: dict[str, list[int]] = {name: [] for name in ("own", "behind", "far")}
        self._arrays: dict[str, Ints] = {}
        self._alike: dict[Carried, Ints] = {}

    def gate(self, place: Place | None) -> int:
        """The number of the groups of a place."""
        if place is None or not place.filtered:
            return _OPEN
        if place.groups is None:
            return _NOT_READ
        number = self._gate_numbers.setdefault(place.groups, len(self.gates))
        if number == len(self.gates):
            self.gates.append(place.groups)
        return number

    def far(self, at: Where | None, carried: Carried) -> int:
        """The number of a receiver, as a sender's groups see it."""
        if at is None:
            return 0
        number = self._far_numbers.setdefault((at.region, carried), len(self.fars))
        if number == len(self.fars):
            self.fars.append((at, carried))
        return number

    def column(self, name: str) -> Ints:
        """One of ``own``, ``behind`` (gates) and ``far``, for every class."""
        found = self._arrays.get(name)
        if found is None or len(found) < len(self._parties):
            self._fill()
            found = self._arrays[name]
        return found

    def _fill(self) -> None:
        for number in range(len(self._lists["own"]), len(self._parties)):
            party = self._parties[number]
            self._lists["own"].append(self.gate(party.own))
            self._lists["behind"].append(self.gate(party.behind))
            self._lists["far"].append(self.far(party.where, groups_of(party.own)))
        self._arrays = {
            name: np.array(values, dtype=np.int32) for name, values in self._lists.items()
        }

    def fars_carrying(self, carried: Carried) -> Ints:
        """The receivers of all classes as if they carried the same groups."""
        known = self._alike.get(carried)
        if known is None or len(known) < len(self._parties):
            done = [] if known is None else known.tolist()
            rest = range(len(done), len(self._parties))
            done += [self.far(self._parties[number].where, carried) for number in rest]
            known = self._alike[carried] = np.array(done, dtype=np.int32)
        return known

    def receiving(self, fars: Collection[int]) -> NDArray[np.bool_]:
        """The classes that some sender may see as one of these receivers."""
        seen_as = self.column("far")
        hit = np.zeros(len(self.fars), dtype=np.bool_)
        hit[list(fars)] = True
        found: NDArray[np.bool_] = hit[seen_as]
        for seen in self._alike.values():
            found[: len(seen)] |= hit[seen]
        return found

    def behind(self, gates: AbstractSet[int]) -> NDArray[np.bool_]:
        """The classes that one of these gates may stand before."""
        own, behind = self.column("own"), self.column("behind")
        hit = np.zeros(len(self.gates), dtype=np.bool_)
        hit[list(gates)] = True
        found: NDArray[np.bool_] = hit[own] | hit[behind]
        for number in range(len(self._parties)):
            others = self._parties[number].others
            if others and any(self.gate(place) in gates for place in others):
                found[number] = True
        return found

    def changed(self, parties: Parties, regions: Regions | None) -> "_Columns":
        """The same columns of the same classes, at addresses that their regions, where these are
        others, still have."""
        new = _Columns(parties)
        new.gates, new._gate_numbers = list(self.gates), dict(self._gate_numbers)
        new._far_numbers, new.fars = dict(self._far_numbers), list(self.fars)
        if regions:
            new.fars = [(at and (regions.sample(at.region) or at), own) for at, own in self.fars]
        new._lists = {name: list(values) for name, values in self._lists.items()}
        new._arrays, new._alike = self._arrays, dict(self._alike)
        return new


class Rows:
    """The crossings of every pair of classes that was asked for, by number."""

    def __init__(self, world: World, parties: Parties) -> None:
        self._world, self._parties = world, parties
        self.paths = Paths(world, parties)
        self._columns = _Columns(parties)
        self._egress: _Lines[int] = _Lines()  # by gate
        self._ingress: _Lines[Line] = _Lines()
        self._rows: dict[int, Ints] = {}  # no array in it is ever changed
        self._stale: dict[int, NDArray[np.bool_]] = {}  # classes of a row to be judged again
        self._ends: _Lines[Outcome] = _Lines()  # numbers of crossings, by all but the admission
        self.outcomes: list[Outcome] = []
        self._numbers: dict[Outcome, int] = {}

    def row(self, src: int) -> Ints:
        """The numbers of the crossings from a class to every class."""
        row = self._rows.get(src)
        if row is None or len(row) < len(self._parties) or src in self._stale:
            row = self._rows[src] = self._completed(src, row)
        return row

    def _completed(self, src: int, row: Ints | None) -> Ints:
        """A copy of a row in which nothing is missing."""
        new: Ints = np.full(len(self._parties), -1, dtype=np.int32)
        if row is not None:
            new[: len(row)] = row
        stale = self._stale.pop(src, None)
        if stale is not None:
            new[: len(stale)][stale] = -1
        self._complete(src, new)
        new.setflags(write=False)
        return new

    def number(self, outcome: Outcome) -> int:
        """The number of a crossing; all that let nothing pass are one."""
        if not self._world.pool[outcome.admission].may:
            outcome = Outcome(outcome.admission, None, -1, False)
        found = self._numbers.setdefault(outcome, len(self.outcomes))
        if found == len(self.outcomes):
            self.outcomes.append(outcome)
        return found

    def forget(self) -> None:
        """Forgets everything, after a move to atoms that are not finer."""
        self.paths.forget()
        self._egress.clear()
        self._ingress.clear()
        self._ends.clear()
        self._rows.clear()
        self._stale.clear()
        self._numbers.clear()
        self.outcomes.clear()

    def changed(self, world: World, parties: Parties, edits: Edits, *, rerouted: bool) -> "Rows":
        """The rows after a change of rules of groups, and of paths if ``rerouted``, over a pool
        with the same numbers."""
        new = Rows(world, parties)
        moved = None if world.regions is self._world.regions else world.regions
        columns = new._columns = self._columns.changed(parties, moved)
        new.outcomes, new._numbers = list(self.outcomes), dict(self._numbers)
        new._ends = _Lines(self._ends)
        worn = wear(edits, columns.gates, columns.fars, self._ingress, world.regions)
        new._egress = self._egress.without(worn.egress)
        new._ingress = self._ingress.without(worn.ingress)
        if not rerouted:
            new.paths = self.paths.changed(world, parties)
            new._rows, new._stale = dict(self._rows), dict(self._stale)
            new._wear(worn)
        return new

    def _wear(self, worn: Wear) -> None:
        """Marks what is to be judged again in the rows."""
        columns = self._columns
        out = {gate: columns.receiving(fars) for gate, fars in worn.egress.items() if fars}
        behind = {gates: columns.behind(gates) for gates in set(worn.ingress.values())}
        into = {line: behind[gates] for line, gates in worn.ingress.items()}
        beyond = self.paths.beyond() if into else None
        for src in self._rows if out or into else ():
            party = self._parties[src]
            marks = [out[gate] for gate in self._gates_of(party) if gate in out]
            if beyond:
                marks += [into[line] for line in _lines_of(party, beyond) if line in into]
            if marks:
                before = self._stale.get(src)
                self._stale[src] = _either(marks if before is None else [*marks, before])

    def _gates_of(self, src: Party) -> set[int]:
        """The gates that a sender may meet."""
        leaving = src.exit.place if src.exit else None
        return {self._columns.gate(src.seat), self._columns.gate(leaving)}

    # --- one row ----------------------------------------------------------------------------------

    def _complete(self, src: int, row: Ints) -> None:
        """Fills in what a row misses."""
        missing = np.flatnonzero(row < 0)
        views = self.paths.views()
        paths = self.paths.row(int(views[src]))[views[missing]]
        party = self._parties[src]
        for number in np.unique(paths).tolist():
            at = paths == number
            path = self.paths.paths[number]
            row[missing[at]] = self._along(party, path, missing[at])

    def _along(self, src: Party, path: Path, classes: NDArray[np.intp]) -> Ints:
        """The numbers of the crossings to classes that one path leads to."""
        gates = [np.full(len(classes), path.admission, dtype=np.int32)]
        if path.out:
            gates.append(self._out(src, path.out, classes))
        if path.into:
            gates.append(self._into(src, path.into, classes))
        if len(gates) > 1 and path.admission == self._world.pool.open:
            del gates[0]
        admissions = reduce(self._world.pool.both, gates)
        source = _address(src, path.source, path.fixed)
        seen = source.addresses if source else None
        end = Outcome(0, seen, path.reply, path.arrived, path.unread)
        return self._ends.at(end, admissions, lambda one: self.number(end._replace(admission=one)))

    def _out(self, src: Party, out: Out, classes: NDArray[np.intp]) -> Ints:
        """What the sender's groups let out to each class."""
        place = src.exit.place if out.sender == EXIT and src.exit else src.seat
        gate = self._columns.gate(place)
        if gate in (_OPEN, _NOT_READ):
            return np.full(len(classes), self._without(gate), dtype=np.int32)
        if out.own:
            fars: Ints = self._columns.column("far")[classes]
        else:
            fars = self._columns.fars_carrying(out.carried)[classes]
        return self._egress.at(gate, fars, lambda far: self._judge_out(gate, far))

    def _judge_out(self, gate: int, far: int) -> int:
        names = self._columns.gates[gate]
        at, carried = self._columns.fars[far]
        if names is None or at is None:
            return self._world.pool.unknown
        return self._world.groups.number(names, "egress", at, carried)

    def _into(self, src: Party, into: Into, classes: NDArray[np.intp]) -> Ints:
        """What each class's groups let in from the sender."""
        at = _address(src, into.seen, into.at)
        assert at is not None  # noqa: S101 - groups on a way see an address
        place = src.exit.place if into.sender == EXIT and src.exit else src.seat
        carried = groups_of(place) if into.local else into.carried
        if into.other:
            gates: Ints = np.full(len(classes), self._columns.gate(into.other), dtype=np.int32)
        else:
            gates = self._columns.column("behind" if into.behind else "own")[classes]
        line = (at.region, carried)
        return self._ingress.at(line, gates, lambda gate: self._judge_in(gate, at, carried))

    def _judge_in(self, gate: int, at: Where, carried: Carried) -> int:
        names = self._columns.gates[gate]
        if names is None or gate == _OPEN:
            return self._without(gate)
        return self._world.groups.number(names, "ingress", at, carried)

    def _without(self, gate: int) -> int:
        return self._world.pool.open if gate == _OPEN else self._world.pool.unknown


def _lines_of(src: Party, beyond: Beyond) -> Iterator[Line]:
    """The lines of ingress that receivers may see a sender on."""
    places, ends = [src.seat], [src.source, src.pair]
    if src.exit:
        places.append(src.exit.place)
        ends += (src.exit.source, src.exit.pair)
    regions = {at.region for at in ends if at} | beyond.regions
    return product(regions, {groups_of(place) for place in places} | beyond.carried)


def _either(marks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """What one of some marks says, which may be of fewer classes than others."""
    found = np.zeros(max(map(len, marks)), dtype=np.bool_)
    for mark in marks:
        found[: len(mark)] |= mark
    return found


def groups_of(place: Place | None) -> Carried:
    """What the interfaces of a place carry."""
    return () if place is None else place.groups


def _address(src: Party, role: int, fixed: Where | None) -> Where | None:
    """One of a sender's addresses, by its role on a path; None for no translation."""
    if role == EXIT:
        return src.exit.source if src.exit else None
    if role == PAIR:
        return src.pair
    if role == EXIT_PAIR:
        return src.exit.pair if src.exit else None
    if role == FIXED:
        return fixed
    return src.source if role == SEAT else None
