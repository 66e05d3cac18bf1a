"""Peering connections: statements 7 and 31.

Sources: Reachability Analyzer's explanation codes (PCX_REQUIRES_ADDRESS_IN_VPC_CIDR); VPC peering
guide, "How VPC peering connections work", "Update your security groups to reference peer security
groups".
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Route,
    Rule,
    everything,
    gates,
    inbound,
    outbound,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

THERE, BACK = route("10.1.0.0/16", "pcx-1"), route("10.0.0.0/16", "pcx-1")
REGIONS = ("eu-west-1", "eu-west-1")


def two_vpcs(
    *,
    there: tuple[Route, ...] = (THERE,),
    back: tuple[Route, ...] = (BACK,),
    ingress: tuple[Rule, ...] = (everything("10.0.0.0/16"),),
    egress: tuple[Rule, ...] = ALL_OUT,
    state: str = "active",
    regions: tuple[str, str] = REGIONS,
    peered: bool = True,
) -> AwsWorld:
    """eni-a in vpc-1 and eni-b in vpc-2, with a peering connection between their VPCs."""
    world = AwsWorld()
    for number, name, routes in (("1", "a", there), ("2", "b", back)):
        block = f"10.{int(number) - 1}"
        world.vpc(f"vpc-{number}", f"{block}.0.0/16")
        world.subnet(f"subnet-{name}", f"{block}.1.0/24")
        world.route_table(f"rtb-{name}", *routes, subnets=[f"subnet-{name}"])
    world.group("sg-a", egress=egress, vpc="vpc-1")
    world.group("sg-b", ingress=ingress, vpc="vpc-2")
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-a"])
    world.interface("eni-b", "subnet-b", "10.1.1.10", groups=["sg-b"])
    if peered:
        world.peering("pcx-1", "vpc-1", "vpc-2", state=state, regions=regions)
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/443") -> str:
    return str(ask(world.files(), src, dst, port).verdict)


# --- 31: which way -------------------------------------------------------------------------------


@pytest.mark.parametrize("dst", ["eni-b", "10.1.1.10"])
def test_31_a_route_on_both_sides_leads_there_and_back(dst: str) -> None:
    result = ask(two_vpcs().files(), "eni-a", dst, "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", "established")


def test_31_either_side_may_have_asked_for_the_connection() -> None:
    world = two_vpcs(peered=False)
    world.peering("pcx-1", "vpc-2", "vpc-1")

    assert verdict(world, "eni-a", "eni-b") == "allowed"


def test_31_without_a_route_there_is_no_way() -> None:
    result = ask(two_vpcs(there=()).files(), "eni-a", "eni-b", "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"route"}


def test_31_without_a_route_back_there_is_no_answer() -> None:
    result = ask(two_vpcs(back=()).files(), "eni-a", "eni-b", "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", "none")


def test_31_an_answer_through_another_gateway_does_not_arrive() -> None:
    """The answer goes to an Internet gateway, which drops private destinations."""
    world = two_vpcs(back=(route(ANYWHERE, "igw-2"),))
    world.igw("igw-2", vpc="vpc-2")

    assert ask(world.files(), "eni-a", "eni-b", "tcp/443").reply == "none"


@pytest.mark.parametrize("state", ["deleted", "pending-acceptance", "rejected", "expired"])
def test_31_a_connection_that_is_not_active_carries_nothing(state: str) -> None:
    result = ask(two_vpcs(state=state).files(), "eni-a", "eni-b", "tcp/443")

    assert result.verdict == "blocked"
    assert "peering" in gates(result)


@pytest.mark.parametrize("dst", ["10.9.9.9", "198.51.100.7"])
def test_31_only_the_peers_own_addresses_are_behind_it(dst: str) -> None:
    """Neither a third network nor the peer's Internet gateway: peering is not transitive."""
    world = two_vpcs(there=(route(ANYWHERE, "pcx-1"),))
    world.igw("igw-2", vpc="vpc-2")

    result = ask(world.files(), "eni-a", dst, "tcp/443")

    assert result.verdict == "blocked"
    assert "peering" in gates(result)


def test_31_a_connection_of_other_vpcs_carries_nothing() -> None:
    world = two_vpcs(peered=False)
    world.peering("pcx-1", "vpc-2", "vpc-3", unread={"vpc-3": "10.3.0.0/16"})

    result = ask(world.files(), "eni-a", "eni-b", "tcp/443")

    assert result.verdict == "blocked"
    assert "peering" in gates(result)


def test_31_a_connection_that_was_not_read_is_unknown_by_name() -> None:
    result = ask(two_vpcs(peered=False).files(), "eni-a", "eni-b", "tcp/443")

    assert result.verdict == "unknown"
    assert any("pcx-1" in one for one in unknown_objects(result))


def test_31_an_address_of_the_peer_that_nobody_has_is_nobodys() -> None:
    assert verdict(two_vpcs(), "eni-a", "10.1.7.7") == "blocked"


def test_31_what_a_peer_that_was_not_read_holds_is_unknown() -> None:
    world = two_vpcs(there=(route("10.3.0.0/16", "pcx-3"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", unread={"vpc-3": "10.3.0.0/16"})

    result = ask(world.files(), "eni-a", "10.3.1.10", "tcp/443")

    assert result.verdict == "unknown"


def test_31_a_group_blocks_before_a_peer_that_was_not_read() -> None:
    world = two_vpcs(there=(route("10.3.0.0/16", "pcx-3"),), egress=(tcp(443, "10.1.0.0/16"),))
    world.peering("pcx-3", "vpc-1", "vpc-3", unread={"vpc-3": "10.3.0.0/16"})

    assert verdict(world, "eni-a", "10.3.1.10") == "blocked"


# --- 18: both subnets' ACLs stand on the way ------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"), [("10.0.1.0/24", "allowed"), ("10.1.0.0/16", "blocked")]
)
def test_18_the_peers_acl_sees_the_senders_address(source: str, expected: str) -> None:
    world = two_vpcs()
    world.acl(
        "acl-b",
        inbound(100, "allow", "tcp", source, 443),
        outbound(100, "allow", "all", ANYWHERE),
        subnets=["subnet-b"],
        vpc="vpc-2",
    )

    assert verdict(world, "eni-a", "eni-b") == expected


# --- 7: groups across a peering connection --------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (("eu-west-1", "eu-west-1"), "allowed"),
        (("eu-west-1", "eu-central-1"), "blocked"),
        (("", ""), "unknown"),
        (("eu-west-1", ""), "unknown"),
    ],
)
def test_07_a_rule_that_names_the_peers_group_works_in_one_region(
    regions: tuple[str, str], expected: str
) -> None:
    ingress = two_vpcs(ingress=(tcp(443, "sg-a"),), regions=regions)
    egress = two_vpcs(egress=(tcp(443, "sg-b"),), regions=regions)

    assert verdict(ingress, "eni-a", "eni-b") == expected
    assert verdict(egress, "eni-a", "eni-b") == expected


def test_07_membership_of_the_peers_interface_decides() -> None:
    assert verdict(two_vpcs(ingress=(tcp(443, "sg-b"),)), "eni-a", "eni-b") == "blocked"
    assert verdict(two_vpcs(egress=(tcp(443, "sg-a"),)), "eni-a", "eni-b") == "blocked"


# --- 51: pods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"), [("10.0.1.20/32", "allowed"), ("10.0.1.21/32", "blocked")]
)
def test_51_the_peer_sees_the_node_of_a_pod(source: str, expected: str) -> None:
    """A peer's address is none of the VPC: the node's primary address takes the pod's place."""
    world = two_vpcs(ingress=(everything(source),))
    world.group("sg-node", vpc="vpc-1")
    world.interface(
        "eni-node",
        "subnet-a",
        "10.0.1.20",
        groups=["sg-node"],
        secondary=["10.0.1.21"],
        instance="i-1",
    )
    world.node("n1", "i-1")
    world.pod("web", "10.0.1.21", "n1")

    assert verdict(world, "default/web[Pod]", "eni-b") == expected
