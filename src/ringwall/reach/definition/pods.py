"""Pods, nodes and namespaces as the facts tell them, and the workloads that pods belong to.

A controller without live pods stands for two replicas. What its pods will be called, and the
labels that controllers make up, are not in a manifest: a label whose value is made up later is
``open`` (it exists, its value is unknown).
"""

import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ringwall.facts import k8s
from ringwall.facts.fact import Facts, Key
from ringwall.reach.definition.packet import Address, address

Objects = Sequence[tuple[Key, object]]
NAME_LABEL: Final = "kubernetes.io/metadata.name"
_FINISHED: Final = ("Succeeded", "Failed")
_KINDS: Final[dict[type, str]] = {
    k8s.Deployment: "Deployment",
    k8s.ReplicaSet: "ReplicaSet",
    k8s.ReplicationController: "ReplicationController",
    k8s.StatefulSet: "StatefulSet",
    k8s.DaemonSet: "DaemonSet",
    k8s.Job: "Job",
    k8s.CronJob: "CronJob",
}
# Labels that a controller adds with a value that the manifest does not hold.
_OPEN_LABELS: Final[dict[str, frozenset[str]]] = {
    "Deployment": frozenset(("pod-template-hash",)),
    "StatefulSet": frozenset(("controller-revision-hash",)),
    "DaemonSet": frozenset(("controller-revision-hash", "pod-template-generation")),
    "Job": frozenset(("controller-uid", "batch.kubernetes.io/controller-uid")),
    "CronJob": frozenset(
        "controller-uid batch.kubernetes.io/controller-uid job-name "
        "batch.kubernetes.io/job-name".split()
    ),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A machine, its addresses and the instance that it is."""

    id: str
    key: Key
    name: str
    cluster: str
    labels: dict[str, str] = field(hash=False)
    addresses: tuple[Address, ...] = ()
    instance: str = ""

    @property
    def polices(self) -> bool:
        """Fargate and Windows nodes run no engine that polices pods (kubernetes.md 1e)."""
        fargate = self.labels.get("eks.amazonaws.com/compute-type") == "fargate"
        return not fargate and self.labels.get("kubernetes.io/os") != "windows"


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: a running one, or a replica that a manifest stands for."""

    id: str
    key: Key
    workload: str
    cluster: str
    namespace: str
    labels: dict[str, str] = field(hash=False)
    open_labels: frozenset[str] = frozenset()
    ports: tuple[k8s.ContainerPort, ...] = field(default=(), hash=False)
    addresses: tuple[Address, ...] = ()
    node: str = ""
    host_network: bool = False
    windows_or_fargate: bool = False
    dns_policy: str = "ClusterFirst"

    def named_port(self, name: str, protocol: str) -> int | None:
        """The number behind a port's name: the first container port of that name and protocol."""
        for port in self.ports:
            if port.name == name and port.protocol == protocol:
                return port.container_port
        return None


class Cluster:
    """The Kubernetes half of the world for one cluster (``""`` for the one without a name)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.namespaces: dict[str, dict[str, str]] = {}
        self.known_by_name: set[str] = set()
        self.nodes: dict[str, Node] = {}
        self.pods: list[Pod] = []
        self.policies: list[tuple[Key, k8s.NetworkPolicy]] = []
        self.services: list[tuple[Key, k8s.Service]] = []
        self.ingresses: list[tuple[Key, k8s.Ingress]] = []

    @property
    def prefix(self) -> str:
        """What ids of this cluster begin with."""
        return f"{self.name}!" if self.name else ""

    def labels_of(self, namespace: str) -> dict[str, str]:
        """A namespace's labels; only its name where it was not read."""
        return self.namespaces.get(namespace, {NAME_LABEL: namespace})

    def pod_at(self, at: Address) -> Pod | None:
        """The pod (not on the host's network) that holds an address now."""
        self._note(at)
        return self._by_address.get((at.family, at.value))

    def node_at(self, at: Address) -> Node | None:
        """The node that holds an address."""
        self._note(at)
        return self._nodes_by_address.get((at.family, at.value))

    @property
    def held(self) -> list[tuple[int, int]]:
        """Every address that a pod, node or Service holds, as (family, value)."""
        return self._held

    def service_at(self, at: Address) -> Key | None:
        """The Service whose cluster address this is."""
        self._note(at)
        return self._services_by_address.get((at.family, at.value))

    def address_of(self, service: Key) -> Address | None:
        """The cluster address of a Service, where it has one that was read."""
        found = [at for at, key in self._services_by_address.items() if key == service]
        return Address(*min(found)) if found else None

    def _note(self, at: Address) -> None:
        """How far the answer about a free address holds: up to the next one that is held."""
        if at.axis is None:
            return
        held = self._held
        i = bisect.bisect_left(held, (at.family, at.value))
        if i < len(held) and held[i] == (at.family, at.value):
            at.axis.cuts.update((at.value, at.value + 1))
        else:
            near = [*held[max(i - 1, 0) : i], *held[i : i + 1]]
            at.axis.cuts.update(value for family, value in near if family == at.family)

    def policies_in(self, namespace: str) -> list[tuple[Key, k8s.NetworkPolicy]]:
        """The policies of a namespace."""
        return self._policies_by_namespace.get(namespace, [])

    def index(self) -> None:
        """Sorts what was added and builds the look-ups."""
        self._policies_by_namespace: dict[str, list[tuple[Key, k8s.NetworkPolicy]]] = {}
        for key, policy in self.policies:
            self._policies_by_namespace.setdefault(policy.metadata.namespace, []).append(
                (key, policy)
            )
        self.pods.sort(key=lambda pod: pod.id)
        self._by_address = {
            (at.family, at.value): pod
            for pod in self.pods
            if not pod.host_network
            for at in pod.addresses
        }
        self._nodes_by_address = {
            (at.family, at.value): node for node in self.nodes.values() for at in node.addresses
        }
        self._services_by_address = {
            (at.family, at.value): key
            for key, body in self.services
            for at in _addresses(
                [t for t in (body.spec.cluster_ip, *(body.spec.cluster_ips or ())) if t != "None"]
            )
        }
        self._held = sorted(
            {*self._by_address, *self._nodes_by_address, *self._services_by_address}
        )


def clusters(facts: Facts) -> dict[str, Cluster]:
    """Every cluster of which there is a Kubernetes fact, by name."""
    found: dict[str, Cluster] = {}
    for key, fact in facts.items():
        if type(fact.body).__module__ == k8s.__name__ and key.scope not in found:
            found[key.scope] = Cluster(key.scope)
    for cluster in found.values():
        _fill(cluster, facts)
        cluster.index()
    return found


def _fill(cluster: Cluster, facts: Facts) -> None:
    mine = [(key, fact.body) for key, fact in facts.items() if key.scope == cluster.name]
    for key, body in mine:
        match body:
            case k8s.Namespace():
                labels = {NAME_LABEL: body.metadata.name, **(body.metadata.labels or {})}
                cluster.namespaces[body.metadata.name] = labels
            case k8s.Node():
                cluster.nodes[body.metadata.name] = _node(cluster, key, body)
            case k8s.NetworkPolicy():
                cluster.policies.append((key, body))
            case k8s.Service():
                cluster.services.append((key, body))
            case k8s.Ingress():
                cluster.ingresses.append((key, body))
    cluster.pods = list(_pods(cluster, mine))
    for namespace in {pod.namespace for pod in cluster.pods}:
        if namespace not in cluster.namespaces:
            cluster.namespaces[namespace] = {NAME_LABEL: namespace}
            cluster.known_by_name.add(namespace)


def _node(cluster: Cluster, key: Key, body: k8s.Node) -> Node:
    internal = [e.address for e in body.status.addresses or () if e.type == "InternalIP"]
    provider = body.spec.provider_id
    return Node(
        id=f"{cluster.prefix}node/{body.metadata.name}",
        key=key,
        name=body.metadata.name,
        cluster=cluster.name,
        labels=body.metadata.labels or {},
        addresses=_addresses(internal),
        instance=provider.rpartition("/")[2] if provider.startswith("aws://") else "",
    )


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    found = []
    for text in texts:
        try:
            found.append(address(text))
        except ValueError:
            continue
    return tuple(found)


def _pods(cluster: Cluster, mine: Objects) -> Iterator[Pod]:
    owners = _Owners(mine)
    live: set[tuple[str, str, str]] = set()
    for key, body in mine:
        if isinstance(body, k8s.Pod):
            owner = owners.of_pod(body)
            finished = body.status.phase in _FINISHED
            if not finished or owner[0] == "Job":  # a finished Job makes no more pods
                live.add((body.metadata.namespace, *owner))
            if not finished:
                yield _live_pod(cluster, key, body, owner)
    for key, body in mine:
        if (kind := _KINDS.get(type(body))) is None:
            continue
        metadata: k8s.ObjectMeta = body.metadata  # type: ignore[attr-defined]
        owner = owners.of(metadata, (kind, metadata.name))
        itself = owner == (kind, metadata.name)
        known = (metadata.namespace, *owner) in owners.known
        template = _template(body)
        if template and (itself or not known) and (metadata.namespace, *owner) not in live:
            for replica in (0, 1):
                yield _declared_pod(cluster, key, metadata, owner, template, replica)


class _Owners:
    """Follows owner references up to the workload that a person wrote."""

    def __init__(self, mine: Objects) -> None:
        self.known: dict[tuple[str, str, str], k8s.ObjectMeta] = {}
        for _, body in mine:
            if kind := _KINDS.get(type(body)):
                metadata: k8s.ObjectMeta = body.metadata  # type: ignore[attr-defined]
                self.known[metadata.namespace, kind, metadata.name] = metadata

    def of_pod(self, pod: k8s.Pod) -> tuple[str, str]:
        """Kind and name of the outermost owner; the pod itself where it has none."""
        reference = _controller(pod.metadata)
        if reference is None:
            return ("Pod", pod.metadata.name)
        owner = (reference.kind, reference.name)
        metadata = self.known.get((pod.metadata.namespace, *owner))
        return self.of(metadata, owner) if metadata else self._deployment_of(owner, pod)

    def of(self, metadata: k8s.ObjectMeta, itself: tuple[str, str]) -> tuple[str, str]:
        """The outermost owner among the kinds of controllers that we know; an operator's own
        resource above them is not followed."""
        owner = itself
        for _ in range(4):
            reference = _controller(metadata)
            if reference is None or reference.kind not in _KINDS.values():
                break
            owner = (reference.kind, reference.name)
            above = self.known.get((metadata.namespace, *owner))
            if above is None:
                break
            metadata = above
        return owner

    @staticmethod
    def _deployment_of(owner: tuple[str, str], pod: k8s.Pod) -> tuple[str, str]:
        """A ReplicaSet that was not read: a Deployment names it after itself and the hash label."""
        digest = (pod.metadata.labels or {}).get("pod-template-hash", "")
        if owner[0] == "ReplicaSet" and digest and owner[1].endswith(f"-{digest}"):
            return ("Deployment", owner[1].removesuffix(f"-{digest}"))
        return owner


def _controller(metadata: k8s.ObjectMeta) -> k8s.OwnerReference | None:
    for reference in metadata.owner_references or ():
        if reference.controller or reference.kind in _KINDS.values():
            return reference
    return None


def _template(body: object) -> k8s.PodTemplate | None:
    if isinstance(body, k8s.CronJob):
        return body.spec.job_template.spec.template
    return body.spec.template  # type: ignore[attr-defined, no-any-return]


def _ports(spec: k8s.PodSpec) -> tuple[k8s.ContainerPort, ...]:
    """Ports of containers, then of init containers that keep running beside them."""
    sidecars = [c for c in spec.init_containers or () if c.restart_policy == "Always"]
    found = [*(spec.containers or ()), *sidecars]
    return tuple(port for container in found for port in container.ports or ())


def _live_pod(cluster: Cluster, key: Key, body: k8s.Pod, owner: tuple[str, str]) -> Pod:
    metadata, spec, status = body.metadata, body.spec, body.status
    texts = [entry.ip for entry in status.pod_ips or () if entry.ip] or [status.pod_ip]
    where = f"{cluster.prefix}{metadata.namespace}"
    node = cluster.nodes.get(spec.node_name)
    labels = metadata.labels or {}
    return Pod(
        id=f"{where}/{metadata.name}[Pod]",
        key=key,
        workload=f"{where}/{owner[1]}[{owner[0]}]",
        cluster=cluster.name,
        namespace=metadata.namespace,
        labels=labels,
        ports=_ports(spec),
        addresses=_addresses([text for text in texts if text]),
        node=spec.node_name,
        host_network=bool(spec.host_network),
        windows_or_fargate=_unpoliced(node, labels, spec),
        dns_policy=spec.dns_policy,
    )


def _unpoliced(node: Node | None, labels: dict[str, str], spec: k8s.PodSpec) -> bool:
    told = spec.os.name if spec.os else (spec.node_selector or {}).get("kubernetes.io/os")
    on_windows = told == "windows"
    fargate = "eks.amazonaws.com/fargate-profile" in labels
    return on_windows or fargate or (node is not None and not node.polices)


def _declared_pod(
    cluster: Cluster,
    key: Key,
    metadata: k8s.ObjectMeta,
    owner: tuple[str, str],
    template: k8s.PodTemplate,
    replica: int,
) -> Pod:
    kind, name = owner
    where = f"{cluster.prefix}{metadata.namespace}"
    labels = dict(template.metadata.labels or {})
    if kind == "StatefulSet":
        labels["statefulset.kubernetes.io/pod-name"] = f"{metadata.name}-{replica}"
        labels["apps.kubernetes.io/pod-index"] = str(replica)
    if kind == "Job":
        labels["job-name"] = labels["batch.kubernetes.io/job-name"] = metadata.name
    spec = template.spec
    return Pod(
        id=f"{where}/{metadata.name}-{replica}[Pod]",
        key=key,
        workload=f"{where}/{name}[{kind}]",
        cluster=cluster.name,
        namespace=metadata.namespace,
        labels=labels,
        open_labels=_OPEN_LABELS.get(kind, frozenset()) - labels.keys(),
        ports=_ports(spec),
        node=spec.node_name,
        host_network=bool(spec.host_network),
        windows_or_fargate=_unpoliced(cluster.nodes.get(spec.node_name), labels, spec),
        dns_policy=spec.dns_policy,
    )


def workloads(cluster: Cluster) -> dict[str, list[Pod]]:
    """Pods by the workload that they belong to, both in order."""
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in cluster.pods:
        found[pod.workload].append(pod)
    return dict(sorted(found.items()))
