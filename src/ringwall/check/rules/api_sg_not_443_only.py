"""A group of the control plane admits more than TCP 443 from outside the cluster."""

from collections.abc import Iterator

from ringwall.check.admitted import ports_text
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, from_outside
from ringwall.check.ports import HTTPS, beyond
from ringwall.check.rule import Rule
from ringwall.check.scope import configured_groups

RULE = Rule(
    id="api-sg-not-443-only",
    title="A group of the control plane admits more than HTTPS from outside",
    severity="high",
    kind="both",
    remediation="put what is meant for nodes into a group of the nodes, then revoke the rule here: "
    "aws ec2 revoke-security-group-ingress",
    folds=("sg-non-443-ingress", "sg-wide-port-range"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule of such a group with a foreign source and another port."""
    yield from each_rule(audit, RULE, _judge, sorted(_groups(audit)))


def _groups(audit: Audit) -> set[str]:
    """The groups that EKS was told to put on control planes, and those that are on them."""
    found = set[str]()
    for cluster in audit.fabric.eks.values():
        found |= configured_groups(cluster)
        found |= {name for i in audit.fabric.control_plane(cluster) for name in i.groups}
    return found


def _judge(ingress: Ingress) -> Finding | None:
    asked = beyond(ingress.services, HTTPS)
    if not asked or not ingress.is_foreign:
        return None
    use = ingress.used_from_outside(asked)
    more = ", ".join(ports_text(asked)[:3])
    reason = (
        f"{ingress.rule.peer} is admitted to what carries the control plane's group on more than "
        f"TCP 443 ({more}), and {from_outside(use)}"
    )
    return ingress.finding(RULE, "fail", use.severity("high", "high"), reason, use)
