"""Real input, spoiled: bytes that are wrong, and objects that hold what they should not."""

import json
import os
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from ringwall.collect.files.loader import BadYamlError, documents

HERE: Final = Path(__file__).parents[1]
_LARGEST: Final = 60_000  # bytes; larger files say nothing new and take long
_MOST: Final = 1_000_000  # bytes of files that are read together
_GROUPS: Final = ("recorded", "examples", "corpus")
_SUFFIXES: Final = (".json", ".yaml", ".yml")


class Sample(NamedTuple):
    """One file as it really is."""

    name: str
    data: bytes


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """What is recorded here, the examples, and the corpus where there is one."""
    folders = [HERE / "recorded", HERE.parent / "examples"]
    if corpus := os.environ.get("RINGWALL_CORPUS"):
        folders.append(Path(corpus))
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    return tuple(
        Sample(_name(file), file.read_bytes())
        for file in files
        if file.name.endswith(_SUFFIXES) and 0 < file.stat().st_size <= _LARGEST
    )


def _name(file: Path) -> str:
    """``GROUP/FOLDER/…``: what stands in one folder of a group belongs together."""
    home = next(folder for folder in file.parents if folder.name in _GROUPS or not folder.name)
    return str(Path(home.name, file.relative_to(home)))


def together(sample: Sample) -> list[Sample]:
    """The files that belong to one, without it, as far as they are not too many."""
    home = "/".join(sample.name.split("/")[:2])
    others = [one for one in samples() if one.name.startswith(f"{home}/") and one != sample]
    return others if sum(len(one.data) for one in others) < _MOST else []


def spoiled(chance: random.Random, sample: Sample | None = None) -> Sample:
    """A file of which some bytes or some parts of its objects are wrong."""
    sample = sample or chance.choice(samples())
    if chance.random() < 0.4:
        return Sample(sample.name, _bytes_spoiled(sample.data, chance))
    values = list(_values(sample))
    for _ in range(chance.choice((1, 1, 2, 5))):
        if values:
            values = _parts_spoiled(values, chance)
    written = _written(sample.name, values, chance)
    if chance.random() < 0.3:
        return written._replace(data=chance.choice(_OF_BYTES)(written.data, chance))
    return written


# --- bytes ---------------------------------------------------------------------------------------

_TOKENS: Final = [
    token.encode()
    for token in (
        "\0|\t|\r|\x1b[31m|\x85|\u2028|\u202e|\ufeff|'|\"|{|}|[|]|,|:|- |? |&a |*a|<<: *a\n|"
        "!!int |!!str |!!map |!!null |!!binary |!!timestamp |!!float |!!bool |! |!<plain> |!x |"
        "!!python/object:os.system |---\n|...\n|%YAML 9.9\n|# |{{ .Values.x }}|1e400|-0|.nan|"
        "|>\n|\\ud800|\\u003a|\n\n"
    ).split("|")
]
_HARMFUL: Final = [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xff\xfe", b"PK\x03\x04", *_TOKENS]


def _bytes_spoiled(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 3, 10))):
        data = chance.choice(_OF_BYTES)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_HARMFUL) * chance.choice((1, 1, 1, 300)) + data[at:]


def _before_value(data: bytes, chance: random.Random) -> bytes:
    """Something where a value of YAML starts."""
    starts = [found.end() for found in re.finditer(rb"(?:[:?-]|^) +", data, re.MULTILINE)]
    at = chance.choice(starts) if starts else 0
    return data[:at] + chance.choice(_TOKENS) + data[at:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:] if chance.random() < 0.5 else data[:start]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((10, 200, 5000)))
    return data[:end] + data[start:end] + data[end:]


def _another_encoding(data: bytes, chance: random.Random) -> bytes:
    codec = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-32-be", "latin-1", "utf-7"))
    return data.decode("utf-8", "replace").encode(codec, "replace")


def _crossed(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(samples()).data
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]


_OF_BYTES: Final[list[Callable[[bytes, random.Random], bytes]]] = [
    _flip, _flip, _insert, _insert, _before_value, _before_value, _cut, _repeat,
    _another_encoding, _crossed,
]  # fmt: skip


# --- parts of objects ----------------------------------------------------------------------------

_BLOCKS: Final[list[Any]] = (
    "|0|10.0.0.0/33|10.1.2.3/0|10.1.2.3/8|::ffff:10.0.0.0/104|010.0.0.1|010.0.0.1/8|fe80::1%eth0|"
    "fe80::1%eth0/64|10.0.0.0/255.0.0.0|10.0.0.0/0.255.255.255|10.0.0.0/08|::/0|0.0.0.0/0|10.0.0.1|"
    " 10.0.0.0/8|10.0.0.0/8 |2001:DB8::1/32|None|::|1.2.3|1.2.3.4.5|pl-1|sg-1"
).split("|")
_NUMBERS: Final[list[Any]] = [
    0, -0.0, -1, -2, 80, 65535, 65536, 1 << 31, 1 << 64, 10**30, 1.5, 1e3, 1e308, float("inf"),
    "", "0", "80 ", "-1", "-2", "65536", "256", "06", "tcp", "ICMP", "\u0663", "1" * 5000, True,
]  # fmt: skip
_TEXTS: Final[list[Any]] = (
    "|x|y|\x1b[31mred|two\nlines|\u202e|a/b|~|/|tcp|True|None|-|../..|sg-1|pl-1|999999999999|*|"
    "arn:aws:eks:eu-west-1:111122223333:cluster/x|In|Exists|Ingress|List|PodList|v1|apps/v1|aws-node"
).split("|")
_VALUES: Final[list[Any]] = [
    None, True, False, [], {}, [None], [[]], {"": None}, {"a": {}}, "y" * 5000,
    *_BLOCKS, *_NUMBERS, *_TEXTS,
]  # fmt: skip


def _like(value: Any, chance: random.Random) -> Any:
    """Something else that may stand where a value stood: of its sort, or of none."""
    if chance.random() < 0.6:
        text = str(value)
        if isinstance(value, int | float) or text.lstrip("-").isdecimal():
            return chance.choice(_NUMBERS)
        if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F.:]+(/[0-9]+)?", text):
            return chance.choice(_BLOCKS)
    return chance.choice(_VALUES)


def _values(sample: Sample) -> Iterator[Any]:
    """What a file holds, as far as a parser takes it."""
    try:
        if sample.name.endswith(".json"):
            yield json.loads(sample.data)
        else:
            yield from (one.value for one in documents(sample.data.decode()))
    except (ValueError, BadYamlError):
        return


class _Place(NamedTuple):
    parent: Any
    step: Any

    @property
    def value(self) -> Any:
        return self.parent[self.step]


def _parts_spoiled(values: list[Any], chance: random.Random) -> list[Any]:
    values = json.loads(json.dumps(values))
    places = list(_places(values))
    change = chance.choice(_OF_PARTS)
    change(chance.choice(places), places, chance)
    return values


def _places(value: Any) -> Iterator[_Place]:
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, part in steps:
        yield _Place(value, step)
        if isinstance(part, dict | list):
            yield from _places(part)


def _drop(at: _Place, _: list[_Place], __: random.Random) -> None:
    del at.parent[at.step]


def _replace(at: _Place, _: list[_Place], chance: random.Random) -> None:
    at.parent[at.step] = json.loads(json.dumps(_like(at.value, chance)))


def _wrap(at: _Place, _: list[_Place], chance: random.Random) -> None:
    value = at.value
    for __ in range(chance.choice((1, 1, 3, 120, 400))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    at.parent[at.step] = value


def _as_text(at: _Place, _: list[_Place], __: random.Random) -> None:
    at.parent[at.step] = json.dumps(at.value)


def _move(at: _Place, places: list[_Place], chance: random.Random) -> None:
    """A copy of one part in place of another."""
    at.parent[at.step] = json.loads(json.dumps(chance.choice(places).value))


def _rename(at: _Place, places: list[_Place], chance: random.Random) -> None:
    names = [str(place.step) for place in places if isinstance(place.parent, dict)]
    if isinstance(at.parent, dict) and names:
        at.parent[chance.choice(names)] = at.parent.pop(at.step)


def _double(at: _Place, _: list[_Place], chance: random.Random) -> None:
    if isinstance(at.parent, list):
        at.parent.extend([at.value] * chance.choice((1, 1, 50)))
    else:
        at.parent[chance.choice(_TEXTS)] = at.value


_OF_PARTS: Final[list[Callable[[_Place, list[_Place], random.Random], None]]] = [
    _drop, _replace, _replace, _replace, _wrap, _as_text, _move, _rename, _double,
]  # fmt: skip


def _written(name: str, values: list[Any], chance: random.Random) -> Sample:
    text = "\n---\n".join(json.dumps(value) for value in values)
    if chance.random() < 0.3:
        name = name.replace(".json", ".yaml")
        with suppress(RecursionError):  # JSON may nest more deeply than this writer
            text = yaml.dump_all(
                values,
                Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
                default_flow_style=chance.choice((None, True, False)),
            )
    return Sample(name, text.encode())
