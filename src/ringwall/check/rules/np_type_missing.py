"""A policy's rules for a direction have no effect, for its policyTypes leave the direction out."""

from collections.abc import Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.policies import Policy, each_policy
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import k8s
from ringwall.reach.definition.networkpolicy import directions

RULE = Rule(
    id="np-type-missing",
    title="A network policy has rules for a direction that its policyTypes leave out",
    severity="high",
    kind="pattern",
    remediation="name both directions in policyTypes, or delete the rules that have no effect",
)
_NAMES: Final = {"ingress": "Ingress", "egress": "Egress"}


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per policy and direction."""
    return each_policy(audit, RULE, _judge)


def _judge(policy: Policy) -> Iterator[Finding]:
    missing = [name for name in _NAMES if name not in directions(policy.spec)]
    found = [_fail(policy, name, why) for name in missing if (why := _why(policy.spec, name))]
    yield from found or [policy.finding(RULE, "pass", "its policyTypes name what it has rules for")]


def _why(spec: k8s.NetworkPolicySpec, direction: str) -> str:
    """What is written for a direction that does not count; empty where nothing is."""
    written = spec.ingress if direction == "ingress" else spec.egress
    if written:
        rules = many(len(written), f"{direction} rule")
        given = ", ".join(spec.policy_types or ())
        return f"policyTypes is [{given}], which leaves out its {rules}"
    if written is not None and not spec.policy_types:
        return f"`{direction}: []` without policyTypes denies nothing"
    return ""


def _fail(policy: Policy, direction: str, why: str) -> Finding:
    pods = policy.selected
    idle = bool(policy.cluster.pods) and not pods
    written = policy.spec.ingress if direction == "ingress" else policy.spec.egress
    return policy.finding(
        RULE,
        "fail",
        f"{why}, and it selects no workload" if idle else why,
        part=direction,
        severity="low" if idle else "high" if written else "medium",
        pods=pods,
        evidence={"policyTypes": list(policy.spec.policy_types or ())},
    )
