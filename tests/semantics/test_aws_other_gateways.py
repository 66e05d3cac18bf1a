"""Gateways of one VPC beside Internet and NAT gateways: statements 25, 34 and 35.

Sources: Reachability Analyzer's explanation codes (VPCE_GATEWAY_PROTOCOL_RESTRICTION: TCP or ICMP
echo); AWS PrivateLink guide, "Gateway endpoints"; Amazon VPC user guide, "Egress-only internet
gateways".
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT,
    ALL_OUT_100,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Entry,
    Route,
    Rule,
    everything,
    gates,
    inbound,
    passed,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

SERVICE = "198.51.100.7"
ELSEWHERE = "192.0.2.5"
TO_ENDPOINT = route("pl-s3", "vpce-1")
TO_IGW = route(ANYWHERE, "igw-1")


def with_endpoint(
    *routes: Route,
    egress: tuple[Rule, ...] = ALL_OUT,
    state: str = "available",
    kind: str = "Gateway",
    acl: tuple[Entry, ...] = (),
    read: bool = True,
    vpc: str = "vpc-1",
) -> AwsWorld:
    """A host without a public address, and a gateway endpoint for 198.51.100.0/24."""
    world = AwsWorld()
    world.vpc("vpc-2", "10.9.0.0/16")
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.prefix_list("pl-s3", "198.51.100.0/24")
    world.route_table("rtb-a", *(routes or (TO_ENDPOINT,)), subnets=["subnet-a"])
    world.group("sg-host", egress=egress)
    if acl:
        world.acl("acl-a", *acl, subnets=["subnet-a"])
    world.interface("eni-host", "subnet-a", "10.0.1.10", groups=["sg-host"])
    if read:
        world.gateway_endpoint("vpce-1", state=state, kind=kind, vpc=vpc)
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/443") -> str:
    return str(ask(world.files(), src, dst, port).verdict)


# --- 35: gateway endpoints ------------------------------------------------------------------------


def test_35_a_gateway_endpoint_needs_no_public_address() -> None:
    result = ask(with_endpoint().files(), "eni-host", SERVICE, "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", "established")


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("tcp/443", "allowed"),
        ("tcp/22", "allowed"),
        ("icmp/8", "allowed"),
        ("icmp/0", "blocked"),
        ("icmp/3", "blocked"),
        ("udp/53", "blocked"),
        ("proto/47", "blocked"),
    ],
)
def test_35_it_carries_tcp_and_icmp_echo_only(port: str, expected: str) -> None:
    result = ask(with_endpoint().files(), "eni-host", SERVICE, port)

    assert result.verdict == expected
    if expected == "blocked":
        assert gates(result) == {"vpc-endpoint"}


def test_35_it_is_no_way_to_other_addresses() -> None:
    result = ask(with_endpoint().files(), "eni-host", ELSEWHERE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"route"}


def test_35_nothing_comes_in_through_it() -> None:
    assert verdict(with_endpoint(), SERVICE, "eni-host") == "blocked"


def test_25_its_route_beats_the_one_to_the_internet() -> None:
    """The host has no public address, so that the Internet gateway would drop its packets."""
    world = with_endpoint(TO_IGW, TO_ENDPOINT)
    world.igw("igw-1", vpc="vpc-1")

    assert verdict(world, "eni-host", SERVICE) == "allowed"
    assert verdict(world, "eni-host", ELSEWHERE) == "blocked"


@pytest.mark.parametrize(
    ("egress", "expected"),
    [
        ((tcp(443, "10.0.0.0/8"),), "blocked"),
        ((tcp(443, "pl-s3"),), "allowed"),
        ((tcp(443, "198.51.100.0/24"),), "allowed"),
    ],
)
def test_35_groups_are_judged_before_it(egress: tuple[Rule, ...], expected: str) -> None:
    assert verdict(with_endpoint(egress=egress), "eni-host", SERVICE) == expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [((1024, 65535), "established"), (443, "none"), ((1024, 40000), "partial")],
)
def test_35_its_answers_pass_the_network_acl_like_any_others(
    ports: int | tuple[int, int], expected: str
) -> None:
    acl = (inbound(100, "allow", "tcp", ANYWHERE, ports), ALL_OUT_100)
    result = ask(with_endpoint(acl=acl).files(), "eni-host", SERVICE, "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", expected)


@pytest.mark.parametrize("state", ["deleted", "deleting", "failed", "pending", "Deleted"])
def test_35_an_endpoint_that_is_not_available_carries_nothing(state: str) -> None:
    result = ask(with_endpoint(state=state).files(), "eni-host", SERVICE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"vpc-endpoint"}


def test_35_the_state_is_told_in_either_spelling() -> None:
    """The API writes ``Available`` in its reference and ``available`` in its answers."""
    assert verdict(with_endpoint(state="Available"), "eni-host", SERVICE) == "allowed"


def test_35_the_endpoint_of_another_vpc_carries_nothing() -> None:
    result = ask(with_endpoint(vpc="vpc-2").files(), "eni-host", SERVICE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"vpc-endpoint"}


@pytest.mark.parametrize(
    "world",
    [with_endpoint(read=False), with_endpoint(kind="GatewayLoadBalancer")],
    ids=["not read", "a firewall's"],
)
def test_35_an_endpoint_that_is_not_followed_is_unknown_by_name(world: AwsWorld) -> None:
    result = ask(world.files(), "eni-host", SERVICE, "tcp/443")

    assert result.verdict == "unknown"
    assert any("vpce-1" in one for one in unknown_objects(result))


# --- 34: egress-only internet gateways ------------------------------------------------------------

OUTSIDE_6 = "2001:db8:ffff::7"
HOST_6 = "2001:db8:0:101::10"
TO_EGRESS_ONLY = route(ANYWHERE_6, "eigw-1")


def six(*routes: Route, state: str = "attached", vpc: str = "vpc-1", read: bool = True) -> AwsWorld:
    """A host with an IPv6 address in a VPC with both kinds of Internet gateway."""
    world = AwsWorld()
    world.vpc("vpc-2", "10.9.0.0/16")
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.igw("igw-1")
    world.route_table("rtb-a", *(routes or (TO_EGRESS_ONLY,)), subnets=["subnet-a"])
    world.group(
        "sg-host",
        ingress=[everything(ANYWHERE, ANYWHERE_6)],
        egress=[everything(ANYWHERE, ANYWHERE_6)],
    )
    world.interface("eni-host", "subnet-a", "10.0.1.10", groups=["sg-host"], ipv6=[HOST_6])
    if read:
        world.egress_only("eigw-1", state=state, vpc=vpc)
    return world


def test_34_what_goes_out_has_its_answer() -> None:
    result = ask(six().files(), HOST_6, OUTSIDE_6, "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", "established")
    assert "egress-only-gateway" in passed(result)


def test_34_what_comes_in_through_the_internet_gateway_has_no_answer() -> None:
    """The Internet gateway lets it in; the answer leaves by the egress-only one, which knows of no
    such connection."""
    result = ask(six().files(), OUTSIDE_6, HOST_6, "tcp/443")

    assert (result.verdict, result.reply) == ("allowed", "none")


def test_34_without_an_internet_gateway_nothing_comes_in() -> None:
    world = six()
    world.igws.clear()

    assert verdict(world, HOST_6, OUTSIDE_6) == "allowed"
    assert verdict(world, OUTSIDE_6, HOST_6) == "blocked"


def test_34_it_carries_no_ipv4() -> None:
    assert verdict(six(), "10.0.1.10", SERVICE) == "blocked"


@pytest.mark.parametrize(
    "world", [six(state="detached"), six(vpc="vpc-2")], ids=["detached", "of another VPC"]
)
def test_34_a_gateway_that_is_not_attached_carries_nothing(world: AwsWorld) -> None:
    result = ask(world.files(), HOST_6, OUTSIDE_6, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"egress-only-gateway"}


def test_34_a_gateway_that_was_not_read_is_unknown_by_name() -> None:
    result = ask(six(read=False).files(), HOST_6, OUTSIDE_6, "tcp/443")

    assert result.verdict == "unknown"
    assert any("eigw-1" in one for one in unknown_objects(result))


def test_33_block_public_access_that_is_not_read_leaves_it_unknown_too() -> None:
    """33 names both kinds of gateway."""
    files = six().files()
    files["aws/bpa.json"] = (
        '{"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-bidirectional"}}'
    )

    assert ask(files, HOST_6, OUTSIDE_6, "tcp/443").verdict == "unknown"


def test_an_acl_stands_before_an_egress_only_gateway() -> None:
    world = six()
    world.acl("acl-a", ALL_IN_100, subnets=["subnet-a"])

    result = ask(world.files(), HOST_6, OUTSIDE_6, "tcp/443")

    assert result.verdict == "blocked"
    assert "nacl-out" in gates(result)
