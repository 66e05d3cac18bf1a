"""The lines of those parts of an object that an answer may name.

They are looked up while the document is at hand and travel in the object's origin: a file may have
changed or gone, or have been standard input, by the time that an answer is printed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from msgspec import Struct

from ringwall.facts.aws import Cluster
from ringwall.facts.fact import Origin
from ringwall.facts.k8s import NetworkPolicy


@dataclass(frozen=True, slots=True)
class Lines:
    """One YAML document as it was written: its nodes, and the line of its file that the first of
    the parsed lines is (from 1)."""

    root: yaml.Node
    first: int

    def parts(self, body: Struct, origin: Origin) -> tuple[tuple[str, int], ...]:
        """JSON pointer inside the object → line, of what answers name of such a body."""
        named = [*([""] if origin.pointer else []), *_named(body)]
        return tuple((pointer, self.line_of(origin.pointer + pointer)) for pointer in named)

    def line_of(self, pointer: str) -> int:
        """The line of a part by its pointer inside the document, or of the nearest thing around it
        that is written."""
        node = self.root
        for step in pointer.split("/")[1:]:
            found = _step(node, step)
            if found is None:
                break
            node = found
        return self.first + int(node.start_mark.line)


def locate(origin: Origin, pointer: str) -> str:
    """``file:line`` of the part that a JSON pointer names, inside the object of an origin.

    In JSON files the pointer itself is the place: ``file#/items/3/spec``.
    """
    if not origin.line:
        return f"{origin.file}#{origin.pointer}{pointer}"
    lines = dict(origin.parts)
    return f"{origin.file}:{lines.get(pointer, lines.get('', origin.line))}"


def _named(body: Struct) -> Iterator[str]:
    """The pointers of the parts that may decide about a packet."""
    match body:
        case NetworkPolicy(spec=spec):
            yield "/spec/podSelector"
            for direction, rules in (("ingress", spec.ingress), ("egress", spec.egress)):
                yield from (f"/spec/{direction}/{i}" for i in range(len(rules or ())))
        case Cluster():
            yield "/resourcesVpcConfig/endpointPublicAccess"
            yield "/resourcesVpcConfig/publicAccessCidrs"


def _step(node: yaml.Node, step: str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        return node.value[int(step)] if int(step) < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return _below(node, step.replace("~1", "/").replace("~0", "~"))
    return None


def _below(node: yaml.MappingNode, name: str) -> yaml.Node | None:
    """The value of a key: the last counts, and what `<<` merges is at its place."""
    for key, value in reversed(node.value):
        if key.value == name:
            return value  # type: ignore[no-any-return]
        if key.value == "<<":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            maps = (one for one in merged if isinstance(one, yaml.MappingNode))
            if found := next(filter(None, (_below(one, name) for one in maps)), None):
                return found
    return None
