"""Peering connections and the gateways beside them, asked about blocks and in comparisons: aws.md
31, 34, 35. What the ways are is asked in tests/model and tests/semantics."""

import pytest

from ringwall.facts import aws
from ringwall.facts.fact import Delta
from ringwall.model.network import build
from ringwall.reach.compare import diff
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.relation import Relation
from ringwall.report.json import render
from ringwall.space.addresses import Addresses
from ringwall.space.services import ServiceSet
from tests.model.test_fabric_peerings import peered
from tests.semantics.aws_world import ANYWHERE_6, AwsWorld, everything, route
from tests.support import facts_of

HTTPS = ServiceSet.parse("tcp/443")
HOST_6, OUTSIDE_6 = "2001:db8:0:101::10", "2001:db9::7"


def half_told() -> AwsWorld:
    """A route for a /16 to a peer of which the connection tells the lower half alone."""
    world = peered(there=(route("10.3.0.0/16", "pcx-3"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", unread={"vpc-3": "10.3.0.0/17"})
    return world


def verdict(relation: Relation, src: str, dst: str) -> str:
    (part,) = relation.between(src, dst, HTTPS)
    return part.verdict


def test_31_a_block_is_cut_where_the_peers_blocks_end() -> None:
    engine = Engine(build(facts_of(half_told().files())))
    parts = [part for _, part in engine.attachments_in(Addresses.of("10.3.0.0/16"))]

    assert parts == [Addresses.of("10.3.0.0/17"), Addresses.of("10.3.128.0/17")]


@pytest.mark.parametrize(
    ("block", "expected"),
    [("10.3.0.0/17", "unknown"), ("10.3.128.0/17", "blocked"), ("10.3.0.0/16", "unknown")],
)
def test_31_a_block_is_answered_by_its_parts(block: str, expected: str) -> None:
    relation = Relation.of(facts_of(half_told().files()))

    assert verdict(relation, "eni-a", block) == expected


def test_31_a_connection_that_is_deleted_is_all_that_a_comparison_finds() -> None:
    """Both interfaces have only each other; the way back was open to nobody."""
    old = Relation.of(facts_of(peered().files()))
    gone = facts_of(peered(state="deleted").files())
    ((key, _),) = gone.of(aws.VpcPeeringConnection)
    delta: Delta = {key: (old.facts[key], gone[key])}
    new = old.rebuild(delta)

    assert (verdict(old, "eni-a", "eni-b"), verdict(new, "eni-a", "eni-b")) == (
        "allowed",
        "blocked",
    )
    report = diff(old, new)
    assert [(one.src, one.dst, one.change) for one in report.changes] == [
        ("eni-a", "eni-b", "lost")
    ]
    assert render(report) == render(diff(old, Relation.of(new.facts)))


def test_33_where_a_packet_leaves_by_an_egress_only_gateway_an_assumption_is_said() -> None:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.route_table("rtb-a", route(ANYWHERE_6, "eigw-1"), subnets=["subnet-a"])
    world.group("sg-a", egress=[everything(ANYWHERE_6)])
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-a"], ipv6=[HOST_6])
    world.egress_only("eigw-1")
    relation = Relation.of(facts_of(world.files()))

    assert verdict(relation, HOST_6, OUTSIDE_6) == "allowed"
    assert any("VPC Block Public Access" in one for one in relation.engine.model.assumes)
