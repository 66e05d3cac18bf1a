"""Services that something brings traffic to from outside, by a way that is not followed."""

from typing import Any

import pytest

from ringwall.reach.engine.many import decide_many
from ringwall.reach.engine.relation import Relation
from ringwall.space.services import SERVED, ServiceSet
from tests.reach.engine_asked import Asked
from tests.semantics.fixture_f import Manifest, fixture, pod, service
from tests.support import facts_of

SIX, FOUR = "2a00::1", "203.0.113.9"
OF_IPV4 = SERVED - ServiceSet.parse("icmpv6")
OF_IPV6 = SERVED - ServiceSet.parse("icmp")
WAYS_IN: list[dict[str, Any]] = [
    {"type": "LoadBalancer"},
    {"type": "NodePort"},
    {"externalIPs": ["192.0.2.1"]},
]


def served(cluster_ip: str = "172.20.0.50", **spec: Any) -> Manifest:
    """Service x/s; ``spec`` is added."""
    made = service("x/s", {"pod": "a"}, (80, 80), cluster_ip=cluster_ip)
    made["spec"].update(spec)
    return made


def ingress() -> Manifest:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "x"},
        "spec": {"defaultBackend": backend},
    }


WORLDS = [
    *(fixture(served(cluster_ip, **spec)) for spec in WAYS_IN for cluster_ip in (
        "172.20.0.50", "2001:db8::50", "None")),
    fixture(served(), ingress()),
]  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("src", "services"), [(SIX, OF_IPV6), (FOUR, OF_IPV4)])
def test_a_service_is_perhaps_exposed_to_either_family(
    world: str, src: str, services: ServiceSet
) -> None:
    relation = Relation.of(facts_of(world))

    (part,) = relation.between(src, "svc/x/s", services)

    assert (part.verdict, part.extent, part.reply) == ("unknown", "all", "established")
    assert {one.code for one in part.reasons} == {"way-in-not-followed"}


def test_what_nothing_brings_in_is_blocked_in_either_family() -> None:
    relation = Relation.of(facts_of(fixture(served())))

    for src in (SIX, FOUR):
        (part,) = relation.between(src, "svc/x/s")
        assert part.verdict == "blocked"


def test_pods_of_another_family_do_not_reach_an_exposed_service() -> None:
    world = Asked(fixture(served(type="LoadBalancer"), pod("x/six", "2001:db8::1", {})))

    assert not world.outcome("x/six[Pod]", "svc/x/s").may
    assert not world.codes("x/six[Pod]", "svc/x/s", "tcp/80")


def test_some_of_a_block_is_a_service_that_is_perhaps_exposed() -> None:
    """Nothing else of the block is of the sender's family, which blocks it."""
    relation = Relation.of(facts_of(fixture(served(), ingress())))

    (part,) = relation.between(SIX, "0.0.0.0/0", OF_IPV6)
    assert (part.verdict, part.extent) == ("unknown", "some")
    (part,) = relation.between(SIX, "172.20.0.50/32", OF_IPV6)
    assert (part.verdict, part.extent) == ("unknown", "all")


def test_members_of_two_families_do_not_count_beside_those_of_one() -> None:
    relation = Relation.of(facts_of(fixture(served(), ingress())))

    found = {part.verdict: part for part in relation.between("internet", "svc/x/s")}

    assert found["unknown"].services == OF_IPV4
    assert found["unknown"].extent == "all"
    assert found["blocked"].services == ServiceSet.parse("icmpv6")


def test_questions_by_number_know_of_it_too() -> None:
    world = Asked(fixture(served("2001:db8::50", type="NodePort")))
    ends = [world.engine.owner(4, 0xCB007109)[0], world.at("svc/x/s")]

    assert decide_many(world.engine, ends[:1], ends[1:], 6, 80).verdict.tolist() == [1]
