"""Clusters, namespaces and their pods, as the policy rules look at them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ringwall.check.alike import grouped, kin
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts.fact import Facts
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

    audit: Audit
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

    def unread(self, *, wide: bool = False) -> list[str]:
        """What has to be read to know its policies: kinds not read, invalid objects.

        ``wide``: only those that stand in no namespace.
        """
        gaps = self.audit.net.world.policy_gaps(self.cluster.name, self.name)
        return [gap.needs for gap in gaps if not wide or not gap.namespace]

    def finding(
        self,
        rule: Rule,
        status: str,
        reason: str,
        *,
        severity: str = "",
        pods: Iterable[Pod] = (),
        evidence: dict[str, Any] | None = None,
    ) -> Finding:
        """What a rule says about it, by the specification's verdict, and about some of its pods."""
        workloads = workload_ids(pods)
        return rule.finding(
            status,
            self.id,
            severity=severity,
            reason=reason,
            cluster=cluster_name(self.audit.net.world, self.cluster.name),
            objects=workloads,
            count=len(workloads) or 1,
            examples=workloads,
            evidence={"judged": AS_SPECIFIED, **(evidence or {})},
        )

    def undecided(self, rule: Rule, reason: str, needs: Iterable[str]) -> Finding:
        """An unknown, with what would settle it."""
        return self.finding(rule, "unknown", reason, evidence={"needs": sorted(set(needs))})


def each_namespace(
    audit: Audit, judge: Callable[[Space], Iterable[Finding]], *, system: bool = False
) -> Iterator[Finding]:
    """What a rule finds in every namespace, in order, that has a pod which is not on its host's
    network; in those of the system only where ``system`` says so."""
    for cluster in audit.net.world.clusters.values():
        for name, pods in by_namespace(p for p in cluster.pods if not p.host_network).items():
            if system or name not in SYSTEM:
                yield from judge(Space(audit, cluster, name, tuple(pods)))


def by_namespace(pods: Iterable[Pod]) -> dict[str, list[Pod]]:
    """Pods by namespace, in order of its name."""
    found: dict[str, list[Pod]] = {}
    for pod in pods:
        found.setdefault(pod.namespace, []).append(pod)
    return dict(sorted(found.items()))


def cluster_name(world: World, cluster: str) -> str:
    """A cluster's name: its folder's, or that of the EKS cluster it was taken to be."""
    return world.eks_names[cluster]


def cluster_cause(title: str) -> str:
    """What findings about a whole cluster have as their cause."""
    return f"cluster/{title}" if title else "cluster"


def is_dump(facts: Facts, cluster: str) -> bool:
    """Whether an API server told some object of a cluster: then what is missing was not read, and
    where all are manifests it may not be there."""
    mine = (fact.body for key, fact in facts.items() if key.scope == cluster)
    return any(getattr(getattr(body, "metadata", None), "uid", "") for body in mine)


def workload_ids(pods: Iterable[Pod]) -> list[str]:
    """The workloads of pods, each once, in order."""
    return sorted({pod.workload for pod in pods})


def one_per_workload(pods: tuple[Pod, ...]) -> list[Pod]:
    """The first pod of each workload."""
    return list({pod.workload: pod for pod in reversed(pods)}.values())[::-1]


def classes(audit: Audit, pods: Iterable[Pod]) -> list[list[Pod]]:
    """Pods that policies, as specified, cannot tell apart."""
    return alike(audit.specified, pods)


def alike(relation: "Relation", pods: Iterable[Pod]) -> list[list[Pod]]:
    """Pods that a relation cannot tell apart, but for the nodes that they are on."""
    return grouped(pods, lambda pod: kin(relation, pod.id))


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
