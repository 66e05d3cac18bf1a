"""Which Kubernetes kinds are read, which move verdicts although they are not, which are left out.

A kind that is in none of the tables below does not concern the network (a Secret, a quota) or
only makes objects that do (an operator's own resource); it is counted and left out.
"""

from typing import Final, NamedTuple

from ringwall.facts import k8s
from ringwall.facts.fact import Key


class Kind(NamedTuple):
    """How objects of one apiVersion and kind become facts."""

    type: type[k8s.Object]
    key: str
    namespaced: bool = True

    def key_of(self, scope: str, body: k8s.Object) -> Key:
        """The key of an object of a cluster."""
        namespace, name = body.metadata.namespace, body.metadata.name
        return Key(scope, self.key, f"{namespace}/{name}" if self.namespaced else name)


READ: Final[dict[tuple[str, str], Kind]] = {
    ("v1", "Namespace"): Kind(k8s.Namespace, "namespace", namespaced=False),
    ("v1", "Node"): Kind(k8s.Node, "node", namespaced=False),
    ("v1", "Pod"): Kind(k8s.Pod, "pod"),
    ("v1", "ReplicationController"): Kind(k8s.ReplicationController, "replicationcontroller"),
    ("v1", "Service"): Kind(k8s.Service, "svc"),
    ("v1", "ServiceAccount"): Kind(k8s.ServiceAccount, "serviceaccount"),
    ("v1", "ConfigMap"): Kind(k8s.ConfigMap, "configmap"),
    ("apps/v1", "Deployment"): Kind(k8s.Deployment, "deployment"),
    ("apps/v1", "ReplicaSet"): Kind(k8s.ReplicaSet, "replicaset"),
    ("apps/v1", "StatefulSet"): Kind(k8s.StatefulSet, "statefulset"),
    ("apps/v1", "DaemonSet"): Kind(k8s.DaemonSet, "daemonset"),
    ("batch/v1", "Job"): Kind(k8s.Job, "job"),
    ("batch/v1", "CronJob"): Kind(k8s.CronJob, "cronjob"),
    ("networking.k8s.io/v1", "Ingress"): Kind(k8s.Ingress, "ing"),
    ("networking.k8s.io/v1", "NetworkPolicy"): Kind(k8s.NetworkPolicy, "networkpolicy"),
    ("rbac.authorization.k8s.io/v1", "Role"): Kind(k8s.Role, "role"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): Kind(
        k8s.ClusterRole, "clusterrole", namespaced=False
    ),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): Kind(k8s.RoleBinding, "rolebinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): Kind(
        k8s.ClusterRoleBinding, "clusterrolebinding", namespaced=False
    ),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): Kind(
        k8s.CustomResourceDefinition, "crd", namespaced=False
    ),
    ("eks.amazonaws.com/v1", "NodeClass"): Kind(k8s.NodeClass, "nodeclass", namespaced=False),
    ("karpenter.k8s.aws/v1", "EC2NodeClass"): Kind(
        k8s.EC2NodeClass, "ec2nodeclass", namespaced=False
    ),
    ("karpenter.sh/v1", "NodePool"): Kind(k8s.NodePool, "nodepool", namespaced=False),
}

_READ_KINDS: Final = {(version.rpartition("/")[0], kind) for version, kind in READ}

# group → kinds: they decide what a pod may send or receive, and are not read yet.
_POLICY: Final = {
    "extensions": "NetworkPolicy",
    "policy.networking.k8s.io": (
        "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy"
    ),
    "networking.k8s.aws": "ClusterNetworkPolicy ApplicationNetworkPolicy",
    "projectcalico.org": "NetworkPolicy GlobalNetworkPolicy HostEndpoint Tier",
    "crd.projectcalico.org": "NetworkPolicy GlobalNetworkPolicy HostEndpoint Tier",
    "cilium.io": "CiliumNetworkPolicy CiliumClusterwideNetworkPolicy",
    "crd.antrea.io": "NetworkPolicy ClusterNetworkPolicy",
    "security.istio.io": "AuthorizationPolicy PeerAuthentication RequestAuthentication",
    "policy.linkerd.io": "AuthorizationPolicy Server ServerAuthorization",
}
CLUSTER_WIDE: Final = frozenset(
    "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy GlobalNetworkPolicy "
    "HostEndpoint Tier CiliumClusterwideNetworkPolicy".split()
)

# group → kinds: they make ways into or between pods; not read yet.
_TRAFFIC: Final = {
    "extensions": "Ingress",
    "gateway.networking.k8s.io": "Gateway HTTPRoute GRPCRoute TCPRoute TLSRoute UDPRoute",
    "elbv2.k8s.aws": "TargetGroupBinding",
    "networking.istio.io": "Gateway VirtualService ServiceEntry Sidecar DestinationRule",
    "application-networking.k8s.aws": "TargetGroupPolicy ServiceNetwork",
}

# group → kinds: they choose the interface and groups of pods. The interfaces that AWS lists show
# what they chose, so they move a verdict only where those were not read.
_FABRIC: Final = {
    "vpcresources.k8s.aws": "SecurityGroupPolicy",
    "crd.k8s.amazonaws.com": "ENIConfig",
}

# Read for what they say of nodes to come: another version of them moves no verdict.
_NODES_TO_COME: Final = frozenset("EC2NodeClass NodePool".split())


def effect_of(api_version: str, kind: str) -> str:
    """``read``; ``policy``, ``traffic``, ``fabric`` (unread, they move verdicts); ``input`` (unread
    without moving any); ``left out``."""
    if (api_version, kind) in READ:
        return "read"
    group = api_version.rpartition("/")[0]
    if kind in _POLICY.get(group, "").split():
        return "policy"
    if kind in _TRAFFIC.get(group, "").split():
        return "traffic"
    if kind in _FABRIC.get(group, "").split():
        return "fabric"
    if (group, kind) in _READ_KINDS and kind in _NODES_TO_COME:
        return "input"
    if (group, kind) in _READ_KINDS:  # a kind that we read, in a version that we do not
        return "policy" if kind == "NetworkPolicy" else "traffic"
    return "left out"
