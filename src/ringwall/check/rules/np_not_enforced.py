"""Policies exist and nothing enforces them."""

from collections.abc import Iterator

from ringwall.check.admitted import blocks_in, one_of
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    cluster_cause,
    cluster_name,
    endpoint_of,
    one_per_workload,
    services_between,
)
from ringwall.check.rule import Rule
from ringwall.reach.definition.enforcer import ASSUMED, NOT_ENFORCING, Enforcer
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.questions import Outcome
from ringwall.space.services import TCP, ServiceSet

_TCP = ServiceSet.of(TCP)

RULE = Rule(
    id="np-not-enforced",
    title="Network policies exist and nothing enforces them",
    severity="critical",
    kind="both",
    remediation="switch the engine on: aws eks update-addon --addon-name vpc-cni "
    '--configuration-values \'{"enableNetworkPolicy": "true"}\'',
    folds=("reach-pod-kubelet", "reach-pod-ssh"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster that has policies."""
    world = audit.net.world
    for name, cluster in world.clusters.items():
        title = cluster_name(world, name)
        cause = cluster_cause(title)
        if not cluster.policies:
            reason = "the cluster has no NetworkPolicy"
            yield RULE.finding("not-applicable", cause, reason=reason, cluster=title)
        else:
            yield _judge(audit, cluster, world.enforcers[name], cause, title)


def _judge(audit: Audit, cluster: Cluster, enforcer: Enforcer, cause: str, title: str) -> Finding:
    evidence = {"evidence": [found.text for found in enforcer.evidence]}
    if enforcer.name == NOT_ENFORCING:
        return _fail(audit, cluster, enforcer, cause, title)
    if enforcer.name == ASSUMED:
        reason = "nothing in the input tells whether an engine enforces policies"
        needs = "kubectl -n kube-system get daemonsets,configmaps -o json; aws eks describe-addon"
        return RULE.finding(
            "unknown", cause, reason=reason, cluster=title, evidence={**evidence, "needs": needs}
        )
    if enforcer.name == "unclear":
        return RULE.finding(
            "unknown", cause, reason=enforcer.problem, cluster=title, evidence=evidence
        )
    reason = f"policies are enforced by {enforcer.name}"
    return RULE.finding("pass", cause, reason=reason, cluster=title, evidence=evidence)


def _fail(audit: Audit, cluster: Cluster, enforcer: Enforcer, cause: str, title: str) -> Finding:
    policies = [str(key) for key, _ in cluster.policies]
    witness = _witness(audit, cluster)
    shown = "; ".join(found.text for found in enforcer.evidence)
    return RULE.finding(
        "fail",
        cause,
        severity="critical" if witness else "high",
        reason=f"{len(policies)} policies are ignored: {shown}",
        cluster=title,
        objects=policies,
        count=len(policies),
        examples=policies,
        evidence={
            "evidence": [found.text for found in enforcer.evidence],
            "path": _text(witness) if witness else "no connection found that they would block",
            "paths": [audit.path(witness)] if witness else [],
        },
    )


def _witness(audit: Audit, cluster: Cluster) -> Outcome | None:
    """A connection between two workloads that the policies would block and that is open."""
    pods = one_per_workload(tuple(pod for pod in cluster.pods if not pod.host_network))
    isolated = {
        (pod.id, direction)
        for pod in pods
        for direction in ("ingress", "egress")
        if audit.isolating(cluster, pod, direction)
    }
    for dst in pods:
        for src in pods:
            concerned = (dst.id, "ingress") in isolated or (src.id, "egress") in isolated
            if src is not dst and concerned and (found := _open_anyway(audit, src, dst)):
                return found
    return None


def _open_anyway(audit: Audit, src: Pod, dst: Pod) -> Outcome | None:
    meant = services_between(audit.specified, src, dst, "blocked")
    found = meant & services_between(audit.relation, src, dst, "allowed")
    telling = next((one for one in (*_declared(dst), _TCP) if one & found), None)
    return _packet(audit, src, dst, telling & found) if telling else None


def _declared(dst: Pod) -> list[ServiceSet]:
    """The ports that the pod declares, for they tell most."""
    return [ServiceSet.parse(f"{p.protocol.lower()}/{p.container_port}") for p in dst.ports]


def _packet(audit: Audit, src: Pod, dst: Pod, passing: ServiceSet) -> Outcome:
    ends = endpoint_of(audit.net.world, src), endpoint_of(audit.net.world, dst)
    found = audit.net.outcomes(*ends, blocks_in(one_of(passing)))
    return next(outcome for outcome in found if outcome.cell.truth.value)


def _text(witness: Outcome) -> str:
    hop = next(path for path in witness.cell.paths if path.truth.value).hops[0]
    src, dst = witness.src.parties[0].id, witness.dst.parties[0].id
    return f"{src} -> {dst} {hop.packet.service}"
