"""Pods on interfaces: statement 50, the second half of 14, and 62's Service.

Node n1 has two interfaces, eni-1a (its primary) and eni-1b; node n2 has eni-2a.
"""

from __future__ import annotations

import pytest

from tests.semantics.aws_world import (
    ALL_OUT,
    ANYWHERE,
    AwsWorld,
    Rule,
    everything,
    gates,
    passed,
    tcp,
)
from tests.support import ask

OPEN = (everything(ANYWHERE),)
SHUT: tuple[Rule, ...] = ()


def two_nodes(
    *,
    primary: tuple[Rule, ...] = SHUT,
    secondary: tuple[Rule, ...] = SHUT,
    primary_egress: tuple[Rule, ...] = ALL_OUT,
    secondary_egress: tuple[Rule, ...] = ALL_OUT,
    prefixes: tuple[str, ...] = (),
    third: bool = False,
) -> AwsWorld:
    """The rules are those of eni-1a's group sg-a and of eni-1b's group sg-b; n2 is open."""
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
        secondary=["10.0.1.21", "10.0.1.22"],
        prefixes=prefixes,
        instance="i-1",
        device=1,
    )
    if third:
        world.interface(
            "eni-1c",
            "subnet-1",
            "10.0.1.30",
            groups=["sg-open"],
            prefixes=["10.0.1.80/28"],
            instance="i-1",
            device=2,
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
    world.pod("on-a", "10.0.1.11", "n1")
    world.pod("on-a2", "10.0.1.12", "n1")
    world.pod("on-b", "10.0.1.21", "n1")
    world.pod("far", "10.0.2.11", "n2")
    return world


def verdict(world: AwsWorld, src: str, dst: str, port: str = "tcp/8080") -> str:
    return str(ask(world.files(), f"default/{src}[Pod]", f"default/{dst}[Pod]", port).verdict)


# --- 50: which interface a pod is on -------------------------------------------------------------


def test_50_a_pod_is_on_the_interface_that_lists_its_address() -> None:
    """50: PrivateIpAddresses says which; that interface's groups decide, not the primary's."""
    world = two_nodes(primary=SHUT, secondary=OPEN)

    assert verdict(world, "far", "on-b") == "allowed"
    refused = ask(world.files(), "default/far[Pod]", "default/on-a[Pod]", "tcp/8080")
    assert refused.verdict == "blocked"
    assert gates(refused) == {"security-group-ingress"}


def test_50_the_primarys_open_group_is_no_help_elsewhere() -> None:
    """50: the other way round, read from the facts: the secondary interface is the shut one."""
    world = two_nodes(primary=OPEN, secondary=SHUT)

    assert verdict(world, "far", "on-a") == "allowed"
    assert verdict(world, "far", "on-b") == "blocked"


def test_50_pods_of_one_interface_share_its_groups() -> None:
    """50: two pods on the same interface get the same answer."""
    world = two_nodes(primary=(tcp(8080, "10.0.2.11/32"),))

    for pod in ("on-a", "on-a2"):
        assert verdict(world, "far", pod) == "allowed"
        assert verdict(world, "far", pod, "tcp/9090") == "blocked"


def test_50_a_pod_sends_from_its_interface() -> None:
    """50: inside the VPC the outbound rules are those of the pod's interface too."""
    world = two_nodes(secondary_egress=())
    refused = ask(world.files(), "default/on-b[Pod]", "default/far[Pod]", "tcp/8080")

    assert verdict(world, "on-a", "far") == "allowed"
    assert refused.verdict == "blocked"
    assert gates(refused) == {"security-group-egress"}


def test_50_a_pod_is_a_member_of_its_interfaces_groups() -> None:
    """50 with 4: «from sg-b» admits the pod whose interface carries sg-b, not its neighbour."""
    world = two_nodes()
    world.group("sg-server", ingress=[tcp(5432, "sg-b")])
    world.interface("eni-db", "subnet-2", "10.0.2.50", groups=["sg-server"])

    assert ask(world.files(), "default/on-b[Pod]", "eni-db", "tcp/5432").verdict == "allowed"
    assert ask(world.files(), "default/on-a[Pod]", "eni-db", "tcp/5432").verdict == "blocked"


@pytest.mark.parametrize(("group", "expected"), [(OPEN, "allowed"), (SHUT, "blocked")])
def test_50_a_pod_is_on_the_interface_whose_prefix_holds_its_address(
    group: tuple[Rule, ...], expected: str
) -> None:
    """50: with prefix delegation no address is listed; the /28 in Ipv4Prefixes holds it."""
    world = two_nodes(secondary=group, prefixes=("10.0.1.64/28",))
    world.pod("in-prefix", "10.0.1.70", "n1")

    assert verdict(world, "far", "in-prefix") == expected


def test_50_neighbouring_prefixes_are_different_interfaces() -> None:
    """50: .79 is the last address of eni-1b's prefix (shut), .80 the first of eni-1c's (open)."""
    world = two_nodes(prefixes=("10.0.1.64/28",), third=True)
    world.pod("last", "10.0.1.79", "n1")
    world.pod("first", "10.0.1.80", "n1")

    assert verdict(world, "far", "last") == "blocked"
    assert verdict(world, "far", "first") == "allowed"


@pytest.mark.parametrize("address", ["10.0.1.63", "10.0.1.80"])
def test_50_an_address_beside_a_prefix_is_nobodys(address: str) -> None:
    """50: .64 to .79 is the interface's; what stands next to it on either side it does not have."""
    world = two_nodes(secondary=OPEN, prefixes=("10.0.1.64/28",))
    result = ask(world.files(), "default/far[Pod]", address, "tcp/8080")

    assert result.verdict == "blocked"
    assert "address" in gates(result)


# --- 14: one node --------------------------------------------------------------------------------


@pytest.mark.parametrize(("src", "dst"), [("on-a", "on-a2"), ("on-a", "on-b"), ("on-b", "on-a")])
def test_14_pods_of_one_node_meet_no_group(src: str, dst: str) -> None:
    """14: between pods of a node no packet crosses an interface, be it one interface or two, so
    groups without any rule stop nothing."""
    world = two_nodes(primary_egress=(), secondary_egress=())
    result = ask(world.files(), f"default/{src}[Pod]", f"default/{dst}[Pod]", "tcp/8080")

    assert result.verdict == "allowed"
    assert not [one for one in passed(result) if one.startswith(("security-group", "nacl"))]


def test_14_pods_of_one_node_meet_no_acl() -> None:
    """14: for the same reason the ACL of the subnet has no say."""
    world = two_nodes()
    world.acl("acl-shut", subnets=["subnet-1"])

    assert verdict(world, "on-a", "on-b") == "allowed"


@pytest.mark.parametrize(("group", "expected"), [(OPEN, "allowed"), (SHUT, "blocked")])
def test_14_between_two_nodes_the_groups_apply(group: tuple[Rule, ...], expected: str) -> None:
    """14: a pod of another node comes through the interface and meets its group."""
    assert verdict(two_nodes(primary=group), "far", "on-a") == expected


@pytest.mark.parametrize(("group", "expected"), [(OPEN, "allowed"), (SHUT, "blocked")])
def test_14_two_nodes_in_one_subnet_are_still_two(group: tuple[Rule, ...], expected: str) -> None:
    """14: sharing the subnet is not sharing the node: the group applies between neighbours."""
    world = two_nodes(primary=group)
    world.interface(
        "eni-3a",
        "subnet-1",
        "10.0.1.100",
        groups=["sg-open"],
        secondary=["10.0.1.101"],
        instance="i-3",
    )
    world.node("n3", "i-3")
    world.pod("near", "10.0.1.101", "n3")

    assert verdict(world, "near", "on-a") == expected


@pytest.mark.parametrize(
    ("src", "dst"),
    [("default/on-a[Pod]", "node/n1"), ("node/n1", "default/on-a[Pod]")],
    ids=["pod to its node", "node to its pod"],
)
def test_14_a_pod_and_its_own_node_meet_no_group(src: str, dst: str) -> None:
    """14 and the design: a pod and its own node skip the fabric as well."""
    world = two_nodes(primary_egress=(), secondary_egress=())

    assert ask(world.files(), src, dst, "tcp/8080").verdict == "allowed"


@pytest.mark.parametrize(("group", "expected"), [(OPEN, "allowed"), (SHUT, "blocked")])
def test_14_another_nodes_pod_is_behind_its_group(group: tuple[Rule, ...], expected: str) -> None:
    """14: from the other node the pod's interface is crossed."""
    world = two_nodes(primary=group)

    assert ask(world.files(), "node/n2", "default/on-a[Pod]", "tcp/8080").verdict == expected


# --- 62: a ClusterIP is translated before any of that --------------------------------------------


@pytest.mark.parametrize(("port", "expected"), [(8080, "allowed"), (80, "blocked")])
def test_62_groups_see_the_pods_port_behind_a_service(port: int, expected: str) -> None:
    """62: a Service is translated on the sender's node, so the group sees the pod's address and
    port 8080, never the Service's port 80."""
    world = two_nodes(primary=(tcp(port, "10.0.2.11/32"),))
    world.pod("web", "10.0.1.12", "n1", namespace="shop", labels={"app": "web"})
    world.objects = [one for one in world.objects if one["metadata"]["name"] != "on-a2"]
    world.service("web", "172.20.10.10", 80, 8080, {"app": "web"}, namespace="shop")

    result = ask(world.files(), "default/far[Pod]", "svc/shop/web", "tcp/80")

    assert result.verdict == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("DaemonSet", "unknown"), ("Deployment", "allowed")]
)
def test_14_through_a_service_too_two_pods_of_a_daemon_set_are_on_two_nodes(
    kind: str, expected: str
) -> None:
    """A pod whose node is not known may be beside another one of its Deployment, where no group
    stands between them; a DaemonSet has one pod on a node (kubernetes.io, "DaemonSet")."""
    world = two_nodes(primary=SHUT)
    world.pod("web-1", "10.0.1.11", "n1", labels={"app": "web"})
    world.pod("web-2", "10.0.1.12", "n1", labels={"app": "web"})
    for pod in world.objects[-2:]:
        owner = {"apiVersion": "apps/v1", "kind": kind, "name": "web", "uid": "u-1"}
        pod["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
    del world.objects[-1]["spec"]["nodeName"]
    world.objects[-1]["status"] = {"phase": "Pending"}
    world.service("web", "172.20.0.20", 80, 8080, {"app": "web"})

    result = ask(world.files(), "default/web-2[Pod]", "svc/default/web", "tcp/80")
    assert result.verdict == expected
