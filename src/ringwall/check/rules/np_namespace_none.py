"""A namespace with pods and without any policy."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    AS_SPECIFIED,
    SYSTEM,
    Space,
    cluster_name,
    endpoint_of,
    one_per_workload,
    spaces,
    unread_policies,
    workload_ids,
)
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.reach.ids import services
from ringwall.reach.questions import Outcome

RULE = Rule(
    id="np-namespace-none",
    title="A namespace has no network policy at all",
    severity="high",
    kind="both",
    remediation="add a default-deny policy to the namespace, then allow what its pods need",
    folds=("np-no-default-deny-ingress",),
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace without policies; system namespaces do not count."""
    for space in spaces(audit):
        if space.name not in SYSTEM:
            yield _judge(audit, space)


def _judge(audit: Audit, space: Space) -> Finding:
    cluster = cluster_name(audit.net.world, space.cluster.name)
    own = len(unread_policies(audit, space, wide=False))
    wide = unread_policies(audit, space, wide=True)
    if space.has_policy or own > len(wide):
        reason = "the namespace has a policy"
        return RULE.finding("pass", space.id, reason=reason, cluster=cluster)
    if wide:
        reason = (
            "it has no NetworkPolicy, but a cluster-wide policy that was not read may select it"
        )
        return RULE.finding(
            "unknown", space.id, reason=reason, cluster=cluster, evidence={"needs": wide}
        )
    return _fail(audit, space, cluster)


def _fail(audit: Audit, space: Space, cluster: str) -> Finding:
    workloads = workload_ids(space.pods)
    witness = _from_elsewhere(audit, space)
    open_to = "pods of other namespaces" if witness else "every pod of its own"
    return RULE.finding(
        "fail",
        space.id,
        severity="high" if witness else "medium",
        reason=f"no policy stands in it: {open_to} reach its {many(len(workloads), 'workload')}",
        cluster=cluster,
        objects=workloads,
        count=len(workloads),
        examples=workloads,
        evidence={
            "judged": AS_SPECIFIED,
            "path": _text(witness),
            "paths": [audit.path(witness)] if witness else [],
        },
    )


def _from_elsewhere(audit: Audit, space: Space) -> Outcome | None:
    """A connection from a pod of another namespace that the policies of both ends let pass."""
    world = audit.net.world
    others = [p for p in space.cluster.pods if p.namespace != space.name and not p.host_network]
    for src in one_per_workload(tuple(others)):
        for dst in one_per_workload(space.pods):
            ends = endpoint_of(world, src), endpoint_of(world, dst)
            for outcome in audit.net.outcomes(
                *ends, services("tcp"), specification=True, policies_only=True
            ):
                if outcome.cell.truth.value:
                    return outcome
    return None


def _text(witness: Outcome | None) -> str:
    if witness is None:
        return "no pod of another namespace in the input"
    port = witness.cell.box.services.ports[0]
    return f"{witness.src.parties[0].id} -> {witness.dst.parties[0].id} tcp/{port}"
