"""Source translation of pods by the VPC CNI: statement 51.

The pod sits on eni-1b, a secondary interface in subnet-pod with group sg-pod. The node's primary
interface is eni-1a in subnet-node with group sg-node and a public address. Each test lets exactly
one of the two sides decide.
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT,
    ALL_OUT_100,
    ANYWHERE,
    AwsWorld,
    Route,
    Rule,
    everything,
    gates,
    inbound,
    outbound,
    packets,
    passed,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

POD = "default/client[Pod]"
OUTSIDE = "198.51.100.7"
ELSEWHERE = "192.0.2.5"
TO_IGW = (route(ANYWHERE, "igw-1"),)
TO_NAT = (route(ANYWHERE, "nat-1"),)


def node_with_pod(
    *,
    node_routes: tuple[Route, ...] = TO_IGW,
    pod_routes: tuple[Route, ...] = TO_NAT,
    node_egress: tuple[Rule, ...] = ALL_OUT,
    pod_egress: tuple[Rule, ...] = ALL_OUT,
    external: str = "false",
    excluded: str | None = None,
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", "10.1.0.0/16")
    world.subnet("subnet-node", "10.0.1.0/24")
    world.subnet("subnet-pod", "10.0.2.0/24")
    world.subnet("subnet-nat", "10.0.3.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-nat", "10.0.3.5", "203.0.113.50")
    world.route_table("rtb-node", *node_routes, subnets=["subnet-node"])
    world.route_table("rtb-pod", *pod_routes, subnets=["subnet-pod"])
    world.route_table("rtb-nat", *TO_IGW, subnets=["subnet-nat"])
    world.group("sg-node", egress=node_egress)
    world.group("sg-pod", egress=pod_egress)
    world.interface(
        "eni-1a",
        "subnet-node",
        "10.0.1.10",
        groups=["sg-node"],
        public_ip="203.0.113.10",
        secondary=["10.0.1.11"],
        instance="i-1",
    )
    world.interface(
        "eni-1b",
        "subnet-pod",
        "10.0.2.10",
        groups=["sg-pod"],
        secondary=["10.0.2.11"],
        instance="i-1",
        device=1,
    )
    world.node("n1", "i-1")
    world.pod("client", "10.0.2.11", "n1")
    env = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": external}
    if excluded is not None:
        env["AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"] = excluded
    world.aws_node(**env)
    return world


def verdict(world: AwsWorld, dst: str = OUTSIDE, src: str = POD) -> str:
    return str(ask(world.files(), src, dst, "tcp/443").verdict)


# --- to the outside the node's primary interface sends -------------------------------------------


def test_51_outside_the_vpc_the_source_is_the_nodes_primary_address() -> None:
    """51: the packet leaves with the primary address of the primary interface, from its subnet and
    by its table: the Internet gateway, not the pod subnet's NAT gateway."""
    result = ask(node_with_pod().files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "established"
    assert "source-nat" in passed(result)
    assert "internet-gateway" in passed(result)
    assert "nat-gateway" not in passed(result)
    assert packets(result, "nacl-out") == [("10.0.1.10", OUTSIDE)]


def test_51_the_primarys_group_decides() -> None:
    """51: the group of the primary interface filters, that of the pod's does not."""
    refused = ask(node_with_pod(node_egress=()).files(), POD, OUTSIDE, "tcp/443")

    assert verdict(node_with_pod(pod_egress=())) == "allowed"
    assert refused.verdict == "blocked"
    assert [(hop.gate, hop.at) for hop in refused.blocked_by] == [
        ("security-group-egress", "eni-1a")
    ]


def test_51_the_primarys_route_table_decides() -> None:
    """51: a pod subnet without a way out is no hindrance, one with a way out no help."""
    refused = ask(node_with_pod(node_routes=()).files(), POD, OUTSIDE, "tcp/443")

    assert verdict(node_with_pod(pod_routes=())) == "allowed"
    assert refused.verdict == "blocked"
    assert gates(refused) == {"route"}


@pytest.mark.parametrize(
    ("subnet", "expected"), [("subnet-pod", "allowed"), ("subnet-node", "blocked")]
)
def test_51_the_primarys_acl_decides(subnet: str, expected: str) -> None:
    """51: the packet leaves the node's subnet and never enters the pod's."""
    world = node_with_pod()
    world.acl("acl-shut", subnets=[subnet])
    result = ask(world.files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == expected
    assert gates(result) == (set() if expected == "allowed" else {"nacl-out"})


def test_51_a_pod_on_the_primary_interface_is_translated_too() -> None:
    """51: its secondary address has no public pair (28); the primary's, put in by the CNI, has."""
    for external, expected in (("false", "allowed"), ("true", "blocked")):
        world = node_with_pod(external=external)
        world.pod("on-primary", "10.0.1.11", "n1")

        assert verdict(world, src="default/on-primary[Pod]") == expected


@pytest.mark.parametrize(
    ("ports", "expected"), [((1024, 65535), "established"), ((32768, 60999), "partial")]
)
def test_51_a_translated_flow_has_any_port_from_1024(ports: tuple[int, int], expected: str) -> None:
    """51 and 17: the CNI picks the source port itself, not the kernel's ephemeral range."""
    world = node_with_pod()
    world.acl(
        "acl-node",
        inbound(100, "allow", "tcp", ANYWHERE, ports),
        ALL_OUT_100,
        subnets=["subnet-node"],
    )
    result = ask(world.files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == expected


# --- inside the VPC there is no translation ------------------------------------------------------


@pytest.mark.parametrize(
    ("subnet", "cidr", "ip"),
    [("subnet-near", "10.0.9.0/24", "10.0.9.9"), ("subnet-second", "10.1.9.0/24", "10.1.9.9")],
    ids=["first block of the VPC", "second block of the VPC"],
)
def test_51_inside_the_vpc_the_pods_own_address_is_seen(subnet: str, cidr: str, ip: str) -> None:
    """51: only what lies outside all IPv4 blocks of the VPC is translated."""
    for source, expected in (("10.0.2.11/32", "allowed"), ("10.0.1.10/32", "blocked")):
        world = node_with_pod()
        world.subnet(subnet, cidr)
        world.group("sg-server", ingress=[tcp(443, source)])
        world.interface("eni-server", subnet, ip, groups=["sg-server"])

        assert verdict(world, "eni-server") == expected


def test_51_inside_the_vpc_the_pods_own_group_decides() -> None:
    """51: untranslated, it leaves by its own interface."""
    for node_egress, pod_egress, expected in (((), ALL_OUT, "allowed"), (ALL_OUT, (), "blocked")):
        world = node_with_pod(node_egress=node_egress, pod_egress=pod_egress)
        world.group("sg-server", ingress=[everything(ANYWHERE)])
        world.interface("eni-server", "subnet-nat", "10.0.3.30", groups=["sg-server"])

        assert verdict(world, "eni-server") == expected


# --- AWS_VPC_K8S_CNI_EXTERNALSNAT ----------------------------------------------------------------


def test_51_external_snat_leaves_the_pods_address_alone() -> None:
    """51: with EXTERNALSNAT=true the pod's own interface, subnet and table are used: here the NAT
    gateway of the pod's subnet translates instead."""
    result = ask(node_with_pod(external="true").files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == "allowed"
    assert "source-nat" not in passed(result)
    assert "nat-gateway" in passed(result)
    assert ("10.0.2.11", OUTSIDE) in packets(result, "nacl-out")


@pytest.mark.parametrize(("external", "expected"), [("true", "blocked"), ("false", "allowed")])
def test_51_external_snat_lets_the_pods_group_decide(external: str, expected: str) -> None:
    """51: the same world, a pod group without egress: only the setting differs."""
    result = ask(node_with_pod(external=external, pod_egress=()).files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == expected
    if expected == "blocked":
        assert gates(result) == {"security-group-egress"}


@pytest.mark.parametrize(("external", "expected"), [("true", "allowed"), ("false", "blocked")])
def test_51_external_snat_makes_the_primarys_group_irrelevant(external: str, expected: str) -> None:
    """51: and the mirror image, a node group without egress."""
    assert verdict(node_with_pod(external=external, node_egress=())) == expected


def test_51_external_snat_needs_a_nat_gateway() -> None:
    """51 with 28: untranslated in a public subnet, the pod's address has no public pair."""
    result = ask(node_with_pod(external="true", pod_routes=TO_IGW).files(), POD, OUTSIDE, "tcp/443")

    assert result.verdict == "blocked"
    assert gates(result) == {"internet-gateway"}


# --- AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS ----------------------------------------------------------


@pytest.mark.parametrize(
    ("excluded", "destination", "expected"),
    [
        ("198.51.100.0/24", OUTSIDE, "blocked"),
        ("198.51.100.0/24", ELSEWHERE, "allowed"),
        ("203.0.113.0/24,198.51.100.0/24", OUTSIDE, "blocked"),
        ("203.0.113.0/24, 198.51.100.0/24", OUTSIDE, "blocked"),
        ("203.0.113.0/24", OUTSIDE, "allowed"),
        ("", OUTSIDE, "allowed"),
    ],
)
def test_51_excluded_destinations_are_not_translated(
    excluded: str, destination: str, expected: str
) -> None:
    """51: towards a CIDR of the list the pod's own group decides (it lets nothing out), towards
    all others the node's (it lets all out)."""
    assert verdict(node_with_pod(pod_egress=(), excluded=excluded), destination) == expected


# --- to networks beyond a gateway ----------------------------------------------------------------

TO_TGW = (route("10.8.0.0/16", "tgw-0hub"),)


def test_51_towards_a_connected_network_the_node_sends_as_well() -> None:
    """51: a peered VPC, a transit gateway or a site is outside the VPC: the route of the node's
    subnet leads to the gateway, which is unknown by name; the pod subnet's route does not count."""
    result = ask(node_with_pod(node_routes=TO_TGW).files(), POD, "10.8.1.5", "tcp/443")
    no_route = ask(
        node_with_pod(node_routes=(), pod_routes=TO_TGW).files(), POD, "10.8.1.5", "tcp/443"
    )

    assert result.verdict == "unknown"
    assert any("tgw-0hub" in one for one in unknown_objects(result))
    assert no_route.verdict == "blocked"
    assert gates(no_route) == {"route"}


def test_51_towards_a_connected_network_the_primarys_group_blocks() -> None:
    """51: one sure block on the node's side, and the unread gateway does not matter."""
    world = node_with_pod(node_routes=TO_TGW, node_egress=(tcp(443, "10.0.0.0/16"),))
    result = ask(world.files(), POD, "10.8.1.5", "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-egress" in gates(result)


def test_51_an_acl_of_the_nodes_subnet_sees_the_final_destination() -> None:
    """51 with 19: after the CNI's translation the destination is unchanged."""
    for named, expected in (("198.51.100.0/24", "allowed"), ("10.0.0.0/8", "blocked")):
        world = node_with_pod()
        world.acl(
            "acl-node",
            ALL_IN_100,
            outbound(100, "allow", "tcp", named, 443),
            subnets=["subnet-node"],
        )

        assert verdict(world) == expected
