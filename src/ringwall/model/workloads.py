"""Pods and nodes of every cluster, as policies and paths need them.

Live pods supersede the template of their controller; a controller without live pods stands for
two declared ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ringwall.facts import k8s
from ringwall.facts.fact import Delta, Facts, Key
from ringwall.facts.k8s import ContainerPort, Labels
from ringwall.model.declared import CONTROLLERS, Controller, Declared, declared
from ringwall.model.owners import Owner, Owners

FINISHED: Final = frozenset(("Succeeded", "Failed"))
NAME_LABEL: Final = "kubernetes.io/metadata.name"
_OS_LABEL: Final = "kubernetes.io/os"
_PROFILE_LABEL: Final = "eks.amazonaws.com/fargate-profile"
_COMPUTE_LABEL: Final = "eks.amazonaws.com/compute-type"
_NO_LABELS: Final[Labels] = {}
_NO_KEYS: Final[frozenset[str]] = frozenset()
_MOVING: Final = frozenset(
    "namespace node pod cronjob daemonset deployment job replicaset replicationcontroller "
    "statefulset".split()
)  # kinds of keys: a change of one may change pods
_OCTETS: Final = {str(number): number for number in range(256)}

B = TypeVar("B", bound=Struct)

At = tuple[int, int]
"""One address: its family (4 or 6) and its number."""


class Pod(Struct, frozen=True, gc=False):
    """A pod that runs, or one that a controller's template declares.

    ``key`` is the Pod's fact, or its controller's where it is ``declared``. ``open_labels`` exist
    with values made up later. A host-network pod whose status tells no address has the first one
    of its node. ``policed`` is False where no engine polices it: host network, Windows, Fargate.
    """

    id: str
    key: Key
    workload: str
    cluster: str
    namespace: str
    labels: Labels
    open_labels: frozenset[str]
    ports: tuple[ContainerPort, ...]
    addresses: tuple[At, ...]
    node: str
    host_network: bool
    policed: bool
    fargate: bool
    declared: bool

    def named_port(self, name: str, protocol: str) -> int | None:
        """The first container port of that name and protocol (``TCP``)."""
        for port in self.ports:
            if port.name == name and port.protocol == protocol:
                return port.container_port
        return None


class Node(Struct, frozen=True, gc=False):
    """A machine that runs pods. ``instance`` is its EC2 instance id, empty where not told."""

    id: str
    key: Key
    name: str
    cluster: str
    labels: Labels
    addresses: tuple[At, ...]
    instance: str
    fargate: bool
    windows: bool


class Cluster(Struct, frozen=True):
    """One cluster's objects. ``pods`` are indexes into :attr:`Workloads.pods`.

    ``namespaces`` gives the labels of each that was read or has pods; those ``known_by_name``
    were not read and have their name alone.
    """

    name: str
    prefix: str
    namespaces: dict[str, Labels]
    known_by_name: frozenset[str]
    nodes: dict[str, Node]
    policies: dict[Key, k8s.NetworkPolicy]
    services: dict[Key, k8s.Service]
    ingresses: dict[Key, k8s.Ingress]
    pods: list[int]


class Workloads:
    """The pods of all clusters, in one list, and the clusters by name."""

    def __init__(self, clusters: dict[str, Cluster], pods: list[Pod]) -> None:
        self.clusters = clusters
        self.pods = pods
        self._numbers: dict[tuple[str, str], frozenset[int]] | None = None
        self._by_namespace: dict[tuple[str, str], list[int]] | None = None

    def numbers(self, name: str, protocol: str) -> frozenset[int]:
        """Every number that some pod of some cluster gives a port of that name and protocol."""
        if self._numbers is None:
            found: dict[tuple[str, str], set[int]] = defaultdict(set)
            for ports in {pod.ports for pod in self.pods}:
                for port in ports:
                    found[port.name, port.protocol].add(port.container_port)
            self._numbers = {place: frozenset(numbers) for place, numbers in found.items()}
        return self._numbers.get((name, protocol), frozenset())

    def by_namespace(self) -> dict[tuple[str, str], list[int]]:
        """The indexes of pods by cluster and namespace."""
        if self._by_namespace is None:
            self._by_namespace = {}
            for i, pod in enumerate(self.pods):
                self._by_namespace.setdefault((pod.cluster, pod.namespace), []).append(i)
        return self._by_namespace

    def rebuild(self, facts: Facts, delta: Delta) -> "Workloads":
        """The same of changed facts. Where the change touches no pod, node, namespace or
        controller, the pods are those of this object, list and all."""
        if not self._keeps_pods(delta):
            return read(facts)
        clusters = {name: _with_objects(cluster, delta) for name, cluster in self.clusters.items()}
        changed = Workloads(clusters, self.pods)
        changed._numbers, changed._by_namespace = self._numbers, self._by_namespace
        return changed

    def _keeps_pods(self, delta: Delta) -> bool:
        """Whether a change surely leaves pods and clusters as they are."""
        for key, (old, new) in delta.items():
            if key.kind in _MOVING:
                return False
            moved = [fact for fact in (old, new) if fact is not None]
            if any(_is_kubernetes(type(fact.body)) for fact in moved):
                cluster = self.clusters.get(key.scope)
                if cluster is None or not (cluster.pods or cluster.nodes or cluster.namespaces):
                    return False
        return True


def read(facts: Facts) -> Workloads:
    """Every cluster that at least one Kubernetes object tells of."""
    reader = _Reader(facts)
    clusters = {name: reader.cluster(name) for name in sorted(_names(facts))}
    return Workloads(clusters, reader.pods)


def parsed(text: str) -> At | None:
    """An address as (family, number), none if it is not one; one with a zone is not."""
    try:
        if ":" in text:
            return None if "%" in text else (6, int(IPv6Address(text)))
        a, b, c, d = text.split(".")
        return 4, _OCTETS[a] << 24 | _OCTETS[b] << 16 | _OCTETS[c] << 8 | _OCTETS[d]
    except (KeyError, ValueError):
        return None


def addresses(texts: Iterable[str]) -> tuple[At, ...]:
    """The addresses among texts, each once, in their order."""
    found = [at for text in texts if (at := parsed(text)) is not None]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


class _Reader:
    """Reads clusters one after the other; ``pods`` grows."""

    def __init__(self, facts: Facts) -> None:
        self.pods: list[Pod] = []
        self._namespaces = _by_scope(facts, k8s.Namespace)
        self._nodes = _by_scope(facts, k8s.Node)
        self._pods = _by_scope(facts, k8s.Pod)
        self._policies = _by_scope(facts, k8s.NetworkPolicy)
        self._services = _by_scope(facts, k8s.Service)
        self._ingresses = _by_scope(facts, k8s.Ingress)
        controllers = {key: body for kind in CONTROLLERS for key, body in facts.of(kind)}
        self._owners = Owners(controllers)
        self._controllers: dict[str, list[tuple[Key, Controller]]] = {}
        for key, body in controllers.items():
            self._controllers.setdefault(key.scope, []).append((key, body))

    def cluster(self, name: str) -> Cluster:
        prefix = f"{name}!" if name else ""
        nodes = {
            body.metadata.name: _node(key, body, prefix) for key, body in self._nodes.get(name, ())
        }
        first = len(self.pods)
        served = self._live(name, prefix, nodes)
        self._declared(name, prefix, nodes, served)
        own = {body.metadata.name: body for _, body in self._namespaces.get(name, ())}
        used = {pod.namespace for pod in self.pods[first:]}
        return Cluster(
            name=name,
            prefix=prefix,
            namespaces={
                space: _namespace_labels(space, own.get(space)) for space in sorted(used | set(own))
            },
            known_by_name=frozenset(used - set(own)),
            nodes=nodes,
            policies=dict(self._policies.get(name, ())),
            services=dict(self._services.get(name, ())),
            ingresses=dict(self._ingresses.get(name, ())),
            pods=list(range(first, len(self.pods))),
        )

    def _live(self, name: str, prefix: str, nodes: Mapping[str, Node]) -> set[tuple[str, Owner]]:
        """Adds the pods that run; gives the outermost owners that have pods."""
        served: set[tuple[str, Owner]] = set()
        for key, body in self._pods.get(name, ()):
            metadata = body.metadata
            owner = self._owners.of_pod(name, metadata)
            finished = body.status.phase in FINISHED
            if owner is not None and (not finished or owner.kind == "Job"):
                served.add((metadata.namespace, owner))
            if not finished:
                self.pods.append(_pod(key, body, prefix, owner, nodes))
        return served

    def _declared(
        self,
        name: str,
        prefix: str,
        nodes: Mapping[str, Node],
        served: set[tuple[str, Owner]],
    ) -> None:
        """Adds two pods for each controller that has none and answers for itself."""
        for key, body in self._controllers.get(name, ()):
            metadata, itself = body.metadata, Owner(type(body).__name__, body.metadata.name)
            owner = self._owners.of_controller(name, itself.kind, metadata)
            if owner != itself and self._owners.is_read(name, metadata.namespace, owner):
                continue
            if (metadata.namespace, owner) not in served:
                for one in declared(body, owner.kind):
                    self.pods.append(_declared_pod(key, one, prefix, owner, nodes))


def _pod(
    key: Key, body: k8s.Pod, prefix: str, owner: Owner | None, nodes: Mapping[str, Node]
) -> Pod:
    metadata, spec, status = body.metadata, body.spec, body.status
    path = f"{prefix}{metadata.namespace}/"
    own = f"{path}{metadata.name}[Pod]"
    labels = metadata.labels or _NO_LABELS
    told = addresses([one.ip for one in status.pod_ips] if status.pod_ips else (status.pod_ip,))
    node = nodes.get(spec.node_name)
    host = bool(spec.host_network)
    if host and not told and node is not None:
        told = node.addresses[:1]
    fargate = _on_fargate(labels, node)
    return Pod(
        own,
        key,
        own if owner is None else f"{path}{owner.name}[{owner.kind}]",
        key.scope,
        metadata.namespace,
        labels,
        _NO_KEYS,
        _ports(spec),
        told,
        spec.node_name,
        host,
        not (host or fargate or _on_windows(spec, node)),
        fargate,
        False,
    )


def _declared_pod(
    key: Key, one: Declared, prefix: str, owner: Owner, nodes: Mapping[str, Node]
) -> Pod:
    path = f"{prefix}{one.namespace}/"
    node = nodes.get(one.spec.node_name)
    host = bool(one.spec.host_network)
    fargate = _on_fargate(one.labels, node)
    return Pod(
        id=f"{path}{one.name}[Pod]",
        key=key,
        workload=f"{path}{owner.name}[{owner.kind}]",
        cluster=key.scope,
        namespace=one.namespace,
        labels=one.labels,
        open_labels=one.open_labels,
        ports=_ports(one.spec),
        addresses=node.addresses[:1] if host and node else (),
        node=one.spec.node_name,
        host_network=host,
        policed=not (host or fargate or _on_windows(one.spec, node)),
        fargate=fargate,
        declared=True,
    )


def _ports(spec: k8s.PodSpec) -> tuple[ContainerPort, ...]:
    """Those of the containers, then of the init containers that go on running."""
    lists = [container.ports for container in spec.containers or () if container.ports]
    if spec.init_containers:
        running = (one for one in spec.init_containers if one.restart_policy == "Always")
        lists += [one.ports for one in running if one.ports]
    if len(lists) == 1:
        return lists[0]
    return tuple(port for ports in lists for port in ports)


def _on_fargate(labels: Labels, node: Node | None) -> bool:
    return _PROFILE_LABEL in labels or (node is not None and node.fargate)


def _on_windows(spec: k8s.PodSpec, node: Node | None) -> bool:
    told = spec.os.name if spec.os else ""
    if not told and spec.node_selector:
        told = spec.node_selector.get(_OS_LABEL, "")
    return told == "windows" or (node is not None and node.windows)


def _node(key: Key, body: k8s.Node, prefix: str) -> Node:
    labels = body.metadata.labels or _NO_LABELS
    internal = (one.address for one in body.status.addresses or () if one.type == "InternalIP")
    return Node(
        id=f"{prefix}node/{body.metadata.name}",
        key=key,
        name=body.metadata.name,
        cluster=key.scope,
        labels=labels,
        addresses=addresses(internal),
        instance=_instance(body.spec.provider_id),
        fargate=labels.get(_COMPUTE_LABEL) == "fargate",
        windows=labels.get(_OS_LABEL) == "windows",
    )


def _instance(provider: str) -> str:
    """``i-…`` of ``aws:///eu-west-1a/i-…``."""
    last = provider.rpartition("/")[2]
    return last if provider.startswith("aws://") and last.startswith("i-") else ""


def _namespace_labels(name: str, body: k8s.Namespace | None) -> Labels:
    own = (body.metadata.labels if body else None) or _NO_LABELS
    return {NAME_LABEL: name, **own}


def _by_scope(facts: Facts, kind: type[B]) -> dict[str, list[tuple[Key, B]]]:
    found: dict[str, list[tuple[Key, B]]] = {}
    for key, body in facts.of(kind):
        found.setdefault(key.scope, []).append((key, body))
    return found


def _is_kubernetes(kind: type[Struct]) -> bool:
    return kind.__module__ == k8s.__name__


def _names(facts: Facts) -> set[str]:
    """The clusters: every scope of a Kubernetes object."""
    kinds = filter(_is_kubernetes, facts.types())
    return {key.scope for kind in kinds for key, _ in facts.of(kind)}


def _with_objects(cluster: Cluster, delta: Delta) -> Cluster:
    """A cluster with changed policies, Services and Ingresses."""
    return replace(
        cluster,
        policies=_changed(cluster.policies, cluster.name, delta, k8s.NetworkPolicy),
        services=_changed(cluster.services, cluster.name, delta, k8s.Service),
        ingresses=_changed(cluster.ingresses, cluster.name, delta, k8s.Ingress),
    )


def _changed(bodies: dict[Key, B], scope: str, delta: Delta, kind: type[B]) -> dict[Key, B]:
    """The bodies of one kind after a change, in key order; the same map if it touches none."""
    mine = {
        key: new.body if new and isinstance(new.body, kind) else None
        for key, (old, new) in delta.items()
        if key.scope == scope and any(fact and isinstance(fact.body, kind) for fact in (old, new))
    }
    if not mine:
        return bodies
    kept = {key: body for key, body in bodies.items() if key not in mine}
    kept.update({key: body for key, body in mine.items() if body is not None})
    return dict(sorted(kept.items(), key=lambda item: item[0]))
