"""Which workload a pod or controller belongs to: the outermost controller above it.

Source: ``ObjectMeta.ownerReferences`` (kubernetes.io API reference) and the controllers' own
habit of naming a ReplicaSet ``DEPLOYMENT-HASH``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from ringwall.facts.fact import Key
from ringwall.facts.k8s import Labels, ObjectMeta, OwnerReference

KINDS: Final = frozenset(
    "Deployment ReplicaSet ReplicationController StatefulSet DaemonSet Job CronJob".split()
)
"""The controllers that are followed upwards."""

TEMPLATE_HASH: Final = "pod-template-hash"
_LEVELS: Final = 4
_NO_LABELS: Final[Labels] = {}


class Owner(NamedTuple):
    """A controller: its kind and its name in the namespace of what it owns."""

    kind: str
    name: str


class _Owned(Protocol):
    @property
    def metadata(self) -> ObjectMeta: ...


class Owners:
    """The chains of owners among the controllers that were read."""

    def __init__(self, controllers: Mapping[Key, _Owned]) -> None:
        self._controllers = controllers
        self._known: dict[tuple[str, str, str, str, str], Owner] = {}

    def is_read(self, cluster: str, namespace: str, owner: Owner) -> bool:
        """Whether a controller is among the facts."""
        return _key(cluster, namespace, owner) in self._controllers

    def of_pod(self, cluster: str, metadata: ObjectMeta) -> Owner | None:
        """The outermost owner of a pod, of whatever kind; none if it has no owner."""
        if not metadata.owner_references:
            return None
        reference = _controlling(metadata.owner_references)
        if reference is None:
            return None
        told = (metadata.labels or _NO_LABELS).get(TEMPLATE_HASH, "")
        place = (cluster, metadata.namespace, reference.kind, reference.name, told)
        owner = self._known.get(place)
        if owner is None:
            owner = self._known[place] = self._outermost(*place)
        return owner

    def of_controller(self, cluster: str, kind: str, metadata: ObjectMeta) -> Owner:
        """The outermost owner of a controller, itself if nothing is above it."""
        told = (metadata.labels or _NO_LABELS).get(TEMPLATE_HASH, "")
        return self._outermost(cluster, metadata.namespace, kind, metadata.name, told)

    def _outermost(self, cluster: str, namespace: str, kind: str, name: str, told: str) -> Owner:
        """Upwards from one owner. ``told`` is the template hash that the owned object carries."""
        for _ in range(_LEVELS):
            read = self._controllers.get(_key(cluster, namespace, Owner(kind, name)))
            if read is None:
                return _unread(kind, name, told)
            above = _controlling(read.metadata.owner_references or ())
            if above is None or above.kind not in KINDS:
                break
            kind, name = above.kind, above.name
        return Owner(kind, name)


def _key(cluster: str, namespace: str, owner: Owner) -> Key:
    return Key(cluster, owner.kind.lower(), f"{namespace}/{owner.name}")


def _controlling(references: tuple[OwnerReference, ...]) -> OwnerReference | None:
    return next((one for one in references if one.controller or one.kind in KINDS), None)


def _unread(kind: str, name: str, told: str) -> Owner:
    """A ReplicaSet that was not read tells its Deployment by its name and the pods' hash."""
    if kind == "ReplicaSet" and told and name.endswith(f"-{told}") and name != f"-{told}":
        return Owner("Deployment", name[: -len(told) - 1])
    return Owner(kind, name)
