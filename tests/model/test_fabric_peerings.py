"""Peering connections in the engine: aws.md 7, 17, 18, 22, 31, 51. Verdicts are aws.md's.

What the sources say of them is asked in tests/semantics/test_aws_peering.py, of the engine too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringwall.facts import aws
from ringwall.facts.fact import Delta
from tests.model.fabric_net import Net
from tests.model.test_fabric_laws import rebuilt
from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Route,
    Rule,
    everything,
    inbound,
    outbound,
    route,
    tcp,
)

THERE, BACK = route("10.1.0.0/16", "pcx-1"), route("10.0.0.0/16", "pcx-1")


def peered(
    *,
    there: tuple[Route, ...] = (THERE,),
    back: tuple[Route, ...] = (BACK,),
    ingress: tuple[Rule, ...] = (everything("10.0.0.0/16"),),
    egress: tuple[Rule, ...] = ALL_OUT,
    **told: Any,
) -> AwsWorld:
    """eni-a in vpc-1 and eni-b in vpc-2, peered."""
    world = AwsWorld()
    for number, name, routes in ((1, "a", there), (2, "b", back)):
        world.vpc(f"vpc-{number}", f"10.{number - 1}.0.0/16")
        world.subnet(f"subnet-{name}", f"10.{number - 1}.1.0/24")
        world.route_table(f"rtb-{name}", *routes, subnets=[f"subnet-{name}"])
    world.group("sg-a", egress=egress, vpc="vpc-1")
    world.group("sg-b", ingress=ingress, vpc="vpc-2")
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-a"])
    world.interface("eni-b", "subnet-b", "10.1.1.10", groups=["sg-b"])
    world.peering("pcx-1", "vpc-1", "vpc-2", **told)
    return world


def changed(world: AwsWorld, call: str, change: Callable[[Any], object]) -> dict[str, str]:
    """The world's files with one answer changed."""
    files = world.files()
    body = json.loads(files[f"aws/{call}.json"])
    change(body)
    files[f"aws/{call}.json"] = json.dumps(body)
    return files


def sides(world: AwsWorld, change: Callable[[Any], object]) -> dict[str, str]:
    """The world's files with both sides of each connection changed."""

    def both(body: Any) -> None:
        for one in body["VpcPeeringConnections"]:
            change(one["RequesterVpcInfo"])
            change(one["AccepterVpcInfo"])

    return changed(world, "describe-vpc-peering-connections", both)


# --- 31: the blocks behind a connection -----------------------------------------------------------


def without_sets(side: dict[str, Any]) -> None:
    side.pop("CidrBlockSet", None)
    side.pop("Ipv6CidrBlockSet", None)


def without_blocks(side: dict[str, Any]) -> None:
    without_sets(side)
    side.pop("CidrBlock")


def test_31_one_block_is_enough_to_be_told() -> None:
    assert Net(sides(peered(), without_sets)).verdict("eni-a", "eni-b") == "allowed"


def test_31_blocks_that_are_not_told_are_those_of_the_vpc() -> None:
    assert Net(sides(peered(), without_blocks)).verdict("eni-a", "eni-b") == "allowed"


def test_31_blocks_that_nobody_told_are_unknown_by_the_connection() -> None:
    world = peered(there=(route("10.3.0.0/16", "pcx-3"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", unread={"vpc-3": "10.3.0.0/16"})
    net = Net(sides(world, without_blocks))

    assert net.verdict("eni-a", "10.3.1.1") == "unknown"
    (why,) = net.reasons("eni-a", "10.3.1.1")
    assert (why.code, why.object) == ("gateway-not-read", "pcx-3")


def test_31_told_blocks_cut_addresses_that_nothing_else_tells_apart() -> None:
    """The connection still tells the blocks that a VPC which was not read had when it was made."""
    world = peered(there=(route("10.3.0.0/16", "pcx-3"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", unread={"vpc-3": "10.3.0.0/17"})
    net = Net(world)

    assert net.verdict("eni-a", "10.3.1.1") == "unknown"
    assert {one.code for one in net.reasons("eni-a", "10.3.1.1")} == {"address-not-owned"}
    assert net.verdict("eni-a", "10.3.200.1") == "blocked"


def test_31_nobodys_address_is_unknown_where_not_all_interfaces_were_read() -> None:
    world = peered()
    more = changed(world, "describe-network-interfaces", lambda body: body.update(NextToken="x"))

    assert Net(world).verdict("eni-a", "10.1.7.7") == "blocked"
    assert Net(more).verdict("eni-a", "10.1.7.7") == "unknown"


def test_31_an_address_that_a_pod_claims_is_somebodys() -> None:
    world = peered()
    world.interface("eni-n1", "subnet-b", "10.1.1.30", groups=["sg-b"], instance="i-1")
    world.node("n1", "i-1")
    world.pod("lost", "10.1.7.7", "n1")

    assert Net(world).verdict("eni-a", "10.1.7.7") == "unknown"


def test_31_a_third_vpc_with_the_peers_blocks_is_not_behind_it() -> None:
    """What is sent to the one arrives at the other."""
    world = peered(ingress=(everything(ANYWHERE),))
    world.vpc("vpc-3", "10.1.0.0/16")
    world.subnet("subnet-c", "10.1.1.0/24", vpc="vpc-3")
    world.interface("eni-c", "subnet-c", "10.1.1.10", groups=["sg-b"])
    world.interface("eni-d", "subnet-c", "10.1.1.11", groups=["sg-b"])
    net = Net(world)

    assert net.verdict("eni-a", "eni-b") == "allowed"
    assert net.verdict("eni-a", "eni-c") == "blocked"
    assert net.verdict("eni-a", "eni-d") == "blocked"


def test_31_a_longer_route_leads_away_from_home() -> None:
    """An interface of the own VPC is not behind the connection, whoever has the address there."""
    world = peered(there=(route("10.0.2.0/24", "pcx-1"),))
    world.subnet("subnet-near", "10.0.2.0/24", vpc="vpc-1")
    world.interface("eni-near", "subnet-near", "10.0.2.5", groups=["sg-b"])

    assert Net(world).verdict("eni-a", "eni-near") == "blocked"


def test_31_ipv6_goes_by_it_too() -> None:
    world = peered(
        there=(route("2001:db8:0:200::/56", "pcx-1"),),
        back=(route("2001:db8:0:100::/56", "pcx-1"),),
        ingress=(everything(ANYWHERE_6),),
        egress=(everything(ANYWHERE_6),),
    )
    world.peerings.clear()
    for number in (1, 2):
        block = f"2001:db8:0:{number}00::/56"
        world.vpc(f"vpc-{number}", f"10.{number - 1}.0.0/16", ipv6=block)
        at = f"2001:db8:0:{number}01::10"
        world.interfaces[number - 1]["Ipv6Addresses"] = [{"Ipv6Address": at}]
    world.peering("pcx-1", "vpc-1", "vpc-2")
    net = Net(world)

    assert net.verdict("eni-a", "eni-b", family=6) == "allowed"
    assert net.verdict("eni-a", "2001:db8:0:203::1", family=6) == "blocked"
    assert Net(sides(world, without_sets)).verdict("eni-a", "eni-b", family=6) == "blocked"


# --- 22: which route ------------------------------------------------------------------------------


def test_22_behind_a_doubtful_route_members_are_not_known() -> None:
    world = peered(there=(THERE, route("pl-x", "tgw-1")), egress=(tcp(443, "sg-c"),))
    assert Net(world).verdict("eni-a", "eni-b") == "unknown"

    world.prefix_list("pl-x", "10.1.9.0/24")
    assert Net(world).verdict("eni-a", "eni-b") == "blocked"


def test_22_a_blackhole_is_no_way() -> None:
    world = peered(there=(route("10.1.0.0/16", "pcx-1", blackhole=True),))

    assert Net(world).verdict("eni-a", "eni-b") == "blocked"


# --- 17: answers ----------------------------------------------------------------------------------

CLOSED_TO_CLIENTS = (ALL_IN_100, outbound(100, "allow", "tcp", ANYWHERE, (1024, 40000)))


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ((BACK,), "established"),
        ((route(ANYWHERE, "pcx-1"),), "established"),
        ((), "none"),
        ((route("10.0.0.0/16", "local"),), "none"),
        ((route("10.0.0.0/16", "nat-1"),), "none"),
        ((route("10.0.0.0/16", "pcx-2"),), "none"),
        ((route("10.0.0.0/16", "pcx-9"),), "unknown"),
        ((route("10.0.0.0/16", "tgw-1"),), "unknown"),
        ((route(ANYWHERE, "pcx-1"), route("10.0.1.0/24", "pcx-2")), "none"),
        ((BACK, route("pl-x", "tgw-1")), "unknown"),
        ((route("10.0.0.0/16", "pcx-1", blackhole=True),), "none"),
    ],
)
def test_17_the_answer_goes_back_by_the_same_connection(
    back: tuple[Route, ...], expected: str
) -> None:
    world = peered(back=back)
    world.peering("pcx-2", "vpc-2", "vpc-3", unread={"vpc-3": "10.0.0.0/16"})

    assert Net(world).verdict("eni-a", "eni-b") == "allowed"
    assert Net(world).reply("eni-a", "eni-b") == expected


def test_17_a_public_block_of_a_peer_is_not_answered_by_an_internet_gateway() -> None:
    world = peered(back=(route(ANYWHERE, "igw-2"),), ingress=(everything(ANYWHERE),))
    world.igw("igw-2", vpc="vpc-2")
    world.vpc("vpc-1", "10.0.0.0/16", "52.1.0.0/16")
    world.subnet("subnet-p", "52.1.1.0/24", vpc="vpc-1")
    world.route_table("rtb-p", THERE, subnets=["subnet-p"], vpc="vpc-1")
    world.interface("eni-p", "subnet-p", "52.1.1.10", groups=["sg-a"])

    assert Net(world).verdict("eni-p", "eni-b") == "allowed"
    assert Net(world).reply("eni-p", "eni-b") == "none"


@pytest.mark.parametrize(("subnet", "vpc"), [("subnet-a", "vpc-1"), ("subnet-b", "vpc-2")])
def test_17_both_acls_see_the_answer(subnet: str, vpc: str) -> None:
    world = peered()
    entries = CLOSED_TO_CLIENTS
    if vpc == "vpc-1":
        entries = (
            inbound(100, "allow", "tcp", ANYWHERE, (1024, 40000)),
            outbound(100, "allow", "all", ANYWHERE),
        )
    world.acl("acl-x", *entries, subnets=[subnet], vpc=vpc)

    assert Net(world).reply("eni-a", "eni-b") == "partial"


@pytest.mark.parametrize(("read", "expected"), [(True, "none"), (False, "unknown")])
def test_17_what_came_from_the_internet_is_not_answered_by_a_connection(
    read: bool, expected: str
) -> None:
    world = peered(back=(route(ANYWHERE, "pcx-1"),), ingress=(everything(ANYWHERE),))
    world.igw("igw-2", vpc="vpc-2")
    world.interface("eni-p", "subnet-b", "10.1.1.20", groups=["sg-b"], public_ip="203.0.113.20")
    if not read:
        world.peerings.clear()

    assert Net(world).reply("198.51.100.7", "203.0.113.20") == expected


def test_17_whether_an_unread_network_is_answered_by_a_connection_stays_open() -> None:
    """It may be the network behind it."""
    world = peered(back=(route("10.9.0.0/16", "pcx-1"),), ingress=(everything(ANYWHERE),))

    assert Net(world).verdict("10.9.0.5", "eni-b") == "unknown"
    assert Net(world).reply("10.9.0.5", "eni-b") == "unknown"


# --- 7: groups ------------------------------------------------------------------------------------


def test_07_what_members_carry_is_unknown_where_groups_were_not_read() -> None:
    world = peered(egress=(tcp(443, "sg-b"),), ingress=(tcp(443, "sg-a"),))
    for one in world.interfaces:
        if one["NetworkInterfaceId"] == "eni-b":
            del one["Groups"]

    assert Net(world).verdict("eni-a", "eni-b") == "unknown"


@pytest.mark.parametrize(
    ("regions", "expected"),
    [(("r-1", "r-1"), "unknown"), (("r-1", "r-2"), "blocked"), (("", ""), "unknown")],
)
def test_07_members_of_a_peer_that_was_not_read(regions: tuple[str, str], expected: str) -> None:
    """In another Region nobody there is a member, whoever it is."""
    world = peered(there=(route("10.3.0.0/16", "pcx-3"),), egress=(tcp(443, "sg-x"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", regions=regions, unread={"vpc-3": "10.3.0.0/16"})

    assert Net(world).verdict("eni-a", "10.3.1.1") == expected


# --- 47: the private API endpoint -----------------------------------------------------------------


def test_47_a_private_endpoint_in_a_peered_vpc_stays_unknown() -> None:
    world = peered(ingress=(everything(ANYWHERE),))
    world.eks_cluster("prod", public=False, private=True, vpc="vpc-2")
    world.control_plane_interface("prod", "eni-x1", "subnet-b", "10.1.1.101", groups=["sg-b"])
    net = Net(world)

    assert net.verdict("eni-a", "eni-x1") == "allowed"
    assert net.api("eni-b") == "allowed"
    assert net.api("eni-a") == "unknown"


# --- classes and changes --------------------------------------------------------------------------


def test_hosts_behind_a_connection_are_told_apart_by_place_and_groups_alone() -> None:
    world = peered()
    for last in range(20, 60):
        world.interface(f"eni-a{last}", "subnet-a", f"10.0.1.{last}", groups=["sg-a"])
        world.interface(f"eni-b{last}", "subnet-b", f"10.1.1.{last}", groups=["sg-b"])
    net = Net(world)
    found = net.fabric.classify([net.at(name) for name in net.fabric.interfaces])

    assert len(set(found.tolist())) == 2


def test_a_connection_that_goes_and_comes_back_is_seen() -> None:
    net = Net(peered(ingress=(tcp(443, "sg-a"),)))
    ((key, _),) = net.facts.of(aws.VpcPeeringConnection)
    fact = net.facts[key]

    assert net.verdict("eni-a", "eni-b") == "allowed"
    gone = rebuilt(net, {key: (fact, None)})
    assert gone.verdict("eni-a", "eni-b") == "unknown"
    assert rebuilt(gone, {key: (None, fact)}).verdict("eni-a", "eni-b") == "allowed"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(aws.NetworkInterface, "blocked"), (aws.RouteTable, "allowed"), (aws.Vpc, "unknown")],
)
def test_what_changes_in_the_other_vpc_is_seen(kind: type, expected: str) -> None:
    """Each goes, and what is known then is what a new network would know."""
    world = peered(ingress=(tcp(443, "sg-a"),))
    world.interface("eni-other", "subnet-b", "10.1.1.11", groups=["sg-b"])
    net = Net(sides(world, without_blocks))
    assert net.verdict("eni-a", "10.1.1.10") == "allowed"

    key = next(key for key, _ in net.facts.of(kind) if key.name in ("vpc-2", "rtb-b", "eni-b"))
    delta: Delta = {key: (net.facts[key], None)}
    after, fresh = rebuilt(net, delta), Net(net.facts.apply(delta))
    pair = ("eni-a", "10.1.1.10")

    assert after.verdict(*pair) == fresh.verdict(*pair)
    assert after.reply(*pair) == fresh.reply(*pair)
    assert after.verdict(*pair) == expected
