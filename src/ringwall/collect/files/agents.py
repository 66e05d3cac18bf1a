"""What is kept of the objects that tell which engine enforces policies.

Everything here is an allow-list: of a DaemonSet's arguments and environment, of a ConfigMap's
keys, of CRD names. Whatever else they hold is never decoded into a fact.
"""

from collections.abc import Mapping
from typing import Any, Final

from ringwall.facts.k8s import Agent

DAEMONSETS: Final = frozenset(
    "aws-node calico-node canal cilium cilium-agent antrea-agent kube-router weave-net "
    "kube-network-policies".split()
)
_FLAGS: Final = (
    "--enable-network-policy",
    "--enable-ipv6",
    "--enable-policy-event-logs",
)
_SETTINGS: Final = frozenset(
    "NETWORK_POLICY_ENFORCING_MODE AWS_VPC_K8S_CNI_EXTERNALSNAT "
    "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG ENABLE_POD_ENI "
    "POD_SECURITY_GROUP_ENFORCING_MODE ENABLE_PREFIX_DELEGATION ENABLE_IPv6 "
    "CALICO_NETWORKING_BACKEND".split()
)
CONFIGMAPS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("kube-system", "amazon-vpc-cni"): frozenset(
        "enable-network-policy-controller enable-windows-ipam".split()
    ),
    ("kube-system", "cilium-config"): frozenset(
        "enable-policy policy-cidr-match-mode enable-k8s-networkpolicy".split()
    ),
}
_CRD_GROUPS: Final = (
    "projectcalico.org",
    "cilium.io",
    "policy.networking.k8s.io",
    "networking.k8s.aws",
    "vpcresources.k8s.aws",
    "crd.k8s.amazonaws.com",
    "eks.amazonaws.com",
    "antrea.io",
)


def is_engine_crd(name: str) -> bool:
    """Whether a CRD's name (``plural.group``) belongs to a network engine."""
    return name.partition(".")[2].endswith(_CRD_GROUPS)


def agents(daemonset: Mapping[str, Any]) -> tuple[Agent, ...]:
    """The containers of a network engine's DaemonSet, reduced to the switches we know."""
    spec = ((daemonset.get("spec") or {}).get("template") or {}).get("spec") or {}
    containers = [*(spec.get("containers") or ())]
    return tuple(_agent(container) for container in containers if isinstance(container, dict))


def _agent(container: Mapping[str, Any]) -> Agent:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    flags = tuple(str(word) for word in words if str(word).partition("=")[0] in _FLAGS)
    settings = {
        str(env["name"]): str(env["value"])
        for env in container.get("env") or ()
        if isinstance(env, dict) and env.get("name") in _SETTINGS and "value" in env
    }
    return Agent(
        container=str(container.get("name", "")),
        image=str(container.get("image", "")),
        flags=flags,
        settings=settings,
    )
