"""Some other port is open to the Internet."""

from collections.abc import Iterator

from msgspec.structs import replace

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.fronts import Fronts, is_balancer
from ringwall.check.groups import Ingress, each_rule, internet_finding
from ringwall.check.ports import HTTP, HTTPS, NODE_PORTS, PINGS, RISKY, SHELLS, beyond, within
from ringwall.check.rule import Rule
from ringwall.reach.definition.network import Interface
from ringwall.reach.ids import Services
from ringwall.space.services import ServiceSet

Asked = tuple[tuple[Services, ...], tuple[Interface, ...] | None, str]
"""Services, the carriers that they are asked about, and what an open path to them weighs."""

RULE = Rule(
    id="sg-any-port-internet",
    title="The Internet may connect to a port other than a load balancer's 443",
    severity="high",
    kind="both",
    remediation="publish it through a load balancer on 443, or admit the addresses of its clients, "
    "then revoke this rule: aws ec2 revoke-security-group-ingress",
    folds=(
        "api-sg-not-443-only",
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
    """One finding per ingress rule that opens ports of which no other rule tells."""
    fronts = Fronts.of(audit)
    yield from each_rule(audit, RULE, lambda ingress: _judge(fronts, ingress))


def _judge(fronts: Fronts, ingress: Ingress) -> Finding | None:
    on_nodes = ingress.group in ingress.audit.scope.node_groups
    graver = SHELLS | RISKY | (NODE_PORTS if on_nodes else ServiceSet())
    open_here = beyond(ingress.services, graver | PINGS)
    parts = [part for part in _parts(fronts, ingress, open_here) if part[0]]
    if not parts:
        return _undecided(fronts, ingress) if within(open_here, HTTPS) else None
    parts.append((within(ingress.services, graver), None, "critical"))
    found = [
        internet_finding(ingress, RULE, asked, ingress.rule.ports, carriers=on, most=most)
        for asked, on, most in parts
        if asked
    ]
    return max(filter(None, found), key=lambda finding: finding.rank, default=None)


def _parts(fronts: Fronts, ingress: Ingress, asked: tuple[Services, ...]) -> Iterator[Asked]:
    """What is left for this rule: on load balancers that face the Internet all but 443, on others
    everything, and elsewhere all but plain HTTP, which has a rule of its own."""
    if not fronts.knows(ingress.audit, ingress.group):
        yield beyond(asked, HTTP | HTTPS), None, RULE.severity
        return
    carriers = ingress.audit.carriers(ingress.group)
    facing = tuple(i for i in carriers if fronts.faces_internet(i))
    inner = tuple(i for i in carriers if is_balancer(i) and i not in facing)
    rest = tuple(i for i in carriers if not is_balancer(i))
    if facing or ingress.group in fronts.internet_groups:
        yield beyond(asked, HTTPS), facing, RULE.severity
    if inner or ingress.group in fronts.groups - fronts.internet_groups:
        yield asked, inner, RULE.severity
    if rest or not (carriers or ingress.group in fronts.groups):
        yield beyond(asked, HTTP), rest, RULE.severity


def _undecided(fronts: Fronts, ingress: Ingress) -> Finding | None:
    """443 alone is right on a load balancer that faces the Internet, and only there."""
    if fronts.knows(ingress.audit, ingress.group):
        return None
    asked = within(ingress.services, HTTPS)
    found = internet_finding(ingress, RULE, asked, ingress.rule.ports)
    reason = (
        f"{ingress.rule.ports} is open to {ingress.rule.peer}; whether that is for a load balancer "
        "that faces the Internet was not read"
    )
    evidence = {**found.evidence, "needs": "aws ec2 describe-network-interfaces"} if found else {}
    return found and replace(found, status="unknown", reason=reason, evidence=evidence)
