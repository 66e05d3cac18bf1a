"""Node ports are open to more than load balancers and the VPC."""

from collections.abc import Iterator

from msgspec.structs import replace

from ringwall.check.admitted import is_internet
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding, outlook
from ringwall.check.ports import NODE_PORTS, within
from ringwall.check.rule import Rule
from ringwall.reach.ids import Services

_WHAT = "the node port range"

RULE = Rule(
    id="sg-nodeport-range-open",
    title="Node ports are open to more than load balancers",
    severity="critical",
    kind="both",
    remediation="admit the load balancer's group on the ports in use, then revoke this rule: "
    "aws ec2 revoke-security-group-ingress",
    folds=(
        "api-sg-not-443-only",
        "sg-non-443-ingress",
        "sg-source-too-broad",
        "sg-wide-port-range",
    ),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule of a node's group that opens node ports to outsiders."""
    if audit.fabric.interfaces:
        yield from each_rule(audit, RULE, _judge, sorted(audit.scope.node_groups))
    else:
        yield from each_rule(audit, RULE, _judge_without_nodes)


def _judge(ingress: Ingress) -> Finding | None:
    asked, source = _node_ports(ingress), ingress.source
    if not asked or not ingress.is_foreign:
        return None
    if ingress.names_group:
        return _foreign(ingress, asked)
    if source is None or is_internet(source):
        return internet_finding(ingress, RULE, asked, _WHAT)
    return _foreign(ingress, asked) if source - ingress.inside else None


def _judge_without_nodes(ingress: Ingress) -> Finding | None:
    found = _judge(ingress)
    reason = f"{_WHAT} is open to {ingress.rule.peer}; whether a node has the group was not read"
    evidence = {**found.evidence, "needs": "aws ec2 describe-network-interfaces"} if found else {}
    return found and replace(found, status="unknown", reason=reason, evidence=evidence)


def _node_ports(ingress: Ingress) -> tuple[Services, ...]:
    return within(ingress.services, NODE_PORTS)


def _foreign(ingress: Ingress, asked: tuple[Services, ...]) -> Finding:
    """Neither the Internet nor the cluster's own or the VPC's, as far as the VPC was read."""
    use = ingress.used_from_outside(asked)
    reason = f"{_WHAT} is open to {ingress.rule.peer}, and {outlook(use)}"
    severity = use.severity("medium", "medium")
    if ingress.may_name_own_vpc:
        needs = "aws ec2 describe-vpcs"
        return ingress.finding(RULE, "unknown", severity, reason, use, needs=needs)
    return ingress.finding(RULE, "fail", severity, reason, use)
