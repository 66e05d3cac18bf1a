"""One rule opens many ports."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, by_anyone, each_rule
from ringwall.check.ports import count
from ringwall.check.rule import Rule

RULE = Rule(
    id="sg-wide-port-range",
    title="One rule opens a wide range of ports",
    severity="medium",
    kind="both",
    remediation="admit the ports that are served, one rule for each, then revoke this one: "
    "aws ec2 revoke-security-group-ingress",
    folds=("sg-legacy-port", "sg-non-443-ingress"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule with more ports than the threshold; sg-cluster-self-all judges
    the one that EKS makes."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    ports, most = count(ingress.services), ingress.audit.config.thresholds.wide_port_range
    if ports <= most or ingress.is_eks_own:
        return None
    use = ingress.used_by_anyone()
    reason = f"{ports:,} ports are open to {ingress.rule.peer} by one rule, and {by_anyone(use)}"
    severity = use.severity("medium", "medium")
    return ingress.finding(RULE, "fail", severity, reason, use, open_ports=ports, threshold=most)
