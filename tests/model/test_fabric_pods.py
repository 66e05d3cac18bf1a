"""Pods, nodes and their interfaces in the engine: aws.md 52, 56. Verdicts are aws.md's.

What the sources say of 14 and 50 is asked in tests/semantics/test_aws_pods.py, of the engine too.

Node n1 has two interfaces, eni-1a (its primary) and eni-1b; node n2 has eni-2a.
"""

from __future__ import annotations

import json

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import ALL_OUT, ANYWHERE, AwsWorld, Rule, everything, route, tcp

OPEN = (everything(ANYWHERE),)
SHUT: tuple[Rule, ...] = ()


def two_nodes(
    *,
    primary: tuple[Rule, ...] = SHUT,
    secondary: tuple[Rule, ...] = SHUT,
    primary_egress: tuple[Rule, ...] = ALL_OUT,
    secondary_egress: tuple[Rule, ...] = ALL_OUT,
    kind: str = "interface",
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.subnet("subnet-2", "10.0.2.0/24")
    world.group("sg-a", ingress=primary, egress=primary_egress)
    world.group("sg-b", ingress=secondary, egress=secondary_egress)
    world.group("sg-open", ingress=OPEN)
    world.interface(
        "eni-1a",
        "subnet-1",
        "10.0.1.10",
        groups=["sg-a"],
        secondary=["10.0.1.11", "10.0.1.12"],
        instance="i-1",
    )
    world.interface(
        "eni-1b",
        "subnet-1",
        "10.0.1.20",
        groups=["sg-b"],
        secondary=["10.0.1.21"],
        instance="i-1",
        device=1,
        kind=kind,
    )
    world.interface(
        "eni-2a",
        "subnet-2",
        "10.0.2.10",
        groups=["sg-open"],
        secondary=["10.0.2.11"],
        instance="i-2",
    )
    world.node("n1", "i-1")
    world.node("n2", "i-2")
    for name, ip, node in (
        ("on-a", "10.0.1.11", "n1"),
        ("on-a2", "10.0.1.12", "n1"),
        ("on-b", "10.0.1.21", "n1"),
        ("far", "10.0.2.11", "n2"),
    ):
        world.pod(name, ip, node)
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/8080") -> str:
    return Net(world).verdict(f"default/{src}[Pod]", f"default/{dst}[Pod]", port)


@pytest.mark.parametrize(("mode", "expected"), [("strict", "blocked"), ("standard", "allowed")])
def test_52_on_one_node_a_branch_interface_in_strict_mode_filters(mode: str, expected: str) -> None:
    world = two_nodes(kind="branch")
    world.aws_node(POD_SECURITY_GROUP_ENFORCING_MODE=mode)

    assert verdict(world, "on-a", "on-b") == expected
    assert verdict(world, "on-a", "on-a2") == "allowed"


def test_56_a_host_network_pod_is_its_node() -> None:
    world = two_nodes(primary=(tcp(22, ANYWHERE),))
    world.pod("host", "10.0.1.10", "n1")
    world.objects[-1]["spec"]["hostNetwork"] = True

    assert verdict(world, "far", "host", "tcp/22") == "allowed"
    assert verdict(world, "far", "host", "tcp/80") == "blocked"


def test_a_pod_without_an_interface_is_unknown_both_ways() -> None:
    world = two_nodes(primary=OPEN)
    world.pod("lost", "10.0.1.99", "n1")
    net = Net(world)

    assert net.verdict("default/lost[Pod]", "default/far[Pod]") == "unknown"
    assert net.verdict("default/far[Pod]", "default/lost[Pod]") == "unknown"
    assert "interface-not-found" in {
        one.code for one in net.reasons("default/far[Pod]", "default/lost[Pod]")
    }
    assert net.verdict("8.8.8.8", "default/lost[Pod]") == "unknown"


def test_a_pod_without_an_interface_does_not_open_what_the_sender_shuts() -> None:
    """The way goes on by the address: one sure block blocks."""
    world = two_nodes(secondary_egress=())
    world.pod("lost", "10.0.1.99", "n2")

    assert verdict(world, "on-b", "lost") == "blocked"


def test_a_pod_without_an_address_is_unknown() -> None:
    files = two_nodes(secondary_egress=()).files()
    files["web.yaml"] = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\n"
        "spec: {template: {spec: {containers: []}}}\n"
    )
    net = Net(files)

    assert net.verdict("default/web-0[Pod]", "default/far[Pod]") == "unknown"
    assert net.verdict("default/on-b[Pod]", "default/web-0[Pod]") == "unknown"


def test_a_node_without_its_instance_is_unknown() -> None:
    world = two_nodes(primary=OPEN)
    world.objects[0]["spec"]["providerID"] = ""

    assert Net(world).verdict("node/n2", "node/n1") == "unknown"
    assert Net(world).verdict("node/n1", "node/n2") == "unknown"


def test_the_vpc_of_a_cluster_is_that_of_its_description_or_its_first_node() -> None:
    world = two_nodes()
    assert Net(world).fabric.vpc_of("") == "vpc-1"

    world.vpc("vpc-2", "10.5.0.0/16")
    world.eks_cluster("prod", public=True, private=True, vpc="vpc-2")
    assert Net(world).fabric.vpc_of("") == "vpc-2"


def test_the_hosts_own_addresses_of_an_interface() -> None:
    world = two_nodes()
    world.interface(
        "eni-x",
        "subnet-1",
        "10.0.1.200",
        groups=["sg-a"],
        secondary=["10.0.1.201", "10.0.1.202"],
        ipv6=["2001:db8::1"],
    )
    files = world.files()
    body = json.loads(files["aws/describe-network-interfaces.json"])
    body["NetworkInterfaces"][-1]["PrivateIpAddresses"][2]["Association"] = {
        "PublicIp": "203.0.113.9"
    }
    files["aws/describe-network-interfaces.json"] = json.dumps(body)
    fabric = Net(files).fabric

    own = [value & 0xFFFF for _, value in fabric.host_addresses(fabric.interfaces["eni-x"])]
    assert own == [0x01C8, 0x01CA, 0x0001]


def test_without_the_aws_layer_everything_passes() -> None:
    """A layer without a fact is taken as open."""
    net = Net({"kubernetes/objects.json": two_nodes().files()["kubernetes/objects.json"]})

    assert not net.fabric.present
    assert net.verdict("default/on-b[Pod]", "default/far[Pod]") == "allowed"
    assert net.verdict("8.8.8.8", "default/far[Pod]") == "allowed"


def test_a_refused_call_does_not_leave_the_layer_open() -> None:
    denied = {"status_code": 403, "data": {"Error": {"Code": "UnauthorizedOperation"}}}
    net = Net(
        {
            "ec2.json": json.dumps(denied),
            "kubernetes/objects.json": two_nodes().files()["kubernetes/objects.json"],
        }
    )

    assert net.verdict("default/on-b[Pod]", "default/far[Pod]") == "unknown"


def test_nodes_reach_the_internet_by_their_own_public_address() -> None:
    world = two_nodes()
    world.igw("igw-1")
    world.route_table("rtb-1", route(ANYWHERE, "igw-1"), subnets=["subnet-1"])
    pair = {"PublicIp": "203.0.113.10", "PublicDnsName": "", "IpOwnerId": "amazon"}
    world.interfaces[0]["PrivateIpAddresses"][0]["Association"] = pair

    assert Net(world).verdict("node/n1", "8.8.8.8") == "allowed"
    assert Net(world).verdict("node/n2", "8.8.8.8") == "blocked"
