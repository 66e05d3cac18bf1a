"""Routes and gateways in the engine: aws.md 22, 24, 26, 28, 29, 33. Verdicts are aws.md's.

What else the sources say of them is asked in tests/semantics/test_aws_routes.py, of the engine too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT,
    ALL_OUT_100,
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

OUTSIDE = "198.51.100.7"
ELSEWHERE = "192.0.2.5"
TO_IGW = route(ANYWHERE, "igw-1")


def one_host(
    *routes: Route,
    public_ip: str | None = "203.0.113.10",
    ingress: tuple[Rule, ...] = (everything(ANYWHERE),),
    egress: tuple[Rule, ...] = ALL_OUT,
    main: bool = False,
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", "10.1.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.igw("igw-1")
    world.route_table("rtb-a", *routes, subnets=() if main else ["subnet-a"], main=main)
    world.group("sg-host", ingress=ingress, egress=egress)
    world.interface("eni-host", "subnet-a", "10.0.1.10", groups=["sg-host"], public_ip=public_ip)
    return world


def verdict(world: AwsWorld | dict[str, str], src: str, dst: str, port: str = "tcp/443") -> str:
    return Net(world).verdict(src, dst, port)


def edited(world: AwsWorld, call: str, change: Callable[[Any], object]) -> dict[str, str]:
    """The world's files with one answer changed."""
    files = world.files()
    body = json.loads(files[f"aws/{call}.json"])
    change(body)
    files[f"aws/{call}.json"] = json.dumps(body)
    return files


# --- which route ---------------------------------------------------------------------------------


def test_24_a_static_route_beats_a_propagated_one_of_the_same_length() -> None:
    world = one_host(route("10.8.0.0/16", "vgw-1"), route("10.8.0.0/16", "nat-x", blackhole=True))
    files = edited(
        world,
        "describe-route-tables",
        lambda body: body["RouteTables"][0]["Routes"][2].update(Origin="EnableVgwRoutePropagation"),
    )

    assert verdict(files, "eni-host", "10.8.1.1") == "blocked"


def test_22_an_unread_prefix_list_may_hide_every_other_route() -> None:
    world = one_host(TO_IGW, route("pl-s3", "vpce-1"))

    assert verdict(world, "eni-host", OUTSIDE) == "unknown"
    world.prefix_list("pl-s3", "52.216.0.0/15")
    assert verdict(world, "eni-host", OUTSIDE) == "allowed"
    assert verdict(world, "eni-host", "52.217.0.1") == "unknown"


TO_LIST = route("pl-partner", "tgw-1")
NOWHERE = route(ANYWHERE, "nat-deleted", blackhole=True)
LAST_WORDS = pytest.mark.parametrize(
    "rest",
    [(), (NOWHERE,), (TO_IGW,), (route(ANYWHERE, "nat-x"),), (route(ANYWHERE, "tgw-2"),)],
    ids=["no route", "a blackhole", "an Internet gateway", "a NAT gateway", "any other"],
)
"""Routes of which none is the last word while an unread prefix list may hide a longer one."""


@LAST_WORDS
@pytest.mark.parametrize("far", [OUTSIDE, "192.168.7.7"])
def test_22_what_an_unread_prefix_list_hides_may_lead_anywhere(
    rest: tuple[Route, ...], far: str
) -> None:
    net = Net(one_host(TO_LIST, *rest, public_ip=None))

    assert net.verdict("eni-host", far) == "unknown"
    assert {one.object for one in net.reasons("eni-host", far)} == {"rtb-a pl-partner"}


@LAST_WORDS
def test_22_what_is_shut_before_a_doubtful_route_stays_shut(rest: tuple[Route, ...]) -> None:
    by_group = one_host(TO_LIST, *rest, egress=(tcp(443, "10.0.0.0/16"),))
    by_acl = one_host(TO_LIST, *rest)
    inner = outbound(100, "allow", "all", "10.0.0.0/16")
    by_acl.acl("acl-a", ALL_IN_100, inner, subnets=["subnet-a"])

    assert verdict(by_group, "eni-host", OUTSIDE) == "blocked"
    assert verdict(by_acl, "eni-host", OUTSIDE) == "blocked"


def test_22_behind_a_doubtful_route_nobody_is_judged() -> None:
    world = one_host(TO_IGW, TO_LIST)
    world.group("sg-shut")
    world.interface(
        "eni-shut", "subnet-a", "10.0.1.40", groups=["sg-shut"], public_ip="203.0.113.40"
    )

    assert verdict(world, "eni-host", "203.0.113.40") == "unknown"
    world.prefix_list("pl-partner", "198.51.100.0/24")
    assert verdict(world, "eni-host", "203.0.113.40") == "blocked"


def test_22_a_doubtful_route_at_home_goes_on_to_who_receives() -> None:
    world = one_host(TO_LIST)
    world.subnet("subnet-b", "10.1.5.0/24")
    world.group("sg-shut")
    world.interface("eni-open", "subnet-b", "10.1.5.9", groups=["sg-host"])
    world.interface("eni-shut", "subnet-b", "10.1.5.10", groups=["sg-shut"])

    assert verdict(world, "eni-host", "eni-open") == "unknown"
    assert verdict(world, "eni-host", "eni-shut") == "blocked"
    assert verdict(world, "eni-host", "10.1.5.200") == "blocked"


# --- Internet gateways ---------------------------------------------------------------------------


def test_28_ipv6_is_never_translated() -> None:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.igw("igw-1")
    both = everything(ANYWHERE, ANYWHERE_6)
    world.group("sg-both", ingress=[both], egress=[both])
    for name, block in (("a", "101"), ("b", "102")):
        world.subnet(f"subnet-{name}", f"10.0.{block[2]}.0/24", ipv6=f"2001:db8:0:{block}::/64")
        world.interface(
            f"eni-{name}",
            f"subnet-{name}",
            f"10.0.{block[2]}.10",
            groups=["sg-both"],
            ipv6=[f"2001:db8:0:{block}::10"],
        )
    world.route_table("rtb-a", route(ANYWHERE_6, "igw-1"), subnets=["subnet-a"])
    net = Net(world)

    assert net.crossing("eni-a", "2001:db9::7", family=6).source is None
    assert net.verdict("eni-a", "eni-b", family=6) == "allowed"


def test_28_a_vpc_without_a_gateway_is_not_reached() -> None:
    world = one_host()
    world.igws.clear()

    assert verdict(world, OUTSIDE, "eni-host") == "blocked"
    without = {
        name: text
        for name, text in one_host(TO_IGW).files().items()
        if "internet-gateways" not in name
    }
    assert verdict(without, OUTSIDE, "eni-host") == "unknown"


def test_33_block_public_access_is_named() -> None:
    files = one_host(TO_IGW).files()
    files["aws/bpa.json"] = (
        '{"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-bidirectional"}}'
    )

    reasons = Net(files).reasons("eni-host", OUTSIDE)

    assert {one.code for one in reasons} == {"public-access-not-read"}


def test_26_an_edge_route_table_leaves_what_comes_in_unknown() -> None:
    files = edited(
        one_host(TO_IGW),
        "describe-route-tables",
        lambda body: body["RouteTables"].append(
            {
                "RouteTableId": "rtb-edge",
                "VpcId": "vpc-1",
                "Routes": [],
                "Associations": [{"Main": False, "GatewayId": "igw-1"}],
            }
        ),
    )

    assert verdict(files, OUTSIDE, "eni-host") == "unknown"
    assert verdict(files, "eni-host", OUTSIDE) == "allowed"


# --- NAT gateways --------------------------------------------------------------------------------


def behind_nat(
    *,
    public: tuple[Any, ...] = (ALL_IN_100, ALL_OUT_100),
    routes: tuple[Route, ...] = (TO_IGW,),
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-public", "10.0.1.0/24")
    world.subnet("subnet-private", "10.0.2.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", *routes, subnets=["subnet-public"])
    world.route_table("rtb-private", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
    world.acl("acl-public", *public, subnets=["subnet-public"])
    world.group("sg-client", ingress=[everything(ANYWHERE)])
    world.interface("eni-client", "subnet-private", "10.0.2.10", groups=["sg-client"])
    return world


def test_29_through_a_nat_gateway_the_source_is_its_public_address() -> None:
    net = Net(behind_nat())

    assert net.verdict("eni-client", OUTSIDE) == "allowed"
    assert net.seen("eni-client", OUTSIDE) == ["203.0.113.50/32"]
    assert net.reply("eni-client", OUTSIDE) == "established"
    assert net.verdict(OUTSIDE, "eni-client") == "blocked"


@pytest.mark.parametrize(
    ("port", "expected"),
    [("udp/53", "allowed"), ("icmp/8", "allowed"), ("proto/47", "blocked"), ("sctp/9", "blocked")],
)
def test_29_a_nat_gateway_takes_tcp_udp_and_icmp(port: str, expected: str) -> None:
    assert verdict(behind_nat(), "eni-client", OUTSIDE, port) == expected


def test_19_the_acl_behind_a_nat_gateway_sees_the_destination() -> None:
    for named, expected in (("198.51.100.0/24", "allowed"), ("10.0.2.0/24", "blocked")):
        world = behind_nat(public=(ALL_IN_100, outbound(100, "allow", "tcp", named, 443)))
        assert verdict(world, "eni-client", OUTSIDE) == expected


def test_28_behind_a_nat_gateway_another_gateway_is_not_read() -> None:
    world = behind_nat(routes=(route(ANYWHERE, "tgw-1"),))

    assert verdict(world, "eni-client", OUTSIDE) == "unknown"


@LAST_WORDS
def test_22_behind_a_nat_gateway_a_hidden_route_may_lead_anywhere(rest: tuple[Route, ...]) -> None:
    net = Net(behind_nat(routes=(TO_LIST, *rest)))

    assert net.verdict("eni-client", OUTSIDE) == "unknown"
    assert net.verdict("eni-client", "192.168.7.7") == "unknown"
    assert net.verdict("eni-client", OUTSIDE, "proto/47") == "blocked"
    assert {one.object for one in net.reasons("eni-client", OUTSIDE)} == {"rtb-public pl-partner"}


def nat_gateway(**fields: Any) -> dict[str, str]:
    return edited(
        behind_nat(), "describe-nat-gateways", lambda body: body["NatGateways"][0].update(fields)
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"State": "deleting"}, "blocked"),
        ({"ConnectivityType": "private"}, "blocked"),
        ({"VpcId": "vpc-other"}, "blocked"),
        ({"NatGatewayAddresses": None}, "unknown"),
        ({"NatGatewayAddresses": [{"PrivateIp": "10.0.1.5"}]}, "blocked"),
        ({"NatGatewayId": "nat-other"}, "unknown"),
    ],
)
def test_29_what_a_nat_gateway_has_to_be(fields: dict[str, Any], expected: str) -> None:
    assert verdict(nat_gateway(**fields), "eni-client", OUTSIDE) == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (("203.0.113.50/31",), "allowed"),
        (("203.0.113.50/32",), "unknown"),
        (("203.0.113.60/32",), "blocked"),
    ],
)
def test_29_one_of_several_addresses_is_surely_in_perhaps_in_or_not_in(
    named: tuple[str, ...], expected: str
) -> None:
    world = behind_nat()
    world.group("sg-server", ingress=[tcp(443, *named)])
    world.interface(
        "eni-server", "subnet-public", "10.0.1.20", groups=["sg-server"], public_ip="203.0.113.20"
    )
    pairs = [
        {"PrivateIp": f"10.0.1.{last}", "PublicIp": f"203.0.113.{last + 45}"} for last in (5, 6)
    ]
    files = edited(
        world,
        "describe-nat-gateways",
        lambda body: body["NatGateways"][0].update(NatGatewayAddresses=pairs),
    )
    net = Net(files)

    assert net.verdict("eni-client", "203.0.113.20") == expected
    assert net.seen("eni-client", OUTSIDE) == ["203.0.113.50/31"]


# --- what is not read ----------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["tgw-0hub", "pcx-0peer", "vgw-0site", "eni-x", "eigw-1"])
def test_a_route_to_anything_else_is_unknown_by_name(target: str) -> None:
    net = Net(one_host(route("10.8.0.0/16", target), TO_IGW))

    assert net.verdict("eni-host", "10.8.1.5") == "unknown"
    assert {one.object for one in net.reasons("eni-host", "10.8.1.5")} == {target}
    assert net.verdict("eni-host", OUTSIDE) == "allowed"


def test_routes_not_read_leave_the_way_unknown_but_what_is_sure_still_blocks() -> None:
    world = one_host(TO_IGW)
    world.subnet("subnet-b", "10.0.2.0/24")
    world.group("sg-shut")
    world.interface("eni-shut", "subnet-b", "10.0.2.10", groups=["sg-shut"])
    world.interface("eni-open", "subnet-b", "10.0.2.11", groups=["sg-host"])
    files = edited(
        world,
        "describe-route-tables",
        lambda body: [table.pop("Routes") for table in body["RouteTables"]],
    )

    assert verdict(files, "eni-host", "eni-open") == "unknown"
    assert verdict(files, "eni-host", "eni-shut") == "blocked"
    assert verdict(files, "eni-host", OUTSIDE) == "unknown"


def test_a_table_on_a_further_page_may_be_the_subnets() -> None:
    world = one_host(TO_IGW, main=True)
    files = edited(world, "describe-route-tables", lambda body: body.update(NextToken="x"))

    assert verdict(files, "eni-host", OUTSIDE) == "unknown"


# --- addresses that nobody has -------------------------------------------------------------------


@pytest.mark.parametrize("nobody", ["10.0.1.200", "10.0.77.7", "10.1.9.9"])
def test_an_unowned_address_of_the_vpc_neither_sends_nor_is_reached_from_outside(
    nobody: str,
) -> None:
    assert verdict(one_host(TO_IGW), nobody, "eni-host") == "blocked"
    assert verdict(one_host(TO_IGW), OUTSIDE, nobody) == "blocked"


def test_an_unowned_address_is_unknown_where_not_every_interface_was_read() -> None:
    files = edited(
        one_host(TO_IGW), "describe-network-interfaces", lambda body: body.update(NextToken="x")
    )

    assert verdict(files, "eni-host", "10.0.1.200") == "unknown"
    assert verdict(files, "10.0.1.200", "eni-host") == "unknown"


def test_between_addresses_outside_only_public_destinations_are_open() -> None:
    assert verdict(one_host(TO_IGW), OUTSIDE, ELSEWHERE) == "allowed"
    assert verdict(one_host(TO_IGW), OUTSIDE, "192.168.1.1") == "blocked"


def test_an_address_of_two_vpcs_is_not_taken_for_the_other() -> None:
    """Two VPCs with the same block and no connection: local traffic stays in its own."""
    world = one_host(TO_IGW)
    world.vpc("vpc-2", "10.0.0.0/16")
    world.subnet("subnet-2", "10.0.1.0/24")
    world.group("sg-far", ingress=[everything(ANYWHERE)])
    world.interface("eni-far", "subnet-2", "10.0.1.10", groups=["sg-far"])
    world.interface("eni-near", "subnet-2", "10.0.1.11", groups=["sg-far"])
    world.interface("eni-free", "subnet-2", "10.0.1.12", groups=["sg-far"])
    world.interface("eni-near-1", "subnet-a", "10.0.1.11", groups=["sg-host"])
    net = Net(world)

    assert net.verdict("eni-far", "eni-near") == "allowed"
    assert net.verdict("eni-host", "eni-near-1") == "allowed"
    assert net.verdict("eni-host", "eni-near") == "blocked"
    assert net.verdict("eni-host", "eni-free") == "blocked"


# --- other private networks ----------------------------------------------------------------------


def test_a_connected_private_network_may_come_in_with_groups_that_are_not_known() -> None:
    world = one_host(route("10.9.0.0/16", "pcx-1"), ingress=(tcp(443, "sg-peer"),))

    assert verdict(world, "10.9.0.5", "eni-host") == "unknown"
    assert verdict(world, "10.9.0.5", "eni-host", "tcp/80") == "blocked"


def test_a_private_source_is_not_refused_where_the_vpc_was_not_read() -> None:
    files = {name: text for name, text in one_host(TO_IGW).files().items() if "vpcs" not in name}

    assert verdict(files, "192.168.2.77", "eni-host") == "unknown"


@pytest.mark.parametrize(
    ("routes", "expected"), [((TO_IGW,), "blocked"), ((route("10.9.0.0/16", "pcx-1"),), "unknown")]
)
def test_an_address_that_no_interface_has_is_in_the_vpc_of_its_holders_seat(
    routes: tuple[Route, ...], expected: str
) -> None:
    """A pod whose IPv6 address no interface lists sits where its IPv4 address is."""
    world = one_host(*routes, ingress=(everything(ANYWHERE, ANYWHERE_6),))
    world.acl(
        "acl-a",
        inbound(100, "allow", "all", ANYWHERE_6),
        outbound(100, "allow", "all", ANYWHERE_6),
        subnets=["subnet-a"],
    )
    world.interface("eni-n1", "subnet-a", "10.0.1.30", groups=["sg-host"], instance="i-1")
    world.node("n1", "i-1")
    world.pod("both", "10.0.1.30", "n1")
    world.objects[-1]["status"]["podIPs"].append({"ip": "2001:db8:0:2::22"})
    net = Net(world)

    assert net.verdict("fc00::1", "default/both[Pod]", family=6) == expected
