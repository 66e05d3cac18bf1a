"""The EKS API endpoint: statements 45 and 47, from outside and from the VPC.

`prod` is the cluster. Its interfaces in the VPC are eni-x1 and eni-x2; who asks from inside is a
node behind a NAT gateway (203.0.113.50), a bastion with a public address of its own
(203.0.113.60), or a host in a subnet without a way out.
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Route,
    Rule,
    deciding,
    everything,
    gates,
    passed,
    route,
    tcp,
    unknown_objects,
)
from tests.support import ask

API = "eks-api/prod"
OFFICE = "198.51.100.0/24"
NAT = "203.0.113.50/32"
FROM_CLIENTS = tcp(443, "sg-client")
DEFAULT_ROUTE = (route(ANYWHERE, "nat-1"),)


def cluster(
    *,
    public: bool,
    private: bool,
    cidrs: tuple[str, ...] = (ANYWHERE,),
    endpoint: tuple[Rule, ...] = (),
    client_egress: tuple[Rule, ...] = ALL_OUT,
    private_routes: tuple[Route, ...] = DEFAULT_ROUTE,
) -> AwsWorld:
    """The cluster in one endpoint mode; `endpoint` are the inbound rules of its interfaces."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-public", "10.0.1.0/24")
    world.subnet("subnet-private", "10.0.2.0/24")
    world.subnet("subnet-isolated", "10.0.3.0/24")
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
        "eni-bastion",
        "subnet-public",
        "10.0.1.10",
        groups=["sg-client"],
        public_ip="203.0.113.60",
    )
    world.interface("eni-isolated", "subnet-isolated", "10.0.3.10", groups=["sg-client"])
    world.eks_cluster(
        "prod",
        public=public,
        private=private,
        public_cidrs=cidrs,
        subnets=["subnet-private", "subnet-isolated"],
    )
    for number, subnet, ip in (
        (1, "subnet-private", "10.0.2.101"),
        (2, "subnet-isolated", "10.0.3.101"),
    ):
        world.control_plane_interface("prod", f"eni-x{number}", subnet, ip, groups=["sg-cluster"])
    return world


def verdict(world: AwsWorld, src: str) -> str:
    return str(ask(world.files(), src, API, "tcp/443").verdict)


# --- 47: from outside ----------------------------------------------------------------------------


@pytest.mark.parametrize("private", [False, True], ids=["public-only", "public and private"])
def test_47_a_public_endpoint_is_open_to_its_cidrs(private: bool) -> None:
    """47: with the public endpoint on, who may come is what publicAccessCidrs hold."""
    wide = cluster(public=True, private=private)
    everyone = ask(wide.files(), "internet", API, "tcp/443")
    assert everyone.verdict == "allowed"
    assert everyone.extent == "all"

    narrow = cluster(public=True, private=private, cidrs=(OFFICE,))
    some = ask(narrow.files(), "internet", API, "tcp/443")
    assert some.verdict == "allowed"
    assert some.extent == "some"
    assert verdict(narrow, "198.51.100.7") == "allowed"
    refused = ask(narrow.files(), "192.0.2.9", API, "tcp/443")
    assert refused.verdict == "blocked"
    assert "public-access-cidrs" in gates(refused)


def test_47_the_cidrs_are_united() -> None:
    """47: several CIDRs that hold the Internet together admit all of it."""
    world = cluster(public=True, private=True, cidrs=("0.0.0.0/1", "128.0.0.0/1"))
    result = ask(world.files(), "internet", API, "tcp/443")

    assert result.verdict == "allowed"
    assert result.extent == "all"


def test_47_no_cidrs_means_all() -> None:
    """47 with the contract: a public endpoint without a list has AWS's default, `0.0.0.0/0`."""
    assert verdict(cluster(public=True, private=True, cidrs=()), "198.51.100.7") == "allowed"


@pytest.mark.parametrize("source", ["internet", "198.51.100.7"])
def test_47_a_private_endpoint_is_closed_to_the_internet(source: str) -> None:
    """47: private-only means no access from the Internet, whatever publicAccessCidrs and the
    groups of the interfaces still say."""
    world = cluster(public=False, private=True, endpoint=(everything(ANYWHERE),))
    result = ask(world.files(), source, API, "tcp/443")

    assert result.verdict == "blocked"
    assert "endpoint-access" in gates(result)


# --- 47: public-only, from the VPC ---------------------------------------------------------------


def test_47_public_only_the_nat_gateways_address_must_be_admitted() -> None:
    """47: a node behind a NAT gateway leaves the VPC and is seen with the NAT gateway's address."""
    admitted = ask(
        cluster(public=True, private=False, cidrs=(NAT,)).files(), "node/n1", API, "tcp/443"
    )
    refused = ask(
        cluster(public=True, private=False, cidrs=(OFFICE,)).files(), "node/n1", API, "tcp/443"
    )

    assert admitted.verdict == "allowed"
    assert "nat-gateway" in passed(admitted)
    assert refused.verdict == "blocked"
    assert "public-access-cidrs" in gates(refused)


def test_47_public_only_a_public_host_is_seen_with_its_own_address() -> None:
    """47: a host with a public address leaves by the Internet gateway, not by the NAT gateway."""
    own = cluster(public=True, private=False, cidrs=("203.0.113.60/32",))
    nat_only = cluster(public=True, private=False, cidrs=(NAT,))

    assert verdict(own, "eni-bastion") == "allowed"
    assert verdict(own, "node/n1") == "blocked"
    assert verdict(nat_only, "eni-bastion") == "blocked"


def test_47_public_only_needs_a_way_out_of_the_vpc() -> None:
    """47: without a public address and Internet gateway, or a NAT gateway, the endpoint is not
    reached; the interfaces in the VPC are no substitute, though their group admits the host."""
    world = cluster(public=True, private=False, endpoint=(everything(ANYWHERE),))
    result = ask(world.files(), "eni-isolated", API, "tcp/443")

    assert result.verdict == "blocked"
    assert "route" in gates(result)


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
def test_47_public_only_the_clients_group_must_admit_unknown_addresses(
    destinations: tuple[str, ...], expected: str
) -> None:
    """47: the endpoint's public addresses are not among the facts. Egress to the whole Internet
    holds them, to none of it does not, and to a part may or may not."""
    egress = (tcp(443, *destinations),) if destinations else ()
    world = cluster(public=True, private=False, client_egress=egress)
    result = ask(world.files(), "node/n1", API, "tcp/443")

    assert result.verdict == expected
    if expected == "blocked":
        assert "security-group-egress" in gates(result)
    if expected == "unknown":
        assert result.unknowns


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((route(ANYWHERE, "nat-1"),), "allowed"),
        ((route("0.0.0.0/1", "nat-1"), route("128.0.0.0/1", "nat-1")), "allowed"),
        ((route(OFFICE, "nat-1"),), "unknown"),
        ((route(ANYWHERE, "tgw-1"),), "unknown"),
        ((), "blocked"),
    ],
)
def test_47_public_only_the_route_must_hold_unknown_addresses(
    routes: tuple[Route, ...], expected: str
) -> None:
    """47: the same for the way out."""
    world = cluster(public=True, private=False, private_routes=routes)
    result = ask(world.files(), "node/n1", API, "tcp/443")

    assert result.verdict == expected
    if expected == "blocked":
        assert "route" in gates(result)


# --- 47: public and private, from the VPC --------------------------------------------------------


@pytest.mark.parametrize("source", ["node/n1", "eni-bastion", "eni-isolated"])
def test_47_with_both_the_vpc_uses_the_private_endpoint(source: str) -> None:
    """47: from the VPC the interfaces are used; publicAccessCidrs hold none of these clients and
    do not limit that way."""
    world = cluster(public=True, private=True, cidrs=(OFFICE,), endpoint=(FROM_CLIENTS,))
    result = ask(world.files(), source, API, "tcp/443")

    assert result.verdict == "allowed"
    assert result.reply == "established"
    assert "public-access-cidrs" not in passed(result)
    assert "nat-gateway" not in passed(result)


@pytest.mark.parametrize("source", ["node/n1", "eni-bastion", "eni-isolated"])
def test_47_with_both_the_interfaces_must_admit_the_client(source: str) -> None:
    """47: the private endpoint needs an inbound rule for 443; being on publicAccessCidrs is no
    help, be there a way out of the VPC or not."""
    world = cluster(public=True, private=True, endpoint=(tcp(10250, "sg-client"),))
    result = ask(world.files(), source, API, "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-ingress" in gates(result)


# --- 47: private-only ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["node/n1", "eni-bastion", "eni-isolated"])
def test_47_private_only_serves_the_vpc(source: str) -> None:
    """47: inside the VPC the local route and an inbound rule for 443 are enough."""
    world = cluster(public=False, private=True, cidrs=(OFFICE,), endpoint=(FROM_CLIENTS,))

    assert verdict(world, source) == "allowed"


@pytest.mark.parametrize("rules", [(), (tcp(10250, "sg-client"),), (tcp(443, "10.9.0.0/16"),)])
def test_47_private_only_needs_ingress_443_at_the_interfaces(rules: tuple[Rule, ...]) -> None:
    """47: no rule, a rule for another port, or one for somebody else: nobody gets in."""
    world = cluster(public=False, private=True, endpoint=rules)
    result = ask(world.files(), "node/n1", API, "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-ingress" in gates(result)


def test_47_the_clients_group_must_admit_the_private_addresses() -> None:
    """47 with 1: egress to public addresses alone does not reach an interface in the VPC."""
    world = cluster(
        public=False, private=True, endpoint=(FROM_CLIENTS,), client_egress=(tcp(443, OFFICE),)
    )
    result = ask(world.files(), "node/n1", API, "tcp/443")

    assert result.verdict == "blocked"
    assert "security-group-egress" in gates(result)


def neighbour_vpc(*routes: Route) -> AwsWorld:
    world = cluster(public=False, private=True, endpoint=(everything(ANYWHERE),))
    world.vpc("vpc-2", "10.9.0.0/16")
    world.subnet("subnet-far", "10.9.1.0/24")
    world.route_table("rtb-far", *routes, subnets=["subnet-far"])
    world.group("sg-far")
    world.interface("eni-far", "subnet-far", "10.9.1.10", groups=["sg-far"])
    return world


def test_47_private_only_needs_a_connected_network() -> None:
    """47: from another VPC without a route there is no way, open groups or not."""
    result = ask(neighbour_vpc().files(), "eni-far", API, "tcp/443")

    assert result.verdict == "blocked"
    assert "route" in gates(result)


def test_47_private_only_through_an_unread_gateway_is_unknown() -> None:
    """47: with a route to a transit gateway the networks may be connected; it is named."""
    world = neighbour_vpc(route("10.0.0.0/16", "tgw-0hub"))
    result = ask(world.files(), "eni-far", API, "tcp/443")

    assert result.verdict == "unknown"
    assert any("tgw-0hub" in one for one in unknown_objects(result))


def test_47_a_private_endpoint_without_its_interfaces_is_unknown() -> None:
    """47 leaves this open, so unknown: EKS always has interfaces in the VPC (44), so a dump
    without them is a gap and neither «open» nor «no such address»."""
    world = cluster(public=False, private=True)
    world.interfaces = [one for one in world.interfaces if "EKS" not in one["Description"]]
    result = ask(world.files(), "node/n1", API, "tcp/443")

    assert result.verdict == "unknown"
    assert result.unknowns


# --- 45: an interface's own groups ---------------------------------------------------------------


def test_45_the_interfaces_actual_groups_decide() -> None:
    """45: the cluster's configuration names sg-cluster, the interfaces carry something else: what
    they carry decides, both ways."""
    closed = cluster(public=False, private=True, endpoint=(FROM_CLIENTS,))
    closed.group("sg-other")
    opened = cluster(public=False, private=True)
    opened.group("sg-other", ingress=[FROM_CLIENTS])
    for world in (closed, opened):
        for one in world.interfaces:
            if one["Description"] == "Amazon EKS prod":
                one["Groups"] = [{"GroupName": "other", "GroupId": "sg-other"}]

    assert verdict(closed, "node/n1") == "blocked"
    result = ask(opened.files(), "node/n1", API, "tcp/443")
    assert result.verdict == "allowed"
    assert ("sg-other", "ingress:tcp/443:sg-client") in deciding(result, "security-group-ingress")


@pytest.mark.parametrize(
    ("node_groups", "expected"),
    [(["sg-cluster"], "allowed"), (["sg-own"], "blocked"), (["sg-own", "sg-cluster"], "allowed")],
)
def test_45_a_node_is_in_the_cluster_group_only_if_it_carries_it(
    node_groups: list[str], expected: str
) -> None:
    """45: the cluster group admits its own members. A managed node carries it; one whose launch
    template lists other groups carries only those, and is refused."""
    world = cluster(public=False, private=True, endpoint=(everything("sg-cluster"),))
    world.group("sg-own")
    world.interface(
        "eni-worker", "subnet-private", "10.0.2.20", groups=node_groups, instance="i-worker"
    )
    world.node("worker", "i-worker")

    assert verdict(world, "node/worker") == expected


def test_45_the_default_cluster_group_is_open_among_its_members() -> None:
    """45: in everything from itself, out everything: the control plane reaches the kubelet of a
    node that carries the group, and not of one that does not."""
    world = cluster(public=False, private=True, endpoint=(everything("sg-cluster"),))
    world.interface("eni-member", "subnet-private", "10.0.2.20", groups=["sg-cluster"])

    assert ask(world.files(), "eni-x1", "eni-member", "tcp/10250").verdict == "allowed"
    assert ask(world.files(), "eni-x1", "eni-node", "tcp/10250").verdict == "blocked"


def test_45_additional_groups_of_the_cluster_are_not_put_on_nodes() -> None:
    """45 with 44: a group of the cluster's configuration opens nothing on a node that does not
    carry it."""
    world = cluster(public=False, private=True)
    world.group("sg-additional", ingress=[everything(ANYWHERE)])
    world.clusters[0]["resourcesVpcConfig"]["securityGroupIds"] = ["sg-additional"]

    assert ask(world.files(), "eni-bastion", "eni-node", "tcp/22").verdict == "blocked"


def test_47_behind_a_nat_gateway_that_was_not_read_the_callers_address_is_not_known() -> None:
    """47: the endpoint sees the public address of the NAT gateway; which that is, and so whether
    publicAccessCidrs hold it, is not known where the gateway was not read."""
    world = cluster(public=True, private=False, cidrs=(OFFICE,))
    world.nats.clear()

    assert verdict(world, "node/n1") == "unknown"


# --- other gateways -------------------------------------------------------------------------------


def test_35_a_gateway_endpoint_is_no_way_to_the_api_and_in_none() -> None:
    """Every VPC with a gateway endpoint has a route for its service's addresses, of which the API
    has none."""
    routes = (*DEFAULT_ROUTE, route("pl-s3", "vpce-1"))
    world = cluster(public=True, private=False, cidrs=(NAT,), private_routes=routes)
    world.prefix_list("pl-s3", "198.51.100.0/24")
    world.gateway_endpoint("vpce-1")
    closed = cluster(public=True, private=False, cidrs=(OFFICE,), private_routes=routes)
    closed.prefix_list("pl-s3", "198.51.100.0/24")
    closed.gateway_endpoint("vpce-1")

    assert ask(world.files(), "node/n1", API, "tcp/443").verdict == "allowed"
    assert ask(closed.files(), "node/n1", API, "tcp/443").verdict == "blocked"


def test_35_where_all_goes_to_a_gateway_endpoint_the_api_is_not_reached() -> None:
    routes = (route("pl-s3", "vpce-1"),)
    world = cluster(public=True, private=False, cidrs=(NAT,), private_routes=routes)
    world.prefix_list("pl-s3", ANYWHERE)
    world.gateway_endpoint("vpce-1")

    assert ask(world.files(), "node/n1", API, "tcp/443").verdict == "blocked"


def test_47_a_private_endpoint_is_not_followed_into_a_peers_vpc() -> None:
    """How its name resolves there, is not read; a connection is named as what stands open."""
    world = cluster(public=False, private=True, endpoint=(everything(ANYWHERE),))
    world.vpc("vpc-2", "10.9.0.0/16")
    world.subnet("subnet-z", "10.9.1.0/24", vpc="vpc-2")
    world.route_table("rtb-z", route("10.0.0.0/16", "pcx-1"), subnets=["subnet-z"], vpc="vpc-2")
    world.group("sg-z", vpc="vpc-2")
    world.interface("eni-z", "subnet-z", "10.9.1.10", groups=["sg-z"])
    world.peering("pcx-1", "vpc-1", "vpc-2")

    result = ask(world.files(), "eni-z", API, "tcp/443")

    assert result.verdict == "unknown"
    assert any("pcx-1" in one for one in unknown_objects(result))
