"""Ways to the EKS API endpoint in the engine: aws.md 44, 45, 47. Expected verdicts are aws.md's."""

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
    Route,
    Rule,
    everything,
    route,
    tcp,
)

OFFICE = "198.51.100.0/24"
NAT = "203.0.113.50/32"
FROM_CLIENTS = tcp(443, "sg-client")
INSIDE = ("node/n1", "eni-bastion", "eni-isolated")


def cluster(
    *,
    public: bool,
    private: bool,
    cidrs: tuple[str, ...] = (ANYWHERE,),
    endpoint: tuple[Rule, ...] = (),
    client_egress: tuple[Rule, ...] = ALL_OUT,
    private_routes: tuple[Route, ...] = (route(ANYWHERE, "nat-1"),),
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    for name, third in (("public", 1), ("private", 2), ("isolated", 3)):
        world.subnet(f"subnet-{name}", f"10.0.{third}.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", *private_routes, subnets=["subnet-private"])
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
def test_47_a_public_endpoint_is_open_to_its_cidrs(private: bool) -> None:
    net = Net(cluster(public=True, private=private, cidrs=(OFFICE,)))

    assert net.api("198.51.100.7") == "allowed"
    assert net.api("192.0.2.9") == "blocked"
    assert net.api("192.168.0.1") == "unknown"
    assert net.api("198.51.100.7", "tcp/22") == "blocked"


def test_47_no_cidrs_means_all_of_ipv4() -> None:
    net = Net(cluster(public=True, private=True, cidrs=()))

    assert net.api("198.51.100.7") == "allowed"
    assert net.api("2001:db9::1") == "blocked"


def test_47_a_private_endpoint_is_closed_to_the_internet() -> None:
    world = cluster(public=False, private=True, endpoint=(everything(ANYWHERE),))

    assert Net(world).api("198.51.100.7") == "blocked"


@pytest.mark.parametrize(
    ("cidrs", "node", "bastion"),
    [
        ((NAT,), "allowed", "blocked"),
        (("203.0.113.60/32",), "blocked", "allowed"),
        ((OFFICE,), "blocked", "blocked"),
        ((ANYWHERE,), "allowed", "allowed"),
    ],
)
def test_47_public_only_the_address_that_is_seen_must_be_admitted(
    cidrs: tuple[str, ...], node: str, bastion: str
) -> None:
    net = Net(cluster(public=True, private=False, cidrs=cidrs, endpoint=(everything(ANYWHERE),)))

    assert net.api("node/n1") == node
    assert net.api("eni-bastion") == bastion
    assert net.api("eni-isolated") == "blocked"


@pytest.mark.parametrize(
    ("destinations", "expected"),
    [
        ((ANYWHERE,), "allowed"),
        (("0.0.0.0/1", "128.0.0.0/1"), "allowed"),
        ((OFFICE,), "unknown"),
        (("10.0.0.0/8",), "blocked"),
        ((), "blocked"),
    ],
)
def test_47_public_only_egress_must_hold_every_address_that_it_may_be(
    destinations: tuple[str, ...], expected: str
) -> None:
    egress = (tcp(443, *destinations),) if destinations else ()

    assert Net(cluster(public=True, private=False, client_egress=egress)).api("node/n1") == expected


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((route("0.0.0.0/1", "nat-1"), route("128.0.0.0/1", "nat-1")), "allowed"),
        ((route(OFFICE, "nat-1"),), "unknown"),
        ((route(ANYWHERE, "tgw-1"),), "unknown"),
        ((), "blocked"),
    ],
)
def test_47_public_only_the_route_must_hold_every_address_that_it_may_be(
    routes: tuple[Route, ...], expected: str
) -> None:
    world = cluster(public=True, private=False, private_routes=routes, cidrs=(ANYWHERE,))

    assert Net(world).api("node/n1") == expected


def test_47_alternatives_are_all_public_addresses_once() -> None:
    """The sender's policies are asked about each part apart."""
    net = Net(cluster(public=True, private=False, client_egress=(tcp(443, OFFICE),)))
    ways = net.api_ways("node/n1")

    assert all(way.alternative for way in ways)
    assert [list(way.far.blocks())[:1] for way in ways if way.far and way.must] == [[OFFICE]]
    assert len(ways) == 2


@pytest.mark.parametrize("source", INSIDE)
@pytest.mark.parametrize("public", [True, False])
def test_47_with_a_private_endpoint_the_vpc_uses_it(source: str, public: bool) -> None:
    world = cluster(public=public, private=True, cidrs=(OFFICE,), endpoint=(FROM_CLIENTS,))
    net = Net(world)

    assert net.api(source) == "allowed"
    assert len(net.api_ways(source)) == 2


@pytest.mark.parametrize("rules", [(), (tcp(10250, "sg-client"),), (tcp(443, "10.9.0.0/16"),)])
def test_47_the_interfaces_must_admit_the_client(rules: tuple[Rule, ...]) -> None:
    for public in (True, False):
        net = Net(cluster(public=public, private=True, endpoint=rules))
        assert {net.api(one) for one in INSIDE} == {"blocked"}


def test_47_the_clients_group_must_admit_the_private_addresses() -> None:
    world = cluster(
        public=False, private=True, endpoint=(FROM_CLIENTS,), client_egress=(tcp(443, OFFICE),)
    )

    assert Net(world).api("node/n1") == "blocked"


@pytest.mark.parametrize(
    ("routes", "expected"), [((), "blocked"), ((route("10.0.0.0/16", "tgw-0hub"),), "unknown")]
)
def test_47_private_only_needs_a_connected_network(
    routes: tuple[Route, ...], expected: str
) -> None:
    world = cluster(public=False, private=True, endpoint=(everything(ANYWHERE),))
    world.vpc("vpc-2", "10.9.0.0/16")
    world.subnet("subnet-far", "10.9.1.0/24")
    world.route_table("rtb-far", *routes, subnets=["subnet-far"])
    world.group("sg-far")
    world.interface("eni-far", "subnet-far", "10.9.1.10", groups=["sg-far"])
    for body in world.clusters:
        body["resourcesVpcConfig"]["vpcId"] = "vpc-1"

    assert Net(world).api("eni-far") == expected


def test_44_a_private_endpoint_without_its_interfaces_is_unknown() -> None:
    world = cluster(public=False, private=True)
    world.interfaces = [one for one in world.interfaces if "EKS" not in one["Description"]]
    net = Net(world)

    assert net.api("node/n1") == "unknown"
    (number,) = net.fabric.classify([net.at("node/n1")]).tolist()
    (api,) = net.fabric.api
    assert {one.code for one in net.fabric.api_reasons(number, api)} == {"control-plane-not-read"}


def test_45_the_interfaces_own_groups_decide() -> None:
    world = cluster(public=False, private=True)
    world.group("sg-other", ingress=[FROM_CLIENTS])
    for one in world.interfaces:
        if "EKS" in one["Description"]:
            one["Groups"] = [{"GroupName": "other", "GroupId": "sg-other"}]

    assert Net(world).api("node/n1") == "allowed"
    (api,) = Net(world).fabric.api
    assert [one.id for one in Net(world).fabric.control_plane(api)] == ["eni-x1", "eni-x2"]


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
