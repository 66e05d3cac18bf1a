"""A managed node group has SSH open to the world."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.unread import unread
from ringwall.facts import aws
from ringwall.facts.fact import Key

RULE = Rule(
    id="node-remote-access-world",
    title="A managed node group has SSH or Remote Desktop open to the world",
    severity="high",
    kind="pattern",
    remediation="make a node group without remoteAccess, or with sourceSecurityGroups, and delete "
    "this one; use AWS Systems Manager Session Manager for a shell",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per managed node group."""
    groups = dict(audit.facts.of(aws.Nodegroup))
    for key, group in groups.items():
        yield _judge(audit, key, group)
    names = {group.nodegroup_name for group in groups.values()}
    read = {(group.cluster_name, group.nodegroup_name) for group in groups.values()}
    told = _named_by_nodes(audit) if audit.fabric.present else set()
    named = {(cluster, name) for cluster, name in told - read if cluster or name not in names}
    for cluster, name in sorted(named):
        yield _unread(cluster, name)
    yield from unread(audit, RULE, "nodegroup")
    if not (read or named):
        yield RULE.finding("not-applicable", "nodes", reason="no managed node group was read")


def _named_by_nodes(audit: Audit) -> set[tuple[str, str]]:
    """The managed node groups that instances and Nodes say they belong to."""
    found = set()
    for machine in audit.scope.machines:
        entry = audit.fabric.instances.get(machine.instance)
        for tag in (entry[1].tags if entry else None) or ():
            if tag.key == "eks:nodegroup-name":
                found.add((machine.cluster, tag.value))
    for name, cluster in audit.net.world.clusters.items():
        for node in cluster.nodes.values():
            if group := node.labels.get("eks.amazonaws.com/nodegroup"):
                found.add((audit.net.world.eks_names[name] or name, group))
    return found


def _judge(audit: Audit, key: Key, group: aws.Nodegroup) -> Finding:
    access = group.remote_access
    if access is None or not access.ec2_ssh_key:
        return _finding("pass", key, group, "it names no key for remote access")
    if access.source_security_groups:
        sources = ", ".join(access.source_security_groups)
        return _finding("pass", key, group, f"remote access is for members of {sources}")
    port = 3389 if group.ami_type.startswith("WINDOWS") else 22
    opened = group.resources.remote_access_security_group if group.resources else ""
    reason = (
        f"it names a key and no sourceSecurityGroups, so that EKS opens TCP {port} to 0.0.0.0/0"
    )
    carriers = [interface.id for interface in audit.carriers(opened)] if opened else []
    return _finding("fail", key, group, reason, opened, carriers)


def _finding(
    status: str,
    key: Key,
    group: aws.Nodegroup,
    reason: str,
    opened: str = "",
    carriers: list[str] | None = None,
) -> Finding:
    carriers = carriers or []
    return RULE.finding(
        status,
        str(key),
        reason=reason,
        cluster=group.cluster_name,
        objects=[str(key), *filter(None, [opened]), *carriers[:20]],
        count=max(1, len(carriers)),
        examples=carriers or [str(key)],
        evidence={"remote_access_security_group": opened} if opened else {},
    )


def _unread(cluster: str, name: str) -> Finding:
    needs = f"aws eks describe-nodegroup --cluster-name {cluster} --nodegroup-name {name}"
    return RULE.finding(
        "unknown",
        f"nodegroup/{cluster}/{name}",
        reason="its nodes were read, the node group was not",
        cluster=cluster,
        evidence={"needs": [needs]},
    )
