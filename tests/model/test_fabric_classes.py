"""Which attachments the network tells apart, and what a change touches."""

from __future__ import annotations

import pytest

from ringwall.facts import aws
from ringwall.facts.fact import Delta, Fact, Key
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.services import ServiceSet
from tests.model.fabric_net import Net
from tests.semantics.aws_world import ANYWHERE, AwsWorld, Rule, everything, inbound, route, tcp


def hosts(*ingress: Rule) -> AwsWorld:
    """Three hosts of one group in one subnet, each with a public address, and one elsewhere."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.2.0/24")
    world.igw("igw-1")
    world.route_table("rtb-a", route(ANYWHERE, "igw-1"), subnets=["subnet-a", "subnet-b"])
    world.group("sg-host", ingress=ingress)
    for last in (10, 20, 30):
        world.interface(
            f"eni-{last}",
            "subnet-a",
            f"10.0.1.{last}",
            groups=["sg-host"],
            public_ip=f"203.0.113.{last}",
        )
    world.interface("eni-b", "subnet-b", "10.0.2.10", groups=["sg-host"])
    return world


def classes(net: Net, *names: str) -> list[int]:
    """The class of each, numbered from 0 in the order of first meeting."""
    found = net.fabric.classify([net.at(name) for name in names]).tolist()
    return [sorted(set(found), key=found.index).index(one) for one in found]


THREE = ("eni-10", "eni-20", "eni-30")


def test_hosts_that_no_rule_tells_apart_are_one_class() -> None:
    assert classes(Net(hosts(tcp(443, "10.0.0.0/8"))), *THREE, "eni-b") == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("10.0.1.20/32", [0, 1, 0]),
        ("10.0.1.0/27", [0, 0, 0]),
        ("10.0.1.0/28", [0, 1, 1]),
        ("203.0.113.30/32", [0, 0, 1]),
        ("203.0.113.0/24", [0, 0, 0]),
        ("198.51.100.0/24", [0, 0, 0]),
    ],
)
def test_a_rule_splits_what_it_names(peer: str, expected: list[int]) -> None:
    """By the own address or by the public one, which others see."""
    assert classes(Net(hosts(tcp(443, peer))), *THREE) == expected


def test_an_acl_splits_what_it_names() -> None:
    world = hosts()
    world.acl("acl-b", inbound(90, "deny", "all", "10.0.1.30/32"), subnets=["subnet-b"])

    assert classes(Net(world), *THREE) == [0, 0, 1]


def test_a_policy_splits_translated_addresses_and_no_others() -> None:
    """The receiver's policies see the public address of a host; its private one is not ours."""
    for block, expected in (("203.0.113.20/32", [0, 1, 0]), ("10.0.1.20/32", [0, 0, 0])):
        files = hosts().files()
        files["policy.yaml"] = (
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            "metadata: {name: p, namespace: default}\n"
            f"spec: {{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: {block}}}}}]}}]}}\n"
        )
        assert classes(Net(files), *THREE) == expected


def test_addresses_outside_are_told_apart_by_rules_alone() -> None:
    net = Net(hosts(tcp(443, "198.51.100.0/24")))

    assert classes(net, "8.8.8.8", "8.9.9.9", "198.51.100.7", "192.168.0.1") == [0, 0, 1, 2]


def nodes() -> AwsWorld:
    """Two nodes with a pod each, all of one group and subnet."""
    world = hosts()
    for number, last in ((1, 50), (2, 60)):
        world.interface(
            f"eni-n{number}",
            "subnet-a",
            f"10.0.1.{last}",
            groups=["sg-host"],
            secondary=[f"10.0.1.{last + 1}"],
            instance=f"i-{number}",
        )
        world.node(f"n{number}", f"i-{number}")
        world.pod(f"p{number}", f"10.0.1.{last + 1}", f"n{number}")
    return world


PODS = ("default/p1[Pod]", "default/p2[Pod]")


def test_pods_are_told_apart_by_the_address_of_their_nodes() -> None:
    """It is what others see them with outside of the VPC."""
    assert classes(Net(nodes()), *PODS) == [0, 0]
    world = nodes()
    world.group("sg-named", ingress=[tcp(443, "10.0.1.60/32")])
    assert classes(Net(world), *PODS) == [0, 1]


def test_pods_differ_from_their_nodes() -> None:
    assert classes(Net(nodes()), "node/n1", "node/n2", *PODS) == [0, 0, 1, 1]


# --- changes ---------------------------------------------------------------------------------


def ruled(net: Net, group: str, direction: str, port: int, peer: str) -> Delta:
    body = aws.SecurityGroupRule(group, direction, "tcp", port, port, peer)
    key = Key("", "sgrule", f"{group}:{body.text}")
    return {key: (net.facts.get(key), Fact(key, body, ()))}


def test_a_rule_more_touches_its_groups_alone() -> None:
    world = hosts(tcp(443, "10.0.0.0/8"))
    world.group("sg-other", ingress=[everything(ANYWHERE)])
    world.interface("eni-other", "subnet-b", "10.0.2.20", groups=["sg-other"])
    net = Net(world)
    a, b, other = net.fabric.classify(
        [net.at(name) for name in ("eni-10", "eni-b", "eni-other")]
    ).tolist()
    to_other = net.fabric.outcome(a, other, together=False)
    delta = ruled(net, "sg-host", "ingress", 22, "10.0.0.0/8")
    facts = net.facts.apply(delta)
    changed = net.fabric.rebuild(facts, net.workloads.rebuild(facts, delta), delta)
    atoms = net.atoms.refine(changed.service_sets())[0]
    changed.bind(atoms)
    ssh = 1 << atoms.atom_of(6, 22)

    assert changed.cross(a, b, together=False).must & ssh
    assert changed.outcome(a, other, together=False) == to_other
    assert not net.fabric.cross(a, b, together=False).must & 1 << net.atoms.atom_of(6, 22)


def test_a_new_block_splits_classes_and_the_old_network_stays() -> None:
    net = Net(hosts(tcp(443, "10.0.0.0/8")))
    listed = [net.at(name) for name in THREE]
    before = net.fabric.classify(listed).tolist()
    delta = ruled(net, "sg-host", "ingress", 22, "10.0.1.20/32")
    facts = net.facts.apply(delta)
    changed = net.fabric.rebuild(facts, net.workloads.rebuild(facts, delta), delta)
    changed.bind(net.atoms.refine(changed.service_sets())[0])
    after = changed.classify(listed).tolist()

    assert before == [before[0]] * 3
    assert after == [before[0], after[1], before[0]]
    assert after[1] != before[0]
    assert net.fabric.classify(listed).tolist() == before


def test_coarser_atoms_are_taken_too() -> None:
    """Nothing is kept then, and nothing is wrong."""

    net = Net(hosts(tcp(443, "10.0.0.0/8")))
    assert net.verdict("eni-10", "eni-b") == "allowed"
    sets = list(net.fabric.service_sets())
    net.atoms = ServiceAtoms([*sets, ServiceSet.of(6, 8080)])
    net.fabric.bind(net.atoms)
    assert net.verdict("eni-10", "eni-b") == "allowed"
    net.atoms = ServiceAtoms(sets)
    net.fabric.bind(net.atoms)
    assert net.verdict("eni-10", "eni-b") == "allowed"
    assert net.verdict("eni-10", "eni-b", "tcp/22") == "blocked"
