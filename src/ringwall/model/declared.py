"""The pods that a controller's template stands for where none of them runs.

Labels that controllers add: StatefulSet ``statefulset.kubernetes.io/pod-name`` and
``apps.kubernetes.io/pod-index``, Job ``job-name`` and ``batch.kubernetes.io/job-name``; the others
below have values that only the running controller makes up (kubernetes.io, «Well-Known Labels,
Annotations and Taints»).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from ringwall.facts import k8s
from ringwall.facts.k8s import Labels, PodSpec, PodTemplate

Controller: TypeAlias = (
    k8s.CronJob
    | k8s.DaemonSet
    | k8s.Deployment
    | k8s.Job
    | k8s.ReplicaSet
    | k8s.ReplicationController
    | k8s.StatefulSet
)
CONTROLLERS: Final[tuple[type[Controller], ...]] = (
    k8s.CronJob,
    k8s.DaemonSet,
    k8s.Deployment,
    k8s.Job,
    k8s.ReplicaSet,
    k8s.ReplicationController,
    k8s.StatefulSet,
)
"""In the order of their facts' keys."""

REPLICAS: Final = 2
"""Enough to ask whether one replica reaches another."""

_JOB_NAMES: Final = ("job-name", "batch.kubernetes.io/job-name")
_JOB_IDS: Final = ("controller-uid", "batch.kubernetes.io/controller-uid")
_MADE_UP: Final[dict[str, tuple[str, ...]]] = {
    "Deployment": ("pod-template-hash",),
    "StatefulSet": ("controller-revision-hash",),
    "DaemonSet": ("controller-revision-hash", "pod-template-generation"),
    "Job": _JOB_IDS,
    "CronJob": (*_JOB_IDS, *_JOB_NAMES),
}


class Declared(NamedTuple):
    """One pod of a template. ``open_labels`` exist with values that are made up later."""

    namespace: str
    name: str
    labels: Labels
    open_labels: frozenset[str]
    spec: PodSpec


def declared(body: Controller, kind: str) -> Iterator[Declared]:
    """The pods of a controller whose outermost owner is of this ``kind``."""
    metadata, template = body.metadata, _template(body)
    for i in range(REPLICAS):
        labels = {**(template.metadata.labels or {}), **_added(kind, metadata.name, i)}
        yield Declared(
            namespace=metadata.namespace,
            name=f"{metadata.name}-{i}",
            labels=labels,
            open_labels=frozenset(_MADE_UP.get(kind, ())) - set(labels),
            spec=template.spec,
        )


def _template(body: Controller) -> PodTemplate:
    spec = body.spec.job_template.spec if isinstance(body, k8s.CronJob) else body.spec
    return spec.template or PodTemplate()


def _added(kind: str, name: str, i: int) -> Labels:
    """Labels that the controller adds with values that are known beforehand."""
    if kind == "StatefulSet":
        return {
            "statefulset.kubernetes.io/pod-name": f"{name}-{i}",
            "apps.kubernetes.io/pod-index": str(i),
        }
    return dict.fromkeys(_JOB_NAMES, name) if kind == "Job" else {}
