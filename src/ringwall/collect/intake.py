"""Gathers what the readers find, and makes one map of facts of it.

Duplicates: the same object read twice is one fact with two origins. Two different versions of
one object give a located warning; the highest ``resourceVersion`` decides, else the greatest
canonical JSON, and the choice is named in ``assumes``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ringwall.collect.defaults import comparable
from ringwall.collect.files.lines import Lines
from ringwall.facts.fact import Fact, Facts, Gap, Key, Oddity, Origin
from ringwall.facts.snapshot import FACT, Making, Snapshot, Told, canonical, left_out

B = TypeVar("B", bound=Struct)

MOST_TOLD: Final = 100
"""Of how many bad or odd things of one text each is told by itself."""


class Piece(NamedTuple):
    """A part of what several answers tell together (see :data:`ringwall.facts.snapshot.ROLES`)."""

    key: Key
    body: Struct | None
    origin: Origin
    mark: str


class Intake:
    """What has been read so far.

    ``cluster`` is that of Kubernetes objects whose place states none. ``lines`` are those of the
    YAML document that is being read, none where its lines mean nothing.
    """

    def __init__(self, cluster: str = "") -> None:
        self.cluster = cluster
        self.lines: Lines | None = None
        self.left_out: dict[str, int] = defaultdict(int)
        self._found: dict[Key, list[tuple[Struct, Origin]]] = defaultdict(list)
        self._fallbacks: dict[Key, list[tuple[Struct, Origin]]] = defaultdict(list)
        self._pieces: dict[str, list[Piece]] = defaultdict(list)
        self._gaps: list[Gap] = []
        self._warnings: list[Oddity] = []
        self._assumes: list[str] = []
        self._made: list[Making] = []

    def fact(self, key: Key, body: Struct, origin: Origin) -> None:
        """Adds one object."""
        self._found[key].append((body, self._located(body, origin)))

    def fallback(self, key: Key, body: Struct, origin: Origin) -> None:
        """Adds an object told in passing by another answer: used only if no answer is its own."""
        self._fallbacks[key].append((body, origin))

    def piece(
        self, role: str, key: Key, body: Struct | None, origin: Origin, mark: str = ""
    ) -> None:
        """Adds something that waits for other answers before it is a fact."""
        located = origin if body is None else self._located(body, origin)
        self._pieces[role].append(Piece(key, body, located, mark))

    def gap(self, gap: Gap) -> None:
        """Adds something that could not be read."""
        needs = one_line(gap.needs)
        self._gaps.append(gap if needs == gap.needs else replace(gap, needs=needs))

    def warn(self, message: str, origin: Origin) -> None:
        """Adds one odd thing that stopped nothing."""
        if self.lines and origin.pointer:
            origin = replace(origin, line=self.lines.line_of(origin.pointer))
        self._warnings.append(Oddity(one_line(message), origin))

    def warn_all(self, told: Iterable[tuple[str, Origin]]) -> None:
        """Adds what is odd in one document; of very many such things, how many more there are."""
        number = 0
        for message, origin in told:
            number += 1
            if number <= MOST_TOLD:
                self.warn(message, origin)
        if number > MOST_TOLD:
            self.warn(f"{number - MOST_TOLD} more things are odd like this; correct them", origin)

    def assume(self, sentence: str) -> None:
        """Adds something that the answer takes for granted."""
        self._assumes.append(sentence)

    def leave_out(self, kind: str) -> None:
        """Counts an object of a kind that does not concern the network."""
        self.left_out[kind] += 1

    def made(self, readings: Iterable[Making]) -> None:
        """Adds the readings that a snapshot is from."""
        self._made += readings

    def bodies(self, kind: type[B]) -> list[tuple[Key, B, Origin]]:
        """Every object of one type so far, in the order of reading."""
        return [
            (key, body, origin)
            for key, versions in self._found.items()
            for body, origin in versions
            if isinstance(body, kind)
        ]

    def pieces(self, role: str) -> list[Piece]:
        """Everything of one role so far, in the order of reading."""
        return self._pieces[role]

    def parts(self, role: str, kind: type[B]) -> Iterator[tuple[Key, B, Origin]]:
        """The same of a role whose bodies are of one type."""
        for key, body, origin, _ in self._pieces[role]:
            if isinstance(body, kind):
                yield key, body, origin

    def said(self) -> Snapshot:
        """What was read, as a snapshot keeps it; to be taken before what all of it together tells
        is added. What this reading itself left out is not in it (see :attr:`left_out`)."""
        told = [
            Told(key, body, origin, FACT)
            for key, versions in self._found.items()
            for body, origin in versions
        ]
        for role, pieces in self._pieces.items():
            told += [Told(one.key, one.body, one.origin, role, one.mark) for one in pieces]
        return Snapshot(tuple(told), tuple(self._gaps), tuple(self._warnings), tuple(self._made))

    def counts(self) -> dict[str, int]:
        """How many objects were left out, by kind, here and where snapshots were made."""
        found = left_out(self._made)
        for kind, number in self.left_out.items():
            found[kind] = found.get(kind, 0) + number
        return dict(sorted(found.items()))

    def _located(self, body: Struct, origin: Origin) -> Origin:
        """An origin with the lines of the parts that answers may name."""
        parts = self.lines.parts(body, origin) if self.lines and origin.line else ()
        return replace(origin, parts=parts) if parts else origin

    def decide(self) -> None:
        """Leaves of each object that was read in several versions the one that is used: which one
        that is may hang on words that are going to change."""
        for key, versions in self._found.items():
            if len(versions) > 1:
                fact = self._resolve(key, versions)
                self._found[key] = [(fact.body, origin) for origin in fact.origins]

    def facts(self) -> Facts:
        """The map of everything read, duplicates resolved."""
        found = {
            **{k: v for k, v in self._fallbacks.items() if k not in self._found},
            **self._found,
        }
        facts = [self._resolve(key, versions) for key, versions in found.items()]
        return Facts(facts, self._gaps, self._warnings, self._assumes)

    def _resolve(self, key: Key, versions: list[tuple[Struct, Origin]]) -> Fact:
        if len(versions) == 1:
            ((only, origin),) = versions
            return Fact(key, only, (origin,))
        by_content: dict[bytes, list[tuple[Struct, Origin]]] = defaultdict(list)
        for body, origin in versions:
            by_content[canonical(comparable(body))].append((body, origin))
        content, best = max(by_content.items(), key=lambda item: (_version(item[1]), item[0]))
        if len(by_content) > 1:
            self._report(key, by_content, content)
        body = max((body for body, _ in best), key=canonical)
        return Fact(key, body, tuple(sorted({origin for _, origin in best})))

    def _report(
        self, key: Key, by_content: dict[bytes, list[tuple[Struct, Origin]]], chosen: bytes
    ) -> None:
        kept = min(origin for _, origin in by_content[chosen])
        others = sorted(
            origin
            for content, found in by_content.items()
            if content != chosen
            for _, origin in found
        )
        for origin in others:
            self.warn(f"`{key}` differs from the one in {kept}, which is used", origin)
        self.assume(f"`{key}` is read in {len(by_content)} versions, the one in {kept} is used")


_LONGEST: Final = 1000
_LONGEST_VERSION: Final = 20  # digits of a number of 64 bits


def one_line(text: str) -> str:
    """A sentence as one printable line, whatever it quotes, and no longer than one can read."""
    text = _shortened(text)
    if text.isprintable():
        return text
    return _shortened("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))


def _shortened(text: str) -> str:
    """The start and the end of a long text: they say where and what to do."""
    half = _LONGEST // 2
    return f"{text[:half]} … {text[-half:]}" if len(text) > _LONGEST else text


def _version(versions: list[tuple[Struct, Origin]]) -> int:
    """The highest numeric resourceVersion, -1 where none is given."""
    numbers = [-1]
    for body, _ in versions:
        text = getattr(getattr(body, "metadata", None), "resource_version", "")
        if text.isdecimal() and len(text) <= _LONGEST_VERSION:
            numbers.append(int(text))
    return max(numbers)
