"""The VPC's default group sits on a cluster's interfaces."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.fronts import is_balancer
from ringwall.check.groups import group_id
from ringwall.check.rule import Rule
from ringwall.check.scope import configured_groups
from ringwall.check.words import many
from ringwall.facts import aws

_DEFAULT = "default"
_MOST_INTERFACES = 20

RULE = Rule(
    id="sg-default-on-eks",
    title="The VPC's default group is on a cluster's interfaces",
    severity="medium",
    kind="pattern",
    remediation="give the interfaces a group of their own, then take the default one off: "
    "aws ec2 modify-network-interface-attribute --groups",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per group of the control plane, the nodes and the pods."""
    names, carried = _names(audit), _carried(audit)
    if not carried:
        reason = "no interface and no setting of a cluster, node or pod was read"
        yield RULE.finding("not-applicable", "aws", reason=reason)
    for group in sorted(carried):
        yield _judge(audit, group, names.get(group, ""), carried[group])
    if not audit.fabric.interfaces:
        yield from _unread(audit)


def _names(audit: Audit) -> dict[str, str]:
    """The names of groups, by their own answer and by those of the interfaces."""
    carriers = audit.facts.of(aws.NetworkInterface)
    found = {g.group_id: g.group_name for _, body in carriers for g in body.groups or ()}
    told = {group: body.group_name for group, (_, body) in audit.fabric.groups.items()}
    return found | {group: name for group, name in told.items() if name}


def _carried(audit: Audit) -> dict[str, list[str]]:
    """The groups of clusters, each with the interfaces that have it; those that a cluster's
    settings name are on its control plane, whatever was read of that."""
    found: dict[str, list[str]] = {}
    for cluster in audit.fabric.eks.values():
        for group in configured_groups(cluster):
            found.setdefault(group, [])
    interfaces = (audit.fabric.interfaces[name] for name in sorted(audit.scope.own))
    for interface in interfaces:
        for group in interface.groups if not is_balancer(interface) else ():
            found.setdefault(group, []).append(interface.id)
    return found


def _judge(audit: Audit, group: str, name: str, interfaces: list[str]) -> Finding:
    cause, cluster = group_id(audit, group), audit.scope.cluster_of(group)
    if name and name != _DEFAULT:
        reason = "it is not the default group of a VPC"
        return RULE.finding("pass", cause, reason=reason, cluster=cluster)
    if not name:
        needs = f"aws ec2 describe-security-groups --group-ids {group}"
        reason = "the group's name was not read"
        return RULE.finding(
            "unknown", cause, reason=reason, cluster=cluster, evidence={"needs": needs}
        )
    where = many(len(interfaces), "interface") if interfaces else "the control plane"
    return RULE.finding(
        "fail",
        cause,
        reason=f"the default group of its VPC is on {where} of a cluster: whatever else is "
        "started without naming a group shares it",
        cluster=cluster,
        objects=[cause, *interfaces[:_MOST_INTERFACES]],
        count=max(1, len(interfaces)),
        examples=interfaces,
    )


def _unread(audit: Audit) -> Iterator[Finding]:
    needs = "aws ec2 describe-network-interfaces"
    reason = "the groups of its nodes and pods were not read"
    for key, cluster in audit.fabric.eks.items():
        evidence = {"needs": needs}
        yield RULE.finding(
            "unknown", str(key), reason=reason, cluster=cluster.name, evidence=evidence
        )
