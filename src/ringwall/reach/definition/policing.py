"""The policy gate of one pod: the engine's word on what its policies say."""

from ringwall.facts.fact import Gap
from ringwall.reach.definition import networkpolicy
from ringwall.reach.definition.enforcer import ASSUMED, NOT_ENFORCING
from ringwall.reach.definition.networkpolicy import Far
from ringwall.reach.definition.packet import Packet
from ringwall.reach.definition.path import Hop
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.truth import YES, Reason, Truth, unknown
from ringwall.reach.definition.world import World, is_mesh


def gate(
    world: World,
    pod: Pod,
    direction: str,
    far: Far,
    packet: Packet,
    *,
    own_node: bool = False,
    specification: bool = False,
) -> Hop:
    """What a pod's policies do to a packet in one direction (``ingress`` or ``egress``).

    ``own_node``: the far end is the node that the pod runs on; ``specification``: judge as
    specified, whatever engine there is.
    """
    name = f"policy-{direction}"
    if pod.host_network or pod.windows_or_fargate:
        why = "on the host's network" if pod.host_network else "on Fargate or Windows"
        return Hop(pod.id, name, YES, packet, note=f"not policed: {why}")
    if own_node:
        note = "traffic between a pod and its own node is always allowed"
        return Hop(pod.id, name, YES, packet, note=note)
    enforcer = world.enforcers[pod.cluster]
    cluster = world.clusters[pod.cluster]
    gaps = world.policy_gaps(pod.cluster, pod.namespace)
    if enforcer.name == NOT_ENFORCING and not specification:
        gaps = [gap for gap in gaps if is_mesh(gap)]  # sidecars enforce without the engine
        if not gaps:
            note = "policies are ignored: nothing enforces them"
            return Hop(pod.id, name, YES, packet, note=note)
    if gaps:
        policies = networkpolicy.isolating(cluster, pod, direction)
        truth = Truth(None, frozenset(_reason(gap) for gap in gaps))
        keys = tuple(key for key, _ in policies)
        return Hop(pod.id, name, truth, packet, isolated_by=keys)
    if enforcer.name == ASSUMED or specification:
        judged = networkpolicy.judge(cluster, pod, direction, far)
        return Hop(
            pod.id,
            name,
            judged.truth,
            packet,
            judged.rules,
            judged.isolated_by,
            default=judged.truth.value is False or not judged.rules,
            note="" if judged.isolated_by else "no policy selects the pod in this direction",
        )
    return _not_modelled(world, pod, direction, packet)


def _reason(gap: Gap) -> Reason:
    return Reason(gap.code, gap.object, gap.needs)


def _not_modelled(world: World, pod: Pod, direction: str, packet: Packet) -> Hop:
    """Under an engine that is not modelled a policy that selects the pod may do anything."""
    name, enforcer = f"policy-{direction}", world.enforcers[pod.cluster]
    cluster = world.clusters[pod.cluster]
    keys = tuple(key for key, _ in networkpolicy.isolating(cluster, pod, direction))
    if not keys and not enforcer.default_deny:
        note = "no policy selects the pod in this direction"
        return Hop(pod.id, name, YES, packet, default=True, note=note)
    if enforcer.name == "unclear":
        truth = unknown("enforcer-unclear", cluster.name or "cluster", enforcer.problem)
    else:
        needs = f"how {enforcer.name} enforces policies is not modelled by this version"
        truth = unknown("enforcer-not-modelled", enforcer.name, needs)
    return Hop(pod.id, name, truth, packet, isolated_by=keys, note=f"enforced by {enforcer.name}")


def host_gate(world: World, name: str, cluster: str, direction: str, packet: Packet) -> Hop | None:
    """Policies for hosts (Calico's HostEndpoints, Cilium's node policies) are not read: where there
    are some, what they do to nodes and to pods on the host's network is unknown."""
    gaps = [
        gap
        for gap in world.gaps(cluster, "", "policy")
        if gap.object.startswith(("hostendpoint/", "ciliumclusterwidenetworkpolicy/"))
    ]
    if not gaps:
        return None
    truth = Truth(None, frozenset(_reason(gap) for gap in gaps))
    return Hop(name, f"policy-{direction}", truth, packet, note="policies for hosts")
