"""Which engine enforces network policies in a cluster, with the evidence for it.

Signals, each from a fact: the VPC CNI add-on's configuration, the arguments of its node agent,
the ConfigMap that switches its controller, EKS Auto Mode's ConfigMap and NodeClass, and the
DaemonSets and CRDs of other engines. Sources: kubernetes.md 1e (enablement), amazon-vpc-cni-k8s
and EKS user guide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts, Key

_OTHER_ENGINES = {
    "calico-node": "calico",
    "canal": "calico",
    "cilium": "cilium",
    "cilium-agent": "cilium",
    "antrea-agent": "antrea",
    "kube-router": "kube-router",
    "weave-net": "weave",
    "kube-network-policies": "kube-network-policies",
}
NOT_ENFORCING = "none"
ASSUMED = "spec"
_STRICT_MODE = "NETWORK_POLICY_ENFORCING_MODE"
_CONTROLLER_KEY = "enable-network-policy-controller"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one fact says about an engine: on, off, or only that it is there."""

    engine: str
    on: bool | None
    text: str
    key: Key


@dataclass(frozen=True, slots=True)
class Enforcer:
    """The engines of a cluster. ``name`` is ``none`` (shown off), ``spec`` (nothing tells), an
    engine's name, or ``unclear`` (signals that contradict or do not suffice). ``default_deny``: it
    is set to deny what no policy allows, also for pods that none selects."""

    name: str
    version: str = ""
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""
    default_deny: bool = False


def detect(facts: Facts, cluster: str, eks: str) -> Enforcer:
    """The enforcer of one cluster; ``eks`` is its name in AWS's answers, empty if not known."""
    mine = [(key, fact.body) for key, fact in facts.items() if key.scope == cluster]
    evidence = [
        *_from_daemonsets(mine),
        *_from_pods(mine),
        *_from_configmaps(mine),
        *_from_nodeclasses(mine),
        *_from_crds(mine),
    ]
    if eks:
        evidence += [*_from_addons(facts, eks), *_from_cluster(facts, eks)]
    evidence.sort(key=lambda found: (found.engine, str(found.key), found.text))
    concluded = _conclude(evidence, _lists_daemonsets(mine), _lists_configmaps(mine))
    return replace(
        concluded,
        version=_version(mine, concluded.name),
        default_deny=_denies_by_default(facts, mine, eks),
    )


def _from_daemonsets(mine: Sequence[tuple[Key, object]]) -> list[Evidence]:
    found = []
    for key, body in mine:
        if isinstance(body, k8s.DaemonSet):
            name = body.metadata.name
            if name == "aws-node":
                found.append(_vpc_cni(key, body))
            elif name in _OTHER_ENGINES:
                text = f"DaemonSet {body.metadata.namespace}/{name}{_version_note(body)}"
                found.append(Evidence(_OTHER_ENGINES[name], True, text, key))
    return found


def _from_pods(mine: Sequence[tuple[Key, object]]) -> list[Evidence]:
    """A running pod of another engine's DaemonSet: one is enough to know the engine."""
    found: dict[str, Evidence] = {}
    for key, body in mine:
        if isinstance(body, k8s.Pod):
            for owner in body.metadata.owner_references or ():
                engine = _OTHER_ENGINES.get(owner.name) if owner.kind == "DaemonSet" else None
                if engine and engine not in found:
                    text = f"Pod {key.name} of DaemonSet {owner.name}"
                    found[engine] = Evidence(engine, True, text, key)
    return list(found.values())


def _vpc_cni(key: Key, body: k8s.DaemonSet) -> Evidence:
    for agent in body.agents:
        for flag in agent.flags:
            name, _, value = flag.partition("=")
            if name == "--enable-network-policy":
                on = value.lower() in ("true", "1", "t", "")
                text = f"DaemonSet kube-system/aws-node runs {agent.container} with {flag}"
                return Evidence("vpc-cni", on, text, key)
    if any(agent.container == "aws-eks-nodeagent" for agent in body.agents):
        text = "DaemonSet kube-system/aws-node runs its node agent without --enable-network-policy"
    else:
        text = "DaemonSet kube-system/aws-node has no network policy agent"
    return Evidence("vpc-cni", False, text, key)


def _version_note(body: k8s.DaemonSet) -> str:
    version = _image_version(body, "")
    return f" {version}" if version else ""


def _version(mine: Sequence[tuple[Key, object]], engine: str) -> str:
    """The version of an engine's agent, from its image; empty where that was not read."""
    for _, body in mine:
        if isinstance(body, k8s.DaemonSet):
            name = body.metadata.name
            if engine == "vpc-cni" and name == "aws-node":
                return _image_version(body, "aws-eks-nodeagent")
            if _OTHER_ENGINES.get(name) == engine:
                return _image_version(body, "")
    return ""


def _image_version(body: k8s.DaemonSet, container: str) -> str:
    """The tag of a container's image (of the first that has one, where none is named)."""
    for agent in body.agents:
        tag = agent.image.rpartition("/")[2].partition("@")[0].partition(":")[2]
        if tag and agent.container in (container, container or agent.container):
            return tag
    return ""


def _from_configmaps(mine: Sequence[tuple[Key, object]]) -> list[Evidence]:
    found = []
    for key, body in mine:
        if isinstance(body, k8s.ConfigMap) and body.metadata.name == "amazon-vpc-cni":
            value = (body.data or {}).get(_CONTROLLER_KEY, "")
            if value:
                text = f"ConfigMap kube-system/amazon-vpc-cni has {_CONTROLLER_KEY}: {value}"
                found.append(Evidence("controller", value.lower() == "true", text, key))
    return found


def _from_crds(mine: Sequence[tuple[Key, object]]) -> list[Evidence]:
    """The CRDs of Calico or Cilium: their engine may run, or may have run."""
    found = []
    for key, body in mine:
        if isinstance(body, k8s.CustomResourceDefinition):
            for group, engine in (("projectcalico.org", "calico"), ("cilium.io", "cilium")):
                if body.metadata.name.endswith(group):
                    text = f"CustomResourceDefinition {body.metadata.name}"
                    found.append(Evidence(f"{engine} CRDs", None, text, key))
    return found


def _from_nodeclasses(mine: Sequence[tuple[Key, object]]) -> list[Evidence]:
    return [
        Evidence(
            "auto-mode",
            None,
            f"NodeClass {body.metadata.name} has networkPolicy: "
            f"{body.spec.network_policy or 'DefaultAllow'}",
            key,
        )
        for key, body in mine
        if isinstance(body, k8s.NodeClass)
    ]


def _from_addons(facts: Facts, eks: str) -> list[Evidence]:
    found = []
    for key, addon in facts.of(aws.Addon):
        if addon.cluster_name == eks and addon.addon_name == "vpc-cni":
            value = addon.settings.get("enableNetworkPolicy", "")
            on = value.lower() == "true"
            said = f"enableNetworkPolicy: {value}" if value else "no enableNetworkPolicy"
            text = f"add-on vpc-cni {addon.addon_version} is configured with {said}"
            found.append(Evidence("vpc-cni add-on", on, text, key))
    return found


def _from_cluster(facts: Facts, eks: str) -> list[Evidence]:
    return [
        Evidence("auto-mode", None, "the cluster runs EKS Auto Mode", key)
        for key, body in facts.of(aws.Cluster)
        if body.name == eks and body.compute_config and body.compute_config.enabled
    ]


def _denies_by_default(facts: Facts, mine: Sequence[tuple[Key, object]], eks: str) -> bool:
    """VPC CNI's strict mode, Cilium's ``always``, a NodeClass's ``DefaultDeny``."""
    modes: list[str | None] = []
    for _, body in mine:
        match body:
            case k8s.DaemonSet():
                modes += [agent.settings.get(_STRICT_MODE) for agent in body.agents]
            case k8s.ConfigMap():
                modes.append((body.data or {}).get("enable-policy"))
            case k8s.NodeClass():
                modes.append(body.spec.network_policy)
    for _, addon in facts.of(aws.Addon):
        if eks and addon.cluster_name == eks:
            modes.append(addon.settings.get(f"env.{_STRICT_MODE}"))
    return any(mode and mode.lower() in ("strict", "always", "defaultdeny") for mode in modes)


def _lists_daemonsets(mine: Sequence[tuple[Key, object]]) -> bool:
    """Whether the input shows the cluster's own DaemonSets, so that an engine would be seen."""
    names = {b.metadata.name for _, b in mine if isinstance(b, k8s.DaemonSet)}
    return bool(names & {"aws-node", "kube-proxy", "eks-pod-identity-agent", "ebs-csi-node"})


def _lists_configmaps(mine: Sequence[tuple[Key, object]]) -> bool:
    """Whether the input shows the cluster's own ConfigMaps, so that the switch would be seen."""
    return any(
        isinstance(body, k8s.ConfigMap)
        and body.metadata.namespace == "kube-system"
        and body.metadata.name != "amazon-vpc-cni"
        for _, body in mine
    )


def _conclude(evidence: list[Evidence], daemonsets: bool, configmaps: bool) -> Enforcer:
    found = tuple(evidence)
    by_engine = {e.engine: e for e in evidence}
    others = [e for e in evidence if e.engine in set(_OTHER_ENGINES.values())]
    if others:
        return Enforcer(others[0].engine, evidence=found)
    cni = [e for e in evidence if e.engine in ("vpc-cni", "vpc-cni add-on")]
    controller = by_engine.get("controller")
    if "auto-mode" in by_engine and not any(e.on for e in cni):
        return _auto_mode(found, controller, configmaps)
    if not cni:
        return _without_cni(found, controller, daemonsets)
    if {e.on for e in cni} == {True, False}:
        return Enforcer("unclear", evidence=found, problem=_contradiction(cni))
    if cni[0].on:
        if controller is not None and not controller.on:
            problem = _contradiction([*cni, controller])
            return Enforcer("unclear", evidence=found, problem=problem)
        return Enforcer("vpc-cni", evidence=found)
    crds = [e for e in evidence if e.engine.endswith("CRDs")]
    if daemonsets and not crds:
        return Enforcer(NOT_ENFORCING, evidence=found)
    problem = "VPC CNI does not enforce; whether another engine does is not in the input"
    if crds:
        problem += f" ({crds[0].engine} are installed)"
    return Enforcer("unclear", evidence=found, problem=problem)


def _auto_mode(
    found: tuple[Evidence, ...], controller: Evidence | None, configmaps: bool
) -> Enforcer:
    """Until its ConfigMap exists Auto Mode accepts policies and enforces none."""
    if controller is not None:
        return Enforcer("auto-mode" if controller.on else NOT_ENFORCING, evidence=found)
    if configmaps:
        return Enforcer(NOT_ENFORCING, evidence=found)
    problem = "whether the ConfigMap kube-system/amazon-vpc-cni switches Auto Mode's controller on"
    return Enforcer("unclear", evidence=found, problem=problem)


def _without_cni(
    found: tuple[Evidence, ...], controller: Evidence | None, daemonsets: bool
) -> Enforcer:
    if controller is not None and controller.on:
        problem = "the controller is switched on; whether the node agents enforce is not shown"
        return Enforcer("unclear", evidence=found, problem=problem)
    crds = [e for e in found if e.engine.endswith("CRDs")]
    if crds and not daemonsets:
        problem = f"{crds[0].engine} are installed; whether their agent runs is not in the input"
        return Enforcer("unclear", evidence=found, problem=problem)
    if daemonsets:
        problem = "the cluster's DaemonSets hold no engine that we know"
        return Enforcer("unclear", evidence=found, problem=problem)
    return Enforcer(ASSUMED, evidence=found)


def _contradiction(evidence: list[Evidence]) -> str:
    return "signals contradict each other: " + "; ".join(e.text for e in evidence)
