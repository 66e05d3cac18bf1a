"""Replies through stateless gates and a way back: statement 17 and the conventions around it.

A reply is judged with ports swapped: it goes to the client's port, which a Linux sender takes from
32768–60999 and a NAT gateway or a host outside from 1024–65535.
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT_100,
    ANYWHERE,
    AwsWorld,
    Entry,
    Route,
    everything,
    gates,
    inbound,
    outbound,
    route,
)
from tests.support import ask

NODE = "10.0.1.10"
SERVER = "10.0.2.20"
OUTSIDE = "198.51.100.7"
OPEN = (ALL_IN_100, ALL_OUT_100)


def node_and_server(
    *, node_acl: tuple[Entry, ...] = OPEN, server_acl: tuple[Entry, ...] = OPEN
) -> AwsWorld:
    """A Linux node in subnet-a, a server with a public address in subnet-b, open groups."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.2.0/24")
    world.igw("igw-1")
    world.route_table("rtb-b", route(ANYWHERE, "igw-1"), subnets=["subnet-b"])
    world.acl("acl-node", *node_acl, subnets=["subnet-a"])
    world.acl("acl-server", *server_acl, subnets=["subnet-b"])
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-node", "subnet-a", NODE, groups=["sg-open"], instance="i-1")
    world.interface("eni-server", "subnet-b", SERVER, groups=["sg-open"], public_ip="203.0.113.20")
    world.node("n1", "i-1")
    return world


def reply_out(protocol: str, cidr: str, ports: int | tuple[int, int]) -> tuple[Entry, ...]:
    """A server ACL that lets every request in and these replies out."""
    return (ALL_IN_100, outbound(100, "allow", protocol, cidr, ports))


# --- the request ---------------------------------------------------------------------------------


def test_17_the_request_needs_its_way_out_of_the_clients_subnet() -> None:
    """17: first gate, the client's subnet outbound, at the server's port."""
    shut = (ALL_IN_100, outbound(100, "allow", "tcp", ANYWHERE, 80))
    world = node_and_server(node_acl=shut)
    result = ask(world.files(), "node/n1", SERVER, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"nacl-out"}
    assert ask(world.files(), "node/n1", SERVER, "tcp/80").verdict == "allowed"


def test_17_the_request_needs_its_way_into_the_servers_subnet() -> None:
    """17: second gate, the server's subnet inbound, at the server's port."""
    world = node_and_server(server_acl=(ALL_OUT_100, inbound(100, "allow", "tcp", ANYWHERE, 80)))
    result = ask(world.files(), "node/n1", SERVER, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"nacl-in"}
    assert ask(world.files(), "node/n1", SERVER, "tcp/80").verdict == "allowed"


# --- the reply -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ((1024, 65535), "established"),
        ((32768, 60999), "established"),
        ((32768, 61000), "established"),
        ((40000, 50000), "partial"),
        ((32768, 60998), "partial"),
        ((1024, 32768), "partial"),
        ((1024, 32767), "none"),
        ((61000, 65535), "none"),
        ((443, 443), "none"),
    ],
)
def test_17_the_reply_leaves_towards_the_clients_ports(
    ports: tuple[int, int], expected: str
) -> None:
    """17: third gate, the server's subnet outbound, at a Linux client's ports 32768–60999. The
    request is admitted whatever becomes of the reply."""
    world = node_and_server(server_acl=reply_out("tcp", ANYWHERE, ports))
    result = ask(world.files(), "node/n1", SERVER, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ((32768, 60999), "established"),
        ((50000, 65535), "partial"),
        ((32768, 60998), "partial"),
        ((1024, 32768), "partial"),
        ((1024, 32767), "none"),
        ((61000, 65535), "none"),
        ((443, 443), "none"),
    ],
)
def test_17_the_reply_enters_at_the_clients_ports(ports: tuple[int, int], expected: str) -> None:
    """17: fourth gate, the client's subnet inbound, at the same ports."""
    shut = (ALL_OUT_100, inbound(100, "allow", "tcp", ANYWHERE, ports))
    result = ask(node_and_server(node_acl=shut).files(), "node/n1", SERVER, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected


def test_17_each_gate_on_the_way_back_must_admit_the_same_port() -> None:
    """17: ports that leave the server's subnet and may not enter the client's bring no reply."""
    world = node_and_server(
        node_acl=(ALL_OUT_100, inbound(100, "allow", "tcp", ANYWHERE, (50000, 60999))),
        server_acl=reply_out("tcp", ANYWHERE, (32768, 49999)),
    )

    assert ask(world.files(), "node/n1", SERVER, "tcp/443").reply == "none"


@pytest.mark.parametrize(
    ("cidr", "expected"), [("10.0.1.0/24", "established"), ("10.0.9.0/24", "none")]
)
def test_17_the_reply_goes_to_the_clients_address(cidr: str, expected: str) -> None:
    """17: source and destination are swapped with the ports."""
    world = node_and_server(server_acl=reply_out("tcp", cidr, (1024, 65535)))

    assert ask(world.files(), "node/n1", SERVER, "tcp/443").reply == expected


def test_17_a_reply_has_the_requests_protocol() -> None:
    """17: an entry for TCP replies carries no UDP ones."""
    world = node_and_server(server_acl=reply_out("tcp", ANYWHERE, (1024, 65535)))

    assert ask(world.files(), "node/n1", SERVER, "tcp/53").reply == "established"
    assert ask(world.files(), "node/n1", SERVER, "udp/53").reply == "none"


@pytest.mark.parametrize(("kind", "expected"), [(0, "established"), (8, "none")])
def test_17_an_echo_request_is_answered_by_type_0(kind: int, expected: str) -> None:
    """17 and section 6: the reply to ICMP 8 is ICMP 0."""
    world = node_and_server(server_acl=reply_out("icmp", ANYWHERE, (kind, -1)))
    result = ask(world.files(), "node/n1", SERVER, "icmp/8")

    assert result.verdict == "allowed"
    assert result.reply == expected


def test_17_a_denial_in_the_range_makes_the_reply_partial() -> None:
    """17 with 16: entries in ascending order, so 90 takes a slice out of the client's ports."""
    world = node_and_server(
        server_acl=(ALL_IN_100, outbound(90, "deny", "tcp", ANYWHERE, (50000, 50000)), ALL_OUT_100)
    )

    assert ask(world.files(), "node/n1", SERVER, "tcp/443").reply == "partial"


def test_17_no_entry_back_is_no_connection() -> None:
    """17: stateless: an admitted request opens nothing for its reply."""
    result = ask(node_and_server(server_acl=(ALL_IN_100,)).files(), "node/n1", SERVER, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "none"


@pytest.mark.parametrize(
    ("ports", "expected"), [((1024, 65535), "established"), ((32768, 60999), "partial")]
)
def test_17_a_host_outside_may_use_any_port_from_1024(
    ports: tuple[int, int], expected: str
) -> None:
    """17, and «NAT, load balancers and others 1024–65535»: who is outside is not known to be a
    Linux host."""
    world = node_and_server(server_acl=reply_out("tcp", ANYWHERE, ports))
    result = ask(world.files(), OUTSIDE, "eni-server", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected


@pytest.mark.parametrize(
    ("ports", "expected"), [((1024, 65535), "established"), ((32768, 60999), "partial")]
)
def test_17_a_nat_gateway_uses_any_port_from_1024(ports: tuple[int, int], expected: str) -> None:
    """17: the sender that the Internet answers is the NAT gateway, with its own range of ports."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-public", "10.0.1.0/24")
    world.subnet("subnet-private", "10.0.2.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
    world.acl(
        "acl-public",
        inbound(90, "allow", "tcp", "10.0.2.0/24", 443),
        inbound(100, "allow", "tcp", ANYWHERE, ports),
        ALL_OUT_100,
        subnets=["subnet-public"],
    )
    world.group("sg-open")
    world.interface("eni-node", "subnet-private", "10.0.2.10", groups=["sg-open"], instance="i-1")
    world.node("n1", "i-1")
    result = ask(world.files(), "node/n1", OUTSIDE, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected


# --- the way back --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((route(ANYWHERE, "igw-1"),), "established"),
        ((route("198.51.100.0/24", "igw-1"),), "established"),
        ((route("192.0.2.0/24", "igw-1"),), "none"),
        ((), "none"),
    ],
)
def test_a_reply_needs_a_route_back(routes: tuple[Route, ...], expected: str) -> None:
    """The contract: a reply also needs a route from the destination's subnet to the source. The
    request itself comes in by the Internet gateway's own pairing of addresses (28)."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.igw("igw-1")
    world.route_table("rtb-a", *routes, subnets=["subnet-a"])
    world.group("sg-open", ingress=[everything(ANYWHERE)])
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-open"], public_ip="203.0.113.10")
    result = ask(world.files(), OUTSIDE, "eni-a", "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected
