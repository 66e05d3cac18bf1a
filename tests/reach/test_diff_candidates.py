"""Which pairs a comparison looks at, and what of the outside it tells apart."""

from itertools import chain

import pytest

from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.facts.fact import Facts
from ringwall.reach.compare import diff
from ringwall.reach.engine import differ, sides
from ringwall.reach.engine.candidates import Candidates
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.touched import EVERYBODY, Touch, Touched
from ringwall.space.addresses import INTERNET, Addresses
from tests.reach.relation_cluster import (
    deployment,
    from_block,
    from_pods,
    ingress_policy,
    relation,
)
from tests.semantics.aws_world import AwsWorld, tcp
from tests.support import facts_of

WEB, DB, JOB = {"app": "web"}, {"app": "db"}, {"app": "job"}
PODS = (
    deployment("shop/web", **WEB),
    deployment("shop/db", **DB),
    deployment("shop/job", **JOB),
)
DB_ID, JOB_ID = "shop/db[Deployment]", "shop/job[Deployment]"


def looked_at(old: Relation, new: Relation) -> set[tuple[str, str]]:
    candidates = Candidates(old, new)
    return {
        (src.id, dst.id)
        for some in chain(candidates.objects(), candidates.outside())
        for src in some.sources
        for dst in some.destinations
    }


# --- policies ------------------------------------------------------------------------------------


def test_equal_states_have_nothing_to_look_at() -> None:
    policy = ingress_policy("shop/db", DB, from_pods(WEB, 5432))

    assert looked_at(relation(*PODS, policy), relation(*PODS, policy)) == set()


def test_a_rule_is_looked_at_between_those_whom_it_names() -> None:
    old = relation(*PODS, ingress_policy("shop/db", DB, from_pods(WEB, 5432)))
    new = relation(*PODS, ingress_policy("shop/db", DB, from_pods(WEB, 5432), from_pods(JOB, 80)))

    assert looked_at(old, new) == {(JOB_ID, DB_ID)}


def test_what_is_on_one_side_only_is_looked_at_with_everybody() -> None:
    found = looked_at(relation(*PODS), relation(*PODS[:2]))

    assert {end for pair in found for end in pair} >= {"shop/web[Deployment]", DB_ID, "internet"}
    assert all(JOB_ID in pair for pair in found)


# --- the outside ---------------------------------------------------------------------------------


def test_blocks_of_which_the_same_differs_are_one() -> None:
    def shop(*ports: int) -> Relation:
        apart = ingress_policy("shop/job", JOB, from_block("198.51.100.0/25", 22))
        rules = [from_block("198.51.100.0/24", port) for port in ports]
        return relation(*PODS, apart, ingress_policy("shop/db", DB, *rules))

    report = diff(shop(80), shop(80, 443))

    assert [(one.src, one.dst) for one in report.changes] == [("198.51.100.0/24", DB_ID)]


def test_parts_are_cut_where_either_side_tells_them_apart() -> None:
    old = relation(*PODS, ingress_policy("shop/db", DB, from_block("198.51.100.0/24", 80)))
    new = relation(*PODS, ingress_policy("shop/db", DB, from_block("198.51.100.0/25", 80)))

    found = [part.addresses for part in sides.parts(old, new)]

    assert Addresses.of("198.51.100.0/25") in found
    assert Addresses.of("198.51.100.128/25") in found
    whole = Addresses(run for one in found for run in one.ranges)
    assert sum(one.size(4) for one in found) == whole.size(4)
    assert all(one <= INTERNET or not one & INTERNET for one in found)


# --- the network ---------------------------------------------------------------------------------


def network(*sources: str) -> Facts:
    made = AwsWorld()
    made.vpc("vpc-1", "10.0.0.0/16")
    made.subnet("subnet-a", "10.0.1.0/24")
    made.group("sg-db", [tcp(5432, *sources)] if sources else [])
    made.group("sg-app", [])
    made.group("sg-far", [])
    made.interface("eni-db", "subnet-a", "10.0.1.5", groups=["sg-db"])
    made.interface("eni-app", "subnet-a", "10.0.1.6", groups=["sg-app"])
    made.interface("eni-far", "subnet-a", "10.0.1.7", groups=["sg-far"])
    return facts_of(made.files())


def of_network(*sources: str) -> Relation:
    return Relation.of(network(*sources))


@pytest.mark.parametrize("source", ["10.0.1.6/32", "sg-app"])
def test_a_rule_of_a_group_is_looked_at_between_those_whom_it_names(source: str) -> None:
    old, new = of_network(), of_network(source)
    found = {pair for pair in looked_at(old, new) if "internet" not in pair}

    assert {pair for pair in found if not any("/" in end for end in pair)} == {
        ("eni-app", "eni-db")
    }


def test_touches_are_the_rules_that_differ() -> None:
    found = Touched(of_network("10.0.1.6/32"), of_network("10.0.1.6/32", "sg-app")).touches

    assert found == (Touch("sg-db", "sg-app"),)


def test_anything_else_of_the_network_touches_everybody() -> None:
    facts = network("sg-app")
    key = next(key for key, _ in facts.of(aws.Subnet))
    changed = facts.apply({key: (facts[key], None)})

    assert Touched(Relation.of(facts), Relation.of(changed)).touches == (EVERYBODY,)


# --- size ----------------------------------------------------------------------------------------


def test_more_changes_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differ, "LIMIT", 3)

    with pytest.raises(UsageError, match="more than 3 changes"):
        diff(relation(*PODS), relation(*PODS[:1]))
