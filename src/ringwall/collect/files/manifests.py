"""Kubernetes objects in YAML or JSON → facts.

Documents whose ``apiVersion`` and ``kind`` stand on plain lines of their own and do not concern
the network are put aside before the slow parse; with and without that filter the facts are equal.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ringwall.collect.files import agents, aws_auth
from ringwall.collect.files.kinds import CLUSTER_WIDE, READ, Kind, effect_of
from ringwall.collect.files.lines import Lines
from ringwall.collect.files.loader import BadYamlError, Oddity, Parsed, documents, single
from ringwall.collect.files.unset import without_unset
from ringwall.collect.files.validate import (
    controller_errors,
    ingress_errors,
    is_address,
    pod_errors,
    pod_of,
    policy_blocks,
    policy_errors,
    service_errors,
    widened,
)
from ringwall.collect.intake import Intake
from ringwall.facts import k8s
from ringwall.facts.fact import Gap, Origin

_MARKER: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVE: Final = re.compile(r"^(%|\.\.\.([ \t\r\n]|\Z))", re.MULTILINE)
# YAML ends a line at more than line feeds.
_ODD_BREAK: Final = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_ODD_MARKER: Final = re.compile(rf"(?:{_ODD_BREAK.pattern})(?:---|\.\.\.|%)")
_ODD_KEY: Final = re.compile(r"^[^A-Za-z_\s#-]", re.MULTILINE)
_CONTENT: Final = re.compile(r"^[ \t]*[^\s#]|\Z", re.MULTILINE)
_SCALAR: Final = r"[ \t]+(?P<{0}>[A-Za-z0-9./-]+)[ \t]*(?:#.*)?\r?$"
_KIND: Final = re.compile("^kind:" + _SCALAR.format("kind"), re.MULTILINE)
_KEYS: Final = re.compile("^(?:kind|apiVersion)", re.MULTILINE)
_VERSION: Final = re.compile("^apiVersion:" + _SCALAR.format("version"), re.MULTILINE)
_ANNOTATIONS: Final = frozenset(
    "meta.helm.sh/release-name meta.helm.sh/release-namespace "
    "argocd.argoproj.io/tracking-id vpc.amazonaws.com/pod-eni "
    "service.beta.kubernetes.io/aws-load-balancer-internal "
    "service.beta.kubernetes.io/aws-load-balancer-scheme "
    "service.beta.kubernetes.io/aws-load-balancer-type "
    "service.beta.kubernetes.io/aws-load-balancer-security-groups "
    "service.beta.kubernetes.io/aws-load-balancer-security-group-prefix-lists "
    "service.beta.kubernetes.io/load-balancer-source-ranges".split()
)


class Document(NamedTuple):
    """One parsed document, the line that it starts on, the lines of its parts, and what is odd in
    it."""

    line: int
    value: Any
    lines: Lines
    odd: list[Oddity]


class BadDocument(NamedTuple):
    """One document that is not YAML: where, and what the parser says."""

    line: int
    error: str


def yaml_documents(
    text: str, intake: Intake, *, prefilter: bool = True
) -> Iterator[Document | BadDocument]:
    """The documents of a YAML file, without those that the prefilter can put aside."""
    if _DIRECTIVE.search(text) or _ODD_MARKER.search(text):  # only the parser splits these rightly
        yield from _whole(text)
        return
    for line, chunk in _chunks(text):
        if not chunk.strip():
            continue
        if prefilter and (kind := _irrelevant(chunk)):
            intake.leave_out(kind)
            continue
        yield from _parsed(line, chunk)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each document; a marker line's own content stays with its document."""
    start, line = 0, 1
    for marker in _MARKER.finditer(text):
        yield line, text[start : marker.start()]
        line += text.count("\n", start, marker.start())
        start = marker.end()
    yield line, text[start:]


def _parsed(line: int, chunk: str) -> Iterator[Document | BadDocument]:
    first = line + chunk.count("\n", 0, _CONTENT.search(chunk).start())  # type: ignore[union-attr]
    try:
        if found := single(chunk):
            yield _document(first, line, found)
    except BadYamlError as error:
        yield _bad(error, line, first)


def _whole(text: str) -> Iterator[Document | BadDocument]:
    try:
        for found in documents(text):
            yield _document(found.node.start_mark.line + 1, 1, found)
    except BadYamlError as error:
        yield _bad(error, 1, 1)


def _document(line: int, first: int, found: Parsed) -> Document:
    """``first``: the line of the file that the first of the parsed lines is."""
    odd = [one._replace(line=first + one.line) for one in found.odd]
    return Document(line, found.value, Lines(found.node, first), odd)


def _bad(error: BadYamlError, first: int, fallback: int) -> BadDocument:
    line = fallback if error.line < 0 else first + error.line
    return BadDocument(line, f"not valid YAML: {error}")


def _irrelevant(chunk: str) -> str:
    """The kind of a document that need not be parsed, empty for one that must."""
    kinds, versions = _KIND.findall(chunk), _VERSION.findall(chunk)
    if len(kinds) != 1 or len(versions) != 1 or kinds[0].endswith("List"):
        return ""
    if len(_KEYS.findall(chunk)) != 2 or _ODD_KEY.search(chunk) or _ODD_BREAK.search(chunk):
        return ""
    if not chunk[_CONTENT.search(chunk).start()].isalpha():  # type: ignore[union-attr]
        return ""
    return kinds[0] if effect_of(versions[0], kinds[0]) == "left out" else ""


def is_object(document: object) -> bool:
    """Whether a parsed document is a Kubernetes object (or a list of them)."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("kind"), str)
        and isinstance(document.get("apiVersion"), str)
    )


def is_left_out(document: Mapping[str, Any]) -> bool:
    """Whether an object is of a kind that does not concern the network."""
    kind = str(document["kind"])
    return not kind.endswith("List") and effect_of(document["apiVersion"], kind) == "left out"


def read_object(document: Mapping[str, Any], cluster: str, origin: Origin, intake: Intake) -> None:
    """Adds one object, or each item of a ``List``, to the intake."""
    items = document.get("items")
    if isinstance(items, list) and str(document["kind"]).endswith("List"):
        for i, item in enumerate(items):
            at = replace(origin, pointer=f"{origin.pointer}/items/{i}")
            _read_item(item, document, cluster, at, intake)
        return
    _Reader(document, cluster, origin, intake).read()


def _read_item(
    item: Any, parent: Mapping[str, Any], cluster: str, origin: Origin, intake: Intake
) -> None:
    """An item of a ``PodList`` may leave out what its list says."""
    if isinstance(item, dict) and parent["kind"] != "List":
        kind = str(parent["kind"]).removesuffix("List")
        item = {"apiVersion": parent["apiVersion"], "kind": kind, **item}
    if is_object(item):
        read_object(item, cluster, origin, intake)
    else:
        needs = f"{origin}: this item of a list has no apiVersion and kind; read it again"
        intake.gap(Gap("invalid-object", "input", str(origin), needs, origin=origin))


def _managers(metadata: Mapping[str, Any]) -> list[str]:
    """Who last wrote which fields, by name, where the dump tells (``--show-managed-fields``)."""
    entries = metadata.get("managedFields")
    entries = entries if isinstance(entries, list) else []
    names = [entry.get("manager") for entry in entries if isinstance(entry, dict)]
    return sorted({name for name in names if isinstance(name, str)})


def _refuse(errors: Iterator[tuple[str, str]], spec: str = "$.spec") -> None:
    """Raises ValueError with the first of what the API server would refuse in a ``spec``."""
    for pointer, problem in errors:
        steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in pointer.split("/")[1:])
        raise ValueError(f"{problem} - at `{spec}{''.join(steps)}`")


def _is_sound(entry: k8s.NodeAddress) -> bool:
    return entry.type != "InternalIP" or not entry.address or is_address(entry.address)


class _Reader:
    """Reads one object."""

    def __init__(
        self, document: Mapping[str, Any], cluster: str, origin: Origin, intake: Intake
    ) -> None:
        self.document, self.cluster, self.intake = document, cluster, intake
        self.version, self.kind = str(document["apiVersion"]), str(document["kind"])
        self.metadata = document.get("metadata")
        self.origin = replace(origin, via=(*origin.via, *self._makers()))

    def read(self) -> None:
        effect = effect_of(self.version, self.kind)
        if effect == "left out":
            self.intake.leave_out(self.kind)
        elif effect == "read":
            self._read_known(READ[self.version, self.kind])
        else:
            self._unread(effect)

    def _read_known(self, kind: Kind) -> None:
        if not self._concerns_us(kind):
            self.intake.leave_out(self.kind)
            return
        try:
            body = self._body(kind)
        except (msgspec.ValidationError, ValueError) as error:
            self._invalid(str(error))
            return
        except RecursionError:
            self._invalid("it nests too deeply")
            return
        self.intake.fact(kind.key_of(self.cluster, body), self._sound(body), self.origin)

    def _concerns_us(self, kind: Kind) -> bool:
        """Of ConfigMaps those of kube-system are kept (they show that it was listed), of CRDs those
        of network engines."""
        if kind.type is k8s.ConfigMap:
            return self._namespace() == "kube-system"
        if kind.type is k8s.CustomResourceDefinition:
            return agents.is_engine_crd(self._name())
        return True

    def _body(self, kind: Kind) -> k8s.Object:
        body = self._converted(kind)
        metadata = body.metadata
        annotations = {k: v for k, v in (metadata.annotations or {}).items() if k in _ANNOTATIONS}
        body = replace(
            body,
            metadata=replace(
                metadata,
                namespace=self._namespace() if kind.namespaced else "",
                annotations=annotations or None,
            ),
        )
        if isinstance(body, k8s.DaemonSet) and metadata.name in agents.DAEMONSETS:
            body = replace(body, agents=agents.agents(self.document))
        if isinstance(body, k8s.ConfigMap):
            body = self._config_map(body)
        if isinstance(body, k8s.NetworkPolicy):
            _refuse(policy_errors(body.spec))
        if isinstance(body, k8s.Service):
            _refuse(service_errors(body.spec))
        if isinstance(body, k8s.Ingress):
            _refuse(ingress_errors(body.spec))
        _refuse(controller_errors(body))
        pod, where = pod_of(body)
        if pod:
            _refuse(pod_errors(pod), where)
        return body

    def _config_map(self, body: k8s.ConfigMap) -> k8s.ConfigMap:
        """The same with nothing in it that is not one of the texts we know."""
        name, data = (self._namespace(), self._name()), body.data or {}
        wanted = agents.CONFIGMAPS.get(name, frozenset())
        kept = {key: text for key, text in data.items() if key in wanted}
        if name != aws_auth.NAME:
            return replace(body, data=kept, aws_auth=None)
        mappings, problems, odd = aws_auth.read(data)
        for problem in problems:
            needs = f"{self.origin}: {problem} in {self._title()}; the rest is used; correct it"
            self._gap("invalid-object", "input", needs)
        self.intake.warn_all(
            (message, replace(self.origin, pointer=f"{self.origin.pointer}/data/{key}"))
            for key, message in odd
        )
        return replace(body, data=kept, aws_auth=mappings)

    def _converted(self, kind: Kind) -> k8s.Object:
        """The typed object; only where that fails is it looked through for what is unset."""
        try:
            return msgspec.convert(self.document, kind.type)
        except msgspec.ValidationError:
            return msgspec.convert(without_unset(self.document, self.kind), kind.type)

    def _sound(self, body: k8s.Object) -> k8s.Object:
        """The same without the parts that are told as bad and cost no more than themselves."""
        match body:
            case k8s.Pod(status=status):
                told = [status.pod_ip, *(entry.ip for entry in status.pod_ips or ())]
                if bad := [text for text in told if text and not is_address(text)]:
                    self._bad_part(bad[0], "an IP address", "it is read without its addresses")
                    return replace(body, status=replace(status, pod_ip="", pod_ips=None))
            case k8s.Node(status=status):
                addresses = tuple(entry for entry in status.addresses or () if _is_sound(entry))
                for entry in status.addresses or ():
                    if not _is_sound(entry):
                        self._bad_part(entry.address, "an IP address", "it is read without it")
                        return replace(body, status=replace(status, addresses=addresses))
            case k8s.NetworkPolicy(spec=spec):
                for pointer, text in policy_blocks(spec):
                    if odd := widened(text):
                        at = f"{self.origin.pointer}/spec{pointer}"
                        self.intake.warn(odd, replace(self.origin, pointer=at))
            case k8s.DaemonSet(agents=found):
                for text in (text for agent in found for text in agents.bad_blocks(agent)):
                    self._bad_part(text, "an IPv4 block", "the VPC CNI passes it over", "fabric")
                return replace(body, agents=tuple(map(agents.without_bad_blocks, found)))
        return body

    def _namespace(self) -> str:
        namespace = self.metadata.get("namespace") if isinstance(self.metadata, dict) else None
        return namespace if isinstance(namespace, str) and namespace else "default"

    def _name(self) -> str:
        name = self.metadata.get("name") if isinstance(self.metadata, dict) else None
        return name if isinstance(name, str) else ""

    def _title(self) -> str:
        return f"{self.kind.lower()}/{self._namespace()}/{self._name() or '?'}"

    def _makers(self) -> tuple[str, ...]:
        """Who made the object, as its metadata says: the outer links of the chain."""
        metadata = self.metadata if isinstance(self.metadata, dict) else {}
        notes = metadata.get("annotations")
        notes = notes if isinstance(notes, dict) else {}
        makers = [f"field manager {name}" for name in _managers(metadata)]
        release = notes.get("meta.helm.sh/release-name")
        if release and isinstance(release, str):
            makers.append(f"Helm release {notes.get('meta.helm.sh/release-namespace')}/{release}")
        application = notes.get("argocd.argoproj.io/tracking-id")
        if application and isinstance(application, str):
            makers.append(f"Argo CD application {application.partition(':')[0]}")
        return tuple(makers)

    def _invalid(self, problem: str) -> None:
        effect = {"NetworkPolicy": "policy", "Service": "traffic", "Ingress": "traffic"}.get(
            self.kind, "input"
        )
        engine = self.kind == "DaemonSet" and self._name() in agents.DAEMONSETS
        needs = f"{self.origin}: {self._title()} is not valid: {problem}; correct it"
        self._gap("invalid-object", "policy" if engine else effect, needs, wide=engine)

    def _bad_part(self, text: str, what: str, cost: str, effect: str = "input") -> None:
        needs = f"{self.origin}: `{text}` of {self._title()} is not {what}; {cost}; correct it"
        self._gap("invalid-object", effect, needs)

    def _unread(self, effect: str) -> None:
        needs = (
            f"{self.origin}: this version does not read {self.kind} ({self.version}); "
            "what it may touch is unknown"
        )
        self._gap("kind-not-read", effect, needs)

    def _gap(self, code: str, effect: str, needs: str, *, wide: bool = False) -> None:
        """``wide``: it may concern every namespace of the cluster."""
        wide = wide or self.kind in CLUSTER_WIDE
        self.intake.gap(
            Gap(
                code,
                effect,
                self._title(),
                needs,
                scope=self.cluster,
                namespace="" if wide else self._namespace(),
                origin=self.origin,
            )
        )
