"""Two attachments: the sender's policies, the network, the receiver's policies, and the ways
beside that: Services, node ports, API endpoints."""

from typing import Any

import pytest

from ringwall.reach.engine.many import decide_many
from ringwall.reach.engine.relation import Relation
from tests.reach.engine_asked import Asked, atom
from tests.semantics.aws_world import ANYWHERE, AwsWorld, everything, route, tcp
from tests.semantics.fixture_f import (
    fixture,
    from_block,
    from_pods,
    into_a,
    out_of_a,
    pod,
    pods,
    policy,
    service,
    to_block,
)
from tests.semantics.fixture_f import tcp as port_80
from tests.semantics.test_aws_eks_endpoint import cluster

# --- policies on both sides -----------------------------------------------------------------------


def test_both_sides_must_agree() -> None:
    world = Asked(fixture(into_a({"ports": [port_80(80)]}), policy("y", "out", {}, egress=[])))

    assert world.verdict("z/a[Pod]", "x/a[Pod]", "tcp/80") == "allowed"
    assert world.verdict("z/a[Pod]", "x/a[Pod]", "tcp/81") == "blocked"
    assert world.verdict("y/a[Pod]", "z/a[Pod]", "tcp/80") == "allowed"

    shut = Asked(fixture(policy("y", "out", {}, egress=[], types=["Egress"])))
    assert shut.verdict("y/a[Pod]", "z/a[Pod]", "tcp/80") == "blocked"
    assert shut.verdict("z/a[Pod]", "y/a[Pod]", "tcp/80") == "allowed"


@pytest.mark.parametrize(("together", "verdict"), [(True, "allowed"), (False, "blocked")])
def test_the_node_passes_a_closed_pod_only_where_it_is_its_own(
    together: bool, verdict: str
) -> None:
    world = Asked(fixture(into_a(), out_of_a()))

    assert world.verdict("node/n1", "x/a[Pod]", "tcp/80", together=together) == verdict
    assert world.verdict("x/a[Pod]", "node/n1", "tcp/80", together=together) == verdict


def test_a_pod_beside_another_is_no_node() -> None:
    world = Asked(fixture(into_a()))

    assert world.verdict("x/b[Pod]", "x/a[Pod]", "tcp/80", together=True) == "blocked"


def test_a_pod_reaches_itself_whatever_is_said_about_its_place() -> None:
    world = Asked(fixture(into_a(), out_of_a()))

    assert world.verdict("x/a[Pod]", "x/a[Pod]", "udp/9", together=False) == "allowed"


def test_nothing_in_aws_is_on_the_way_of_a_pod_to_itself() -> None:
    """Not even the group of a branch interface, which stands before its pod on the node too."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.group("sg-1", ingress=[everything(ANYWHERE)])
    world.group("sg-2", ingress=[everything("sg-1")])
    world.interface("eni-1", "subnet-1", "10.0.1.10", groups=["sg-1"], instance="i-1")
    world.interface("eni-2", "subnet-1", "10.0.1.60", groups=["sg-2"], instance="i-1",
                    secondary=["10.0.1.61"], device=1, kind="branch")  # fmt: skip
    world.node("n1", "i-1")
    world.pod("w1-0", "10.0.1.61", "n1", namespace="shop")
    world.pod("w2-0", "10.0.1.61", "n1", namespace="shop")
    asked = Asked(world.files())
    own, other = asked.at("shop/w1-0[Pod]"), asked.at("shop/w2-0[Pod]")
    everything_of_ipv4 = asked.engine.join.within(4)

    for together in (False, True):
        outcome = asked.engine.pair(own, own, together=together)
        assert outcome.must == outcome.reply.established == everything_of_ipv4
        assert asked.engine.rules(own, own, together=together, mask=outcome.may) == []
    assert decide_many(asked.engine, [own, own], [own, other], 6, 443).verdict.tolist() == [2, 0]
    relation = Relation(asked.engine)
    (part, *_) = relation.between("shop/w1-0[Pod]", "shop/w1-0[Pod]")
    assert (part.verdict, part.extent, part.reply) == ("allowed", "all", "established")
    assert not asked.engine.pair(own, other, together=True).may


def test_policies_for_hosts_stand_before_nodes_on_both_sides() -> None:
    host = (
        "apiVersion: crd.projectcalico.org/v1\nkind: HostEndpoint\nmetadata: {name: n1-eth0}\n---\n"
    )
    world = Asked(host + fixture())

    assert world.verdict("203.0.113.9", "node/n1", "tcp/22") == "unknown"
    assert world.verdict("node/n1", "x/a[Pod]", "tcp/80") == "unknown"
    assert world.codes("node/n1", "x/a[Pod]", "tcp/80") != set()


# --- families -------------------------------------------------------------------------------------


def test_addresses_of_two_families_do_not_meet() -> None:
    world = Asked(fixture(pod("x/six", "2001:db8::1", {})))

    assert world.outcome("x/six[Pod]", "x/a[Pod]").may == 0
    assert world.outcome("x/a[Pod]", "x/six[Pod]").may == 0


def test_each_family_has_its_own_icmp() -> None:
    six = [pod(f"x/six{i}", f"2001:db8::{i}", {}) for i in (1, 2)]
    world = Asked(fixture(*six))

    for src, dst, own, other in (
        ("x/a[Pod]", "x/b[Pod]", "icmp/8/0", "icmpv6/128/0"),
        ("x/six1[Pod]", "x/six2[Pod]", "icmpv6/128/0", "icmp/8/0"),
    ):
        assert world.verdict(src, dst, own) == "allowed"
        assert world.verdict(src, dst, other) == "blocked"


def test_a_pod_without_an_address_has_some_private_one() -> None:
    lost = pod("x/lost", "", {})
    world = Asked(fixture(lost, into_a(from_block("10.0.0.0/8"))))

    assert world.verdict("x/lost[Pod]", "x/a[Pod]", "tcp/80") == "unknown"
    assert world.verdict("x/lost[Pod]", "x/b[Pod]", "tcp/80") == "allowed"


# --- Services -------------------------------------------------------------------------------------


def served(**spec: Any) -> dict[str, Any]:
    """Service x/s, 8001 → 80 of the pods a; ``spec`` is added."""
    made = service("x/s", {"pod": "a"}, (8001, 80))
    made["spec"].update(spec)
    return made


@pytest.mark.parametrize(
    ("asked", "verdict"), [("tcp/8001", "allowed"), ("tcp/80", "blocked"), ("udp/8001", "blocked")]
)
def test_a_service_has_its_own_ports(asked: str, verdict: str) -> None:
    assert Asked(fixture(served())).verdict("y/a[Pod]", "svc/x/s", asked) == verdict


@pytest.mark.parametrize(("number", "verdict"), [(80, "allowed"), (8001, "blocked")])
def test_the_policies_of_its_pods_see_their_port(number: int, verdict: str) -> None:
    world = Asked(fixture(served(), into_a({"ports": [port_80(number)]})))

    assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/8001") == verdict


def test_any_pod_behind_a_service_will_do() -> None:
    both = service("x/s", {"app": "s"}, (8001, 80))
    replicas = [pod(f"x/{name}", f"10.0.1.2{i}", {"app": "s", "pod": name})
                for i, name in enumerate(("shut", "open"))]  # fmt: skip
    shut = policy("x", "shut", pods(pod="shut"), ingress=[], types=["Ingress"])
    world = Asked(fixture(both, *replicas, shut))

    assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/8001") == "allowed"
    assert world.verdict("y/a[Pod]", "x/shut[Pod]", "tcp/80") == "blocked"


def test_a_service_without_pods_leads_nowhere() -> None:
    world = Asked(fixture(service("x/s", {"app": "none"}, (80, 80))))

    assert world.outcome("y/a[Pod]", "svc/x/s").may == 0


def test_a_service_that_perhaps_selects_is_unknown_and_says_why() -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "x"},
        "spec": {"template": {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": []}}},
    }
    for cluster_ip in ("172.20.0.50", "None"):
        made = service("x/s", {"pod-template-hash": "5d9"}, (80, 80), cluster_ip=cluster_ip)
        world = Asked(fixture(made, deployment))

        assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/80") == "unknown"
        assert world.codes("y/a[Pod]", "svc/x/s", "tcp/80") == {"label-made-up"}


def test_a_headless_service_is_its_pods_on_any_port() -> None:
    headless = service("x/s", {"pod": "a"}, (80, 80), cluster_ip="None")
    world = Asked(fixture(headless, into_a({"ports": [port_80(81)]})))

    assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/81") == "allowed"
    assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/80") == "blocked"


def test_a_pod_that_comes_back_to_itself_is_unknown() -> None:
    world = Asked(fixture(service("x/s", {"pod": "a"}, (80, 80))))

    assert world.verdict("x/a[Pod]", "svc/x/s", "tcp/80") == "unknown"
    assert world.codes("x/a[Pod]", "svc/x/s", "tcp/80") == {"hairpin"}
    assert world.verdict("x/b[Pod]", "svc/x/s", "tcp/80") == "allowed"


def test_a_pod_on_the_host_network_comes_back_to_itself() -> None:
    host = pod("x/a", "10.9.0.1", {"pod": "a"}, host_network=True)
    world = Asked(fixture(host, served()))

    assert world.verdict("x/a[Pod]", "svc/x/s", "tcp/8001") == "allowed"


@pytest.mark.parametrize(
    ("cidr", "verdict"),
    [
        ("10.0.0.0/16", "unknown"),
        ("172.20.0.0/16", "unknown"),
        ("0.0.0.0/0", "allowed"),
        ("192.0.2.0/24", "blocked"),
    ],
)
def test_an_egress_block_may_be_held_against_either_address(cidr: str, verdict: str) -> None:
    made = service("y/s", {"pod": "b"}, (80, 80))
    world = Asked(fixture(made, out_of_a(to_block(cidr))))

    assert world.verdict("x/a[Pod]", "svc/y/s", "tcp/80") == verdict


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ({}, "blocked"),
        ({"type": "NodePort"}, "unknown"),
        ({"type": "LoadBalancer"}, "unknown"),
        ({"externalIPs": ["192.0.2.1"]}, "unknown"),
    ],
)
def test_from_outside_a_service_is_only_perhaps_exposed(spec: dict[str, Any], verdict: str) -> None:
    world = Asked(fixture(served(**spec)))

    assert world.verdict("203.0.113.9", "svc/x/s", "tcp/8001") == verdict


@pytest.mark.parametrize(
    "spec", [{"type": "ExternalName", "externalName": "example.com"}, {"selector": None}]
)
def test_where_a_service_leads_may_not_be_known(spec: dict[str, Any]) -> None:
    world = Asked(fixture(served(**spec)))

    assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/8001") == "unknown"
    assert world.codes("y/a[Pod]", "svc/x/s", "tcp/8001") != set()


def test_a_service_sends_nothing() -> None:
    assert Asked(fixture(served())).outcome("svc/x/s", "y/a[Pod]").may == 0


def test_behind_a_service_nodes_decide_where_both_are_known() -> None:
    """x/h is a host-network pod on n1, where x/a runs, and x/a may send nothing."""
    host = pod("x/h", "10.9.0.1", {"app": "h"}, host_network=True)
    made = service("x/s", {"app": "h"}, (80, 80))
    world = Asked(fixture(host, made, out_of_a()))

    for said in (False, True):
        assert world.verdict("x/a[Pod]", "svc/x/s", "tcp/80", together=said) == "allowed"


# --- ways in --------------------------------------------------------------------------------------


def test_a_way_in_is_for_senders_from_outside_and_for_the_target_port() -> None:
    world = Asked(fixture(served(type="LoadBalancer"), into_a()))

    assert world.verdict("203.0.113.9", "x/a[Pod]", "tcp/80") == "unknown"
    assert world.verdict("203.0.113.9", "x/a[Pod]", "tcp/8001") == "blocked"
    assert world.verdict("y/a[Pod]", "x/a[Pod]", "tcp/80") == "blocked"
    assert world.codes("203.0.113.9", "x/a[Pod]", "tcp/80") == {"way-in-not-followed"}


def test_a_way_in_does_not_spoil_a_sure_one() -> None:
    world = Asked(fixture(served(type="LoadBalancer")))

    assert world.verdict("203.0.113.9", "x/a[Pod]", "tcp/80") == "allowed"


# --- the network ----------------------------------------------------------------------------------


def test_policies_and_groups_must_both_admit() -> None:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.group("sg", ingress=[tcp((80, 90), ANYWHERE)])
    for number in (1, 2):
        instance, pod_ip = f"i-{number}", f"10.0.1.{number}1"
        world.interface(f"eni-{number}", "subnet-1", f"10.0.1.{number}0", groups=["sg"],
                        secondary=[pod_ip], instance=instance)  # fmt: skip
        world.node(f"n{number}", instance)
        world.pod(f"p{number}", pod_ip, f"n{number}")
    rule = from_pods({}, ports=[{"port": 85, "endPort": 99}])
    world.objects.append(policy("default", "p", {}, ingress=[rule], types=["Ingress"]))
    asked = Asked(world.files())
    pair = "default/p1[Pod]", "default/p2[Pod]"

    found = {n: asked.verdict(*pair, f"tcp/{n}") for n in (80, 85, 90, 91)}
    assert found == {80: "blocked", 85: "allowed", 90: "allowed", 91: "blocked"}
    assert asked.verdict(*pair, "tcp/91", together=True) == "allowed"
    src, dst = map(asked.at, pair)
    rules = asked.engine.rules(src, dst, together=False, mask=atom(asked.model, "tcp/85"))
    assert [(one.gate, str(one.object), one.rule) for one in rules][:2] == [
        ("network", "sg", "egress:all:0.0.0.0/0"),
        ("network", "sg", "ingress:tcp/80-90:0.0.0.0/0"),
    ]
    assert [(one.gate, str(one.object)) for one in rules][2:] == [
        ("policy-ingress", "networkpolicy/default/p")
    ]


# --- API endpoints --------------------------------------------------------------------------------


def test_the_control_plane_sends_from_its_interfaces() -> None:
    world = cluster(public=False, private=True, endpoint=())
    world.group("sg-kubelet", ingress=[tcp(10250, "sg-cluster")])
    world.interface("eni-w", "subnet-private", "10.0.2.20", groups=["sg-kubelet"], instance="i-w")
    world.node("w", "i-w")
    asked = Asked(world.files())

    assert asked.verdict("eks-api/prod", "node/w", "tcp/10250") == "allowed"
    assert asked.verdict("eks-api/prod", "node/w", "tcp/22") == "blocked"
    assert asked.verdict("eks-api/prod", "node/n1", "tcp/10250") == "blocked"


def test_without_its_interfaces_the_control_plane_may_send_anything() -> None:
    world = cluster(public=False, private=True)
    world.interfaces = [one for one in world.interfaces if "EKS" not in one["Description"]]
    asked = Asked(world.files())

    assert asked.verdict("eks-api/prod", "node/n1", "tcp/10250") == "unknown"
    assert asked.codes("eks-api/prod", "node/n1", "tcp/10250") == {"control-plane-not-read"}


@pytest.mark.parametrize(
    ("cidr", "private", "public"),
    [("0.0.0.0/0", "allowed", "allowed"), ("10.0.0.0/16", "allowed", "blocked"),
     ("198.51.100.0/24", "blocked", "unknown")],
)  # fmt: skip
def test_the_policies_of_a_pod_stand_before_the_endpoint(
    cidr: str, private: str, public: str
) -> None:
    """Privately they see the control plane's interfaces, publicly some public address."""
    for mode, expected in (("private", private), ("public", public)):
        world = cluster(public=mode == "public", private=mode == "private",
                        endpoint=(everything(ANYWHERE),))  # fmt: skip
        world.interfaces[1]["PrivateIpAddresses"].append(
            {"Primary": False, "PrivateIpAddress": "10.0.2.11"}
        )
        world.pod("p", "10.0.2.11", "n1")
        egress = [to_block(cidr)]
        world.objects.append(policy("default", "p", {}, egress=egress, types=["Egress"]))
        asked = Asked(world.files())

        assert asked.verdict("default/p[Pod]", "eks-api/prod", "tcp/443") == expected
        assert asked.verdict("default/p[Pod]", "eks-api/prod", "tcp/22") == "blocked"
        if expected == "unknown":
            assert asked.codes("default/p[Pod]", "eks-api/prod", "tcp/443") != set()


def test_an_endpoint_open_to_some_addresses_only_says_that_its_own_are_not_known() -> None:
    office = "198.51.100.0/24"
    world = cluster(public=True, private=False, private_routes=(route(office, "nat-1"),))
    asked = Asked(world.files())

    assert asked.verdict("node/n1", "eks-api/prod", "tcp/443") == "unknown"
    assert "endpoint-address-not-known" in asked.codes("node/n1", "eks-api/prod", "tcp/443")


def test_the_world_is_the_same_in_any_order() -> None:
    """Not the numbers of classes, but what is answered."""
    parts = fixture(into_a(), served()).split("---\n")
    for text in ("---\n".join(parts), "---\n".join(reversed(parts))):
        world = Asked(text)
        assert [one.owner for one in world.model.attachments][:3] == [
            "x/a[Pod]",
            "x/b[Pod]",
            "x/c[Pod]",
        ]
        assert world.verdict("y/a[Pod]", "svc/x/s", "tcp/8001") == "blocked"
