"""What the API server takes as unset, so that writing it out costs no object.

It decodes JSON into Go: null leaves a field as it is, and is an empty text in a map of texts
(labels). An empty ``protocol`` of a port of a container or Service gets its default.
"""

from collections.abc import Mapping
from typing import Any, Final

_TEXTS: Final = frozenset("labels annotations matchLabels nodeSelector".split())
_TEXTS_OF: Final = {"Service": "selector", "ReplicationController": "selector", "ConfigMap": "data"}


def without_unset(document: Mapping[str, Any], kind: str) -> Any:
    """A copy of an object of this kind that leaves out what counts as unset."""
    texts = _TEXTS | {_TEXTS_OF.get(kind, "labels")}
    return _without(document, texts, ports=kind != "NetworkPolicy")


def _without(value: object, texts: frozenset[str], *, ports: bool) -> object:
    if isinstance(value, Mapping):
        return {
            key: _filled(part) if key in texts else _without(part, texts, ports=ports)
            for key, part in value.items()
            if part is not None and not (ports and key == "protocol" and part == "")
        }
    if isinstance(value, list):
        return [_without(part, texts, ports=ports) for part in value]
    return value


def _filled(texts: object) -> object:
    """A map of texts: null is the empty one."""
    if not isinstance(texts, Mapping):
        return texts
    return {key: "" if text is None else text for key, text in texts.items()}
