"""Many questions at once: flows that were logged, or every pair of a list.

Addresses become attachments by bisection, attachments classes, and each distinct question is
answered once: a million questions cost what their distinct ones do.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ringwall.errors import UsageError
from ringwall.model.attachments import Attachment
from ringwall.model.peers import Ints
from ringwall.model.workloads import parsed
from ringwall.reach.engine.classes import distinct
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.ways import Outcome
from ringwall.reach.engine.why import Admitting, in_order

Ends: TypeAlias = "NDArray[np.integer] | Sequence[str] | Sequence[Attachment]"
"""IPv4 addresses as numbers, addresses in text (``[domain!]address``), or attachments."""

BLOCKED: Final = 0
UNKNOWN: Final = 1
ALLOWED: Final = 2

_APART, _TOGETHER, _UNPLACED, _ITSELF = range(4)
_PLACEMENTS: Final = {
    _APART: (False,),
    _TOGETHER: (True,),
    _UNPLACED: (False, True),
    _ITSELF: (True,),
}
_NOWHERE: Final = -1
_PLACED: Final = frozenset({"pod", "node", "service"})
_ODD: Final = frozenset({"service", "api"})
_DAEMON: Final = "[DaemonSet]"


class Question(NamedTuple):
    """One of the questions that were asked: both ends (or others that are alike), the atom of the
    service, and whether they are on one node (both, where that is not known)."""

    src: Attachment
    dst: Attachment
    atom: int
    placements: tuple[bool, ...]


class Decisions:
    """Answers in the order of the questions.

    ``verdict`` is 0 (blocked), 1 (unknown) or 2 (allowed); ``row`` numbers the distinct questions,
    and :meth:`rules` tells what admits one of them.
    """

    def __init__(
        self,
        engine: Engine,
        verdict: NDArray[np.int8],
        row: Ints,
        question: Callable[[int], Question],
    ) -> None:
        self._engine, self.question = engine, question
        self.verdict, self.row = verdict, row

    def __len__(self) -> int:
        return len(self.verdict)

    def rules(self, row: int) -> list[Admitting]:
        """Every rule that at least perhaps admits the question of a row, in order."""
        src, dst, atom, placements = self.question(row)
        found = {
            rule
            for together in placements
            for rule in self._engine.rules(src, dst, together=together, mask=1 << atom)
        }
        return in_order(found)


def decide_many(
    engine: Engine,
    src: Ends,
    dst: Ends,
    protocol: ArrayLike,
    port: ArrayLike,
    *,
    domain: str = "",
) -> Decisions:
    """Whether each packet passes. ``protocol`` and ``port`` are arrays, or one for all; ``port``
    is type * 256 + code for ICMP and 0 for protocols without ports.

    Where it is not known whether two ends are on one node, what holds in both cases is told.
    ``domain`` (a VPC or a cluster) says whose the addresses are. Raises UsageError for an address
    that is held in several domains, and ValueError for services that do not exist.
    """
    table = _Table(engine, domain)
    sources, destinations = table.places(src), table.places(dst)
    services = (np.broadcast_to(np.asarray(one), sources.shape) for one in (protocol, port))
    atoms = engine.model.atoms.atoms_of(*services)
    return _Asked(engine, table.attachments, sources, destinations, atoms).decided()


def resolve(engine: Engine, address: str, domain: str = "") -> Attachment:
    """Who holds an address, written ``[domain!]address``; the address itself if nobody does.

    Raises UsageError if it is none, or held in several domains, which are listed then.
    """
    before, _, text = address.rpartition("!")
    place = parsed(text)
    if place is None:
        raise UsageError(f"`{address}` is not an address")
    domain = before or domain
    if domain and not engine.knows(domain):
        raise UsageError(f"`{domain}` is no VPC or cluster that was read")
    found = engine.owner(*place, domain)
    if len(found) > 1:
        raise UsageError(
            f"`{address}` is ambiguous: it may be {', '.join(map(_named(text), found))}; "
            "write one of these"
        )
    return found[0]


def _named(text: str) -> Callable[[Attachment], str]:
    return lambda one: f"{one.domain or one.cluster or ''}!{text} ({one.owner})"


class _Table:
    """The attachments that questions are about, each once."""

    def __init__(self, engine: Engine, domain: str) -> None:
        self._engine, self._domain = engine, domain
        self.attachments: list[Attachment] = []
        self._numbers: dict[Attachment, int] = {}

    def places(self, ends: Ends) -> Ints:
        """The place in the table of each end."""
        if isinstance(ends, np.ndarray) and ends.dtype.kind in "iu":
            values, back = np.unique(ends, return_inverse=True)
            return self._of_values(values.astype(np.int64))[back]
        numbers = {one: self._number(self._found(one)) for one in dict.fromkeys(ends)}
        return np.fromiter((numbers[one] for one in ends), np.int32, len(ends))

    def _found(self, one: "str | Attachment") -> Attachment:
        if isinstance(one, Attachment):
            return one
        return resolve(self._engine, one, self._domain)

    def _number(self, one: Attachment) -> int:
        found = self._numbers.setdefault(one, len(self.attachments))
        if found == len(self.attachments):
            self.attachments.append(one)
        return found

    def _of_values(self, values: NDArray[np.int64]) -> Ints:
        """The places of distinct IPv4 addresses. What nobody holds is found by what is alike."""
        alike = self._engine.alike(values)
        _, first, back = np.unique(alike, return_index=True, return_inverse=True)
        numbers = [self._number(self._at(value)) for value in values[first].tolist()]
        return np.array(numbers, dtype=np.int32)[back]

    def _at(self, value: int) -> Attachment:
        found = self._engine.owner(4, value, self._domain)
        return found[0] if len(found) == 1 else self._ambiguous(value)

    def _ambiguous(self, value: int) -> Attachment:
        return resolve(self._engine, ".".join(map(str, value.to_bytes(4, "big"))), self._domain)


class _Ends:
    """What of the attachments in a table decides, as arrays."""

    def __init__(self, engine: Engine, table: Sequence[Attachment]) -> None:
        pods = engine.model.workloads.pods
        self.kind = engine.classes.many(table)
        self.pod = _ints(one.pod for one in table)
        self.odd = np.array([one.kind in _ODD for one in table], dtype=np.bool_)
        self.host = engine.classes.columns.host[self.kind] > 0
        clusters = _Numbers()
        self.cluster = _ints(
            clusters.of(one.cluster) if one.kind in _PLACED else _NOWHERE for one in table
        )
        nodes = _Numbers()
        self.node = _ints(nodes.of((one.cluster, one.node)) if one.node else -1 for one in table)
        daemons = _Numbers()
        workloads = (pods[one.pod].workload if one.pod >= 0 else "" for one in table)
        self.daemon = _ints(
            daemons.of(name) if name.endswith(_DAEMON) else -1 for name in workloads
        )


class _Asked:
    """Questions as numbers: the places of both ends in a table, and the atom of the service."""

    def __init__(
        self, engine: Engine, table: Sequence[Attachment], src: Ints, dst: Ints, atoms: Ints
    ) -> None:
        self._engine, self._table = engine, table
        self._ends = _Ends(engine, table)
        odd = self._ends.odd[src] | self._ends.odd[dst]
        # A Service or API endpoint tells senders of one class apart, so its ends stay themselves.
        offset = len(engine.classes)
        kinds = [np.where(odd, offset + ends, self._ends.kind[ends]) for ends in (src, dst)]
        self.first, self.row = distinct((*kinds, self._placement(src, dst), atoms))
        self.src, self.dst, self.atoms = src[self.first], dst[self.first], atoms[self.first]
        self._odd = odd[self.first]
        self._placed = self._placement(self.src, self.dst)

    def _placement(self, src: Ints, dst: Ints) -> Ints:
        """Where the ends stand to each other."""
        ends = self._ends
        near = (ends.cluster[src] == ends.cluster[dst]) & (ends.cluster[src] != _NOWHERE)
        unplaced = near & ((ends.node[src] < 0) | (ends.node[dst] < 0))
        unplaced &= (ends.daemon[src] < 0) | (ends.daemon[src] != ends.daemon[dst])
        if not self._engine.model.fabric.present:
            unplaced &= ends.host[src] | ends.host[dst] | ends.odd[dst]
        one_node = near & (ends.node[src] == ends.node[dst]) & (ends.node[src] >= 0)
        found = np.where(one_node, _TOGETHER, _APART)
        found[unplaced] = _UNPLACED
        found[(ends.pod[src] >= 0) & (ends.pod[src] == ends.pod[dst])] = _ITSELF
        return found.astype(np.int32)

    def decided(self) -> Decisions:
        """The answers."""
        verdict = np.zeros(len(self.first), dtype=np.int8)
        even = np.flatnonzero(~self._odd)
        verdict[even] = self._of_classes(even)
        for i in np.flatnonzero(self._odd).tolist():
            verdict[i] = self._of_ends(i)
        return Decisions(self._engine, verdict[self.row], self.row, self._question)

    def _of_classes(self, rows: NDArray[np.intp]) -> NDArray[np.int8]:
        """Verdicts of questions between classes."""
        placed = self._placed[rows]
        found = self._judged(rows, (placed == _TOGETHER) | (placed == _ITSELF))
        unplaced = np.flatnonzero(placed == _UNPLACED)
        if len(unplaced):
            where = rows[unplaced]
            other = self._judged(where, np.ones(len(where), dtype=np.bool_))
            found[unplaced] = np.where(found[unplaced] == other, other, UNKNOWN)
        return found

    def _judged(self, rows: NDArray[np.intp], together: NDArray[np.bool_]) -> NDArray[np.int8]:
        kind = self._ends.kind
        src, dst = kind[self.src[rows]], kind[self.dst[rows]]
        outcomes = self._engine.join.many(src, dst, together, self._placed[rows] == _ITSELF)
        return _levels(self._engine, outcomes, self.atoms[rows])

    def _of_ends(self, i: int) -> int:
        asked = self._question(i)
        outcomes = self._pairs(asked.src, asked.dst, asked.placements)
        bit = 1 << int(self.atoms[i])
        if all(one.must & bit for one in outcomes):
            return ALLOWED
        return UNKNOWN if any(one.may & bit for one in outcomes) else BLOCKED

    def _pairs(
        self, a: Attachment, b: Attachment, placements: tuple[bool, ...]
    ) -> tuple[Outcome, ...]:
        key = a, b, placements
        found = self._known.get(key)
        if found is None:
            pair = self._engine.pair
            found = self._known[key] = tuple(pair(a, b, together=one) for one in placements)
        return found

    @cached_property
    def _known(self) -> dict[tuple[Attachment, Attachment, tuple[bool, ...]], tuple[Outcome, ...]]:
        return {}

    def _question(self, i: int) -> Question:
        a, b = self._table[self.src[i]], self._table[self.dst[i]]
        placements = _PLACEMENTS[int(self._placed[i])]
        return Question(a, b, int(self.atoms[i]), placements)


def _levels(engine: Engine, outcomes: Ints, atoms: Ints) -> NDArray[np.int8]:
    """The verdict of each outcome about one atom."""
    used, back = np.unique(outcomes, return_inverse=True)
    size = (len(engine.model.atoms) + 7) // 8
    found = [engine.join.outcomes[number] for number in used.tolist()]
    must, may = (
        np.frombuffer(b"".join(mask.to_bytes(size, "little") for mask in masks), dtype=np.uint8)
        for masks in ([one.must for one in found], [one.may for one in found])
    )
    place, bit = back * size + (atoms >> 3), (atoms & 7).astype(np.uint8)
    return ((must[place] >> bit & 1) + (may[place] >> bit & 1)).astype(np.int8)


class _Numbers:
    """Small numbers for things, in the order of first meeting."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, thing: Hashable) -> int:
        """The number of a thing."""
        return self._known.setdefault(thing, len(self._known))


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int32)
