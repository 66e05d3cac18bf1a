"""Pods fold into the workload that a person wrote; questions are over pairs of distinct pods."""

import json
import re
from typing import Any

import pytest

from ringwall.errors import UsageError
from tests.support import ask, net_of

Json = dict[str, Any]


def pod(name: str, owner: tuple[str, str] | None = None, **more: Any) -> Json:
    labels = more.pop("labels", {})
    references = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": labels,
            "ownerReferences": references,
        },
        "spec": {"containers": [], **more},
        "status": {"phase": "Running", "podIP": more.pop("ip", "")},
    }


def controller(kind: str, name: str, owner: tuple[str, str] | None = None, **spec: Any) -> Json:
    references = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    version = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": []}}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": references},
        "spec": {"template": template, **spec},
    }


def text(*objects: Json) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def workloads(*objects: Json) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in net_of(text(*objects)).world.clusters[""].pods:
        found[one.workload] = found.get(one.workload, 0) + 1
    return found


def test_a_manifest_workload_stands_for_two_replicas() -> None:
    assert workloads(controller("Deployment", "web", replicas=1)) == {"shop/web[Deployment]": 2}


def test_live_pods_supersede_the_template_of_their_controller() -> None:
    found = workloads(
        controller("Deployment", "web"),
        controller("ReplicaSet", "web-1", ("Deployment", "web")),
        pod("web-1-a", ("ReplicaSet", "web-1")),
    )

    assert found == {"shop/web[Deployment]": 1}


def test_a_replica_set_that_was_not_read_is_followed_by_its_name() -> None:
    live = pod("web-5d9-a", ("ReplicaSet", "web-5d9"), labels={"pod-template-hash": "5d9"})

    assert workloads(live) == {"shop/web[Deployment]": 1}


def test_a_job_of_a_cron_job_belongs_to_it() -> None:
    found = workloads(
        controller("Job", "night-1", ("CronJob", "night")),
        pod("night-1-a", ("Job", "night-1")),
    )

    assert found == {"shop/night[CronJob]": 1}


def test_a_pod_without_owner_is_its_own_workload() -> None:
    assert workloads(pod("web")) == {"shop/web[Pod]": 1}


def test_a_finished_pod_is_no_endpoint_and_its_job_has_no_replicas() -> None:
    done = pod("once-a", ("Job", "once"))
    done["status"]["phase"] = "Succeeded"

    assert workloads(controller("Job", "once"), done) == {}


POLICY_FOR_ONE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "first", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"statefulset.kubernetes.io/pod-name": "db-0"}},
    },
}


def test_a_policy_that_selects_one_replica_makes_the_answer_some() -> None:
    answer = ask(
        text(controller("StatefulSet", "db"), pod("web"), POLICY_FOR_ONE),
        "shop/web[Pod]",
        "shop/db[StatefulSet]",
        "tcp/5432",
    )

    assert (answer.verdict, answer.extent) == ("allowed", "some")
    assert {(part.to, part.verdict) for part in answer.parts} == {
        ("shop/db-0[Pod]", "blocked"),
        ("shop/db-1[Pod]", "allowed"),
    }
    assert {part.why for part in answer.parts} == {"replica"}


def test_a_label_that_the_controller_makes_up_leaves_the_answer_unknown() -> None:
    policy = json.loads(json.dumps(POLICY_FOR_ONE))
    policy["spec"]["podSelector"] = {"matchLabels": {"pod-template-hash": "5d9"}}

    answer = ask(
        text(controller("Deployment", "web"), pod("a"), policy),
        "shop/a[Pod]",
        "shop/web[Deployment]",
        "tcp/80",
    )

    assert answer.verdict == "unknown"
    assert [u.code for u in answer.unknowns.values()] == ["label-made-up"]


def test_a_workload_asks_itself_about_distinct_pods() -> None:
    """A pod always reaches itself; the question is whether one replica reaches another."""
    deny = {
        **POLICY_FOR_ONE,
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    objects = text(controller("Deployment", "web"), deny)

    assert ask(objects, "shop/web", "shop/web", "tcp/80").verdict == "blocked"


UNREAD = [
    ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "shop"),
    ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "shop"),
    ("projectcalico.org/v3", "GlobalNetworkPolicy", "shop"),
    ("cilium.io/v2", "CiliumNetworkPolicy", "shop"),
    ("security.istio.io/v1", "AuthorizationPolicy", "shop"),
]


@pytest.mark.parametrize(("version", "kind", "namespace"), UNREAD)
def test_a_policy_kind_that_is_not_read_leaves_the_gate_unknown_and_is_named(
    version: str, kind: str, namespace: str
) -> None:
    policy = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {},
    }

    answer = ask(text(pod("a"), pod("b"), policy), "shop/a", "shop/b", "tcp/80")

    assert answer.verdict == "unknown"
    assert {u.object for u in answer.unknowns.values()} == {f"{kind.lower()}/{namespace}/p"}


def test_a_namespaced_policy_kind_that_is_not_read_concerns_its_namespace_only() -> None:
    policy = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "p", "namespace": "elsewhere"},
        "spec": {},
    }

    assert ask(text(pod("a"), pod("b"), policy), "shop/a", "shop/b", "tcp/80").verdict == "allowed"


def service(kind: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "b", "namespace": "shop"},
        "spec": {
            "type": kind,
            "selector": {"app": "b"},
            "ports": [{"port": 80, "targetPort": 8080}],
        },
    }


DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "shop"},
    "spec": {"podSelector": {}},
}


@pytest.mark.parametrize(("kind", "verdict"), [("ClusterIP", "blocked"), ("NodePort", "unknown"),
                                               ("LoadBalancer", "unknown")])  # fmt: skip
def test_a_way_in_that_is_not_followed_leaves_the_internet_unknown(kind: str, verdict: str) -> None:
    objects = text(pod("b", labels={"app": "b"}), DENY, service(kind))

    assert ask(objects, "internet", "shop/b", "tcp/8080").verdict == verdict
    assert ask(objects, "internet", "shop/b", "tcp/81").verdict == "blocked"


@pytest.mark.parametrize(
    ("kind", "verdict"), [("ClusterIP", "unknown"), ("ExternalName", "blocked")]
)
def test_an_ingress_leads_to_the_pods_behind_its_service(kind: str, verdict: str) -> None:
    """An ExternalName Service is a name for something else: its selector is ignored (Kubernetes
    API, ServiceSpec), so no Ingress leads to pods through it."""
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "i", "namespace": "shop"},
        "spec": {"defaultBackend": {"service": {"name": "b", "port": {"number": 80}}}},
    }
    objects = text(pod("b", labels={"app": "b"}), DENY, service(kind), ingress)

    assert ask(objects, "internet", "shop/b", "tcp/8080").verdict == verdict


def test_a_gateway_api_object_is_a_way_in_that_is_named() -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "shop"},
        "spec": {},
    }

    answer = ask(text(pod("b"), DENY, route), "internet", "shop/b", "tcp/80")

    assert answer.verdict == "unknown"
    assert [u.object for u in answer.unknowns.values()] == ["httproute/shop/r"]


def test_a_stateful_set_of_an_operator_is_a_workload_of_its_own() -> None:
    owned = controller("StatefulSet", "k8s", ("Prometheus", "k8s"))

    assert workloads(owned) == {"shop/k8s[StatefulSet]": 2}
    assert workloads(owned, pod("k8s-0", ("StatefulSet", "k8s"))) == {"shop/k8s[StatefulSet]": 1}


def test_a_deployment_whose_only_pod_failed_still_stands_for_its_replicas() -> None:
    failed = pod("web-1-a", ("ReplicaSet", "web-1"))
    failed["status"]["phase"] = "Failed"

    found = workloads(
        controller("Deployment", "web"),
        controller("ReplicaSet", "web-1", ("Deployment", "web")),
        failed,
    )

    assert found == {"shop/web[Deployment]": 2}


@pytest.mark.parametrize(
    ("written", "meant"), [("shop/wbe", "shop/web[Pod]"), ("intrenet", "internet")]
)
def test_a_slip_in_an_id_is_answered_with_what_was_perhaps_meant(written: str, meant: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"did you mean {meant}")):
        ask(text(pod("web"), pod("db")), written, "shop/db", "tcp/80")
