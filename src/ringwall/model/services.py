"""Services: which pods stand behind one, and the ways from outside into a pod.

Source: ServiceSpec and ContainerPort in the kubernetes.io API reference (core/v1), IngressBackend
(networking.k8s.io/v1).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ringwall.facts import k8s
from ringwall.facts.fact import Facts, Gap, Key
from ringwall.model.dialects.networkpolicy import PROTOCOLS
from ringwall.model.gate import Reason
from ringwall.model.selectors import OPEN, LabelIndex, Need, Needs, Value
from ringwall.model.workloads import Cluster, Pod, Workloads
from ringwall.space.services import UNIVERSE, ServiceSet

HEADLESS: Final = "None"
_EXPOSED: Final = ("LoadBalancer", "NodePort")
_NO_DOUBT: Final[frozenset[Reason]] = frozenset()


class Backend(NamedTuple):
    """A pod behind a port of a Service: its index, the port it is reached at, whether the Service
    surely selects it, and if not, why."""

    pod: int
    target: int
    surely: bool
    reasons: frozenset[Reason]


class WayIn(NamedTuple):
    """Services of a pod that something brings in from outside, by a way that is not followed."""

    services: ServiceSet
    reason: Reason


class Backends:
    """The Services of all clusters and the pods behind them."""

    def __init__(self, facts: Facts, workloads: Workloads) -> None:
        self._workloads = workloads
        self._gaps = [gap for gap in facts.gaps if gap.effect == "traffic"]
        self._selectable: dict[tuple[str, str], LabelIndex] = {}
        self._keys: dict[tuple[str, str], set[str]] = {}
        self._behind: dict[str, set[tuple[str, str]]] = {}
        for name, cluster in workloads.clusters.items():
            self._behind[name] = {
                service for body in cluster.ingresses.values() for service in _named(body)
            }
            for service in cluster.services.values():
                keys = self._keys.setdefault((name, service.metadata.namespace), set())
                keys.update(service.spec.selector or ())
        self._ways: dict[int, tuple[WayIn, ...]] | None = None

    def backends(
        self, cluster: str, key: Key, body: k8s.Service
    ) -> dict[tuple[int, int], list[Backend]]:
        """The pods behind each (protocol, port) of a Service with a selector, in order."""
        selected = self.selected(cluster, body)
        found: dict[tuple[int, int], list[Backend]] = {}
        for port in body.spec.ports or ():
            here = found.setdefault((PROTOCOLS[port.protocol], port.port), [])
            for i, surely in selected:
                target = target_port(port, self._workloads.pods[i])
                if target is not None:
                    here.append(Backend(i, target, surely, _doubt(key, surely)))
        return found

    def selected(self, cluster: str, body: k8s.Service) -> list[tuple[int, bool]]:
        """The pods that a Service selects: their indexes, and whether it surely does."""
        if not body.spec.selector or body.spec.type == "ExternalName":
            return []
        place = (cluster, body.metadata.namespace)
        here = self._workloads.by_namespace().get(place, [])
        wanted: Needs = tuple(
            Need(key, "In", (value,)) for key, value in body.spec.selector.items()
        )
        chosen = self._index(place, here).select(wanted)
        return [(here[i], i in chosen.sure) for i in sorted(chosen.may)]

    def unknown(self, key: Key, body: k8s.Service) -> Reason | None:
        """Why it is not known what stands behind a Service at all; None if its selector says."""
        if body.spec.type == "ExternalName":
            return Reason(
                "external-name", str(key), "where its external name leads is not followed"
            )
        if not body.spec.selector:
            needs = "it has no selector; where its EndpointSlices lead is not read"
            return Reason("no-selector", str(key), needs)
        return None

    def exposed(self, cluster: str, key: Key, body: k8s.Service) -> Reason | None:
        """What brings traffic from outside the cluster to a Service; None if nothing does."""
        spec = body.spec
        if spec.type in _EXPOSED:
            return _way(key, f"traffic through its {spec.type} is not followed")
        if spec.external_ips:
            return _way(key, "traffic to its externalIPs is not followed")
        if (body.metadata.namespace, body.metadata.name) in self._behind[cluster]:
            return _way(key, "traffic through the Ingress that names it is not followed")
        return None

    def ways_in(self, pod: int) -> tuple[WayIn, ...]:
        """What may bring traffic from outside its cluster to a pod; nothing on the host network,
        where the pod's node is asked."""
        if self._ways is None:
            self._ways = self._all_ways()
        return self._ways.get(pod, ())

    def service_sets(self) -> Iterator[ServiceSet]:
        """Every set of services that a way in or a port of a Service names."""
        if self._ways is None:
            self._ways = self._all_ways()
        found = {way.services for ways in self._ways.values() for way in ways}
        for cluster in self._workloads.clusters.values():
            for body in cluster.services.values():
                found.update(
                    ServiceSet.of(PROTOCOLS[port.protocol], port.port)
                    for port in body.spec.ports or ()
                )
        yield from sorted(found, key=lambda services: services.ranges)

    def _all_ways(self) -> dict[int, tuple[WayIn, ...]]:
        found: dict[int, list[WayIn]] = {}
        for name, cluster in self._workloads.clusters.items():
            for pod, way in (*self._by_services(name, cluster), *self._by_host_ports(cluster)):
                found.setdefault(pod, []).append(way)
            for pod, way in self._by_gaps(name):
                found.setdefault(pod, []).append(way)
        pods = self._workloads.pods
        return {
            i: tuple(sorted(set(ways), key=lambda way: (way.reason, way.services.ranges)))
            for i, ways in found.items()
            if not pods[i].host_network
        }

    def _by_services(self, name: str, cluster: Cluster) -> Iterator[tuple[int, WayIn]]:
        for key, body in cluster.services.items():
            reason = self.exposed(name, key, body)
            if reason is None:
                continue
            for i, _ in self.selected(name, body):
                for port in body.spec.ports or ():
                    target = target_port(port, self._workloads.pods[i])
                    if target is not None:
                        services = ServiceSet.of(PROTOCOLS[port.protocol], target)
                        yield i, WayIn(services, reason)

    def _by_host_ports(self, cluster: Cluster) -> Iterator[tuple[int, WayIn]]:
        for i in cluster.pods:
            pod = self._workloads.pods[i]
            for port in pod.ports:
                if port.host_port > 0:
                    services = ServiceSet.of(PROTOCOLS[port.protocol], port.container_port)
                    reason = Reason(
                        "way-in-not-followed", pod.id, "traffic to its hostPort is not followed"
                    )
                    yield i, WayIn(services, reason)

    def _by_gaps(self, name: str) -> Iterator[tuple[int, WayIn]]:
        places = self._workloads.by_namespace()
        for gap in self._gaps:
            if gap.scope == name:
                for (cluster, namespace), pods in places.items():
                    if cluster == name and gap.namespace in ("", namespace):
                        yield from ((i, WayIn(UNIVERSE, _reason(gap))) for i in pods)

    def _index(self, place: tuple[str, str], here: list[int]) -> LabelIndex:
        """The pods of a namespace by the labels that its Services select on."""
        found = self._selectable.get(place)
        if found is None:
            keys = sorted(self._keys[place])
            rows = [_values(self._workloads.pods[i], keys) for i in here]
            found = self._selectable[place] = LabelIndex(keys, rows)
        return found


def target_port(port: k8s.ServicePort, pod: Pod) -> int | None:
    """The port that a Service's port reaches a pod at; none if the pod has not the name, or the
    number is no port."""
    target = port.target_port or port.port
    if isinstance(target, str):
        if not (target.isascii() and target.isdecimal()):
            return pod.named_port(target, port.protocol)
        target = int(target) or port.port
    return target if 0 < target < 65536 else None


def _values(pod: Pod, keys: list[str]) -> tuple[Value, ...]:
    if not pod.open_labels:
        return tuple(map(pod.labels.get, keys))
    return tuple(OPEN if key in pod.open_labels else pod.labels.get(key) for key in keys)


def _named(ingress: k8s.Ingress) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Services that an Ingress sends to."""
    spec = ingress.spec
    paths = (path for rule in spec.rules or () if rule.http for path in rule.http.paths or ())
    for backend in (spec.default_backend, *(path.backend for path in paths)):
        if backend and backend.service:
            yield ingress.metadata.namespace, backend.service.name


def _doubt(key: Key, surely: bool) -> frozenset[Reason]:
    if surely:
        return _NO_DOUBT
    needs = (
        "whether it selects a pod hangs on a label whose value the controller makes up; "
        "read the running pods: kubectl get pods -A -o json"
    )
    return frozenset((Reason("label-made-up", str(key), needs),))


def _way(key: Key, needs: str) -> Reason:
    return Reason("way-in-not-followed", str(key), needs)


def _reason(gap: Gap) -> Reason:
    return Reason(gap.code, gap.object, gap.needs)
