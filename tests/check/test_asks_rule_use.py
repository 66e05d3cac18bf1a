"""What only one security-group rule opens, and why a rule opens nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ringwall.check.asks.documents import RuleUseReport
from ringwall.check.asks.rule_use import revoked
from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.facts.fact import Facts
from ringwall.net import Net
from tests.check.ask_world import NODE_1, NODE_2, OFFICE, POD, facts, net, world
from tests.laws.worlds import World
from tests.laws.worlds import worlds as random_worlds
from tests.semantics.aws_world import tcp
from tests.support import facts_of, services_of

LAW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


def lost(report: RuleUseReport) -> set[tuple[str, str, str]]:
    return {
        (row.src, row.dst, " ".join(services_of(row.ports).words()))
        for row in report.changes
        if row.change == "lost" and row.sure
    }


def test_what_only_a_rule_opens_is_lost_without_it() -> None:
    report = net().rule_use("sg-db:ingress:tcp/5432:sg-node")

    assert report.opens == "surely"
    assert lost(report) == {(src, "eni-db", "tcp/5432") for src in (NODE_1, NODE_2, POD)}
    assert (report.rule.object, report.rule.index) == ("sg-db", "ingress:tcp/5432:sg-node")
    assert report.carriers == ["eni-db"]
    assert report.why == []


def test_a_rule_that_others_repeat_opens_nothing_and_names_them() -> None:
    report = net(tcp(80, "203.0.113.0/25")).rule_use("sg-lb:ingress:tcp/80:203.0.113.0/25")

    assert (report.opens, report.changes) == ("nothing", [])
    (why,) = report.why
    assert why.because == "others-admit"
    assert [(rule.object, rule.index) for rule in why.rules] == [
        ("sg-lb", f"ingress:tcp/80:{OFFICE}")
    ]
    assert why.witness is not None
    assert (why.witness.src, why.witness.dst, why.witness.port) == (
        "203.0.113.0",
        "eni-lb",
        "tcp/80",
    )


def test_a_rule_whose_packets_never_arrive_says_what_stops_them() -> None:
    report = net(to_node=(tcp(22, "192.0.2.0/24"),)).rule_use("sg-node:ingress:tcp/22:192.0.2.0/24")

    assert (report.opens, report.changes) == ("nothing", [])
    assert {why.because for why in report.why} == {"blocked-elsewhere"}


def test_a_group_on_no_interface_opens_nothing() -> None:
    report = net().rule_use("sg-idle:ingress:tcp/22:0.0.0.0/0")

    assert (report.opens, report.carriers) == ("nothing", [])
    assert [(why.because, why.text) for why in report.why] == [
        ("no-carrier", "no interface that was read has sg-idle")
    ]


def test_a_rule_that_names_a_group_on_no_interface_opens_nothing() -> None:
    report = net(to_db=(tcp(3306, "sg-idle"),)).rule_use("sg-db:ingress:tcp/3306:sg-idle")

    assert report.opens == "nothing"
    assert [why.because for why in report.why] == ["no-sender"]


def test_an_unread_list_is_not_decided() -> None:
    made = world(tcp(22, "pl-partner"))
    made.prefix_list("pl-partner", entries_read=False)

    report = Net(facts_of(made.files())).rule_use("sg-lb:ingress:tcp/22:pl-partner")

    assert report.opens == "perhaps"
    assert {row.sure for row in report.changes} == {False}
    (why,) = report.why
    assert why.because == "not-decided"
    assert "get-managed-prefix-list-entries --prefix-list-id pl-partner" in why.text


def test_an_egress_rule_is_asked_the_other_way_round() -> None:
    report = net().rule_use("sg-far:egress:all:0.0.0.0/0")

    assert report.opens == "surely"
    assert {row.src for row in report.changes} == {"eni-far"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sg-db:ingress:tcp/5433:sg-node", "did you mean sg-db:ingress:tcp/5432:sg-node"),
        ("sgr-0123", "ids of rules are in|write sgr-"),
        ("tcp/22", "write sgr-… as AWS lists it, or sg-…"),
        ("other!sg-db:ingress:tcp/5432:sg-node", "is no rule that was read"),
        ("", "`` is no rule that was read"),
    ],
)
def test_a_rule_that_was_not_read_is_refused_in_one_sentence(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        net().rule_use(word)


def test_a_rule_of_two_accounts_must_be_named_with_one_of_them() -> None:
    found = facts()
    name = "sg-db:ingress:tcp/5432:sg-node"
    (fact,) = (fact for key, fact in found.items() if str(key) == name)
    scopes = ("111122223333:eu-west-1", "444455556666:eu-west-1")
    twice = Facts(structs.replace(fact, key=fact.key._replace(scope=one)) for one in scopes)

    with pytest.raises(UsageError, match="is ambiguous: it may be 111122223333:eu-west-1!sg-db"):
        revoked(twice, name)
    (key,) = revoked(twice, f"{scopes[1]}!{name}")
    assert key.scope == scopes[1]


def _rules(found: Facts) -> list[str]:
    return [str(key) for key, _ in found.of(aws.SecurityGroupRule)]


def test_every_rule_of_the_world_is_the_difference_without_it() -> None:
    found = facts()
    asked = Net(found)

    for word in _rules(found):
        (key,) = (key for key, _ in found.of(aws.SecurityGroupRule) if str(key) == word)
        expected = asked.diff(asked.with_change({key: (found[key], None)}))
        report = asked.rule_use(word)
        assert (report.changes, report.opens) == (expected.changes, expected.closes)
        assert bool(report.why) == (report.opens != "surely")


@LAW
@given(random_worlds(), st.data())
def test_what_a_rule_opens_is_the_difference_without_it(made: World, data: st.DataObject) -> None:
    """Computed anew from facts that never had the rule."""
    found = facts_of(made.files)
    rules = [key for key, _ in found.of(aws.SecurityGroupRule)]
    assume(rules)
    key = data.draw(st.sampled_from(rules))
    rest = [fact for one, fact in found.items() if one != key]
    without = Net(Facts(rest, found.gaps, found.warnings, found.assumes))

    report = Net(found).rule_use(str(key))

    expected = Net(found).diff(without)
    assert report.changes == expected.changes
    assert report.opens == expected.closes
    assert [row for row in report.changes if row.change == "gained"] == []
    for why in report.why:
        names = {(rule.object, rule.index) for rule in why.rules}
        assert (report.rule.object, report.rule.index) not in names
