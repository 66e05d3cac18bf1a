"""Laws of the fabric on random networks."""

from __future__ import annotations

import json
from ipaddress import ip_address
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Fact, Facts, Key, inverse
from ringwall.model.attachments import Attachment
from ringwall.model.fabric.fabric import Crossing
from ringwall.model.fabric.parties import Parties
from ringwall.model.fabric.walk import Walk
from ringwall.model.fabric.world import policy_cuts
from ringwall.space.addresses import INTERNET, Addresses
from ringwall.space.atoms import ServiceAtoms
from tests.model import fabric_worlds
from tests.model.fabric_net import Net
from tests.support import facts_of

randoms = st.randoms(use_true_random=True)  # seeded by Hypothesis
OUTSIDE = (
    "8.8.8.8",
    "9.9.9.9",
    "198.51.100.7",
    "198.51.100.8",
    "192.168.0.1",
    "10.0.1.200",
    "10.0.1.9",
    "10.9.0.1",
    "169.254.169.254",
    "2001:db9::1",
    "fd00:ec2::254",
)


def attachments(net: Net) -> list[Attachment]:
    """Everything in a network, and some addresses that nobody has."""
    made = []
    for one in net.fabric.interfaces.values():
        for family, value in one.addresses:
            made.append(
                Attachment(one.id, "interface", family, value, interface=one.id, domain=one.vpc)
            )
        made += [net.at(str(ip_address(public))) for public in one.publics.values()]
    for i, pod in enumerate(net.workloads.pods):
        vpc = net.fabric.vpc_of(pod.cluster)
        made += [
            Attachment(pod.id, "pod", family, value, pod.cluster, i, pod.node, domain=vpc)
            for family, value in pod.addresses
        ]
    made += [
        net.at(f"node/{name}")
        for cluster in net.workloads.clusters.values()
        for name in cluster.nodes
    ]
    return [*made, *map(net.at, OUTSIDE)]


def same(net: Net, one: Crossing, other: Crossing) -> bool:
    """Whether two crossings say the same; sources may be other addresses of one region."""
    seen = [found.source and set(_regions(net, found)) for found in (one, other)]
    return one[:2] == other[:2] and one[3:] == other[3:] and seen[0] == seen[1]


def _regions(net: Net, crossing: Crossing) -> list[tuple[bool, ...]]:
    parts_told_apart = (*net.fabric._world.cuts, *policy_cuts(net.facts))
    cuts = [INTERNET, *(Addresses((part,)) for part in parts_told_apart)]
    parts = crossing.source.ranges if crossing.source else ()
    return [tuple(cut.holds(part.family, part.low) for cut in cuts) for part in parts]


@settings(max_examples=60, deadline=None)
@given(randoms)
def test_a_row_says_of_each_class_what_its_way_says(r: Random) -> None:
    net = Net(fabric_worlds.files(r))
    found = attachments(net)
    classes = net.fabric.classify(found).tolist()
    parties, walk, pool = net.fabric._parties, Walk(net.fabric._world), net.fabric._world.pool

    verdicts = set()
    for src in set(classes):
        for dst in set(classes):
            way = walk.between(parties[src], parties[dst], together=False)
            crossing = net.fabric.cross(src, dst, together=False)
            assert crossing[:2] == (way.must, way.may)
            verdicts |= {"allowed"} if way.must else {"unknown"} if way.may else {"blocked"}
            if way.may:
                assert crossing.reply == pool.replies[way.reply()]
                assert crossing.source == (way.seen and way.seen.addresses)
                assert crossing.arrived == (way.back is not None)
    event(f"pairs are {', '.join(sorted(verdicts))}")


@settings(max_examples=60, deadline=None)
@given(randoms)
def test_groups_laid_out_as_runs_say_what_their_rules_say(r: Random) -> None:
    net = Net(fabric_worlds.files(r))
    groups, regions = net.fabric._world.groups, net.fabric._world.regions
    names = tuple(
        sorted({one for own in net.fabric.interfaces.values() for one in own.groups or ()})
    )
    addresses = [one for one in attachments(net) if one.family]

    for one in addresses:
        at = regions.where(one.family, one.address)
        for carried in ((), ("sg-a",), None):
            for direction in ("ingress", "egress"):
                laid = groups.admission(names, direction, at, carried)
                assert laid == groups.by_rules(names, direction, at, carried)


@settings(max_examples=40, deadline=None)
@given(randoms)
def test_an_attachment_behaves_like_its_class(r: Random) -> None:
    """Classified alone, so that it represents itself, it gets the same answers."""
    net = Net(fabric_worlds.files(r))
    found = attachments(net)
    classes = net.fabric.classify(found).tolist()
    for _ in range(12):
        a, b = r.randrange(len(found)), r.randrange(len(found))
        alone = Net(net.facts)
        src, dst = alone.fabric.classify([found[a], found[b]]).tolist()
        together = r.random() < 0.3
        assert same(
            net,
            net.fabric.cross(classes[a], classes[b], together=together),
            alone.fabric.cross(src, dst, together=together),
        )


def change(r: Random, facts: Facts) -> Delta:
    """A group rule, an ACL, a table, an interface or a pod comes or goes."""
    keys = list(facts)
    if r.random() < 0.1:
        policy = facts_of(json.dumps(fabric_worlds.some_policy(r, r.randrange(3))))
        return {key: (facts.get(key), fact) for key, fact in policy.items()}
    if r.random() < 0.7:
        rule = fabric_worlds.some_rule(r)
        low, high = (-1, -1) if rule.first is None else (rule.first, rule.last or 0)
        if rule.protocol == "tcp" and r.random() < 0.3:
            low = high = r.randrange(1, 65535)
        peer = rule.peers[0]
        if "/" in peer and r.random() < 0.7:
            peer = r.choice(fabric_worlds.NEW_BLOCKS)
        body = aws.SecurityGroupRule(
            r.choice(fabric_worlds.GROUPS[:3]),
            r.choice(("ingress", "egress")),
            rule.protocol,
            low,
            high,
            peer,
        )
        key = Key("", "sgrule", f"{body.group_id}:{body.text}")
        return {key: (facts.get(key), Fact(key, body, ()))}
    rules = ("sgrule",) * 4 + ("acl", "sg")
    gateways = ("rtb", "nat", "igw", "eigw", "vpce", "pcx", "pcx")
    kind = r.choice((*rules, *gateways, "eni", "pod", "vpc", "daemonset"))
    mine = [key for key in keys if key.kind == kind]
    if not mine:
        return {}
    key = r.choice(mine)
    return {key: (facts[key], None)}


def rebuilt(net: Net, delta: Delta) -> Net:
    """The network after a change, by way of what was known before."""
    new = object.__new__(Net)
    new.facts = net.facts.apply(delta)
    new.workloads = net.workloads.rebuild(new.facts, delta)
    new.fabric = net.fabric.rebuild(new.facts, new.workloads, delta)
    new.fabric.held = new.claimed()
    new.atoms = net.atoms.refine(new.fabric.service_sets())[0]
    new.fabric.bind(new.atoms)
    return new


def same_holders(delta: Delta) -> bool:
    """Whether a change leaves the attachments what they are, so that a list of them goes on."""
    bodies = [fact.body for pair in delta.values() for fact in pair if fact]
    return all(isinstance(body, aws.SecurityGroupRule | k8s.NetworkPolicy) for body in bodies)


@settings(max_examples=60, deadline=None)
@given(randoms)
def test_a_rebuilt_fabric_answers_as_a_new_one(r: Random) -> None:
    net = Net(facts_of(fabric_worlds.files(r)))
    found = attachments(net)
    for src in set(net.fabric.classify(found).tolist()):
        net.fabric.row(src)
    for _ in range(4):
        delta = change(r, net.facts)
        net = rebuilt(net, delta)
        fresh = Net(net.facts)
        fresh.atoms = ServiceAtoms({*fresh.fabric.service_sets(), *net.atoms.sets})
        fresh.fabric.bind(fresh.atoms)
        assert len(fresh.atoms) == len(net.atoms)
        if not same_holders(delta):
            found = attachments(fresh)
        classes, mine = fresh.fabric.classify(found), net.fabric.classify(found)
        for a in range(len(found)):
            for b in range(len(found)):
                assert same(
                    fresh,
                    net.fabric.cross(int(mine[a]), int(mine[b]), together=False),
                    fresh.fabric.cross(int(classes[a]), int(classes[b]), together=False),
                )


@settings(max_examples=30, deadline=None)
@given(randoms)
def test_a_change_and_its_inverse_are_nothing(r: Random) -> None:
    net = Net(facts_of(fabric_worlds.files(r)))
    found = attachments(net)
    classes = net.fabric.classify(found).tolist()
    before = [[net.fabric.cross(a, b, together=False) for b in classes] for a in classes]
    delta = change(r, net.facts)
    there = rebuilt(net, delta)
    for src in set(there.fabric.classify(attachments(there)).tolist()):
        there.fabric.row(src)
    back = rebuilt(there, inverse(delta))
    after = back.fabric.classify(found).tolist()

    _, remap = net.atoms.refine(back.atoms.sets)
    for a, row in zip(after, before, strict=True):
        for b, crossing in zip(after, row, strict=True):
            found_now = back.fabric.cross(a, b, together=False)
            assert found_now[:2] == (remap(crossing.must), remap(crossing.may))
            assert found_now.reply == tuple(map(remap, crossing.reply))


@settings(max_examples=30, deadline=None)
@given(randoms)
def test_classes_are_few(r: Random) -> None:
    """Addresses of one interface that no rule tells apart are one class."""
    net = Net(fabric_worlds.files(r))
    parties = Parties(net.fabric._world)
    for one in net.fabric.interfaces.values():
        more = [
            Attachment(one.id, "interface", 4, value, interface=one.id, domain=one.vpc)
            for value in range(0x0A000120, 0x0A000180)
            if net.fabric.interface_at(one.vpc, 4, value) is None
        ]
        parties.classify(more)
    assert len(parties) <= 4 * len(net.fabric.interfaces)
