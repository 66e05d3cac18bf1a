"""The cluster's group admits everything from itself, and pods share it."""

from collections.abc import Iterator
from typing import Final

from ringwall.check.admitted import blocks_in, one_of
from ringwall.check.audit import Audit
from ringwall.check.exposure import CLOSED, COMES_BACK, Use, first_need, goes_by, worst
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, excused, group_id
from ringwall.check.namespaces import SYSTEM, alike, endpoint_of
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.pods import Pod
from ringwall.reach.ids import endpoint
from ringwall.space.services import ServiceSet

_NEEDED: Final = ServiceSet.parse("tcp/443 tcp/53 udp/53")
"""Pods need the API server and names (aws.md 46)."""
_NOT_NEEDED: Final = ServiceSet.parse("tcp/1-65535 udp/1-65535") - _NEEDED

RULE = Rule(
    id="sg-cluster-self-all",
    title="Pods share the group in which nodes and control plane admit everything",
    severity="medium",
    kind="both",
    remediation="give nodes a group of their own by a launch template, or pods one by a "
    "SecurityGroupPolicy, with the ports that they need",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster whose cluster security group was told."""
    clusters = audit.fabric.eks
    if not clusters:
        yield RULE.finding("not-applicable", "aws", reason="no EKS cluster was read")
    for key, cluster in clusters.items():
        if cluster.resources_vpc_config.cluster_security_group_id:
            yield _judge(audit, key, cluster)
        else:
            reason = "the cluster's answer names no cluster security group"
            yield RULE.finding("not-applicable", str(key), reason=reason, cluster=cluster.name)


def _judge(audit: Audit, key: Key, cluster: aws.Cluster) -> Finding:
    group = cluster.resources_vpc_config.cluster_security_group_id
    rules = [Ingress(audit, *found) for found in audit.every_ingress_rule(group)]
    whole = [one for one in rules if one.is_eks_own]
    cause = str(whole[0].key) if whole else group_id(audit, group)
    if not whole and not audit.fabric.tells(group):
        needs = f"aws ec2 describe-security-groups --group-ids {group}"
        return _unknown(cause, cluster, "the rules of its cluster security group", needs)
    if not whole:
        reason = "no rule admits everything from the cluster security group to itself"
        return RULE.finding("pass", cause, reason=reason, cluster=cluster.name)
    return excused(whole[0], _of_rule(audit, whole[0], key, cluster))


def _of_rule(audit: Audit, rule: Ingress, key: Key, cluster: aws.Cluster) -> Finding:
    scopes = [scope for scope, eks in audit.net.world.links.items() if eks == key]
    pods = [pod for scope in scopes for pod in audit.net.world.clusters[scope].pods]
    if not pods:
        needs = "kubectl get pods --all-namespaces -o json"
        return _unknown(str(rule.key), cluster, "its pods", needs)
    return _shared(audit, rule, cluster, pods)


def _unknown(cause: str, cluster: aws.Cluster, what: str, needs: str) -> Finding:
    reason = f"{what} were not read"
    evidence = {"needs": needs}
    return RULE.finding("unknown", cause, reason=reason, cluster=cluster.name, evidence=evidence)


def _shared(audit: Audit, rule: Ingress, cluster: aws.Cluster, pods: list[Pod]) -> Finding:
    """Whether pods have the group, and whether a policy keeps all of them from using it."""
    seats = [(pod, audit.net.world.seat(pod)) for pod in pods if not pod.host_network]
    known = [(pod, seat) for pod, seat in seats if isinstance(seat, Interface)]
    sharing = [pod for pod, seat in known if rule.group in seat.groups]
    if not sharing and len(known) < len(seats):
        needs = "the interfaces of the pods: aws ec2 describe-network-interfaces"
        return _unknown(str(rule.key), cluster, "the groups of its pods", needs)
    if not sharing:
        reason = "no pod has the cluster security group"
        return RULE.finding("pass", str(rule.key), reason=reason, cluster=cluster.name)
    mine = [pod for pod in sharing if pod.namespace not in SYSTEM]
    use = _use(audit, rule, [same[0] for same in alike(audit.relation, mine)])
    outlook = {
        "open": "one of them gets to a node or the control plane on a port that it does not need",
        "closed": "policies keep them from nodes and control plane",
    }.get(use.word, "whether policies keep them from nodes and control plane cannot be decided")
    return rule.finding(
        RULE,
        "unknown" if use.word == "unknown" else "fail",
        use.severity("medium", "medium"),
        f"{many(len(sharing), 'pod')} of the cluster may use the rule, and {outlook}",
        use,
        pods=len(sharing),
        **({"needs": use.needs} if use.needs else {}),
    )


def _use(audit: Audit, rule: Ingress, pods: list[Pod]) -> Use:
    """Whether a pod gets by the rule to a node or the control plane. Pods that AWS and Kubernetes
    run are left out: they need their ways."""
    targets = _targets(audit, rule.group)
    return worst(_way(audit, rule, pod, target) for target in targets for pod in pods)


def _targets(audit: Audit, group: str) -> list[str]:
    """Two of each kind of the nodes and the control plane's interfaces."""
    nodes = {
        interface.name: machine.id
        for machine in audit.scope.machines
        for interface in machine.interfaces
        if interface.primary
    }
    planes = {
        i.name: i.id for c in audit.fabric.eks.values() for i in audit.fabric.control_plane(c)
    }
    ids = planes | nodes
    own = [interface for interface in audit.carriers(group) if interface.name in ids]
    return [ids[interface.name] for interface in audit.ways.examples(own)]


def _way(audit: Audit, rule: Ingress, pod: Pod, target: str) -> Use:
    """One pod's way to one of them: the engine says on which services, the definition by what."""
    src, dst = endpoint_of(audit.net.world, pod), endpoint(audit.net.world, target)
    undecided = CLOSED
    for answer in audit.relation.between(pod.id, target, _NOT_NEEDED):
        asked = () if answer.verdict == "blocked" else blocks_in(one_of(answer.services))
        for outcome in audit.net.outcomes(src, dst, asked):
            used = [p for p in outcome.cell.paths if goes_by(p, frozenset((rule.key,)))]
            if any(path.truth.value and path.reply in COMES_BACK for path in used):
                return Use("open", outcome)
            if used:
                undecided = Use("unknown", needs=first_need(used))
    return undecided
