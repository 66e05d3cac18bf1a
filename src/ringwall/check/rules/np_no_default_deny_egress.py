"""Some pod of a namespace is isolated by no policy for egress."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.isolation import unselected
from ringwall.check.rule import Rule

RULE = Rule(
    id="np-no-default-deny-egress",
    title="Pods may call everybody because no policy isolates them for egress",
    severity="high",
    kind="reach",
    remediation="add a policy with podSelector: {} and policyTypes: [Egress] to the namespace, "
    "with DNS and the destinations that its pods need",
    folds=("np-pod-unselected", "reach-pod-kubelet", "reach-pod-ssh"),
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace, with the workloads that are open."""
    return unselected(audit, RULE, ("egress",), "open every connection")
