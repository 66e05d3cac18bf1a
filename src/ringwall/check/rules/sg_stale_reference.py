"""A rule names a group, peering or prefix list that is gone."""

from collections.abc import Iterator

from msgspec import Struct

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, excused, group_id, rest
from ringwall.check.rule import Rule
from ringwall.facts import aws
from ringwall.facts.fact import Key

_ENDED = ("deleted", "deleting", "expired", "failed", "rejected")
_GROUPS = "aws ec2 describe-security-groups"
_LISTS = "aws ec2 describe-managed-prefix-lists"

RULE = Rule(
    id="sg-stale-reference",
    title="A rule names something that is gone",
    severity="low",
    kind="pattern",
    remediation="revoke it: aws ec2 revoke-security-group-ingress or revoke-security-group-egress",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per rule, of either direction, whose source or destination is gone or not known;
    one per group about which there is nothing to say."""
    if not audit.scope.groups:
        yield RULE.finding("not-applicable", "aws", reason="no security group was read")
    for group in audit.scope.groups:
        rules = audit.fabric.group_rules.get(group, ())
        found = [said for one in rules if (said := _told(audit, *one))]
        yield from found
        yield from rest(audit, RULE, group, found)


def _told(audit: Audit, key: Key, rule: aws.SecurityGroupRule) -> Finding | None:
    """An [[allow]] is about ingress."""
    found = _judge(audit, key, rule)
    if found and rule.direction == "ingress":
        return excused(Ingress(audit, key, rule), found)
    return found


def _judge(audit: Audit, key: Key, rule: aws.SecurityGroupRule) -> Finding | None:
    if rule.peer.startswith("sg-"):
        return _group(audit, key, rule)
    if rule.peer.startswith("pl-") and rule.peer not in audit.fabric.lists:
        if _listed(audit, aws.PrefixList, key.scope, "PrefixLists", _LISTS):
            return _gone(audit, key, rule, f"{rule.peer} is not among the account's prefix lists")
        return _unknown(audit, key, rule, f"{_LISTS} --prefix-list-ids {rule.peer}")
    return None


def _group(audit: Audit, key: Key, rule: aws.SecurityGroupRule) -> Finding | None:
    """A reference across a peering ends with it; AWS itself owns groups under names of its own."""
    if rule.peering_status in _ENDED:
        what = f"peering {rule.peering}, by which it names {rule.peer}, is {rule.peering_status}"
        return _gone(audit, key, rule, what)
    if rule.peer in audit.fabric.groups or (rule.peer_account and not rule.peer_account.isdigit()):
        return None
    at_home = rule.peer_account in ("", _account(audit, key, rule))
    if at_home and _listed(audit, aws.SecurityGroup, key.scope, "SecurityGroups", _GROUPS):
        return _gone(audit, key, rule, f"{rule.peer} is not among the account's groups")
    where = "" if at_home else f", asked in account {rule.peer_account}"
    return _unknown(audit, key, rule, f"{_GROUPS} --group-ids {rule.peer}{where}")


def _account(audit: Audit, key: Key, rule: aws.SecurityGroupRule) -> str:
    entry = audit.fabric.groups.get(rule.group_id)
    return (entry[1].owner_id if entry else "") or key.scope.partition(":")[0]


def _listed(audit: Audit, body: type[Struct], scope: str, kind: str, call: str) -> bool:
    """Whether the whole list of a kind was read of an account and region."""
    return kind not in audit.fabric.incomplete and any(
        key.scope == scope and any(call in origin.via for origin in audit.facts[key].origins)
        for key, _ in audit.facts.of(body)
    )


def _gone(audit: Audit, key: Key, rule: aws.SecurityGroupRule, what: str) -> Finding:
    reason = f"{what}: the rule admits nobody"
    return _finding(audit, "fail", key, rule, reason, {})


def _unknown(audit: Audit, key: Key, rule: aws.SecurityGroupRule, needs: str) -> Finding:
    reason = f"whether {rule.peer} still exists was not read"
    return _finding(audit, "unknown", key, rule, reason, {"needs": needs})


def _finding(
    audit: Audit,
    status: str,
    key: Key,
    rule: aws.SecurityGroupRule,
    reason: str,
    told: dict[str, str],
) -> Finding:
    fields = {"ports": rule.ports, "peer": rule.peer, "rule_id": rule.rule_id}
    return RULE.finding(
        status,
        str(key),
        reason=reason,
        cluster=audit.scope.cluster_of(rule.group_id),
        objects=[group_id(audit, rule.group_id)],
        examples=[str(key)],
        evidence={name: value for name, value in fields.items() if value} | told,
    )
