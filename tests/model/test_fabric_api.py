"""Ways to the EKS API endpoint in the engine: aws.md 44, 47. Expected verdicts are aws.md's.

What the sources say of it is asked in tests/semantics/test_aws_eks_endpoint.py, of the engine too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Rule,
    route,
    tcp,
)

OFFICE = "198.51.100.0/24"
FROM_CLIENTS = tcp(443, "sg-client")
INSIDE = ("node/n1", "eni-bastion", "eni-isolated")


def cluster(
    *,
    public: bool,
    private: bool,
    cidrs: tuple[str, ...] = (ANYWHERE,),
    endpoint: tuple[Rule, ...] = (),
    client_egress: tuple[Rule, ...] = ALL_OUT,
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    for name, third in (("public", 1), ("private", 2), ("isolated", 3)):
        world.subnet(f"subnet-{name}", f"10.0.{third}.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", route(ANYWHERE, "nat-1"), subnets=["subnet-private"])
    world.group("sg-client", egress=client_egress)
    world.group("sg-cluster", ingress=endpoint)
    world.interface(
        "eni-node", "subnet-private", "10.0.2.10", groups=["sg-client"], instance="i-node"
    )
    world.node("n1", "i-node")
    world.interface(
        "eni-bastion", "subnet-public", "10.0.1.10", groups=["sg-client"], public_ip="203.0.113.60"
    )
    world.interface("eni-isolated", "subnet-isolated", "10.0.3.10", groups=["sg-client"])
    world.eks_cluster("prod", public=public, private=private, public_cidrs=cidrs)
    for number, subnet, ip in (
        (1, "subnet-private", "10.0.2.101"),
        (2, "subnet-isolated", "10.0.3.101"),
    ):
        world.control_plane_interface("prod", f"eni-x{number}", subnet, ip, groups=["sg-cluster"])
    return world


@pytest.mark.parametrize("private", [False, True])
def test_47_private_addresses_and_other_ports_are_no_matter_of_the_cidrs(private: bool) -> None:
    net = Net(cluster(public=True, private=private, cidrs=(OFFICE,)))

    assert net.api("192.168.0.1") == "unknown"
    assert net.api("198.51.100.7", "tcp/22") == "blocked"


def test_47_no_cidrs_means_none_of_ipv6() -> None:
    net = Net(cluster(public=True, private=True, cidrs=()))

    assert net.api("2001:db9::1") == "blocked"


def test_47_alternatives_are_all_public_addresses_once() -> None:
    """The sender's policies are asked about each part apart."""
    net = Net(cluster(public=True, private=False, client_egress=(tcp(443, OFFICE),)))
    ways = net.api_ways("node/n1")

    assert all(way.alternative for way in ways)
    assert [list(way.far.blocks())[:1] for way in ways if way.far and way.must] == [[OFFICE]]
    assert len(ways) == 2


@pytest.mark.parametrize("source", INSIDE)
@pytest.mark.parametrize("public", [True, False])
def test_47_each_interface_of_a_private_endpoint_is_a_way(source: str, public: bool) -> None:
    world = cluster(public=public, private=True, cidrs=(OFFICE,), endpoint=(FROM_CLIENTS,))

    assert len(Net(world).api_ways(source)) == 2


def test_44_a_private_endpoint_without_its_interfaces_is_unknown() -> None:
    world = cluster(public=False, private=True)
    world.interfaces = [one for one in world.interfaces if "EKS" not in one["Description"]]
    net = Net(world)

    assert net.api("node/n1") == "unknown"
    (number,) = net.fabric.classify([net.at("node/n1")]).tolist()
    (api,) = net.fabric.api
    assert {one.code for one in net.fabric.api_reasons(number, api)} == {"control-plane-not-read"}


def test_44_the_interfaces_of_the_control_plane() -> None:
    net = Net(cluster(public=False, private=True))

    (api,) = net.fabric.api
    assert [one.id for one in net.fabric.control_plane(api)] == ["eni-x1", "eni-x2"]


def unread(change: Callable[[Any], object], **mode: Any) -> dict[str, str]:
    files = cluster(**mode).files()
    body = json.loads(files["aws/describe-cluster-prod.json"])
    change(body["cluster"]["resourcesVpcConfig"])
    files["aws/describe-cluster-prod.json"] = json.dumps(body)
    return files


def test_47_access_that_was_not_told_is_unknown() -> None:
    public = Net(unread(lambda c: c.pop("endpointPublicAccess"), public=True, private=False))
    private = Net(unread(lambda c: c.pop("endpointPrivateAccess"), public=True, private=False))

    assert public.api("198.51.100.7") == "unknown"
    assert public.api("node/n1") == "unknown"
    assert public.api("eni-isolated") == "blocked"
    assert private.api("node/n1") == "unknown"
    assert private.api("198.51.100.7") == "allowed"
