"""What a change opens and closes: ``ringwall/diff/v1``."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from ringwall.reach.compare import diff
from ringwall.reach.documents import ChangeOut, DiffReport, WhatIfReport
from ringwall.reach.engine.judge import ALL, ALLOWED, BLOCKED, SOME, UNKNOWN
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.steps import State, Step
from ringwall.space.services import SERVED
from tests.laws.worlds import World
from tests.laws.worlds import worlds as random_worlds
from tests.reach.relation_cluster import (
    deployment,
    from_block,
    from_pods,
    ingress_policy,
    pod,
    relation,
)
from tests.support import facts_of, services_of

WEB, DB = {"app": "web"}, {"app": "db"}
PODS = (deployment("shop/web", **WEB), deployment("shop/db", **DB))
WEB_ID, DB_ID = "shop/web[Deployment]", "shop/db[Deployment]"
Json = dict[str, Any]


def shop(*rules: Json) -> Relation:
    """web and db; the rules are those of db."""
    return relation(*PODS, ingress_policy("shop/db", DB, *rules))


def between(report: DiffReport, src: str, dst: str) -> list[ChangeOut]:
    return [one for one in report.changes if (one.src, one.dst) == (src, dst)]


def told(one: ChangeOut) -> tuple[str, bool, str]:
    return one.change, one.sure, " ".join(services_of(one.ports).words())


def test_a_port_more_is_gained_with_a_packet_that_shows_it() -> None:
    report = diff(shop(from_pods(WEB, 5432)), shop(from_pods(WEB, 5432, 9187)))

    (one,) = report.changes
    assert told(one) == ("gained", True, "tcp/9187")
    assert (one.old.verdict, one.new.verdict) == ("blocked", "allowed")
    assert msgspec.to_builtins(one.witness) == {
        "src": "shop/web-0[Pod]", "dst": "shop/db-0[Pod]", "port": "tcp/9187",
    }  # fmt: skip
    assert (report.opens, report.closes) == ("surely", "nothing")


def test_a_port_less_is_lost() -> None:
    report = diff(shop(from_pods(WEB, 5432, 9187)), shop(from_pods(WEB, 5432)))

    assert [told(one) for one in report.changes] == [("lost", True, "tcp/9187")]
    assert (report.opens, report.closes) == ("nothing", "surely")


def test_what_stays_as_it_is_has_no_row_even_if_it_is_unknown() -> None:
    same = diff(shop(from_pods(WEB, 5432)), shop(from_pods(WEB, 5432)))

    assert same.changes == []
    assert (same.opens, same.closes) == ("nothing", "nothing")


def test_blocks_are_cut_where_either_side_tells_them_apart() -> None:
    report = diff(shop(from_block("203.0.113.0/24", 80)), shop(from_block("203.0.113.0/25", 80)))

    assert {(one.src, *told(one)) for one in report.changes} == {
        ("203.0.113.128/25", "lost", True, "tcp/80")
    }
    assert report.changes[0].witness.src == "203.0.113.128"
    assert list(report.blocks) == ["203.0.113.128/25"]


def test_an_endpoint_on_one_side_only_is_lost_or_gained() -> None:
    both, alone = relation(*PODS), relation(PODS[0])

    gone, come = diff(both, alone), diff(alone, both)

    assert [told(one) for one in between(gone, WEB_ID, DB_ID)] == [("lost", True, "all")]
    assert [told(one) for one in between(come, DB_ID, WEB_ID)] == [("gained", True, "all")]


def test_what_is_no_longer_known_is_told_apart() -> None:
    open_label = {"matchLabels": {"pod-template-hash": "abc"}}
    unsure = ingress_policy("shop/q", {}, {"from": [{"podSelector": {}}]})
    unsure["spec"]["podSelector"] = open_label
    report = diff(relation(*PODS), relation(*PODS, unsure))

    (one,) = between(report, "internet", DB_ID)
    assert (one.change, one.sure) == ("now-unknown", False)
    assert "label-made-up" in [report.unknowns[id_].code for id_ in one.new.because]
    assert (report.opens, report.closes) == ("nothing", "perhaps")


def test_another_extent_is_a_change() -> None:
    def two(*policies: Json) -> Relation:
        return relation(
            pod("shop/web", "10.0.1.1", **WEB),
            pod("shop/db-0", "10.0.1.2", owner="StatefulSet/db", n="0"),
            pod("shop/db-1", "10.0.1.3", owner="StatefulSet/db", n="1"),
            *policies,
        )

    first = ingress_policy("shop/p", {"n": "0"}, from_pods({"none": "of"}))
    report = diff(two(), two(first))

    (one,) = between(report, "shop/web[Pod]", "shop/db[StatefulSet]")
    assert told(one) == ("changed", False, "all")
    assert (one.old.extent, one.new.extent) == ("all", "some")
    assert one.witness.dst == "shop/db-0[Pod]"
    assert report.closes == "perhaps"


def test_what_one_replica_gains_while_another_loses_is_not_hidden() -> None:
    def closed(number: str) -> Relation:
        return relation(
            pod("shop/web", "10.0.1.1", **WEB),
            pod("shop/db-0", "10.0.1.2", owner="StatefulSet/db", n="0"),
            pod("shop/db-1", "10.0.1.3", owner="StatefulSet/db", n="1"),
            ingress_policy("shop/p", {"n": number}),
        )

    report = diff(closed("0"), closed("1"))

    rows = between(report, "shop/web[Pod]", "shop/db[StatefulSet]")
    assert {(one.change, one.sure, one.witness.dst) for one in rows if "TCP" in one.ports} == {
        ("gained", True, "shop/db-0[Pod]"),
        ("lost", True, "shop/db-1[Pod]"),
    }
    assert (report.opens, report.closes) == ("surely", "surely")


def test_a_question_about_a_change_carries_its_words() -> None:
    report = WhatIfReport.of(diff(shop(), shop()), ["delete networkpolicy/shop/db"])

    assert (report.schema, report.change) == (
        "ringwall/what-if/v1", ["delete networkpolicy/shop/db"],
    )  # fmt: skip


# --- the algebra ---------------------------------------------------------------------------------

OPEN = State(ALLOWED, ALL, "established", frozenset())
PART = State(ALLOWED, SOME, "established", frozenset())
DOUBT = State(UNKNOWN, ALL, "established", frozenset())
SHUT = State(BLOCKED, None, None, frozenset())


@pytest.mark.parametrize(
    ("old", "new", "change", "opens", "closes"),
    [
        (SHUT, OPEN, "gained", "surely", "nothing"),
        (DOUBT, OPEN, "gained", "perhaps", "nothing"),
        (SHUT, DOUBT, "now-unknown", "perhaps", "nothing"),
        (OPEN, SHUT, "lost", "nothing", "surely"),
        (DOUBT, SHUT, "lost", "nothing", "perhaps"),
        (OPEN, DOUBT, "now-unknown", "nothing", "perhaps"),
        (PART, OPEN, "changed", "perhaps", "nothing"),
        (OPEN, PART, "changed", "nothing", "perhaps"),
        (PART, DOUBT, "now-unknown", "perhaps", "perhaps"),
        (OPEN, OPEN._replace(reply="none"), "changed", "nothing", "nothing"),
    ],
)
def test_a_step_says_what_it_opens_and_closes(
    old: State, new: State, change: str, opens: str, closes: str
) -> None:
    step = Step(SERVED, old, new)

    assert (step.change, step.opens, step.closes) == (change, opens, closes)


# --- laws ----------------------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(random_worlds())
def test_nothing_differs_from_itself(world: World) -> None:
    files = world.files

    assert diff(Relation.of(facts_of(files)), Relation.of(facts_of(files))).changes == []


@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(random_worlds(), random_worlds())
def test_what_one_way_gains_the_other_way_loses(one: World, other: World) -> None:
    old, new = Relation.of(facts_of(one.files)), Relation.of(facts_of(other.files))
    there, back = diff(old, new), diff(new, old)

    assert (there.opens, there.closes) == (back.closes, back.opens)
    surely = [row for row in there.changes if row.sure]
    turned = {(row.src, row.dst, told(row)[2], row.change) for row in back.changes if row.sure}
    other_way = {"gained": "lost", "lost": "gained"}
    assert turned == {(row.src, row.dst, told(row)[2], other_way[row.change]) for row in surely}
