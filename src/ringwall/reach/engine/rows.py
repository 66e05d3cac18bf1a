"""The relation as rows: ``ringwall/reach/v1``, counted before they are made.

What the rows of one mix share (verdict, ports, reply …) is made once; a row adds its two ids.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from msgspec import structs

from ringwall.errors import UsageError
from ringwall.model.gate import Reason
from ringwall.reach.documents import REACH, ConnectionOut, ReachReport
from ringwall.reach.engine.endpoints import Endpoint, is_outside
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.head import head, ids_of, numbered, unknowns
from ringwall.reach.engine.judge import Part
from ringwall.reach.engine.listing import BETWEEN, CODES, families, listed
from ringwall.reach.engine.outside import BLOCK_ID, Outside
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.table import LIMIT, Cells, Spans, Table
from ringwall.space.services import SERVED, ServiceSet

_KEPT: Final = 20_000_000
"""Of so many pairs the cells are kept from counting until writing."""


def reach(
    relation: Relation,
    src: str | None = None,
    dst: str | None = None,
    port: str | None = None,
    *,
    pods: bool = False,
) -> ReachReport:
    """Every open connection: those from ``src``, to ``dst``, on ``port``, where these are given;
    pod by pod instead of by workload with ``pods``.

    Raises UsageError for words that mean nothing, and where the rows are more than ``LIMIT``.
    """
    rows = Rows(relation, asked(relation, src, dst, port, pods=pods), LIMIT)
    return structs.replace(rows.document, connections=list(rows))


class Asked(NamedTuple):
    """A question: from which endpoints to which, by id, and on which services.

    ``named`` says that both ends were asked for by name.
    """

    sources: Sequence[Endpoint]
    destinations: Sequence[Endpoint]
    services: ServiceSet
    named: bool


def asked(
    relation: Relation, src: str | None, dst: str | None, port: str | None, *, pods: bool = False
) -> Asked:
    """The question that some words ask; what they do not say is everything. Raises UsageError."""
    directory = relation.directory
    services = services_of(port)
    outside = Outside(relation)
    blocks = {one.id: one for one in outside.endpoints} if _blocks(src, dst) else {}
    mine = [] if src is None else [blocks.get(src) or relation.sender(src)]
    theirs = [] if dst is None else [blocks.get(dst) or directory.find(dst)]
    if mine and theirs:
        return Asked(mine, theirs, services, True)
    everything = [*directory.objects(pods=pods), *outside.endpoints]
    everything.sort(key=lambda one: one.id)
    return Asked(mine or everything, theirs or everything, services, False)


def _blocks(*ids: str | None) -> bool:
    """Whether one of some ids is of a block that outputs number."""
    return any(id_ is not None and id_.startswith(BLOCK_ID) for id_ in ids)


def services_of(port: str | None) -> ServiceSet:
    """The services that a port names, all if it is None. Raises UsageError."""
    try:
        return SERVED if port is None else ServiceSet.parse(port)
    except ValueError:
        raise UsageError(
            f"`{port}` is not a port; write tcp/443, tcp/8000-8010, udp/53, sctp/80, icmp, "
            "icmp/8, proto/47 or all"
        ) from None


class Listed(NamedTuple):
    """A part, and its services that are listed."""

    part: Part
    services: ServiceSet


class Rows:
    """The rows of a question, by source and destination: ``count`` of them, of which ``unknown``
    are unknown.

    A cell is the number of a mix and the families of the two ends (see ``listing``).
    """

    def __init__(self, relation: Relation, question: Asked, most: int | None = None) -> None:
        """Raises UsageError if there are more than ``most``."""
        self._relation, self._asked = relation, question
        self._grid = Grid(relation, question.sources, question.destinations)
        outside = [is_outside(one) and not question.named for one in question.destinations]
        self._outside = np.array(outside, dtype=np.bool_)
        self._families = np.array([families(one) for one in question.destinations], dtype=np.int32)
        self._alone = {one.id: [j] for j, one in enumerate(question.destinations)}
        self._known: dict[tuple[int, int], ServiceSet] = {}
        self._listed: list[Listed] = []
        self._spans = Spans.of(0)
        self._kept: list[Cells] = []
        self.count = self.unknown = 0
        self._learn(most)

    def __iter__(self) -> Iterator[ConnectionOut]:
        return self.table.objects()

    @property
    def table(self) -> Table[ConnectionOut]:
        """The rows themselves."""
        sources, destinations = self._asked.sources, self._asked.destinations
        return Table(
            [one.id for one in sources],
            [one.id for one in destinations],
            self._kinds,
            self._spans,
            self._kept or map(self._row, range(len(sources))),
        )

    @cached_property
    def document(self) -> ReachReport:
        """All but the rows."""
        ends = [*self._asked.sources, *self._asked.destinations]
        return ReachReport(**head(self._relation, REACH, ends, unknowns(self._ids)), connections=[])

    @cached_property
    def _kinds(self) -> list[ConnectionOut]:
        """A row of each kind, without its ids."""
        ports = {one: one.contract() for one in {services for _, services in self._listed}}
        return [
            ConnectionOut(
                src="",
                dst="",
                verdict=part.verdict,
                extent=part.extent or "",
                ports=ports[services],
                reply=part.reply,
                if_placed=part.if_placed,
                because=ids_of(part.doubts, self._ids),
            )
            for part, services in self._listed
        ]

    @cached_property
    def _ids(self) -> dict[Reason, str]:
        return numbered(one for part, _ in self._listed for one in part.doubts)

    # --- cells --------------------------------------------------------------------------------

    def _learn(self, most: int | None) -> None:
        """Meets every cell, and counts the rows; keeps the cells if they are few."""
        keep = len(self._asked.sources) * len(self._asked.destinations) <= _KEPT
        for cells in map(self._row, range(len(self._asked.sources))):
            self._meet(cells)
            if keep:
                self._kept.append(cells)
            self.count += int(self._spans.size[cells].sum())
            self.unknown += int(self._spans.unknown[cells].sum())
            if most is not None and self.count > most:
                raise UsageError(
                    f"these are more than {most:,} rows, which only --format json and csv write; "
                    "ask for less with --from, --to or --port, or for classes with --grouped"
                )

    def _meet(self, cells: Cells) -> None:
        """Lists the parts of cells that were not met yet."""
        if len(self._spans.size) < len(self._grid.mixes) * CODES:
            self._spans = self._spans.grown(2 * len(self._grid.mixes) * CODES)
        for cell in sorted(set(cells[self._spans.size[cells] < 0].tolist())):
            mine = self._open(cell)
            self._spans.put(cell, len(self._listed), [one.part.verdict for one in mine])
            self._listed += mine

    def _open(self, cell: int) -> list[Listed]:
        """The open parts of a cell, in order."""
        mix, code = divmod(cell, CODES)
        parts = self._relation.parts(self._grid.mixes[mix])
        found = [Listed(one, self._services(one.services, code)) for one in parts if one.open]
        return sorted((one for one in found if one.services), key=lambda one: _order(one.part))

    def _services(self, mask: int, code: int) -> ServiceSet:
        """The services of a mask that are asked for and listed."""
        found = self._known.get((mask, code))
        if found is None:
            asked = self._relation.atoms.services(mask) & self._asked.services
            found = self._known[mask, code] = listed(asked, code)
        return found

    def _row(self, i: int) -> Cells:
        """The cells of one source; none between two ends outside, nor of a thing with itself,
        unless that was asked."""
        source = self._asked.sources[i]
        row = self._grid.row(i)
        if is_outside(source):
            row[self._outside] = 0
        if not self._asked.named and (source.kind != "workload" or len(source.members) == 1):
            row[self._alone.get(source.id, [])] = 0
        cells: Cells = row * CODES + BETWEEN[families(source)][self._families]
        return cells.astype(np.int32, copy=False)


def _order(part: Part) -> tuple[str, ...]:
    return part.verdict, part.extent or "", part.reply or "", part.if_placed or ""
