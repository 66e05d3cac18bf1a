"""Policies composed with the network: what one class lets another have, directly.

A direct way is the sender's policies, the network between the two, and the receiver's policies.
Each of the three is looked up by class and comes as a small number; what a combination of numbers
admits is worked out once.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.fabric import Crossing
from ringwall.model.gate import Admission
from ringwall.model.network import Model
from ringwall.model.peers import Ints
from ringwall.model.rows import AskedBefore, Row
from ringwall.reach.engine.classes import NO_WAYS, Classes, Profile, distinct
from ringwall.reach.engine.ways import BLOCKED, Outcome, answered, passing, united
from ringwall.space.services import ICMP, ICMPV6, ServiceSet

_ALL: Final = -1
"""The number of a policy gate's admission where there is no gate."""


class Combination(NamedTuple):
    """The numbers of what stands on a direct way, and of the ways beside it."""

    egress: int
    crossing: int
    ingress: int
    gated: bool
    ways: int
    six: int


class Join:
    """Outcomes of pairs of classes, by number; the numbers are those of ``outcomes``."""

    def __init__(self, model: Model, classes: Classes) -> None:
        self._model, self._classes = model, classes
        full, mask = model.atoms.full, model.atoms.mask
        self._of_family = (
            full & ~mask(ServiceSet.of(ICMPV6)),
            full & ~mask(ServiceSet.of(ICMP)),
        )
        self.outcomes: list[Outcome] = [BLOCKED]
        self._numbers: dict[Outcome, int] = {BLOCKED: 0}
        self._combined: dict[Combination, int] = {}
        self._crossings: list[Crossing] = []
        self._seen_as: list[int] = []
        self._crossing_numbers: dict[int, int] = {}
        self._rewritten: dict[tuple[int, int, bool, AskedBefore], Outcome] = {}

    def number(self, outcome: Outcome) -> int:
        """The number of an outcome, its place in ``outcomes``."""
        found = self._numbers.setdefault(outcome, len(self.outcomes))
        if found == len(self.outcomes):
            self.outcomes.append(outcome)
        return found

    def within(self, family: int) -> int:
        """The services that there are in one family: ICMP is IPv4's, ICMPv6 IPv6's."""
        return self._of_family[family == 6]

    def pair(
        self,
        a: Attachment,
        b: Attachment,
        *,
        together: bool,
        before: AskedBefore | None = None,
    ) -> Outcome:
        """What passes between two attachments that are neither Service nor API endpoint;
        ``before`` is what was asked of a Service whose address is rewritten on the way."""
        src, dst = self._classes.of(a), self._classes.of(b)
        if before is not None and self._classes.profile(src).egress > 0:
            return self._through_service(src, dst, together, before)
        itself = is_itself(a, b, before)
        return self.outcomes[self.one(src, dst, together=together, itself=itself)]

    def one(self, src: int, dst: int, *, together: bool, itself: bool) -> int:
        """The number of the outcome of a pair of such classes; ``itself`` if they are one pod."""
        a, b = self._classes.profile(src), self._classes.profile(dst)
        return self._of_profiles(a, b, together=together, itself=itself)

    def _of_profiles(self, a: Profile, b: Profile, *, together: bool, itself: bool) -> int:
        if a.six != b.six:
            return 0
        crossing = self.crossing(a.fabric, b.fabric, together=together, itself=itself)
        egress = ingress = _ALL
        if a.egress > 0 and not (itself or (together and b.host)):
            egress = self._model.policies.egress_row(a.egress).at(b.peer)
        if b.ingress > 0 and not (itself or (together and a.host)):
            ingress = self._model.policies.ingress_row(b.ingress).at(self.seen_as(a, crossing))
        ways = b.ways if a.cluster != b.cluster else NO_WAYS
        gated = bool(a.gated or b.gated)
        return self._outcome(Combination(egress, crossing, ingress, gated, ways, a.six))

    def crossing(self, src: int, dst: int, *, together: bool, itself: bool = False) -> int:
        """The number of what the network does between two of its classes; nothing if they are one
        pod, which a packet to itself never leaves."""
        fabric = self._model.fabric
        if itself:
            return self._crossing(fabric.unhindered())
        return self._crossing(fabric.outcome(src, dst, together=together))

    def _crossing(self, theirs: int) -> int:
        """The number here of what has a number there."""
        found = self._crossing_numbers.get(theirs)
        if found is None:
            found = self._crossing_numbers[theirs] = len(self._crossings)
            crossing = self._model.fabric.crossing(theirs)
            seen = crossing.source
            self._crossings.append(crossing)
            self._seen_as.append(-1 if seen is None else self._model.policies.peer_of(seen))
        return found

    def _through_service(self, src: int, dst: int, together: bool, before: AskedBefore) -> Outcome:
        asked = src, dst, together, before
        found = self._rewritten.get(asked)
        if found is None:
            a, b = self._classes.profile(src), self._classes.profile(dst)
            rest = self._of_profiles(a._replace(egress=_ALL), b, together=together, itself=False)
            found = self.outcomes[rest]
            if not (together and b.host):
                policies = self._model.policies
                found = found.through(policies.egress(a.egress, b.peer, before))
            self._rewritten[asked] = found
        return found

    def seen_as(self, a: Profile, crossing: int) -> int:
        """The peer class that the receiver sees the sender as, behind a translation if any."""
        peer = self._seen_as[crossing]
        return a.peer if peer < 0 else peer

    def through(self, number: int) -> Outcome:
        """What the network alone admits."""
        crossing = self._crossings[number]
        return passing(crossing.must, crossing.may, crossing.reply)

    def _outcome(self, asked: Combination) -> int:
        found = self._combined.get(asked)
        if found is None:
            way = self.through(asked.crossing)
            for number in (asked.egress, asked.ingress):
                if number != _ALL:
                    way = way.through(self._model.policies.outcome(number))
            if asked.gated:
                way = way.through(Admission(0, self._model.atoms.full))
            if asked.ways != NO_WAYS:
                way = united((way, answered(0, self._model.ways_in.mask(asked.ways))))
            way = way.within(self._of_family[asked.six])
            found = self._combined[asked] = self.number(way)
        return found

    # --- many at once -------------------------------------------------------------------------

    def many(
        self, src: Ints, dst: Ints, together: NDArray[np.bool_], itself: NDArray[np.bool_]
    ) -> Ints:
        """The same for many pairs."""
        told = self._classes.columns
        crossings = self._many_crossings(told.fabric[src], told.fabric[dst], together, itself)
        seen_as = np.array(self._seen_as, dtype=np.int32)[crossings]
        peers = np.where(seen_as < 0, told.peer[src], seen_as)
        egress_open = itself | (together & (told.host[dst] > 0))
        ingress_open = itself | (together & (told.host[src] > 0))
        policies = self._model.policies
        columns = (
            _rows(policies.egress_row, np.where(egress_open, 0, told.egress[src]), told.peer[dst]),
            crossings,
            _rows(policies.ingress_row, np.where(ingress_open, 0, told.ingress[dst]), peers),
            told.gated[src] | told.gated[dst],
            np.where(told.cluster[src] == told.cluster[dst], NO_WAYS, told.ways[dst]),
            told.six[src],
        )
        first, back = distinct(columns)
        numbers = [
            self._outcome(Combination(row[0], row[1], row[2], bool(row[3]), row[4], row[5]))
            for row in zip(*(column[first].tolist() for column in columns), strict=True)
        ]
        found = np.array(numbers, dtype=np.int32)[back]
        found[told.six[src] != told.six[dst]] = 0
        return found

    def _many_crossings(
        self, src: Ints, dst: Ints, together: NDArray[np.bool_], itself: NDArray[np.bool_]
    ) -> Ints:
        """Apart a row of the network at a time, together pair by pair."""
        fabric = self._model.fabric
        theirs = np.zeros(len(src), dtype=np.int32)
        apart: Ints = np.where(together | itself, -1, src).astype(np.int32)
        for one, places in _by_value(apart):
            if one >= 0:
                theirs[places] = fabric.row(one)[dst[places]]
        near = np.flatnonzero(together & ~itself)
        first, back = distinct((src[near], dst[near]))
        pairs = zip(src[near][first].tolist(), dst[near][first].tolist(), strict=True)
        found = [fabric.outcome(a, b, together=True) for a, b in pairs]
        theirs[near] = np.array(found, dtype=np.int32)[back]
        theirs[itself] = fabric.unhindered()
        numbers, where = np.unique(theirs, return_inverse=True)
        return np.array([self._crossing(one) for one in numbers.tolist()], dtype=np.int32)[where]


def is_itself(a: Attachment, b: Attachment, before: AskedBefore | None = None) -> bool:
    """Whether a pod sends to itself, other than through a Service whose address is rewritten."""
    return before is None and a.pod >= 0 and a.pod == b.pod


def _rows(row: Callable[[int], Row], gates: Ints, peers: Ints) -> Ints:
    """What gates admit of peers, by number, one gate at a time."""
    found = np.full(len(gates), _ALL, dtype=np.int32)
    for gate, places in _by_value(gates):
        if gate > 0:
            found[places] = row(gate).ids(peers[places])
    return found


def _by_value(values: Ints) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each value and where it stands."""
    order = np.argsort(values, kind="stable")
    found, starts = np.unique(values[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, starts[1:]), strict=False)
