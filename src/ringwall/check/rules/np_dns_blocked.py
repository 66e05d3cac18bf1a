"""Workloads whose egress policies forgot the cluster's DNS."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import (
    Space,
    classes,
    each_namespace,
    policy_truth,
    workload_ids,
)
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.packet import TCP, UDP, Address, address, service
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import Truth, some
from ringwall.reach.definition.world import Party, World
from ringwall.reach.ids import pod_parties

RULE = Rule(
    id="np-dns-blocked",
    title="Workloads under egress policies cannot ask the cluster's DNS",
    severity="high",
    kind="reach",
    remediation="allow egress to pods k8s-app=kube-dns of kube-system on UDP 53 and TCP 53",
    policies=True,
)
_NAMESPACE: Final = "kube-system"
_LABELS: Final = {"k8s-app": "kube-dns"}
_SERVICE: Final = "kube-dns"


@dataclass(frozen=True, slots=True)
class _Dns:
    """The DNS of a cluster: its pods (or one that stands for them), its Service's address."""

    parties: tuple[Party, ...]
    address: Address | None


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace that has workloads isolated for egress."""
    world = audit.net.world
    served = {name: _dns(world, cluster) for name, cluster in world.clusters.items()}
    return each_namespace(
        audit, lambda space: _judge(space, served[space.cluster.name]), system=True
    )


def _asks_dns(space: Space, pod: Pod) -> bool:
    isolated = bool(space.audit.isolating(space.cluster, pod, "egress"))
    return isolated and pod.dns_policy != "None"


def _dns(world: World, cluster: Cluster) -> _Dns:
    pods = [
        pod
        for pod in cluster.pods
        if pod.namespace == _NAMESPACE and pod.labels.get("k8s-app") == "kube-dns"
    ]
    parties = tuple(party for pod in pods for party in pod_parties(world, pod)[:1])
    return _Dns(parties or (_stand_in(cluster),), _service_address(cluster))


def _stand_in(cluster: Cluster) -> Party:
    """CoreDNS as EKS runs it, where the input does not hold it."""
    name = f"{cluster.prefix}{_NAMESPACE}/coredns"
    ports = (k8s.ContainerPort(53, "dns", "UDP"), k8s.ContainerPort(53, "dns-tcp", "TCP"))
    pod = Pod(
        id=f"{name}[Pod]",
        key=Key(cluster.name, "deployment", f"{_NAMESPACE}/coredns"),
        workload=f"{name}[Deployment]",
        cluster=cluster.name,
        namespace=_NAMESPACE,
        labels=dict(_LABELS),
        ports=ports,
    )
    return Party(pod.id, pod=pod, cluster=cluster.name)


def _service_address(cluster: Cluster) -> Address | None:
    for key, body in cluster.services:
        if key.name == f"{_NAMESPACE}/{_SERVICE}" and body.spec.cluster_ip not in ("", "None"):
            return address(body.spec.cluster_ip)
    return None


def _ask(world: World, pod: Pod, dns: _Dns, protocol: int) -> Truth:
    """Whether some DNS pod answers a query, asked through the Service where it was read."""
    asked = service(protocol, 53)
    before = (dns.address, asked) if dns.address else None
    return some(policy_truth(world, pod, party, asked, before) for party in dns.parties)


def _judge(space: Space, dns: _Dns) -> Iterator[Finding]:
    pods = [pod for pod in space.pods if _asks_dns(space, pod)]
    if not pods:
        return
    world = space.audit.net.world
    asked = [
        (alike, _ask(world, alike[0], dns, UDP), _ask(world, alike[0], dns, TCP))
        for alike in classes(space.audit, pods)
    ]
    without_udp = [pod for alike, udp, _ in asked if udp.value is False for pod in alike]
    without_tcp = [pod for alike, _, tcp in asked if tcp.value is False for pod in alike]
    needs = {reason.needs for _, *both in asked for truth in both for reason in truth.because}
    if without_udp or without_tcp:
        yield _fail(space, without_udp, without_tcp)
    elif needs:
        yield space.undecided(RULE, "whether DNS is reachable cannot be decided", needs)
    else:
        reason = "every workload isolated for egress reaches DNS on UDP 53 and TCP 53"
        yield space.finding(RULE, "pass", reason)


def _fail(space: Space, without_udp: list[Pod], without_tcp: list[Pod]) -> Finding:
    pods = [*without_udp, *without_tcp]
    missing = [name for name, pods in (("UDP 53", without_udp), ("TCP 53", without_tcp)) if pods]
    return space.finding(
        RULE,
        "fail",
        f"{many(len(workload_ids(pods)), 'workload')} isolated for egress cannot reach DNS on "
        f"{' and '.join(missing)}",
        severity="high" if without_udp else "medium",
        pods=pods,
        evidence={
            "without_udp": workload_ids(without_udp),
            "without_tcp": workload_ids(without_tcp),
        },
    )
