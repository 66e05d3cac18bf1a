"""Both halves of the world, and what joins them: cluster to EKS, pod to interface."""

from collections.abc import Collection
from dataclasses import dataclass, field

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts, Gap, Key
from ringwall.reach.definition.enforcer import ASSUMED, NOT_ENFORCING, Enforcer, detect
from ringwall.reach.definition.network import Fabric, Interface
from ringwall.reach.definition.packet import Address
from ringwall.reach.definition.pods import Cluster, Node, Pod, clusters
from ringwall.reach.definition.truth import Truth, unknown

_MESH_ROOT = "istio-system"
_MESH = ("authorizationpolicy/", "peerauthentication/", "requestauthentication/", "server/",
         "serverauthorization/")  # fmt: skip


def is_mesh(gap: Gap) -> bool:
    """Whether a policy that was not read is enforced by sidecars, not by the network engine."""
    return gap.object.startswith(_MESH)


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a connection: one address of one thing, as far as the facts tell.

    ``address`` is None for a pod that has none in the input. An end that is neither pod, node nor
    interface is an address outside, or one that nobody owns. ``speaks`` tells the IP families of
    an end whose addresses are not in the facts; ``spare`` is an address of a node's interface that
    waits for a pod and is not the host's own.
    """

    id: str
    address: Address | None = None
    pod: Pod | None = None
    node: Node | None = None
    interface: Interface | None = None
    cluster: str | None = None
    eks: Key | None = None
    service: Key | None = None
    domain: str = ""
    speaks: frozenset[int] = frozenset()
    spare: bool = False

    @property
    def families(self) -> frozenset[int]:
        """The IP families that it can be asked in; empty where the facts do not tell. A pod or
        node without an address is taken to have an IPv4 one."""
        if self.address:
            return frozenset((self.address.family,))
        return frozenset((4,)) if self.pod or self.node else self.speaks

    @property
    def member_of(self) -> str | None:
        """The cluster whose Services it can name: a spare address is no pod's yet."""
        return None if self.spare else self.cluster

    @property
    def outside(self) -> bool:
        """Whether it is an address that no fact owns, in no VPC that the question names."""
        parts = (self.pod, self.node, self.interface, self.eks, self.service)
        return all(part is None for part in parts) and not self.domain


@dataclass(slots=True)
class World:
    """Everything that the definition looks at."""

    facts: Facts
    clusters: dict[str, Cluster] = field(init=False)
    fabric: Fabric = field(init=False)
    eks_names: dict[str, str] = field(init=False)
    links: dict[str, Key] = field(init=False)
    enforcers: dict[str, Enforcer] = field(init=False)
    _assumes: list[tuple[str | None, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._assumes = []
        self.clusters = clusters(self.facts)
        self.fabric = Fabric(self.facts)
        self.eks_names = {name: self._eks_name(name) for name in self.clusters}
        self.links = {name: key for name, eks in self.eks_names.items() for key in self._only(eks)}
        self.enforcers = {
            name: detect(self.facts, name, eks) for name, eks in self.eks_names.items()
        }
        self.fabric.held = {
            address for cluster in self.clusters.values() for address in cluster.held
        }
        self._state_assumptions()

    @property
    def scope(self) -> list[str]:
        """The layers with at least one fact."""
        layers = (("aws", self.fabric.present), ("kubernetes", bool(self.clusters)))
        return [name for name, present in layers if present]

    def _eks_name(self, name: str) -> str:
        """The EKS cluster behind Kubernetes facts: of the same name, of its nodes' instances, or
        the only one that AWS's answers tell of."""
        if name:
            return name
        if found := self._name_by_nodes(name):
            return found
        told = {body.name for body in self.fabric.eks.values()}
        told |= {body.cluster_name for _, body in self.facts.of(aws.Addon)}
        told |= {body.cluster_name for _, body in self.facts.of(aws.Nodegroup)}
        if len(told) != 1:
            return ""
        self._assume(f"the Kubernetes objects are those of EKS cluster `{min(told)}`", name)
        return min(told)

    def _only(self, eks: str) -> list[Key]:
        """The describe-cluster fact of a name, if there is just one."""
        keys = [key for key in self.fabric.eks if key.name == eks]
        return keys if len(keys) == 1 else []

    def _name_by_nodes(self, name: str) -> str:
        found = {
            cluster_tag(self.fabric.instances[node.instance][1].tags)
            for node in self.clusters[name].nodes.values()
            if node.instance in self.fabric.instances
        } - {""}
        return found.pop() if len(found) == 1 else ""

    def assumes(self, clusters: Collection[str] | None = None) -> list[str]:
        """What answers take for granted, in order; of some clusters only, where they are named."""
        return sorted(
            {
                text
                for cluster, text in self._assumes
                if cluster is None or clusters is None or cluster in clusters
            }
        )

    def _state_assumptions(self) -> None:
        self._assumes += [(None, text) for text in self.facts.assumes]
        if not self.fabric.present:
            self._assume("no AWS facts: the AWS layer is taken as open")
        if (self.fabric.igws or self.fabric.eigws) and not self.fabric.public_access_unread:
            self._assume("VPC Block Public Access is taken as off: this version does not read it")
        if not self.clusters:
            self._assume("no Kubernetes facts: the Kubernetes layer is taken as open")
        for name in self.clusters:
            if self.fabric.present and self.settings(name) is None:
                text = "VPC CNI is taken to translate the sources of pods that leave the VPC"
                self._assume(f"{text}: its settings were not read", name)
        for name, cluster in self.clusters.items():
            where = f" in cluster {name}" if name else ""
            if self.enforcers[name].name == ASSUMED:
                self._assume(f"policies assumed enforced as specified{where}", name)
            if self.enforcers[name].name == NOT_ENFORCING:
                self._assume(f"policies are ignored{where}: nothing enforces them", name)
            for namespace in sorted(cluster.known_by_name):
                text = f"namespace {cluster.prefix}{namespace} is known only by name"
                self._assume(f"{text}: it has no labels but its name", name)

    def _assume(self, text: str, cluster: str | None = None) -> None:
        self._assumes.append((cluster, text))

    def vpc_of(self, cluster: str) -> str:
        """The VPC of a cluster, from its EKS answer or its nodes' interfaces; empty if unknown."""
        key = self.links.get(cluster)
        if key is not None and self.fabric.eks[key].resources_vpc_config.vpc_id:
            return self.fabric.eks[key].resources_vpc_config.vpc_id
        for node in self.clusters[cluster].nodes.values():
            if primary := self.fabric.primary_of(node.instance):
                return primary.vpc
        return ""

    def seat(self, pod: Pod) -> Interface | Truth:
        """The interface that a pod's packets use (aws.md 50), or why that is unknown."""
        node = self.clusters[pod.cluster].nodes.get(pod.node)
        if pod.host_network:
            primary = self.fabric.primary_of(node.instance) if node and node.instance else None
            return primary or self._seatless(pod)
        vpc = self.vpc_of(pod.cluster)
        for at in pod.addresses:
            if owner := self.fabric.interface_at(vpc, at):
                return owner
            if not vpc:
                owners = [self.fabric.interface_at(v, at) for v in self.fabric.domains]
                found = [owner for owner in owners if owner]
                if len(found) == 1:
                    return found[0]
        return self._seatless(pod)

    def _seatless(self, pod: Pod) -> Truth:
        if pod.addresses or pod.host_network:
            needs = "the interface of its address: aws ec2 describe-network-interfaces"
        else:
            needs = "its address and node: kubectl get pods -A -o json"
        return unknown("interface-unknown", pod.workload, needs)

    def settings(self, cluster: str) -> dict[str, str] | None:
        """The VPC CNI's settings: of the aws-node DaemonSet, else of the add-on; None if unread."""
        if cluster not in self.clusters:
            return None
        for key, body in self.facts.of(k8s.DaemonSet):
            if key.scope == cluster and body.metadata.name == "aws-node":
                return {k: v for agent in body.agents for k, v in agent.settings.items()}
        eks = self.eks_names[cluster]
        for _, addon in self.facts.of(aws.Addon):
            if eks and addon.addon_name == "vpc-cni" and addon.cluster_name == eks:
                return {k.removeprefix("env."): v for k, v in addon.settings.items()}
        return None

    def policy_gaps(self, cluster: str, namespace: str) -> list[Gap]:
        """Policies that were not read and may select the pods of a namespace; a mesh's policies in
        its root namespace concern every pod."""
        found = self.gaps(cluster, namespace, "policy")
        if namespace != _MESH_ROOT:
            found += [gap for gap in self.gaps(cluster, _MESH_ROOT, "policy")
                      if is_mesh(gap) and gap not in found]  # fmt: skip
        return found

    def gaps(self, cluster: str, namespace: str, effect: str) -> list[Gap]:
        """What was not read and may concern the pods of a namespace."""
        return [
            gap
            for gap in self.facts.gaps
            if gap.effect == effect and gap.scope == cluster and gap.namespace in ("", namespace)
        ]


def cluster_tag(tags: tuple[aws.Tag, ...] | None) -> str:
    """The cluster that an AWS object's tags name."""
    for tag in tags or ():
        if tag.key in ("eks:cluster-name", "aws:eks:cluster-name"):
            return tag.value
        if tag.key.startswith("kubernetes.io/cluster/"):
            return tag.key.rpartition("/")[2]
    return ""
