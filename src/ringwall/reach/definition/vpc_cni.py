"""What the VPC CNI does to a pod's packets: which interface they leave by, and as whom.

Sources: amazon-vpc-cni-k8s README (AWS_VPC_K8S_CNI_EXTERNALSNAT,
AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS, POD_SECURITY_GROUP_ENFORCING_MODE); aws.md 50–52.
"""

from dataclasses import dataclass

from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.packet import OTHER_CLIENTS, Packet, is_public, network
from ringwall.reach.definition.path import Hop
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.truth import YES, Truth, every, known, some, unknown
from ringwall.reach.definition.world import World


@dataclass(frozen=True, slots=True)
class Departure:
    """The interface a packet leaves by, the packet as it looks there, and the step, if any."""

    interface: Interface
    packet: Packet
    hop: Hop | None = None


def depart(world: World, pod: Pod, seat: Interface, packet: Packet) -> Departure:
    """A pod's packet at its interface: translated to the node's primary address where it leaves
    the VPC's IPv4 blocks, unless settings say otherwise."""
    truth = _translates(world, pod, seat, packet)
    if truth.value is False:
        return Departure(seat, packet)
    node = world.clusters[pod.cluster].nodes.get(pod.node)
    primary = world.fabric.primary_of((node.instance if node else "") or seat.instance)
    source = primary.first_address if primary else None
    if primary is None or source is None:
        needs = "the node's primary interface: aws ec2 describe-network-interfaces"
        doubt = unknown("primary-unknown", seat.id, needs)
        return Departure(seat, packet, Hop(seat.id, "source-nat", doubt, packet))
    translated = packet.with_source(source, OTHER_CLIENTS)
    note = f"source becomes {source}, the node's primary address"
    truth = YES if truth.value else truth
    hop = Hop(primary.id, "source-nat", truth, translated, translates=True, note=note)
    return Departure(primary, translated, hop)


def _translates(world: World, pod: Pod, seat: Interface, packet: Packet) -> Truth:
    settings = world.settings(pod.cluster) or {}
    off = settings.get("AWS_VPC_K8S_CNI_EXTERNALSNAT", "").lower() == "true"
    branch = seat.kind == "branch" and not _standard_mode(settings)
    if pod.host_network or packet.dst.family == 6 or off or branch or _on_fargate(world, pod):
        return known(False)
    excluded = settings.get("AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", "").split(",")
    kept = some(packet.dst.inside(network(text.strip())) for text in excluded if text.strip())
    return every((~kept, _leaves_vpc(world, seat, packet)))


def _standard_mode(settings: dict[str, str]) -> bool:
    return settings.get("POD_SECURITY_GROUP_ENFORCING_MODE", "").lower() == "standard"


def _on_fargate(world: World, pod: Pod) -> bool:
    """A Fargate pod has an interface of its own and no node that translates (58)."""
    node = world.clusters[pod.cluster].nodes.get(pod.node)
    labels = node.labels if node else {}
    on = labels.get("eks.amazonaws.com/compute-type") == "fargate"
    return on or "eks.amazonaws.com/fargate-profile" in pod.labels


def _leaves_vpc(world: World, seat: Interface, packet: Packet) -> Truth:
    blocks = [block for block in world.fabric.vpc_blocks(seat.vpc) if block.version == 4]
    if blocks:
        return ~some(packet.dst.inside(block) for block in blocks)
    if is_public(packet.dst).value is True:
        return YES
    return unknown("vpc-not-read", seat.vpc, "the VPC's blocks: aws ec2 describe-vpcs")


def skips_fabric(world: World, cluster: str, *seats: Interface | Truth | None) -> bool:
    """Whether traffic inside one node meets no security group: always, except with a branch
    interface in strict mode (aws.md 14, 52)."""
    branch = any(isinstance(seat, Interface) and seat.kind == "branch" for seat in seats)
    settings = world.settings(cluster) or {}
    return not branch or _standard_mode(settings)
