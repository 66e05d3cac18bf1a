"""Gateway endpoints and egress-only gateways in the engine: aws.md 17, 29, 34, 35.

What the sources say of them is asked in tests/semantics/test_aws_other_gateways.py, of the engine
too. Verdicts are aws.md's.
"""

from __future__ import annotations

import pytest

from ringwall.facts import aws
from tests.model.fabric_net import Net
from tests.model.test_fabric_laws import rebuilt
from tests.semantics.aws_world import (
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    everything,
    inbound,
    outbound,
    route,
)

SERVICE = "198.51.100.7"
HOST_6, OTHER_6, OUTSIDE_6 = "2001:db8:0:101::10", "2001:db8:0:102::20", "2001:db9::7"
TO_IGW = route(ANYWHERE, "igw-1")


def hosts(*routes: tuple[str, str]) -> AwsWorld:
    """A host of both families whose subnet has these routes, and one whose subnet leads to an
    Internet gateway; their ACLs let all pass, but make answers matter."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.subnet("subnet-b", "10.0.2.0/24", ipv6="2001:db8:0:102::/64")
    world.igw("igw-1")
    world.route_table("rtb-a", *(route(*one) for one in routes), subnets=["subnet-a"])
    world.route_table("rtb-b", TO_IGW, route(ANYWHERE_6, "igw-1"), subnets=["subnet-b"])
    for name in ("a", "b"):
        ends = (ANYWHERE, ANYWHERE_6)
        entries = [inbound(100 + i, "allow", "all", end) for i, end in enumerate(ends)]
        entries += [outbound(100 + i, "allow", "all", end) for i, end in enumerate(ends)]
        world.acl(f"acl-{name}", *entries, subnets=[f"subnet-{name}"])
    open_ = [everything(ANYWHERE, ANYWHERE_6)]
    world.group("sg-open", ingress=open_, egress=open_)
    world.interface(
        "eni-host",
        "subnet-a",
        "10.0.1.10",
        groups=["sg-open"],
        ipv6=[HOST_6],
        public_ip="203.0.113.10",
    )
    world.interface(
        "eni-other",
        "subnet-b",
        "10.0.2.20",
        groups=["sg-open"],
        ipv6=[OTHER_6],
        public_ip="203.0.113.20",
    )
    return world


# --- 35: gateway endpoints ------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["203.0.113.20", "10.8.0.5"])
def test_35_nothing_but_a_service_is_behind_an_endpoint(target: str) -> None:
    """Neither the public address of an interface nor a private address is one of a service."""
    world = hosts((ANYWHERE, "vpce-1"))
    world.gateway_endpoint("vpce-1")

    assert Net(world).verdict("eni-host", SERVICE) == "allowed"
    assert Net(world).verdict("eni-host", target) == "blocked"


def test_35_the_service_sees_the_private_address() -> None:
    world = hosts(("198.51.100.0/24", "vpce-1"))
    world.gateway_endpoint("vpce-1")

    assert Net(world).seen("eni-host", SERVICE) == []
    assert not Net(world).crossing("eni-host", SERVICE).arrived


def test_35_of_ipv6_it_takes_echo_requests_too() -> None:
    world = hosts((ANYWHERE_6, "vpce-1"))
    world.gateway_endpoint("vpce-1")
    net = Net(world)

    assert net.verdict("eni-host", OUTSIDE_6, "icmpv6/128", family=6) == "allowed"
    assert net.verdict("eni-host", OUTSIDE_6, "icmpv6/129", family=6) == "blocked"


@pytest.mark.parametrize(
    ("kind", "read", "expected"),
    [("Gateway", True, "none"), ("GatewayLoadBalancer", True, "unknown"), ("", False, "unknown")],
)
def test_35_an_answer_through_an_endpoint_reaches_a_service_and_not_the_client(
    kind: str, read: bool, expected: str
) -> None:
    """The client comes in by the Internet gateway; the host's own route leads elsewhere."""
    world = hosts(("198.51.100.0/24", "vpce-1"))
    if read:
        world.gateway_endpoint("vpce-1", kind=kind)

    assert Net(world).verdict(SERVICE, "203.0.113.10") == "allowed"
    assert Net(world).reply(SERVICE, "203.0.113.10") == expected


def test_35_which_answer_would_settle_it_is_said() -> None:
    unread, firewall = hosts((ANYWHERE, "vpce-1")), hosts((ANYWHERE, "vpce-1"))
    firewall.gateway_endpoint("vpce-1", kind="GatewayLoadBalancer")

    (why,) = Net(unread).reasons("eni-host", SERVICE)
    assert "aws ec2 describe-vpc-endpoints" in why.needs
    (why,) = Net(firewall).reasons("eni-host", SERVICE)
    assert "does not follow" in why.needs


# --- 34: egress-only gateways ---------------------------------------------------------------------


def test_34_another_interface_is_reached_as_from_the_internet() -> None:
    world = hosts((ANYWHERE_6, "eigw-1"))
    world.vpc("vpc-2", "10.7.0.0/16", ipv6="2001:db8:0:700::/56")
    world.subnet("subnet-far", "10.7.1.0/24", ipv6="2001:db8:0:701::/64", vpc="vpc-2")
    world.route_table("rtb-far", route(ANYWHERE_6, "igw-2"), subnets=["subnet-far"], vpc="vpc-2")
    world.interface(
        "eni-far", "subnet-far", "10.7.1.5", groups=["sg-open"], ipv6=["2001:db8:0:701::5"]
    )
    world.egress_only("eigw-1", vpc="vpc-1")
    assert Net(world).verdict("eni-host", "eni-far", family=6) == "unknown"  # is there an igw-2?

    world.igw("igw-2", vpc="vpc-2")
    net = Net(world)
    assert net.verdict("eni-host", "eni-far", family=6) == "allowed"
    assert net.reply(HOST_6, "2001:db8:0:701::5") == "established"
    assert net.verdict("eni-far", "eni-host", family=6) == "allowed"  # by vpc-1's own igw-1
    assert net.reply("2001:db8:0:701::5", HOST_6) == "none"


def test_34_nothing_is_translated() -> None:
    world = hosts((ANYWHERE_6, "eigw-1"))
    world.egress_only("eigw-1")

    assert Net(world).seen(HOST_6, OUTSIDE_6) == []


@pytest.mark.parametrize(("read", "expected"), [(True, "none"), (False, "unknown")])
def test_34_only_a_gateway_that_was_read_surely_keeps_answers_back(
    read: bool, expected: str
) -> None:
    world = hosts((ANYWHERE_6, "eigw-1"))
    if read:
        world.egress_only("eigw-1")

    assert Net(world).verdict(OUTSIDE_6, HOST_6) == "allowed"
    assert Net(world).reply(OUTSIDE_6, HOST_6) == expected


def test_34_a_private_destination_is_not_behind_it() -> None:
    world = hosts((ANYWHERE_6, "eigw-1"))
    world.egress_only("eigw-1")

    assert Net(world).verdict(HOST_6, "fc00::7") == "blocked"


# --- 29: behind a NAT gateway ---------------------------------------------------------------------


@pytest.mark.parametrize("target", ["vpce-1", "eigw-1"])
def test_29_what_a_nat_gateway_passes_on_to_them_is_not_followed(target: str) -> None:
    world = hosts((ANYWHERE, "nat-1"))
    world.subnet("subnet-n", "10.0.3.0/24")
    world.route_table("rtb-n", route(ANYWHERE, target), subnets=["subnet-n"])
    world.nat("nat-1", "subnet-n", "10.0.3.5", "203.0.113.50")
    world.gateway_endpoint("vpce-1")
    world.egress_only("eigw-1")

    assert Net(world).verdict("eni-host", SERVICE) == "unknown"


# --- changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [aws.VpcEndpoint, aws.EgressOnlyInternetGateway])
def test_a_gateway_that_goes_and_comes_back_is_seen(kind: type) -> None:
    world = hosts((ANYWHERE_6, "eigw-1"), ("198.51.100.0/24", "vpce-1"))
    world.gateway_endpoint("vpce-1")
    world.egress_only("eigw-1")
    pair = (HOST_6, OUTSIDE_6) if kind is aws.EgressOnlyInternetGateway else ("eni-host", SERVICE)
    net = Net(world)
    ((key, _),) = net.facts.of(kind)
    fact = net.facts[key]

    assert net.verdict(*pair) == "allowed"
    gone = rebuilt(net, {key: (fact, None)})
    assert gone.verdict(*pair) == "unknown"
    assert rebuilt(gone, {key: (None, fact)}).verdict(*pair) == "allowed"
