"""A pool of nodes may grow until the account's quota stops it."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.unread import unread
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.world import cluster_tag

_OF_EVERY_NODE = {"cpu", "memory", "nodes", "pods", "ephemeral-storage"}
"""What every node has some of: a limit on one of these ends the growth, one on GPUs does not."""

RULE = Rule(
    id="cost-unbounded-pool",
    title="A pool of nodes has no limit but the account's quota",
    severity="medium",
    kind="pattern",
    remediation="set limits in the NodePool (cpu, memory or nodes), or a maximum size that the "
    "workload can need",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per pool: NodePool, managed node group, Auto Scaling group."""
    found = [
        *_node_pools(audit),
        *_groups(audit),
        *_unread(audit),
        *unread(audit, RULE, "nodegroup AutoScalingGroups", "nodepool"),
    ]
    yield from found
    if not found:
        yield RULE.finding("not-applicable", "nodes", reason="no pool of nodes was read")


def _finding(status: str, cause: str, cluster: str, reason: str, **evidence: object) -> Finding:
    return RULE.finding(
        status,
        cause,
        reason=reason,
        cluster=cluster,
        objects=[cause],
        examples=[cause],
        evidence={name: value for name, value in evidence.items() if value is not None},
    )


# --- NodePools of Karpenter and EKS Auto Mode ----------------------------------------------------


def _node_pools(audit: Audit) -> Iterator[Finding]:
    for key, pool in audit.facts.of(k8s.NodePool):
        cluster = audit.net.world.eks_names.get(key.scope, key.scope)
        yield _judge(audit, key, pool, cluster)


def _judge(audit: Audit, key: Key, pool: k8s.NodePool, cluster: str) -> Finding:
    limits, most = dict(pool.spec.limits or {}), audit.config.thresholds.pool_nodes
    nodes = _number(limits.get("nodes", "")) or pool.spec.replicas
    if not limits.keys() & _OF_EVERY_NODE and pool.spec.replicas is None:
        reason = "it limits nothing that every node has: only the account's quota stops its growth"
        return _finding("fail", str(key), cluster, reason, limits=limits or None)
    if nodes is not None and nodes > most:
        reason = f"it may have {nodes:,} nodes, more than {most:,}"
        return _finding("fail", str(key), cluster, reason, limits=limits or None)
    return _finding("pass", str(key), cluster, "its growth is limited", limits=limits or None)


def _number(quantity: str | int | float) -> int | None:
    """A whole quantity (`100`, `2k`), None where it is none."""
    text = str(quantity)
    factor = {"k": 1_000, "M": 1_000_000}.get(text[-1:], 1)
    digits = text.rstrip("kM")
    return int(digits) * factor if digits.isdecimal() else None


# --- groups with a maximum -----------------------------------------------------------------------


def _groups(audit: Audit) -> Iterator[Finding]:
    managed: set[str] = set()
    for key, group in audit.facts.of(aws.Nodegroup):
        behind = (group.resources and group.resources.auto_scaling_groups) or ()
        managed |= {scaling.name for scaling in behind}
        most = group.scaling_config.max_size if group.scaling_config else None
        yield _bounded(audit, str(key), group.cluster_name, most, _describe(group))
    for key, scaling in audit.facts.of(aws.AutoScalingGroup):
        name, cluster = scaling.auto_scaling_group_name, cluster_tag(scaling.tags)
        if name not in managed and (cluster or audit.scope.is_whole):
            needs = (
                f"aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names {name}"
            )
            yield _bounded(audit, str(key), cluster, scaling.max_size, needs)


def _describe(group: aws.Nodegroup) -> str:
    return (
        f"aws eks describe-nodegroup --cluster-name {group.cluster_name} "
        f"--nodegroup-name {group.nodegroup_name}"
    )


def _bounded(audit: Audit, cause: str, cluster: str, maximum: int | None, needs: str) -> Finding:
    most = audit.config.thresholds.pool_nodes
    if maximum is None:
        reason = "its maximum size was not read"
        return _finding("unknown", cause, cluster, reason, needs=[needs])
    if maximum > most:
        reason = f"it may have {maximum:,} nodes, more than {most:,}"
        return _finding("fail", cause, cluster, reason, maximum=maximum)
    reason = f"it may have {maximum:,} nodes at most"
    return _finding("pass", cause, cluster, reason, maximum=maximum)


# --- pools that something else names -------------------------------------------------------------


def _unread(audit: Audit) -> Iterator[Finding]:
    read = {
        (audit.net.world.eks_names.get(key.scope, key.scope), key.name)
        for key, _ in audit.facts.of(k8s.NodePool)
    }
    for cluster, name in sorted(_named(audit) - read):
        reason = "something names it, and it was not read"
        needs = ["kubectl get nodepools.karpenter.sh --output json"]
        prefix = f"{cluster}!" if cluster else ""
        yield _finding("unknown", f"{prefix}nodepool/{name}", cluster, reason, needs=needs)


def _named(audit: Audit) -> set[tuple[str, str]]:
    """The NodePools that EKS Auto Mode runs and those that Nodes say they belong to."""
    found = set()
    for eks in audit.fabric.eks.values():
        if eks.compute_config and eks.compute_config.enabled:
            found |= {(eks.name, name) for name in eks.compute_config.node_pools or ()}
    for scope, cluster in audit.net.world.clusters.items():
        for node in cluster.nodes.values():
            if name := node.labels.get("karpenter.sh/nodepool"):
                found.add((audit.net.world.eks_names[scope] or scope, name))
    return found
