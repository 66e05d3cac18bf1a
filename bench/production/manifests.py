"""Manifests only: namespaces, Deployments and network policies, as a repository holds them.

This is the part of a world that every analyser of network policies reads.
"""

from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Any, Final

import yaml

from production.controllers import template
from production.plan import Namespace, Workload, app_names, described, namespace, ports_of
from production.policies import policies
from production.words import TEAMS, Draw

WORKLOADS_PER_NAMESPACE: Final = 50
REPLICAS: Final = 2

Object = dict[str, Any]


def manifests(workloads: int, total: int, seed: int) -> dict[str, bytes]:
    """File name → YAML of so many Deployments and network policies and their namespaces."""
    draw = Draw(seed)
    system = _system(draw)
    tenants = [
        namespace(f"{TEAMS[i % len(TEAMS)]}-{i // len(TEAMS)}", TEAMS[i % len(TEAMS)])
        for i in range(max(2, workloads // WORKLOADS_PER_NAMESPACE))
    ]
    have = sum(len(place.workloads) for place in system)
    names = {place: _deployable(draw) for place in tenants}
    for place, _ in zip(cycle(tenants), range(workloads - have), strict=False):
        app, component = next(names[place])
        ports = ports_of(component, draw)
        place.workloads.append(described("Deployment", place, app, component, ports, draw))
    every = [*system, *tenants]
    files = {"namespaces.yaml": _yaml(map(_namespace, every))}
    for place in every:
        files[f"{place.name}/deployments.yaml"] = _yaml(map(_deployment, place.workloads))
    written: dict[str, list[Object]] = {}
    for policy in policies(tenants, total, f"{seed} policies"):
        written.setdefault(policy["metadata"]["namespace"], []).append(policy)
    for name, found in written.items():
        files[f"{name}/networkpolicies.yaml"] = _yaml(found)
    return files


def _system(draw: Draw) -> list[Namespace]:
    """What policies name everywhere: name servers, Prometheus, the ingress controller."""
    kube, monitoring, ingress = (
        namespace(name, "platform", "system")
        for name in ("kube-system", "monitoring", "ingress-nginx")
    )
    dns = described("Deployment", kube, "coredns", "dns", (("dns", 53, "UDP"),), draw)
    dns.labels["k8s-app"] = "kube-dns"
    kube.workloads.append(dns)
    web = (("web", 9090, "TCP"),)
    monitoring.workloads.append(
        described("Deployment", monitoring, "prometheus", "server", web, draw)
    )
    http = (("http", 80, "TCP"),)
    ingress.workloads.append(
        described("Deployment", ingress, "ingress-nginx", "controller", http, draw)
    )
    return [kube, monitoring, ingress]


def _deployable(draw: Draw) -> Iterator[tuple[str, str]]:
    return (found for found in app_names(draw) if found[1] != "report")


def _namespace(place: Namespace) -> Object:
    metadata = {"name": place.name, "labels": place.labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _deployment(workload: Workload) -> Object:
    metadata = {"name": workload.name, "namespace": workload.namespace.name}
    spec = {
        "replicas": REPLICAS,
        "selector": {"matchLabels": workload.selector},
        "template": template(workload),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**metadata, "labels": dict(workload.labels)},
        "spec": spec,
    }


class _Plain(yaml.CSafeDumper):
    """Repeats what is equal: nobody writes anchors in manifests."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _yaml(objects: Iterable[Object]) -> bytes:
    text = yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, explicit_start=True)
    return text.encode()
