"""What security-group rules mean: statements 1–5 and 10.

Statements 11–15 are in test_aws_group_edges.py.
"""

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
    route,
    rule,
    tcp,
    udp,
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


# --- 1: the union of all groups, per direction ---------------------------------------------------


@pytest.mark.parametrize("groups", [("sg-one", "sg-two"), ("sg-two", "sg-one")])
def test_01_ingress_rules_of_all_groups_are_united(groups: tuple[str, ...]) -> None:
    """1: what any group of the interface admits is admitted; the order of groups is nothing."""
    world = two_hosts(server_groups=groups)
    world.group("sg-one", ingress=[tcp(80, "10.0.1.0/24")])
    world.group("sg-two", ingress=[tcp(443, "10.0.1.0/24")])

    assert verdict(world, "tcp/80") == "allowed"
    assert verdict(world, "tcp/443") == "allowed"
    refused = ask(world.files(), "eni-client", "eni-server", "tcp/22")
    assert refused.verdict == "blocked"
    assert gates(refused) == {"security-group-ingress"}


def test_01_egress_rules_of_all_groups_are_united() -> None:
    """1: the union holds for the outbound direction as well."""
    world = two_hosts(everything(ANYWHERE))
    world.group("sg-out-80", egress=[tcp(80, ANYWHERE)])
    world.group("sg-out-443", egress=[tcp(443, ANYWHERE)])
    world.interface("eni-both", "subnet-a", "10.0.1.40", groups=["sg-out-80", "sg-out-443"])

    assert verdict(world, "tcp/80", src="eni-both") == "allowed"
    assert verdict(world, "tcp/443", src="eni-both") == "allowed"
    assert verdict(world, "tcp/22", src="eni-both") == "blocked"


def test_01_a_narrow_rule_takes_nothing_from_a_wide_one() -> None:
    """1: groups only allow, so a second, narrower rule denies nobody."""
    world = two_hosts(tcp(443, "10.0.1.0/24"), tcp(443, f"{STRANGER}/32"))

    assert verdict(world, "tcp/443") == "allowed"
    assert verdict(world, "tcp/443", src="eni-stranger") == "allowed"


def test_01_a_group_that_the_interface_does_not_carry_admits_nothing() -> None:
    """1: only the interface's own groups count."""
    world = two_hosts(tcp(80, ANYWHERE))
    world.group("sg-open", ingress=[everything(ANYWHERE)])

    assert verdict(world, "tcp/443") == "blocked"


def test_01_no_ingress_rule_denies_all_inbound() -> None:
    """1: a direction without a rule denies everything, and that gate is named with its place."""
    result = ask(two_hosts().files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "blocked"
    assert [(hop.gate, hop.at) for hop in result.blocked_by] == [
        ("security-group-ingress", "eni-server")
    ]


def test_01_no_egress_rule_denies_all_outbound() -> None:
    """1: the same for the outbound direction."""
    world = two_hosts(everything(ANYWHERE), egress=())
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "blocked"
    assert [(hop.gate, hop.at) for hop in result.blocked_by] == [
        ("security-group-egress", "eni-client")
    ]


def test_01_every_blocking_group_is_named() -> None:
    """1, with «always give the full blocked path»: both ends block and both are named."""
    result = ask(two_hosts(egress=()).files(), "eni-client", "eni-server", "tcp/443")

    assert gates(result) == {"security-group-egress", "security-group-ingress"}


def test_01_the_admitting_rules_are_named() -> None:
    """1: an allowed answer names the rule that admits at either end."""
    world = two_hosts(tcp(443, "10.0.1.0/24"))
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert ("sg-client", "egress:all:0.0.0.0/0") in deciding(result, "security-group-egress")
    assert ("sg-server", "ingress:tcp/443:10.0.1.0/24") in deciding(
        result, "security-group-ingress"
    )


# --- 2: destination ports and the remote address -------------------------------------------------


def test_02_the_port_of_a_rule_is_the_destination_port() -> None:
    """2: a rule for the client's ephemeral ports does not admit the request to 443."""
    assert verdict(two_hosts(tcp(443, ANYWHERE)), "tcp/443") == "allowed"
    assert verdict(two_hosts(tcp((1024, 65535), ANYWHERE)), "tcp/443") == "blocked"


def test_02_an_egress_port_is_the_destination_port() -> None:
    """2: outbound too, the port is the server's."""
    opened = two_hosts(everything(ANYWHERE), egress=(tcp(443, ANYWHERE),))
    ephemeral = two_hosts(everything(ANYWHERE), egress=(tcp((32768, 60999), ANYWHERE),))

    assert verdict(opened, "tcp/443") == "allowed"
    assert verdict(ephemeral, "tcp/443") == "blocked"


@pytest.mark.parametrize(
    ("port", "expected"),
    [("7999", "blocked"), ("8000", "allowed"), ("8010", "allowed"), ("8011", "blocked")],
)
def test_02_a_port_range_holds_both_its_ends(port: str, expected: str) -> None:
    """2 and 3: FromPort–ToPort, both included."""
    assert verdict(two_hosts(tcp((8000, 8010), ANYWHERE)), f"tcp/{port}") == expected


def test_02_ingress_matches_the_source_address() -> None:
    """2: an inbound rule names who sends, not who receives."""
    assert verdict(two_hosts(tcp(443, f"{CLIENT}/32")), "tcp/443") == "allowed"
    assert verdict(two_hosts(tcp(443, f"{SERVER}/32")), "tcp/443") == "blocked"


def test_02_egress_matches_the_destination_address() -> None:
    """2: an outbound rule names who receives, not who sends."""
    to_server = two_hosts(everything(ANYWHERE), egress=(tcp(443, f"{SERVER}/32"),))
    to_itself = two_hosts(everything(ANYWHERE), egress=(tcp(443, f"{CLIENT}/32"),))

    assert verdict(to_server, "tcp/443") == "allowed"
    assert verdict(to_itself, "tcp/443") == "blocked"


# --- 3: protocols --------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["tcp/22", "udp/53", "sctp/80", "icmp/8", "proto/47"])
def test_03_protocol_minus_one_is_everything(port: str) -> None:
    """3: protocol -1 admits each protocol and has no ports."""
    assert verdict(two_hosts(everything(ANYWHERE)), port) == "allowed"


@pytest.mark.parametrize(
    ("admitted", "port", "expected"),
    [
        (tcp((0, 65535), ANYWHERE), "tcp/22", "allowed"),
        (tcp((0, 65535), ANYWHERE), "udp/53", "blocked"),
        (tcp((0, 65535), ANYWHERE), "icmp/8", "blocked"),
        (tcp((0, 65535), ANYWHERE), "proto/47", "blocked"),
        (udp(53, ANYWHERE), "udp/53", "allowed"),
        (udp(53, ANYWHERE), "tcp/53", "blocked"),
    ],
)
def test_03_a_protocol_admits_no_other(admitted: Rule, port: str, expected: str) -> None:
    """3: tcp and udp rules hold for their own protocol's ports alone."""
    assert verdict(two_hosts(admitted), port) == expected


@pytest.mark.parametrize(
    ("first", "port", "expected"),
    [
        (8, "icmp/8", "allowed"),
        (8, "icmp/13", "blocked"),
        (-1, "icmp/8", "allowed"),
        (-1, "icmp/13", "allowed"),
        (-1, "tcp/8", "blocked"),
    ],
)
def test_03_icmp_ports_are_type_and_code(first: int, port: str, expected: str) -> None:
    """3: FromPort is the ICMP type, ToPort the code, and -1 is any."""
    assert verdict(two_hosts(rule("icmp", first, -1, ANYWHERE)), port) == expected


@pytest.mark.parametrize(
    ("port", "expected"), [("proto/47", "allowed"), ("proto/50", "blocked"), ("tcp/47", "blocked")]
)
def test_03_another_protocol_number_admits_all_of_it(port: str, expected: str) -> None:
    """3: a bare protocol number admits the whole protocol and nothing else."""
    assert verdict(two_hosts(rule("47", None, None, ANYWHERE)), port) == expected


@pytest.mark.parametrize("port", ["icmp/8", "icmp/128"])
def test_03_icmpv6_never_matches_ipv4(port: str) -> None:
    """3: an icmpv6 rule with an IPv4 range admits no IPv4 packet; an icmp rule does."""
    assert verdict(two_hosts(rule("icmpv6", -1, -1, ANYWHERE)), port) == "blocked"
    assert verdict(two_hosts(rule("icmp", -1, -1, ANYWHERE)), port) == "allowed"


# --- 4: references -------------------------------------------------------------------------------


def test_04_a_reference_admits_who_carries_the_group() -> None:
    """4: «from sg-client» admits the interface that carries it and not its neighbour."""
    world = two_hosts(tcp(443, "sg-client"))
    result = ask(world.files(), "eni-client", "eni-server", "tcp/443")

    assert result.verdict == "allowed"
    assert ("sg-server", "ingress:tcp/443:sg-client") in deciding(result, "security-group-ingress")
    assert verdict(world, "tcp/443", src="eni-stranger") == "blocked"


def test_04_an_egress_reference_admits_towards_who_carries_the_group() -> None:
    """4: outbound, the destination must carry the group."""
    world = two_hosts(everything(ANYWHERE), egress=(tcp(443, "sg-server"),))
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-open", "subnet-a", "10.0.1.40", groups=["sg-open"])

    assert verdict(world, "tcp/443") == "allowed"
    assert verdict(world, "tcp/443", dst="eni-open") == "blocked"


def test_04_a_reference_covers_each_private_address_of_the_interface() -> None:
    """4: the interface carries the group, so its secondary private addresses do as well."""
    world = two_hosts(tcp(443, "sg-client"))
    world.interface(
        "eni-many", "subnet-a", "10.0.1.40", groups=["sg-client"], secondary=["10.0.1.41"]
    )

    assert verdict(world, "tcp/443", src="10.0.1.40") == "allowed"
    assert verdict(world, "tcp/443", src="10.0.1.41") == "allowed"


def test_04_membership_belongs_to_the_interface_not_to_its_instance() -> None:
    """4: of two interfaces of one instance only the one with the group is admitted."""
    world = two_hosts(tcp(443, "sg-client"))
    world.interface("eni-eth0", "subnet-a", "10.0.1.50", groups=["sg-client"], instance="i-1")
    world.interface(
        "eni-eth1", "subnet-a", "10.0.1.51", groups=["sg-stranger"], instance="i-1", device=1
    )

    assert verdict(world, "tcp/443", src="10.0.1.50") == "allowed"
    assert verdict(world, "tcp/443", src="10.0.1.51") == "blocked"


def hosts_with_public_addresses(*ingress: Rule) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.igw("igw-1")
    world.route_table("rtb-a", route(ANYWHERE, "igw-1"), subnets=["subnet-a"])
    world.group("sg-client")
    world.group("sg-server", ingress=ingress)
    world.interface(
        "eni-client", "subnet-a", CLIENT, groups=["sg-client"], public_ip="203.0.113.10"
    )
    world.interface(
        "eni-server", "subnet-a", SERVER, groups=["sg-server"], public_ip="203.0.113.20"
    )
    return world


def test_04_a_reference_never_matches_a_public_address() -> None:
    """4: sent to the server's public address, the flow comes back from the Internet gateway with
    the client's public address and no membership, so «from sg-client» refuses it."""
    world = hosts_with_public_addresses(tcp(443, "sg-client"))
    result = ask(world.files(), "eni-client", "203.0.113.20", "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-ingress" in gates(result)
    assert verdict(world, "tcp/443", dst=SERVER) == "allowed"


def test_04_over_public_addresses_the_source_is_the_public_one() -> None:
    """4: there a rule has to name the client's public address; its private one is not seen."""
    public = hosts_with_public_addresses(tcp(443, "203.0.113.10/32"))
    private = hosts_with_public_addresses(tcp(443, f"{CLIENT}/32"))

    assert verdict(public, "tcp/443", dst="203.0.113.20") == "allowed"
    assert verdict(public, "tcp/443", dst=SERVER) == "blocked"
    assert verdict(private, "tcp/443", dst="203.0.113.20") == "blocked"


# --- 5: a reference is not an import -------------------------------------------------------------


def test_05_a_reference_imports_no_rule_of_the_referenced_group() -> None:
    """5: the server admits sg-inner's members; whom sg-inner itself admits is another matter."""
    world = two_hosts(tcp(443, "sg-inner"))
    world.group("sg-inner", ingress=[tcp(443, f"{STRANGER}/32")])
    world.interface("eni-inner", "subnet-a", "10.0.1.40", groups=["sg-inner"])

    assert verdict(world, "tcp/443", src="eni-stranger", dst="eni-inner") == "allowed"
    assert verdict(world, "tcp/443", src="eni-inner") == "allowed"
    assert verdict(world, "tcp/443", src="eni-stranger") == "blocked"


@pytest.mark.parametrize(("own_rule", "expected"), [((), "blocked"), (("sg-team",), "allowed")])
def test_05_members_reach_each_other_by_an_explicit_rule_only(
    own_rule: tuple[str, ...], expected: str
) -> None:
    """5: sharing a group opens nothing between its members."""
    world = two_hosts()
    world.group("sg-team", ingress=[tcp(443, "198.51.100.0/24", *own_rule)])
    world.interface("eni-one", "subnet-a", "10.0.1.40", groups=["sg-team"])
    world.interface("eni-two", "subnet-a", "10.0.1.41", groups=["sg-team"])

    assert verdict(world, "tcp/443", src="eni-one", dst="eni-two") == expected


# --- 10: what AWS puts into groups ---------------------------------------------------------------


def test_10_the_default_group_admits_itself_and_lets_all_out() -> None:
    """10: default group: in everything from its own members, out everything."""
    world = two_hosts(everything(ANYWHERE))
    world.group("sg-default", ingress=[everything("sg-default")], name="default")
    world.interface("eni-one", "subnet-a", "10.0.1.40", groups=["sg-default"])
    world.interface("eni-two", "subnet-a", "10.0.1.41", groups=["sg-default"])

    for port in ("tcp/22", "udp/53", "icmp/8", "proto/47"):
        assert verdict(world, port, src="eni-one", dst="eni-two") == "allowed"
    assert verdict(world, "tcp/22", src="eni-one") == "allowed"
    assert verdict(world, "tcp/22", src="eni-client", dst="eni-one") == "blocked"


def test_10_a_fresh_group_lets_nothing_in_and_all_out() -> None:
    """10: a new group has no inbound rule and one that lets everything out."""
    world = two_hosts(everything(ANYWHERE))
    world.group("sg-fresh")
    world.interface("eni-fresh", "subnet-a", "10.0.1.40", groups=["sg-fresh"])

    assert verdict(world, "tcp/443", src="eni-fresh") == "allowed"
    assert verdict(world, "udp/123", src="eni-fresh") == "allowed"
    assert verdict(world, "tcp/443", dst="eni-fresh") == "blocked"
