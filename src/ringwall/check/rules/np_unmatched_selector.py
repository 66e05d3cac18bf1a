"""A policy selects no workload."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import cluster_cause, cluster_name
from ringwall.check.policies import Policy, each_policy
from ringwall.check.rule import Rule
from ringwall.reach.definition.pods import Cluster

RULE = Rule(
    id="np-unmatched-selector",
    title="A network policy selects no workload",
    severity="low",
    kind="pattern",
    remediation="write the labels that the pods have (kubectl get pods --show-labels), move the "
    "policy to their namespace, or delete it",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per policy whose podSelector fits no pod that policies can police; one per
    cluster whose workloads were not read."""
    yield from each_policy(audit, RULE, _judge)
    for cluster in audit.net.world.clusters.values():
        if cluster.policies and not cluster.pods:
            yield _without_workloads(cluster, cluster_name(audit.net.world, cluster.name))


def _judge(policy: Policy) -> Iterator[Finding]:
    selector = policy.spec.pod_selector
    if selector is None or not (selector.match_labels or selector.match_expressions):
        yield policy.finding(RULE, "pass", "it selects every pod of its namespace")
        return
    truths = [(pod, policy.selects(pod)) for pod in policy.neighbours]
    fitting = [pod for pod, truth in truths if truth.value]
    policed = [pod for pod in fitting if not pod.host_network]
    needs = sorted({reason.needs for _, truth in truths for reason in truth.because})
    if policed:
        yield policy.finding(RULE, "pass", "it selects a workload", pods=policed)
    elif needs:
        reason = "whether a workload has these labels depends on what was not read"
        yield policy.finding(RULE, "unknown", reason, evidence={"needs": needs})
    elif policy.cluster.pods:
        yield policy.finding(RULE, "fail", _why(policy, on_hosts=bool(fitting)), pods=fitting)


def _without_workloads(cluster: Cluster, title: str) -> Finding:
    policies = [str(key) for key, _ in cluster.policies]
    return RULE.finding(
        "unknown",
        cluster_cause(title),
        reason="policies were read, and no workload that they could select",
        cluster=title,
        objects=policies,
        count=len(policies),
        examples=policies,
        evidence={"needs": "kubectl get pods,deployments,statefulsets,daemonsets -A -o json"},
    )


def _why(policy: Policy, *, on_hosts: bool) -> str:
    if on_hosts:
        return "it selects only pods on their host's network, which no policy polices"
    if not policy.neighbours:
        return "its namespace has no workload"
    return "no workload of its namespace has the labels that it asks for"
