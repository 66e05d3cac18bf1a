"""A pod is selected by no policy in a direction."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.isolation import unselected
from ringwall.check.rule import Rule

RULE = Rule(
    id="np-pod-unselected",
    title="Pods are selected by no network policy",
    severity="high",
    kind="reach",
    remediation="select them: add a policy with podSelector: {} and both policyTypes to the "
    "namespace, or give them the labels that its policies ask for",
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace, with the workloads that are selected in neither direction, or in
    one only."""
    return unselected(audit, RULE, ("ingress", "egress"), "connect without restriction")
