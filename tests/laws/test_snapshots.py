"""Snapshots: read back they are what was read, and halves put together are the whole."""

import os
import random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ringwall.collect.files import tree
from tests.collect.halves import (
    answer,
    everything,
    intake_of,
    made,
    merge,
    read,
    regrouped,
    scattered,
    split,
)
from tests.laws.share import Record
from tests.laws.worlds import World, worlds

EXAMPLES: Final = max(25, int(os.environ.get("RINGWALL_WORLDS", "2000")) // 20)
law = settings(
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    database=None,
)
chances = st.randoms(use_true_random=False)


@law
@given(worlds(), chances)
def test_a_snapshot_gives_back_what_was_read(world: World, chance: random.Random) -> None:
    for files in (world.files, scattered(world.files, chance)):
        packed = made(intake_of(files))

        assert everything(read(packed)) == everything(intake_of(files))
        assert merge([packed]) == packed


@law
@given(worlds())
def test_a_snapshot_gives_the_same_relation_to_the_byte(world: World) -> None:
    facts, _ = tree.settled(intake_of(world.files))

    again, _ = tree.settled(read(made(intake_of(world.files))))

    assert answer(again) == answer(facts)


def test_halves_put_together_are_what_is_read_at_once(record_property: Record) -> None:
    """Also where a half alone comes to something else than its part of the whole."""
    worlds_, telling = 0, 0

    @law
    @given(worlds(), chances)
    def holds(world: World, chance: random.Random) -> None:
        nonlocal worlds_, telling
        files = scattered(world.files, chance)
        halves = split(files, chance)
        packed = [made(intake_of(half), f"2026-01-0{i}") for i, half in enumerate(halves, 1)]

        whole = merge(packed)

        assert everything(read(whole)) == everything(intake_of(files))
        assert whole == regrouped(packed, chance)
        alone = [everything(intake_of(half)) for half in halves]
        worlds_ += 1
        telling += any(not within(one, everything(intake_of(files))) for one in alone)

    holds()
    share = telling / worlds_
    record_property("share", f"halves: {worlds_} worlds, {share:.0%} where one needs the other")
    assert share >= 0.5


def within(half: tuple[Any, ...], whole: tuple[Any, ...]) -> bool:
    """Whether everything that a half comes to is in the whole as it is."""
    return half[0].items() <= whole[0].items() and set(half[1]) <= set(whole[1])
