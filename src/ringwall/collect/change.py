"""A change in words (delete this, apply that file, revoke this rule) → facts that change.

Applying means what ``kubectl apply`` of whole objects means: an object of the same name is
replaced, others stay. Nothing is sent anywhere.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from ringwall.collect.files import tree
from ringwall.errors import InputError, UsageError
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Fact, Facts, Gap, Key

if TYPE_CHECKING:
    from ringwall.facts.redact import Redactor

_SHORT: Final = {
    "netpol": "networkpolicy",
    "networkpolicies": "networkpolicy",
    "service": "svc",
    "ingress": "ing",
    "deploy": "deployment",
    "sts": "statefulset",
    "ds": "daemonset",
    "po": "pod",
    "ns": "namespace",
}


class Change(Struct, frozen=True):
    """What is changed, what of it could not be read, what must be said beside it, and the words
    that asked for it."""

    delta: Delta
    gaps: tuple[Gap, ...] = ()
    assumes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def asked(
    facts: Facts,
    delta: Delta | None = None,
    *,
    delete: Iterable[str] = (),
    apply: Iterable[str] = (),
    revoke: Iterable[str] = (),
) -> Change:
    """One change of all that is asked for; ``delta`` is a change of facts as such.

    Raises UsageError and InputError.
    """
    delete, files, revoke = (tuple(dict.fromkeys(words)) for words in (delete, apply, revoke))
    applied = [_applied(facts, file) for file in files]
    deltas = [
        delta or {},
        *(_deleted(facts, word) for word in delete),
        *(one.delta for one in applied),
        *(_revoked(facts, word) for word in revoke),
    ]
    return Change(
        delta=_together(deltas),
        gaps=tuple(gap for one in applied for gap in one.gaps),
        assumes=tuple(text for one in applied for text in one.assumes),
        words=(
            *(f"delete {word}" for word in delete),
            *(f"apply {file}" for file in files),
            *(f"revoke {word}" for word in revoke),
        ),
    )


def redacted(asked: Change, redactor: "Redactor") -> Change:
    """The same change of redacted facts."""

    def fact(one: Fact | None) -> Fact | None:
        return None if one is None else redactor.fact(one)

    return Change(
        delta={redactor.key(key): (fact(a), fact(b)) for key, (a, b) in asked.delta.items()},
        gaps=tuple(map(redactor.struct, asked.gaps)),
        assumes=tuple(map(redactor.sentence, asked.assumes)),
        words=tuple(
            f"{verb} {redactor.text(word)}"
            for verb, _, word in (said.partition(" ") for said in asked.words)
        ),
    )


def _deleted(facts: Facts, word: str) -> Delta:
    """The change that takes one Kubernetes object away, named ``[CLUSTER!]kind/ns/name``.

    Raises UsageError where nothing, or more than one thing, has that name.
    """
    prefix, _, bare = word.rpartition("!")
    kind, _, name = bare.partition("/")
    wanted = _SHORT.get(kind.lower(), kind.lower())
    found = [
        key
        for key in _kubernetes(facts)
        if key.kind == wanted and key.name == name and prefix in ("", key.scope)
    ]
    if not found:
        raise UsageError(f"`{word}` is no object that was read{_near(facts, wanted, name)}")
    return {_only(word, found): (facts[_only(word, found)], None)}


def _kubernetes(facts: Facts) -> Iterator[Key]:
    for key, fact in facts.items():
        if type(fact.body).__module__ == k8s.__name__:
            yield key


def _near(facts: Facts, kind: str, name: str) -> str:
    """Objects that look like what was written."""
    known = {str(key): key for key in _kubernetes(facts)}
    alike = [text for text, key in known.items() if key.kind == kind and name and name in key.name]
    near = alike[:3] or get_close_matches(f"{kind}/{name}", known)
    return f"; did you mean {' or '.join(near)}?" if near else "; write kind/namespace/name"


def _only(word: str, found: list[Key]) -> Key:
    if len(found) > 1:
        names = ", ".join(sorted(map(str, found)))
        raise UsageError(f"`{word}` is ambiguous: it may be {names}; write one of these")
    return found[0]


def _revoked(facts: Facts, word: str) -> Delta:
    """The change that takes one security-group rule away, named by its ``sgr-…`` id.

    Raises UsageError where no rule that was read has it.
    """
    prefix, _, bare = word.rpartition("!")
    rules = [(key, rule) for key, rule in facts.of(aws.SecurityGroupRule) if rule.rule_id]
    found = [
        key for key, rule in rules if rule.rule_id == bare and bare and prefix in ("", key.scope)
    ]
    if not found:
        raise UsageError(f"`{word}` is no rule that was read{_near_rule(rules, bare)}")
    return {_only(word, found): (facts[_only(word, found)], None)}


def _near_rule(rules: list[tuple[Key, aws.SecurityGroupRule]], word: str) -> str:
    if not rules:
        return "; ids of rules are in `aws ec2 describe-security-group-rules`"
    near = get_close_matches(word, [rule.rule_id for _, rule in rules], cutoff=0.8)
    return f"; did you mean {' or '.join(near)}?" if near else "; write sgr-… as AWS lists it"


def _applied(facts: Facts, file: str) -> Change:
    """The change that applying a file of manifests makes.

    Objects whose place states no cluster go to the only one that was read. Raises InputError where
    the file cannot be read, UsageError where it holds what cannot be applied.
    """
    read, _ = tree.read([file])
    if broken := [gap for gap in read.gaps if gap.code in ("unreadable-file", "invalid-object")]:
        more = f" (and {len(broken) - 1} more like this)" if len(broken) > 1 else ""
        raise InputError(f"{broken[0].needs}{more}")
    if not read and not read.gaps:
        raise UsageError(f"`{file}` holds no Kubernetes object that concerns the network")
    if any(type(fact.body).__module__ != k8s.__name__ for fact in read.values()):
        raise UsageError(f"`{file}` holds an AWS answer; only Kubernetes objects can be applied")
    home = _home(facts, file)
    delta: Delta = {}
    for fact in read.values():
        key = fact.key if fact.key.scope else fact.key._replace(scope=home)
        delta[key] = (facts.get(key), structs.replace(fact, key=key))
    gaps = tuple(structs.replace(gap, scope=gap.scope or home) for gap in read.gaps)
    odd = (f"{one.origin}: {one.message}" for one in read.warnings)
    return Change(delta, gaps, (*odd, *_not_followed(facts, delta)))


def _home(facts: Facts, file: str) -> str:
    """The cluster that manifests without one belong to."""
    clusters = sorted({key.scope for key in _kubernetes(facts)})
    if len(clusters) > 1 and "" not in clusters and not tree.cluster_of(file):
        names = ", ".join(clusters)
        raise UsageError(
            f"`{file}` may be for {names}; put it into a folder `clusters/NAME/` that says so"
        )
    return clusters[0] if len(clusters) == 1 else ""


def _not_followed(facts: Facts, delta: Delta) -> Iterator[str]:
    """Controllers whose pods run: they go on as they are, the new template is not rolled out."""
    owners = {
        (key.scope, pod.metadata.namespace, reference.name)
        for key, pod in facts.of(k8s.Pod)
        for reference in pod.metadata.owner_references or ()
    }
    sets = {
        (key.scope, one.metadata.namespace, reference.name)
        for key, one in facts.of(k8s.ReplicaSet)
        for reference in one.metadata.owner_references or ()
    }
    for key, (_, new) in delta.items():
        namespace, _, name = key.name.rpartition("/")
        if new is not None and _has_template(new) and (key.scope, namespace, name) in owners | sets:
            yield f"the pods of {key} go on as they run: its new template is not rolled out here"


def _has_template(fact: Fact) -> bool:
    return isinstance(getattr(fact.body, "spec", None), k8s.ControllerSpec | k8s.CronJobSpec)


def _together(deltas: Iterable[Delta]) -> Delta:
    """Several changes as one. Raises UsageError where two of them concern one object."""
    found: Delta = {}
    for delta in deltas:
        for key, pair in delta.items():
            if key in found and found[key] != pair:
                raise UsageError(f"`{key}` is changed twice; say one change of it")
            found[key] = pair
    return found
