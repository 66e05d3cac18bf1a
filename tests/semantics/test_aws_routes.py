"""Routes and gateways: statements 22 and 28, transit gateways, and addresses that nobody has."""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Route,
    Rule,
    deciding,
    everything,
    gates,
    outbound,
    passed,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

HOST = "10.0.1.10"
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
    """A host in one subnet whose table (or whose VPC's main table) has these routes."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", "10.1.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.igw("igw-1")
    world.route_table("rtb-a", *routes, subnets=() if main else ["subnet-a"], main=main)
    world.group("sg-host", ingress=ingress, egress=egress)
    world.interface("eni-host", "subnet-a", HOST, groups=["sg-host"], public_ip=public_ip)
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/443") -> str:
    return str(ask(world.files(), src, dst, port).verdict)


# --- 22: which route -----------------------------------------------------------------------------

DEAD_PART = route("198.51.100.0/24", "nat-deleted", blackhole=True)


@pytest.mark.parametrize("routes", [(TO_IGW, DEAD_PART), (DEAD_PART, TO_IGW)])
def test_22_the_longest_prefix_wins(routes: tuple[Route, ...]) -> None:
    """22: the more specific route decides although a wider one would do, in any order."""
    world = one_host(*routes)
    dropped = ask(world.files(), "eni-host", OUTSIDE, "tcp/443")

    assert dropped.verdict == "blocked"
    assert gates(dropped) == {"route"}
    assert deciding(dropped, "route") == {("rtb-a", "198.51.100.0/24")}
    assert verdict(world, "eni-host", ELSEWHERE) == "allowed"


def test_22_a_live_route_inside_a_blackhole_wins() -> None:
    """22: the same the other way round: only the rest of the wide route is dropped."""
    world = one_host(
        route(ANYWHERE, "nat-deleted", blackhole=True), route("198.51.100.0/24", "igw-1")
    )

    assert verdict(world, "eni-host", OUTSIDE) == "allowed"
    assert verdict(world, "eni-host", ELSEWHERE) == "blocked"


def test_22_a_blackhole_drops() -> None:
    """22: a route whose target is gone drops what it matches, and is named."""
    world = one_host(route("10.8.0.0/16", "pcx-deleted", blackhole=True), TO_IGW)
    result = ask(world.files(), "eni-host", "10.8.1.5", "tcp/443")

    assert result.verdict == "blocked"
    assert deciding(result, "route") == {("rtb-a", "10.8.0.0/16")}


def test_22_without_a_matching_route_there_is_no_way() -> None:
    """22: only the local route: the VPC is reached, nothing else is."""
    world = one_host()
    world.interface("eni-peer", "subnet-a", "10.0.1.20", groups=["sg-host"])
    result = ask(world.files(), "eni-host", OUTSIDE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"route"}
    assert verdict(world, "eni-host", "eni-peer") == "allowed"


@pytest.mark.parametrize(("routes", "expected"), [((TO_IGW,), "allowed"), ((), "blocked")])
def test_22_a_subnet_without_a_table_uses_the_main_one(
    routes: tuple[Route, ...], expected: str
) -> None:
    """22: no association means the VPC's main table."""
    assert verdict(one_host(*routes, main=True), "eni-host", OUTSIDE) == expected


def test_22_a_subnets_own_table_hides_the_main_one() -> None:
    """22: with an association the main table's default route is of no use."""
    world = one_host()
    world.route_table("rtb-main", TO_IGW, main=True)
    result = ask(world.files(), "eni-host", OUTSIDE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"route"}


def test_22_the_local_route_spans_each_block_of_the_vpc() -> None:
    """22: a second IPv4 block of the VPC is local too, and no default route takes it away."""
    world = one_host(TO_IGW, public_ip=None)
    world.subnet("subnet-b", "10.1.5.0/24")
    world.interface("eni-second", "subnet-b", "10.1.5.9", groups=["sg-host"])

    assert verdict(world, "eni-host", "eni-second") == "allowed"


@pytest.mark.parametrize(
    "rest",
    [(), (route(ANYWHERE, "nat-deleted", blackhole=True),), (TO_IGW,)],
    ids=["no other route", "a blackhole", "a gateway that refuses"],
)
def test_22_a_prefix_list_that_was_not_read_may_hide_a_route_that_leads_there(
    rest: tuple[Route, ...],
) -> None:
    """22: the longest prefix wins; what an unread list holds may be longer than what was read, so
    that nothing on the way that was read is the last word: no missing route, no blackhole, and no
    Internet gateway without a public address to put in."""
    world = one_host(route("pl-partner", "tgw-1"), *rest, public_ip=None)
    world.prefix_list("pl-partner", "198.51.100.0/24", entries_read=False)

    assert verdict(world, "eni-host", OUTSIDE) == "unknown"


def test_22_the_reply_may_find_a_route_in_a_prefix_list_that_was_not_read() -> None:
    """22: the same on the way back."""
    world = one_host(route("pl-partner", "igw-1"))
    world.prefix_list("pl-partner", "198.51.100.0/24", entries_read=False)
    result = ask(world.files(), OUTSIDE, "203.0.113.10", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "unknown"


# --- 28: the Internet gateway, outbound ----------------------------------------------------------


def test_28_outbound_needs_a_public_address() -> None:
    """28: the gateway takes a packet only if its source is paired with a public address."""
    with_pair = ask(one_host(TO_IGW).files(), "eni-host", OUTSIDE, "tcp/443")
    without = ask(one_host(TO_IGW, public_ip=None).files(), "eni-host", OUTSIDE, "tcp/443")

    assert with_pair.verdict == "allowed"
    assert with_pair.reply == "established"
    assert "internet-gateway" in passed(with_pair)
    assert without.verdict == "blocked"
    assert gates(without) == {"internet-gateway"}


@pytest.mark.parametrize("private", ["192.168.7.7", "172.16.4.4", "10.200.0.1", "100.64.0.9"])
def test_28_the_gateway_drops_private_destinations(private: str) -> None:
    """28: RFC 1918 and RFC 6598 destinations do not leave by an Internet gateway."""
    result = ask(one_host(TO_IGW).files(), "eni-host", private, "tcp/443")

    assert result.verdict == "blocked"
    assert "internet-gateway" in gates(result)


def test_28_a_public_address_pairs_with_one_private_address() -> None:
    """28: an Elastic IP belongs to one private address, not to the interface: the secondary
    address can neither go out nor be reached."""
    world = one_host(TO_IGW)
    world.interface(
        "eni-two",
        "subnet-a",
        "10.0.1.40",
        groups=["sg-host"],
        public_ip="203.0.113.40",
        secondary=["10.0.1.41"],
    )

    assert verdict(world, "10.0.1.40", OUTSIDE) == "allowed"
    refused = ask(world.files(), "10.0.1.41", OUTSIDE, "tcp/443")
    assert refused.verdict == "blocked"
    assert gates(refused) == {"internet-gateway"}
    assert verdict(world, OUTSIDE, "203.0.113.40") == "allowed"
    assert verdict(world, OUTSIDE, "eni-two") == "allowed"
    assert verdict(world, OUTSIDE, "10.0.1.41") == "blocked"


def test_28_a_nat_gateway_needs_the_gateway_behind_it() -> None:
    """28: a NAT gateway leaves by its own subnet's table; without a route there, nobody leaves."""
    for routes, expected in (((TO_IGW,), "allowed"), ((), "blocked")):
        world = one_host(*routes)
        world.subnet("subnet-private", "10.0.2.0/24")
        world.nat("nat-1", "subnet-a", "10.0.1.5", "203.0.113.50")
        world.route_table("rtb-b", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
        world.interface("eni-private", "subnet-private", "10.0.2.10", groups=["sg-host"])

        assert verdict(world, "eni-private", OUTSIDE) == expected


# --- 28: the Internet gateway, inbound -----------------------------------------------------------


def test_28_inbound_reaches_public_addresses_only() -> None:
    """28: from the Internet only an address with a public pair is reached, open groups or not."""
    reached = ask(one_host(TO_IGW).files(), "internet", "eni-host", "tcp/443")
    hidden = ask(one_host(TO_IGW, public_ip=None).files(), "internet", "eni-host", "tcp/443")

    assert reached.verdict == "allowed"
    assert reached.extent == "all"
    assert reached.reply == "established"
    assert hidden.verdict == "blocked"
    assert gates(hidden) & {"internet-gateway", "way-in"}
    assert "security-group-ingress" not in gates(hidden)


@pytest.mark.parametrize(
    ("sources", "expected", "extent"),
    [
        ((ANYWHERE,), "allowed", "all"),
        (("0.0.0.0/1", "128.0.0.0/1"), "allowed", "all"),
        (("198.51.100.0/24",), "allowed", "some"),
        (("10.0.0.0/8",), "blocked", None),
        ((), "blocked", None),
    ],
)
def test_28_how_much_of_the_internet_comes_in(
    sources: tuple[str, ...], expected: str, extent: str | None
) -> None:
    """28 with 1: behind the gateway the group decides for which part of the Internet it is open;
    a private range in the rule admits nobody from there."""
    world = one_host(TO_IGW, ingress=(tcp(443, *sources),) if sources else ())
    result = ask(world.files(), "internet", "eni-host", "tcp/443")

    assert result.verdict == expected
    if extent:
        assert result.extent == extent


def test_28_one_address_of_the_internet() -> None:
    """28 with 1: asked for one address, the answer is for that address."""
    world = one_host(TO_IGW, ingress=(tcp(443, "198.51.100.0/24"),))
    refused = ask(world.files(), ELSEWHERE, "eni-host", "tcp/443")

    assert verdict(world, OUTSIDE, "eni-host") == "allowed"
    assert refused.verdict == "blocked"
    assert gates(refused) == {"security-group-ingress"}


@pytest.mark.parametrize("source", ["192.168.0.0/24", "100.64.0.0/16", "172.16.4.4", "10.200.0.1"])
def test_28_private_sources_do_not_come_in(source: str) -> None:
    """28: the gateway drops RFC 1918 and RFC 6598 sources, and this VPC has no other way in."""
    assert verdict(one_host(TO_IGW), source, "eni-host") == "blocked"


def test_28_ipv6_goes_through_with_its_own_address() -> None:
    """28 and 34: a global unicast address needs no pair, both ways; it needs `::/0` and rules of
    its own family."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.subnet("subnet-b", "10.0.2.0/24", ipv6="2001:db8:0:102::/64")
    world.igw("igw-1")
    world.route_table("rtb-a", route(ANYWHERE_6, "igw-1"), subnets=["subnet-a"])
    world.route_table("rtb-b", TO_IGW, subnets=["subnet-b"])
    both = everything(ANYWHERE, ANYWHERE_6)
    world.group("sg-both", ingress=[both], egress=[both])
    world.group("sg-four", ingress=[everything(ANYWHERE)])
    for name, subnet, number, group in (
        ("a", "subnet-a", "10.0.1.10", "sg-both"),
        ("four", "subnet-a", "10.0.1.11", "sg-four"),
        ("b", "subnet-b", "10.0.2.10", "sg-both"),
    ):
        block = "101" if subnet == "subnet-a" else "102"
        last = number.rsplit(".", 1)[1]
        world.interface(
            f"eni-{name}", subnet, number, groups=[group], ipv6=[f"2001:db8:0:{block}::{last}"]
        )
    outside = "2001:db8:ffff::7"

    assert verdict(world, "2001:db8:0:101::10", outside) == "allowed"
    assert verdict(world, outside, "2001:db8:0:101::10") == "allowed"
    assert verdict(world, "2001:db8:0:101::11", outside) == "blocked"
    assert verdict(world, outside, "2001:db8:0:101::11") == "blocked"
    no_route = ask(world.files(), "2001:db8:0:102::10", outside, "tcp/443")
    assert no_route.verdict == "blocked"
    assert gates(no_route) == {"route"}


# --- targets that are not read -------------------------------------------------------------------


@pytest.mark.parametrize("target", ["tgw-0hub", "pcx-0peer", "vgw-0site"])
def test_a_route_to_an_unread_gateway_is_unknown(target: str) -> None:
    """The contract: targets other than local, Internet and NAT gateways are unknown, by name."""
    result = ask(one_host(route("10.8.0.0/16", target)).files(), "eni-host", "10.8.1.5", "tcp/443")

    assert result.verdict == "unknown"
    assert any(target in one for one in unknown_objects(result))
    assert all(one.needs for one in result.unknowns.values())


def test_a_group_blocks_before_a_transit_gateway() -> None:
    """One sure block blocks a path: what lies behind the unread gateway does not matter."""
    world = one_host(route("10.8.0.0/16", "tgw-0hub"), egress=(tcp(443, "10.0.0.0/16"),))
    result = ask(world.files(), "eni-host", "10.8.1.5", "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-egress" in gates(result)


def test_an_acl_blocks_before_a_transit_gateway() -> None:
    """The same for the subnet's ACL."""
    world = one_host(route("10.8.0.0/16", "tgw-0hub"))
    world.acl(
        "acl-a",
        ALL_IN_100,
        outbound(100, "allow", "all", "10.0.0.0/16"),
        subnets=["subnet-a"],
    )
    result = ask(world.files(), "eni-host", "10.8.1.5", "tcp/443")

    assert result.verdict == "blocked"
    assert "nacl-out" in gates(result)


def test_a_transit_gateway_is_no_matter_for_other_destinations() -> None:
    """An unread gateway is unknown on its own path only."""
    world = one_host(route("10.8.0.0/16", "tgw-0hub"), TO_IGW)
    result = ask(world.files(), "eni-host", OUTSIDE, "tcp/443")

    assert result.verdict == "allowed"
    assert not unknown_objects(result)


# --- addresses that nobody has -------------------------------------------------------------------


@pytest.mark.parametrize("nobody", ["10.0.1.200", "10.0.77.7", "10.1.9.9"])
def test_an_unowned_address_of_the_vpc_is_blocked(nobody: str) -> None:
    """The contract: in a known block, in a subnet or not, an address without an interface is
    blocked and not unknown."""
    result = ask(one_host(TO_IGW).files(), "eni-host", nobody, "tcp/443")

    assert result.verdict == "blocked"
    assert "address" in gates(result)


def test_an_owned_address_is_not() -> None:
    """The other side: an address on an interface is that interface."""
    world = one_host(TO_IGW)
    world.interface("eni-peer", "subnet-a", "10.0.1.200", groups=["sg-host"])

    assert verdict(world, "eni-host", "10.0.1.200") == "allowed"


def test_33_block_public_access_that_was_given_and_is_not_read_leaves_the_gateway_unknown() -> None:
    """33: it stands in front of every internet gateway; its modes are not read in this version."""
    files = one_host(TO_IGW).files()
    files["aws/bpa.json"] = (
        '{"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-bidirectional"}}'
    )

    inbound = ask(files, "internet", "eni-host", "tcp/443")
    outbound = ask(files, "eni-host", OUTSIDE, "tcp/443")

    assert (inbound.verdict, outbound.verdict) == ("unknown", "unknown")
    assert {u.code for u in inbound.unknowns.values()} == {"public-access-not-read"}


# --- two VPCs with one block ---------------------------------------------------------------------


def test_22_an_address_means_the_one_of_the_senders_own_vpc() -> None:
    """22: the local route leads to whoever has the address in this VPC; the interface of another
    VPC that has the same one is not reached by it."""
    world = one_host()
    world.interface("eni-here", "subnet-a", "10.0.1.20", groups=["sg-host"])
    world.vpc("vpc-2", "10.0.0.0/16")
    world.subnet("subnet-z", "10.0.1.0/24")
    world.route_table("rtb-z", subnets=["subnet-z"])
    world.group("sg-there", ingress=[everything(ANYWHERE)], egress=ALL_OUT)
    world.interface("eni-there", "subnet-z", "10.0.1.20", groups=["sg-there"])

    assert verdict(world, "eni-host", "eni-here") == "allowed"
    assert verdict(world, "eni-host", "eni-there") == "blocked"
