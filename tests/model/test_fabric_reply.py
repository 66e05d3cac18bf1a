"""Replies in the engine: aws.md 17 and the way back. Expected answers are aws.md's.

What the sources say of them is asked in tests/semantics/test_aws_replies.py, of the engine too.
"""

from __future__ import annotations

import json

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT_100,
    ANYWHERE,
    AwsWorld,
    Entry,
    Route,
    everything,
    outbound,
    route,
)

SERVER = "eni-server"
OUTSIDE = "198.51.100.7"
OPEN = (ALL_IN_100, ALL_OUT_100)
TO_LIST = route("pl-x", "tgw-1")
"""The entries of the list are not read: a longer route may lead back."""


def node_and_server(
    *, node_acl: tuple[Entry, ...] = OPEN, server_acl: tuple[Entry, ...] = OPEN
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.2.0/24")
    world.igw("igw-1")
    world.route_table("rtb-b", route(ANYWHERE, "igw-1"), subnets=["subnet-b"])
    world.acl("acl-node", *node_acl, subnets=["subnet-a"])
    world.acl("acl-server", *server_acl, subnets=["subnet-b"])
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-node", "subnet-a", "10.0.1.10", groups=["sg-open"], instance="i-1")
    world.interface(
        "eni-server", "subnet-b", "10.0.2.20", groups=["sg-open"], public_ip="203.0.113.20"
    )
    world.node("n1", "i-1")
    return world


def replies_out(protocol: str, ports: int | tuple[int, int], cidr: str = ANYWHERE) -> AwsWorld:
    """A server ACL that lets every request in and these replies out."""
    return node_and_server(server_acl=(ALL_IN_100, outbound(100, "allow", protocol, cidr, ports)))


def reply(world: AwsWorld, port: str = "tcp/443", src: str = "node/n1", dst: str = SERVER) -> str:
    net = Net(world)
    assert net.verdict(src, dst, port) == "allowed"
    return net.reply(src, dst, port)


@pytest.mark.parametrize(
    ("ports", "expected"), [((1024, 65535), "established"), ((32768, 60999), "partial")]
)
def test_17_an_interface_uses_any_port_from_1024(ports: tuple[int, int], expected: str) -> None:
    assert reply(replies_out("tcp", ports), src="eni-node") == expected


def test_17_a_reply_has_the_requests_protocol() -> None:
    world = replies_out("tcp", (1024, 65535))

    assert reply(world, "sctp/53") == "none"
    assert reply(world, "proto/47") == "none"


def test_17_another_icmp_type_is_answered_as_itself() -> None:
    assert reply(replies_out("icmp", (13, -1)), "icmp/13") == "established"
    assert reply(replies_out("icmp", (0, -1)), "icmp/13") == "none"


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((route(ANYWHERE, "nat-1"),), "none"),
        ((route(ANYWHERE, "tgw-1"),), "unknown"),
        ((TO_LIST, route(ANYWHERE, "igw-1")), "unknown"),
        ((TO_LIST, route(ANYWHERE, "nat-1")), "unknown"),
        ((TO_LIST, route(ANYWHERE, "igw-1", blackhole=True)), "unknown"),
        ((TO_LIST,), "unknown"),
        ((route(ANYWHERE, "igw-1", blackhole=True),), "none"),
    ],
)
def test_a_reply_needs_a_route_back(routes: tuple[Route, ...], expected: str) -> None:
    world = node_and_server()
    world.tables.clear()
    world.route_table("rtb-b", *routes, subnets=["subnet-b"])

    assert reply(world, src=OUTSIDE) == expected


@pytest.mark.parametrize("lists", [(), (TO_LIST,)])
def test_no_private_client_is_answered_through_a_gateway_unless_a_longer_route_may_be_hidden(
    lists: tuple[Route, ...],
) -> None:
    """A private network comes in by a peering; only the routes of the subnet decide the answer."""
    world = node_and_server()
    world.tables.clear()
    world.route_table("rtb-b", route(ANYWHERE, "igw-1"), *lists, subnets=["subnet-b"])
    world.route_table("rtb-a", route("10.9.0.0/16", "pcx-1"), subnets=["subnet-a"])

    assert Net(world).reply("10.9.0.5", SERVER) == ("unknown" if lists else "none")


def test_inside_a_subnet_no_acl_is_crossed_and_the_reply_is_established() -> None:
    files = node_and_server().files()
    body = json.loads(files["aws/describe-network-acls.json"])
    for acl in body["NetworkAcls"]:
        acl.pop("Entries")
    files["aws/describe-network-acls.json"] = json.dumps(body)
    net = Net(files)

    assert net.reply("node/n1", "eni-node") == "established"
    assert net.reply("node/n1", SERVER) == "unknown"


def test_the_parts_of_a_reply_are_all_services() -> None:
    net = Net(replies_out("tcp", (40000, 50000)))
    parts = net.crossing("node/n1", SERVER).reply

    assert sum(parts) == net.atoms.full
    assert parts.partial
    assert parts.none
