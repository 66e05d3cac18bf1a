"""A namespace with pods and without any policy."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    Space,
    each_namespace,
    endpoint_of,
    one_per_workload,
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
    folds=(
        "np-no-default-deny-egress",
        "np-no-default-deny-ingress",
        "np-pod-unselected",
        "reach-pod-kubelet",
        "reach-pod-ssh",
    ),
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace without policies; system namespaces do not count."""
    return each_namespace(audit, _judge)


def _judge(space: Space) -> Iterator[Finding]:
    wide = space.unread(wide=True)
    if space.has_policy or len(space.unread()) > len(wide):
        yield space.finding(RULE, "pass", "the namespace has a policy")
    elif wide:
        reason = "it has no NetworkPolicy, but a cluster-wide policy not read may select it"
        yield space.undecided(RULE, reason, wide)
    else:
        yield _fail(space)


def _fail(space: Space) -> Finding:
    witness = _from_elsewhere(space.audit, space)
    open_to = "pods of other namespaces" if witness else "every pod of its own"
    workloads = many(len(workload_ids(space.pods)), "workload")
    return space.finding(
        RULE,
        "fail",
        f"no policy stands in it: {open_to} may connect to its {workloads}",
        severity="high" if witness else "medium",
        pods=space.pods,
        evidence={
            "path": _text(witness),
            "paths": [space.audit.path(witness)] if witness else [],
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
