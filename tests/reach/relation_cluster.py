"""Small clusters in text, for questions about the relation."""

import json
from typing import Any

from ringwall.reach.engine.relation import Relation
from tests.support import facts_of

Json = dict[str, Any]


def pod(name: str, ip: str = "", *, node: str = "", owner: str = "", **labels: str) -> Json:
    """A live pod ``namespace/name``; ``owner`` is ``Kind/name``."""
    namespace, _, own = name.partition("/")
    kind, _, above = owner.partition("/")
    references = [{"kind": kind, "name": above, "controller": True}] if owner else []
    metadata = {
        "name": own, "namespace": namespace, "labels": labels, "ownerReferences": references,
    }  # fmt: skip
    spec: Json = {"containers": [], **({"nodeName": node} if node else {})}
    status = {"phase": "Running", **({"podIP": ip} if ip else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def deployment(name: str, **labels: str) -> Json:
    """A Deployment without live pods."""
    namespace, _, own = name.partition("/")
    template = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": own, "namespace": namespace},
        "spec": {"template": template},
    }


def service(name: str, selector: dict[str, str], *ports: int, ip: str = "172.20.0.1") -> Json:
    namespace, _, own = name.partition("/")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": own, "namespace": namespace},
        "spec": {"clusterIP": ip, "selector": selector, "ports": [{"port": one} for one in ports]},
    }


def node(name: str, ip: str) -> Json:
    status = {"addresses": [{"type": "InternalIP", "address": ip}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def ingress_policy(name: str, pods: dict[str, str], *rules: Json) -> Json:
    """Who may come in; nobody without a rule."""
    namespace, _, own = name.partition("/")
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": own, "namespace": namespace},
        "spec": {"podSelector": {"matchLabels": pods}, "policyTypes": ["Ingress"],
                 "ingress": list(rules)},
    }  # fmt: skip


def from_pods(labels: dict[str, str], *ports: int) -> Json:
    peers = [{"podSelector": {"matchLabels": labels}}]
    return {"from": peers, **({"ports": [{"port": one} for one in ports]} if ports else {})}


def from_block(cidr: str, *ports: int) -> Json:
    return {"from": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": one} for one in ports]}


def text(*objects: Json) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def relation(*objects: Json, **clusters: list[Json]) -> Relation:
    """Of one cluster without a name, or of named ones."""
    files = {f"clusters/{name}/all.json": text(*mine) for name, mine in clusters.items()}
    if objects:
        files["all.json"] = text(*objects)
    return Relation.of(facts_of(files))
