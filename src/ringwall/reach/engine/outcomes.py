"""Tables of outcomes between kins, on one node and apart."""

import numpy as np
from numpy.typing import NDArray

from ringwall.reach.engine.placement import APART, TOGETHER
from ringwall.reach.engine.relation import Relation


class Outcomes:
    """Numbers of outcomes for kins of the sources (rows) and of the destinations (columns)."""

    def __init__(self, relation: Relation, rows: list[int], columns: list[int]) -> None:
        self._row = {kin: i for i, kin in enumerate(rows)}
        self._column = np.zeros(max(columns, default=-1) + 1, dtype=np.int64)
        self._column[columns] = np.arange(len(columns))
        self._apart = relation.table(rows, columns, APART)
        self._together = self._apart.copy()
        by_cluster: dict[str, tuple[list[int], list[int]]] = {}
        for side, kins in enumerate((rows, columns)):
            for kin in kins:
                home = relation.kins[kin].home
                if home.cluster is not None:
                    by_cluster.setdefault(home.cluster, ([], []))[side].append(kin)
        for mine, theirs in by_cluster.values():
            self._meet(relation, mine, theirs)

    def _meet(self, relation: Relation, rows: list[int], columns: list[int]) -> None:
        """What is where two can stand on one node, of one cluster."""
        if relation.engine.model.fabric.present:
            self._fill(relation, rows, columns)
            return
        self._fill(relation, [kin for kin in rows if relation.kins[kin].home.host], columns)
        self._fill(relation, rows, [kin for kin in columns if relation.kins[kin].home.host])

    def _fill(self, relation: Relation, rows: list[int], columns: list[int]) -> None:
        if rows and columns:
            places = np.array([self._row[kin] for kin in rows], dtype=np.int64)
            table = relation.table(rows, columns, TOGETHER)
            self._together[np.ix_(places, self._column[columns])] = table

    def of(self, kin: int, columns: NDArray[np.int32], together: bool) -> NDArray[np.int64]:
        """The outcomes of a kin with other kins."""
        table = self._together if together else self._apart
        found: NDArray[np.int64] = table[self._row[kin]][self._column[columns]]
        return found

    def one(self, kin: int, other: int, together: bool) -> int:
        """The outcome of two kins."""
        table = self._together if together else self._apart
        return int(table[self._row[kin], self._column[other]])
