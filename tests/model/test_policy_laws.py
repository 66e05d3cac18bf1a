"""Laws of the policy gates, over random clusters."""

import json
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ringwall.facts import k8s
from ringwall.facts.fact import Delta, Fact, Facts, Key, inverse
from ringwall.model.attachments import Attachment
from ringwall.model.enforcers.detect import detect_all
from ringwall.model.gate import Admission
from ringwall.model.gates import UNPOLICED
from ringwall.model.policies import Policies
from ringwall.model.workloads import Workloads, parsed, read
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from ringwall.space.services import ServiceSet
from tests.laws.share import Record, Share
from tests.laws.worlds import (
    NAMESPACES,
    OUTSIDE,
    OUTSIDE_6,
    PORTS,
    Choices,
    containers,
    controller,
    labels,
    pod,
    policy,
)
from tests.model import packets
from tests.support import facts_of

Json = dict[str, Any]
SERVICES = [(6, port + more) for port in PORTS for more in (0, 1)] + [
    (6, 0), (6, 9999), (17, 53), (17, 80), (132, 80), (1, 2048), (47, 0),
]  # fmt: skip
LAW = settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))


@st.composite
def clusters(draw: st.DrawFn) -> list[Json]:
    """Pods that run, pods that a template declares, and policies."""
    choose = Choices(draw)
    objects: list[Json] = []
    for name in NAMESPACES[: choose.number(0, 3)]:
        marks = {"team": choose.one(("red", "blue"))}
        metadata = {"name": name, "labels": marks}
        objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for i in range(choose.number(2, 5)):
        spec: Json = {"containers": containers(choose)}
        if choose.seldom(5):
            spec["hostNetwork"] = True
        ips = [] if choose.seldom(5) else [f"10.0.{choose.number(1, 2)}.{16 + i}"]
        if choose.seldom(4):
            ips.append(f"2001:db8:0:1::{i + 1:x}")
        objects.append(pod(f"p{i}", choose.one(NAMESPACES), labels(choose), spec, ips, None))
    for i in range(choose.number(0, 2)):
        kind = choose.one(("Deployment", "StatefulSet"))
        spec = {"containers": containers(choose)}
        objects.append(controller(kind, f"c{i}", choose.one(NAMESPACES), labels(choose), spec))
    return objects + [policy(choose, i, True) for i in range(choose.number(3, 7))]


def facts(objects: list[Json]) -> Facts:
    return facts_of(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def ends(workloads: Workloads) -> list[Attachment]:
    """Every address of every pod, and some addresses that are nobody's."""
    found = [
        Attachment(one.id, "pod", family, value, one.cluster, i)
        for i, one in enumerate(workloads.pods)
        for family, value in one.addresses or ((0, 0),)
    ]
    outside = [parsed(text) for text in (*OUTSIDE, *OUTSIDE_6)]
    return found + [Attachment(str(at), "outside", *at) for at in outside if at]


class Gates:
    """Policies bound to atoms, with everything that can be asked of them."""

    def __init__(
        self, policies: Policies, of: list[Attachment], atoms: ServiceAtoms | None = None
    ) -> None:
        """Binds ``policies``, unless they are bound to ``atoms``."""
        self.policies, self.ends = policies, of
        asked = [ServiceSet.of(*service) for service in SERVICES]
        self.atoms = atoms or ServiceAtoms([*policies.service_sets(), *asked])
        if atoms is None:
            policies.bind(self.atoms, Interner())
        self.classes = policies.classify(of)

    def admissions(self) -> list[tuple[Admission, Admission]]:
        """Of every ordered pair of ends, at the egress and at the ingress gate."""
        egress, ingress, peer = (column.tolist() for column in self.classes)
        found = [
            (self.policies.egress(egress[i], peer[j]), self.policies.ingress(ingress[j], peer[i]))
            for i in range(len(self.ends))
            for j in range(len(self.ends))
        ]
        self.rows_answer_alike({*egress, *ingress} - {UNPOLICED})
        return found

    def rows_answer_alike(self, gates: set[int]) -> None:
        """Many peer classes at once are answered as one by one."""
        for gate in sorted(gates):
            row = self.policies.egress_row(gate)
            assert row.ids(self.classes.peer).tolist() == list(map(row.at, self.classes.peer))

    def told(self) -> list[list[tuple[bool, bool]]]:
        """The same, free of masks: per service asked, (surely, perhaps)."""
        bits = [1 << self.atoms.atom_of(*service) for service in SERVICES]
        return [
            [(bool(gate.must & bit), bool(gate.may & bit)) for bit in bits]
            for pair in self.admissions()
            for gate in pair
        ]


def build(of: Facts) -> tuple[Policies, Workloads]:
    workloads = read(of)
    enforcers = detect_all(of, dict.fromkeys(workloads.clusters, ""))
    return Policies(of, workloads, enforcers), workloads


def test_classes_answer_every_packet_as_the_policies_do(record_property: Record) -> None:
    share = Share("policy classes = policies")

    @seed(0)
    @LAW
    @given(clusters())
    def law(objects: list[Json]) -> None:
        of = facts(objects)
        gates, expected = fresh(of), judged(of)
        assert gates.told() == expected
        told = {pair for gate in expected for pair in gate}
        share.count({(True, True), (False, False)} <= told)

    law()
    share.close(record_property)


def judged(of: Facts) -> list[list[tuple[bool, bool]]]:
    """What ``Gates.told`` should say, packet by packet."""
    workloads = read(of)
    policies = [body for _, body in of.of(k8s.NetworkPolicy)]
    world = packets.World(policies, workloads.clusters[""].namespaces)
    pods = workloads.pods

    def at_gate(mine: Attachment, way: str, far: Attachment) -> list[tuple[bool, bool]]:
        if mine.pod < 0:
            return [(True, True)] * len(SERVICES)
        at = (far.family, far.address) if far.family else None
        other = pods[far.pod] if far.pod >= 0 else None
        return [world.verdict(pods[mine.pod], way, other, at, one) for one in SERVICES]

    return [
        at_gate(*question)
        for src in ends(workloads)
        for dst in ends(workloads)
        for question in ((src, "egress", dst), (dst, "ingress", src))
    ]


@LAW
@given(clusters(), clusters(), st.data())
def test_a_changed_model_answers_as_a_new_one(
    objects: list[Json], others: list[Json], data: st.DataObject
) -> None:
    before, after = facts(objects), facts(others)
    delta = some_changes(before, after, data)
    changed = before.apply(delta)
    policies, workloads = build(before)
    first = Gates(policies, ends(workloads))
    first.policies.complete()
    told = first.told()

    there, there_workloads = rebuilt(policies, workloads, changed, delta)
    second = Gates(there, ends_after(first.ends, workloads, there_workloads))
    assert second.told() == fresh(changed).told()

    back, back_workloads = rebuilt(there, there_workloads, before, inverse(delta))
    assert Gates(back, ends_after(second.ends, there_workloads, back_workloads)).told() == told
    assert first.told() == told


@LAW
@given(clusters(), clusters(), st.data())
def test_what_is_kept_through_finer_atoms_answers_the_same(
    objects: list[Json], others: list[Json], data: st.DataObject
) -> None:
    before, after = facts(objects), facts(others)
    policies, workloads = build(before)
    first = Gates(policies, ends(workloads))
    first.policies.complete()
    delta = some_changes(before, after, data, kinds=("networkpolicy",))
    changed = before.apply(delta)

    there, there_workloads = rebuilt(policies, workloads, changed, delta)
    assert there_workloads.pods is workloads.pods
    atoms, remap = first.atoms.refine(there.service_sets())
    interner = policies.interner.copy()
    interner.remap(remap)
    there.bind(atoms, interner, kept=True)

    kept = Gates(there, first.ends, atoms)
    assert kept.told() == fresh(changed).told()


def fresh(of: Facts) -> Gates:
    policies, workloads = build(of)
    return Gates(policies, ends(workloads))


def ends_after(ends_: list[Attachment], old: Workloads, new: Workloads) -> list[Attachment]:
    """The very same list where pods are the same, as a changed model hands it on."""
    return ends_ if new.pods is old.pods else ends(new)


def rebuilt(
    policies: Policies, workloads: Workloads, changed: Facts, delta: Delta
) -> tuple[Policies, Workloads]:
    there = workloads.rebuild(changed, delta)
    enforcers = detect_all(changed, dict.fromkeys(there.clusters, ""))
    return policies.rebuild(changed, there, enforcers, delta), there


def some_changes(
    before: Facts, after: Facts, data: st.DataObject, kinds: tuple[str, ...] = ()
) -> Delta:
    """Some of what differs between two inputs."""
    delta: Delta = {}
    for key in sorted({*before, *after}):
        pair: tuple[Fact | None, Fact | None] = before.get(key), after.get(key)
        if (not kinds or key.kind in kinds) and data.draw(st.booleans(), label=str(key)):
            delta[Key(*key)] = pair
    return delta
