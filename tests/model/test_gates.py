"""What was not read, and engines, at the policy gates of pods."""

import json
from typing import Any

import pytest

from tests.model.asked import Asked
from tests.model.test_enforcers import OFF, ON, SWITCH_ON, aws_node, daemon_set, node_class
from tests.reach.test_workloads import controller, pod, text

Json = dict[str, Any]


def at(name: str, ip: str, namespace: str = "shop", **more: Any) -> Json:
    made = pod(name, **more)
    made["status"]["podIP"] = ip
    made["metadata"]["namespace"] = namespace
    return made


PODS = (at("a", "10.0.0.1"), at("b", "10.0.0.2"), at("c", "10.0.0.3", "data"))
DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "shop"},
    "spec": {"podSelector": {}},
}


def unread(version: str, kind: str, namespace: str = "shop") -> Json:
    metadata = {"name": "p", "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {}}


CILIUM = unread("cilium.io/v2", "CiliumNetworkPolicy")
GLOBAL = unread("projectcalico.org/v3", "GlobalNetworkPolicy")
MESH = unread("security.istio.io/v1", "AuthorizationPolicy")
MESH_ROOT = unread("security.istio.io/v1", "AuthorizationPolicy", "istio-system")
SERVER = unread("policy.linkerd.io/v1beta1", "Server")


def into(name: str, *objects: Json) -> str:
    world = Asked(text(*PODS, *objects))
    return world.verdict("203.0.113.9", f"{name}", "tcp/80")


@pytest.mark.parametrize(
    ("objects", "here", "elsewhere"),
    [
        ([], "allowed", "allowed"),
        ([CILIUM], "unknown", "allowed"),
        ([GLOBAL], "unknown", "unknown"),
        ([MESH], "unknown", "allowed"),
        ([MESH_ROOT], "unknown", "unknown"),
        ([unread("cilium.io/v2", "CiliumNetworkPolicy", "istio-system")], "allowed", "allowed"),
        ([CILIUM, DENY], "unknown", "allowed"),
        ([OFF, CILIUM], "allowed", "allowed"),
        ([OFF, MESH], "unknown", "allowed"),
        ([OFF, SERVER], "unknown", "allowed"),
        ([OFF, DENY], "allowed", "allowed"),
        ([ON, DENY], "unknown", "allowed"),
        ([ON], "allowed", "allowed"),
        ([daemon_set("kube-proxy"), DENY], "unknown", "allowed"),
        ([node_class("DefaultDeny"), SWITCH_ON], "unknown", "unknown"),
        ([aws_node(NETWORK_POLICY_ENFORCING_MODE="strict")], "allowed", "allowed"),
    ],
)
def test_gaps_and_engines_at_a_gate(objects: list[Json], here: str, elsewhere: str) -> None:
    assert into("shop/a", *objects) == here
    assert into("data/c", *objects) == elsewhere


def test_a_gap_leaves_both_directions_unknown_and_is_named() -> None:
    world = Asked(text(*PODS, CILIUM))

    assert world.verdict("shop/a", "203.0.113.9", "tcp/80") == "unknown"
    assert {(one.code, one.object) for one in world.reasons("shop/a", "shop/b", "tcp/80")} == {
        ("kind-not-read", "ciliumnetworkpolicy/shop/p")
    }


def test_a_gap_of_another_cluster_concerns_nobody_here() -> None:
    world = Asked({"clusters/one/f.json": text(*PODS), "clusters/two/f.json": text(*PODS, GLOBAL)})

    assert world.verdict("203.0.113.9", "one!shop/a", "tcp/80") == "allowed"
    assert world.verdict("203.0.113.9", "two!shop/a", "tcp/80") == "unknown"


def test_who_is_not_policed_has_no_gate_even_where_policies_are_missing() -> None:
    windows = at("w", "10.0.0.9", os={"name": "windows"})
    world = Asked(text(windows, *PODS, GLOBAL))

    assert world.verdict("203.0.113.9", "shop/w", "tcp/80") == "allowed"


@pytest.mark.parametrize(
    ("engine", "code"),
    [(ON, "enforcer-not-modelled"), (daemon_set("kube-proxy"), "enforcer-unclear")],
)
def test_an_engine_that_is_not_modelled_is_named(engine: Json, code: str) -> None:
    world = Asked(text(*PODS, DENY, engine))

    assert {(one.code, one.object) for one in world.reasons("data/c", "shop/a", "tcp/80")} == {
        (code, "cluster")
    }


def test_an_engine_that_is_not_modelled_leaves_the_direction_without_policies_open() -> None:
    assert Asked(text(*PODS, DENY, ON)).verdict("shop/a", "203.0.113.9", "tcp/80") == "allowed"


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (unread("crd.projectcalico.org/v1", "HostEndpoint"), True),
        (unread("cilium.io/v2", "CiliumClusterwideNetworkPolicy"), True),
        (GLOBAL, False),
        (CILIUM, False),
    ],
)
def test_policies_for_hosts_are_named_for_the_cluster(made: Json, named: bool) -> None:
    assert bool(Asked(text(*PODS, made)).policies.host_gate("")) == named


# --- labels that a controller makes up -----------------------------------------------------------


def selecting(selector: Json, **fields: Any) -> Json:
    spec = {"podSelector": {"matchLabels": selector}, **fields}
    return {**DENY, "metadata": {"name": "perhaps", "namespace": "shop"}, "spec": spec}


PERHAPS = selecting({"pod-template-hash": "5d9"})


def test_a_policy_that_perhaps_selects_a_pod_perhaps_isolates_it() -> None:
    world = Asked(text(controller("Deployment", "web"), *PODS, PERHAPS))

    assert world.verdict("data/c", "shop/web-0", "tcp/80") == "unknown"
    assert {one.code for one in world.reasons("data/c", "shop/web-0", "tcp/80")} == {
        "label-made-up"
    }


def test_what_a_sure_policy_blocks_a_perhaps_selecting_one_may_admit() -> None:
    admits = selecting({"pod-template-hash": "5d9"}, ingress=[{"ports": [{"port": 80}]}])
    world = Asked(text(controller("Deployment", "web"), *PODS, DENY, admits))

    assert world.verdict("data/c", "shop/web-0", "tcp/80") == "unknown"
    assert world.verdict("data/c", "shop/web-0", "tcp/81") == "blocked"


def test_a_peer_with_a_label_that_is_made_up_perhaps_matches() -> None:
    peer = {"podSelector": {"matchLabels": {"pod-template-hash": "5d9"}}}
    admits = selecting({}, ingress=[{"from": [peer]}])
    world = Asked(text(controller("Deployment", "web"), *PODS, admits))

    assert world.verdict("shop/web-0", "shop/a", "tcp/80") == "unknown"
    assert world.verdict("shop/b", "shop/a", "tcp/80") == "blocked"


def test_the_order_of_objects_changes_no_class() -> None:
    objects = [*PODS, DENY, selecting({}, ingress=[{}]), controller("Deployment", "web")]
    items = {"apiVersion": "v1", "kind": "List"}

    def told(order: list[Json]) -> list[list[int]]:
        world = Asked(json.dumps({**items, "items": order}))
        ends = [world.end(one) for one in ("shop/a", "data/c", "shop/web-1", "9.9.9.9")]
        return [column.tolist() for column in world.policies.classify(ends)]

    assert told(objects) == told(objects[::-1])
