"""YAML as Kubernetes reads it.

Its reader (sigs.k8s.io/yaml) mixes YAML 1.1 and 1.2: ``yes`` and ``off`` are booleans, but a date,
a number of base sixty (``1:30``) and ``=`` are text.
"""

import re
from typing import Any, Final

import yaml

_DEEPEST: Final = 200
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_DASHES: Final = re.compile(r"(?:[-?][ \t]){100,}")

_TAG: Final = "tag:yaml.org,2002:"
_TEXT: Final = frozenset({f"{_TAG}timestamp", f"{_TAG}value"})
_NUMBERS: Final = {
    f"{_TAG}int": re.compile(
        r"[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)\Z"  # without base sixty
    ),
    f"{_TAG}float": re.compile(
        r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}


def _as_kubernetes_reads(loader: type[Any]) -> Any:
    resolvers = {
        first: [(tag, _NUMBERS.get(tag, pattern)) for tag, pattern in found if tag not in _TEXT]
        for first, found in loader.yaml_implicit_resolvers.items()
    }
    return type("KubernetesLoader", (loader,), {"yaml_implicit_resolvers": resolvers})


_FAST: Final = _as_kubernetes_reads(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
_DEEP: Final = _as_kubernetes_reads(yaml.SafeLoader)


def loader_for(text: str) -> Any:
    """libyaml's loader, but for text that may nest so deeply that it would run out of stack: there
    the loader in Python gives up with an error."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    dashes = max((len(run) // 2 for run in _DASHES.findall(text)), default=0)
    return _DEEP if max(deepest, dashes) > _DEEPEST else _FAST


def holds_itself(value: object) -> bool:
    """Whether anchors made a value a part of itself. Raises RecursionError."""
    done: set[int] = set()
    path: set[int] = set()

    def visit(part: object) -> bool:
        if not isinstance(part, list | dict) or id(part) in done:
            return False
        if id(part) in path:
            return True
        path.add(id(part))
        found = any(map(visit, part.values() if isinstance(part, dict) else part))
        path.discard(id(part))
        done.add(id(part))
        return found

    return visit(value)
