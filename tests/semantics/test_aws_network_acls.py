"""Network ACLs: statements 16, 18, 19 and 20. Replies (17) are in test_aws_replies.py.

Statement 20's first half, «CIDRs only», is AWS's schema: there is no other way to write an entry.
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT_100,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Entry,
    deciding,
    everything,
    gates,
    inbound,
    outbound,
    packets,
    route,
)
from tests.support import ask

CLIENT = "10.0.1.10"
OTHER = "10.0.1.11"
SERVER = "10.0.2.20"
CLIENT_6 = "2001:db8:0:101::a"
SERVER_6 = "2001:db8:0:102::a"


def two_subnets(*entries: Entry, acl: bool = True) -> AwsWorld:
    """Clients in subnet-a, a server in subnet-b, open groups; the ACL is that of subnet-b."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.subnet("subnet-b", "10.0.2.0/24", ipv6="2001:db8:0:102::/64")
    if acl:
        world.acl("acl-b", *entries, subnets=["subnet-b"])
    open_both = everything(ANYWHERE, ANYWHERE_6)
    world.group("sg-open", ingress=[open_both], egress=[open_both])
    world.interface("eni-client", "subnet-a", CLIENT, groups=["sg-open"], ipv6=[CLIENT_6])
    world.interface("eni-other", "subnet-a", OTHER, groups=["sg-open"])
    world.interface("eni-server", "subnet-b", SERVER, groups=["sg-open"], ipv6=[SERVER_6])
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/443") -> str:
    return str(ask(world.files(), src, dst, port).verdict)


# --- 16: ascending numbers, the first match decides ----------------------------------------------

DENY_CLIENT = inbound(90, "deny", "tcp", f"{CLIENT}/32", 443)


@pytest.mark.parametrize(
    "entries",
    [(DENY_CLIENT, ALL_IN_100, ALL_OUT_100), (ALL_OUT_100, ALL_IN_100, DENY_CLIENT)],
    ids=["in order", "out of order in the JSON"],
)
def test_16_the_lowest_matching_number_decides(entries: tuple[Entry, ...]) -> None:
    """16: entry 90 denies before entry 100 allows, wherever they stand in the answer's list."""
    world = two_subnets(*entries)
    refused = ask(world.files(), CLIENT, SERVER, "tcp/443")

    assert refused.verdict == "blocked"
    assert gates(refused) == {"nacl-in"}
    assert deciding(refused, "nacl-in") == {("acl-b", "90")}
    admitted = ask(world.files(), OTHER, SERVER, "tcp/443")
    assert admitted.verdict == "allowed"
    assert ("acl-b", "100") in deciding(admitted, "nacl-in")


def test_16_a_later_denial_is_never_reached() -> None:
    """16: the first match decides, so a denial after it takes nothing back."""
    late = inbound(110, "deny", "all", ANYWHERE)

    assert verdict(two_subnets(late, ALL_IN_100, ALL_OUT_100), CLIENT, SERVER) == "allowed"


def test_16_what_an_entry_does_not_match_goes_on_to_the_next() -> None:
    """16: protocol, ports and CIDR must all match for an entry to decide."""
    world = two_subnets(
        inbound(80, "deny", "udp", ANYWHERE),
        inbound(85, "deny", "tcp", ANYWHERE, (8000, 8010)),
        inbound(90, "deny", "all", "10.0.3.0/24"),
        ALL_IN_100,
        ALL_OUT_100,
    )

    assert verdict(world, CLIENT, SERVER, "tcp/443") == "allowed"
    assert verdict(world, CLIENT, SERVER, "tcp/7999") == "allowed"
    assert verdict(world, CLIENT, SERVER, "tcp/8000") == "blocked"
    assert verdict(world, CLIENT, SERVER, "tcp/8010") == "blocked"
    assert verdict(world, CLIENT, SERVER, "tcp/8011") == "allowed"
    assert verdict(world, CLIENT, SERVER, "udp/443") == "blocked"


def test_16_the_closing_denial_takes_the_rest() -> None:
    """16: what no numbered entry matches meets 32767, which denies."""
    world = two_subnets(inbound(100, "allow", "tcp", "10.0.1.0/24", 443), ALL_OUT_100)
    refused = ask(world.files(), CLIENT, SERVER, "tcp/22")

    assert verdict(world, CLIENT, SERVER, "tcp/443") == "allowed"
    assert refused.verdict == "blocked"
    assert gates(refused) == {"nacl-in"}


def test_16_directions_are_numbered_apart() -> None:
    """16: an outbound denial of a lower number decides nothing inbound, and the reverse."""
    world = two_subnets(outbound(90, "deny", "tcp", ANYWHERE, 443), ALL_IN_100, ALL_OUT_100)
    refused = ask(world.files(), SERVER, CLIENT, "tcp/443")

    assert verdict(world, CLIENT, SERVER) == "allowed"
    assert refused.verdict == "blocked"
    assert deciding(refused, "nacl-out") == {("acl-b", "90")}


def test_16_families_are_judged_apart() -> None:
    """16: an IPv4 entry decides no IPv6 packet, not even `0.0.0.0/0`, and the reverse."""
    world = two_subnets(
        inbound(90, "deny", "all", ANYWHERE),
        inbound(101, "allow", "all", ANYWHERE_6),
        outbound(101, "allow", "all", ANYWHERE_6),
        ALL_OUT_100,
    )

    assert verdict(world, CLIENT, SERVER) == "blocked"
    assert verdict(world, CLIENT_6, SERVER_6) == "allowed"


def test_16_without_an_ipv6_entry_ipv6_is_denied() -> None:
    """16: `0.0.0.0/0` allows IPv4 alone; IPv6 falls to its own closing denial."""
    world = two_subnets(ALL_IN_100, ALL_OUT_100)

    assert verdict(world, CLIENT, SERVER) == "allowed"
    assert verdict(world, CLIENT_6, SERVER_6) == "blocked"


# --- 18: at the subnet's edge --------------------------------------------------------------------


def test_18_an_acl_does_not_stand_inside_its_subnet() -> None:
    """18: an ACL that admits nothing leaves neighbours alone, their replies included."""
    world = two_subnets()
    world.interface("eni-neighbour", "subnet-b", "10.0.2.21", groups=["sg-open"])
    inside = ask(world.files(), "10.0.2.21", SERVER, "tcp/443")

    assert inside.verdict == "allowed"
    assert inside.reply == "established"
    assert verdict(world, CLIENT, SERVER) == "blocked"


# --- 19: which addresses an ACL sees -------------------------------------------------------------


def public_hosts(*, acl_a: tuple[Entry, ...] = (), acl_b: tuple[Entry, ...] = ()) -> AwsWorld:
    """A client in subnet-a and a server in subnet-b, both public, both subnets to one gateway."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.2.0/24")
    world.igw("igw-1")
    world.route_table("rtb-1", route(ANYWHERE, "igw-1"), subnets=["subnet-a", "subnet-b"])
    world.acl("acl-a", *(acl_a or (ALL_IN_100, ALL_OUT_100)), subnets=["subnet-a"])
    world.acl("acl-b", *(acl_b or (ALL_IN_100, ALL_OUT_100)), subnets=["subnet-b"])
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    for interface, subnet, ip, public in (
        ("eni-client", "subnet-a", CLIENT, "203.0.113.10"),
        ("eni-server", "subnet-b", SERVER, "203.0.113.20"),
    ):
        world.interface(interface, subnet, ip, groups=["sg-open"], public_ip=public)
    return world


def test_19_inbound_the_acl_sees_the_private_destination() -> None:
    """19: the Internet gateway has put the private address in before the ACL looks."""
    result = ask(public_hosts().files(), "198.51.100.7", "203.0.113.20", "tcp/443")

    assert result.verdict == "allowed"
    assert packets(result, "nacl-in") == [("198.51.100.7", SERVER)]


def test_19_outbound_the_acl_sees_the_private_source() -> None:
    """19: the ACL looks before the Internet gateway puts the public address in."""
    result = ask(public_hosts().files(), "eni-client", "198.51.100.7", "tcp/443")

    assert result.verdict == "allowed"
    assert packets(result, "nacl-out") == [(CLIENT, "198.51.100.7")]


@pytest.mark.parametrize(
    ("named", "expected"), [("203.0.113.20/32", "allowed"), (f"{SERVER}/32", "blocked")]
)
def test_19_on_the_way_to_a_public_address_the_acl_sees_it(named: str, expected: str) -> None:
    """19: towards a neighbour's public address the translation is still to come, so the outbound
    entry has to name the public address."""
    world = public_hosts(acl_a=(ALL_IN_100, outbound(100, "allow", "all", named)))

    assert verdict(world, "eni-client", "203.0.113.20") == expected


@pytest.mark.parametrize(
    ("named", "expected"), [("203.0.113.10/32", "allowed"), ("10.0.0.0/16", "blocked")]
)
def test_19_back_from_the_gateway_the_acl_sees_the_public_source(named: str, expected: str) -> None:
    """19: arriving by the Internet gateway, the sender is its public address, although it sits in
    the same VPC."""
    world = public_hosts(acl_b=(ALL_OUT_100, inbound(100, "allow", "all", named)))

    assert verdict(world, "eni-client", "203.0.113.20") == expected


def behind_nat(*, public: tuple[Entry, ...] = (), private: tuple[Entry, ...] = ()) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-public", "10.0.1.0/24")
    world.subnet("subnet-private", "10.0.2.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
    opened = (ALL_IN_100, ALL_OUT_100)
    world.acl("acl-public", *(public or opened), subnets=["subnet-public"])
    world.acl("acl-private", *(private or opened), subnets=["subnet-private"])
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-client", "subnet-private", "10.0.2.10", groups=["sg-open"])
    return world


@pytest.mark.parametrize(
    ("named", "expected"), [("198.51.100.0/24", "allowed"), ("10.0.1.0/24", "blocked")]
)
def test_19_on_the_way_to_a_nat_gateway_the_acl_sees_the_final_destination(
    named: str, expected: str
) -> None:
    """19: a NAT gateway does not become the destination, so naming its subnet helps nobody."""
    world = behind_nat(private=(ALL_IN_100, outbound(100, "allow", "tcp", named, 443)))

    assert verdict(world, "eni-client", "198.51.100.7") == expected


@pytest.mark.parametrize(
    ("named", "expected"), [("10.0.2.0/24", "allowed"), ("203.0.113.50/32", "blocked")]
)
def test_19_at_a_nat_gateway_the_acl_sees_the_private_source(named: str, expected: str) -> None:
    """19: entering the NAT gateway's subnet the packet still has its sender's address."""
    world = behind_nat(public=(ALL_OUT_100, inbound(100, "allow", "tcp", named, 443)))

    assert verdict(world, "eni-client", "198.51.100.7") == expected


# --- 20: what an ACL starts with -----------------------------------------------------------------


def test_20_a_custom_acl_starts_closed() -> None:
    """20: a new ACL has the closing denials alone: nothing comes in and nothing goes out."""
    world = two_subnets()
    incoming = ask(world.files(), CLIENT, SERVER, "tcp/443")
    outgoing = ask(world.files(), SERVER, CLIENT, "tcp/443")

    assert incoming.verdict == "blocked"
    assert gates(incoming) == {"nacl-in"}
    assert outgoing.verdict == "blocked"
    assert gates(outgoing) == {"nacl-out"}


def test_20_the_default_acl_is_open() -> None:
    """20: the VPC's default ACL lets all pass, both ways and both families."""
    world = two_subnets(acl=False)

    for src, dst in ((CLIENT, SERVER), (SERVER, CLIENT), (CLIENT_6, SERVER_6)):
        result = ask(world.files(), src, dst, "tcp/443")
        assert result.verdict == "allowed"
        assert result.reply == "established"
