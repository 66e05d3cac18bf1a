"""Some pod of a namespace is isolated by no policy for ingress."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.isolation import unselected
from ringwall.check.rule import Rule

RULE = Rule(
    id="np-no-default-deny-ingress",
    title="Pods accept every connection because no policy isolates them for ingress",
    severity="high",
    kind="reach",
    remediation="add a policy with podSelector: {} and policyTypes: [Ingress] to the namespace",
    folds=("np-pod-unselected",),
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace, with the workloads that are open."""
    return unselected(audit, RULE, ("ingress",), "be called by everybody")
