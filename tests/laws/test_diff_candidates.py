"""A comparison looks only at pairs that may differ, and finds what one of every pair finds."""

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Facts
from ringwall.reach.compare import Comparison, diff
from ringwall.reach.documents import DiffReport, StateOut
from ringwall.reach.engine import sides
from ringwall.reach.engine.candidates import Candidates, Pairs
from ringwall.reach.engine.placement import APART
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import Both, Part
from ringwall.report.json import render
from ringwall.space.addresses import Addresses
from tests.laws.share import Record, Share
from tests.laws.test_metamorphic import law
from tests.laws.worlds import Choices, World, worlds
from tests.support import facts_of

INTERNET: Final = "internet"
WHAT: Final = "a change"


EDITED: Final = (
    k8s.NetworkPolicy, k8s.Pod, k8s.Service, k8s.Namespace, aws.NetworkInterface,
    aws.SecurityGroupRule, aws.SecurityGroup, aws.RouteTable, aws.NetworkAcl,
)  # fmt: skip


@st.composite
def edits(draw: st.DrawFn) -> tuple[Facts, Delta]:
    """A world, and some facts of it that go, come, or say what they say in another world."""
    choose = Choices(draw)
    old, new = (facts_of(draw(worlds()).files) for _ in range(2))
    differing = [
        key
        for key in sorted({*old, *new})
        if (old.get(key) and old[key].body) != (new.get(key) and new[key].body)
    ]
    delta: Delta = {}
    for kind in choose.some(EDITED, 5, 2):
        pool = [key for key in differing if isinstance((old.get(key) or new[key]).body, kind)]
        for key in choose.some(pool or differing, 4, 2) if differing else ():
            delta[key] = old.get(key), None if choose.seldom(3) else new.get(key)
    return old, delta


def test_what_a_change_of_facts_makes_of_every_pair(record_property: Record) -> None:
    share = Share("diff of candidates = diff of every pair", WHAT)

    @law
    @given(edits())
    def holds(change: tuple[Facts, Delta]) -> None:
        facts, delta = change
        old = Relation.of(facts)
        new = old.rebuild(delta)
        share.count(compared(old, new))
        assert render(diff(old, new)) == render(diff(old, Relation.of(new.facts)))

    holds()
    share.close(record_property)


def test_what_two_unrelated_worlds_make_of_every_pair(record_property: Record) -> None:
    share = Share("the same of unrelated worlds", WHAT)

    @law
    @given(worlds(), worlds())
    def holds(one: World, other: World) -> None:
        old, new = (Relation.of(facts_of(world.files)) for world in (one, other))
        share.count(compared(old, new))

    holds()
    share.close(record_property)


def compared(old: Relation, new: Relation) -> bool:
    """Holds the two ways against each other; whether anything differs."""
    candidates = Candidates(old, new)
    pairs = [*candidates.objects(), *candidates.outside()]
    found = Comparison(old, new, pairs).report()
    every, parts = everything(old, new, pairs)
    expected = Comparison(old, new, every).report()
    assert told(found, parts) == told(expected, parts)
    return bool(expected.changes)


def everything(
    old: Relation, new: Relation, pairs: list[Pairs]
) -> tuple[list[Pairs], dict[str, Addresses]]:
    """Every pair, with each part of the outside alone but for the Internet; and these parts.

    A part that is not public and that both sides treat as the Internet is not told of.
    """
    objects = sides.objects(old, new)
    outside = {end.id: end for some in pairs for end in chain(*some) if end.outside}
    internet = [end for end in outside.values() if end.id == INTERNET]
    mine = {member for end in internet for member in end.old.members}
    named = {member for end in outside.values() for member in end.old.members}
    every = sides.parts(old, new)
    rows = {
        part.old: row for part, row in zip(every, answers(old, new, objects, every), strict=True)
    }
    known = {rows[member] for member in mine}
    rest = [
        part
        for part in every
        if part.old not in mine
        and not (part.old not in named and not part.public and rows[part.old] in known)
    ]
    alone = [part.alone(f"part {i}") for i, part in enumerate(rest)]
    ends = [*internet, *alone]
    addresses = {one.id: part.addresses for one, part in zip(alone, rest, strict=True)}
    return [Pairs(objects, objects), Pairs(ends, objects), Pairs(objects, ends)], addresses


def answers(
    old: Relation, new: Relation, objects: list[Both], parts: list[Part]
) -> Iterator[bytes]:
    """All that each part of the outside has with every object, on both sides."""
    told = []
    for side, ends, members in (
        (old, [both.old for both in objects], [part.old for part in parts]),
        (new, [both.new for both in objects], [part.new for part in parts]),
    ):
        there = sorted({kin for one in ends for kin in side.crowds(one)})
        here = [side.kin(one) for one in members]
        told += [side.table(here, there, APART), side.table(there, here, APART).T]
    return (row.tobytes() for row in np.hstack(told))


# --- reports -------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A change in words that mean the same in every report; a packet of the outside may be any."""

    src: str
    dst: str
    change: str
    sure: bool
    ports: str
    states: tuple[tuple[object, ...], ...]
    packet: str


def told(report: DiffReport, parts: dict[str, Addresses]) -> list[Told]:
    """The changes of a report, those of blocks as of each part."""
    within = {
        id_: [part for part, where in parts.items() if where <= Addresses.of(*block.cidrs)]
        for id_, block in report.blocks.items()
        if id_ != INTERNET and id_ not in parts
    }
    found = []
    for row in report.changes:
        outside = {row.src, row.dst} & {*within, *parts}
        words = (
            row.change,
            row.sure,
            str(row.ports),
            (state(report, row.old), state(report, row.new)),
            "" if outside else str(row.witness),
        )
        for src in within.get(row.src, [row.src]):
            found += [Told(src, dst, *words) for dst in within.get(row.dst, [row.dst])]
    return sorted(found, key=str)


def state(report: DiffReport, one: StateOut) -> tuple[object, ...]:
    """An answer, with its reasons instead of their numbers."""
    because = sorted(str(report.unknowns[id_]) for id_ in one.because)
    return one.verdict, one.extent, one.reply, because
