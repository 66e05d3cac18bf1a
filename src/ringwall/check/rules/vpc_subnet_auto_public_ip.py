"""A subnet of a cluster gives a public address to whatever is launched in it."""

from collections import defaultdict
from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.blueprints import blueprints
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.facts import aws
from ringwall.reach.definition.world import cluster_tag

_TAGGED = "tagged for it"

RULE = Rule(
    id="vpc-subnet-auto-public-ip",
    title="A subnet of the cluster gives public addresses to what is launched in it",
    severity="high",
    kind="pattern",
    remediation="aws ec2 modify-subnet-attribute --subnet-id SUBNET --no-map-public-ip-on-launch",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per subnet that a cluster uses."""
    uses = _uses(audit)
    if not uses:
        yield RULE.finding("not-applicable", "aws", reason="no subnet of a cluster was read")
    for name in sorted(uses):
        yield _judge(audit, name, uses[name])


def _uses(audit: Audit) -> dict[str, set[tuple[str, str]]]:
    """Subnet → the clusters that use it, each with what for."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for cluster in audit.fabric.eks.values():
        for name in cluster.resources_vpc_config.subnet_ids or ():
            found[name].add((cluster.name, "named in its configuration"))
    for one in blueprints(audit):
        for name in one.subnets:
            use = f"where {one.id} starts nodes"
            found[name] |= {(cluster, use) for cluster in one.clusters or ("",)}
    for machine in audit.scope.machines:
        for name in _places(audit, machine):
            found[name].add((machine.cluster, "with nodes in it"))
    for name, (_, subnet) in audit.fabric.subnets.items():
        for cluster_name in _tagged_for(subnet):
            found[name].add((cluster_name, _TAGGED))
        if audit.scope.is_whole:
            found[name].add(("", "read without a cluster"))
    found.pop("", None)
    return found


def _places(audit: Audit, machine: Machine) -> set[str]:
    """The subnets that a node stands in; an instance by itself says one."""
    entry = audit.fabric.instances.get(machine.instance)
    return {interface.subnet for interface in machine.interfaces} or (
        {entry[1].subnet_id} if entry else set()
    )


def _tagged_for(subnet: aws.Subnet) -> Iterator[str]:
    """A subnet may carry the tags of several clusters."""
    for tag in subnet.tags or ():
        if cluster := cluster_tag((tag,)):
            yield cluster


def _judge(audit: Audit, name: str, uses: set[tuple[str, str]]) -> Finding:
    """A subnet that is only tagged is for load balancers, whose addresses do not hang on this."""
    entry = audit.fabric.subnets.get(name)
    cause, maps = str(entry[0]) if entry else name, entry and entry[1].map_public_ip_on_launch
    only_tagged = {use for _, use in uses} == {_TAGGED}
    clusters = {cluster for cluster, _ in uses}
    ordered = sorted(uses, key=lambda one: (one[1] == _TAGGED, one))
    used = [f"{cluster}: {use}" if cluster else use for cluster, use in ordered]
    status, reason = _verdict(maps)
    needs = [] if status != "unknown" else [f"aws ec2 describe-subnets --subnet-ids {name}"]
    return RULE.finding(
        status,
        cause,
        severity="medium" if only_tagged else RULE.severity,
        reason=reason,
        cluster=clusters.pop() if len(clusters) == 1 else "",
        objects=[cause],
        examples=used,
        evidence={"used": used} | ({"needs": needs} if needs else {}),
    )


def _verdict(maps: bool | None) -> tuple[str, str]:
    if maps is None:
        return "unknown", "whether the subnet gives public addresses was not read"
    if maps:
        return "fail", "whatever is launched in it gets a public IPv4 address"
    return "pass", "it gives no public address by itself"
