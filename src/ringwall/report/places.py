"""Where the objects that findings name are written: a file, and the place in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from ringwall.check.finding import Finding
from ringwall.facts.fact import Facts, Origin

STDIN: Final = "<stdin>"
"""The name that standard input goes by: no file."""
_WORKLOAD: Final = re.compile(r"((?:[^!]*!)?)([^/!]+/[^/!\[\]]+)\[(\w+)\]")
_POLICY_RULE: Final = re.compile(r"(.+):(ingress|egress)\[(\d+)\]")
_MOST_OBJECTS: Final = 20
"""Of a finding's objects so many are looked up: a group on a thousand interfaces has a thousand."""


class PlaceOut(Struct, frozen=True, omit_defaults=True):
    """Where an object stands: ``line`` from 1 in YAML, ``pointer`` (a JSON pointer) in JSON."""

    file: str
    line: int = 0
    pointer: str = ""


def places(facts: Facts, findings: Iterable[Finding]) -> dict[str, PlaceOut]:
    """The place of every cause and object that a finding complains of, by its id.

    What stands in several files is told of the first; what has no place of its own is left out.
    """
    origins = {str(key): min(fact.origins) for key, fact in facts.items() if fact.origins}
    wanted = {
        id_
        for finding in findings
        if finding.status not in ("pass", "not-applicable")
        for id_ in (finding.cause, *finding.objects[:_MOST_OBJECTS])
    }
    found = ((id_, _place(origins, id_)) for id_ in sorted(wanted))
    return {id_: place for id_, place in found if place}


def place_of(sources: Mapping[str, PlaceOut], finding: Finding) -> PlaceOut | None:
    """Where to look at a finding: its cause, else the first object concerned that has a file."""
    found = (sources.get(id_) for id_ in (finding.cause, *finding.objects))
    return next((place for place in found if place and place.file != STDIN), None)


def _place(origins: dict[str, Origin], id_: str) -> PlaceOut | None:
    for key, pointer in _readings(id_):
        if key in origins:
            return _at(origins[key], pointer)
    return None


def _readings(id_: str) -> Iterator[tuple[str, str]]:
    """The facts that an id may name, and which part of them."""
    yield id_, ""
    if part := _POLICY_RULE.fullmatch(id_):
        yield part[1], f"/spec/{part[2]}/{part[3]}"
    if workload := _WORKLOAD.fullmatch(id_):
        yield f"{workload[1]}{workload[3].lower()}/{workload[2]}", ""


def _at(origin: Origin, pointer: str) -> PlaceOut:
    if not origin.line:
        return PlaceOut(origin.file, pointer=f"{origin.pointer}{pointer}")
    lines = dict(origin.parts)
    return PlaceOut(origin.file, lines.get(pointer, lines.get("", origin.line)))
