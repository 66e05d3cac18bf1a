"""Security groups at their edges: prefix lists, exceptions, state and place (11–15)."""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Rule,
    deciding,
    everything,
    gates,
    inbound,
    outbound,
    passed,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

CLIENT = "10.0.1.10"
SERVER = "10.0.1.20"
STRANGER = "10.0.1.30"


def two_hosts(
    *ingress: Rule, egress: tuple[Rule, ...] = ALL_OUT, server_groups: tuple[str, ...] = ()
) -> AwsWorld:
    """Client, server and a stranger in one subnet; the rules are the server's and the client's."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.group("sg-client", egress=egress)
    world.group("sg-server", ingress=ingress)
    world.group("sg-stranger")
    world.interface("eni-client", "subnet-a", CLIENT, groups=["sg-client"])
    world.interface("eni-server", "subnet-a", SERVER, groups=server_groups or ["sg-server"])
    world.interface("eni-stranger", "subnet-a", STRANGER, groups=["sg-stranger"])
    return world


def verdict(world: AwsWorld, port: str, src: str = "eni-client", dst: str = "eni-server") -> str:
    return str(ask(world.files(), src, dst, port).verdict)


# --- 11: prefix lists ----------------------------------------------------------------------------


def test_11_a_prefix_list_rule_is_the_union_of_its_entries() -> None:
    """11: each entry admits, nothing else does, and the list is what the rule is named by."""
    world = two_hosts(tcp(443, "pl-office"))
    world.prefix_list("pl-office", "10.9.0.0/16", f"{CLIENT}/32")
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "allowed"
    assert ("sg-server", "ingress:tcp/443:pl-office") in deciding(result, "security-group-ingress")
    assert verdict(world, "tcp/443", src="eni-stranger") == "blocked"
    assert verdict(world, "tcp/80") == "blocked"


def test_11_a_prefix_list_works_outbound() -> None:
    """11: the same for destinations."""
    world = two_hosts(everything(ANYWHERE), egress=(tcp(443, "pl-servers"),))
    world.prefix_list("pl-servers", f"{SERVER}/32")

    assert verdict(world, "tcp/443") == "allowed"
    assert verdict(world, "tcp/443", dst="eni-stranger") == "blocked"


def test_11_a_read_list_without_entries_admits_nothing() -> None:
    """11: empty and read is empty."""
    world = two_hosts(tcp(443, "pl-empty"))
    world.prefix_list("pl-empty")

    assert verdict(world, "tcp/443") == "blocked"


@pytest.mark.parametrize("described", [True, False])
def test_11_an_unreadable_list_is_unknown_and_not_empty(described: bool) -> None:
    """11: without the entries the rule may admit or not; the answer says what is missing."""
    world = two_hosts(tcp(443, "pl-office"))
    if described:
        world.prefix_list("pl-office", entries_read=False)
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "unknown"
    assert any("pl-office" in one for one in unknown_objects(result))
    needs = " ".join(str(one.needs) for one in result.unknowns.values()).lower()
    assert "managedprefixlistentries" in needs.replace("-", "").replace(" ", "")


def test_11_an_unreadable_list_is_unknown_outbound_too() -> None:
    """11: a list among the destinations is no clearer."""
    world = two_hosts(everything(ANYWHERE), egress=(tcp(443, "pl-servers"),))

    assert verdict(world, "tcp/443") == "unknown"


def test_11_an_unreadable_list_does_not_matter_where_another_rule_admits() -> None:
    """11 with 1: the union already holds the flow."""
    assert verdict(two_hosts(tcp(443, "pl-office"), tcp(443, ANYWHERE)), "tcp/443") == "allowed"


def test_11_an_unreadable_list_does_not_matter_where_its_rule_cannot_match() -> None:
    """11: the rule is for 443, so 22 is refused whatever the list holds."""
    assert verdict(two_hosts(tcp(443, "pl-office")), "tcp/22") == "blocked"


def test_11_an_unreadable_list_does_not_matter_behind_a_sure_block() -> None:
    """11, and «one sure block blocks a path»: the client's own group lets nothing out."""
    world = two_hosts(tcp(443, "pl-office"), egress=())
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-egress" in gates(result)


# --- 12: what neither groups nor ACLs filter -----------------------------------------------------

UNFILTERED = [
    ("10.0.0.2", "udp/53"),  # the resolver: VPC base + 2
    ("10.0.0.2", "tcp/53"),
    ("169.254.169.253", "udp/53"),  # the resolver's link-local address
    ("169.254.169.254", "tcp/80"),  # instance metadata
    ("169.254.170.2", "tcp/80"),  # ECS task metadata
    ("169.254.169.250", "tcp/1688"),  # Windows licence activation
    ("169.254.169.251", "tcp/1688"),
    ("169.254.169.123", "udp/123"),  # Time Sync
    ("10.0.1.1", "udp/67"),  # DHCP at the subnet's reserved router address
]


@pytest.mark.parametrize(("address", "port"), UNFILTERED)
def test_12_groups_never_filter_amazons_own_services(address: str, port: str) -> None:
    """12: DNS, DHCP, metadata, licences, time and the router pass a group without any rule."""
    assert verdict(two_hosts(egress=()), port, dst=address) == "allowed"


@pytest.mark.parametrize(("address", "port"), UNFILTERED)
def test_12_network_acls_never_filter_amazons_own_services(address: str, port: str) -> None:
    """12: the same holds for an ACL that admits nothing."""
    world = two_hosts()
    world.acl("acl-shut", subnets=["subnet-a"])

    assert verdict(world, port, dst=address) == "allowed"


def test_12_another_resolver_is_filtered() -> None:
    """12: the exception is Amazon's resolver, not port 53: one's own resolver is filtered, and so
    is a public one."""
    world = two_hosts(everything(ANYWHERE), egress=())

    assert verdict(world, "udp/53") == "blocked"
    public = ask(world.files(), "eni-client", "198.51.100.53", "udp/53")
    assert public.verdict == "blocked"
    assert "security-group-egress" in gates(public)


def test_12_the_other_reserved_addresses_are_nobody() -> None:
    """12: only the router's address answers; base + 3 is reserved, but nothing is there."""
    result = ask(two_hosts().files(), "eni-client", "10.0.1.3", "tcp/80")

    assert result.verdict == "blocked"
    assert "address" in gates(result)


# --- 13: stateful --------------------------------------------------------------------------------


def test_13_replies_pass_without_a_rule_of_the_server_outbound() -> None:
    """13: an admitted flow's replies leave although the server's group lets nothing out."""
    world = two_hosts()
    world.group("sg-mute", ingress=[tcp(443, ANYWHERE)], egress=())
    world.interface("eni-mute", "subnet-a", "10.0.1.40", groups=["sg-mute"])
    result = ask(world.files(), "eni-client", "eni-mute", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "established"


def test_13_replies_pass_without_a_rule_of_the_client_inbound() -> None:
    """13: and they come in although the client's group lets nothing in."""
    result = ask(two_hosts(tcp(443, ANYWHERE)).files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "established"


def test_13_a_new_flow_the_other_way_is_still_refused() -> None:
    """13: statefulness is for replies; the server may not open a connection of its own."""
    world = two_hosts()
    world.group("sg-mute", ingress=[tcp(443, ANYWHERE)], egress=())
    world.interface("eni-mute", "subnet-a", "10.0.1.40", groups=["sg-mute"])
    result = ask(world.files(), "eni-mute", "eni-client", "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"security-group-egress", "security-group-ingress"}


# --- 14: inside a subnet (one node's pods: test_aws_pods.py) -------------------------------------


@pytest.mark.parametrize(("source", "expected"), [(CLIENT, "allowed"), (STRANGER, "blocked")])
def test_14_groups_filter_inside_one_subnet(source: str, expected: str) -> None:
    """14: groups stand at the interface, so neighbours in a subnet are filtered too."""
    assert verdict(two_hosts(tcp(443, f"{CLIENT}/32")), "tcp/443", src=source) == expected


# --- 15: NAT gateways ----------------------------------------------------------------------------


def behind_nat(*egress: Rule) -> AwsWorld:
    """A private subnet whose way out is a NAT gateway in a public one."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-public", "10.0.1.0/24")
    world.subnet("subnet-private", "10.0.2.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
    world.group("sg-client", egress=egress)
    world.interface("eni-client", "subnet-private", "10.0.2.10", groups=["sg-client"])
    return world


def test_15_a_nat_gateway_has_no_group() -> None:
    """15: its interface carries no group, and that denies nothing; the only group on the way is
    the sender's."""
    world = behind_nat(everything(ANYWHERE))
    result = ask(world.files(), "eni-client", "198.51.100.7", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "established"
    assert "nat-gateway" in passed(result)
    assert [one for one in passed(result) if one.startswith("security-group")] == [
        "security-group-egress"
    ]


def test_15_the_senders_group_filters_before_the_nat_gateway() -> None:
    """15: no group at the NAT gateway does not mean none at the sender."""
    result = ask(behind_nat(tcp(80, ANYWHERE)).files(), "eni-client", "198.51.100.7", "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"security-group-egress"}


def test_15_the_acl_of_the_nat_gateways_subnet_still_filters() -> None:
    """15 with 21: the NAT gateway lacks a group, its subnet does not lack an ACL."""
    world = behind_nat(everything(ANYWHERE))
    world.acl(
        "acl-public",
        inbound(90, "deny", "tcp", "10.0.2.0/24", 443),
        inbound(100, "allow", "all", ANYWHERE),
        outbound(100, "allow", "all", ANYWHERE),
        subnets=["subnet-public"],
    )
    refused = ask(world.files(), "eni-client", "198.51.100.7", "tcp/443")

    assert refused.verdict == "blocked"
    assert ("acl-public", "90") in deciding(refused, "nacl-in")
    assert verdict(world, "tcp/80", dst="198.51.100.7") == "allowed"
