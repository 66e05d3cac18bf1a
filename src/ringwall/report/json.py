"""A result as JSON, in the words of its contract."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

_HIDDEN: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def render(result: Struct | str | dict[str, Any] | list[Any]) -> str:
    """The document, indented, with a line break at its end.

    Characters that a terminal would act upon are written as JSON escapes: the same data, harmless
    to look at.
    """
    try:
        text = msgspec.json.encode(result)
    except UnicodeEncodeError:  # a file name that is not UTF-8
        text = msgspec.json.encode(_encodable(msgspec.to_builtins(result)))
    shown = msgspec.json.format(text, indent=2).decode()
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", shown) + "\n"


def filled(document: Struct, items: Iterator[str]) -> Iterator[str]:
    """What ``render`` gives of a document, piece by piece. Its last field is a list: empty here,
    and these are its items, each rendered as in the list and after a comma and a line break."""
    opened = render(document).removesuffix("]\n}\n")
    first = next(items, None)
    if first is None:
        yield f"{opened}]\n}}\n"
        return
    yield opened
    yield first.removeprefix(",")
    yield from items
    yield "\n  ]\n}\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return value
