"""What makes pods and what stands before them: controllers, Services, Ingresses, namespaces."""

from collections.abc import Iterator
from typing import Any, Final

from production.plan import Plan, Workload
from production.pods import annotations, job_uid, set_uid, template_spec
from production.words import CREATED, Draw

Object = dict[str, Any]

_APPS: Final = "apps/v1"


class Controllers:
    """Writes the objects around the pods of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._draw = Draw(f"{plan.draw.random()} controllers")
        self._services = 0

    def namespaces(self) -> Iterator[Object]:
        """Namespaces."""
        for place in self._plan.namespaces:
            shown = self._object("v1", "Namespace", place.name, place.labels)
            yield {**shown, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}

    def of_kind(self, kind: str) -> Iterator[Object]:
        """Deployments, StatefulSets or DaemonSets."""
        for workload in self._plan.workloads:
            if workload.kind == kind:
                yield self._controller(workload)

    def replica_sets(self) -> Iterator[Object]:
        """The present one of each Deployment, and of every second one the one before."""
        for number, workload in enumerate(self._plan.workloads):
            if workload.kind != "Deployment":
                continue
            yield self._replica_set(workload, workload.hash, len(workload.pods))
            if number % 2:
                yield self._replica_set(workload, self._draw.suffix(10), 0)

    def cron_jobs(self) -> Iterator[Object]:
        """CronJobs."""
        for workload in self._plan.workloads:
            if workload.kind == "CronJob":
                shown = self._of(workload, "batch/v1", "CronJob", workload.name)
                shown["metadata"]["uid"] = workload.uid
                job = {"spec": {"template": template(workload)}}
                yield {**shown, "spec": {"schedule": "0 * * * *", "jobTemplate": job}}

    def jobs(self) -> Iterator[Object]:
        """The Jobs that the CronJobs made."""
        for workload in self._plan.workloads:
            for pod in workload.pods if workload.kind == "CronJob" else ():
                name = pod.name.rpartition("-")[0]
                shown = self._of(workload, "batch/v1", "Job", name)
                shown["metadata"]["uid"] = job_uid(workload, pod.index)
                shown["metadata"]["ownerReferences"] = [_owner("batch/v1", workload)]
                status = {"succeeded": 1} if pod.finished else {"active": 1}
                spec = {"completions": 1, "parallelism": 1, "template": template(workload)}
                yield {**shown, "spec": spec, "status": status}

    def services(self) -> Iterator[Object]:
        """A Service before each workload that serves; every twelfth is a load balancer."""
        for workload in self._plan.workloads:
            served = [port for port in workload.ports if port[0] != "metrics"]
            if served and workload.kind in ("Deployment", "StatefulSet"):
                yield self._service(workload, served)

    def ingresses(self) -> Iterator[Object]:
        """An Ingress in every second tenant's namespace, before its first web or API."""
        for place in self._plan.tenants[::2]:
            for workload in place.workloads:
                if workload.kind == "Deployment" and workload.component in ("web", "api"):
                    yield self._ingress(workload)
                    break

    def stored(self, written: Iterator[Object]) -> Iterator[Object]:
        """Objects that others wrote, as the API server gives them back."""
        for given in written:
            metadata = given["metadata"]
            version, labels = given["apiVersion"], metadata["labels"]
            shown = self._object(version, given["kind"], metadata["name"], labels)
            yield {**given, "metadata": {**shown["metadata"], **metadata}}

    # --- one object ------------------------------------------------------------------------------

    def _controller(self, workload: Workload) -> Object:
        shown = self._of(workload, _APPS, workload.kind, workload.name)
        shown["metadata"]["uid"] = workload.uid
        spec: Object = {"selector": {"matchLabels": workload.selector}}
        spec["template"] = template(workload)
        if workload.kind != "DaemonSet":
            spec |= {"replicas": len(workload.pods), "revisionHistoryLimit": 2}
        if workload.kind == "StatefulSet":
            spec["serviceName"] = workload.name
        ready = len(workload.pods)
        return {**shown, "spec": spec, "status": {"observedGeneration": 1, "readyReplicas": ready}}

    def _replica_set(self, workload: Workload, revision: str, replicas: int) -> Object:
        shown = self._of(workload, _APPS, "ReplicaSet", f"{workload.name}-{revision}")
        mark = {"pod-template-hash": revision}
        metadata = shown["metadata"]
        metadata["labels"] = {**workload.labels, **mark}
        metadata["ownerReferences"] = [_owner(_APPS, workload)]
        if revision == workload.hash:
            metadata["uid"] = set_uid(workload)
        made = template(workload)
        made["metadata"]["labels"] |= mark
        spec = {"replicas": replicas, "template": made}
        spec["selector"] = {"matchLabels": {**workload.selector, **mark}}
        return {**shown, "spec": spec, "status": {"replicas": replicas}}

    def _service(self, workload: Workload, served: list[tuple[str, int, str]]) -> Object:
        self._services += 1
        number = self._services
        shown = self._of(workload, "v1", "Service", workload.name)
        cluster_ip = f"172.20.{number // 250 % 256}.{number % 250 + 2}"
        if number >= 250 * 256:
            cluster_ip = f"172.21.{number // 250 % 256}.{number % 250 + 2}"
        if workload.kind == "StatefulSet":
            cluster_ip = "None"
        if workload.name == "coredns":
            cluster_ip = "172.20.0.10"
        ports = [
            {"name": name, "port": _served_at(name, port), "protocol": protocol, "targetPort": name}
            for name, port, protocol in served
        ]
        spec: Object = {
            "clusterIP": cluster_ip,
            "clusterIPs": [cluster_ip],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": ports,
            "selector": workload.selector,
            "sessionAffinity": "None",
            "type": "ClusterIP",
        }
        if workload.component == "gateway" and number % 12 == 0:
            spec |= {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": True}
            for i, port in enumerate(ports):
                port["nodePort"] = 30_000 + (number * 4 + i) % 2_700
        return {**shown, "spec": spec, "status": {"loadBalancer": {}}}

    def _ingress(self, workload: Workload) -> Object:
        shown = self._of(workload, "networking.k8s.io/v1", "Ingress", workload.name)
        backend = {"service": {"name": workload.name, "port": {"name": "http"}}}
        path = {"backend": backend, "path": "/", "pathType": "Prefix"}
        host = f"{workload.name}.{workload.namespace.name}.example.com"
        rules = [{"host": host, "http": {"paths": [path]}}]
        return {**shown, "spec": {"ingressClassName": "nginx", "rules": rules}}

    def _of(self, workload: Workload, version: str, kind: str, name: str) -> Object:
        shown = self._object(version, kind, name, dict(workload.labels))
        shown["metadata"]["namespace"] = workload.namespace.name
        shown["metadata"]["annotations"] = {
            "meta.helm.sh/release-name": workload.labels["app.kubernetes.io/instance"],
            "meta.helm.sh/release-namespace": workload.namespace.name,
        }
        return shown

    def _object(self, version: str, kind: str, name: str, labels: dict[str, str]) -> Object:
        fields: Object = {"f:metadata": {"f:labels": {f"f:{label}": {} for label in labels}}}
        manager = "helm" if version != "v1" or kind == "Service" else "kubectl-create"
        managed = {
            "apiVersion": version,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
            "manager": manager,
            "operation": "Update",
            "time": CREATED,
        }
        metadata = {
            "creationTimestamp": CREATED,
            "labels": labels,
            "managedFields": [managed],
            "name": name,
            "resourceVersion": self._draw.revision(),
            "uid": self._draw.uid(),
        }
        return {"apiVersion": version, "kind": kind, "metadata": metadata}


def template(workload: Workload) -> Object:
    """The pod template of a controller."""
    metadata = {"annotations": annotations(workload), "labels": dict(workload.labels)}
    return {"metadata": metadata, "spec": template_spec(workload)}


def _served_at(name: str, port: int) -> int:
    return 80 if name == "http" else port


def _owner(version: str, workload: Workload) -> Object:
    return {
        "apiVersion": version,
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": workload.kind,
        "name": workload.name,
        "uid": workload.uid,
    }
