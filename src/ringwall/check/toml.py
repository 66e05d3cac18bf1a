"""Files that people write for us in TOML: read, held to a type, and told wrong in one sentence with
file, line and path."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, inspect

from ringwall.errors import ConfigError

T = TypeVar("T", bound=Struct)

_TEXTS: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_TABLE: Final = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*")
_KEY: Final = re.compile(r"\s*([\w.-]+)\s*=")
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_PATH: Final = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")
_UNKNOWN: Final = re.compile(r"object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"object missing required field `(.*)`")
_CHOICE: Final = re.compile(r"matching regex '\^\((.*)\)\$'")
_BOUND: Final = re.compile(r"expected `int` (>=|<=) (\d+)")
_TYPES: Final = re.compile(r"expected `(\w+)`, got `(\w+)`")
_KINDS: Final = {
    "array": "a list in [ ]",
    "object": "a table",
    "str": "a text in quotes",
    "int": "a number",
    "float": "a number with a point",
    "bool": "true or false",
    "datetime": "a time",
}
_STEP: Final = re.compile(r"(?:\.[^.\[]*|\[[^\[\]]*\])$")


@dataclass(frozen=True)
class Source:
    """A file's name, and on which line each of its tables and keys stands."""

    name: str
    lines: dict[str, int] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """``ringwall.toml:12``: where a path, or the nearest thing around it, is written."""
        line = self._line(path)
        return f"{self.name}:{line}" if line else self.name

    def states(self, path: str) -> bool:
        """Whether a path is written there."""
        return path in self.lines

    def error(self, path: str, problem: str) -> ConfigError:
        """What is wrong at a path, as an error."""
        where = f" - at `$.{path}`" if path else ""
        return ConfigError(f"{self.place(path)}: {problem}{where}")

    def _line(self, path: str) -> int:
        while path and path not in self.lines:
            shorter = _STEP.sub("", path)
            path = "" if shorter == path else shorter
        return self.lines.get(path, 0)


def load(path: Path, type_: type[T]) -> tuple[T, Source]:
    """Reads a file as a type. Raises ConfigError with file and place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    return parse(text, str(path), type_)


def parse(text: str, name: str, type_: type[T]) -> tuple[T, Source]:
    """Reads a text as a type. Raises ConfigError with file and place."""
    content = _content(text, name)
    source = Source(name, dict(_lines(text)))
    try:
        return msgspec.convert(content, type_), source
    except msgspec.ValidationError as error:
        raise _sentence(str(error), source, type_) from None


def _content(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        problem = str(error)[: found.start()] if found else str(error)
        line = f":{found[1]}" if found and found[1] else ""
        raise ConfigError(f"{name}{line}: not valid TOML: {_lower(problem)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: not valid TOML: it nests too deeply") from None
    except ValueError as error:  # a number with too many digits
        raise ConfigError(f"{name}: not valid TOML: {_lower(str(error))}") from None


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Path → line of every table and key that stands at the beginning of a line."""
    counts: Counter[str] = Counter()
    table, depth = "", 0
    for number, line in enumerate(_TEXTS.sub(_blank, text).split("\n"), 1):
        if depth == 0 and (found := _TABLE.fullmatch(line)):
            table = _opened(found[2], counts, array=found[1] == "[[")
            yield table, number
            continue
        if depth == 0 and (found := _KEY.match(line)):
            yield f"{table}.{found[1]}" if table else found[1], number
        depth += sum(line.count(one) for one in "[{") - sum(line.count(one) for one in "]}")


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _opened(name: str, counts: Counter[str], *, array: bool) -> str:
    """The path of a table: ``waiver[2]``, and ``waiver[2].labels`` for one inside it."""
    if array:
        counts[name] += 1
    parts: list[str] = []
    for part in name.split("."):
        parts.append(part)
        if number := counts[".".join(parts)]:
            parts[-1] = f"{part}[{number - 1}]"
    return ".".join(parts)


def _sentence(text: str, source: Source, type_: type[Struct]) -> ConfigError:
    found = _PATH.search(text)
    path = found[1] if found else ""
    problem = _lower(text[: found.start()] if found else text)
    if unknown := _UNKNOWN.fullmatch(problem):
        known = _fields(type_, path)
        path = f"{path}.{unknown[1]}".lstrip(".")
        problem = f"`{unknown[1]}` is no setting{_hint(unknown[1], known, '; there are ')}"
    elif missing := _MISSING.fullmatch(problem):
        problem = f"`{missing[1]}` is missing"
    elif problem == "expected `array`, got `object`" and re.fullmatch(r"\w+", path):
        problem = f"write `[[{path}]]`, for there may be several"
    else:
        problem = _in_words(problem)
    return source.error(path, problem)


def _in_words(problem: str) -> str:
    """What a type says of a value, in the words of TOML."""
    if choice := _CHOICE.search(problem):
        return f"write {_listed([one for one in choice[1].split('|') if one])}"
    if problem.startswith("invalid RFC3339") or "`date`" in problem:
        return "write a day, without a time or quotes: 2030-06-30"
    if bound := _BOUND.fullmatch(problem):
        return f"write a number that is {bound[1]} {bound[2]}"
    found = _TYPES.fullmatch(problem)
    kinds = [_KINDS.get(one, one) for one in found.groups()] if found else []
    return f"write {kinds[0]}, not {kinds[1]}" if found else problem


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _fields(type_: type[Struct], path: str) -> list[str]:
    """The settings that there are at a path."""
    found: Any = inspect.type_info(type_)
    for step in re.findall(r"[^.\[\]]+|\[\d*\]", path):
        if isinstance(found, inspect.StructType) and not step.startswith("["):
            found = next(f.type for f in found.fields if f.encode_name == step)
        elif isinstance(found, inspect.VarTupleType):
            found = found.item_type
    return [f.encode_name for f in found.fields] if isinstance(found, inspect.StructType) else []


def near(text: str, known: Collection[str], otherwise: str = "") -> str:
    """The end of a sentence about an unknown word: the known one that is meant, else how to find
    it."""
    found = get_close_matches(text, known, 1)
    return f"; did you mean `{found[0]}`?" if found else otherwise


def _hint(text: str, known: list[str], lead: str) -> str:
    return near(text, known, lead + ", ".join(known) if known else "")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- writing ----------------------------------------------------------------------------------


def value_text(value: Any) -> str:
    """A value as TOML writes it: texts, numbers, dates, booleans, lists and inline tables."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_quoted(key)} = {value_text(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def _quoted(text: str) -> str:
    """A basic string; what does not print as itself is written as an escape."""
    return f'"{"".join(map(_character, text))}"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    code = ord(one)
    if 0xD800 <= code <= 0xDFFF:  # half of a pair, from a name that is not UTF-8
        return "\\uFFFD"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
