"""What a scalar of YAML means to Kubernetes.

Its reader (sigs.k8s.io/yaml over goyaml.v2, ``resolve.go``) mixes YAML 1.1 and 1.2: ``yes`` and
``off`` are booleans, ``010`` and ``0x1F`` are numbers, as are ``1e3`` and ``1_000``; a date, a
number of base sixty (``1:30``) and ``=`` are text. One thing is read otherwise: ``y`` and ``n`` are
booleans to it, which nobody means; they are read as text here, and that is said.
"""

import base64
import binascii
import re
from typing import Final

TAG: Final = "tag:yaml.org,2002:"

_WORDS: Final[dict[str, bool | float | None]] = {
    **dict.fromkeys("yes Yes YES true True TRUE on On ON".split(), True),
    **dict.fromkeys("no No NO false False FALSE off Off OFF".split(), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(".nan .NaN .NAN".split(), float("nan")),
    **dict.fromkeys(".inf .Inf .INF +.inf +.Inf +.INF".split(), float("inf")),
    **dict.fromkeys("-.inf -.Inf -.INF".split(), float("-inf")),
}
BARE: Final = frozenset("yYnN")
"""What Kubernetes reads as a boolean, and nobody else does."""
_STARTS_NUMBER: Final = frozenset("+-.0123456789")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:\Z|[Tt ])")
_INTEGER: Final = re.compile(
    r"([-+]?)(?:(0[bB][01]+)|(0[xX][0-9A-Fa-f]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z", re.ASCII
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_WHOLE: Final = 1e21  # below, Go writes a float that is whole as an integer
_LONGEST: Final = 300  # digits of a number; one with more is beyond any float
_TAGS: Final = {f"{TAG}{name}": name for name in "bool int float null".split()}
FOREIGN: Final = "a tag is one that only another tool can resolve; resolve it first"
"""What is said of a tag that is not one of YAML's own."""
_MISFIT: Final = "a value does not fit its tag"


def plain(text: str) -> str | int | float | bool | None:
    """The value of a scalar that is neither quoted nor tagged."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _STARTS_NUMBER else text


def tagged(tag: str, text: str) -> str | int | float | bool | None:
    """The value of a scalar with a tag: nothing is ever called or made by name.

    Raises ValueError where the tag is not one of YAML's own or the text does not fit it.
    """
    if tag == f"{TAG}str" or (tag == f"{TAG}timestamp" and _DATE.match(text)):
        return text
    if tag == f"{TAG}binary":
        return _binary(text)
    if tag not in _TAGS:
        raise ValueError(_MISFIT if tag == f"{TAG}timestamp" else FOREIGN)
    value = plain(text)
    if _TAGS[tag] == "float" and type(value) is int:
        return float(value)
    if _TAGS[tag] != _kind(value):
        raise ValueError(_MISFIT)
    return value


def _number(text: str) -> str | int | float:
    """A number, or the text where it is none."""
    digits = text if text[0] == "." else text.replace("_", "")
    if found := _INTEGER.match(digits):
        sign, two, sixteen, eight, ten = found.groups()
        size = _size(two, sixteen, eight, ten)
        return -size if sign == "-" else size
    if not _FLOAT.match(digits):
        return text
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return text
    return int(value) if value.is_integer() and abs(value) < _WHOLE else value


def _size(two: str | None, sixteen: str | None, eight: str | None, ten: str | None) -> int | float:
    """An integer without its sign; one beyond 64 bits is not exact any more."""
    if len(two or sixteen or eight or ten or "") > _LONGEST:
        return float("inf")
    prefixed = two or sixteen
    size = int(prefixed, 0) if prefixed else int(eight, 8) if eight else int(ten or "0")
    return size if size < 1 << 64 else float(size)


def _binary(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(_MISFIT) from None


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "str")
