"""What stands above the rows of an answer: of which facts it is, what its ids mean, and what is not
known."""

from collections.abc import Iterable, Sequence
from typing import Any

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.facts.snapshot import TOOL, digest
from ringwall.model.enforcers.detect import Enforcer
from ringwall.model.gate import Reason
from ringwall.model.holders import text
from ringwall.model.workloads import Pod
from ringwall.reach.answers import UnknownOut
from ringwall.reach.documents import BlockOut, EndpointOut, EnforcerOut
from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.outside import BLOCK_ID, whole
from ringwall.reach.engine.relation import Relation


def head(
    relation: Relation, schema: str, endpoints: Sequence[Endpoint], unknowns: dict[str, UnknownOut]
) -> dict[str, Any]:
    """The fields of :class:`ringwall.reach.documents.Head`; endpoints in the order of ids."""
    model, about = relation.engine.model, _About(relation)
    named = sorted({one.id: one for one in endpoints}.values(), key=lambda one: one.id)
    return {
        "schema": schema,
        "tool": TOOL,
        "digest": digest(relation.facts),
        "scope": list(model.scope),
        "assumes": list(model.assumes),
        "enforcers": {name: [_enforcer(one)] for name, one in sorted(model.enforcers.items())},
        "unknowns": unknowns,
        "endpoints": {one.id: about.told(one) for one in named},
        "blocks": {one.id: blocks(one) for one in named if one.kind in ("internet", "block")},
    }


def numbered(doubts: Iterable[Reason]) -> dict[Reason, str]:
    """Short ids of reasons, in their own order."""
    return {one: f"u{number}" for number, one in enumerate(sorted(set(doubts)), 1)}


def ids_of(doubts: Iterable[Reason], ids: dict[Reason, str]) -> list[str]:
    """The ids of some reasons, in the order of their numbers."""
    return [ids[one] for one in sorted(doubts)]


def unknowns(ids: dict[Reason, str]) -> dict[str, UnknownOut]:
    """What the ids of reasons mean."""
    return {id_: UnknownOut(one.code, one.object, one.needs) for one, id_ in ids.items()}


def blocks(endpoint: Endpoint) -> BlockOut:
    """The addresses that an id stands for."""
    if endpoint.kind == "block" and not endpoint.id.startswith(BLOCK_ID):
        return BlockOut([endpoint.id])
    return BlockOut(list(whole(endpoint.members).blocks()))


def _enforcer(found: Enforcer) -> EnforcerOut:
    evidence = [one.text for one in found.evidence]
    return EnforcerOut(found.name, found.version, evidence, found.problem)


class _About:
    """What is said about an endpoint, from the objects that it is."""

    def __init__(self, relation: Relation) -> None:
        self._facts = relation.facts
        self._model = relation.engine.model
        self._scopes = {body.vpc_id: key.scope for key, body in self._facts.of(aws.Vpc)}

    def told(self, endpoint: Endpoint) -> EndpointOut:
        """The endpoint's line in the table of endpoints."""
        attachments = [one for member in endpoint.members for one in member.attachments]
        if endpoint.kind in ("internet", "block") or not attachments:
            return EndpointOut(endpoint.kind)
        first = attachments[0]
        vpc = min({one.domain for one in attachments})
        account, _, region = self._scopes.get(vpc, "").partition(":")
        pods = [self._model.workloads.pods[one.pod] for one in attachments if one.pod >= 0]
        alone = len(endpoint.members) == 1
        here = [text(one.family, one.address) for one in attachments if one.family and alone]
        return EndpointOut(
            kind=endpoint.kind,
            cluster=first.cluster or "",
            account=account,
            region=region,
            vpc=vpc,
            parent=self._parent(endpoint, pods),
            key=self._key(endpoint, pods),
            addresses=sorted(set(here)) if endpoint.kind != "api" else [],
            host_network=bool(pods) and all(pod.host_network for pod in pods),
            labels=_common(pods) if endpoint.kind in ("workload", "pod") else {},
        )

    def _parent(self, endpoint: Endpoint, pods: list[Pod]) -> str:
        """The workload of a pod, the instance of a node or interface."""
        first = endpoint.members[0].attachments[0]
        if endpoint.kind == "pod":
            return pods[0].workload if pods[0].workload != endpoint.id else ""
        if endpoint.kind == "node":
            return self._model.workloads.clusters[first.cluster or ""].nodes[first.node].instance
        if endpoint.kind == "interface":
            return self._model.fabric.interfaces[first.interface].instance
        return ""

    def _key(self, endpoint: Endpoint, pods: list[Pod]) -> str:
        """The fact that an endpoint is, where one was read."""
        first = endpoint.members[0].attachments[0]
        if endpoint.kind == "workload":
            name, _, kind = endpoint.id.rpartition("!")[2].rstrip("]").partition("[")
            key = Key(pods[0].cluster, kind.lower(), name)
            return str(key) if key in self._facts else ""
        if endpoint.kind == "pod":
            return str(pods[0].key)
        if first.key is not None:
            return str(first.key)
        return endpoint.id if endpoint.kind in ("node", "interface", "instance") else ""


def _common(pods: list[Pod]) -> dict[str, str]:
    """The labels that all pods of a workload have."""
    shared = set(pods[0].labels.items()) if pods else set()
    for pod in pods[1:]:
        shared &= pod.labels.items()
    return dict(sorted(shared))
