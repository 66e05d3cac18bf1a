"""Gathers what the readers find, and makes one map of facts of it.

Duplicates: the same object read twice is one fact with two origins. Two different versions of
one object give a located warning; the highest ``resourceVersion`` decides, else the greatest
canonical JSON, and the choice is named in ``assumes``.
"""

from collections import defaultdict

import msgspec
from msgspec import Struct

from ringwall.collect.defaults import comparable
from ringwall.facts.fact import Fact, Facts, Gap, Key, Oddity, Origin


class Intake:
    """What has been read so far."""

    def __init__(self) -> None:
        self._found: dict[Key, list[tuple[Struct, Origin]]] = defaultdict(list)
        self._fallbacks: dict[Key, list[tuple[Struct, Origin]]] = defaultdict(list)
        self._gaps: list[Gap] = []
        self._warnings: list[Oddity] = []
        self._assumes: list[str] = []
        self.left_out: dict[str, int] = defaultdict(int)

    def fact(self, key: Key, body: Struct, origin: Origin) -> None:
        """Adds one object."""
        self._found[key].append((body, origin))

    def fallback(self, key: Key, body: Struct, origin: Origin) -> None:
        """Adds an object told in passing by another answer: used only if no answer is its own."""
        self._fallbacks[key].append((body, origin))

    def gap(self, gap: Gap) -> None:
        """Adds something that could not be read."""
        self._gaps.append(gap)

    def warn(self, message: str, origin: Origin) -> None:
        """Adds one odd thing that stopped nothing."""
        self._warnings.append(Oddity(message, origin))

    def assume(self, sentence: str) -> None:
        """Adds something that the answer takes for granted."""
        self._assumes.append(sentence)

    def leave_out(self, kind: str) -> None:
        """Counts an object of a kind that does not concern the network."""
        self.left_out[kind] += 1

    def bodies(self, kind: type[Struct]) -> list[tuple[Key, Struct, Origin]]:
        """Every object of one type so far, in the order of reading."""
        return [
            (key, body, origin)
            for key, versions in self._found.items()
            for body, origin in versions
            if isinstance(body, kind)
        ]

    def facts(self) -> Facts:
        """The map of everything read, duplicates resolved."""
        found = {
            **{k: v for k, v in self._fallbacks.items() if k not in self._found},
            **self._found,
        }
        facts = [self._resolve(key, versions) for key, versions in found.items()]
        return Facts(facts, self._gaps, self._warnings, self._assumes)

    def _resolve(self, key: Key, versions: list[tuple[Struct, Origin]]) -> Fact:
        by_content: dict[bytes, list[tuple[Struct, Origin]]] = defaultdict(list)
        for body, origin in versions:
            by_content[_canonical(comparable(body))].append((body, origin))
        content, best = max(by_content.items(), key=lambda item: (_version(item[1]), item[0]))
        if len(by_content) > 1:
            self._report(key, by_content, content)
        body = max((body for body, _ in best), key=_canonical)
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


def _canonical(body: Struct) -> bytes:
    return msgspec.json.encode(body, order="sorted")


def _version(versions: list[tuple[Struct, Origin]]) -> int:
    """The highest numeric resourceVersion, -1 where none is given."""
    numbers = [-1]
    for body, _ in versions:
        text = getattr(getattr(body, "metadata", None), "resource_version", "")
        if text.isdecimal():
            numbers.append(int(text))
    return max(numbers)
