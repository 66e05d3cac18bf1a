"""Something other than TCP 443 is admitted from outside the cluster."""

from collections.abc import Iterator

from ringwall.check.admitted import ports_text
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, from_outside
from ringwall.check.ports import HTTPS, beyond
from ringwall.check.rule import Rule

RULE = Rule(
    id="sg-non-443-ingress",
    title="A group of the cluster admits more than HTTPS from outside",
    severity="medium",
    kind="both",
    remediation="publish it through a load balancer on 443 and revoke the rule, or write down its "
    "reason as [[allow]] in ringwall.toml",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule of a cluster's group with a foreign source and such a port."""
    groups = filter(audit.scope.is_cluster_group, audit.scope.groups)
    yield from each_rule(audit, RULE, _judge, groups)


def _judge(ingress: Ingress) -> Finding | None:
    asked = beyond(ingress.services, HTTPS)
    if not asked or not ingress.is_foreign:
        return None
    use = ingress.used_from_outside(asked)
    more = ", ".join(ports_text(asked)[:3])
    return ingress.finding(
        RULE,
        "fail",
        use.severity("medium", "medium"),
        f"{ingress.rule.peer} is admitted on more than TCP 443 ({more}), and {from_outside(use)}",
        use,
    )
