"""Three-valued answers with reasons: yes, no, or unknown because of something named."""

from collections.abc import Iterable

from msgspec import Struct


class Reason(Struct, frozen=True, order=True):
    """Why an answer is unknown: a code, the object, and what would settle it."""

    code: str
    object: str
    needs: str


class Truth(Struct, frozen=True):
    """``value`` is True, False or None (unknown); only an unknown has reasons."""

    value: bool | None
    because: frozenset[Reason] = frozenset()

    def __invert__(self) -> "Truth":
        return self if self.value is None else Truth(not self.value)


YES = Truth(True)
NO = Truth(False)


def unknown(code: str, object_: str, needs: str) -> Truth:
    """An unknown with one reason."""
    return Truth(None, frozenset((Reason(code, object_, needs),)))


def known(value: bool) -> Truth:
    """A sure answer."""
    return YES if value else NO


def every(truths: Iterable[Truth]) -> Truth:
    """All of them: one sure no decides, then one unknown (strong Kleene conjunction)."""
    found = list(truths)
    if any(truth.value is False for truth in found):
        return NO
    return _unless_unknown(found, YES)


def some(truths: Iterable[Truth]) -> Truth:
    """At least one of them: one sure yes decides, then one unknown."""
    found = list(truths)
    if any(truth.value is True for truth in found):
        return YES
    return _unless_unknown(found, NO)


def _unless_unknown(truths: list[Truth], otherwise: Truth) -> Truth:
    because = frozenset[Reason]().union(*(truth.because for truth in truths))
    return Truth(None, because) if any(t.value is None for t in truths) else otherwise
