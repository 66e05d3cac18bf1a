"""What is kept of an EKS add-on's ``configurationValues``: a closed list of network switches.

The text is free JSON or YAML for the add-on's chart, so it may hold anything, credentials
included. Nothing that is not named here reaches a fact or a message.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ringwall.collect.files.aws_place import canonical_cidr
from ringwall.collect.files.loader import BadYamlError, single

_SWITCHES: Final = ("enableNetworkPolicy",)
_NODE_AGENT: Final = ("enabled", "enablePolicyEventLogs", "enableCloudWatchLogs")
_ENVIRONMENT: Final = (
    "NETWORK_POLICY_ENFORCING_MODE",
    "AWS_VPC_K8S_CNI_EXTERNALSNAT",
    "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS",
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
    "ENABLE_POD_ENI",
    "POD_SECURITY_GROUP_ENFORCING_MODE",
    "ENABLE_PREFIX_DELEGATION",
)
_BLOCKS: Final = "env.AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"


def settings(text: object) -> dict[str, str]:
    """The switches that an add-on's configuration sets, as ``env.X``, ``nodeAgent.X`` and ``X``.

    Raises ValueError where the text is not a configuration; its message quotes no more than a
    switch that is named here.
    """
    given = _parsed(text)
    found = {
        **_picked(given, _SWITCHES, ""),
        **_picked(given.get("nodeAgent"), _NODE_AGENT, "nodeAgent."),
        **_picked(given.get("env"), _ENVIRONMENT, "env."),
    }
    check(found)
    return found


def check(found: Mapping[str, str]) -> None:
    """Raises ValueError where a switch that lists blocks holds something else."""
    for block in found.get(_BLOCKS, "").split(","):
        if block.strip():
            canonical_cidr(block.strip())


def _parsed(text: object) -> Mapping[str, Any]:
    if not isinstance(text, str):
        raise ValueError("its configurationValues are not text")
    try:
        given = msgspec.json.decode(text) if text.lstrip()[:1] == "{" else _yaml(text)
    except (msgspec.DecodeError, RecursionError):
        given = _yaml(text)  # a flow mapping of YAML starts like JSON
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError("its configurationValues are not a mapping")
    return given


def _yaml(text: str) -> Any:
    try:
        found = single(text)
    except BadYamlError:
        raise ValueError("its configurationValues are neither JSON nor YAML") from None
    return found and found.value


def _picked(given: object, names: tuple[str, ...], prefix: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"`{prefix.rstrip('.')}` of its configurationValues is not a mapping")
    return {
        f"{prefix}{name}": _text(given[name], f"{prefix}{name}")
        for name in names
        if given.get(name) is not None
    }


def _text(value: object, name: str) -> str:
    """A setting as text; booleans in one spelling, however they were quoted."""
    if not isinstance(value, str | int | float):
        raise ValueError(f"`{name}` of its configurationValues is not a plain value")
    text = str(value).strip()
    return text.lower() if text.lower() in ("true", "false") else text
