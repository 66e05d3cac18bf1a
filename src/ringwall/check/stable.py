"""Names that last: what a cause is called however often its objects are made anew.

A pod is called after the workload that a person wrote, a node after its group or pool, a rule of a
policy after what it says instead of its number. A launch configuration, which every change makes
anew, is called after its Auto Scaling group, a launch template that Karpenter made after the pool,
and what was not read is called without the name of its file. Everything else in a cause is a name
that somebody chose, or an AWS id that stays.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ringwall.check.finding import OPEN, Finding, fingerprint
from ringwall.check.subjects import key_of
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Gap, Key
from ringwall.facts.snapshot import canonical
from ringwall.reach.definition.world import World

_KARPENTER: Final = (
    ("karpenter.sh/nodepool", "nodepool"),
    ("karpenter.sh/provisioner-name", "provisioner"),
)
_POOL_LABELS: Final = (
    ("eks.amazonaws.com/nodegroup", "nodegroup"),
    *_KARPENTER,
    ("alpha.eksctl.io/nodegroup-name", "nodegroup"),
)
_POOL_TAGS: Final = (
    ("eks:nodegroup-name", "nodegroup"),
    *_KARPENTER,
    ("alpha.eksctl.io/nodegroup-name", "nodegroup"),
    ("aws:autoscaling:groupName", "asg"),
)
_KINDS: Final = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
_GENERATED: Final = re.compile(r"^(pod|replicaset|job)/|\[(Pod|ReplicaSet|Job)\]$")
_RULE: Final = re.compile(r"^(.*):(ingress|egress)\[(\d+)\]$", re.DOTALL)


class StableNames:
    """Gives causes of one world their lasting names."""

    def __init__(self, world: World) -> None:
        self._world, self._facts = world, world.facts

    def of(self, cause: str) -> str:
        """The lasting name of a cause; the cause itself where it is one."""
        scope, mark, rest = cause.rpartition("!")
        if rule := _RULE.fullmatch(cause):
            return self._policy_rule(cause, *rule.groups())
        if rest.startswith("node/"):
            return self._pool_of_node(Key(scope, "node", rest.removeprefix("node/")), cause)
        if rest.startswith("i-"):
            return self._pool_of_instance(Key(scope, "i", rest)) or cause
        if rest.startswith("launchconfiguration/"):
            return self._scaling_groups.get(cause, cause)
        if rest.startswith("lt-"):
            return self._pools_of_templates.get(rest, cause)
        if cause in self._gaps:
            return self._gaps[cause]
        if _GENERATED.search(rest):
            return self._workloads.get(cause) or self._owner(cause, scope + mark)
        return cause

    @cached_property
    def _workloads(self) -> dict[str, str]:
        """A pod's id and key → its workload."""
        found = {}
        for cluster in self._world.clusters.values():
            for pod in cluster.pods:
                found[pod.id] = found[str(pod.key)] = pod.workload
        return found

    def _owner(self, cause: str, prefix: str) -> str:
        """Follows owner references from a controller up to the one that a person wrote."""
        key = key_of(self._facts, cause)
        name = cause
        for _ in range(4):
            body = self._facts[key].body if key and key in self._facts else None
            metadata = body.metadata if isinstance(body, k8s.Object) else None
            references = (metadata.owner_references if metadata else None) or ()
            above = next((one for one in references if one.kind in _KINDS), None)
            if key is None or metadata is None or above is None:
                break
            where = f"{metadata.namespace}/{above.name}"
            key = Key(key.scope, above.kind.lower(), where)
            name = f"{prefix}{where}[{above.kind}]"
        return name

    def _pool_of_node(self, key: Key, cause: str) -> str:
        if key not in self._facts:
            return cause
        node: Any = self._facts[key].body
        labels = node.metadata.labels or {}
        prefix = f"{key.scope}!" if key.scope else ""
        for label, kind in _POOL_LABELS:
            if name := labels.get(label):
                return f"{prefix}{kind}/{name}"
        instance = self._instances.get(node.spec.provider_id.rpartition("/")[2])
        return (instance and self._pool_of_instance(instance)) or cause

    @cached_property
    def _instances(self) -> dict[str, Key]:
        return {key.name: key for key, _ in self._facts.of(aws.Instance)}

    def _pool_of_instance(self, key: Key) -> str:
        body = self._facts[key].body if key in self._facts else None
        return _pool(key, body, _POOL_TAGS) if isinstance(body, aws.Instance) else ""

    @cached_property
    def _scaling_groups(self) -> dict[str, str]:
        """Launch configuration → the Auto Scaling group that uses it, the first of several."""
        found: dict[str, str] = {}
        for key, body in self._facts.of(aws.AutoScalingGroup):
            used = Key(key.scope, "launchconfiguration", body.launch_configuration_name)
            found.setdefault(str(used), str(key))
        return found

    @cached_property
    def _pools_of_templates(self) -> dict[str, str]:
        """Launch template → the pool that Karpenter made it for."""
        found = {}
        for key, body in self._facts.of(aws.Instance):
            if pool := _pool(key, body, _KARPENTER):
                found[_tags(body).get("aws:ec2launchtemplate:id", "")] = pool
        return found

    @cached_property
    def _gaps(self) -> dict[str, str]:
        """What was not read, as a cause → the same without the place in a file."""
        found = {}
        for gap in self._facts.gaps:
            prefix = f"{gap.scope}!" if gap.scope else ""
            found[prefix + gap.object] = prefix + _without_file(gap)
        return found

    def _policy_rule(self, cause: str, policy: str, direction: str, number: str) -> str:
        key = key_of(self._facts, policy)
        body = self._facts[key].body if key else None
        if not isinstance(body, k8s.NetworkPolicy):
            return cause
        rules = getattr(body.spec, direction) or ()
        if int(number) >= len(rules):
            return cause
        said = canonical(_sorted(msgspec.to_builtins(rules[int(number)])))
        return f"{policy}:{direction}:{sha256(said).hexdigest()[:8]}"


def _pool(key: Key, instance: aws.Instance, names: tuple[tuple[str, str], ...]) -> str:
    """The pool that the first of some tags names, empty where none of them is there."""
    tags, prefix = _tags(instance), f"{key.scope}!" if key.scope else ""
    told = (f"{prefix}{kind}/{tags[name]}" for name, kind in names if tags.get(name))
    return next(told, "")


def _tags(instance: aws.Instance) -> dict[str, str]:
    return {tag.key: tag.value for tag in instance.tags or ()}


def _without_file(gap: Gap) -> str:
    if gap.origin is None:
        return gap.object
    text = gap.object
    for place in (str(gap.origin), gap.origin.file):
        text = text.replace(place, "")
    return text.strip().removesuffix(" in") or gap.kind or gap.code


def _sorted(value: Any) -> Any:
    """A rule with every list in one order: none of them means anything by its order."""
    if isinstance(value, dict):
        return {name: _sorted(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted(map(_sorted, value), key=canonical)
    return value


def named(findings: Iterable[Finding], names: StableNames) -> list[Finding]:
    """The findings with their lasting names, and fingerprints by them.

    Where several open findings of a rule have one name (two nodes of a group), each but the first
    counts on, so that every fingerprint is one finding's.
    """
    found = [replace(one, subject=names.of(one.cause)) for one in findings]
    alike: dict[tuple[str, str, str, bool], list[int]] = defaultdict(list)
    for i in sorted(range(len(found)), key=lambda i: found[i].cause):
        one = found[i]
        alike[one.rule, one.cluster, one.subject, one.status in OPEN].append(i)
    for same in alike.values():
        for number, i in enumerate(same):
            one = found[i]
            mark = fingerprint(one.rule, one.cluster, one.subject, number)
            found[i] = replace(one, fingerprint=mark)
    return found
