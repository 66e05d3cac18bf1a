"""SSH or Remote Desktop is open to the Internet."""

from collections.abc import Iterator

from ringwall.check.admitted import only
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.rule import Rule
from ringwall.reach.definition.packet import TCP
from ringwall.reach.ids import Services

_SSH, _RDP = 22, 3389

RULE = Rule(
    id="sg-ssh-rdp-internet",
    title="The Internet may connect to SSH or Remote Desktop",
    severity="critical",
    kind="both",
    remediation="use AWS Systems Manager Session Manager, which needs no inbound rule, and revoke "
    "this one: aws ec2 revoke-security-group-ingress",
    folds=("sg-non-443-ingress",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens TCP 22 or 3389 to the Internet."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    ssh = only(ingress.services, TCP, _SSH, _SSH)
    rdp = only(ingress.services, TCP, _RDP, _RDP)
    if not (ssh or rdp):
        return None
    return internet_finding(ingress, RULE, (*ssh, *rdp), _what(ssh, rdp))


def _what(ssh: tuple[Services, ...], rdp: tuple[Services, ...]) -> str:
    names = (("SSH (TCP 22)", ssh), ("Remote Desktop (TCP 3389)", rdp))
    return " and ".join(name for name, admitted in names if admitted)
