"""SSH or Remote Desktop is open to the Internet."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.ports import SHELLS, within
from ringwall.check.rule import Rule
from ringwall.space.services import ServiceSet

_NAMES = (
    ("SSH (TCP 22)", ServiceSet.parse("tcp/22")),
    ("Remote Desktop (TCP 3389)", ServiceSet.parse("tcp/3389")),
)

RULE = Rule(
    id="sg-ssh-rdp-internet",
    title="The Internet may connect to SSH or Remote Desktop",
    severity="critical",
    kind="both",
    remediation="use AWS Systems Manager Session Manager, which needs no inbound rule, and revoke "
    "this one: aws ec2 revoke-security-group-ingress",
    folds=(
        "api-sg-not-443-only",
        "sg-effective-wider",
        "sg-non-443-ingress",
        "sg-source-too-broad",
    ),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens TCP 22 or 3389 to the Internet."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    asked = within(ingress.services, SHELLS)
    what = " and ".join(name for name, shell in _NAMES if within(asked, shell))
    return internet_finding(ingress, RULE, asked, what) if asked else None
