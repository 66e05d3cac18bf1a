"""A policy's rule admits everybody, so that the isolation around it is void."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding, at_most
from ringwall.check.namespaces import AS_SPECIFIED, cluster_name, workload_ids
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.labels import selects
from ringwall.reach.definition.networkpolicy import PolicyRule, directions, rules
from ringwall.reach.definition.pods import Cluster
from ringwall.space.addresses import INTERNET, Addresses

RULE = Rule(
    id="np-allow-all",
    title="A policy rule admits everybody",
    severity="high",
    kind="reach",
    remediation="name the peers that need it: podSelector, namespaceSelector, or the blocks they "
    "come from",
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per rule, in the directions that its policy isolates."""
    for cluster in audit.net.world.clusters.values():
        name = cluster_name(audit.net.world, cluster.name)
        for key, policy in cluster.policies:
            found = list(_of_policy(cluster, key, policy, name))
            yield from found
            if not found:
                reason = "every rule names its peers"
                yield RULE.finding("pass", str(key), reason=reason, cluster=name)


def _of_policy(
    cluster: Cluster, key: Key, policy: k8s.NetworkPolicy, name: str
) -> Iterator[Finding]:
    for direction in directions(policy.spec):
        for i, rule in enumerate(rules(policy.spec, direction)):
            if why := admits_everybody(rule):
                yield _fail(cluster, key, policy, f"{direction}[{i}]", rule, why, name)


def admits_everybody(rule: PolicyRule) -> str:
    """Why a rule's peers are everybody; empty where they are not."""
    if not rule.peers:
        return "it names no peer, which means every one"
    if any(_every_pod(peer) for peer in rule.peers):
        return "an empty namespaceSelector means every pod of the cluster"
    blocks = Addresses()
    for peer in rule.peers:
        if peer.ip_block:
            holes = Addresses.of(*(peer.ip_block.except_ or ()))
            blocks |= Addresses.of(peer.ip_block.cidr) - holes
    for family in (4, 6):
        if (blocks & INTERNET).size(family) == INTERNET.size(family):
            return f"its blocks cover the whole IPv{family} Internet"
    return ""


def _every_pod(peer: k8s.Peer) -> bool:
    return _is_empty(peer.namespace_selector) and (
        peer.pod_selector is None or _is_empty(peer.pod_selector)
    )


def _is_empty(selector: k8s.LabelSelector | None) -> bool:
    return selector is not None and not selector.match_labels and not selector.match_expressions


def _severity(direction: str, rule: PolicyRule) -> str:
    order = ("high", "medium", "low")
    steps = direction.startswith("egress") + bool(rule.ports)
    return order[steps]


def _fail(
    cluster: Cluster,
    key: Key,
    policy: k8s.NetworkPolicy,
    index: str,
    rule: PolicyRule,
    why: str,
    name: str,
) -> Finding:
    pods = [
        pod
        for pod in cluster.pods
        if pod.namespace == policy.metadata.namespace
        and selects(policy.spec.pod_selector, pod.labels, pod.open_labels).value is not False
    ]
    severity = _severity(index, rule)
    if not pods and cluster.pods:
        severity = at_most(severity, "low")
    workloads = workload_ids(pods)
    ports = "on its ports" if rule.ports else "on every port"
    return RULE.finding(
        "fail",
        f"{key}:{index}",
        severity=severity,
        reason=f"{why}, {ports}",
        cluster=name,
        objects=[str(key), *workloads],
        count=len(workloads),
        examples=workloads,
        evidence={"judged": AS_SPECIFIED, "selects": many(len(workloads), "workload")},
    )
