"""Nothing says what a group or one of its rules is for."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, group_id, rest
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import aws

_SAYS_NOTHING: Final = re.compile(
    r"\s*(managed by terraform|managed by pulumi|launch-wizard.*|default( vpc)? security group"
    r"|security group|sg|none|n/?a|tbd|todo|x+|-+|\.+)?\s*",
    re.IGNORECASE,
)
_MOST_RULES = 20
_MADE_BY_CONTROLLER: Final = (
    "ingress.k8s.aws/resource",
    "service.k8s.aws/resource",
    "elbv2.k8s.aws/resource",
    "gateway.k8s.aws/resource",
)

RULE = Rule(
    id="sg-no-justification",
    title="Nothing says what a group or rule is for",
    severity="low",
    kind="pattern",
    remediation="give it a description and an owner: aws ec2 create-tags, and "
    "aws ec2 update-security-group-rule-descriptions-ingress",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per group that, or some ingress rules of which, nothing explains."""
    if not audit.scope.groups:
        yield RULE.finding("not-applicable", "aws", reason="no security group was read")
    for group in audit.scope.groups:
        found = [] if _is_controllers(audit, group) else list(_judge(audit, group))
        yield from found
        yield from rest(audit, RULE, group, found)


def _is_controllers(audit: Audit, group: str) -> bool:
    """The AWS Load Balancer Controller writes a group's rules and tags it with whom it serves."""
    entry = audit.fabric.groups.get(group)
    return entry is not None and any(t.key in _MADE_BY_CONTROLLER for t in entry[1].tags or ())


def _judge(audit: Audit, group: str) -> Iterator[Finding]:
    if group not in audit.fabric.groups:
        return
    body = audit.fabric.groups[group][1]
    rules = [Ingress(audit, *found) for found in audit.ingress_rules(RULE.id, group)]
    bare = [ingress for ingress in rules if not _explains(audit, *_words(ingress.rule))]
    bare = [ingress for ingress in bare if not ingress.is_eks_own]
    surely = [ingress for ingress in bare if ingress.rule.rule_id]
    if not body.group_name:
        yield _unknown(audit, group, f"aws ec2 describe-security-groups --group-ids {group}")
    elif not _explains(audit, body.description, body.tags or ()) or surely:
        yield _fail(audit, group, _explains(audit, body.description, body.tags or ()), bare)
    elif bare:
        needs = f"aws ec2 describe-security-group-rules --filters Name=group-id,Values={group}"
        yield _unknown(audit, group, needs)


def _words(rule: aws.SecurityGroupRule) -> tuple[str, Iterable[aws.Tag]]:
    return rule.description, rule.tags


def _explains(audit: Audit, description: str, tags: Iterable[aws.Tag]) -> bool:
    """Whether a description says something, or one of the tags that do is there and has a value."""
    wanted = {key.lower() for key in audit.config.tags.justification}
    tagged = any(tag.key.lower() in wanted and tag.value.strip() for tag in tags)
    return tagged or not _SAYS_NOTHING.fullmatch(audit.named(description))


def _fail(audit: Audit, group: str, explained: bool, bare: list[Ingress]) -> Finding:
    what = [
        *([] if explained else ["the group"]),
        *([many(len(bare), "ingress rule")] if bare else []),
    ]
    keys = [str(ingress.key) for ingress in bare]
    return RULE.finding(
        "fail",
        group_id(audit, group),
        reason=f"no description, and none of the tags that could, explains {' and '.join(what)}",
        cluster=audit.scope.cluster_of(group),
        objects=[group_id(audit, group), *keys[:_MOST_RULES]],
        count=len(keys) + (not explained),
        examples=keys or [group_id(audit, group)],
        evidence={"tags": list(audit.config.tags.justification)},
    )


def _unknown(audit: Audit, group: str, needs: str) -> Finding:
    reason = "its descriptions say nothing, and its tags were not read"
    return RULE.finding(
        "unknown",
        group_id(audit, group),
        reason=reason,
        cluster=audit.scope.cluster_of(group),
        evidence={"needs": needs},
    )
