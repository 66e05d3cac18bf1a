"""Plain HTTP is open to the Internet on something that is no load balancer."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.fronts import Fronts, is_balancer
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.ports import HTTP, within
from ringwall.check.rule import Rule

RULE = Rule(
    id="sg-http-internet",
    title="The Internet may connect to plain HTTP past the load balancers",
    severity="high",
    kind="both",
    remediation="publish it through a load balancer that speaks TLS on 443, then revoke this rule: "
    "aws ec2 revoke-security-group-ingress",
    folds=("api-sg-not-443-only", "sg-non-443-ingress", "sg-source-too-broad"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens TCP 80 of anything but load balancers."""
    fronts = Fronts.of(audit)
    yield from each_rule(audit, RULE, lambda ingress: _judge(fronts, ingress))


def _judge(fronts: Fronts, ingress: Ingress) -> Finding | None:
    asked = within(ingress.services, HTTP)
    carriers = ingress.audit.carriers(ingress.group)
    others = tuple(interface for interface in carriers if not is_balancer(interface))
    of_balancers = ingress.group in fronts.groups or len(others) < len(carriers)
    if not asked or (of_balancers and not others):
        return None
    return internet_finding(ingress, RULE, asked, "HTTP (TCP 80)", carriers=others)
