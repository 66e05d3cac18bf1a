"""Senders outside of everything that was read: private networks, and the API server towards
Services."""

from typing import Any

import pytest

from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import Addresses
from ringwall.space.services import SERVED, ServiceSet
from tests.model.test_fabric_routes import TO_IGW, edited, one_host
from tests.reach.engine_asked import Asked
from tests.semantics.aws_world import ANYWHERE, AwsWorld, route, tcp
from tests.semantics.fixture_f import (
    dump,
    fixture,
    into_a,
    namespace,
    out_of_a,
    pod,
    service,
    to_block,
)
from tests.support import facts_of

OF_IPV4 = SERVED - ServiceSet.parse("icmpv6")
NOT_READ = "network-not-read"
PRIVATE = "10.9.9.9"
PUBLIC = "198.51.100.7"
WITH_PEERING = route("10.9.0.0/16", "pcx-1")


def asked(world: AwsWorld) -> Asked:
    return Asked(world.files())


# --- a private network that was not read ----------------------------------------------------------


@pytest.mark.parametrize("dst", [PUBLIC, "203.0.113.102", "192.168.1.1", PRIVATE, "10.9.9.8"])
def test_the_way_from_a_network_that_was_not_read_is_unknown(dst: str) -> None:
    world = asked(one_host(TO_IGW))

    for port in ("tcp/443", "udp/53", "icmp/8"):
        assert world.verdict(PRIVATE, dst, port) == "unknown"
    assert world.codes(PRIVATE, dst, "tcp/443") == {NOT_READ}


@pytest.mark.parametrize(
    ("src", "dst"),
    [
        (PRIVATE, "internet"),
        (PRIVATE, PRIVATE),
        ("192.168.0.0/16", "192.168.0.0/16"),
        ("192.168.0.0/16", "internet"),
    ],
)
def test_endpoints_of_a_network_that_was_not_read_are_unknown_throughout(
    src: str, dst: str
) -> None:
    relation = Relation.of(facts_of(one_host(TO_IGW).files()))

    (part,) = relation.between(src, dst, OF_IPV4)
    assert (part.verdict, part.extent, part.reply) == ("unknown", "all", "established")
    (why,) = part.reasons
    assert (why.code, why.object) == (NOT_READ, src)
    assert why.needs == (
        f"the network of {src} and the way from there (peering, transit gateway, VPN)"
    )


def test_a_block_of_a_vpc_that_was_not_read_is_a_network_that_was_not_read() -> None:
    files = {name: text for name, text in one_host(TO_IGW).files().items() if "vpcs" not in name}
    relation = Relation.of(facts_of(files))

    (part,) = relation.between("10.0.1.16/28", "internet", OF_IPV4)
    assert (part.verdict, part.extent) == ("unknown", "all")


def test_what_is_public_needs_no_network_that_was_read() -> None:
    world = asked(one_host(TO_IGW))

    assert world.verdict(PUBLIC, "192.0.2.5", "tcp/443") == "allowed"
    assert world.verdict(PUBLIC, PRIVATE, "tcp/443") == "blocked"


def test_without_the_aws_layer_private_networks_are_open() -> None:
    assert Asked(fixture()).verdict(PRIVATE, "192.168.1.1", "tcp/443") == "allowed"


def test_from_a_network_that_was_not_read_an_unowned_address_is_still_nobodys() -> None:
    world = one_host(TO_IGW, WITH_PEERING)
    assert asked(world).verdict(PRIVATE, "10.0.1.200", "tcp/443") == "blocked"

    files = edited(world, "describe-network-interfaces", lambda body: body.update(NextToken="x"))
    partly = Asked(files)
    assert partly.verdict(PRIVATE, "10.0.1.200", "tcp/443") == "unknown"
    assert partly.codes(PRIVATE, "10.0.1.200", "tcp/443") == {NOT_READ, "address-not-owned"}
    assert partly.verdict(PUBLIC, "10.0.1.200", "tcp/443") == "blocked"


@pytest.mark.parametrize("dst", ["10.0.1.10", "203.0.113.10"])
def test_an_interface_is_reached_from_there_only_where_its_vpc_leads_elsewhere(dst: str) -> None:
    assert asked(one_host(TO_IGW)).verdict(PRIVATE, dst, "tcp/443") == "blocked"

    world = asked(one_host(TO_IGW, WITH_PEERING))
    assert world.verdict(PRIVATE, dst, "tcp/443") == "unknown"


def test_an_unowned_address_of_any_vpc_is_no_network_that_was_not_read() -> None:
    """Also beside a cluster without a name, whose VPC is another one."""
    world = one_host(TO_IGW)
    world.interface("eni-1", "subnet-a", "10.0.1.20", groups=["sg-host"], instance="i-1")
    world.node("n1", "i-1")
    world.vpc("vpc-2", "192.168.0.0/16")

    assert asked(world).codes("192.168.7.7", PUBLIC, "tcp/443") == {"address-not-owned"}


# --- a node's other interfaces --------------------------------------------------------------------


def test_27_from_an_address_of_another_interface_a_node_sends_by_that_one() -> None:
    world = one_host(TO_IGW, ingress=(tcp(443, "sg-second"),))
    world.group("sg-first")
    world.group("sg-second")
    for device, name in enumerate(("first", "second")):
        world.interface(
            f"eni-{name}",
            "subnet-a",
            f"10.0.1.2{device}",
            groups=[f"sg-{name}"],
            instance="i-1",
            device=device,
        )
    world.node("n1", "i-1")

    assert asked(world).verdict("10.0.1.20", "eni-host", "tcp/443") == "blocked"
    assert asked(world).verdict("10.0.1.21", "eni-host", "tcp/443") == "allowed"


@pytest.mark.parametrize(("dst", "expected"), [("10.0.1.21", "blocked"), ("10.0.1.22", "unknown")])
def test_where_no_interface_has_an_address_only_an_object_that_names_it_can_hold_it(
    dst: str, expected: str
) -> None:
    """In the second VPC, which has the same blocks, nobody has the addresses of the node's other
    interface; a pod names one of them."""
    world = one_host(TO_IGW)
    for device, own in enumerate((("10.0.1.20",), ("10.0.1.21", "10.0.1.22"))):
        world.interface(
            f"eni-{device}",
            "subnet-a",
            own[0],
            groups=["sg-host"],
            secondary=own[1:],
            instance="i-1",
            device=device,
        )
    world.node("n1", "i-1")
    world.pod("a", "10.0.1.22", "n1")
    world.vpc("vpc-2", "10.0.0.0/16")
    world.subnet("subnet-far", "10.0.9.0/24", vpc="vpc-2")
    world.route_table("rtb-far", subnets=["subnet-far"], vpc="vpc-2")
    world.group("sg-far", vpc="vpc-2")
    world.interface("eni-far", "subnet-far", "10.0.9.10", groups=["sg-far"])

    assert asked(world).verdict("eni-far", dst, "udp/53") == expected


# --- the API server -------------------------------------------------------------------------------


@pytest.mark.parametrize("with_interfaces", [True, False])
@pytest.mark.parametrize(
    ("spec", "verdict"),
    [({}, "blocked"), ({"type": "NodePort"}, "unknown"), ({"externalIPs": ["1.1.1.1"]}, "unknown")],
)
def test_the_api_server_is_outside_of_the_cluster_for_services(
    spec: dict[str, Any], verdict: str, with_interfaces: bool
) -> None:
    exposed = service("x/s", {"pod": "a"}, (80, 80))
    exposed["spec"].update(spec)
    made = one_host(TO_IGW)
    made.eks_cluster("prod", public=True, private=True, cluster_group="sg-host")
    if with_interfaces:
        made.control_plane_interface("prod", "eni-cp", "subnet-a", "10.0.1.99", groups=["sg-host"])
    files = {**made.files(), "k8s/f.yaml": fixture(exposed)}
    world = Asked(files)

    assert world.verdict("eks-api/prod", "svc/x/s", "tcp/80") == verdict
    if verdict == "unknown":
        codes = world.codes("eks-api/prod", "svc/x/s", "tcp/80")
        assert codes == {"way-in-not-followed"}


@pytest.mark.parametrize(
    ("ip", "block", "expected"),
    [
        ("", "198.51.100.0/24", "unknown"),
        ("", "2001:db8::/64", "blocked"),
        ("10.0.1.200", "198.51.100.0/24", "unknown"),
        ("10.0.1.200", "2001:db8::/64", "blocked"),
        ("2001:db8:1::200", "198.51.100.0/24", "blocked"),
        ("2001:db8:1::200", "2001:db8::/64", "unknown"),
    ],
)
def test_of_an_endpoint_s_address_at_least_the_family_is_known(
    ip: str, block: str, expected: str
) -> None:
    """It is that of the pod's, also where the pod's interface was not found."""
    made = one_host(TO_IGW)
    made.eks_cluster("prod", public=True, private=True, public_cidrs=(ANYWHERE, "::/0"))
    lost, out = pod("x/lost", ip, {"pod": "a"}), out_of_a(to_block(block))
    relation = Relation.of(
        facts_of({**made.files(), "k8s/f.yaml": dump(namespace("x"), lost, out)})
    )

    (part,) = relation.between("x/lost[Pod]", "eks-api/prod", ServiceSet.parse("tcp/443"))
    assert part.verdict == expected


def test_an_endpoint_of_ipv4_alone_is_in_no_block_of_ipv6() -> None:
    made = one_host(TO_IGW)
    made.eks_cluster("prod", public=True, private=True)
    lost, out = pod("x/lost", "10.0.1.200", {"pod": "a"}), out_of_a(to_block("::/0"))
    world = Asked({**made.files(), "k8s/f.yaml": dump(namespace("x"), lost, out)})

    assert world.verdict("x/lost[Pod]", "eks-api/prod", "tcp/443") == "blocked"


# --- a pod and its own Service --------------------------------------------------------------------


def test_a_pod_to_itself_by_its_headless_service_is_a_pod_to_itself() -> None:
    made = service("x/s", {"pod": "a"}, (80, 80), cluster_ip="None")
    world = Asked(fixture(made, into_a(), out_of_a()))

    assert world.verdict("x/a[Pod]", "svc/x/s", "tcp/80") == "allowed"
    assert world.verdict("x/a[Pod]", "svc/x/s", "udp/9") == "allowed"


# --- what nobody holds, by address ----------------------------------------------------------------


def test_every_end_of_what_is_outside_is_found_by_its_address_alone() -> None:
    """A set of one address has it, as part of one class, and nothing of its neighbours."""
    engine = Relation.of(facts_of(one_host(TO_IGW).files())).engine
    ends = [
        (one.domain, Addresses.single(run.family, value))
        for one, part in engine.outside()
        for run in part.ranges
        for value in {run.low, run.high}
    ]

    found = [
        [(one.kind, one.domain, mine) for one, mine in engine.attachments_in(at)] for _, at in ends
    ]

    assert len(ends) > 10
    assert found == [[("outside", domain, at)] for domain, at in ends]


def test_parts_of_what_is_outside_are_what_a_set_has_of_them() -> None:
    engine = Relation.of(facts_of(one_host(TO_IGW).files())).engine
    asked = Addresses.of("198.51.100.0/24", "203.0.113.7/32", "9.0.0.0/7", "2001:db8::/32")

    found = [mine for one, mine in engine.attachments_in(asked) if one.kind == "outside"]

    parts = [part & asked for _, part in engine.outside()]
    assert found == sorted((part for part in parts if part), key=lambda part: part.ranges)
    assert len(found) > 1
