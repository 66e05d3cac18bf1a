"""Pods and the templates of their controllers, as the API server stores them."""

import json
from functools import lru_cache
from typing import Any, Final

import msgspec

from production.plan import Pod, Workload
from production.words import CREATED, REGION, Draw

_REGISTRY: Final = f"111122223333.dkr.ecr.{REGION}.amazonaws.com"
_READY: Final = ("Initialized", "Ready", "ContainersReady")
_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path


class Pods:
    """Writes pods; what all pods of a workload share is written only once."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._shared: dict[Workload, _Shared] = {}

    def object(self, pod: Pod) -> dict[str, Any]:
        """The Pod object."""
        shared = self._shared.get(pod.workload)
        if shared is None:
            shared = self._shared[pod.workload] = _Shared(pod.workload, self._draw)
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": self._metadata(pod, shared),
            "spec": self._spec(pod, shared),
            "status": self._status(pod, shared),
        }

    def _metadata(self, pod: Pod, shared: "_Shared") -> dict[str, Any]:
        kind, owner, uid = shared.owner(pod)
        return {
            "annotations": {**shared.annotations, **_branch(pod)},
            "creationTimestamp": CREATED,
            "generateName": f"{owner}-",
            "labels": {**pod.workload.labels, **pod_labels(pod, uid)},
            "managedFields": shared.managed,
            "name": pod.name,
            "namespace": pod.workload.namespace.name,
            "ownerReferences": [
                {
                    "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
                    "blockOwnerDeletion": True,
                    "controller": True,
                    "kind": kind,
                    "name": owner,
                    "uid": uid,
                }
            ],
            "resourceVersion": self._draw.revision(),
            "uid": self._draw.uid(),
        }

    def _spec(self, pod: Pod, shared: "_Shared") -> dict[str, Any]:
        volume = f"kube-api-access-{self._draw.suffix()}"
        container = {
            **shared.container,
            "volumeMounts": [{"mountPath": _TOKEN, "name": volume, "readOnly": True}],
        }
        return {
            **shared.spec,
            "containers": [container],
            "nodeName": pod.node.name,
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 0,
            "serviceAccount": shared.spec["serviceAccountName"],
            "volumes": [{"name": volume, "projected": _PROJECTED}],
        }

    def _status(self, pod: Pod, shared: "_Shared") -> dict[str, Any]:
        name = shared.container["name"]
        started = {"running": {"startedAt": CREATED}}
        ended = {"terminated": {"exitCode": 0, "finishedAt": CREATED, "reason": "Completed"}}
        status = {
            "conditions": _conditions(pod.finished),
            "containerStatuses": [
                {
                    "containerID": f"containerd://{self._draw.hex(64)}",
                    "image": shared.container["image"],
                    "imageID": shared.image,
                    "name": name,
                    "ready": not pod.finished,
                    "restartCount": 0,
                    "started": not pod.finished,
                    "state": ended if pod.finished else started,
                }
            ],
            "hostIP": pod.node.address,
            "phase": "Succeeded" if pod.finished else "Running",
            "qosClass": "Burstable",
            "startTime": CREATED,
        }
        if pod.address:
            status |= {"podIP": pod.address, "podIPs": [{"ip": pod.address}]}
        return status


class _Shared:
    """What the pods of one workload have in common."""

    def __init__(self, workload: Workload, draw: Draw) -> None:
        self.workload = workload
        self.set_uid = set_uid(workload)
        self.image = f"{_REGISTRY}/{workload.name}@sha256:{draw.hex(64)}"
        self.annotations = annotations(workload)
        self.spec = template_spec(workload)
        self.container = self.spec["containers"][0]
        self.managed = msgspec.Raw(msgspec.json.encode(_managed(workload, self.spec)))

    def owner(self, pod: Pod) -> tuple[str, str, str]:
        """Kind, name and uid of what made a pod."""
        workload = self.workload
        if workload.kind == "Deployment":
            return "ReplicaSet", f"{workload.name}-{workload.hash}", self.set_uid
        if workload.kind == "CronJob":
            return "Job", pod.name.rpartition("-")[0], job_uid(workload, pod.index)
        return workload.kind, workload.name, workload.uid


def set_uid(workload: Workload) -> str:
    """The uid of a Deployment's present ReplicaSet."""
    return Draw(f"{workload.uid} set").uid()


def job_uid(workload: Workload, index: int) -> str:
    """The uid of one of a CronJob's Jobs."""
    return Draw(f"{workload.uid} {index}").uid()


def pod_labels(pod: Pod, owner: str) -> dict[str, str]:
    """The labels that a controller adds to those of its template."""
    workload = pod.workload
    if workload.kind == "Deployment":
        return {"pod-template-hash": workload.hash}
    if workload.kind == "StatefulSet":
        return {
            "apps.kubernetes.io/pod-index": str(pod.index),
            "controller-revision-hash": f"{workload.name}-{workload.hash}",
            "statefulset.kubernetes.io/pod-name": pod.name,
        }
    if workload.kind == "DaemonSet":
        return {"controller-revision-hash": workload.hash, "pod-template-generation": "3"}
    job = pod.name.rpartition("-")[0]
    return {
        "batch.kubernetes.io/controller-uid": owner,
        "batch.kubernetes.io/job-name": job,
        "controller-uid": owner,
        "job-name": job,
    }


def annotations(workload: Workload) -> dict[str, str]:
    """The annotations of a pod template."""
    checksum = Draw(workload.uid).hex(64)
    return {
        "checksum/config": checksum,
        "prometheus.io/scrape": "true",
    }


def template_spec(workload: Workload) -> dict[str, Any]:
    """The pod specification that a controller's template holds."""
    spec: dict[str, Any] = {
        "containers": [_container(workload)],
        "dnsPolicy": "ClusterFirstWithHostNet" if workload.host_network else "ClusterFirst",
        "restartPolicy": "OnFailure" if workload.kind == "CronJob" else "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 1000, "runAsNonRoot": True, "runAsUser": 1000},
        "serviceAccountName": workload.name,
        "terminationGracePeriodSeconds": 30,
    }
    return {**spec, "hostNetwork": True} if workload.host_network else spec


def _container(workload: Workload) -> dict[str, Any]:
    version = workload.labels["app.kubernetes.io/version"]
    container = {
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "OTEL_SERVICE_NAME", "value": workload.name},
        ],
        "image": f"{_REGISTRY}/{workload.name}:{version}",
        "imagePullPolicy": "IfNotPresent",
        "name": workload.component,
        "ports": [_port(workload, port) for port in workload.ports],
        "resources": {
            "limits": {"memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    if any(name == "http" for name, _, _ in workload.ports):
        container["readinessProbe"] = _probe("/ready")
    return container


def _port(workload: Workload, port: tuple[str, int, str]) -> dict[str, Any]:
    name, number, protocol = port
    shown = {"containerPort": number, "name": name, "protocol": protocol}
    return {**shown, "hostPort": number} if workload.host_network else shown


def _probe(path: str) -> dict[str, Any]:
    return {
        "failureThreshold": 3,
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


@lru_cache(maxsize=2)
def _conditions(finished: bool) -> msgspec.Raw:
    reason = {"reason": "PodCompleted"} if finished else {}
    status = "False" if finished else "True"
    found: list[dict[str, Any]] = [
        {
            "lastTransitionTime": CREATED,
            "status": "True" if kind == "Initialized" else status,
            "type": kind,
            **reason,
        }
        for kind in _READY
    ]
    scheduled = {**found[0], "status": "True", "type": "PodScheduled"}
    return msgspec.Raw(msgspec.json.encode([*found, scheduled]))


def _branch(pod: Pod) -> dict[str, str]:
    """What names the interface that a pod has to itself."""
    if not pod.workload.branch or pod.finished:
        return {}
    face = next(face for face in pod.node.interfaces if pod.address in face.addresses)
    told = {"eniId": face.id, "privateIp": pod.address, "vlanId": 1, "subnetCidr": face.subnet}
    return {"vpc.amazonaws.com/pod-eni": json.dumps([told])}


# --- who wrote which field -----------------------------------------------------------------------


def _managed(workload: Workload, spec: dict[str, Any]) -> list[dict[str, Any]]:
    controller = {
        "f:metadata": {
            "f:annotations": _fields({".": 0, **annotations(workload)}),
            "f:generateName": {},
            "f:labels": _fields({".": 0, **workload.labels}),
            "f:ownerReferences": {".": {}, f'k:{{"uid":"{workload.uid}"}}': {}},
        },
        "f:spec": _spec_fields(spec),
    }
    kubelet = {
        "f:status": {
            "f:conditions": {
                f'k:{{"type":"{kind}"}}': _fields(dict.fromkeys((".", "status", "type")))
                for kind in _READY
            },
            **_fields(dict.fromkeys("containerStatuses hostIP phase podIP startTime".split())),
            "f:podIPs": {".": {}},
        }
    }
    return [
        _entry("kube-controller-manager", controller),
        {**_entry("kubelet", kubelet), "subresource": "status"},
    ]


def _spec_fields(spec: dict[str, Any]) -> dict[str, Any]:
    containers = {
        f'k:{{"name":"{container["name"]}"}}': _fields(dict.fromkeys((".", "image", "name")))
        for container in spec["containers"]
    }
    return {**_fields(spec), "f:containers": containers}


def _fields(names: dict[str, Any]) -> dict[str, Any]:
    return {name if name == "." else f"f:{name}": {} for name in names}


def _entry(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": manager,
        "operation": "Update",
        "time": CREATED,
    }


_PROJECTED: Final = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
    ],
}
