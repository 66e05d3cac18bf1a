"""A change of facts: applied, taken back, and refused where it does not fit."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.facts import k8s
from ringwall.facts.fact import Delta, Fact, Facts, Gap, Key, Oddity, Origin, inverse
from tests.support import facts_of

ORIGIN = (Origin("f"),)


def namespace(name: str, mark: str = "") -> Fact:
    body = k8s.Namespace(k8s.ObjectMeta(name, labels={"mark": mark}))
    return Fact(Key("", "namespace", name), body, ORIGIN)


def node(name: str, mark: str = "") -> Fact:
    body = k8s.Node(k8s.ObjectMeta(name, labels={"mark": mark}))
    return Fact(Key("", "node", name), body, ORIGIN)


some_facts = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(st.sampled_from((namespace, node)), st.sampled_from("xy"))
).map(lambda found: [make(name, mark) for name, (make, mark) in found.items()])


def difference(old: Facts, new: Facts) -> Delta:
    keys = {*old, *new}
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


@given(some_facts, some_facts, some_facts)
def test_changed_facts_are_those_read_afresh(
    first: list[Fact], second: list[Fact], third: list[Fact]
) -> None:
    one, two, three = Facts(first), Facts(second), Facts(third)

    there = one.apply(difference(one, two)).apply(difference(two, three))

    assert list(there.items()) == list(three.items())
    for kind in (k8s.Namespace, k8s.Node):
        assert list(there.of(kind)) == list(three.of(kind))
    assert set(there.types()) >= set(three.types())


@given(some_facts, some_facts)
def test_a_change_and_its_inverse_are_nothing(first: list[Fact], second: list[Fact]) -> None:
    one, two = Facts(first), Facts(second)
    delta = difference(one, two)

    back = one.apply(delta).apply(inverse(delta))

    assert list(back.items()) == list(one.items())
    assert inverse(inverse(delta)) == delta


def test_what_is_beside_the_facts_is_kept() -> None:
    gap, oddity = Gap("unreadable-file", "input", "f", "read it"), Oddity("odd", Origin("f"))
    facts = Facts([namespace("a")], [gap], [oddity], ["assumed"])

    changed = facts.apply({Key("", "namespace", "a"): (namespace("a"), None)})

    assert (changed.gaps, changed.warnings, changed.assumes) == ((gap,), (oddity,), ("assumed",))
    assert len(changed) == 0
    assert len(facts) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, namespace("a", "new")),
        (namespace("a", "other"), None),
        (namespace("a"), namespace("b")),
    ],
    ids=["there already", "not as it was", "another key"],
)
def test_a_change_that_does_not_start_here_is_refused(old: Fact | None, new: Fact | None) -> None:
    with pytest.raises(ValueError, match="does not start from these facts"):
        Facts([namespace("a")]).apply({Key("", "namespace", "a"): (old, new)})


def test_facts_of_a_type_come_in_the_order_of_keys() -> None:
    item: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace"}
    items = [{**item, "metadata": {"name": name}} for name in "cab"]
    facts = facts_of(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    assert [key.name for key, _ in facts.of(k8s.Namespace)] == ["a", "b", "c"]
