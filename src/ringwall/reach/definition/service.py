"""ClusterIP Services: which pods a Service's port stands for, and on which of their ports.

Source: kubernetes.io "Service", kube-proxy's behaviour (the destination is rewritten on the node
of the sender, so that gates of the receiver see the pod's address and target port).
"""

from dataclasses import dataclass

from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.labels import selects
from ringwall.reach.definition.packet import PROTOCOLS, Number, Service
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import Truth


@dataclass(frozen=True, slots=True)
class Backend:
    """A pod behind a Service, the service it is asked for, and whether it surely is one."""

    pod: Pod
    service: Service
    selected: Truth


def backends(cluster: Cluster, body: k8s.Service, asked: Service) -> list[Backend]:
    """The pods that a packet to a Service's port may be sent to, with the port at the pod."""
    if is_headless(body):  # its pods' own addresses: any port, as asked
        return [Backend(pod, asked, selected) for pod, selected in selected_pods(cluster, body)]
    found = []
    for port in body.spec.ports or ():
        if not _speaks(asked, port.protocol) or not asked.port.equals(port.port):
            continue
        for pod, selected in selected_pods(cluster, body):
            if (target := target_of(port, pod)) is not None:
                found.append(Backend(pod, Service(asked.protocol, Number(target)), selected))
    return found


def _speaks(asked: Service, protocol: str) -> bool:
    return asked.protocol.equals(PROTOCOLS[(protocol or "TCP").lower()])


def is_headless(body: k8s.Service) -> bool:
    """A headless Service names its pods' own addresses: nothing is rewritten."""
    return body.spec.cluster_ip == "None"


def selected_pods(cluster: Cluster, body: k8s.Service) -> list[tuple[Pod, Truth]]:
    """The pods that a Service's selector (perhaps) matches; none without a selector, which an
    ExternalName Service ignores (Kubernetes API, ServiceSpec)."""
    if not body.spec.selector or body.spec.type == "ExternalName":
        return []
    selector = k8s.LabelSelector(match_labels=body.spec.selector)
    found = []
    for pod in cluster.pods:
        if pod.namespace == body.metadata.namespace:
            truth = selects(selector, pod.labels, pod.open_labels)
            if truth.value is not False:
                found.append((pod, truth))
    return found


def target_of(port: k8s.ServicePort, pod: Pod) -> int | None:
    """The pod's port behind a Service's: a number, a name of the pod's own, or the same port."""
    if port.target_port is None or port.target_port == 0:
        return port.port
    if isinstance(port.target_port, int):
        return port.target_port
    if port.target_port.isdecimal():
        return int(port.target_port)
    return pod.named_port(port.target_port, port.protocol)


@dataclass(frozen=True, slots=True)
class WayIn:
    """Something that brings traffic from outside the cluster to a pod, not followed yet."""

    object: Key
    what: str


def ways_in(cluster: Cluster, pod: Pod, asked: Service) -> list[WayIn]:
    """Load balancers, node ports, Ingresses and host ports that lead to a pod's port."""
    found = []
    for key, body in cluster.services:
        outside = body.spec.type in ("LoadBalancer", "NodePort") or body.spec.external_ips
        what = f"Service of type {body.spec.type}" if not body.spec.external_ips else "externalIPs"
        behind = ingresses_to(cluster, body)
        if not outside and not behind:
            continue
        if _leads_to(cluster, body, pod, asked):
            if outside:
                found.append(WayIn(key, what))
            found += [WayIn(ingress, "Ingress") for ingress in behind]
    if any(
        p.host_port and _speaks(asked, p.protocol) and asked.port.equals(p.container_port)
        for p in pod.ports
    ):
        found.append(WayIn(pod.key, "hostPort"))
    return found


def _leads_to(cluster: Cluster, body: k8s.Service, pod: Pod, asked: Service) -> bool:
    if all(candidate is not pod for candidate, _ in selected_pods(cluster, body)):
        return False
    for port in body.spec.ports or ():
        target = target_of(port, pod)
        if target is not None and _speaks(asked, port.protocol) and asked.port.equals(target):
            return True
    return False


def ingresses_to(cluster: Cluster, body: k8s.Service) -> list[Key]:
    """The Ingresses that send to a Service."""
    found = []
    for key, ingress in cluster.ingresses:
        if ingress.metadata.namespace != body.metadata.namespace:
            continue
        backends = [ingress.spec.default_backend] + [
            path.backend
            for rule in ingress.spec.rules or ()
            for path in (rule.http.paths if rule.http else None) or ()
        ]
        names = {b.service.name for b in backends if b and b.service}
        if body.metadata.name in names:
            found.append(key)
    return found
