"""A resource of the network lacks the tags that say whose it is and what for."""

from collections.abc import Iterator
from typing import NamedTuple

from ringwall.check.acls import subnets_in_scope
from ringwall.check.audit import Audit
from ringwall.check.blueprints import blueprints
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.unread import unread
from ringwall.facts import aws

RULE = Rule(
    id="tag-network-resources",
    title="A resource of the network lacks required tags",
    severity="low",
    kind="pattern",
    remediation="add them: aws ec2 create-tags, aws elbv2 add-tags; better in the code that makes "
    "the resource",
)


class _Resource(NamedTuple):
    """A resource, its tags (None: not read), the call that tells them, and its cluster."""

    id: str
    tags: dict[str, str] | None
    call: str
    cluster: str = ""


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per security group, subnet, load balancer and launch template in scope."""
    if not audit.config.tags.required:
        reason = "no tag is required: name them in ringwall.toml as required of [tags]"
        yield RULE.finding("not-applicable", "aws", reason=reason)
        return
    found = [*_groups(audit), *_subnets(audit), *_balancers(audit), *_templates(audit)]
    if not found:
        yield RULE.finding("not-applicable", "aws", reason="no resource of a cluster was read")
    for resource in found:
        yield _judge(resource, audit.config.tags.required)
    yield from unread(audit, RULE, "LoadBalancers LoadBalancerDescriptions")


def _judge(resource: _Resource, required: tuple[str, ...]) -> Finding:
    missing = [key for key in required if not (resource.tags or {}).get(key, "").strip()]
    if resource.tags is None:
        status, reason = "unknown", "its tags were not read"
        evidence: dict[str, object] = {"needs": [resource.call]}
    elif missing:
        status, reason = "fail", f"it has no tag {', '.join(missing)}"
        evidence = {"missing": missing, "tags": resource.tags}
    else:
        status, reason, evidence = "pass", "it has every required tag", {}
    return RULE.finding(
        status,
        resource.id,
        reason=reason,
        cluster=resource.cluster,
        objects=[resource.id],
        count=max(1, len(missing)),
        examples=missing,
        evidence=evidence,
    )


def _told(tags: tuple[aws.Tag, ...] | None) -> dict[str, str]:
    """EC2 leaves the list out where a resource has no tags."""
    return {tag.key: tag.value for tag in tags or ()}


def _groups(audit: Audit) -> Iterator[_Resource]:
    for name in audit.scope.groups:
        entry, call = audit.fabric.groups.get(name), "aws ec2 describe-security-groups"
        key, tags = (str(entry[0]), _told(entry[1].tags)) if entry else (name, None)
        yield _Resource(key, tags, f"{call} --group-ids {name}", audit.scope.cluster_of(name))


def _subnets(audit: Audit) -> Iterator[_Resource]:
    for name in subnets_in_scope(audit):
        entry, call = audit.fabric.subnets.get(name), "aws ec2 describe-subnets"
        key, tags = (str(entry[0]), _told(entry[1].tags)) if entry else (name, None)
        yield _Resource(key, tags, f"{call} --subnet-ids {name}")


def _balancers(audit: Audit) -> Iterator[_Resource]:
    """Load balancers tell their tags in an answer of their own."""
    told = {key.name: body.tags for key, body in audit.facts.of(aws.TagDescription)}
    vpcs = {interface.vpc for interface in audit.scope.interfaces}
    for key, body in audit.facts.of(aws.LoadBalancer):
        name, arn = body.load_balancer_name, body.load_balancer_arn
        call = f"elbv2 describe-tags --resource-arns {arn}"
        call = call if arn else f"elb describe-tags --load-balancer-names {name}"
        if audit.scope.is_whole or body.vpc_id in vpcs:
            yield _Resource(str(key), _told(told[name]) if name in told else None, f"aws {call}")


def _templates(audit: Audit) -> Iterator[_Resource]:
    """The launch templates that nodes are made from."""
    read = {str(key): body for key, body in audit.facts.of(aws.LaunchTemplate)}
    for one in blueprints(audit):
        name = one.id.rpartition("!")[2]
        if name.startswith("lt-"):
            tags = _told(read[one.id].tags) if one.id in read else None
            call = f"aws ec2 describe-launch-templates --launch-template-ids {name}"
            yield _Resource(one.id, tags, call, one.cluster)
