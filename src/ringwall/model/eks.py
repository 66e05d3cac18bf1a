"""Which EKS cluster a Kubernetes cluster is: its name there, and the answer that describes it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ringwall.facts import aws
from ringwall.facts.fact import Facts, Key
from ringwall.model.workloads import Cluster

_NAME_TAGS: Final = ("eks:cluster-name", "aws:eks:cluster-name")
_OWNER_TAG: Final = "kubernetes.io/cluster/"


def eks_names(facts: Facts, clusters: Mapping[str, Cluster]) -> dict[str, str]:
    """The EKS name of each cluster, empty where nothing tells it.

    A cluster's own name counts; else the one cluster that the tags of its nodes' instances name;
    else the only name that the clusters, add-ons and node groups that were read tell together.
    """
    by_tag = {body.instance_id: _tagged(body.tags or ()) for _, body in facts.of(aws.Instance)}
    told = _told(facts)
    alone = min(told) if len(told) == 1 else ""
    names = {}
    for name, cluster in clusters.items():
        tagged = {by_tag.get(node.instance, "") for node in cluster.nodes.values()} - {""}
        names[name] = name or (min(tagged) if len(tagged) == 1 else alone)
    return names


def links(facts: Facts, names: Mapping[str, str]) -> dict[str, Key]:
    """The ``describe-cluster`` answer of each cluster that has exactly one of its EKS name."""
    described: dict[str, list[Key]] = {}
    for key, body in facts.of(aws.Cluster):
        described.setdefault(body.name, []).append(key)
    found = {name: described.get(eks, []) for name, eks in names.items()}
    return {name: keys[0] for name, keys in found.items() if len(keys) == 1}


def _tagged(tags: Iterable[aws.Tag]) -> str:
    """The cluster that an instance's first telling tag names."""
    for tag in tags:
        if tag.key in _NAME_TAGS:
            return tag.value
        if tag.key.startswith(_OWNER_TAG):
            return tag.key.removeprefix(_OWNER_TAG)
    return ""


def _told(facts: Facts) -> set[str]:
    return set(_clusters(facts)) - {""}


def _clusters(facts: Facts) -> Iterator[str]:
    for _, cluster in facts.of(aws.Cluster):
        yield cluster.name
    for _, addon in facts.of(aws.Addon):
        yield addon.cluster_name
    for _, group in facts.of(aws.Nodegroup):
        yield group.cluster_name
