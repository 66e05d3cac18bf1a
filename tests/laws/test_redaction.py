"""Redaction: what is asked of redacted facts has the answers that it had."""

import os
import random
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from ringwall import pipeline
from ringwall.collect.files import tree
from ringwall.facts import aws
from ringwall.facts.fact import Fact, Facts, Origin
from ringwall.facts.redact import Redactor
from ringwall.net import Net
from tests.collect.halves import intake_of, scattered
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
keys = st.binary(min_size=16, max_size=16)
Row = tuple[Any, ...]


def relation(facts: Facts, redactor: Redactor | None = None) -> set[Row]:
    """Every connection between pods, with the reasons of what is unknown; redacted afterwards, if
    there is a redactor. Blocks are told by their addresses instead of by their numbers."""
    report = msgspec.to_builtins(Net(facts).reach(pods=True))
    text = redactor.text if redactor else str
    blocks = {
        id_: frozenset(joined([text(cidr) for cidr in block["cidrs"]]))
        for id_, block in report["blocks"].items()
    }

    def end(id_: str) -> object:
        return blocks.get(id_) or text(id_)

    return {
        (
            end(row["src"]),
            end(row["dst"]),
            row["verdict"],
            row.get("extent"),
            msgspec.json.encode(row["ports"], order="sorted"),
            row.get("reply"),
            frozenset(report["unknowns"][number]["code"] for number in row.get("because", ())),
        )
        for row in report["connections"]
    }


def joined(cidrs: list[str]) -> list[str]:
    networks = list(map(ip_network, cidrs))
    four = [one for one in networks if isinstance(one, IPv4Network)]
    six = [one for one in networks if isinstance(one, IPv6Network)]
    return [*map(str, collapse_addresses(four)), *map(str, collapse_addresses(six))]


def test_redacted_facts_have_the_relation_that_they_had(record_property: Record) -> None:
    worlds_, rows = 0, 0

    @law
    @given(worlds(), keys)
    def holds(world: World, key: bytes) -> None:
        nonlocal worlds_, rows
        facts, _ = tree.settled(intake_of(world.files))
        redactor = Redactor(key)

        before = relation(facts, redactor)

        assert relation(redactor.facts(facts)) == before
        worlds_ += 1
        rows += len(before)

    holds()
    record_property("share", f"redaction: {worlds_} worlds, {rows // worlds_} rows each")
    assert rows > 20 * worlds_


@law
@given(worlds(), chances, keys)
def test_a_redacted_snapshot_gives_the_facts_that_redacted_facts_are(
    world: World, chance: random.Random, key: bytes
) -> None:
    """Also where several files tell of one object. Which of them is named first is another matter,
    and so is which id and description a rule has that several tell differently: the words that
    decide it are not in the order that they had."""
    files = scattered(world.files, chance)
    facts, _ = tree.settled(intake_of(files))

    bare = pipeline.redacted(intake_of(files), Redactor(key))
    found, _ = tree.settled(bare)

    expected = Redactor(key).facts(facts)
    assert {key: settled(fact) for key, fact in found.items()} == {
        key: settled(fact) for key, fact in expected.items()
    }
    assert lacking(found) == lacking(expected)


def settled(fact: Fact) -> tuple[Struct, tuple[Origin, ...]]:
    body = fact.body
    if isinstance(body, aws.SecurityGroupRule) and len(fact.origins) > 1:
        body = replace(body, rule_id="", description="", tags=())
    return body, fact.origins


def lacking(facts: Facts) -> set[tuple[str, str, str]]:
    return {(gap.code, gap.effect, gap.object) for gap in facts.gaps}
