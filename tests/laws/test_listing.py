"""The listing says of every pair of endpoints what the definition says of it, and leaves out only
what is blocked, a thing with itself, and the outside with the outside."""

import os
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from ringwall.net import Net
from ringwall.reach.documents import ReachReport
from ringwall.reach.ids import Endpoint, Member, Span, endpoint
from ringwall.space.services import ICMP, ICMPV6, SERVED, ServiceSet
from tests.laws.share import Record, Share
from tests.laws.test_equality import Answers, by_definition
from tests.laws.worlds import World, worlds
from tests.support import facts_of, services_of

EXAMPLES: Final = int(os.environ.get("RINGWALL_WORLDS", "2000")) // 50
"""Worlds are asked for every pair, which is some hundreds."""


def test_the_listing_is_what_the_definition_says_of_every_pair(record_property: Record) -> None:
    share = Share("listing = definition")

    @seed(0)
    @settings(
        max_examples=max(1, EXAMPLES),
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(worlds())
    def law(world: World) -> None:
        net = Net(facts_of(world.files))
        report = net.reach()
        rows = rows_of(report)
        seen: set[str] = set()
        ends = {id_: asked(net, report, id_) for id_ in report.endpoints}
        for src, dst in pairs(ends, report):
            answer = net.questions.ask(ends[src], ends[dst], "all")
            told = by_definition(answer)
            expected = opened(told)
            seen.update(verdict for verdict, _, _ in told)
            assert same(rows.pop((src, dst), {}), expected), f"{src} -> {dst}"
        assert not rows
        share.count({"allowed", "blocked"} <= seen)

    law()
    share.close(record_property)


def pairs(ends: dict[str, Endpoint], report: ReachReport) -> Iterator[tuple[str, str]]:
    """Every pair that a listing tells about."""
    for src, one in ends.items():
        for dst in ends:
            outside = src in report.blocks and dst in report.blocks
            itself = src == dst and (one.kind != "workload" or len(one.members) == 1)
            if one.kind != "service" and not outside and not itself:
                yield src, dst


def asked(net: Net, report: ReachReport, id_: str) -> Endpoint:
    """The endpoint as the definition knows it: of a block, whose addresses are all alike, one CIDR
    of each family."""
    if id_ not in report.blocks:
        return endpoint(net.questions.world, id_)
    cidrs = {ip_network(text).version: ip_network(text) for text in report.blocks[id_].cidrs}
    spans = (Span(family, int(one[0]), int(one[-1])) for family, one in sorted(cidrs.items()))
    return Endpoint(id_, "block", tuple(Member(span=span) for span in spans))


def rows_of(report: ReachReport) -> dict[tuple[str, str], Answers]:
    found: dict[tuple[str, str], Answers] = {}
    for row in report.connections:
        words = row.verdict, row.extent, row.reply
        answers = found.setdefault((row.src, row.dst), {})
        answers[words] = answers.get(words, ServiceSet()) | services_of(row.ports)
    return found


def opened(answers: Answers) -> Answers:
    """What is not blocked; port 0 is never listed."""
    found = {words: services & SERVED for words, services in answers.items()}
    return {words: mine for words, mine in found.items() if words[0] != "blocked" and mine}


def same(rows: Answers, expected: Answers) -> bool:
    """Whether rows say it; ``ALL`` is all that the two can speak, so without an ICMP that is not
    of their family."""
    if set(rows) != set(expected):
        return False
    for words, services in rows.items():
        spoken = (SERVED, SERVED - ServiceSet.of(ICMP), SERVED - ServiceSet.of(ICMPV6))
        if expected[words] != services and not (services == SERVED and expected[words] in spoken):
            return False
    return True
