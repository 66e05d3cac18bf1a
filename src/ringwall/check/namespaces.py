"""Clusters, namespaces and their pods, as the policy rules look at them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringwall.check.audit import Audit
from ringwall.reach.definition.judge import Question, paths
from ringwall.reach.definition.packet import Address, Service
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import Truth, some
from ringwall.reach.definition.world import Party, World
from ringwall.reach.ids import Endpoint, Member, pod_parties
from ringwall.space.services import ServiceSet

if TYPE_CHECKING:
    from ringwall.reach.engine.relation import Relation

SYSTEM: Final = ("kube-system", "kube-public", "kube-node-lease")
"""Run by AWS and Kubernetes themselves: their add-ons bring their own needs, and a policy of
yours that cuts them off stops the cluster."""
AS_SPECIFIED: Final = "by what the specification says, whatever the engine does"


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace with pods that policies can police."""

    cluster: Cluster
    name: str
    pods: tuple[Pod, ...]

    @property
    def id(self) -> str:
        """Its id in findings."""
        return f"{self.cluster.prefix}namespace/{self.name}"

    @property
    def has_policy(self) -> bool:
        """Whether a NetworkPolicy stands in it."""
        return bool(self.cluster.policies_in(self.name))


def spaces(audit: Audit) -> Iterator[Space]:
    """Every namespace, in order, that has a pod which is not on its host's network."""
    for cluster in audit.net.world.clusters.values():
        for name in sorted(cluster.namespaces):
            pods = tuple(p for p in cluster.pods if p.namespace == name and not p.host_network)
            if pods:
                yield Space(cluster, name, pods)


def cluster_name(world: World, cluster: str) -> str:
    """A cluster's name: its folder's, or that of the EKS cluster it was taken to be."""
    return world.eks_names[cluster]


def unread_policies(audit: Audit, space: Space, *, wide: bool) -> list[str]:
    """What has to be read to know the policies of a namespace: kinds not read, invalid objects.

    ``wide``: only those that stand in no namespace.
    """
    gaps = audit.net.world.policy_gaps(space.cluster.name, space.name)
    return [gap.needs for gap in gaps if not wide or not gap.namespace]


def workload_ids(pods: Iterator[Pod] | tuple[Pod, ...] | list[Pod]) -> list[str]:
    """The workloads of pods, each once, in order."""
    return sorted({pod.workload for pod in pods})


def one_per_workload(pods: tuple[Pod, ...]) -> list[Pod]:
    """The first pod of each workload."""
    return list({pod.workload: pod for pod in reversed(pods)}.values())[::-1]


def classes(audit: Audit, pods: Iterable[Pod]) -> list[list[Pod]]:
    """Pods that policies, as specified, cannot tell apart."""
    engine, found = audit.specified.engine, dict[int, list[Pod]]()
    for pod in pods:
        one = engine.model.holders.of(pod.id)[0]
        found.setdefault(engine.class_of(one), []).append(pod)
    return list(found.values())


def services_between(relation: "Relation", src: Pod, dst: Pod, verdict: str) -> ServiceSet:
    """The services from one pod to another of which the engine says that they are ``allowed``,
    ``blocked`` or ``unknown``."""
    answers = relation.between(src.id, dst.id)
    mine = (answer.services for answer in answers if answer.verdict == verdict)
    return ServiceSet(span for services in mine for span in services.ranges)


def endpoint_of(world: World, pod: Pod) -> Endpoint:
    """One pod as an end of a question."""
    return Endpoint(pod.id, "workload", (Member(pod_parties(world, pod)),))


def policy_truth(
    world: World,
    src: Pod,
    dst: Party,
    asked: Service,
    before: tuple[Address, Service] | None = None,
) -> Truth:
    """What the policies of both ends, as specified, say about one packet."""
    party = pod_parties(world, src)[0]
    question = Question(party, dst, asked, specification=True, policies_only=True, before=before)
    return some(path.truth for path in paths(world, question))
