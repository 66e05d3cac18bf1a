"""Network policies one by one, as the rules about a policy's own text look at them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import by_namespace, cluster_cause, cluster_name, workload_ids
from ringwall.check.rule import Rule
from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.labels import selects
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import Truth


@dataclass(frozen=True, slots=True)
class Policy:
    """One NetworkPolicy, the cluster that it stands in, and the pods of its namespace, also those
    on their host's network."""

    cluster: Cluster
    title: str
    key: Key
    body: k8s.NetworkPolicy
    neighbours: Sequence[Pod]

    @property
    def spec(self) -> k8s.NetworkPolicySpec:
        """What it says."""
        return self.body.spec

    def selects(self, pod: Pod) -> Truth:
        """Whether its podSelector fits a pod of its namespace."""
        return selects(self.spec.pod_selector, pod.labels, pod.open_labels)

    @property
    def selected(self) -> list[Pod]:
        """The pods that it selects, perhaps or surely."""
        return [pod for pod in self.neighbours if self.selects(pod).value is not False]

    def finding(
        self,
        rule: Rule,
        status: str,
        reason: str,
        *,
        part: str = "",
        severity: str = "",
        pods: Iterable[Pod] = (),
        evidence: dict[str, Any] | None = None,
    ) -> Finding:
        """What a rule says about it, or about a ``part`` of it (``egress[0]``), and its pods."""
        workloads = workload_ids(pods)
        return rule.finding(
            status,
            f"{self.key}:{part}" if part else str(self.key),
            severity=severity,
            reason=reason,
            cluster=self.title,
            objects=[str(self.key), *workloads],
            count=len(workloads) or 1,
            examples=workloads,
            evidence=evidence,
        )


def each_policy(
    audit: Audit, rule: Rule, judge: Callable[[Policy], Iterable[Finding]]
) -> Iterator[Finding]:
    """What a rule finds in every policy; a cluster without any has nothing to judge."""
    world = audit.net.world
    for cluster in world.clusters.values():
        title = cluster_name(world, cluster.name)
        if not cluster.policies:
            reason = "the cluster has no NetworkPolicy"
            yield rule.finding("not-applicable", cluster_cause(title), reason=reason, cluster=title)
        pods = by_namespace(cluster.pods)
        for key, body in cluster.policies:
            neighbours = pods.get(body.metadata.namespace, ())
            yield from judge(Policy(cluster, title, key, body, neighbours))
