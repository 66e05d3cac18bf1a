"""The exposure as boxes in four columns, and lines between them, in the units of an SVG."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ringwall.report.escape import printable
from ringwall.report.html.exposure import INTERNET, Reached

_COLUMNS: Final = (0, 236, 506, 806)
_WIDTHS: Final = (150, 190, 220, 220)
_TITLES: Final = ("Internet", "way in", "node, interface or API", "workload")
_HEIGHT: Final = 46
_LANE: Final = 10
"""How much room a line has that passes a column without a box in it."""
_GAP: Final = 12
_TOP: Final = 34
_CHARACTER: Final = 7.3
_SMALL: Final = 5.9
"""How wide a character of a box's first and second line is, at most."""
_KINDS: Final = {"api": "API endpoint"}
_WORKLOADS: Final = ("workload", "pod")


class Box(NamedTuple):
    """A thing: where its box stands, its two lines, and its name in full."""

    x: int
    y: int
    width: int
    height: int
    title: str
    below: str
    full: str
    sure: bool


class Line(NamedTuple):
    """A way from one box to another, around the boxes between them."""

    path: str
    sure: bool


class Heading(NamedTuple):
    """What a column holds."""

    x: int
    text: str


class Drawing(NamedTuple):
    """Everything that is drawn, and the size of the paper."""

    boxes: list[Box]
    lines: list[Line]
    headings: list[Heading]
    height: int
    width: int = _COLUMNS[-1] + _WIDTHS[-1] + 2


class _Thing(NamedTuple):
    """A box before it has a place."""

    key: str
    column: int
    title: str
    below: str
    full: str
    sure: bool


def drawing(reached: Iterable[Reached]) -> Drawing:
    """The picture of what is reached."""
    some = list(reached)
    things = {thing.key: thing for thing in _things(some)}
    ways = _with_lanes(things, _ways(some))
    columns = _ordered(things, ways)
    height = _TOP + max(map(_tall, columns))
    boxes = {key: box for column in columns for key, box in _stacked(column, height)}
    lines = [_line(boxes[a], boxes[b], sure) for (a, b), sure in ways.items()]
    headings = [Heading(x, text) for x, text in zip(_COLUMNS, _TITLES, strict=True)]
    return Drawing([box for box in boxes.values() if box.full], lines, headings, height)


def _things(reached: list[Reached]) -> Iterator[_Thing]:
    yield _Thing(INTERNET, 0, "the Internet", "any public address", INTERNET, True)
    gateways = {_gate(one): one.gateway for one in reached if one.gateway}
    sure = {_gate(one) for one in reached if one.verdict == "allowed"}
    for key, name in sorted(gateways.items()):
        bare = name.rpartition("!")[2]
        kind, _, rest = bare.partition(":")
        title, below = (rest, kind) if rest else (bare, "way in")
        yield _Thing(key, 1, title, below, name, key in sure)
    for one in reached:
        column = 3 if one.kind in _WORKLOADS else 2
        name, _, controller = one.name.rstrip("]").partition("[")
        kind = _KINDS.get(one.kind, controller or one.kind)
        certain = one.verdict == "allowed"
        scope = one.scope if column == 3 or one.kind == "node" else ""
        said = ("" if certain else "unknown", one.ports, kind, scope)
        below = " · ".join(filter(None, said))
        yield _Thing(one.id, column, name.removeprefix(f"{one.kind}/"), below, one.id, certain)


def _gate(one: Reached) -> str:
    """A gateway is one box, an access list one for each API."""
    return f"{one.gateway} of {one.id}" if one.kind == "api" else f"way {one.gateway}"


def _ways(reached: list[Reached]) -> dict[tuple[str, str], bool]:
    """Which boxes are joined, and whether a packet surely goes there."""
    found: dict[tuple[str, str], bool] = {}
    drawn = {one.id: one for one in reached}
    for one in reached:
        sure = one.verdict == "allowed"
        before = [node for node in one.nodes if node in drawn] if sure else []
        gate = _gate(one) if one.gateway else INTERNET
        for start in before or [gate]:
            found[start, one.id] = sure
        if one.gateway and not before:
            found[INTERNET, gate] = found.get((INTERNET, gate), False) or sure
    return found


def _ordered(things: dict[str, _Thing], ways: dict[tuple[str, str], bool]) -> list[list[_Thing]]:
    """The columns from left to right; each in the order of what stands before it."""
    columns: list[list[_Thing]] = []
    place: dict[str, float] = {}
    for number in range(len(_COLUMNS)):
        mine = [thing for thing in things.values() if thing.column == number]
        before = {t.key: [place[a] for a, b in ways if b == t.key and a in place] for t in mine}
        mine.sort(key=lambda t: (_mean(before[t.key]), not t.sure, t.title, t.key))
        place |= {thing.key: (i + 0.5) / len(mine) for i, thing in enumerate(mine)}
        columns.append(mine)
    return columns


def _mean(places: list[float]) -> float:
    return round(sum(places) / len(places), 6) if places else 1.0


def _with_lanes(
    things: dict[str, _Thing], ways: dict[tuple[str, str], bool]
) -> dict[tuple[str, str], bool]:
    """The same from column to column: what skips one passes it in a lane of its own, so that no
    line runs through a box."""
    found: dict[tuple[str, str], bool] = {}
    for (start, end), sure in ways.items():
        before = start
        for column in range(things[start].column + 1, things[end].column):
            lane = f"lane {column} {start} {end}"
            things[lane] = _Thing(lane, column, "", "", "", sure)
            found[before, lane] = sure
            before = lane
        found[before, end] = sure
    return found


def _height(thing: _Thing) -> int:
    return _HEIGHT if thing.full else _LANE


def _tall(column: Iterable[_Thing]) -> int:
    return sum(_height(thing) + _GAP for thing in column)


def _stacked(column: list[_Thing], height: int) -> Iterator[tuple[str, Box]]:
    """The boxes of a column, in the middle of the paper."""
    y = _TOP + (height - _TOP - _tall(column)) // 2
    for thing in column:
        x, width = _COLUMNS[thing.column], _WIDTHS[thing.column]
        title = _cut(thing.title, int((width - 20) / _CHARACTER))
        texts = title, _cut(thing.below, int((width - 20) / _SMALL)), thing.full
        yield thing.key, Box(x, y, width, _height(thing), *texts, thing.sure)
        y += _height(thing) + _GAP


def _cut(text: str, length: int) -> str:
    """As much of a name as fits; its box has it in full."""
    shown = printable(text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def _line(start: Box, end: Box, sure: bool) -> Line:
    """From the right side of one to the left of the other, and on through a lane."""
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x, end.y + end.height // 2
    bend = (x2 - x1) // 2
    through = "" if end.full else f" H{end.x + end.width}"
    return Line(f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}{through}", sure)
