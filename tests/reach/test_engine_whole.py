"""The complete relation: all factors at once, and after a change only what is new."""

from hypothesis import HealthCheck, given, settings

from ringwall.model.network import build
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.whole import complete
from tests.laws.worlds import World, worlds
from tests.reach.engine_asked import everything, told
from tests.semantics.fixture_f import fixture, into_a
from tests.semantics.fixture_f import tcp as port
from tests.support import facts_of

LAW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(worlds())
def test_answers_are_those_that_are_found_one_by_one(world: World) -> None:
    facts = facts_of(world.files)
    lazy, whole = Engine(build(facts)), Engine(build(facts))
    complete(whole)

    found = [[told(one, outcome) for *_, outcome in everything(one)] for one in (lazy, whole)]
    assert found[0] == found[1]


def test_the_factors_are_counted() -> None:
    facts = facts_of(fixture(into_a({"ports": [port(80)]})))
    found = complete(Engine(build(facts)))

    assert (found.attachments, found.gates) == (12, 1)


def test_after_a_change_only_new_gates_are_judged() -> None:
    facts = facts_of(fixture(into_a({"ports": [port(80)]}), into_a(name="other")))
    model = build(facts)
    complete(Engine(model))
    key = next(key for key in facts if key.name == "x/other")
    changed = model.rebuild({key: (facts[key], None)})

    assert complete(Engine(changed)).gates == 1
    assert not changed.judged.gates & model.judged.gates
    back = changed.rebuild({key: (None, facts[key])})
    assert complete(Engine(back)).gates == 1
    assert back.judged.gates == model.judged.gates
