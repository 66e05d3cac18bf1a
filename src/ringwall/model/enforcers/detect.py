"""Concludes from the signs of a cluster which engine enforces its network policies.

Source: semantics of enablement in the EKS user guide (VPC CNI network policies, Auto Mode) and
``docs/rules/np-not-enforced.md``.
"""

from collections.abc import Mapping

from msgspec import Struct

from ringwall.facts.fact import Facts
from ringwall.facts.words import FreeText, Word
from ringwall.model.enforcers.signals import (
    AUTO_MODE,
    VPC_CNI,
    Evidence,
    Signals,
    add_aws,
    signals,
)

NONE = "none"
SPEC = "spec"
UNCLEAR = "unclear"


class Enforcer(Struct, frozen=True):
    """What enforces: ``none`` (shown off), ``spec`` (taken to enforce as specified), ``unclear``
    (``problem`` says why), or an engine's name.

    ``version`` is the image tag of its agent, empty where not told. ``default_deny`` says that it
    also denies pods without policies.
    """

    name: Word
    version: Word = ""
    evidence: tuple[Evidence, ...] = ()
    problem: FreeText = ""
    default_deny: bool = False


def detect(facts: Facts, cluster_name: str, eks_name: str) -> Enforcer:
    """The enforcer of one cluster; ``eks_name`` is its name in EKS answers, empty if unknown."""
    return detect_all(facts, {cluster_name: eks_name})[cluster_name]


def detect_all(facts: Facts, eks_names: Mapping[str, str]) -> dict[str, Enforcer]:
    """The enforcer of every cluster named, by its name."""
    told = signals(facts)
    return {name: _detected(told.get(name), facts, eks) for name, eks in eks_names.items()}


def _detected(told: Signals | None, facts: Facts, eks_name: str) -> Enforcer:
    found = told or Signals()
    if eks_name:
        add_aws(found, facts, eks_name)
    name, problem = _concluded(found)
    return Enforcer(
        name=name,
        version=_version(found, name),
        evidence=tuple(sorted(set(found.evidence), key=_place)),
        problem=problem,
        default_deny=found.default_deny,
    )


def _concluded(found: Signals) -> tuple[str, str]:
    """The engine, and what leaves it unclear."""
    if found.engines:
        return min(found.engines).engine, ""
    if found.auto_mode and not any(found.cni):
        return _auto_mode(found)
    if not found.cni:
        return _without_signs(found)
    if len(set(found.cni)) > 1:
        return UNCLEAR, "the DaemonSet and the add-on of the VPC CNI contradict each other"
    if found.cni[0]:
        if found.switch is False:
            return UNCLEAR, "the VPC CNI's agent is on and its controller is off"
        return VPC_CNI, ""
    if found.crds:
        return UNCLEAR, f"the VPC CNI does not enforce, and there are CRDs of {_names(found)}"
    if not found.listed:
        return UNCLEAR, "the VPC CNI does not enforce, and the DaemonSets were not listed"
    return NONE, ""


def _auto_mode(found: Signals) -> tuple[str, str]:
    if found.switch is not None:
        return (AUTO_MODE if found.switch else NONE), ""
    if found.config_maps:
        return NONE, ""
    return UNCLEAR, "the ConfigMaps of kube-system, which switch Auto Mode's engine, were not read"


def _without_signs(found: Signals) -> tuple[str, str]:
    if found.switch:
        return UNCLEAR, "the VPC CNI's controller is on and nothing tells of its agent"
    if found.crds:
        return UNCLEAR, f"there are CRDs of {_names(found)} and no DaemonSet of it"
    if found.listed:
        return UNCLEAR, "the DaemonSets that were listed show no engine"
    return SPEC, ""


def _names(found: Signals) -> str:
    return " and ".join(sorted(found.crds))


def _version(found: Signals, name: str) -> str:
    if name == VPC_CNI:
        return found.cni_version
    return max((seen.version for seen in found.engines if seen.engine == name), default="")


def _place(evidence: Evidence) -> tuple[str, str, str]:
    return evidence.engine, str(evidence.key), evidence.text
