"""The line of one part of an object, found by composing its document again when it is printed."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from ringwall.collect.files.loader import loader_for
from ringwall.facts.fact import Origin

_MARKER: Final = re.compile(r"\n---(?=[ \t\r\n]|\Z)")


def locate(origin: Origin, pointer: str) -> str:
    """``file:line`` of the part that a JSON pointer names, below the origin of its object.

    In JSON files the pointer itself is the place: ``file#/items/3/spec``.
    """
    if not origin.line:
        return f"{origin.file}#{origin.pointer}{pointer}"
    node = _compose(origin.file, origin.line)
    line = origin.line
    for step in (origin.pointer + pointer).split("/")[1:]:
        found = _step(node, step)
        if found is None:
            break
        node, line = found, origin.line + found.start_mark.line
    return f"{origin.file}:{line}"


@lru_cache(maxsize=256)
def _compose(file: str, line: int) -> yaml.Node | None:
    """The document that starts on a line; None where the file is gone or was standard input."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
        document = _MARKER.split("\n".join(text.split("\n")[line - 1 :]), maxsplit=1)[0]
        loader = loader_for(document)(document)
        return loader.get_node() if loader.check_node() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return None


def _step(node: yaml.Node | None, step: str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        return node.value[int(step)] if int(step) < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        name = step.replace("~1", "/").replace("~0", "~")
        for key, value in node.value:
            if key.value == name:
                return value  # type: ignore[no-any-return]
    return None
