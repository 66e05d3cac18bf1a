"""The complete relation in few words: classes of endpoints that reach and are reached alike, and
rows between them. Every pod, node, unheld interface, API endpoint and block is in one class.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from typing import Any, Final, NamedTuple

from ringwall.errors import UsageError
from ringwall.model.gate import Reason
from ringwall.reach.documents import GROUPED, ClassOut, ClassRowOut, GroupedReport
from ringwall.reach.engine import listing
from ringwall.reach.engine.endpoints import Endpoint, is_outside
from ringwall.reach.engine.head import head, ids_of, numbered, unknowns
from ringwall.reach.engine.judge import Part
from ringwall.reach.engine.outcomes import Outcomes
from ringwall.reach.engine.outside import Outside
from ringwall.reach.engine.placement import APART, TOGETHER, Crowd, merged, placing
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.space.services import ServiceSet

LIMIT: Final = 1_000_000
"""More rows than this are not written."""
_WORDS: Final = {TOGETHER: "together", APART: "apart"}


class Class(NamedTuple):
    """Endpoints whose members are of the same kins, and all of these members."""

    id: str
    endpoints: tuple[Endpoint, ...]
    crowds: dict[int, Crowd]


class Row(NamedTuple):
    """What one class reaches at another; ``placement`` is None where it does not matter."""

    src: str
    dst: str
    placement: str | None
    part: Part
    services: ServiceSet


def grouped(relation: Relation) -> GroupedReport:
    """The whole relation as ``ringwall/reach-grouped/v1``. Raises UsageError where even that has
    more rows than ``LIMIT``."""
    return Grouped(relation).report()


class Grouped:
    """The classes of a world, and what is open between them."""

    def __init__(self, relation: Relation) -> None:
        self._relation = relation
        directory = relation.directory
        self._endpoints = [*directory.objects(pods=True), *Outside(relation).endpoints]
        self._endpoints.sort(key=lambda one: one.id)
        self.classes = list(self._classes())
        self._families = {one.id: listing.families(one.endpoints[0]) for one in self.classes}
        kins = sorted({kin for one in self.classes for kin in one.crowds})
        self._outcomes = Outcomes(relation, kins, kins)
        self._known: dict[tuple[Mix, int], tuple[tuple[Part, ServiceSet], ...]] = {}
        self.rows = list(self._limited(self._rows()))

    def report(self) -> GroupedReport:
        """The document."""
        return GroupedReport(
            **head(self._relation, GROUPED, self._endpoints, unknowns(self._ids)),
            classes={one.id: self._class(one) for one in self.classes},
            connections=[self._connection(row) for row in self.rows],
        )

    def _classes(self) -> Iterator[Class]:
        """In the order of their first ids."""
        crowds = self._relation.crowds
        alike: dict[tuple[int, ...], list[Endpoint]] = {}
        for endpoint in self._endpoints:
            alike.setdefault(tuple(crowds(endpoint)), []).append(endpoint)
        for number, (kins, mine) in enumerate(alike.items(), 1):
            whole = {kin: merged([crowds(one)[kin] for one in mine]) for kin in kins}
            yield Class(f"c{number}", tuple(mine), whole)

    def _rows(self) -> Iterator[Row]:
        outside = {one.id for one in self.classes if all(map(is_outside, one.endpoints))}
        for src, dst in product(self.classes, repeat=2):
            if src.id not in outside or dst.id not in outside:
                yield from self._between(src, dst)

    def _between(self, src: Class, dst: Class) -> Iterator[Row]:
        """What each member of a class reaches at each other member of another."""
        code = listing.between(self._families[src.id], self._families[dst.id])
        if src is not dst and len(src.crowds) == len(dst.crowds) == 1:
            (i,), (j,) = src.crowds, dst.crowds
            apart, together = (self._outcomes.one(i, j, place) for place in (APART, TOGETHER))
            if apart == together:
                for part in self._parts(Mix(frozenset((apart,)), None), code):
                    yield Row(src.id, dst.id, None, *part)
                return
        told = [(place, self._parts(mix, code)) for place, mix in self._mixes(src, dst).items()]
        matters = len({parts for _, parts in told}) > 1
        for place, parts in told if matters else told[:1]:
            word = _WORDS[place] if matters and place is not None else None
            yield from (Row(src.id, dst.id, word, *part) for part in parts)

    def _mixes(self, src: Class, dst: Class) -> dict[bool | None, Mix]:
        """The outcomes by placement, of those placements that pairs have; None: of any."""
        found: dict[bool | None, set[int]] = {}
        for (i, mine), (j, theirs) in product(src.crowds.items(), dst.crowds.items()):
            outcomes = {place: self._outcomes.one(i, j, place) for place in (TOGETHER, APART)}
            if len({*outcomes.values()}) == 1 and src is not dst:
                found.setdefault(None, set()).add(outcomes[APART])
                continue
            for place in placing(mine, theirs).now:
                found.setdefault(place, set()).add(outcomes[place])
        whole = found.pop(None, set())
        places = found or ({None: set()} if whole else {})
        return {
            place: Mix(frozenset(numbers | whole), None)
            for place, numbers in sorted(places.items(), key=str)
        }

    def _parts(self, mix: Mix, code: int) -> tuple[tuple[Part, ServiceSet], ...]:
        """The open parts of a mix, with the services that are listed."""
        found = self._known.get((mix, code))
        if found is None:
            atoms = self._relation.atoms
            parts = (one for one in self._relation.parts(mix) if one.open)
            some = ((one, listing.listed(atoms.services(one.services), code)) for one in parts)
            found = self._known[mix, code] = tuple(pair for pair in some if pair[1])
        return found

    def _limited(self, rows: Iterable[Row]) -> Iterator[Row]:
        for number, row in enumerate(rows, 1):
            if number > LIMIT:
                raise UsageError(
                    f"these are more than {LIMIT:,} rows even between classes; ask for a part "
                    "without --grouped, with --from, --to or --port"
                )
            yield row

    # --- as a document ------------------------------------------------------------------------

    @cached_property
    def _ids(self) -> dict[Reason, str]:
        return numbered(reason for row in self.rows for reason in row.part.doubts)

    @cached_property
    def _shared(self) -> dict[tuple[Part, ServiceSet], dict[str, Any]]:
        """What is in all rows of a part."""
        return {
            (part, services): {
                "verdict": part.verdict,
                "extent": part.extent,
                "ports": services.contract(),
                "reply": part.reply,
                "because": ids_of(part.doubts, self._ids),
            }
            for part, services in {(row.part, row.services) for row in self.rows}
        }

    def _connection(self, row: Row) -> ClassRowOut:
        shared = self._shared[row.part, row.services]
        return ClassRowOut(row.src, row.dst, placement=row.placement, **shared)

    def _class(self, one: Class) -> ClassOut:
        """A workload stands for its pods where all of them are in the class."""
        whole = self._relation.directory.pods_of
        mine = {endpoint.id for endpoint in one.endpoints}
        names = []
        for endpoint in one.endpoints:
            workload = self._workload(endpoint)
            all_here = workload and mine.issuperset(whole(workload))
            names.append(workload if all_here else endpoint.id)
        return ClassOut(one.endpoints[0].kind, sorted(set(names)))

    def _workload(self, endpoint: Endpoint) -> str:
        pod = endpoint.members[0].pod
        return self._relation.engine.model.workloads.pods[pod].workload if pod >= 0 else ""
