"""Security groups in the engine: aws.md 1, 3, 4, 11, 15. Expected verdicts are aws.md's.

What the sources say of them is asked in tests/semantics/test_aws_security_groups.py and
test_aws_group_edges.py, of the engine too.
"""

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
)

CLIENT = "10.0.1.10"
SERVER = "10.0.1.20"


def hosts(
    *ingress: Rule, egress: tuple[Rule, ...] = ALL_OUT, groups: tuple[str, ...] = ()
) -> AwsWorld:
    """A client and a server in one subnet, with public addresses and IPv6."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8::/64")
    world.igw("igw-1")
    world.route_table("rtb-a", route(ANYWHERE, "igw-1"), subnets=["subnet-a"])
    world.group("sg-client", egress=egress)
    world.group("sg-server", ingress=ingress)
    for name, ip, own in (
        ("client", CLIENT, ("sg-client",)),
        ("server", SERVER, groups or ("sg-server",)),
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


def test_01_the_admitting_rules_are_named() -> None:
    net = Net(hosts(tcp(443, "10.0.1.0/24"), tcp(443, "sg-client"), tcp(22, ANYWHERE)))

    assert net.rules("eni-client", "eni-server") == {
        ("sg-client", "egress:all:0.0.0.0/0"),
        ("sg-server", "ingress:tcp/443:10.0.1.0/24"),
        ("sg-server", "ingress:tcp/443:sg-client"),
    }


@pytest.mark.parametrize(
    ("given", "port", "expected"),
    [
        (rule("icmp", 8, 0, ANYWHERE), "icmp/8/1", "blocked"),
        (rule("icmpv6", -1, -1, "sg-client"), "icmpv6/128", "blocked"),
        (rule("132", None, None, ANYWHERE), "sctp/80", "allowed"),
    ],
)
def test_03_protocols(given: Rule, port: str, expected: str) -> None:
    assert verdict(hosts(given), port) == expected


def test_03_icmpv6_is_for_ipv6() -> None:
    world = hosts(rule("icmpv6", -1, -1, "sg-client", ANYWHERE_6), egress=(everything(ANYWHERE_6),))

    assert Net(world).verdict("eni-client", "eni-server", "icmpv6/128", family=6) == "allowed"
    assert Net(world).verdict("eni-client", "eni-server", "icmpv6/128") == "blocked"


def test_04_an_egress_reference_never_matches_an_address_outside() -> None:
    world = hosts(everything(ANYWHERE), egress=(tcp(443, "sg-server"),))

    assert verdict(world, dst="8.8.8.8") == "blocked"


def test_04_the_receiver_sees_the_public_address_then() -> None:
    net = Net(hosts(everything(ANYWHERE)))

    assert net.seen("eni-client", "203.0.113.20") == ["203.0.113.10/32"]
    assert net.seen("eni-client", "eni-server") == []


@pytest.mark.parametrize("described", [True, False])
def test_11_an_unread_list_is_named_with_what_would_read_it(described: bool) -> None:
    world = hosts(tcp(443, "pl-office"), egress=(tcp((0, 65535), ANYWHERE),))
    if described:
        world.prefix_list("pl-office", entries_read=False)

    ((code, thing, needs),) = [
        (reason.code, reason.object, reason.needs)
        for reason in Net(world).reasons("eni-client", "eni-server")
    ]
    assert (code, thing) == ("prefix-list-not-read", "pl-office")
    assert "get-managed-prefix-list-entries" in needs


def test_11_an_unread_list_is_no_reason_where_another_rule_admits() -> None:
    net = Net(hosts(tcp(443, "pl-office"), tcp(443, ANYWHERE)))

    assert net.reasons("eni-client", "eni-server") == set()


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
