"""Nodes serve a lift-and-shift port themselves."""

from collections.abc import Iterator

from msgspec.structs import replace

from ringwall.check.admitted import ports_text
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, by_anyone, each_rule
from ringwall.check.ports import within
from ringwall.check.rule import Rule
from ringwall.reach.definition.packet import TCP
from ringwall.reach.ids import Services
from ringwall.space.services import ServiceSet

RULE = Rule(
    id="sg-legacy-port",
    title="Nodes serve an application's own port in the place of an Ingress on 443",
    severity="medium",
    kind="both",
    remediation="publish the application through an Ingress or Gateway on 443, then revoke this "
    "rule: aws ec2 revoke-security-group-ingress",
    folds=("sg-non-443-ingress",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule of a node's group that opens such ports to outsiders."""
    if audit.fabric.interfaces:
        yield from each_rule(audit, RULE, _judge, sorted(audit.scope.node_groups))
    else:
        yield from each_rule(audit, RULE, _judge_without_nodes)


def _judge(ingress: Ingress) -> Finding | None:
    asked = _legacy(ingress)
    if not asked or not ingress.is_foreign:
        return None
    use = ingress.used_by_anyone()
    ports = ", ".join(ports_text(asked)[:3])
    reason = f"{ports} of nodes is open to {ingress.rule.peer}, and {by_anyone(use)}"
    return ingress.finding(RULE, "fail", use.severity("medium", "medium"), reason, use)


def _judge_without_nodes(ingress: Ingress) -> Finding | None:
    found = _judge(ingress)
    ports = ", ".join(ports_text(_legacy(ingress))[:3])
    reason = f"{ports} is open to {ingress.rule.peer}; whether a node has the group was not read"
    evidence = {**found.evidence, "needs": "aws ec2 describe-network-interfaces"} if found else {}
    return found and replace(found, status="unknown", reason=reason, evidence=evidence)


def _legacy(ingress: Ingress) -> tuple[Services, ...]:
    ports = ingress.audit.config.thresholds.legacy_ports
    return tuple(p for port in ports for p in within(ingress.services, ServiceSet.of(TCP, port)))
