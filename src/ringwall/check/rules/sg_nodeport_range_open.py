"""Node ports are open to more than load balancers and the VPC."""

from collections.abc import Iterator

from msgspec.structs import replace

from ringwall.check.admitted import is_internet, only
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding, outlook
from ringwall.check.rule import Rule
from ringwall.reach.definition.packet import TCP, UDP
from ringwall.reach.ids import Services

_FIRST, _LAST = 30000, 32767
_WHAT = "the node port range"

RULE = Rule(
    id="sg-nodeport-range-open",
    title="Node ports are open to more than load balancers",
    severity="critical",
    kind="both",
    remediation="admit the load balancer's group on the ports in use, then revoke this rule: "
    "aws ec2 revoke-security-group-ingress",
    folds=("sg-non-443-ingress",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule of a node's group that opens node ports to outsiders."""
    if audit.fabric.interfaces:
        groups = {group for i in audit.scope.node_interfaces for group in i.groups}
        yield from each_rule(audit, RULE, _judge, sorted(groups))
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
    return found and replace(found, status="unknown", reason=reason)


def _node_ports(ingress: Ingress) -> tuple[Services, ...]:
    admitted = ingress.services
    return (*only(admitted, TCP, _FIRST, _LAST), *only(admitted, UDP, _FIRST, _LAST))


def _foreign(ingress: Ingress, asked: tuple[Services, ...]) -> Finding:
    """Neither the Internet nor the cluster's own or the VPC's, as far as the VPC was read."""
    use = ingress.used_from_outside(asked)
    reason = f"{_WHAT} is open to {ingress.rule.peer}, and {outlook(use)}"
    status = "unknown" if ingress.may_name_own_vpc else "fail"
    return ingress.finding(RULE, status, use.severity("medium", "medium"), reason, use)
