"""The complete relation in few words: classes of endpoints that reach and are reached alike, and
rows between them. Every pod, node, unheld interface, API endpoint and block is in one class.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from msgspec import structs

from ringwall.errors import UsageError
from ringwall.model.gate import Reason
from ringwall.reach.documents import GROUPED, ClassOut, ClassRowOut, GroupedReport, Ports
from ringwall.reach.engine import listing
from ringwall.reach.engine.endpoints import Endpoint, is_outside
from ringwall.reach.engine.head import head, ids_of, numbered, unknowns
from ringwall.reach.engine.judge import Part
from ringwall.reach.engine.outcomes import Outcomes
from ringwall.reach.engine.outside import Outside
from ringwall.reach.engine.placement import APART, TOGETHER, Crowd, merged, placing
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.reach.engine.table import LIMIT, Cells, Spans, Table
from ringwall.space.services import ServiceSet

_WORDS: Final = {TOGETHER: "together", APART: "apart"}


class Class(NamedTuple):
    """Endpoints whose members are of the same kins, and all of these members."""

    id: str
    endpoints: tuple[Endpoint, ...]
    crowds: dict[int, Crowd]


class Kind(NamedTuple):
    """What a row says beside its two ids; ``placement`` is None where it does not matter."""

    placement: str | None
    part: Part
    services: ServiceSet


Told = tuple[tuple[bool | None, Mix], ...]
"""The outcomes of two classes in each placement that pairs of them have; None: in any."""


def grouped(relation: Relation) -> GroupedReport:
    """The whole relation as ``ringwall/reach-grouped/v1``. Raises UsageError where even that has
    more rows than ``LIMIT``."""
    rows = Grouped(relation)
    return structs.replace(rows.document, connections=list(rows.table.objects()))


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
        self._outside = {one.id for one in self.classes if all(map(is_outside, one.endpoints))}
        self._numbers: dict[tuple[Told, int], int] = {((), 0): 0}
        self._spans = Spans.of(0)
        self._kinds: list[Kind] = []
        self._add(0, (), 0)
        self._rows = list(self._limited(map(self._row, self.classes)))

    @property
    def table(self) -> Table[ClassRowOut]:
        """The rows."""
        ids = [one.id for one in self.classes]
        ports = {one: one.contract() for one in {kind.services for kind in self._kinds}}
        kinds = [self._connection(one, ports[one.services]) for one in self._kinds]
        return Table(ids, ids, kinds, self._spans, self._rows)

    @cached_property
    def document(self) -> GroupedReport:
        """All but the rows."""
        return GroupedReport(
            **head(self._relation, GROUPED, self._endpoints, unknowns(self._ids)),
            classes={one.id: self._class(one) for one in self.classes},
            connections=[],
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

    # --- cells --------------------------------------------------------------------------------

    def _row(self, src: Class) -> Cells:
        """What each member of a class reaches at each other member of every class; nothing between
        two ends outside."""
        outside = src.id in self._outside
        return np.array(
            [0 if outside and dst.id in self._outside else self._cell(src, dst)
             for dst in self.classes],
            dtype=np.int32,
        )  # fmt: skip

    def _cell(self, src: Class, dst: Class) -> int:
        """The number of what is told of two classes."""
        code = listing.between(self._families[src.id], self._families[dst.id])
        asked = self._told(src, dst), code
        found = self._numbers.get(asked)
        if found is None:
            found = self._numbers[asked] = len(self._numbers)
            self._add(found, *asked)
        return found

    def _told(self, src: Class, dst: Class) -> Told:
        if src is not dst and len(src.crowds) == len(dst.crowds) == 1:
            (i,), (j,) = src.crowds, dst.crowds
            apart, together = (self._outcomes.one(i, j, place) for place in (APART, TOGETHER))
            if apart == together:
                return ((None, Mix.still((apart,))),)
        return tuple(self._mixes(src, dst).items())

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
            place: Mix.still(numbers | whole) for place, numbers in sorted(places.items(), key=str)
        }

    def _add(self, cell: int, told: Told, code: int) -> None:
        """Lists the rows of one cell."""
        parts = [(place, self._parts(mix, code)) for place, mix in told]
        matters = len({some for _, some in parts}) > 1
        kinds = [
            Kind(_WORDS[place] if matters and place is not None else None, *part)
            for place, some in (parts if matters else parts[:1])
            for part in some
        ]
        if cell >= len(self._spans.size):
            self._spans = self._spans.grown(2 * cell + 1)
        self._spans.put(cell, len(self._kinds), [one.part.verdict for one in kinds])
        self._kinds += kinds

    def _parts(self, mix: Mix, code: int) -> tuple[tuple[Part, ServiceSet], ...]:
        """The open parts of a mix, with the services that are listed."""
        services = self._relation.atoms.services
        parts = (one for one in self._relation.parts(mix) if one.open)
        some = ((one, listing.listed(services(one.services), code)) for one in parts)
        return tuple(pair for pair in some if pair[1])

    def _limited(self, rows: Iterable[Cells]) -> Iterator[Cells]:
        count = 0
        for cells in rows:
            count += int(self._spans.size[cells].sum())
            if count > LIMIT:
                raise UsageError(
                    f"these are more than {LIMIT:,} rows even between classes; ask for a part "
                    "without --grouped, with --from, --to or --port"
                )
            yield cells

    # --- as a document ------------------------------------------------------------------------

    @cached_property
    def _ids(self) -> dict[Reason, str]:
        return numbered(reason for kind in self._kinds for reason in kind.part.doubts)

    def _connection(self, kind: Kind, ports: Ports) -> ClassRowOut:
        """A row of a kind, without its ids."""
        return ClassRowOut(
            src="",
            dst="",
            verdict=kind.part.verdict,
            ports=ports,
            extent=kind.part.extent or "all",
            placement=kind.placement,
            reply=kind.part.reply,
            because=ids_of(kind.part.doubts, self._ids),
        )

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
