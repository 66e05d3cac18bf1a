"""Fixture F: three namespaces of three pods, and what is needed to add policies to them.

Namespaces x, y and z hold the pods a, b and c each. x/a is 10.0.1.1, x/b 10.0.1.2, y/a 10.0.2.1
and so on to z/c 10.0.3.3. Namespace x runs on node n1 (10.9.0.1), y on n2, z on n3. Every pod
serves 80 and 81 on TCP, UDP and SCTP under the names `serve-80-tcp`, `serve-80-udp`, ….

A field whose value is `...` is left out of the manifest; `None` is written as null.
"""

from __future__ import annotations

from typing import Any

import yaml

Manifest = dict[str, Any]

EXT = "203.0.113.9"  # a client outside of everything
NODES = {"x": "n1", "y": "n2", "z": "n3"}
ADDRESSES = {"n1": "10.9.0.1", "n2": "10.9.0.2", "n3": "10.9.0.3"}
KUBE_DNS = {"k8s-app": "kube-dns"}


def port(number: int, protocol: str = "TCP", name: str = "") -> Manifest:
    """A containerPort."""
    return {"containerPort": number, "protocol": protocol, **({"name": name} if name else {})}


SERVED = tuple(
    port(number, protocol, f"serve-{number}-{protocol.lower()}")
    for number in (80, 81)
    for protocol in ("TCP", "UDP", "SCTP")
)


def namespace(name: str, **labels: str) -> Manifest:
    """A Namespace with the label that the API server puts on every one."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}},
    }


def node(name: str, address: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


def pod(
    path: str,
    address: str,
    labels: dict[str, str],
    *,
    on: str = "n1",
    ports: tuple[Manifest, ...] = SERVED,
    phase: str = "Running",
    host_network: bool = False,
) -> Manifest:
    """A live Pod `namespace/name` with one container."""
    ns, name = path.split("/")
    containers = [{"name": "main", "image": "example/main", "ports": list(ports)}]
    spec: Manifest = {"nodeName": on, "containers": containers}
    if host_network:
        spec["hostNetwork"] = True
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": ns, "labels": dict(labels)},
        "spec": spec,
        "status": {"phase": phase, "podIP": address, "hostIP": ADDRESSES[on]},
    }


def service(
    path: str,
    selector: dict[str, str],
    *ports: tuple[int, int | str] | tuple[int, int | str, str],
    cluster_ip: str = "172.20.0.50",
) -> Manifest:
    """A ClusterIP Service; a port is (port, targetPort) or (port, targetPort, protocol)."""
    ns, name = path.split("/")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": ns},
        "spec": {
            "clusterIP": cluster_ip,
            "selector": dict(selector),
            "ports": [_service_port(*entry) for entry in ports],
        },
    }


def _service_port(number: int, target: int | str, protocol: str = "TCP") -> Manifest:
    name = f"{protocol.lower()}-{number}"
    return {"name": name, "port": number, "targetPort": target, "protocol": protocol}


def policy(
    ns: str,
    name: str,
    pod_selector: Any,
    ingress: Any = ...,
    egress: Any = ...,
    types: Any = ...,
) -> Manifest:
    fields = {
        "podSelector": pod_selector,
        "policyTypes": types,
        "ingress": ingress,
        "egress": egress,
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": ns},
        "spec": written(fields),
    }


def written(fields: Manifest) -> Manifest:
    """The fields without those that are left out."""
    return {key: value for key, value in fields.items() if value is not ...}


def into_a(*rules: Manifest, name: str = "into-a") -> Manifest:
    """The policy written `x/a <-`: ingress of pod a in namespace x, with these rules."""
    return policy("x", name, pods(pod="a"), ingress=list(rules), types=["Ingress"])


def out_of_a(*rules: Manifest, name: str = "out-of-a") -> Manifest:
    """The policy written `x/a ->`: egress of pod a in namespace x, with these rules."""
    return policy("x", name, pods(pod="a"), egress=list(rules), types=["Egress"])


def pods(**labels: str) -> Manifest:
    """A label selector; `pods()` is the empty one."""
    return {"matchLabels": labels} if labels else {}


def expression(key: str, operator: str, *values: str) -> Manifest:
    """A label selector of one matchExpression."""
    entry: Manifest = {"key": key, "operator": operator}
    return {"matchExpressions": [{**entry, "values": list(values)} if values else entry]}


def from_pods(selector: Manifest, **fields: Any) -> Manifest:
    """An ingress rule with one podSelector peer."""
    return {"from": [{"podSelector": selector}], **fields}


def from_block(cidr: str, *excepted: str, **fields: Any) -> Manifest:
    """An ingress rule with one ipBlock peer."""
    return {"from": [ip_block(cidr, *excepted)], **fields}


def to_block(cidr: str, *excepted: str, **fields: Any) -> Manifest:
    """An egress rule with one ipBlock peer."""
    return {"to": [ip_block(cidr, *excepted)], **fields}


def ip_block(cidr: str, *excepted: str) -> Manifest:
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


def tcp(number: int | str) -> Manifest:
    """A port of a policy rule."""
    return {"protocol": "TCP", "port": number}


def fixture(*added: Manifest) -> str:
    """F as YAML; an added object replaces the one of the same kind, namespace and name."""
    objects = [namespace(ns, ns=ns) for ns in NODES]
    objects += [node(name, address) for name, address in ADDRESSES.items()]
    objects += [
        pod(f"{ns}/{name}", f"10.0.{i}.{j}", {"pod": name}, on=NODES[ns])
        for i, ns in enumerate(NODES, 1)
        for j, name in enumerate("abc", 1)
    ]
    return dump(*{_identity(item): item for item in (*objects, *added)}.values())


def dump(*objects: Manifest) -> str:
    return str(yaml.safe_dump_all(objects, sort_keys=False))


def _identity(item: Manifest) -> tuple[str, str, str]:
    metadata = item["metadata"]
    return item["kind"], metadata.get("namespace", ""), metadata["name"]
