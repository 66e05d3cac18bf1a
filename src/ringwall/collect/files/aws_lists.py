"""Prefix lists: one call names them, another tells their entries."""

import re
from collections import defaultdict
from typing import Final

from msgspec.structs import replace

from ringwall.collect.files.aws_place import Place, Raw, adopted, canonical, complement
from ringwall.collect.intake import Intake
from ringwall.facts.aws import PrefixList
from ringwall.facts.fact import Key, Origin

_ID: Final = re.compile(r"(?<![0-9A-Za-z])pl-[0-9a-f]{8,17}(?![0-9A-Za-z])")

_Told = tuple[PrefixList, Origin]


def read_list(raw: Raw, place: Place) -> None:
    """One list; the older call for AWS's own lists tells their blocks too."""
    if "Cidrs" in raw:
        place = place.told_by("aws ec2 describe-prefix-lists", raw)
    _add(raw, place)


def read_entries(document: Raw, place: Place) -> None:
    """The entries of one list. The call does not say whose they are: a field beside them or the
    file's name does."""
    place = place.below("Entries").told_by("aws ec2 get-managed-prefix-list-entries")
    named = _ID.findall(place.origin.file)
    name = document.get("PrefixListId") or (named[-1] if named else "")
    if name:
        _add({"PrefixListId": name, "Entries": document["Entries"]}, place)
        return
    needs = (
        f"{place}: nothing says which prefix list these entries belong to; "
        "give its id as `PrefixListId` beside `Entries` or in the file's name"
    )
    place.gap("prefix-list-unnamed", f"Entries in {place.origin.file}", needs)


def _add(raw: Raw, place: Place) -> None:
    body = place.read(raw, PrefixList, raw.get("PrefixListId"), _check)
    if body is not None:
        key = Key(place.scope(raw), "pl", body.prefix_list_id)
        place.intake.piece("prefix-list", key, body, place.origin)


def finish(intake: Intake) -> None:
    """Adds one fact for each list, from everything told of it."""
    told = list(intake.parts("prefix-list", PrefixList))
    scopes: dict[str, set[str]] = defaultdict(set)
    for key, body, _ in told:
        if body.entries is None:
            scopes[key.name].add(key.scope)
    found: dict[Key, list[_Told]] = defaultdict(list)
    for key, body, origin in told:
        scope = adopted(scopes, key.name, key.scope)
        found[key._replace(scope=scope)].append((body, origin))
    for key, versions in found.items():
        body = _merged(key, versions, intake)
        for _, origin in versions:
            intake.fact(key, body, origin)


def _check(body: PrefixList) -> None:
    if not body.prefix_list_id:
        raise ValueError("its PrefixListId is empty")


def _merged(key: Key, versions: list[_Told], intake: Intake) -> PrefixList:
    """One body; where its blocks were told differently, all of them, with a warning."""
    bodies = sorted((body for body, _ in versions), key=canonical)
    told: dict[frozenset[str], list[Origin]] = defaultdict(list)
    for version, origin in versions:
        if version.entries is not None or version.cidrs is not None:
            told[_blocks(version)].append(origin)
    if len(told) < 2:
        return complement(bodies)
    _say_different(key, told, intake)
    entries = {entry for body in bodies for entry in body.entries or ()}
    return replace(
        complement(bodies),
        entries=tuple(sorted(entries, key=canonical)),
        cidrs=tuple(sorted({cidr for body in bodies for cidr in body.cidrs or ()})),
    )


def _blocks(body: PrefixList) -> frozenset[str]:
    return frozenset([*(entry.cidr for entry in body.entries or ()), *(body.cidrs or ())])


def _say_different(key: Key, told: dict[frozenset[str], list[Origin]], intake: Intake) -> None:
    first, *others = sorted(min(origins) for origins in told.values())
    for origin in others:
        message = f"`{key}` has other entries here than in {first}; those of both are used"
        intake.warn(message, origin)
    intake.assume(f"`{key}` is read with {len(told)} sets of entries, all of which are used")
