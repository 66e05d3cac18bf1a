"""Workloads run in the namespace ``default``."""

from collections.abc import Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import cluster_name, is_dump, workload_ids
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import k8s
from ringwall.facts.fact import Facts
from ringwall.reach.definition.pods import Cluster, Pod

RULE = Rule(
    id="np-default-namespace",
    title="Workloads run in the namespace default",
    severity="low",
    kind="pattern",
    remediation="give each application a namespace of its own, and name it in its manifests",
)
_DEFAULT: Final = "default"


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster, with the workloads."""
    world = audit.net.world
    for cluster in world.clusters.values():
        yield _judge(audit.facts, cluster, cluster_name(world, cluster.name))


def _judge(facts: Facts, cluster: Cluster, title: str) -> Finding:
    cause = f"{cluster.prefix}namespace/{_DEFAULT}"
    pods = [pod for pod in cluster.pods if pod.namespace == _DEFAULT]
    if not cluster.pods:
        return _without_pods(facts, cluster, cause, title)
    if not pods:
        return RULE.finding("pass", cause, reason="no workload is in it", cluster=title)
    workloads = workload_ids(pods)
    told = any(_from_cluster(facts, pod) for pod in pods)
    reason = f"{many(len(workloads), 'workload')} in it"
    return RULE.finding(
        "fail",
        cause,
        confidence="high" if told else "medium",
        reason=reason if told else f"{reason}, or meant for a namespace given when applying",
        cluster=title,
        objects=workloads,
        count=len(workloads),
        examples=workloads,
    )


def _without_pods(facts: Facts, cluster: Cluster, cause: str, title: str) -> Finding:
    if not is_dump(facts, cluster.name):
        reason = "no workload is in the input"
        return RULE.finding("not-applicable", cause, reason=reason, cluster=title)
    needs = "kubectl get pods,deployments,statefulsets,daemonsets,cronjobs -A -o json"
    reason = "the cluster's workloads were not read"
    return RULE.finding("unknown", cause, reason=reason, cluster=title, evidence={"needs": needs})


def _from_cluster(facts: Facts, pod: Pod) -> bool:
    """Whether the API server told of it: a manifest may leave its namespace to who applies it."""
    body = facts[pod.key].body
    return isinstance(body, k8s.Object) and bool(body.metadata.uid)
