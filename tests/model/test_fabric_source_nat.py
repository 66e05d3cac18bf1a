"""Source translation of pods by the VPC CNI in the engine: aws.md 51, 52, 58.

The pod sits on eni-1b, a secondary interface in subnet-pod; the node's primary interface is eni-1a
in subnet-node, with a public address. Expected verdicts are aws.md's. Which side decides is asked
in tests/semantics/test_aws_source_nat.py, of the engine too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Route,
    Rule,
    everything,
    route,
)

POD = "default/client[Pod]"
OUTSIDE = "198.51.100.7"
TO_IGW = (route(ANYWHERE, "igw-1"),)
TO_NAT = (route(ANYWHERE, "nat-1"),)


def node_with_pod(
    *,
    node_routes: tuple[Route, ...] = TO_IGW,
    node_egress: tuple[Rule, ...] = ALL_OUT,
    pod_egress: tuple[Rule, ...] = ALL_OUT,
    kind: str = "interface",
    env: Mapping[str, str] = {},
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", "10.1.0.0/16")
    for name, third in (("node", 1), ("pod", 2), ("nat", 3)):
        world.subnet(f"subnet-{name}", f"10.0.{third}.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-nat", "10.0.3.5", "203.0.113.50")
    world.route_table("rtb-node", *node_routes, subnets=["subnet-node"])
    world.route_table("rtb-pod", *TO_NAT, subnets=["subnet-pod"])
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
        kind=kind,
    )
    world.node("n1", "i-1")
    world.pod("client", "10.0.2.11", "n1")
    world.aws_node(**env)
    return world


def verdict(world: AwsWorld, dst: str = OUTSIDE, src: str = POD) -> str:
    return Net(world).verdict(src, dst)


EXTERNAL = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}


def test_51_outside_the_vpc_the_source_is_the_nodes_primary_address() -> None:
    net = Net(node_with_pod())

    assert net.verdict(POD, OUTSIDE) == "allowed"
    assert net.seen(POD, OUTSIDE) == ["203.0.113.10/32"]
    assert net.seen(POD, "eni-1a") == []


def test_51_a_connected_network_sees_the_nodes_address() -> None:
    net = Net(node_with_pod(node_routes=(route("10.8.0.0/16", "tgw-0hub"),)))

    assert net.verdict(POD, "10.8.1.5") == "unknown"
    assert net.seen(POD, "10.8.1.5") == ["10.0.1.10/32"]
    assert {one.object for one in net.reasons(POD, "10.8.1.5")} == {"tgw-0hub"}


def test_51_external_snat_leaves_the_translation_to_the_nat_gateway() -> None:
    net = Net(node_with_pod(env=EXTERNAL))

    assert net.seen(POD, OUTSIDE) == ["203.0.113.50/32"]


def test_51_the_add_on_tells_the_settings_where_the_daemonset_was_not_read() -> None:
    world = node_with_pod(pod_egress=())
    world.eks_cluster("prod", public=True, private=True)
    files = world.files()
    files["addon.json"] = json.dumps(
        {
            "addon": {
                "addonName": "vpc-cni",
                "clusterName": "prod",
                "configurationValues": json.dumps({"env": EXTERNAL}),
            }
        }
    )
    assert Net(files).verdict(POD, OUTSIDE) == "allowed"

    objects = json.loads(files["kubernetes/objects.json"])
    objects["items"] = [one for one in objects["items"] if one["kind"] != "DaemonSet"]
    files["kubernetes/objects.json"] = json.dumps(objects)
    assert Net(files).verdict(POD, OUTSIDE) == "blocked"


@pytest.mark.parametrize(("mode", "expected"), [("strict", "blocked"), ("standard", "allowed")])
def test_52_a_branch_interface_in_strict_mode_is_not_translated(mode: str, expected: str) -> None:
    world = node_with_pod(
        kind="branch", pod_egress=(), env={"POD_SECURITY_GROUP_ENFORCING_MODE": mode}
    )

    assert verdict(world) == expected


def test_58_a_fargate_pod_leaves_as_itself() -> None:
    world = node_with_pod(node_egress=())
    world.objects[1]["metadata"]["labels"] = {"eks.amazonaws.com/fargate-profile": "p"}

    assert verdict(world) == "allowed"


def without_vpcs(world: AwsWorld) -> dict[str, str]:
    return {name: text for name, text in world.files().items() if "describe-vpcs" not in name}


def test_51_where_the_vpc_was_not_read_private_destinations_may_be_translated() -> None:
    world = node_with_pod()
    world.group("sg-server", ingress=[everything(ANYWHERE)])
    world.interface("eni-server", "subnet-nat", "10.0.3.30", groups=["sg-server"])
    net = Net(without_vpcs(world))

    assert net.verdict(POD, OUTSIDE) == "allowed"
    assert net.verdict(POD, "eni-server") == "unknown"
    assert {one.code for one in net.reasons(POD, "eni-server")} == {"translation-not-known"}


def test_51_without_the_primary_interface_the_way_is_unknown() -> None:
    """The pod's address is sent as it is then, through the NAT gateway of its own subnet."""
    files = node_with_pod().files()
    del files["aws/describe-instances.json"]
    body = json.loads(files["aws/describe-network-interfaces.json"])
    body["NetworkInterfaces"] = [one for one in body["NetworkInterfaces"] if not _is_primary(one)]
    files["aws/describe-network-interfaces.json"] = json.dumps(body)
    net = Net(files)

    assert net.verdict(POD, OUTSIDE) == "unknown"
    assert {one.code for one in net.reasons(POD, OUTSIDE)} == {"primary-interface-not-found"}


def _is_primary(interface: dict[str, Any]) -> bool:
    return bool(interface["NetworkInterfaceId"] == "eni-1a")
