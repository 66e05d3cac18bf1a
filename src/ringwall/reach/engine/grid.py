"""Every pair of two lists of endpoints at once, one row of destinations at a time.

A cell is the number of a *mix*: the outcomes that the pairs of members of two endpoints have. Few
mixes differ, so that what is told about a pair is looked up and never computed twice. Where the
placement of members decides, it is compared for a whole row with one product of node counts.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringwall.reach.engine.endpoints import Endpoint, services_of
from ringwall.reach.engine.outcomes import Outcomes
from ringwall.reach.engine.placement import APART, TOGETHER, Crowd, Home, Placing, Tie, spread, tied
from ringwall.reach.engine.relation import Mix, Relation

Numbers = NDArray[np.int32]

_TOGETHER: Final = 1
_APART: Final = 2
_UNPLACED: Final = 4
_KINDRED: Final = 8
_PODS: Final = 16


class Grid:
    """The mixes of all pairs of two lists of endpoints."""

    def __init__(
        self, relation: Relation, sources: Sequence[Endpoint], destinations: Sequence[Endpoint]
    ) -> None:
        self.relation, self.sources, self.destinations = relation, sources, destinations
        self.mixes: list[Mix] = [Mix()]
        self._numbers: dict[Mix, int] = {Mix(): 0}
        self._single: list[int] = []
        self._joined: dict[tuple[int, int], int] = {}
        self._placed: dict[tuple[int, int, int], int] = {}
        # every kin is to have its examples before it is judged
        rows = sorted({kin for one in sources for kin in relation.crowds(one)})
        self._columns = _Columns(relation, destinations)
        self._outcomes = Outcomes(relation, rows, self._columns.kins)
        self._shared = _Shared(destinations)
        self._services = [j for j, one in enumerate(destinations) if services_of(one)]

    def rows(self) -> Iterator[Numbers]:
        """For each source the number of its mix with each destination, in order."""
        return (self.row(i) for i in range(len(self.sources)))

    def row(self, i: int) -> Numbers:
        """The numbers of the mixes of one source with every destination."""
        source = self.sources[i]
        whole: Numbers | None = None
        for kin, crowd in self.relation.crowds(source).items():
            mine = self._of_crowd(kin, crowd)
            whole = mine if whole is None else self._join(whole, mine)
        if whole is None:
            whole = np.zeros(len(self._columns.endpoint), dtype=np.int32)
        row = self._folded(whole)
        for j in sorted({*self._shared.with_(source), *self._services}):
            row[j] = self._number(self.relation.mix(source, self.destinations[j]))
        return row

    def _of_crowd(self, kin: int, crowd: Crowd) -> Numbers:
        """The mixes of one crowd with every crowd of the destinations."""
        columns = self._columns
        apart = self._outcomes.of(kin, columns.kin, APART)
        together = self._outcomes.of(kin, columns.kin, TOGETHER)
        matters = (together != apart) & columns.near(crowd.home)
        code = columns.codes(crowd, matters)
        found = self._alone(apart)
        some = np.flatnonzero(code != _APART)
        if some.size:
            width = np.int64(len(self.relation.told))
            keys = (apart[some] * width + together[some]) * 32 + code[some]
            distinct, back = np.unique(keys, return_inverse=True)
            numbers = [self._mix_of(int(key), int(width)) for key in distinct]
            found[some] = np.array(numbers, dtype=np.int32)[back]
        return found

    def _alone(self, outcomes: NDArray[np.int64]) -> Numbers:
        """The mixes of single outcomes."""
        for number in range(len(self._single), len(self.relation.told)):
            self._single.append(self._number(Mix.still((number,))))
        return np.array(self._single, dtype=np.int32)[outcomes]

    def _mix_of(self, key: int, width: int) -> int:
        """The mix that two outcomes (apart, together) give with the placements of a code."""
        both, code = divmod(key, 32)
        apart, together = divmod(both, width)
        asked = apart, together, code
        found = self._placed.get(asked)
        if found is None:
            mix = Mix.placed(_placing(code), apart, together)
            found = self._placed[asked] = self._number(mix)
        return found

    def _number(self, mix: Mix) -> int:
        number = self._numbers.setdefault(mix, len(self.mixes))
        if number == len(self.mixes):
            self.mixes.append(mix)
        return number

    def _join(self, a: Numbers, b: Numbers) -> Numbers:
        """Cell by cell, the mix of both."""
        found, some = a.copy(), np.flatnonzero(a != b)
        keys = a[some].astype(np.int64) << 32 | b[some]
        distinct, back = np.unique(keys, return_inverse=True)
        pairs = ((int(key) >> 32, int(key) & 0xFFFFFFFF) for key in distinct)
        found[some] = np.array([self._both(*pair) for pair in pairs], dtype=np.int32)[back]
        return found

    def _both(self, a: int, b: int) -> int:
        pair = (a, b) if a <= b else (b, a)
        found = self._joined.get(pair)
        if found is None:
            mix = self.mixes[a].joined(self.mixes[b])
            found = self._joined[pair] = self._number(mix)
        return found

    def _folded(self, cells: Numbers) -> Numbers:
        """From the crowds of the destinations to the destinations."""
        row = np.zeros(len(self.destinations), dtype=np.int32)
        for rank, (places, owners) in enumerate(self._columns.ranks):
            row[owners] = cells[places] if rank == 0 else self._join(row[owners], cells[places])
        return row


class _Columns:
    """The crowds of the destinations side by side, as arrays."""

    def __init__(self, relation: Relation, destinations: Sequence[Endpoint]) -> None:
        crowds = [
            (j, kin, crowd)
            for j, endpoint in enumerate(destinations)
            for kin, crowd in relation.targets(endpoint).items()
        ]
        self.endpoint = np.array([j for j, _, _ in crowds], dtype=np.int32)
        self.kin = np.array([kin for _, kin, _ in crowds], dtype=np.int32)
        self.kins = sorted({kin for _, kin, _ in crowds})
        self.ranks = list(_ranks(self.endpoint))
        homes = sorted({crowd.home for _, _, crowd in crowds}, key=repr)
        self._homes = {home: number for number, home in enumerate(homes)}
        self._home = np.array([self._homes[crowd.home] for _, _, crowd in crowds], dtype=np.int32)
        self._nodes = _Nodes([crowd for _, _, crowd in crowds])

    def near(self, home: Home) -> NDArray[np.bool_]:
        """Which crowds can stand on one node with members of such a home."""
        if home.cluster is None:
            return np.zeros(len(self._home), dtype=np.bool_)
        found = [other.cluster == home.cluster for other in self._homes]
        return np.array(found, dtype=np.bool_)[self._home]

    def codes(self, crowd: Crowd, matters: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The placements that a crowd has with each of them; apart where that does not matter."""
        code = np.full(len(self._home), _APART, dtype=np.int64)
        if not matters.any():
            return code
        alike = self._nodes.alike(crowd)
        placed = sum(crowd.nodes.values())
        known = placed * self._nodes.placed
        unplaced = crowd.size * self._nodes.size - known > 0
        ties = [_code(tied(crowd.home, other)) for other in self._homes]
        found = (
            np.where(alike > 0, _TOGETHER, 0)
            | np.where(known > alike, _APART, 0)
            | np.where(unplaced, _UNPLACED, 0)
            | np.array(ties, dtype=np.int64)[self._home]
        )
        return np.where(matters, found, code)


class _Nodes:
    """How many members of each crowd stand on each node."""

    def __init__(self, crowds: Sequence[Crowd]) -> None:
        names = sorted({node for crowd in crowds for node in crowd.nodes})
        self._column = {node: number for number, node in enumerate(names)}
        self.placed = np.array([sum(crowd.nodes.values()) for crowd in crowds], dtype=np.int64)
        self.size = np.array([crowd.size for crowd in crowds], dtype=np.int64)
        one = [i for i, crowd in enumerate(crowds) if len(crowd.nodes) == 1]
        many = [i for i, crowd in enumerate(crowds) if len(crowd.nodes) > 1]
        self._one, self._many = np.array(one, dtype=np.int64), np.array(many, dtype=np.int64)
        only = [self._column[node] for i in one for node in crowds[i].nodes]
        self._only = np.array(only, dtype=np.int64)
        self._counts = np.zeros((len(many), len(names)), dtype=np.float32)
        for row, i in enumerate(many):
            for node, count in crowds[i].nodes.items():
                self._counts[row, self._column[node]] = count

    def alike(self, crowd: Crowd) -> NDArray[np.int64]:
        """With each crowd, how many pairs of members stand on one node."""
        mine = np.zeros(len(self._column), dtype=np.float32)
        for node, count in crowd.nodes.items():
            if node in self._column:
                mine[self._column[node]] = count
        found = np.zeros(len(self.size), dtype=np.int64)
        found[self._one] = mine[self._only].astype(np.int64) * self.placed[self._one]
        found[self._many] = (self._counts @ mine).astype(np.int64)
        return found


class _Shared:
    """Which destinations have members in common with a source."""

    def __init__(self, destinations: Sequence[Endpoint]) -> None:
        self._holders: dict[object, list[int]] = {}
        for j, endpoint in enumerate(destinations):
            for member in endpoint.members:
                if (itself := member.itself) is not None:
                    self._holders.setdefault(itself, []).append(j)

    def with_(self, source: Endpoint) -> list[int]:
        """The positions of those destinations."""
        holders = self._holders
        return [j for one in source.members for j in holders.get(one.itself, ())]


def _ranks(endpoint: Numbers) -> Iterator[tuple[NDArray[np.int64], Numbers]]:
    """The first crowds of all endpoints, then the second ones, …: their places, and whose."""
    first = np.searchsorted(endpoint, endpoint, side="left")
    rank = np.arange(len(endpoint)) - first
    for number in range(int(rank.max(initial=-1)) + 1):
        places = np.flatnonzero(rank == number)
        yield places, endpoint[places]


def _code(tie: Tie) -> int:
    """What two homes are to each other, as bits."""
    return (_KINDRED if tie.kindred else 0) | (_PODS if tie.pods else 0)


def _placing(code: int) -> Placing:
    """The placements of a code."""
    known = {one for one, bit in ((TOGETHER, _TOGETHER), (APART, _APART)) if code & bit}
    tie = Tie(bool(code & _PODS), bool(code & _KINDRED))
    return spread(tie, frozenset(known), unplaced=bool(code & _UNPLACED))
