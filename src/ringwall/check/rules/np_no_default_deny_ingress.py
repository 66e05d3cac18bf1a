"""Some pod of a namespace is isolated by no policy for ingress."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    AS_SPECIFIED,
    SYSTEM,
    Space,
    cluster_name,
    spaces,
    unread_policies,
    workload_ids,
)
from ringwall.check.rule import Rule
from ringwall.reach.definition.networkpolicy import isolating
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.truth import Truth, some

RULE = Rule(
    id="np-no-default-deny-ingress",
    title="Pods accept every connection because no policy isolates them for ingress",
    severity="high",
    kind="reach",
    remediation="add a policy with podSelector: {} and policyTypes: [Ingress] to the namespace",
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace, with the workloads that are open."""
    for space in spaces(audit):
        if space.name not in SYSTEM:
            yield _judge(audit, space)


def _judge(audit: Audit, space: Space) -> Finding:
    cluster = cluster_name(audit.net.world, space.cluster.name)
    truths = [(pod, _isolated(space, pod)) for pod in space.pods]
    open_pods = [pod for pod, truth in truths if truth.value is False]
    doubts = unread_policies(audit, space, wide=False)
    needs = [reason.needs for _, truth in truths for reason in truth.because]
    if open_pods and not doubts:
        return _fail(space, cluster, open_pods)
    if open_pods or needs:
        reason = "whether a policy isolates every pod depends on what was not read"
        evidence = {"judged": AS_SPECIFIED, "needs": sorted({*doubts, *needs})}
        return RULE.finding("unknown", space.id, reason=reason, cluster=cluster, evidence=evidence)
    reason = "every pod is isolated for ingress"
    return RULE.finding("pass", space.id, reason=reason, cluster=cluster)


def _isolated(space: Space, pod: Pod) -> Truth:
    return some(truth for _, truth in isolating(space.cluster, pod, "ingress"))


def _fail(space: Space, cluster: str, open_pods: list[Pod]) -> Finding:
    workloads = workload_ids(open_pods)
    return RULE.finding(
        "fail",
        space.id,
        reason=f"{len(workloads)} of {len(workload_ids(space.pods))} workloads are selected by no "
        "policy for ingress and accept every connection",
        cluster=cluster,
        objects=workloads,
        count=len(workloads),
        examples=workloads,
        evidence={"judged": AS_SPECIFIED},
    )
