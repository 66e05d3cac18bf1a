"""Ways to the EKS API endpoint in the engine: aws.md 44, 47. Expected verdicts are aws.md's.

What the sources say of it is asked in tests/semantics/test_aws_eks_endpoint.py, of the engine too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringwall.facts import aws
from ringwall.space.addresses import INTERNET, Addresses
from tests.model.fabric_net import Net
from tests.model.test_fabric_laws import rebuilt
from tests.model.test_fabric_source_nat import POD, node_with_pod
from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Route,
    Rule,
    outbound,
    route,
    tcp,
)

OFFICE = "198.51.100.0/24"
NAT = "203.0.113.50/32"
SERVICE = "192.0.2.0/24"
TO_NAT, TO_SERVICE = route(ANYWHERE, "nat-1"), route("pl-s3", "vpce-1")
FROM_CLIENTS = tcp(443, "sg-client")
INSIDE = ("node/n1", "eni-bastion", "eni-isolated")


def cluster(
    *,
    public: bool,
    private: bool,
    cidrs: tuple[str, ...] = (ANYWHERE,),
    endpoint: tuple[Rule, ...] = (),
    client_egress: tuple[Rule, ...] = ALL_OUT,
    routes: tuple[Route, ...] = (TO_NAT,),
) -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    for name, third in (("public", 1), ("private", 2), ("isolated", 3)):
        world.subnet(f"subnet-{name}", f"10.0.{third}.0/24")
    world.igw("igw-1")
    world.nat("nat-1", "subnet-public", "10.0.1.5", "203.0.113.50")
    world.route_table("rtb-public", route(ANYWHERE, "igw-1"), subnets=["subnet-public"])
    world.route_table("rtb-private", *routes, subnets=["subnet-private"])
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


# --- 35: gateway endpoints -----------------------------------------------------------------------


def beside(
    *routes: Route, service: str = SERVICE, entries_read: bool = True, cidrs: tuple[str, ...]
) -> AwsWorld:
    """A public endpoint, and a service whose addresses are in a prefix list."""
    world = cluster(public=True, private=False, cidrs=cidrs, routes=routes)
    world.prefix_list("pl-s3", service, entries_read=entries_read)
    return world


def asked(net: Net) -> Addresses:
    """Every address that the endpoint may have for a node."""
    return Addresses(part for way in net.api_ways("node/n1") for part in way.far.ranges)


@pytest.mark.parametrize("state", ["available", "deleted"])
@pytest.mark.parametrize("egress", ["allow", "deny"])
@pytest.mark.parametrize(("cidrs", "verdict"), [(NAT, "allowed"), (OFFICE, "blocked")])
def test_35_addresses_behind_a_gateway_endpoint_are_none_of_the_api(
    state: str, egress: str, cidrs: str, verdict: str
) -> None:
    """Also where the way to them is shut, at the endpoint or before it."""
    world = beside(TO_NAT, TO_SERVICE, cidrs=(cidrs,))
    world.gateway_endpoint("vpce-1", state=state)
    entries = outbound(1, egress, "all", SERVICE), outbound(2, "allow", "all", ANYWHERE)
    world.acl("acl-private", *entries, subnets=["subnet-private"])
    net = Net(world)

    assert net.api("node/n1") == verdict
    assert asked(net) == (INTERNET & Addresses.of(ANYWHERE)) - Addresses.of(SERVICE)


@pytest.mark.parametrize("kind", ["GatewayLoadBalancer", "not read"])
def test_35_other_endpoints_may_be_on_the_way_to_the_api(kind: str) -> None:
    world = beside(TO_NAT, TO_SERVICE, cidrs=(NAT,))
    if kind != "not read":
        world.gateway_endpoint("vpce-1", kind=kind)

    assert Net(world).api("node/n1") == "unknown"


def test_35_a_list_that_was_not_read_may_hold_the_api() -> None:
    world = beside(TO_NAT, TO_SERVICE, entries_read=False, cidrs=(NAT,))
    world.gateway_endpoint("vpce-1")

    assert Net(world).api("node/n1") == "unknown"


def test_35_where_all_addresses_are_behind_it_none_is_left_out() -> None:
    world = beside(TO_SERVICE, service=ANYWHERE, cidrs=(OFFICE,))
    world.gateway_endpoint("vpce-1")
    net = Net(world)

    assert net.api("node/n1") == "blocked"
    assert asked(net) == INTERNET & Addresses.of(ANYWHERE)


def test_35_the_api_after_a_change_of_the_endpoint() -> None:
    """Read again, or gone, it is the same as in a new network."""
    world = beside(TO_NAT, TO_SERVICE, cidrs=(NAT,))
    without = Net(world)
    world.gateway_endpoint("vpce-1")
    with_it = Net(world)
    ((key, _),) = with_it.facts.of(aws.VpcEndpoint)
    fact = with_it.facts[key]
    before = without.api("node/n1"), with_it.api("node/n1")

    assert before == ("unknown", "allowed")
    assert rebuilt(without, {key: (None, fact)}).api("node/n1") == "allowed"
    assert rebuilt(with_it, {key: (fact, None)}).api("node/n1") == "unknown"


@pytest.mark.parametrize("translated", [True, False])
def test_51_the_endpoint_stands_on_the_way_of_the_node_where_pods_are_translated(
    translated: bool,
) -> None:
    """A pod's own subnet has no route to it, its node's has."""
    env = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "false" if translated else "true"}
    world = node_with_pod(node_routes=(route(ANYWHERE, "igw-1"), TO_SERVICE), env=env)
    world.prefix_list("pl-s3", SERVICE)
    world.gateway_endpoint("vpce-1")
    world.eks_cluster("prod", public=True, private=False)
    asked = [way.far & Addresses.of(SERVICE) for way in Net(world).api_ways(POD)]

    assert any(asked) is not translated
