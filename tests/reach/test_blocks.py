"""A block of addresses means whoever holds them: what one of them may, the block may for some."""

import json

from ringwall.facts.fact import Facts
from ringwall.reach.engine.relation import Relation
from ringwall.reach.questions import Net
from ringwall.space.services import ServiceSet
from tests.support import facts_of

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.0.1.10"}]},
}
DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "shop"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


def world(node: str) -> Facts:
    """A node, and a pod that nobody may reach but its own node; ``node`` is the pod's."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [], **({"nodeName": node} if node else {})},
        "status": {"phase": "Running", "podIP": "10.0.1.22"},
    }
    objects = {"apiVersion": "v1", "kind": "List", "items": [NODE, DENY, pod]}
    return facts_of(json.dumps(objects))


def test_what_an_address_of_a_block_may_where_its_place_is_not_known_the_block_may_too() -> None:
    """DESIGN, Workloads: without ``nodeName`` both placements are judged."""
    for sender in ("node/n1", "10.0.1.10", "10.0.1.0/24"):
        answer = Net(world("")).ask(sender, "shop/web", "tcp/80")
        (found, *_) = Relation.of(world("")).between(sender, "shop/web", ServiceSet.parse("tcp/80"))

        assert (answer.verdict, answer.extent) == ("allowed", "some"), sender
        assert (found.verdict, found.extent) == ("allowed", "some"), sender


def test_the_present_placement_decides_for_a_block_too() -> None:
    answers = {
        name: Net(world(name)).ask("10.0.1.8/29", "shop/web", "tcp/80") for name in ("n1", "n2")
    }

    assert (answers["n1"].verdict, answers["n1"].extent) == ("allowed", "some")
    assert answers["n2"].verdict == "blocked"
