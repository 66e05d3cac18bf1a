"""Which workloads get to a port of nodes other than their own, and what lets them, as findings."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    AS_SPECIFIED,
    SYSTEM,
    cluster_cause,
    is_dump,
    workload_ids,
)
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.reach.definition.pods import Pod

if TYPE_CHECKING:
    from ringwall.check.targets import Target, Way


def each_target(
    audit: Audit, rule: Rule, port: int, what: str, excused: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """One finding per cause in every cluster: a namespace whose pods no policy isolates, a policy
    rule, or policies that nothing enforces. ``excused``: patterns of ``namespace/name`` of
    workloads that need the port; ``what`` says what answers there."""
    from ringwall.check.targets import Target

    for cluster in audit.net.world.clusters.values():
        target = Target(audit, cluster, port)
        pods = [pod for pod in cluster.pods if _counts(pod)]
        if not (target.nodes and pods):
            yield _without_nodes(target, rule, pods)
            continue
        needy = {pod.workload for pod in pods if _is_excused(audit.named(pod.workload), excused)}
        ways = list(target.ways(pod for pod in pods if pod.workload not in needy))
        yield from _findings(target, rule, what, ways, sorted(needy))


def _counts(pod: Pod) -> bool:
    """A pod on its host's network is that node, and the system's own come with the cluster."""
    return not pod.host_network and pod.namespace not in SYSTEM


def _is_excused(workload: str, patterns: tuple[str, ...]) -> bool:
    name = workload.rpartition("!")[2].partition("[")[0]
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _without_nodes(target: "Target", rule: Rule, pods: list[Pod]) -> Finding:
    cause, title = cluster_cause(target.title), target.title
    if pods and is_dump(target.audit.facts, target.cluster.name):
        return rule.finding(
            "unknown",
            cause,
            reason="the cluster's nodes were not read",
            cluster=title,
            evidence={"needs": "kubectl get nodes -o json"},
        )
    reason = "no node is in the input" if pods else "no workload of your own is in the input"
    return rule.finding("not-applicable", cause, reason=reason, cluster=title)


def _findings(
    target: "Target", rule: Rule, what: str, ways: "list[Way]", needy: list[str]
) -> Iterator[Finding]:
    causes: dict[str, list[Way]] = {}
    for way in ways:
        for cause in _causes(target, way):
            causes.setdefault(cause, []).append(way)
    for cause, found in sorted(causes.items()):
        opened = [way for way in found if way.is_open]
        if opened:
            yield _fail(target, rule, what, cause, opened)
        else:
            yield _unknown(target, rule, cause, found)
    if not causes:
        yield rule.finding(
            "pass",
            cluster_cause(target.title),
            reason=f"no workload gets to {what} of a node other than its own",
            cluster=target.title,
            evidence={"excused": needy} if needy else {},
        )


def _causes(target: "Target", way: "Way") -> tuple[str, ...]:
    """What somebody has to change."""
    if way.answer.unenforced:
        return (cluster_cause(target.title),)
    return way.answer.causes or (f"{target.cluster.prefix}namespace/{way.pod.namespace}",)


def _unknown(target: "Target", rule: Rule, cause: str, ways: "list[Way]") -> Finding:
    workloads = workload_ids(pod for way in ways for pod in way.pods)
    return rule.finding(
        "unknown",
        cause,
        reason="something that was not read decides whether its workloads get there",
        cluster=target.title,
        objects=workloads,
        count=len(workloads),
        examples=workloads,
        evidence={"needs": sorted({text for way in ways for text in way.answer.needs})},
    )


def _fail(target: "Target", rule: Rule, what: str, cause: str, ways: "list[Way]") -> Finding:
    workloads = workload_ids(pod for way in ways for pod in way.pods)
    first = min(ways, key=lambda way: (way.pod.workload, way.pod.id))
    judged = {"judged": AS_SPECIFIED} if any(way.answer.specified for way in ways) else {}
    return rule.finding(
        "fail",
        cause,
        confidence="high" if target.audit.fabric.present else "medium",
        reason=f"{many(len(workloads), 'workload')} can open {what} of other nodes: {_why(first)}",
        cluster=target.title,
        objects=[*workloads, first.node.id],
        count=len(workloads),
        examples=workloads,
        evidence={
            **judged,
            "path": f"{first.pod.id} -> {first.node.id} tcp/{target.port}",
            "paths": target.paths(first),
        },
    )


def _why(way: "Way") -> str:
    if way.answer.unenforced:
        return "policies forbid it, and nothing enforces them"
    return "this rule admits it" if way.answer.causes else "no policy isolates the pods for egress"
