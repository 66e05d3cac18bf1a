"""Security groups in the engine: aws.md 1–5, 11, 13–15. Expected verdicts are aws.md's."""

from __future__ import annotations

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Rule,
    everything,
    route,
    rule,
    tcp,
    udp,
)

CLIENT = "10.0.1.10"
SERVER = "10.0.1.20"
STRANGER = "10.0.1.30"


def hosts(
    *ingress: Rule, egress: tuple[Rule, ...] = ALL_OUT, groups: tuple[str, ...] = ()
) -> AwsWorld:
    """A client, a server and a stranger in one subnet, with public addresses and IPv6."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8::/64")
    world.igw("igw-1")
    world.route_table("rtb-a", route(ANYWHERE, "igw-1"), subnets=["subnet-a"])
    world.group("sg-client", egress=egress)
    world.group("sg-server", ingress=ingress)
    world.group("sg-stranger")
    for name, ip, own in (
        ("client", CLIENT, ("sg-client",)),
        ("server", SERVER, groups or ("sg-server",)),
        ("stranger", STRANGER, ("sg-stranger",)),
    ):
        last = ip.rsplit(".", 1)[1]
        world.interface(
            f"eni-{name}",
            "subnet-a",
            ip,
            groups=own,
            public_ip=f"203.0.113.{last}",
            ipv6=[f"2001:db8::{last}"],
        )
    return world


def verdict(
    world: AwsWorld, port: str = "tcp/443", src: str = "eni-client", dst: str = "eni-server"
) -> str:
    return Net(world).verdict(src, dst, port)


@pytest.mark.parametrize("groups", [("sg-one", "sg-two"), ("sg-two", "sg-one")])
def test_01_the_rules_of_all_groups_are_united(groups: tuple[str, ...]) -> None:
    world = hosts(groups=groups)
    world.group("sg-one", ingress=[tcp(80, "10.0.1.0/24")])
    world.group("sg-two", ingress=[tcp(443, "10.0.1.0/24")])

    assert verdict(world, "tcp/80") == "allowed"
    assert verdict(world, "tcp/443") == "allowed"
    assert verdict(world, "tcp/22") == "blocked"


def test_01_a_direction_without_rules_denies() -> None:
    assert verdict(hosts()) == "blocked"
    assert verdict(hosts(everything(ANYWHERE), egress=())) == "blocked"


def test_01_the_admitting_rules_are_named() -> None:
    net = Net(hosts(tcp(443, "10.0.1.0/24"), tcp(443, "sg-client"), tcp(22, ANYWHERE)))

    assert net.rules("eni-client", "eni-server") == {
        ("sg-client", "egress:all:0.0.0.0/0"),
        ("sg-server", "ingress:tcp/443:10.0.1.0/24"),
        ("sg-server", "ingress:tcp/443:sg-client"),
    }


@pytest.mark.parametrize(
    ("port", "expected"), [(7999, "blocked"), (8000, "allowed"), (8010, "allowed")]
)
def test_02_ports_are_the_destinations_both_ends_included(port: int, expected: str) -> None:
    assert verdict(hosts(tcp((8000, 8010), ANYWHERE)), f"tcp/{port}") == expected


def test_02_ingress_names_the_sender_and_egress_the_receiver() -> None:
    assert verdict(hosts(tcp(443, f"{CLIENT}/32"))) == "allowed"
    assert verdict(hosts(tcp(443, f"{SERVER}/32"))) == "blocked"
    opened = everything(ANYWHERE)
    assert verdict(hosts(opened, egress=(tcp(443, f"{SERVER}/32"),))) == "allowed"
    assert verdict(hosts(opened, egress=(tcp(443, f"{CLIENT}/32"),))) == "blocked"


@pytest.mark.parametrize(
    ("given", "port", "expected"),
    [
        (everything(ANYWHERE), "proto/47", "allowed"),
        (everything(ANYWHERE), "icmp/8", "allowed"),
        (tcp((0, 65535), ANYWHERE), "udp/53", "blocked"),
        (udp(53, ANYWHERE), "udp/53", "allowed"),
        (rule("icmp", 8, -1, ANYWHERE), "icmp/8", "allowed"),
        (rule("icmp", 8, -1, ANYWHERE), "icmp/13", "blocked"),
        (rule("icmp", 8, 0, ANYWHERE), "icmp/8/1", "blocked"),
        (rule("icmp", -1, -1, ANYWHERE), "icmp/13", "allowed"),
        (rule("icmpv6", -1, -1, "sg-client"), "icmpv6/128", "blocked"),
        (rule("47", None, None, ANYWHERE), "proto/47", "allowed"),
        (rule("47", None, None, ANYWHERE), "proto/50", "blocked"),
        (rule("132", None, None, ANYWHERE), "sctp/80", "allowed"),
    ],
)
def test_03_protocols(given: Rule, port: str, expected: str) -> None:
    assert verdict(hosts(given), port) == expected


def test_03_icmpv6_is_for_ipv6() -> None:
    world = hosts(rule("icmpv6", -1, -1, "sg-client", ANYWHERE_6), egress=(everything(ANYWHERE_6),))

    assert Net(world).verdict("eni-client", "eni-server", "icmpv6/128", family=6) == "allowed"
    assert Net(world).verdict("eni-client", "eni-server", "icmpv6/128") == "blocked"


def test_04_a_reference_admits_who_carries_the_group() -> None:
    world = hosts(tcp(443, "sg-client"))

    assert verdict(world) == "allowed"
    assert verdict(world, src="eni-stranger") == "blocked"


def test_04_an_egress_reference_admits_towards_who_carries_it() -> None:
    world = hosts(everything(ANYWHERE), egress=(tcp(443, "sg-server"),))
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-open", "subnet-a", "10.0.1.40", groups=["sg-open"])

    assert verdict(world) == "allowed"
    assert verdict(world, dst="eni-open") == "blocked"
    assert verdict(world, dst="8.8.8.8") == "blocked"


def test_04_a_reference_never_matches_a_public_address() -> None:
    by_reference, by_address = hosts(tcp(443, "sg-client")), hosts(tcp(443, "203.0.113.10/32"))

    assert verdict(by_reference, dst="203.0.113.20") == "blocked"
    assert verdict(by_address, dst="203.0.113.20") == "allowed"
    assert verdict(by_address) == "blocked"


def test_04_the_receiver_sees_the_public_address_then() -> None:
    net = Net(hosts(everything(ANYWHERE)))

    assert net.seen("eni-client", "203.0.113.20") == ["203.0.113.10/32"]
    assert net.seen("eni-client", "eni-server") == []


@pytest.mark.parametrize(("own", "expected"), [((), "blocked"), (("sg-team",), "allowed")])
def test_05_members_reach_each_other_by_an_explicit_rule_only(
    own: tuple[str, ...], expected: str
) -> None:
    world = hosts()
    world.group("sg-team", ingress=[tcp(443, "198.51.100.0/24", *own)])
    world.interface("eni-one", "subnet-a", "10.0.1.40", groups=["sg-team"])
    world.interface("eni-two", "subnet-a", "10.0.1.41", groups=["sg-team"])

    assert verdict(world, src="eni-one", dst="eni-two") == expected


def test_11_a_prefix_list_is_the_union_of_its_entries() -> None:
    world = hosts(tcp(443, "pl-office"))
    world.prefix_list("pl-office", "10.9.0.0/16", f"{CLIENT}/32")

    assert verdict(world) == "allowed"
    assert verdict(world, src="eni-stranger") == "blocked"


@pytest.mark.parametrize("described", [True, False])
def test_11_an_unread_list_is_unknown_for_its_services_alone(described: bool) -> None:
    world = hosts(tcp(443, "pl-office"), egress=(tcp((0, 65535), ANYWHERE),))
    if described:
        world.prefix_list("pl-office", entries_read=False)
    net = Net(world)

    assert net.verdict("eni-client", "eni-server") == "unknown"
    assert net.verdict("eni-client", "eni-server", "tcp/22") == "blocked"
    ((code, thing, needs),) = [
        (reason.code, reason.object, reason.needs)
        for reason in net.reasons("eni-client", "eni-server")
    ]
    assert (code, thing) == ("prefix-list-not-read", "pl-office")
    assert "get-managed-prefix-list-entries" in needs


def test_11_an_unread_list_is_no_matter_where_another_rule_admits() -> None:
    net = Net(hosts(tcp(443, "pl-office"), tcp(443, ANYWHERE)))

    assert net.verdict("eni-client", "eni-server") == "allowed"
    assert net.reasons("eni-client", "eni-server") == set()


def test_11_an_unread_list_is_no_matter_behind_a_sure_block() -> None:
    assert verdict(hosts(tcp(443, "pl-office"), egress=())) == "blocked"


def test_13_replies_need_no_rule() -> None:
    world = hosts()
    world.group("sg-mute", ingress=[tcp(443, ANYWHERE)], egress=())
    world.interface("eni-mute", "subnet-a", "10.0.1.40", groups=["sg-mute"])

    assert Net(world).reply("eni-client", "eni-mute") == "established"
    assert verdict(world, src="eni-mute", dst="eni-client") == "blocked"


def test_15_a_load_balancer_without_groups_filters_nothing() -> None:
    world = hosts()
    world.interface("eni-nlb", "subnet-a", "10.0.1.50", groups=[], kind="network_load_balancer")
    world.interface("eni-bare", "subnet-a", "10.0.1.51", groups=[])

    assert verdict(world, dst="eni-nlb") == "allowed"
    assert verdict(world, dst="eni-bare") == "blocked"


def test_rules_that_were_read_admit_also_where_others_of_their_group_were_not() -> None:
    world = hosts(tcp(443, ANYWHERE))
    group = next(one for one in world.groups if one["GroupId"] == "sg-server")
    group["IpPermissions"].append({"IpProtocol": "tcp", "FromPort": "x"})
    net = Net(world)

    assert net.verdict("eni-client", "eni-server", "tcp/443") == "allowed"
    assert net.verdict("eni-client", "eni-server", "tcp/22") == "unknown"


def test_a_group_that_was_not_read_may_admit_anything() -> None:
    world = hosts(tcp(443, ANYWHERE), groups=("sg-server", "sg-unread"))
    net = Net(world)

    assert net.verdict("eni-client", "eni-server", "tcp/443") == "allowed"
    assert net.verdict("eni-client", "eni-server", "tcp/22") == "unknown"
    assert {one.code for one in net.reasons("eni-client", "eni-server", "tcp/22")} == {
        "rules-not-read"
    }
