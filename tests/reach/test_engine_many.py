"""Many questions at once are answered as one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ringwall.errors import UsageError
from ringwall.model.attachments import Attachment
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.many import ALLOWED, BLOCKED, UNKNOWN, decide_many
from tests.laws.worlds import World, worlds
from tests.reach.engine_asked import Asked, ends
from tests.semantics.fixture_f import (
    fixture,
    from_pods,
    into_a,
    out_of_a,
    pod,
    pods,
    service,
)
from tests.semantics.fixture_f import tcp as port
from tests.semantics.test_aws_pods import two_nodes

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SERVICES = ((6, 80), (6, 443), (6, 8080), (17, 53), (132, 80), (1, 2048), (58, 128 << 8), (47, 0))


def placements(engine: Engine, a: Attachment, b: Attachment) -> list[bool]:
    """What the nodes of two ends say about their place; both where one is not known."""
    here = {"pod", "node", "service"}
    if a.kind not in here or b.kind not in here or a.cluster != b.cluster:
        return [False]
    if a.node and b.node:
        return [a.node == b.node]
    workloads = [engine.model.workloads.pods[one.pod].workload for one in (a, b) if one.pod >= 0]
    if len(workloads) == 2 and len(set(workloads)) == 1 and workloads[0].endswith("[DaemonSet]"):
        return [a.pod == b.pod]
    return [False, True]


def one_by_one(engine: Engine, a: Attachment, b: Attachment, protocol: int, number: int) -> int:
    bit = 1 << engine.model.atoms.atom_of(protocol, number)
    found = [engine.pair(a, b, together=one) for one in placements(engine, a, b)]
    if all(one.must & bit for one in found):
        return ALLOWED
    return UNKNOWN if any(one.may & bit for one in found) else BLOCKED


@LAW
@given(worlds())
def test_every_question_is_answered_as_the_pair_is(world: World) -> None:
    engine = Asked(world.files).engine
    found = ends(engine)
    asked = [(*pair, *service_) for pair in product(found, found) for service_ in SERVICES]
    src, dst, protocol, number = zip(*asked, strict=True)

    answers = decide_many(engine, src, dst, np.array(protocol), np.array(number))

    assert answers.verdict.tolist() == [one_by_one(engine, *one) for one in asked]


@LAW
@given(worlds())
def test_addresses_are_asked_as_who_holds_them(world: World) -> None:
    engine = Asked(world.files).engine
    values = [
        one.address
        for one in ends(engine)
        if one.family == 4 and len(engine.owner(4, one.address)) == 1
    ]
    values += [value + 1 for value in values if len(engine.owner(4, value + 1)) == 1]
    pairs = list(product(values, values))
    src, dst = (np.array(side, dtype=np.uint32) for side in zip(*pairs, strict=True))
    held = [[engine.owner(4, value)[0] for value in side] for side in zip(*pairs, strict=True)]

    for one in SERVICES[:4]:
        by_number = decide_many(engine, src, dst, *one)
        one_each = decide_many(engine, held[0], held[1], *one)
        assert by_number.verdict.tolist() == one_each.verdict.tolist()


def test_text_numbers_and_attachments_ask_the_same() -> None:
    world = Asked(fixture(into_a({"ports": [port(80)]})))
    number = int.from_bytes(bytes((10, 0, 1, 1)), "big")

    for dst in (["10.0.1.1"], [world.at("x/a[Pod]")], np.array([number], dtype=np.uint32)):
        found = [decide_many(world.engine, ["10.0.2.1"], dst, 6, n).verdict[0] for n in (80, 81)]
        assert found == [ALLOWED, BLOCKED]


def test_a_service_address_is_asked_as_the_service() -> None:
    world = Asked(fixture(service("x/s", {"pod": "a"}, (8001, 80)), into_a({"ports": [port(80)]})))

    found = decide_many(
        world.engine, ["10.0.2.1"] * 3, ["172.20.0.50"] * 3, 6, np.array([8001, 80, 9])
    )
    assert found.verdict.tolist() == [ALLOWED, BLOCKED, BLOCKED]


@pytest.mark.parametrize(
    ("nodes", "verdict"),
    [(("n1", "n1"), ALLOWED), (("n1", "n2"), BLOCKED), (("n1", ""), UNKNOWN), (("", ""), UNKNOWN)],
)
def test_where_a_place_is_not_known_what_holds_in_both_is_told(
    nodes: tuple[str, str], verdict: int
) -> None:
    """The group of eni-1a is shut: pods reach each other on one node only."""
    world = two_nodes()
    for name, node in zip(("on-a", "far"), nodes, strict=True):
        body = next(one for one in world.objects if one["metadata"]["name"] == name)
        body["spec"]["nodeName"] = node
    engine = Asked(world.files()).engine

    assert decide_many(engine, ["10.0.2.11"], ["10.0.1.11"], 6, 80).verdict.tolist() == [verdict]


def test_a_row_tells_every_rule_that_admits_it() -> None:
    rules = [from_pods({}, ports=[port(n)]) for n in (80, 81)]
    other = into_a(from_pods(pods(pod="b"), ports=[port(80)]), name="other")
    world = Asked(fixture(into_a(*rules), other, out_of_a({}, name="out")))
    src, dst = ["10.0.1.2", "10.0.1.2", "10.0.1.3"], ["10.0.1.1"] * 3

    found = decide_many(world.engine, src, dst, 6, np.array([80, 81, 80]))

    told = [[(str(one.object), one.rule) for one in found.rules(row)] for row in found.row.tolist()]
    policy = "networkpolicy/x/into-a"
    assert [[name for name, _ in one] for one in told] == [
        [policy, "networkpolicy/x/other"],
        [policy],
        [policy],
    ]
    assert told[0][0] != told[1][0]


def test_a_pod_asked_about_itself_is_itself() -> None:
    world = Asked(fixture(pod("x/lost", "10.0.1.77", {"pod": "a"}, on="n1"), into_a()))

    assert decide_many(world.engine, ["10.0.1.77"], ["10.0.1.77"], 6, 80).verdict[0] == ALLOWED
    assert decide_many(world.engine, ["10.0.1.1"], ["10.0.1.77"], 6, 80).verdict[0] == BLOCKED


def test_no_questions_have_no_answers() -> None:
    engine = Asked(fixture()).engine
    none = np.zeros(0, dtype=np.uint32)

    assert len(decide_many(engine, none, none, none, none)) == 0


@pytest.mark.parametrize(("protocol", "number"), [(6, 65536), (300, 0), (47, 1)])
def test_a_service_that_does_not_exist_is_refused(protocol: int, number: int) -> None:
    with pytest.raises(ValueError, match="no such service"):
        decide_many(Asked(fixture()).engine, ["10.0.1.1"], ["10.0.1.2"], protocol, number)


def test_an_address_that_two_hold_is_refused() -> None:
    world = two_nodes()
    world.vpc("vpc-2", "10.0.0.0/16")
    world.subnet("subnet-9", "10.0.1.0/24")
    world.group("sg-9")
    world.interface("eni-9", "subnet-9", "10.0.1.11", groups=["sg-9"])
    engine = Asked(world.files()).engine
    asked = np.array([0x0A00010B], dtype=np.uint32)

    with pytest.raises(UsageError, match="ambiguous"):
        decide_many(engine, asked, asked, 6, 80)
    assert len(decide_many(engine, asked, asked, 6, 80, domain="vpc-1")) == 1
