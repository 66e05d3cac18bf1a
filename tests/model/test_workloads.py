"""Pods, nodes and clusters as the model reads them."""

import json
from typing import Any

import pytest

from ringwall.facts.fact import Fact, Facts, Key
from ringwall.model.workloads import Pod, Workloads, parsed, read
from tests.reach.test_workloads import controller, pod, text
from tests.semantics.fixture_f import fixture
from tests.support import facts_of

Json = dict[str, Any]


def pods(*objects: Json) -> list[Pod]:
    return read(facts_of(text(*objects))).pods


def workloads(*objects: Json) -> list[str]:
    return sorted(one.workload for one in pods(*objects))


def named(one: Json, namespace: str = "shop", **metadata: Any) -> Json:
    return {**one, "metadata": {**one["metadata"], "namespace": namespace, **metadata}}


# --- owners --------------------------------------------------------------------------------------


def test_a_pod_belongs_to_the_outermost_controller() -> None:
    found = workloads(
        controller("Deployment", "web"),
        controller("ReplicaSet", "web-1", ("Deployment", "web")),
        pod("web-1-a", ("ReplicaSet", "web-1")),
    )

    assert found == ["shop/web[Deployment]"]


def test_an_unread_replica_set_tells_its_deployment_by_the_pods_hash() -> None:
    owner = ("ReplicaSet", "web-5d9")

    assert workloads(pod("a", owner, labels={"pod-template-hash": "5d9"})) == [
        "shop/web[Deployment]"
    ]
    assert workloads(pod("a", owner, labels={"pod-template-hash": "777"})) == [
        "shop/web-5d9[ReplicaSet]"
    ]


def test_a_pods_own_owner_counts_whatever_its_kind() -> None:
    assert workloads(pod("a", ("Rollout", "web"))) == ["shop/web[Rollout]"]


def test_a_controllers_owner_of_another_kind_is_not_followed() -> None:
    owned = controller("StatefulSet", "k8s", ("Prometheus", "k8s"))

    assert workloads(owned) == ["shop/k8s[StatefulSet]"] * 2
    assert workloads(owned, pod("k8s-0", ("StatefulSet", "k8s"))) == ["shop/k8s[StatefulSet]"]


def test_owners_that_own_each_other_end() -> None:
    found = workloads(
        controller("ReplicaSet", "a", ("ReplicaSet", "b")),
        controller("ReplicaSet", "b", ("ReplicaSet", "a")),
        pod("p", ("ReplicaSet", "a")),
    )

    assert set(found) <= {"shop/a[ReplicaSet]", "shop/b[ReplicaSet]"}


def test_the_controlling_reference_is_the_one_that_counts() -> None:
    one = pod("a")
    one["metadata"]["ownerReferences"] = [
        {"kind": "ConfigMap", "name": "c"},
        {"kind": "Custom", "name": "x", "controller": True},
    ]

    assert workloads(one) == ["shop/x[Custom]"]


# --- declared pods -------------------------------------------------------------------------------


def test_a_controller_without_pods_stands_for_two() -> None:
    found = pods(controller("Deployment", "web"))

    assert [one.id for one in found] == ["shop/web-0[Pod]", "shop/web-1[Pod]"]
    assert {(one.declared, one.addresses, one.node) for one in found} == {(True, (), "")}


def test_only_the_outermost_controller_declares_pods() -> None:
    assert (
        workloads(
            controller("Deployment", "web"),
            controller("ReplicaSet", "web-1", ("Deployment", "web")),
        )
        == ["shop/web[Deployment]"] * 2
    )


def test_a_controller_whose_owner_was_not_read_declares_pods_of_that_owner() -> None:
    found = pods(controller("ReplicaSet", "web-1", ("Deployment", "web")))

    assert [(one.id, one.workload) for one in found] == [
        ("shop/web-1-0[Pod]", "shop/web[Deployment]"),
        ("shop/web-1-1[Pod]", "shop/web[Deployment]"),
    ]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_keeps_its_job_from_declaring_more(phase: str) -> None:
    done = pod("once-a", ("Job", "once"))
    done["status"]["phase"] = phase

    assert workloads(controller("Job", "once"), done) == []


def test_a_finished_pod_is_none_to_any_other_controller() -> None:
    done = pod("web-a", ("StatefulSet", "web"))
    done["status"]["phase"] = "Failed"

    assert workloads(controller("StatefulSet", "web"), done) == ["shop/web[StatefulSet]"] * 2


@pytest.mark.parametrize(
    ("kind", "known", "made_up"),
    [
        ("Deployment", {}, {"pod-template-hash"}),
        (
            "StatefulSet",
            {
                "statefulset.kubernetes.io/pod-name": "one-1",
                "apps.kubernetes.io/pod-index": "1",
            },
            {"controller-revision-hash"},
        ),
        ("DaemonSet", {}, {"controller-revision-hash", "pod-template-generation"}),
        (
            "Job",
            {"job-name": "one", "batch.kubernetes.io/job-name": "one"},
            {"controller-uid", "batch.kubernetes.io/controller-uid"},
        ),
        ("ReplicaSet", {}, set()),
    ],
)
def test_labels_that_a_controller_adds(kind: str, known: Json, made_up: set[str]) -> None:
    last = pods(controller(kind, "one"))[-1]

    assert last.labels == {"app": "one", **known}
    assert last.open_labels == made_up


def test_a_cron_job_makes_up_the_names_of_its_jobs_too() -> None:
    cron = controller("CronJob", "night")
    cron["spec"] = {"jobTemplate": {"spec": {"template": cron["spec"]["template"]}}}

    assert pods(cron)[0].labels == {"app": "night"}
    assert {"job-name", "controller-uid"} <= pods(cron)[0].open_labels


def test_a_label_of_the_template_is_not_made_up() -> None:
    made = controller("Deployment", "web")
    made["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = "fixed"

    assert pods(made)[0].open_labels == frozenset()


# --- ports, addresses, standing ------------------------------------------------------------------


def test_ports_are_those_of_containers_and_of_sidecars() -> None:
    def container(name: str, number: int, **more: str) -> Json:
        return {"name": name, "ports": [{"containerPort": number, "name": "web"}], **more}

    one = pod(
        "a",
        containers=[container("one", 80), container("two", 81)],
        initContainers=[container("once", 82), container("proxy", 83, restartPolicy="Always")],
    )

    (found,) = pods(one)
    assert [port.container_port for port in found.ports] == [80, 81, 83]
    assert found.named_port("web", "TCP") == 80
    assert found.named_port("web", "UDP") is None


def test_addresses_are_those_of_the_list_else_the_single_one() -> None:
    both, single, none = pod("a"), pod("b"), pod("c")
    both["status"].update(podIP="10.0.0.1", podIPs=[{"ip": "10.0.0.1"}, {"ip": "2001:db8::1"}])
    single["status"].update(podIP="10.0.0.2")

    assert [one.addresses for one in pods(both, single, none)] == [
        ((4, 10 << 24 | 1), (6, 0x20010DB8 << 96 | 1)),
        ((4, 10 << 24 | 2),),
        (),
    ]


@pytest.mark.parametrize("text_", ["", "10.0.0", "10.0.0.256", "010.0.0.1", "x", "::g", "\0"])
def test_what_is_no_address_is_none(text_: str) -> None:
    assert parsed(text_) is None


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1"},
    "spec": {"providerID": "aws:///eu-west-1a/i-0abc"},
    "status": {
        "addresses": [
            {"type": "ExternalIP", "address": "203.0.113.1"},
            {"type": "InternalIP", "address": "10.9.0.1"},
        ]
    },
}


def test_a_node_has_its_internal_addresses_and_its_instance() -> None:
    (node,) = read(facts_of(text(NODE))).clusters[""].nodes.values()

    assert (node.id, node.instance) == ("node/n1", "i-0abc")
    assert node.addresses == (parsed("10.9.0.1"),)


@pytest.mark.parametrize("told", ["fargate://x/i-1", "aws:///eu-west-1a/fargate-1", ""])
def test_what_is_no_instance_is_none(told: str) -> None:
    (node,) = (
        read(facts_of(text({**NODE, "spec": {"providerID": told}}))).clusters[""].nodes.values()
    )

    assert node.instance == ""


def test_a_host_network_pod_without_an_address_has_its_nodes() -> None:
    (one,) = pods(NODE, pod("a", hostNetwork=True, nodeName="n1"))

    assert one.addresses == (parsed("10.9.0.1"),)


@pytest.mark.parametrize(
    ("spec", "labels", "node"),
    [
        ({"hostNetwork": True}, {}, {}),
        ({"os": {"name": "windows"}}, {}, {}),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, {}, {}),
        ({}, {}, {"kubernetes.io/os": "windows"}),
        ({}, {"eks.amazonaws.com/fargate-profile": "p"}, {}),
        ({}, {}, {"eks.amazonaws.com/compute-type": "fargate"}),
    ],
)
def test_who_is_not_policed(spec: Json, labels: Json, node: Json) -> None:
    on = {**NODE, "metadata": {"name": "n1", "labels": node}}
    special = pod("a", labels=labels, nodeName="n1", **spec)

    assert [one.policed for one in pods(on, special)] == [False]


def test_an_ordinary_pod_is_policed() -> None:
    plain = pod(
        "a", nodeName="n1", nodeSelector={"kubernetes.io/os": "linux"}, os={"name": "linux"}
    )

    assert [one.policed for one in pods(NODE, plain)] == [True]


# --- clusters and namespaces ---------------------------------------------------------------------


def test_a_namespaces_own_label_wins_over_its_name() -> None:
    space = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "own", "a": "b"}},
    }

    cluster = read(facts_of(text(space, named(pod("p"), "data")))).clusters[""]

    assert cluster.namespaces == {
        "data": {"kubernetes.io/metadata.name": "data"},
        "shop": {"kubernetes.io/metadata.name": "own", "a": "b"},
    }
    assert cluster.known_by_name == {"data"}


def test_ids_of_a_named_cluster_carry_its_name() -> None:
    found = read(facts_of({"clusters/one/f.yaml": fixture(), "clusters/two/f.yaml": fixture()}))

    assert set(found.clusters) == {"one", "two"}
    assert {one.id.partition("!")[0] for one in found.pods} == {"one", "two"}
    assert [found.pods[i].cluster for i in found.clusters["two"].pods] == ["two"] * 9


def test_the_order_of_input_changes_nothing() -> None:
    objects = [NODE, controller("Job", "b"), pod("c"), controller("Deployment", "a"), pod("a")]

    assert pods(*objects) == pods(*reversed(objects))


# --- changes -------------------------------------------------------------------------------------


def changed(before: Facts, after: Facts) -> dict[Key, tuple[Fact | None, Fact | None]]:
    keys = sorted({*before, *after})
    return {k: (before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k)}


def same(one: Workloads, other: Workloads) -> bool:
    return (one.pods, one.clusters) == (other.pods, other.clusters)


POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "p", "namespace": "shop"},
    "spec": {"podSelector": {}},
}


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        (POLICY, True),
        (pod("new"), False),
        ({**NODE, "metadata": {"name": "n2"}}, False),
        (controller("Deployment", "new"), False),
    ],
)
def test_a_change_reads_pods_again_only_where_it_may_move_them(more: Json, kept: bool) -> None:
    before, after = facts_of(text(NODE, pod("a"))), facts_of(text(NODE, pod("a"), more))
    old = read(before)

    new = old.rebuild(before.apply(changed(before, after)), changed(before, after))

    assert same(new, read(after))
    assert (new.pods is old.pods) == kept


def test_the_last_object_of_a_cluster_takes_the_cluster_with_it() -> None:
    before, after = facts_of(json.dumps(POLICY)), Facts()

    assert read(before).rebuild(after, changed(before, after)).clusters == {}
