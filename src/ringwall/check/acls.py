"""The network ACLs of the subnets that an audit is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts import aws
from ringwall.facts.fact import Key

_NEEDS = "aws ec2 describe-network-acls"


@dataclass(frozen=True, slots=True)
class Acl:
    """A network ACL, its entries, and its subnets in scope."""

    key: Key
    body: aws.NetworkAcl
    entries: tuple[aws.NetworkAclEntry, ...]
    subnets: tuple[str, ...]


def subnets_in_scope(audit: Audit) -> list[str]:
    """The subnets of interfaces in scope, and those that clusters and node groups name."""
    found = {interface.subnet for interface in audit.scope.interfaces}
    for cluster in audit.fabric.eks.values():
        found.update(cluster.resources_vpc_config.subnet_ids or ())
    for _, group in audit.facts.of(aws.Nodegroup):
        found.update(group.subnets or ())
    if audit.scope.is_whole:
        found.update(audit.fabric.subnets)
    return sorted(found - {""})


def acls_in_scope(audit: Audit) -> tuple[list[Acl], list[str]]:
    """The ACLs of these subnets, in order, and the subnets whose ACL was not read."""
    guarded: dict[Key, list[str]] = {}
    bodies: dict[Key, aws.NetworkAcl] = {}
    unread: list[str] = []
    for subnet in subnets_in_scope(audit):
        entry = audit.fabric.acl_of(subnet)
        if entry is None or entry[1].entries is None:
            unread.append(subnet)
        else:
            bodies[entry[0]] = entry[1]
            guarded.setdefault(entry[0], []).append(subnet)
    found = [
        Acl(key, bodies[key], bodies[key].entries or (), tuple(guarded[key]))
        for key in sorted(guarded)
    ]
    return found, unread


def unread_acls(audit: Audit, rule: Rule, unread: list[str]) -> Iterator[Finding]:
    """One unknown for each subnet whose ACL was not read."""
    for subnet in unread:
        entry = audit.fabric.subnets.get(subnet)
        yield rule.finding(
            "unknown",
            str(entry[0]) if entry else subnet,
            reason="the network ACL of this subnet was not read",
            objects=[subnet],
            examples=[subnet],
            evidence={"needs": [_NEEDS]},
        )
