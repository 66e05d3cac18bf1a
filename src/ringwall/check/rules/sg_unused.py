"""A group is on no interface."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import group_id
from ringwall.check.rule import Rule
from ringwall.check.scope import configured_groups
from ringwall.check.words import many
from ringwall.facts import aws

_DEFAULT = "default"
_MOST_RULES = 20

RULE = Rule(
    id="sg-unused",
    title="A group is attached to nothing",
    severity="low",
    kind="pattern",
    remediation="revoke the rules that name it, then delete it: aws ec2 delete-security-group",
    folds=("sg-no-justification",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per group in scope."""
    if not audit.scope.groups:
        yield RULE.finding("not-applicable", "aws", reason="no security group was read")
    used, named = _used(audit), _named(audit)
    for group in audit.scope.groups:
        if group in used:
            reason = "an interface, a cluster or a load balancer has it"
            cluster = audit.scope.cluster_of(group)
            yield RULE.finding("pass", group_id(audit, group), reason=reason, cluster=cluster)
        else:
            yield _judge(audit, group, named.get(group, []))


def _used(audit: Audit) -> set[str]:
    """The groups that interfaces carry, and those that clusters and load balancers are set to."""
    found = {group for i in audit.fabric.interfaces.values() for group in i.groups}
    for cluster in audit.fabric.eks.values():
        found |= configured_groups(cluster)
    for _, balancer in audit.facts.of(aws.LoadBalancer):
        found |= set(balancer.security_groups or ())
    return found


def _named(audit: Audit) -> dict[str, list[str]]:
    """Group → the rules of other groups that name it."""
    found: dict[str, list[str]] = {}
    for key, rule in audit.facts.of(aws.SecurityGroupRule):
        if rule.peer != rule.group_id:
            found.setdefault(rule.peer, []).append(str(key))
    return found


def _judge(audit: Audit, group: str, rules: list[str]) -> Finding:
    cause, cluster = group_id(audit, group), audit.scope.cluster_of(group)
    body = audit.fabric.groups[group][1] if group in audit.fabric.groups else None
    if body and body.group_name == _DEFAULT:
        reason = "it is the default group of its VPC, which cannot be deleted"
        return RULE.finding("pass", cause, reason=reason, cluster=cluster)
    if not (body and audit.fabric.knows_all_interfaces(body.vpc_id)):
        needs = {"needs": "aws ec2 describe-network-interfaces"}
        reason = "not every interface that could have it was read"
        return RULE.finding("unknown", cause, reason=reason, cluster=cluster, evidence=needs)
    also = f"; {many(len(rules), 'rule')} of other groups name it" if rules else ""
    return RULE.finding(
        "fail",
        cause,
        reason=f"no interface of its VPC has it{also}",
        cluster=cluster,
        objects=[cause, *rules[:_MOST_RULES]],
        examples=[cause],
        evidence={"named_by": rules[:_MOST_RULES]},
    )
