"""An entry of a network ACL never matches, because entries with lower numbers decide."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringwall.check.acls import Acl, acls_in_scope, unread_acls
from ringwall.check.admitted import blocks_in, ports_text
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts import aws
from ringwall.space.addresses import Addresses
from ringwall.space.services import ICMP, ICMPV6, SERVED, ServiceSet

_LAST = 32766
"""The highest number that an owner can give; AWS keeps those above for what it denies in the end
(RuleNumber of CreateNetworkAclEntry)."""

RULE = Rule(
    id="nacl-entry-shadowed",
    title="An entry of a network ACL never matches",
    severity="low",
    kind="reach",
    remediation="delete the entry, or give it a number below those that decide: aws ec2 "
    "delete-network-acl-entry",
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Packets by the address of their far end and by service: every combination of both."""

    far: Addresses
    services: ServiceSet

    def without(self, other: "_Part") -> "Iterator[_Part]":
        """What is left of it, as parts that do not overlap."""
        if rest := self.far - other.far:
            yield _Part(rest, self.services)
        both = self.far & other.far
        if both and (other_services := self.services - other.services):
            yield _Part(both, other_services)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per entry that no packet meets."""
    found, unread = acls_in_scope(audit)
    if not (found or unread):
        yield RULE.finding("not-applicable", "aws", reason="no subnet of a cluster was read")
    for acl in found:
        shadowed = [*_shadowed(acl, "ingress"), *_shadowed(acl, "egress")]
        yield from shadowed
        if not shadowed:
            reason = "some packet meets each of its entries"
            yield RULE.finding("pass", str(acl.key), reason=reason)
    yield from unread_acls(audit, RULE, unread)


def _shadowed(acl: Acl, direction: str) -> Iterator[Finding]:
    mine = [entry for entry in acl.entries if entry.egress == (direction == "egress")]
    ordered = sorted(mine, key=lambda entry: entry.rule_number)
    for i, entry in enumerate(ordered):
        whole = _part(entry)
        if entry.rule_number > _LAST or not (whole.far and whole.services):
            continue
        deciding = _deciding(whole, ordered[:i])
        if deciding:
            yield _fail(acl, direction, entry, deciding)


def _part(entry: aws.NetworkAclEntry) -> _Part:
    """What an entry is about; ICMP has one protocol for each family."""
    other = ServiceSet.of(ICMP if entry.ipv6_cidr_block else ICMPV6)
    far = Addresses.of(entry.cidr_block or entry.ipv6_cidr_block)
    return _Part(far, _served(entry) - other)


def _served(entry: aws.NetworkAclEntry) -> ServiceSet:
    """The services of an entry, without port 0."""
    from ringwall.model.dialects.network_acl import services

    return services(entry) & SERVED


def _deciding(whole: _Part, before: list[aws.NetworkAclEntry]) -> list[aws.NetworkAclEntry]:
    """The earlier entries that together take all of it; none where something is left."""
    left, deciding = [whole], []
    for entry in before:
        taken = _part(entry)
        rest = [part for one in left for part in one.without(taken)]
        if rest != left:
            deciding.append(entry)
        left = rest
        if not left:
            return deciding
    return []


def _fail(
    acl: Acl, direction: str, entry: aws.NetworkAclEntry, deciding: list[aws.NetworkAclEntry]
) -> Finding:
    against = any(one.rule_action != entry.rule_action for one in deciding)
    does = {"allow": "lets nothing through", "deny": "stops nothing"}[entry.rule_action]
    numbers = ", ".join(str(one.rule_number) for one in deciding)
    what = "which decide otherwise" if against else "which decide the same"
    return RULE.finding(
        "fail",
        f"{acl.key}:{direction}:{entry.rule_number}",
        reason=f"it {does}: every packet that it is about meets {numbers} first, {what}",
        objects=[str(acl.key), *acl.subnets[:20]],
        count=len(deciding),
        examples=[_text(one) for one in deciding],
        evidence={
            "entry": _text(entry),
            "decided_by": [_text(one) for one in deciding],
            "decided_otherwise": against,
        },
    )


def _text(entry: aws.NetworkAclEntry) -> str:
    ports = ", ".join(ports_text(blocks_in(_served(entry))))
    far = entry.cidr_block or entry.ipv6_cidr_block
    return f"{entry.rule_number} {entry.rule_action} {ports} {far}"
