"""A changed model answers as one built of the changed facts, and a change taken back is none."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Fact, Facts, inverse
from ringwall.model.network import Model, build
from ringwall.reach.engine.compose import Engine
from tests.laws.worlds import Choices, World, worlds
from tests.reach.engine_asked import Told, ends, everything, told
from tests.semantics.fixture_f import fixture, from_pods, into_a, policy
from tests.semantics.fixture_f import tcp as port
from tests.support import facts_of

LAW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
RULES = (k8s.NetworkPolicy, aws.SecurityGroupRule, aws.NetworkAcl, aws.RouteTable, aws.NatGateway)


def answers(engine: Engine) -> Iterator[tuple[str, str, bool, Told]]:
    """Everything that can be said of a world, with what it would be said to be unknown for."""
    for a, b, together, outcome in everything(engine):
        yield a.owner, b.owner, together, told(engine, outcome)


def same(one: Model, other: Model) -> None:
    first, second = Engine(one), Engine(other)

    assert ends(first) == ends(second)
    assert list(answers(first)) == list(answers(second))
    assert (one.scope, one.assumes) == (other.scope, other.assumes)
    assert one.enforcers == other.enforcers
    for a, b in product(ends(first), ends(first)):
        mine, theirs = (engine.pair(a, b, together=False) for engine in (first, second))
        why = [
            engine.reasons(a, b, together=False, mask=way.may & ~way.must)
            for engine, way in ((first, mine), (second, theirs))
        ]
        assert why[0] == why[1]


@st.composite
def changes(draw: st.DrawFn) -> tuple[Facts, Delta]:
    """A world, and facts of it that go, come or look otherwise: those of another world of the
    same names."""
    first: World = draw(worlds())
    second: World = draw(worlds())
    old, new = facts_of(first.files), facts_of(second.files)
    keys = sorted(
        key
        for key in {*old, *new}
        if (old.get(key) and old[key].body) != (new.get(key) and new[key].body)
    )
    rules = [key for key in keys if isinstance((old.get(key) or new[key]).body, RULES)]
    choose = Choices(draw)
    pool = rules if rules and choose.seldom(2) else keys
    some = choose.some(pool, 3) if pool else []
    return old, {key: (old.get(key), new.get(key)) for key in some}


@LAW
@given(changes())
def test_a_rebuilt_model_answers_as_a_new_one(change: tuple[Facts, Delta]) -> None:
    facts, delta = change
    before = build(facts)
    Engine(before).classes.listed()

    same(before.rebuild(delta), build(facts.apply(delta)))


@LAW
@given(changes())
def test_a_change_and_its_inverse_are_nothing(change: tuple[Facts, Delta]) -> None:
    facts, delta = change
    before = build(facts)

    same(before.rebuild(delta).rebuild(inverse(delta)), before)


@pytest.mark.parametrize("edits", [1, 2, 3])
def test_the_model_that_was_changed_stays_as_it_was(edits: int) -> None:
    """Numbers are shared between the two, answers are not."""
    rule = from_pods({}, ports=[port(80)])
    facts = facts_of(fixture(into_a(rule)))
    model = build(facts)
    before = list(answers(Engine(model)))
    made = model
    for number in range(edits):
        ports = [{"port": 5000 + number, "endPort": 6000}]
        new = facts_of(fixture(policy("x", "into-a", {}, ingress=[{"ports": ports}])))
        key = next(key for key in new if key.kind == "networkpolicy")
        made = made.rebuild({key: (made.facts[key], new[key])})
        list(answers(Engine(made)))

    assert list(answers(Engine(model))) == before


def test_a_change_of_rules_keeps_who_holds_which_address() -> None:
    facts = facts_of(fixture(into_a()))
    model = build(facts)
    holders = model.holders
    key = next(key for key in facts if key.kind == "networkpolicy")

    assert model.rebuild({key: (facts[key], None)}).holders is holders


def test_a_cluster_may_come_and_go_with_its_only_object() -> None:
    facts = facts_of(fixture(into_a()))
    (key,) = (key for key in facts if key.kind == "networkpolicy")
    only = Fact(key._replace(scope="other"), facts[key].body, facts[key].origins)
    model = build(facts)
    changed = model.rebuild({only.key: (None, only)})

    assert set(changed.workloads.clusters) == {"", "other"}
    same(changed, build(changed.facts))
    same(changed.rebuild({only.key: (only, None)}), model)
