"""A changed model: what it takes over, and what it must not."""

import pytest

from ringwall.facts.fact import Delta, Facts
from ringwall.model.attachments import Attachment
from ringwall.model.gates import UNPOLICED
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from ringwall.space.services import ServiceSet
from tests.model.asked import Asked, told
from tests.semantics.fixture_f import (
    EXT,
    Manifest,
    fixture,
    from_block,
    from_pods,
    into_a,
    pods,
    policy,
    tcp,
)
from tests.support import facts_of

TCP_80 = ServiceSet.parse("tcp/80")
Told = dict[tuple[str, str], str]


def difference(old: Facts, new: Facts) -> Delta:
    keys = sorted({*old, *new})
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


class Model:
    """A model whose list of ends stays the same object from change to change."""

    def __init__(self, world: str) -> None:
        asked = Asked(world)
        self.facts, self.workloads, self.policies = asked.facts, asked.workloads, asked.policies
        self.enforcers = asked.enforcers
        names = ("x/a", "x/b", "y/a", "y/b", "z/c", EXT, "192.0.2.7", "198.51.100.7")
        self.ends: list[Attachment] = [asked.end(name) for name in names]
        self.policies.complete()
        self.answers()

    def change(self, world: str) -> "Model":
        new = object.__new__(Model)
        delta = difference(self.facts, facts_of(world))
        new.facts = self.facts.apply(delta)
        new.workloads = self.workloads.rebuild(new.facts, delta)
        new.enforcers, new.ends = self.enforcers, self.ends
        new.policies = self.policies.rebuild(new.facts, new.workloads, new.enforcers, delta)
        atoms, remap = self.atoms.refine(new.policies.service_sets())
        interner = self.policies.interner
        if atoms is not self.atoms:
            interner = interner.copy()
            interner.remap(remap)
        new.policies.bind(atoms, interner, kept=True)
        return new

    @property
    def atoms(self) -> ServiceAtoms:
        return self.policies.atoms

    def answers(self) -> Told:
        egress, ingress, peer = self.policies.classify(self.ends)
        mask = self.atoms.mask(TCP_80)
        found = {}
        for i, src in enumerate(self.ends):
            for j, dst in enumerate(self.ends):
                out = self.policies.egress(int(egress[i]), int(peer[j]))
                admission = out.both(self.policies.ingress(int(ingress[j]), int(peer[i])))
                found[src.owner, dst.owner] = told(admission, mask)
        self.rows_answer_alike()
        return found

    def rows_answer_alike(self) -> None:
        classes = self.policies.classify(self.ends)
        for gate in {*classes.egress.tolist(), *classes.ingress.tolist()} - {UNPOLICED}:
            row = self.policies.ingress_row(gate)
            assert row.ids(classes.peer).tolist() == [row.at(int(one)) for one in classes.peer]


SAME = policy("y", "same", {}, ingress=[from_pods({}, ports=[tcp(80)])])
BLOCK = policy("z", "block", {}, ingress=[from_block("192.0.2.0/24")])
WORLDS: list[list[Manifest]] = [
    [into_a(from_pods(pods(pod="b")))],
    [into_a(from_pods(pods(pod="c")))],
    [into_a(from_pods(pods(pod="b"), ports=[tcp(81)]))],
    [into_a(from_block("198.51.100.0/24"))],
    [into_a(from_block("198.51.100.0/24", "198.51.100.0/28"))],
    [into_a({"from": [{"namespaceSelector": {}}]})],
    [into_a(), policy("y", "out", {}, egress=[{"ports": [tcp(80)]}], types=["Egress"])],
    [],
]


@pytest.mark.parametrize("after", WORLDS)
@pytest.mark.parametrize("before", WORLDS)
def test_a_change_there_and_back(before: list[Manifest], after: list[Manifest]) -> None:
    first = Model(fixture(SAME, BLOCK, *before))
    expected = first.answers()

    second = first.change(fixture(SAME, BLOCK, *after))
    third = second.change(fixture(SAME, BLOCK, *before))

    assert second.answers() == Model(fixture(SAME, BLOCK, *after)).answers()
    assert third.answers() == first.answers() == expected


def test_a_change_keeps_the_classes_of_namespaces_that_it_does_not_touch() -> None:
    first = Model(fixture(SAME, into_a(from_pods({}))))
    second = first.change(fixture(SAME, into_a(from_pods({}, ports=[tcp(81)]))))

    old, new = first.policies.classify(first.ends), second.policies.classify(first.ends)

    kept = slice(1, None)  # all but x/a, which the policy selects
    assert [list(column[kept]) for column in old] == [list(column[kept]) for column in new]
    assert old.ingress[0] != new.ingress[0]
    assert second.policies.ingress_row(int(new.ingress[2])) is first.policies.ingress_row(
        int(old.ingress[2])
    )


def test_taking_a_change_back_makes_no_new_gate() -> None:
    first = Model(fixture(SAME))
    second = first.change(fixture(SAME, into_a()))
    third = second.change(fixture(SAME))
    fourth = third.change(fixture(SAME, into_a()))

    again = fourth.policies.classify(first.ends).ingress.tolist()

    assert again == second.policies.classify(first.ends).ingress.tolist()


def test_another_interner_starts_anew() -> None:
    first = Model(fixture(SAME))
    again = first.policies.rebuild(first.facts, first.workloads, first.enforcers, {})
    again.bind(first.atoms, Interner())

    assert again.interner is not first.policies.interner
    (gate, *_), peer = again.classify(first.ends)[1], again.classify(first.ends).peer
    assert again.ingress(int(gate), int(peer[0])) == first.policies.ingress(int(gate), int(peer[0]))


def test_an_engine_that_is_found_later_changes_every_gate() -> None:
    off = (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: aws-node}\n"
        "spec: {template: {spec: {containers: []}}}\n---\n"
    )
    closed = fixture(into_a())
    before, after = Asked(closed), Asked(off + closed)
    delta = difference(before.facts, after.facts)

    after.policies = before.policies.rebuild(after.facts, after.workloads, after.enforcers, delta)
    after.policies.bind(after.atoms, Interner())

    assert before.verdict("y/a", "x/a", "tcp/80") == "blocked"
    assert after.verdict("y/a", "x/a", "tcp/80") == "allowed"
