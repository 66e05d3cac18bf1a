"""What passes from one class to all others, at once.

A row joins paths (by views) with what groups admit. Groups are judged once for each set of groups
and far side: for a sender each receiver's region and groups, for a receiver each sender's.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.dialects.security_group import Carried
from ringwall.model.fabric.parties import Parties, Party
from ringwall.model.fabric.paths import EXIT, EXIT_PAIR, FIXED, PAIR, SEAT, Into, Out, Path, Paths
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Regions, Where
from ringwall.model.fabric.world import World
from ringwall.space.addresses import Addresses

Ints = NDArray[np.int32]
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


class _Judged:
    """Numbers of admissions at places of a line, judged when first needed."""

    def __init__(self) -> None:
        self._numbers: Ints = np.full(64, -1, dtype=np.int32)

    def at(self, places: Ints, judge: Callable[[int], int]) -> Ints:
        """The numbers at many places."""
        top = int(places.max(initial=0))
        if top >= len(self._numbers):
            more = np.full(max(top + 1, 2 * len(self._numbers)), -1, dtype=np.int32)
            more[: len(self._numbers)] = self._numbers
            self._numbers = more
        found: Ints = self._numbers[places]
        if (found < 0).any():
            for place in np.unique(places[found < 0]).tolist():
                self._numbers[place] = judge(place)
            found = self._numbers[places]
        return found

    def without(self, places: Sequence[int]) -> "_Judged":
        """A copy in which some places are to be judged again."""
        new = _Judged()
        new._numbers = self._numbers.copy()
        new._numbers[[place for place in places if place < len(new._numbers)]] = -1
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

    def touched(self, groups: AbstractSet[str]) -> list[int]:
        """The gates that have one of some groups."""
        return [i for i, names in enumerate(self.gates) if names and not groups.isdisjoint(names)]

    def changed(self, parties: Parties, regions: Regions) -> "_Columns":
        """The same columns of the same classes, at addresses that their regions still have."""
        new = _Columns(parties)
        new.gates, new._gate_numbers = list(self.gates), dict(self._gate_numbers)
        new._far_numbers = dict(self._far_numbers)
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
        self._egress: dict[int, _Judged] = {}
        self._ingress: dict[tuple[int, Carried], _Judged] = {}
        self._rows: dict[int, Ints] = {}  # no array in it is ever changed
        self._stale: dict[int, NDArray[np.bool_]] = {}  # classes of a row to be judged again
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
        self._rows.clear()
        self._stale.clear()
        self._numbers.clear()
        self.outcomes.clear()

    def changed(
        self, world: World, parties: Parties, touched: AbstractSet[str], *, rerouted: bool
    ) -> "Rows":
        """The rows after a change of some groups, and of paths if ``rerouted``, over a pool with
        the same numbers."""
        new = Rows(world, parties)
        new._columns = self._columns.changed(parties, world.regions)
        new.outcomes, new._numbers = list(self.outcomes), dict(self._numbers)
        gates = self._columns.touched(touched)
        new._egress = {
            gate: judged.without(()) for gate, judged in self._egress.items() if gate not in gates
        }
        new._ingress = {far: judged.without(gates) for far, judged in self._ingress.items()}
        if not rerouted:
            new.paths = self.paths.changed(world, parties)
            new._rows, new._stale = dict(self._rows), dict(self._stale)
            if gates:
                new._wear(gates)
        return new

    def _wear(self, gates: Sequence[int]) -> None:
        """Marks what meets one of some gates."""
        columns = (self._columns.column("own"), self._columns.column("behind"))
        into: NDArray[np.bool_] = np.isin(columns[0], gates) | np.isin(columns[1], gates)
        for number in range(len(self._parties)):
            others = self._parties[number].others
            if others and any(self._columns.gate(place) in gates for place in others):
                into[number] = True
        for src in list(self._rows):
            party = self._parties[src]
            leaving = party.exit.place if party.exit else None
            if self._columns.gate(party.seat) in gates or self._columns.gate(leaving) in gates:
                del self._rows[src]
                self._stale.pop(src, None)
            elif into.any():
                before = self._stale.get(src)
                worn = into.copy()
                if before is not None:
                    worn[: len(before)] |= before
                self._stale[src] = worn

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
        admissions: Ints = np.full(len(classes), path.admission, dtype=np.int32)
        if path.out:
            admissions = self._world.pool.both(admissions, self._out(src, path.out, classes))
        if path.into:
            admissions = self._world.pool.both(admissions, self._into(src, path.into, classes))
        source = _address(src, path.source, path.fixed)
        seen = source.addresses if source else None
        distinct, back = np.unique(admissions, return_inverse=True)
        numbers = [
            self.number(Outcome(admission, seen, path.reply, path.arrived, path.unread))
            for admission in distinct.tolist()
        ]
        return np.array(numbers, dtype=np.int32)[back]

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
        judged = self._egress.setdefault(gate, _Judged())
        return judged.at(fars, lambda far: self._judge_out(gate, far))

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
        judged = self._ingress.setdefault((at.region, carried), _Judged())
        return judged.at(gates, lambda gate: self._judge_in(gate, at, carried))

    def _judge_in(self, gate: int, at: Where, carried: Carried) -> int:
        names = self._columns.gates[gate]
        if names is None or gate == _OPEN:
            return self._without(gate)
        return self._world.groups.number(names, "ingress", at, carried)

    def _without(self, gate: int) -> int:
        return self._world.pool.open if gate == _OPEN else self._world.pool.unknown


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
