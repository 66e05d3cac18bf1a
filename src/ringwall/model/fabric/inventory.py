"""The AWS facts, whether there are any, and which lists of them are not whole."""

from collections.abc import Iterator
from typing import Final, TypeVar

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Facts, Gap, Key, Origin

B = TypeVar("B", bound=Struct)

_CUT_SHORT: Final = frozenset({"invalid-object", "further-pages", "call-denied", "call-failed"})
_REFUSED: Final = frozenset({"call-denied", "call-failed"})


class Inventory:
    """What the AWS network is made of, as it was read.

    ``present`` says whether the layer is in scope at all: one AWS object was read, or a call was
    refused. ``incomplete`` names the lists (top-level keys of answers) that may have more.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.gaps: tuple[Gap, ...] = facts.gaps
        self.incomplete = frozenset(
            gap.kind for gap in self.gaps if gap.effect == "fabric" and gap.code in _CUT_SHORT
        )

    @property
    def present(self) -> bool:
        """Whether the AWS layer is in scope."""
        read = (kind for kind in self._facts.types() if kind.__module__ == aws.__name__)
        return any(any(True for _ in self.of(kind)) for kind in read) or any(
            gap.code in _REFUSED for gap in self.gaps
        )

    def of(self, kind: type[B]) -> Iterator[tuple[Key, B]]:
        """Key and body of every fact of a type, in key order."""
        return self._facts.of(kind)

    def origins(self, key: Key) -> tuple[Origin, ...]:
        """Where a fact was read."""
        return self._facts[key].origins

    def whole(self, *lists: str) -> bool:
        """Whether nothing says that one of these lists has more than was read."""
        return self.incomplete.isdisjoint(lists)
