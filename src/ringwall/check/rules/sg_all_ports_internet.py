"""All ports are open to the Internet."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.rule import Rule
from ringwall.facts import aws

RULE = Rule(
    id="sg-all-ports-internet",
    title="The Internet may connect to every port",
    severity="critical",
    kind="both",
    remediation="admit the ports that are needed, from where they are needed, then revoke this "
    "rule: aws ec2 revoke-security-group-ingress",
    folds=(
        "api-sg-not-443-only",
        "sg-any-port-internet",
        "sg-effective-wider",
        "sg-http-internet",
        "sg-legacy-port",
        "sg-nodeport-range-open",
        "sg-non-443-ingress",
        "sg-risky-port-internet",
        "sg-source-too-broad",
        "sg-ssh-rdp-internet",
        "sg-wide-port-range",
    ),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens all ports to the Internet."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    what = _what(ingress.rule)
    return internet_finding(ingress, RULE, ingress.services, what) if what else None


def _what(rule: aws.SecurityGroupRule) -> str:
    """All that it opens, empty where that is not all: port 0 makes no difference."""
    if rule.protocol == "-1":
        return "every protocol and port"
    whole = rule.protocol in ("tcp", "udp") and rule.from_port <= 1 and rule.to_port == 65535
    return f"every {rule.protocol.upper()} port" if whole else ""
