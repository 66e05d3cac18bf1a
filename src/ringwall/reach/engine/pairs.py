"""Pairs of endpoints as they are compared: on both sides, with what their members have there."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.outcomes import Outcomes
from ringwall.reach.engine.relation import Mix, Relation
from ringwall.reach.engine.sides import Both
from ringwall.reach.engine.steps import Step


class Table:
    """What some endpoints of one side have with others. The outcomes of their kins are worked out
    together, when one is first asked for."""

    def __init__(
        self, relation: Relation, sources: Sequence[Endpoint], destinations: Sequence[Endpoint]
    ) -> None:
        self.relation = relation
        self._sources, self._destinations = sources, destinations
        self._grid = Grid(relation, sources, destinations)

    def row(self, i: int) -> NDArray[np.int64]:
        """The numbers of the mixes of one source with every destination."""
        return self._grid.row(i).astype(np.int64)

    def mix(self, number: int) -> Mix:
        """A mix by its number."""
        return self._grid.mixes[number]

    def ends(self, i: int, j: int, number: int) -> "Ends":
        """One source and one destination, and their mix by its number."""
        return Ends(self, self._sources[i], self._destinations[j], self.mix(number))

    def one(self, kin: int, other: int, together: bool) -> int:
        """The number of what members of two kins have with each other."""
        return self._outcomes.one(kin, other, together)

    @cached_property
    def _outcomes(self) -> Outcomes:
        rows, columns = (
            sorted({kin for one in some for kin in self.relation.crowds(one)})
            for some in (self._sources, self._destinations)
        )
        return Outcomes(self.relation, rows, columns)


class Ends(NamedTuple):
    """A pair of endpoints on one side, and its outcomes."""

    table: Table
    src: Endpoint
    dst: Endpoint
    mix: Mix


class Differing(NamedTuple):
    """A pair of ids, and how its services go from one answer to another."""

    src: Both
    dst: Both
    old: Ends
    new: Ends
    steps: Sequence[Step]
