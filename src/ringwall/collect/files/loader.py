"""YAML as Kubernetes reads it, within bounds.

Text is composed into nodes by libyaml and made into values here, each node once; keys become text,
as they do in JSON. Bounded are how deeply a document nests, how many values it has, and how many
more its aliases make of them: libyaml itself has no bound and would run out of stack or memory.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ringwall.collect.files.scalars import BARE, FOREIGN, TAG, plain, tagged

DEEPEST: Final = 200
"""How deeply a document may nest."""
MOST_VALUES: Final = 10_000_000
"""How many values (texts, numbers, lists, mappings) one YAML document may have as it is written;
each takes some 300 bytes until the document is read."""
MOST_ALIASED: Final = 1_000_000
"""How many values more than are written the aliases of a document may make of it."""

TWICE: Final = "`{}` stands twice in one object, of which the last counts; keep one"
"""What is said of a key that stands twice: strict decoding refuses it."""
_BARE: Final = "`{}` without quotes is a boolean to Kubernetes and read as text here; quote it"

_NO_CHARACTER: Final = "found invalid Unicode character escape code"
_HALF: Final = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F]")  # libyaml refuses it by itself

# What may be an anchor, and what an alias.
_ANCHOR: Final = re.compile(r"&[0-9A-Za-z_-]")
_ALIAS: Final = re.compile(r"\*[0-9A-Za-z_-]")

# What stands for a tag where none is written.
_PLAIN: Final = "plain"
_QUOTED: Final = f"{TAG}str"
_MAPPING: Final = f"{TAG}map"
_SEQUENCE: Final = f"{TAG}seq"
_DEEP: Final = f"it nests too deeply (more than {DEEPEST} levels)"


class BadYamlError(ValueError):
    """A document that is not YAML, or that leads beyond the bounds; ``line`` counts from 0 and is
    -1 where it is not known."""

    def __init__(self, problem: str, line: int = -1) -> None:
        super().__init__(problem)
        self.line = line


class Oddity(NamedTuple):
    """Something that others read otherwise or not at all; ``line`` counts from 0, ``text`` is what
    the message quotes."""

    message: str
    line: int
    text: str


class Parsed(NamedTuple):
    """One document: as it was written, what it means, and what is odd in it."""

    node: Node
    value: Any
    odd: list[Oddity]


def documents(text: str) -> Iterator[Parsed]:
    """Every document of a text. Raises BadYamlError; what stands before the error has been given
    by then."""
    aliases = _may_have_aliases(text)
    try:
        loader: Any = _Loader(text)
        while loader.check_node():
            loader.nodes = 0
            yield _parsed(loader.get_node(), loader.nodes if aliases else 0)
    except (yaml.YAMLError, RecursionError) as error:
        raise _bad(error, text) from None


def single(text: str, *, as_text: bool = False) -> Parsed | None:
    """The one document of a text, None where there is none; ``as_text``: numbers and booleans stay
    the text that is written. Raises BadYamlError."""
    try:
        loader: Any = _Loader(text)
        node = loader.get_single_node()
        written = loader.nodes if _may_have_aliases(text) else 0
        return None if node is None else _parsed(node, written, as_text=as_text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _bad(error, text) from None


def _may_have_aliases(text: str) -> bool:
    return bool(_ALIAS.search(text) and _ANCHOR.search(text))


# --- text → nodes --------------------------------------------------------------------------------

_Composer: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # without libyaml the slow one


class _Loader(_Composer):  # type: ignore[misc]
    """A composer that counts as it goes; what a plain scalar means is seen to later."""

    depth = 0
    nodes = 0

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if _Composer is yaml.BaseLoader and (found := _HALF.search(text)):
            raise BadYamlError(_NO_CHARACTER, text.count("\n", 0, found.start()))

    def descend_resolver(self, _parent: object, _index: object) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError(_DEEP)
        if self.nodes > MOST_VALUES:
            give = "give it as JSON, or in several documents"
            raise yaml.YAMLError(f"it has more than {MOST_VALUES:,} values; {give}")

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type[Node], _value: object, implicit: Any) -> str:
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return _MAPPING if kind is MappingNode else _SEQUENCE


def _bad(error: Exception, text: str) -> BadYamlError:
    if isinstance(error, RecursionError):
        return BadYamlError(_DEEP)
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode().count(b"\n", 0, error.position)
        return BadYamlError("it holds characters that no YAML may hold", line)
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if isinstance(error, yaml.composer.ComposerError):
        problem = problem.partition("'")[0].partition('"')[0].rstrip(" :")  # it may be a password
    if mark is None:
        return BadYamlError(problem)
    if problem == "second occurrence":
        problem = "an anchor stands twice"
    if problem == "but found another document":
        problem = "it holds a second document"
    lines = text.split("\n", mark.line + 1)
    written = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        problem = "a tab stands where only spaces may; indent with spaces"
    return BadYamlError(problem, mark.line)


# --- nodes → values ------------------------------------------------------------------------------


def _parsed(node: Node, written: int, *, as_text: bool = False) -> Parsed:
    """``written``: how many values were written, where there may be aliases; else 0."""
    if written:
        _check_aliases(node, written)
    maker = _Maker(as_text=as_text)
    return Parsed(node, maker.value(node), maker.odd)


class _Maker:
    """Makes values of nodes."""

    def __init__(self, *, as_text: bool) -> None:
        self.odd: list[Oddity] = []
        self._as_text = as_text
        self._plain, self._bare = (_as_written, frozenset[str]()) if as_text else (plain, BARE)

    def value(self, node: Node) -> Any:
        """What a node means. Raises BadYamlError."""
        tag = node.tag
        if tag is _QUOTED:  # a tag that is written is never the same object
            return node.value
        if tag is _PLAIN:
            if node.value in self._bare:
                self._say(_BARE, node.value, node)
            return self._plain(node.value)
        kind = type(node)
        if kind is ScalarNode:
            return self._tagged(node)
        if tag not in (_SEQUENCE, _MAPPING):
            raise BadYamlError(FOREIGN, node.start_mark.line)
        if kind is SequenceNode:
            return [self.value(part) for part in node.value]
        return self._mapping(node)

    def _tagged(self, node: Node) -> Any:
        value = _tagged(node)
        return self._plain(node.value) if self._as_text and not isinstance(value, str) else value

    def _say(self, message: str, text: str, node: Node) -> None:
        self.odd.append(Oddity(message.format(text), node.start_mark.line, text))

    def _mapping(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own: set[str] = set()  # what is written here, and not only merged
        for key_node, value_node in node.value:
            if key_node.tag is _QUOTED:
                key = key_node.value
            elif key_node.tag is _PLAIN and key_node.value == "<<":
                merged = self._merged(value_node)
                for key in filter(own.__contains__, merged):
                    self._say(TWICE, key, key_node)
                found.update(merged)
                continue
            else:
                key = self._key(key_node)
                if key in self._bare:
                    self._say(_BARE, key, key_node)
            if key in own:
                self._say(TWICE, key, key_node)
            own.add(key)
            found[key] = self.value(value_node)
        return found

    def _key(self, node: Node) -> str:
        """A key as text: that is how Kubernetes writes numbers and booleans. Raises
        BadYamlError."""
        value = self._plain(node.value) if node.tag is _PLAIN else None
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if type(node) is ScalarNode and node.tag is not _PLAIN:
            value = self._tagged(node)
        if value is None or type(node) is not ScalarNode:
            raise BadYamlError("a key is no text", node.start_mark.line)
        return str(value) if isinstance(value, int) else str(node.value)

    def _merged(self, node: Node) -> dict[str, Any]:
        """What ``<<`` brings: of several mappings the first that has a key counts.

        For Kubernetes' reader it is a place like any other, so that it goes before the keys above.
        """
        merged: dict[str, Any] = {}
        for one in reversed(node.value) if type(node) is SequenceNode else [node]:
            if type(one) is not MappingNode:
                raise BadYamlError("`<<` merges what is no mapping", one.start_mark.line)
            merged.update(self._mapping(one))
        return merged


def _as_written(text: str) -> str | None:
    return None if plain(text) is None else text


def _tagged(node: Node) -> Any:
    try:
        return tagged(node.tag, node.value)
    except ValueError as error:
        raise BadYamlError(str(error), node.start_mark.line) from None


# --- aliases -------------------------------------------------------------------------------------


def _check_aliases(root: Node, written: int) -> None:
    """Raises BadYamlError where following the aliases would have no end, or lead too far."""
    sizes: dict[int, tuple[int, int]] = {}  # node → values and levels in it, all aliases followed
    above: set[int] = set()
    line = root.start_mark.line

    def visit(node: Node) -> tuple[int, int]:
        if type(node) is ScalarNode:
            return 1, 1
        if id(node) in above:
            raise BadYamlError("an anchor makes a part of this document hold itself", line)
        if id(node) not in sizes:
            above.add(id(node))
            found = [visit(part) for part in _parts(node)]
            above.discard(id(node))
            size = 1 + sum(size for size, _ in found)
            sizes[id(node)] = size, 1 + max((depth for _, depth in found), default=0)
        return sizes[id(node)]

    size, depth = visit(root)
    if size - written > MOST_ALIASED:
        more = f"its aliases make more than {MOST_ALIASED:,} further values of it"
        raise BadYamlError(f"{more}; write out what they stand for", line)
    if depth > DEEPEST:
        raise BadYamlError(_DEEP, line)


def _parts(node: Node) -> Iterator[Node]:
    for part in node.value:
        if type(part) is tuple:
            yield from part
        else:
            yield part
