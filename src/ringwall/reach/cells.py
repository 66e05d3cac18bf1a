"""A question about sets, asked once in every cell.

The definition judges one packet. A question about a block of addresses or a range of ports is
asked with the lowest member of the set; the boundaries that its comparisons looked at tell how far
the answer holds, and the rest of the set is asked again in the same way. Nothing is sampled: every
packet of the question lies in exactly one cell, and all packets of a cell took the same steps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ringwall.reach.definition.packet import Address, Axis, Number, Service
from ringwall.reach.definition.path import Path
from ringwall.reach.definition.truth import Truth, some
from ringwall.reach.ids import Services, Span


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a question: spans of addresses (None where an end is one thing), and services."""

    src: Span | None
    dst: Span | None
    services: Services

    def range(self, axis: str) -> tuple[int, int]:
        """First and last along ``src``, ``dst``, ``protocols`` or ``ports``."""
        if axis in ("src", "dst"):
            span: Span | None = getattr(self, axis)
            return (span.low, span.high) if span else (0, 0)
        return self.services.protocols if axis == "protocols" else self.services.ports

    def with_range(self, axis: str, low: int, high: int) -> "Box":
        """The same box with another range along one axis."""
        if axis == "src":
            return replace(self, src=self.src and replace(self.src, low=low, high=high))
        if axis == "dst":
            return replace(self, dst=self.dst and replace(self.dst, low=low, high=high))
        if axis == "protocols":
            return replace(self, services=replace(self.services, protocols=(low, high)))
        return replace(self, services=replace(self.services, ports=(low, high)))


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a question in which one answer holds, and the ways of its packets."""

    box: Box
    paths: tuple[Path, ...]

    @property
    def truth(self) -> Truth:
        """One sure way allows it."""
        return some(path.truth for path in self.paths)


Judge = Callable[[Address | None, Address | None, Service], list[Path]]


def cells(box: Box, judge: Judge) -> Iterator[Cell]:
    """Every cell of a box, in order."""
    todo = [box]
    while todo:
        part = todo.pop()
        cell, rest = _split(part, judge)
        yield cell
        todo.extend(reversed(rest))


def _split(box: Box, judge: Judge) -> tuple[Cell, list[Box]]:
    """Judges a box's lowest packet; the cell around it, and what is left of the box."""
    axes = [Axis() for _ in range(4)]
    src = _lowest(box.src, axes[0])
    dst = _lowest(box.dst, axes[1])
    protocol = _number(box.services.protocols, axes[2])
    port = _number(box.services.ports, axes[3])
    found = judge(src, dst, Service(protocol, port))
    rest = []
    for axis, name in zip(axes, ("src", "dst", "protocols", "ports"), strict=True):
        low, high = box.range(name)
        end = min((cut for cut in axis.cuts if low < cut <= high), default=high + 1)
        if end <= high:
            rest.append(box.with_range(name, end, high))
            box = box.with_range(name, low, end - 1)
    return Cell(box, tuple(found)), rest


def _lowest(span: Span | None, axis: Axis) -> Address | None:
    if span is None:
        return None
    return Address(span.family, span.low, axis if span.high > span.low else None)


def _number(numbers: tuple[int, int], axis: Axis) -> Number:
    low, high = numbers
    return Number(low, axis if high > low else None)
