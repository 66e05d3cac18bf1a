"""What is kept of the objects that tell which engine enforces policies.

Everything here is an allow-list: of a DaemonSet's arguments and environment, of a ConfigMap's
keys, of CRD names. Whatever else they hold is never decoded into a fact.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

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
_EXCLUDED: Final = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
_SETTINGS: Final = frozenset(
    "NETWORK_POLICY_ENFORCING_MODE AWS_VPC_K8S_CNI_EXTERNALSNAT "
    f"{_EXCLUDED} AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG ENABLE_POD_ENI "
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
"""ConfigMap → the keys that are kept as they are."""
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
    """The containers of a network engine's DaemonSet, reduced to the switches we know.

    Raises ValueError where those cannot be read: without them the engine would look switched off.
    """
    spec = ((daemonset.get("spec") or {}).get("template") or {}).get("spec") or {}
    return tuple(_agent(container) for container in spec.get("containers") or ())


def bad_blocks(agent: Agent) -> list[str]:
    """The items of a list of IPv4 blocks that are none."""
    return [text for text in _blocks(agent) if not _is_block(text)]


def without_bad_blocks(agent: Agent) -> Agent:
    """The same agent with those left out, as the VPC CNI does."""
    if not bad_blocks(agent):
        return agent
    kept = ",".join(text for text in _blocks(agent) if _is_block(text))
    return replace(agent, settings={**agent.settings, _EXCLUDED: kept})


def _blocks(agent: Agent) -> list[str]:
    parts = agent.settings.get(_EXCLUDED, "").split(",")
    return [text.strip() for text in parts if text.strip()]


def _is_block(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return False
    return text.partition("/")[2].isdecimal()


def _agent(container: Mapping[str, Any]) -> Agent:
    words = [*_list(container, "command"), *_list(container, "args")]
    flags = tuple(str(word) for word in words if str(word).partition("=")[0] in _FLAGS)
    settings = {}
    for env in _list(container, "env"):
        if not isinstance(env, Mapping) or not isinstance(env.get("name"), str):
            raise ValueError(f"an item of `env` of container `{_name(container)}` has no name")
        if env["name"] in _SETTINGS and "value" in env:
            settings[env["name"]] = "" if env["value"] is None else str(env["value"])
    return Agent(
        container=_name(container),
        image=str(container.get("image") or ""),
        flags=flags,
        settings=settings,
    )


def _name(container: Mapping[str, Any]) -> str:
    return str(container.get("name") or "")


def _list(container: Mapping[str, Any], field: str) -> list[Any]:
    value = container.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"`{field}` of container `{_name(container)}` is not a list")
    return value
