"""Why pairs of classes are not known, for many pairs at once.

A policy gate gives one reason to all peers that its rules see alike, and the network one to each
pair of its classes. Each is asked once, and sets of reasons are united by number.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.gate import Reason
from ringwall.model.peers import Ints
from ringwall.reach.engine.classes import NO_WAYS, distinct
from ringwall.reach.engine.compose import Engine

NONE: Final = 0
"""The number of no reason at all."""
_OPEN: Final = 0
"""The gate of an end that no policy holds."""


class Ends(NamedTuple):
    """What stands between pairs of classes: policy gates and what they see the far ends as, the
    classes of the network, clusters whose hosts policies may concern, and ways in beside it."""

    egress: Ints
    far: Ints
    ingress: Ints
    near: Ints
    src: Ints
    dst: Ints
    gated_src: Ints
    gated_dst: Ints
    ways: Ints

    def at(self, places: NDArray[np.intp]) -> "Ends":
        """Those of some of the pairs."""
        return Ends(*(column[places] for column in self))


class Doubts:
    """Sets of reasons, by number."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._model = engine, engine.model
        self.sets: list[frozenset[Reason]] = [frozenset()]
        self._numbers: dict[frozenset[Reason], int] = {frozenset(): NONE}
        self._united: dict[tuple[int, int], int] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._seen: dict[tuple[int, int, bool], int] = {}

    def both(self, a: Ints, b: Ints) -> Ints:
        """The numbers of the reasons of both, pair by pair."""
        if not a.any():
            return b
        first, back = distinct((a, b))
        pairs = zip(a[first].tolist(), b[first].tolist(), strict=True)
        return _ints(self._both(*pair) for pair in pairs)[back]

    def many(self, src: Ints, dst: Ints, masks: list[int], which: Ints, *, together: bool) -> Ints:
        """For pairs of classes that are neither Services nor API endpoints, nor one pod: why the
        services of a mask (``which`` of ``masks``) are not decided."""
        ends = self._ends(src, dst, together)
        found = np.full(len(src), NONE, dtype=np.int32)
        beside = np.flatnonzero(ends.ways != NO_WAYS)
        if beside.size:
            some, at = ends.at(beside), which[beside]
            found[beside] = self._asked("ways", self._by_ways, (some.ways,), at, masks)
            masks = masks.copy()
            which = which.copy()
            which[beside] = self._direct(some, at, masks, together)
        network = partial(self._by_network, together)
        for name, ask, columns in (
            ("hosts", self._by_hosts, (ends.gated_src, ends.gated_dst)),
            (f"network {together}", network, (ends.src, ends.dst)),
        ):
            found = self.both(found, self._asked(name, ask, columns, which, masks))
        found = self.both(found, self._policies("egress", ends.egress, ends.far, which, masks))
        return self.both(found, self._policies("ingress", ends.ingress, ends.near, which, masks))

    # --- what stands between ------------------------------------------------------------------

    def _ends(self, src: Ints, dst: Ints, together: bool) -> Ends:
        told = self._engine.classes.columns
        beside = told.cluster[src] != told.cluster[dst]
        return Ends(
            egress=np.where((told.host[dst] > 0) & together, _OPEN, told.egress[src]),
            far=told.peer[dst],
            ingress=np.where((told.host[src] > 0) & together, _OPEN, told.ingress[dst]),
            near=self._near(told.peer[src], told.fabric[src], told.fabric[dst], together),
            src=told.fabric[src],
            dst=told.fabric[dst],
            gated_src=np.where(told.gated[src] > 0, told.cluster[src], NONE),
            gated_dst=np.where(told.gated[dst] > 0, told.cluster[dst], NONE),
            ways=np.where(beside, told.ways[dst], NO_WAYS),
        )

    def _near(self, peers: Ints, src: Ints, dst: Ints, together: bool) -> Ints:
        """What receivers see senders as: others than they are where addresses are translated."""
        first, back = distinct((src, dst))
        pairs = zip(src[first].tolist(), dst[first].tolist(), strict=True)
        seen = _ints(self._seen_as(*pair, together) for pair in pairs)[back]
        return np.where(seen < 0, peers, seen)

    def _seen_as(self, src: int, dst: int, together: bool) -> int:
        found = self._seen.get((src, dst, together))
        if found is None:
            source = self._model.fabric.cross(src, dst, together=together).source
            found = -1 if source is None else self._model.policies.peer_of(source)
            self._seen[src, dst, together] = found
        return found

    def _direct(self, ends: Ends, which: Ints, masks: list[int], together: bool) -> Ints:
        """The services that may pass on the direct way, of masks that are open on another way too;
        new masks are added."""
        policies, join = self._model.policies, self._engine.join
        first, back = distinct((ends.src, ends.dst))
        pairs = zip(ends.src[first].tolist(), ends.dst[first].tolist(), strict=True)
        crossings = _ints(join.crossing(*pair, together=together) for pair in pairs)[back]
        columns = (
            crossings,
            _by_gate(ends.egress, lambda gate, at: policies.egress_row(gate).ids(ends.far[at])),
            _by_gate(ends.ingress, lambda gate, at: policies.ingress_row(gate).ids(ends.near[at])),
            which,
        )
        first, back = distinct(columns)
        start = len(masks)
        for crossing, egress, ingress, at in zip(
            *(column[first].tolist() for column in columns), strict=True
        ):
            may = masks[at] & join.through(crossing).may
            for number in (egress, ingress):
                may &= policies.outcome(number).may if number >= 0 else may
            masks.append(may)
        return (back + start).astype(np.int32)

    # --- reasons ------------------------------------------------------------------------------

    def _asked(
        self,
        name: str,
        ask: Callable[..., Iterable[Reason]],
        columns: Sequence[Ints],
        which: Ints,
        masks: list[int],
    ) -> Ints:
        """Numbers of what ``ask`` says of rows of columns and a mask, asked once each."""
        first, back = distinct((*columns, which))
        rows = zip(*(column[first].tolist() for column in (*columns, which)), strict=True)
        return _ints(self._once(name, ask, row[:-1], masks[row[-1]]) for row in rows)[back]

    def _once(
        self, name: str, ask: Callable[..., Iterable[Reason]], row: tuple[int, ...], mask: int
    ) -> int:
        asked = name, row, mask
        found = self._known.get(asked)
        if found is None:
            reasons = frozenset(ask(*row, mask)) if mask else frozenset[Reason]()
            found = self._known[asked] = self._number(reasons)
        return found

    def _by_ways(self, ways: int, mask: int) -> Iterable[Reason]:
        return self._model.ways_in.reasons(ways, mask)

    def _by_hosts(self, one: int, other: int, mask: int) -> Iterable[Reason]:
        """Clusters are numbered from 1 (see ``Classes``)."""
        del mask
        names = list(self._model.workloads.clusters)
        for cluster in {one, other} - {NONE}:
            yield from self._model.policies.host_gate(names[cluster - 1])

    def _by_network(self, together: bool, src: int, dst: int, mask: int) -> Iterable[Reason]:
        way = self._model.fabric.cross(src, dst, together=together)
        if not mask & way.may & ~way.must:
            return ()
        return self._model.fabric.reasons(src, dst, mask, together=together)

    def _policies(
        self,
        direction: Literal["egress", "ingress"],
        gates: Ints,
        peers: Ints,
        which: Ints,
        masks: list[int],
    ) -> Ints:
        """Each gate is asked about one of the peers that it sees alike."""
        policies = self._model.policies
        cells = _by_gate(gates, lambda gate, at: policies.egress_row(gate).cells(peers[at]))
        first, back = distinct((cells, np.where(cells < 0, _OPEN, gates), which))
        rows = zip(
            *(column[first].tolist() for column in (gates, cells, peers, which)), strict=True
        )
        numbers = (
            self._by_policy(direction, gate, cell, peer, masks[at]) if cell >= 0 else NONE
            for gate, cell, peer, at in rows
        )
        return _ints(numbers)[back]

    def _by_policy(
        self, direction: Literal["egress", "ingress"], gate: int, cell: int, peer: int, mask: int
    ) -> int:
        asked = direction, gate, cell, mask
        found = self._known.get(asked)
        if found is None:
            reasons = self._model.policies.reasons(direction, gate, peer, mask)
            found = self._known[asked] = self._number(reasons)
        return found

    def _number(self, reasons: frozenset[Reason]) -> int:
        found = self._numbers.setdefault(reasons, len(self.sets))
        if found == len(self.sets):
            self.sets.append(reasons)
        return found

    def _both(self, a: int, b: int) -> int:
        if a == b or NONE in (a, b):
            return a or b
        pair = (a, b) if a < b else (b, a)
        found = self._united.get(pair)
        if found is None:
            found = self._united[pair] = self._number(self.sets[a] | self.sets[b])
        return found


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(list(numbers), dtype=np.int32)


def _by_gate(gates: Ints, told: Callable[[int, NDArray[np.intp]], NDArray[np.integer]]) -> Ints:
    """What each gate tells of the pairs that it stands between; -1 where there is none."""
    found = np.full(len(gates), -1, dtype=np.int32)
    order = np.argsort(gates, kind="stable")
    known, starts = np.unique(gates[order], return_index=True)
    for gate, places in zip(known.tolist(), np.split(order, starts[1:]), strict=True):
        if gate > _OPEN:
            found[places] = told(gate, places)
    return found
