"""The definition and the engine agree, on random worlds of both layers, for every service.

The definition judges one packet straight from the facts; asked about all services it does so once
in every cell, so that each service of a pair has its three-valued verdict, extent and reply. The
engine computes sets from its model. They share no code but the words of ids and services.
"""

import os
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ringwall.errors import UsageError
from ringwall.reach.engine.relation import Relation
from ringwall.reach.questions import Answer, Net, Outcome
from ringwall.space.services import ServiceSet
from tests.laws.share import Record, Share
from tests.laws.worlds import World, worlds
from tests.support import facts_of

EXAMPLES: Final = int(os.environ.get("RINGWALL_WORLDS", "2000"))
"""How many worlds, over all seeds; ``make laws`` asks for 100,000."""
SEEDS: Final = tuple(range(8))
ICMP: Final = ServiceSet.parse("icmp icmpv6")
Answers = dict[tuple[str, str | None, str | None], ServiceSet]
Moved = dict[str, ServiceSet]


@pytest.mark.parametrize("number", SEEDS)
def test_definition_and_engine_agree_on_every_service_of_every_pair(
    number: int, record_property: Record
) -> None:
    share = Share("definition = engine")

    @seed(number)
    @settings(
        max_examples=max(1, EXAMPLES // len(SEEDS)),
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # a world is small as it is; shrinking one takes minutes
    )
    @given(worlds())
    def law(world: World) -> None:
        compare(world, share)

    law()
    share.close(record_property)


def compare(world: World, share: Share) -> None:
    """Every pair of a world, asked of both."""
    facts = facts_of(world.files)
    definition, engine = Net(facts), Relation.of(facts)
    seen: set[str] = set()
    for number, (src, dst) in enumerate(dict.fromkeys(world.pairs)):
        answer = asked(definition, src, dst)
        if answer is None:
            with pytest.raises(UsageError):
                engine.between(src, dst)
            continue
        expected = by_definition(answer)
        found = by_engine(engine, src, dst, spoken(expected))
        expected = as_spoken(expected, spoken(found))
        seen.update(verdict for verdict, _, _ in expected)
        assert shown(found) == shown(expected), f"{src} -> {dst}"
        if number % 4:
            continue  # placements are asked of some pairs: the definition takes twice as long
        told = spoken(found)
        moved = moved_by_definition(definition, answer, told)
        assert moved_by_engine(engine, src, dst, told) == moved, f"{src} -> {dst}, placed otherwise"
    share.count({"allowed", "blocked"} <= seen)


def asked(definition: Net, src: str, dst: str) -> Answer | None:
    """The definition's answer; None where an id means nothing in this world."""
    try:
        return definition.ask(src, dst, "all")
    except UsageError:
        return None


def by_definition(answer: Answer) -> Answers:
    """The services of each (verdict, extent, reply)."""
    found: Answers = {}
    outcomes = [(*codes_of(outcome), outcome) for outcome in answer.outcomes]
    edges = sorted({edge for low, high, _ in outcomes for edge in (low, high + 1)})
    for low, end in pairwise(edges):
        mine = tuple(outcome for first, last, outcome in outcomes if first <= low <= last)
        if mine:
            part = Answer(answer.src, answer.dst, answer.services, mine)
            words = (part.verdict, part.extent, part.reply)
            found[words] = found.get(words, ServiceSet()) | ServiceSet([(low, end - 1)])
    return found


def moved_by_definition(definition: Net, answer: Answer, spoken_: ServiceSet) -> Moved:
    """The services that have another verdict with the pods moved, and which; none of blocked
    ones, of which the engine does not tell it."""
    other = definition.ask_placed_otherwise(answer)
    if other is None:
        return {}
    now, then = by_definition(answer), by_definition(other)
    found: Moved = {}
    for (before, *_), mine in now.items():
        for (after, *_), theirs in then.items():
            if after != before != "blocked" and mine & theirs & spoken_:
                found[after] = found.get(after, ServiceSet()) | (mine & theirs & spoken_)
    return found


def moved_by_engine(engine: Relation, src: str, dst: str, asked_for: ServiceSet) -> Moved:
    """The same of the engine."""
    found: Moved = {}
    for part in engine.between(src, dst, asked_for):
        if part.if_placed:
            found[part.if_placed] = found.get(part.if_placed, ServiceSet()) | part.services
    return found


def codes_of(outcome: Outcome) -> tuple[int, int]:
    """The first and last code (protocol · 65536 + number) that a cell stands for."""
    (first, last), (low, high) = (
        outcome.cell.box.services.protocols,
        outcome.cell.box.services.ports,
    )
    return first << 16 | low, last << 16 | (high if first == last else 0xFFFF)


def spoken(answers: Answers) -> ServiceSet:
    """The services that were asked about: ICMP belongs to IPv4 and ICMPv6 to IPv6."""
    return ServiceSet(span for services in answers.values() for span in services.ranges)


def as_spoken(expected: Answers, by: ServiceSet) -> Answers:
    """Without the ICMP of a family that the two ends do not share: the engine does not list it, the
    definition blocks it."""
    blocked = ("blocked", None, None)
    left_out = expected.get(blocked, ServiceSet()) - by
    return {**expected, blocked: expected.get(blocked, ServiceSet()) - (left_out & ICMP)}


def by_engine(engine: Relation, src: str, dst: str, asked_for: ServiceSet) -> Answers:
    """The same of the engine."""
    found: Answers = {}
    for part in engine.between(src, dst, asked_for):
        words = (part.verdict, part.extent, part.reply)
        found[words] = found.get(words, ServiceSet()) | part.services
    return found


def shown(answers: Answers) -> dict[str, str]:
    return {" ".join(map(str, words)): " ".join(s.words()) for words, s in sorted(
        answers.items(), key=str) if s}  # fmt: skip
