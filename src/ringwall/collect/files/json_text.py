"""JSON as Kubernetes and AWS write it, within bounds, and the keys that an object holds twice.

What a parser may refuse although the grammar allows it (half of a surrogate pair, a number beyond
any float) costs only the object that uses it, never the file.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from ringwall.collect.files.encoding import BadTextError, decoded

MOST_VALUES: Final = 50_000_000
"""How many values (texts, numbers, lists, objects) one file may have; each takes some 60 bytes
while the file is read. The pods of a cluster of 100,000 are some 25 million."""
_LARGE: Final = 1 << 24  # bytes below which a file cannot have so many

_BYTE: Final = re.compile(r"\(byte (\d+)\)\Z")
# Every escape is one match, so that none starts inside another.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)
_COLON: Final = re.compile(rb"\\u003a", re.IGNORECASE)
_CUT: Final = "it ends too early; copy or collect it again"
_DEEP: Final = "is not read: it nests too deeply; correct it"


class Double(NamedTuple):
    """A key that stands twice in the object at a JSON pointer, of which the last counts."""

    key: str
    pointer: str


def value_of(data: bytes) -> Any:
    """What a JSON text means. Raises BadTextError."""
    if len(data) > _LARGE and sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise BadTextError(f"has more than {MOST_VALUES:,} values; give it in several files")
    try:
        return msgspec.json.decode(data)
    except UnicodeDecodeError:
        decoded(data)
        raise
    except RecursionError:
        raise BadTextError(_DEEP) from None
    except msgspec.ValidationError:  # a number that fits nothing
        return _slowly(_ESCAPE.sub(_repaired, decoded(data)))
    except msgspec.DecodeError as error:
        text = decoded(data)
        whole = _ESCAPE.sub(_repaired, text)
        if whole != text:
            return value_of(whole.encode())
        raise _bad(str(error), data) from None


def _repaired(escape: re.Match[str]) -> str:
    """Half of a surrogate pair stands for no character: Go reads U+FFFD."""
    return "\\ufffd" if escape[1] else escape[0]


def _slowly(text: str) -> Any:
    """The same by a parser that takes every number; one that fits no integer becomes a float, which
    no field of a number takes."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_no_constant)
    except RecursionError:
        raise BadTextError(_DEEP) from None
    except ValueError as error:
        said = str(error).partition(": line")[0].lower()
        line = getattr(error, "lineno", 0)
        raise BadTextError(f"is not valid JSON: {said}; correct it", line) from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _no_constant(name: str) -> float:
    raise ValueError(f"`{name}` is no number of JSON")


def _bad(problem: str, data: bytes) -> BadTextError:
    if "truncated" in problem:
        return BadTextError(f"is not valid JSON: {_CUT}")
    found = _BYTE.search(problem)
    line = data.count(b"\n", 0, int(found[1])) + 1 if found else 0
    if "trailing characters" in problem:
        return BadTextError("holds more than one JSON text; give each in a file of its own", line)
    said = problem.removeprefix("JSON is malformed: ")
    return BadTextError(f"is not valid JSON: {said}; correct it", line)


# --- keys that stand twice -----------------------------------------------------------------------


def doubles(data: bytes, value: Any) -> Iterator[Double]:
    """The keys that stand twice in one object. ``value`` is what the text means.

    A parser drops all but the last: then a colon is missing when the value is written again. Only
    then, or where an escape may stand for a colon, is the text read a second time.
    """
    if not _COLON.search(data):
        again = msgspec.json.encode(value)
        if again.count(b":") == data.count(b":"):
            return
        del again
    marked = json.loads(decoded(data), object_pairs_hook=_Pairs.of, parse_int=float)
    yield from _below(marked, "")


class _Pairs(dict[str, Any]):
    """An object that remembers which of its keys stood in it twice."""

    __slots__ = ("twice",)
    twice: tuple[str, ...]

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        seen: set[str] = set()
        found = cls(plain)
        found.twice = tuple(dict.fromkeys(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
        return found


def _below(part: Any, pointer: str) -> Iterator[Double]:
    if isinstance(part, _Pairs):
        yield from (Double(key, pointer) for key in part.twice)
    if isinstance(part, dict):
        for key, value in part.items():
            if isinstance(value, dict | list):
                yield from _below(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(part, list):
        for i, value in enumerate(part):
            if isinstance(value, dict | list):
                yield from _below(value, f"{pointer}/{i}")
