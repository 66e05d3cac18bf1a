"""What the facts tell of the engines of a cluster: DaemonSets, pods, settings, add-ons, CRDs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct, field

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts, Key
from ringwall.facts.words import FreeText, Word

ENGINES: Final = {
    "calico-node": "calico",
    "canal": "calico",
    "cilium": "cilium",
    "cilium-agent": "cilium",
    "antrea-agent": "antrea",
    "kube-router": "kube-router",
    "weave-net": "weave",
    "kube-network-policies": "kube-network-policies",
}
"""Engines by the name of their DaemonSet."""

VPC_CNI: Final = "vpc-cni"
AUTO_MODE: Final = "auto-mode"
AWS_NODE: Final = "aws-node"
_CNI_AGENT: Final = "aws-eks-nodeagent"
_OWN: Final = frozenset((AWS_NODE, "kube-proxy", "eks-pod-identity-agent", "ebs-csi-node"))
_FLAG: Final = "--enable-network-policy"
_ON: Final = frozenset(("true", "1", "t", ""))
_MODE: Final = "NETWORK_POLICY_ENFORCING_MODE"
_SWITCH: Final = "enable-network-policy-controller"
_DENY_WORDS: Final = frozenset(("strict", "always", "defaultdeny"))
_SIGNS: Final = (
    k8s.DaemonSet,
    k8s.ConfigMap,
    k8s.CustomResourceDefinition,
    k8s.NodeClass,
    aws.Cluster,
    aws.Addon,
)
_CRDS: Final = {"projectcalico.org": "calico", "cilium.io": "cilium"}


class Evidence(Struct, frozen=True, order=True):
    """One sign: of which engine, whether it says on (None: neither), in words, and where."""

    engine: Word
    on: bool | None
    text: FreeText
    key: Key


class Running(NamedTuple):
    """An engine seen at work and the image tag of its agent."""

    engine: str
    version: str


class Signals(Struct):
    """The signs of one cluster. ``cni`` are the VPC CNI's own switches, ``switch`` is the
    controller's in its ConfigMap, ``listed`` says that the cluster's own DaemonSets were."""

    engines: set[Running] = field(default_factory=set)
    cni: list[bool] = field(default_factory=list)
    cni_version: str = ""
    switch: bool | None = None
    config_maps: bool = False
    auto_mode: bool = False
    crds: set[str] = field(default_factory=set)
    listed: bool = False
    default_deny: bool = False
    evidence: list[Evidence] = field(default_factory=list)


def signals(facts: Facts) -> dict[str, Signals]:
    """The signs by cluster, without what AWS answers say (see ``add_aws``)."""
    found: dict[str, Signals] = defaultdict(Signals)
    for key, daemon_set in facts.of(k8s.DaemonSet):
        _daemon_set(found[key.scope], key, daemon_set)
    for key, pod in facts.of(k8s.Pod):
        for engine in _engines(pod):
            _engine_pod(found[key.scope], key, engine)
    for key, config_map in facts.of(k8s.ConfigMap):
        _config_map(found[key.scope], key, config_map)
    for key, crd in facts.of(k8s.CustomResourceDefinition):
        _crd(found[key.scope], key, crd.metadata.name)
    for key, node_class in facts.of(k8s.NodeClass):
        _node_class(found[key.scope], key, node_class)
    return found


def is_sign(body: Struct) -> bool:
    """Whether a fact with this body may tell of an engine."""
    if isinstance(body, k8s.Pod):
        return any(True for _ in _engines(body))
    return isinstance(body, _SIGNS)


def add_aws(found: Signals, facts: Facts, name: str) -> None:
    """Adds what the answers about the EKS cluster of that name tell."""
    for key, cluster in facts.of(aws.Cluster):
        if cluster.name == name and cluster.compute_config and cluster.compute_config.enabled:
            found.auto_mode = True
            _tell(found, AUTO_MODE, None, "the cluster's computeConfig says Auto Mode", key)
    for key, addon in facts.of(aws.Addon):
        if addon.cluster_name == name and addon.addon_name == VPC_CNI:
            on = addon.settings.get("enableNetworkPolicy") == "true"
            found.cni.append(on)
            word = "true" if on else "not true"
            _tell(found, VPC_CNI, on, f"the add-on's enableNetworkPolicy is {word}", key)
            if _denies(addon.settings.get(f"env.{_MODE}", "")):
                found.default_deny = True


def _daemon_set(found: Signals, key: Key, body: k8s.DaemonSet) -> None:
    name = body.metadata.name
    found.listed |= name in _OWN
    if any(_denies(agent.settings.get(_MODE, "")) for agent in body.agents):
        found.default_deny = True
    if name == AWS_NODE:
        _aws_node(found, key, body)
    elif engine := ENGINES.get(name):
        found.engines.add(Running(engine, _version(body.agents, name)))
        _tell(found, engine, True, f"the DaemonSet {name} is there", key)


def _aws_node(found: Signals, key: Key, body: k8s.DaemonSet) -> None:
    flag = next(_flags(body.agents), None)
    on = flag is not None and flag.partition("=")[2].lower() in _ON
    found.cni.append(on)
    found.cni_version = found.cni_version or _version(body.agents, _CNI_AGENT)
    told = f"its agent runs with {flag}" if flag else f"no agent has {_FLAG}"
    _tell(found, VPC_CNI, on, f"DaemonSet {AWS_NODE}: {told}", key)


def _flags(agents: Iterable[k8s.Agent]) -> Iterator[str]:
    for agent in agents:
        for flag in agent.flags:
            if flag.partition("=")[0] == _FLAG:
                yield flag


def _version(agents: tuple[k8s.Agent, ...], container: str) -> str:
    """The image tag of the container that enforces, else of the first with a tag."""
    ordered = sorted(agents, key=lambda agent: agent.container != container)
    tags = (agent.image.rpartition("/")[2].partition("@")[0].partition(":")[2] for agent in ordered)
    return next(filter(None, tags), "")


def _engines(pod: k8s.Pod) -> Iterator[str]:
    """The engines whose DaemonSets own a pod."""
    for reference in pod.metadata.owner_references or ():
        if reference.kind == "DaemonSet" and reference.name in ENGINES:
            yield ENGINES[reference.name]


def _engine_pod(found: Signals, key: Key, engine: str) -> None:
    """The first pod of an engine is evidence enough."""
    seen = Running(engine, "")
    if seen not in found.engines:
        found.engines.add(seen)
        _tell(found, engine, True, f"a pod of {engine} is there", key)


def _config_map(found: Signals, key: Key, body: k8s.ConfigMap) -> None:
    found.config_maps |= body.metadata.namespace == "kube-system"
    data = body.data or {}
    if _denies(data.get("enable-policy", "")):
        found.default_deny = True
    if body.metadata.name == "amazon-vpc-cni" and _SWITCH in data:
        found.switch = data[_SWITCH] == "true"
        _tell(found, AUTO_MODE, found.switch, f"{_SWITCH} is {data[_SWITCH]}", key)


def _crd(found: Signals, key: Key, name: str) -> None:
    for group, engine in _CRDS.items():
        if name.endswith(group):
            found.crds.add(engine)
            _tell(found, engine, None, f"CRDs of {engine} are there", key)


def _node_class(found: Signals, key: Key, body: k8s.NodeClass) -> None:
    found.auto_mode = True
    _tell(found, AUTO_MODE, None, "a NodeClass says Auto Mode", key)
    if _denies(body.spec.network_policy):
        found.default_deny = True


def _denies(word: str) -> bool:
    return word.lower() in _DENY_WORDS


def _tell(found: Signals, engine: str, on: bool | None, text: str, key: Key) -> None:
    found.evidence.append(Evidence(engine, on, text, key))
