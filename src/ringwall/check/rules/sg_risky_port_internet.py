"""A database, cache or control port is open to the Internet."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.ports import RISKY, known_as, within
from ringwall.check.rule import Rule

_MOST_NAMES = 3

RULE = Rule(
    id="sg-risky-port-internet",
    title="The Internet may connect to a database, cache or control port",
    severity="critical",
    kind="both",
    remediation="admit the group of the clients in the place of the Internet, then revoke this "
    "rule: aws ec2 revoke-security-group-ingress",
    folds=("api-sg-not-443-only", "sg-non-443-ingress", "sg-source-too-broad"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens such a port to the Internet."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    asked = within(ingress.services, RISKY)
    return internet_finding(ingress, RULE, asked, _what(known_as(asked))) if asked else None


def _what(names: list[str]) -> str:
    """Few names in full; of many the first ones."""
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
