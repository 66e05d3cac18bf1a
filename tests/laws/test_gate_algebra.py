"""What a gate admits is what a packet-by-packet reading of its tiers admits.

Two oracles: one tries every way in which the unsure matches and unknown actions of one service can
come out, the other asks a solver about the first-match reading as a formula.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.model.gate import (
    ALLOW,
    DENY,
    NEXT,
    UNKNOWN,
    Action,
    Admission,
    Gate,
    Reason,
    Rule,
    Tier,
    evaluate,
    reasons,
)
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.services import UNIVERSE, ServiceSet
from tests.laws.bitvectors import always, in_words, is_service, service
from tests.laws.service_words import made, words

WIDTH = 4
FULL = (1 << WIDTH) - 1

Peer = tuple[int, int]  # what a rule surely and perhaps matches for the one peer of these laws
actions = st.sampled_from(list(Action))
ends = st.sampled_from([ALLOW, DENY, UNKNOWN])


@st.composite
def rules(draw: st.DrawFn) -> Rule[Peer]:
    perhaps = draw(st.integers(0, FULL))
    return Rule(
        action=draw(actions),
        far=(perhaps & draw(st.integers(0, FULL)), perhaps),
        services=UNIVERSE,
        origin=None,
        sure=draw(st.booleans()),
    )


tiers = st.builds(Tier, st.lists(rules(), max_size=4).map(tuple), actions)


def gate(tiers: tuple[Tier[Any], ...], end: Action) -> Gate[Any]:
    return Gate("place", "ingress", tiers, end)


gates = st.builds(gate, st.lists(tiers, max_size=3).map(tuple), ends)


def match(rule: Rule[Peer]) -> Peer:
    return rule.far


def outcomes(gate: Gate[Peer], bit: int) -> set[Action]:
    """How one service may fare, over every way in which what is open can come out."""
    found: set[Action] = set()
    steps = [rule for tier in gate.tiers for rule in tier.rules]
    for answers in itertools.product([True, False], repeat=len(steps)):
        found |= set(decided(gate, bit, iter(answers)))
    return found


def decided(gate: Gate[Peer], bit: int, answers: Iterator[bool]) -> list[Action]:
    """First match in each tier; an open match is as the next answer says."""
    for tier in gate.tiers:
        matching = [rule.action for rule in tier.rules if matches(rule, bit, next(answers))]
        action = matching[0] if matching else tier.default
        if action is not NEXT:
            return [ALLOW, DENY] if action is UNKNOWN else [action]
    return [ALLOW, DENY] if gate.end is UNKNOWN else [gate.end]


def matches(rule: Rule[Peer], bit: int, answer: bool) -> bool:
    surely, perhaps = (bool(mask >> bit & 1) for mask in rule.far)
    return answer if perhaps and not (surely and rule.sure) else surely and rule.sure


@settings(max_examples=300)
@given(gates)
def test_a_service_is_admitted_surely_or_perhaps_as_its_outcomes_say(gate: Gate[Peer]) -> None:
    must, may = evaluate(gate, FULL, match)

    for bit in range(WIDTH):
        found = outcomes(gate, bit)
        assert bool(must >> bit & 1) == (found == {ALLOW})
        assert bool(may >> bit & 1) == (ALLOW in found)


@given(gates)
def test_what_is_sure_is_possible(gate: Gate[Peer]) -> None:
    must, may = evaluate(gate, FULL, match)

    assert must & ~may == 0
    assert may & ~FULL == 0


@st.composite
def doubtless(draw: st.DrawFn) -> Gate[Peer]:
    plain = st.sampled_from([ALLOW, DENY, NEXT])
    told = st.lists(st.tuples(plain, st.integers(0, FULL)), max_size=4)
    return gate(
        tuple(
            Tier(tuple(Rule(a, (m, m), UNIVERSE, None) for a, m in draw(told)), draw(plain))
            for _ in range(draw(st.integers(0, 3)))
        ),
        draw(st.sampled_from([ALLOW, DENY])),
    )


@given(doubtless())
def test_without_doubt_nothing_is_unknown(gate: Gate[Peer]) -> None:
    must, may = evaluate(gate, FULL, match)

    assert must == may


@given(gates, st.data())
def test_knowing_more_never_takes_back_what_was_sure(
    gate_: Gate[Peer], data: st.DataObject
) -> None:
    def learned(rule: Rule[Peer]) -> Rule[Peer]:
        surely, perhaps = rule.far
        more = surely | perhaps & data.draw(st.integers(0, FULL))
        return Rule(rule.action, (more, more), UNIVERSE, None, sure=True)

    told = tuple(
        Tier(tuple(learned(rule) for rule in tier.rules if rule.sure), tier.default)
        for tier in gate_.tiers
    )
    before = evaluate(gate_, FULL, match)
    after = evaluate(gate(told, gate_.end), FULL, match)

    assert before.must & ~after.must == 0
    assert after.may & ~before.may == 0


@st.composite
def worded(draw: st.DrawFn) -> Gate[tuple[str, ...]]:
    """Gates whose rules name services in words; ``far`` holds the words."""
    texts = st.lists(words.filter(bool), max_size=3)
    plain = [
        Tier(
            tuple(
                Rule(draw(actions), tuple(text), made(text), None, sure=draw(st.booleans()))
                for text in draw(texts)
            ),
            draw(actions),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    return gate(tuple(plain), draw(ends))


@settings(max_examples=60)
@given(worded())
def test_tiers_decide_as_their_formula_does(gate: Gate[tuple[str, ...]]) -> None:
    told = [rule for tier in gate.tiers for rule in tier.rules]
    atoms = ServiceAtoms(rule.services for rule in told)

    found = evaluate(gate, atoms.full, lambda rule: (atoms.mask(rule.services),) * 2)

    at = service()
    free: list[Any] = []
    allowed = admitted(gate, at, free)
    must, may = (words_of(atoms.services(mask), at) for mask in found)
    every = z3.ForAll(free, allowed) if free else allowed
    some = z3.Exists(free, allowed) if free else allowed
    assert always(z3.Implies(is_service(at), must == every))
    assert always(z3.Implies(is_service(at), may == some))


def words_of(services: ServiceSet, at: Any) -> Any:
    pairs = services.ranges
    return z3.Or(False, *(z3.And(z3.ULE(low, at), z3.ULE(at, high)) for low, high in pairs))


def admitted(gate: Gate[Any], at: Any, free: list[Any]) -> Any:
    """The nested first-match reading; what is open is a free truth value added to ``free``."""
    rest = verdict(gate.end, None, free)
    for tier in reversed(gate.tiers):
        after, rest = rest, verdict(tier.default, rest, free)
        for rule in reversed(tier.rules):
            hit = in_words(at, rule.far)
            if not rule.sure:
                hit = z3.And(hit, unsettled(free))
            rest = z3.If(hit, verdict(rule.action, after, free), rest)
    return rest


def verdict(action: Action, after: Any, free: list[Any]) -> Any:
    if action is NEXT:
        return after
    return unsettled(free) if action is UNKNOWN else z3.BoolVal(action is ALLOW)


def unsettled(free: list[Any]) -> Any:
    free.append(z3.Bool(f"open{len(free)}"))
    return free[-1]


LIST = Reason("prefix-list-not-read", "pl-1", "the list")
LABEL = Reason("label-not-known", "shop/web", "the pods")


def rule(action: Action, surely: int, perhaps: int, *because: Reason, sure: bool = True) -> Any:
    return Rule(action, (surely, perhaps), UNIVERSE, None, sure=sure, because=frozenset(because))


@given(gates, st.integers(0, FULL))
def test_what_is_decided_has_no_reason(gate_: Gate[Peer], mask: int) -> None:
    told = tuple(
        Tier(tuple(rule(r.action, *r.far, LIST, sure=r.sure) for r in tier.rules), tier.default)
        for tier in gate_.tiers
    )
    whole = gate(told, gate_.end)
    must, may = evaluate(whole, FULL, match)

    if not mask & may & ~must:
        assert reasons(whole, FULL, match, mask) == frozenset()


def test_the_reasons_are_those_of_the_rules_that_leave_a_service_open() -> None:
    tier = Tier((rule(UNKNOWN, 1, 1, LIST), rule(ALLOW, 2, 2, LABEL, sure=False)))
    both = gate((tier,), DENY)

    assert evaluate(both, FULL, match) == Admission(must=0, may=3)
    assert reasons(both, FULL, match, 1) == {LIST}
    assert reasons(both, FULL, match, 2) == {LABEL}
    assert reasons(both, FULL, match, FULL) == {LIST, LABEL}
    assert reasons(both, FULL, match, 4) == frozenset()


def test_a_doubt_that_changes_nothing_is_no_reason() -> None:
    tier = Tier((rule(ALLOW, 0, 1, LIST), rule(ALLOW, 1, 1)))

    assert reasons(gate((tier,), DENY), FULL, match, 1) == frozenset()


def test_an_unsure_match_has_the_reason_of_its_peer() -> None:
    unsure = gate((Tier((rule(ALLOW, 0, 1),)),), DENY)

    assert reasons(unsure, FULL, match, 1, why=lambda _: frozenset({LABEL})) == {LABEL}


def test_an_unknown_default_and_end_have_their_own_reasons() -> None:
    tier: Tier[Peer] = Tier((rule(NEXT, 1, 1),), UNKNOWN, frozenset({LIST}))
    open_: Gate[Peer] = Gate("a", "in", (tier,), UNKNOWN, frozenset({LABEL}))

    assert reasons(open_, FULL, match, 2) == {LIST}
    assert reasons(open_, FULL, match, 1) == {LABEL}


def test_nothing_comes_after_the_last_tier() -> None:
    with pytest.raises(ValueError, match="last tier"):
        gate((), NEXT)


admissions = st.builds(
    lambda may, less: Admission(may & less, may), st.integers(0, FULL), st.integers(0, FULL)
)


@given(admissions, admissions, admissions)
def test_a_path_is_the_same_in_any_order(a: Admission, b: Admission, c: Admission) -> None:
    assert a.both(b) == b.both(a)
    assert a.both(b.both(c)) == a.both(b).both(c)


@given(admissions, admissions)
def test_a_path_keeps_the_sure_within_the_possible(a: Admission, b: Admission) -> None:
    result = a.both(b)

    assert result.must & ~result.may == 0
