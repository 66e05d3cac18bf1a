"""Whatever a file holds, reading it gives facts and sentences, and costs nothing beside it.

``RINGWALL_FUZZ`` says how many spoiled files are tried; what they once found is a named test in
``tests/collect``.
"""

import os
import random
import time
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ringwall.check.audit import Audit
from ringwall.check.config import Config
from ringwall.check.run import run
from ringwall.collect.files import tree
from ringwall.collect.intake import Intake
from ringwall.discover import load_rule, rule_ids
from ringwall.facts import archive
from ringwall.facts.fact import Facts, Key
from ringwall.facts.snapshot import Snapshot, digest
from ringwall.reach.questions import Net
from tests.collect.halves import answer, made, read
from tests.laws.mutations import Sample, samples, spoiled, together
from tests.laws.share import Record, Share

FUZZ: Final = int(os.environ.get("RINGWALL_FUZZ", "400"))
SECONDS: Final = 20
chances = st.integers(0, 2**64 - 1).map(random.Random)
GOOD: Final = Sample(
    "clusters/prod/good.yaml",
    b"apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: beside}\nspec: {}\n",
)
BESIDE: Final = Key("prod", "pod", "beside/good")


def law(examples: int) -> settings:
    return settings(
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


def intake_of(*files: Sample) -> Intake:
    intake = Intake()
    for file in files:
        tree.read_data(file.data, file.name, intake)
    return intake


def sentences(facts: Facts) -> list[str]:
    return [
        *(gap.needs for gap in facts.gaps),
        *(f"{odd.origin}: {odd.message}" for odd in facts.warnings),
    ]


def test_whatever_a_file_holds_it_is_read_or_told(record_property: Record) -> None:
    """Each sentence is one line that names the file, and the file beside it is read the same."""
    share = Share("whatever a file holds", "something to tell or to read")

    @law(FUZZ)
    @given(chances)
    def holds(chance: random.Random) -> None:
        file = spoiled(chance)
        start = time.process_time()

        facts, left_out = tree.settled(intake_of(file, GOOD))

        assert time.process_time() - start < SECONDS
        assert BESIDE in facts
        assert facts[BESIDE].origins[0].file == GOOD.name
        told = sentences(facts)
        for sentence in told:
            assert sentence.isprintable(), ascii(sentence)
            assert file.name in sentence, sentence
            assert len(sentence) < 1500
        share.count(bool(told or left_out or len(facts) > 1))

    holds()
    share.close(record_property)


@law(FUZZ // 4)
@given(chances)
def test_whatever_is_read_can_be_kept_and_read_again(chance: random.Random) -> None:
    files = spoiled(chance), GOOD

    again, _ = tree.settled(read(made(intake_of(*files))))

    facts, _ = tree.settled(intake_of(*files))
    assert digest(again) == digest(facts)
    assert (again.gaps, again.warnings) == (facts.gaps, facts.warnings)


@law(FUZZ // 4)
@given(chances)
def test_the_prefilter_is_not_in_the_facts(chance: random.Random) -> None:
    file = spoiled(chance)
    digests = []
    for prefilter in (True, False):
        intake = Intake()
        tree.read_data(file.data, file.name, intake, prefilter=prefilter)
        digests.append(digest(tree.settled(intake)[0]))

    assert digests[0] == digests[1]


@law(FUZZ // 20)
@given(chances)
def test_whatever_is_read_can_be_judged(chance: random.Random) -> None:
    """With the files that belong to it: alone most of them concern nothing."""
    sample = chance.choice(samples())
    facts, _ = tree.settled(intake_of(*together(sample), spoiled(chance, sample), GOOD))

    assert answer(facts)
    _, failures = run(Audit(Net(facts), Config(), True), [load_rule(one) for one in rule_ids()])
    assert failures == []


@law(FUZZ // 4)
@given(chances)
def test_the_order_of_files_is_not_in_the_facts(chance: random.Random) -> None:
    files = [spoiled(chance), spoiled(chance), GOOD]

    first, _ = tree.settled(intake_of(*files))
    second, _ = tree.settled(intake_of(*reversed(files)))

    assert digest(first) == digest(second)
    assert (first.gaps, first.warnings) == (second.gaps, second.warnings)


@law(FUZZ // 4)
@given(chances)
def test_whatever_a_snapshot_holds_it_is_refused_in_one_sentence(chance: random.Random) -> None:
    packed = bytearray(made(intake_of(chance.choice((GOOD, spoiled(chance))), GOOD)))
    for _ in range(chance.choice((1, 3, 30))):
        packed[chance.randrange(len(packed))] = chance.randrange(256)
    intake = Intake()

    tree.read_data(bytes(packed), "x.zip", intake)

    for gap in intake.facts().gaps:
        assert gap.needs.isprintable()


def test_an_empty_snapshot_is_one() -> None:
    manifest, found = archive.unpack(archive.pack(Snapshot(), Facts()))

    assert (manifest.counts, found.told) == ({}, ())
