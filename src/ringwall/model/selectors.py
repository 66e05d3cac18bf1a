"""Label selectors: three-valued matching, and an index that selects among many at once.

Source: ``staging/src/k8s.io/apimachinery/pkg/labels/selector.go``, Requirement.Matches. A label
is *open* where it exists with a value that is made up later: whether a value matches is unknown.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

from ringwall.facts.k8s import LabelSelector

NO: Final = 0
PERHAPS: Final = 1
SURELY: Final = 2


class Open(Enum):
    """Stands for the value of an open label."""

    OPEN = "open"


OPEN = Open.OPEN

Value: TypeAlias = str | Literal[Open.OPEN] | None
"""A label's value; ``None`` where the label does not exist."""


class Need(NamedTuple):
    """One requirement; ``operator`` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...]


Needs: TypeAlias = tuple[Need, ...]
"""A selector: all of its requirements, in canonical order. None at all selects everything."""


def needs(selector: LabelSelector | None) -> Needs:
    """A selector as requirements; equal selectors are equal, however they are written."""
    if selector is None:
        return ()
    found = [Need(key, "In", (value,)) for key, value in (selector.match_labels or {}).items()]
    found += [
        Need(one.key, one.operator, tuple(sorted(set(one.values or ()))))
        for one in selector.match_expressions or ()
    ]
    return tuple(sorted(set(found))) if len(found) > 1 else tuple(found)


def match(
    wanted: Needs, labels: Mapping[str, str], open_labels: AbstractSet[str] = frozenset()
) -> int:
    """NO, PERHAPS or SURELY: whether an object with these labels is selected."""
    found = SURELY
    for need in wanted:
        value: Value = OPEN if need.key in open_labels else labels.get(need.key)
        found = min(found, _holds(need, value))
        if found == NO:
            break
    return found


def _holds(need: Need, value: Value) -> int:
    """``NotIn`` holds where the key is missing, as does ``DoesNotExist``."""
    if need.operator == "Exists":
        return SURELY if value is not None else NO
    if need.operator == "DoesNotExist":
        return SURELY if value is None else NO
    if value is OPEN:
        return PERHAPS
    return SURELY if (value in need.values) == (need.operator == "In") else NO


class Selection(NamedTuple):
    """Numbers of the rows that are surely, and at least perhaps, selected."""

    sure: AbstractSet[int]
    may: AbstractSet[int]


class LabelIndex:
    """Rows of label values, by value.

    A row holds the values of ``keys``, in their order; ``select`` understands requirements on
    these keys only.
    """

    def __init__(self, keys: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        self.all: frozenset[int] = frozenset(range(len(rows)))
        self._by_value: dict[str, dict[Value, set[int]]] = {}
        for column, key in enumerate(keys):
            values: dict[Value, set[int]] = {}
            for number, row in enumerate(rows):
                values.setdefault(row[column], set()).add(number)
            self._by_value[key] = values

    def select(self, wanted: Needs) -> Selection:
        """The rows that a selector selects. Raises KeyError on a key that is not indexed."""
        if not wanted:
            return Selection(self.all, self.all)
        sure, may = self._one(wanted[0])
        for need in wanted[1:]:
            if not may:
                break
            more = self._one(need)
            sure, may = sure & more.sure, may & more.may
        return Selection(sure, may)

    def _one(self, need: Need) -> Selection:
        values = self._by_value[need.key]
        if need.operator == "Exists":
            return _certain(self.all - values.get(None, _EMPTY))
        if need.operator == "DoesNotExist":
            return _certain(values.get(None, _EMPTY))
        listed = self._listed(values, need.values)
        open_ = values.get(OPEN, _EMPTY)
        if need.operator == "In":
            return Selection(listed, listed | open_) if open_ else _certain(listed)
        others = self.all - listed
        return Selection(others - open_, others) if open_ else _certain(others)

    def _listed(
        self, values: Mapping[Value, set[int]], wanted: tuple[str, ...]
    ) -> AbstractSet[int]:
        if len(wanted) == 1:
            return values.get(wanted[0], _EMPTY)
        return frozenset().union(*(values.get(value, _EMPTY) for value in wanted))


_EMPTY: Final[AbstractSet[int]] = frozenset()


def _certain(rows: AbstractSet[int]) -> Selection:
    return Selection(rows, rows)
