"""What a finding is about: the object that its cause names, with its namespace, labels and tags."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from msgspec import Struct

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Fact, Facts, Key

_WORDS: Final = str.maketrans({"[": "[[]"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a cause belongs; ``name`` is what its owner calls it."""

    cluster: str = ""
    namespace: str = ""
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says: ``*`` stands for anything, ``?`` for one character,
    everything else for itself."""
    return fnmatchcase(text, pattern.translate(_WORDS)) if is_pattern(pattern) else pattern == text


def is_pattern(text: str) -> bool:
    """Whether a text stands for more than itself."""
    return "*" in text or "?" in text


def fit_all(patterns: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether each of some labels or tags is there with a value that fits."""
    return all(key in found and fits(value, found[key]) for key, value in patterns.items())


def key_of(facts: Facts, cause: str) -> Key | None:
    """The fact that a cause, or the longest beginning of it, names."""
    scope, _, rest = cause.rpartition("!")
    while rest:
        for kind, name in _readings(rest):
            if (key := Key(scope, kind, name)) in facts:
                return key
        rest = rest.rpartition(":")[0]
    return None


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """The kinds and names that a text may mean: ``ns/web[Job]``, ``pod/ns/web``, ``sg-…``."""
    if text.endswith("]"):
        name, _, kind = text[:-1].rpartition("[")
        yield kind.lower(), name
    kind, _, name = text.partition("/")
    yield kind, name
    yield "sgrule", text
    yield text.partition("-")[0], text


class Subjects:
    """Finds what causes are about, in one world's facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._clusters = {body.name: body.tags or {} for _, body in facts.of(aws.Cluster)}
        self._known: dict[tuple[str, str], Subject] = {}

    def of(self, cluster: str, cause: str) -> Subject:
        """What a cause in a cluster (empty for none) is about."""
        found = self._known.get((cluster, cause))
        if found is None:
            found = self._known[cluster, cause] = self._found(cluster, cause)
        return found

    def _found(self, cluster: str, cause: str) -> Subject:
        tags = dict(self._clusters.get(cluster, {}))
        key = key_of(self._facts, cause)
        if key is None:
            return self._unread(cluster, cause, tags)
        body = self._facts[key].body
        if type(body).__module__ == k8s.__name__:
            return self._of_kubernetes(cluster, key, body, tags)
        if isinstance(body, aws.SecurityGroupRule):
            return self._of_rule(cluster, key, body, tags)
        return Subject(cluster, name=_name(key, body), tags=tags | _tags(body))

    def _unread(self, cluster: str, cause: str, tags: Mapping[str, str]) -> Subject:
        """What a cause says by itself, where only others tell of its object."""
        scope, _, rest = cause.rpartition("!")
        parts = rest.partition("[")[0].split("/")
        if rest.startswith("namespace/"):
            return Subject(cluster, parts[1], parts[1], {}, tags)
        in_namespace = parts[-2] if len(parts) == (2 if rest.endswith("]") else 3) else ""
        if parts[0] == "nodegroup":
            return Subject(cluster, name=parts[-1], tags=tags)
        around = self._facts.get(Key(scope, "namespace", in_namespace))
        return Subject(cluster, in_namespace, parts[-1], _labels(around), tags)

    def _of_kubernetes(
        self, cluster: str, key: Key, body: Struct, tags: Mapping[str, str]
    ) -> Subject:
        """The labels of a namespace hold for everything in it."""
        metadata: k8s.ObjectMeta = getattr(body, "metadata", k8s.ObjectMeta(name=key.name))
        namespace = metadata.name if key.kind == "namespace" else metadata.namespace
        around = self._facts.get(Key(key.scope, "namespace", namespace))
        labels = _labels(around) | (metadata.labels or {})
        return Subject(cluster, namespace, metadata.name, labels, tags)

    def _of_rule(
        self, cluster: str, key: Key, rule: aws.SecurityGroupRule, tags: dict[str, str]
    ) -> Subject:
        """A rule has the name of its group, and its tags too."""
        group = Key(key.scope, "sg", rule.group_id)
        if group not in self._facts:
            return Subject(cluster, name=rule.group_id, tags=tags | _tags(rule))
        body = self._facts[group].body
        return Subject(cluster, name=_name(group, body), tags=tags | _tags(body) | _tags(rule))


def _labels(around: Fact | None) -> dict[str, str]:
    body: Any = around.body if around else None
    return dict(body.metadata.labels or {}) if body else {}


def _tags(body: Struct) -> dict[str, str]:
    """Tags as EKS tells them, a map, or as EC2 does, a list."""
    tags = getattr(body, "tags", None) or ()
    return dict(tags) if isinstance(tags, dict) else {tag.key: tag.value for tag in tags}


def _name(key: Key, body: Struct) -> str:
    """The name that a person gave it: its own field, the tag ``Name``, else its id."""
    return getattr(body, "group_name", "") or _tags(body).get("Name", "") or key.name
