"""One object of an AWS answer: where it stands, whose it is, and whether it is sound."""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringwall.collect.files.validate import is_address, widened
from ringwall.collect.intake import Intake
from ringwall.facts.fact import Gap, Origin
from ringwall.facts.words import PRIVATE

S = TypeVar("S", bound=Struct)
Raw = Mapping[str, Any]

BAD: Final = (msgspec.ValidationError, ValueError, RecursionError)
"""What `convert` raises where an object is not valid."""

_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_ZONE: Final = re.compile(rf"({_REGION.pattern})(?:[a-z]|-[a-z0-9-]+)")
_OWN_ARNS: Final = (
    "SubnetArn SecurityGroupArn SecurityGroupRuleArn PrefixListArn LoadBalancerArn "
    "arn nodegroupArn addonArn accessEntryArn AutoScalingGroupARN LaunchConfigurationARN "
    "ResourceArn"
).split()
_MOVE_NO_PATH: Final = frozenset(
    "LaunchTemplates LaunchTemplateVersions LaunchConfigurations AutoScalingGroups FlowLogs "
    "TagDescriptions".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands in the input, and the intake that takes what it says."""

    origin: Origin
    intake: Intake
    kind: str = ""
    """The top-level key of the answer, ``""`` where it is not known."""
    partial: bool = False
    """Whether the answer has further pages."""

    def __str__(self) -> str:
        pointer = self.origin.pointer if self.origin.line else ""
        return f"{self.origin}#{pointer}" if pointer else str(self.origin)

    def below(self, *steps: str | int) -> "Place":
        """The place of a part of this object."""
        pointer = self.origin.pointer + "".join(f"/{step}" for step in steps)
        return self._at(replace(self.origin, pointer=pointer))

    def told_by(self, call: str, raw: object = None) -> "Place":
        """The same place with the call that gave the answer, and who made the object."""
        return self._at(replace(self.origin, via=(call, *_makers(raw))))

    def _at(self, origin: Origin) -> "Place":
        return Place(origin, self.intake, self.kind, self.partial)

    def of(self, kind: str, *, partial: bool = False) -> "Place":
        """The same place, once it is known what the answer lists."""
        return Place(self.origin, self.intake, kind, partial)

    def scope(self, raw: Raw) -> str:
        """``ACCOUNT:REGION`` where the object or the path of its file states both, else empty."""
        return _stated_by_arn(raw) or _stated_by_owner(raw) or scope_of_path(self.origin.file)

    def read(
        self,
        raw: object,
        kind: type[S],
        title: object = "",
        check: Callable[[S], None] | None = None,
    ) -> S | None:
        """The object's body; a gap and None where it is not valid."""
        try:
            body = convert(raw, kind)
            if check:
                check(body)
        except RecursionError:
            self.invalid(title, "it nests too deeply")
            return None
        except BAD as error:
            self.invalid(title, str(error))
            return None
        self.say_widened(body)
        return body

    def say_widened(self, body: Struct) -> None:
        """Warns of blocks that have bits beyond their prefix."""
        for text in _blocks(body):
            if odd := widened(text):
                self.intake.warn(odd, self.origin)

    def invalid(self, title: object, problem: str) -> None:
        """Says that this object is not valid and why; ``title`` is its id, if it has one."""
        name = title if isinstance(title, str) else ""
        what = f"`{name}`" if name else "this object"
        needs = f"{self}: {what} is not valid: {problem}; correct it or read it again"
        known = name.startswith(self.kind) and name
        self.gap("invalid-object", known or f"{self.kind} {name or self}".lstrip(), needs)

    def gap(self, code: str, title: str, needs: str) -> None:
        """Adds something that could not be read; most of it may move AWS paths."""
        effect = "input" if self.kind in _MOVE_NO_PATH else "fabric"
        self.intake.gap(Gap(code, effect, title, needs, origin=self.origin, kind=self.kind))


# --- whose it is ---------------------------------------------------------------------------------


def _stated_by_arn(raw: Raw) -> str:
    for name in _OWN_ARNS:
        parts = str(raw.get(name, "")).split(":", 5)
        if len(parts) == 6:
            return _scope(parts[4], parts[3])
    return ""


def _stated_by_owner(raw: Raw) -> str:
    zone = _ZONE.fullmatch(str(raw.get("AvailabilityZone", "")))
    return _scope(str(raw.get("OwnerId", "")), zone[1]) if zone else ""


def scope_of_path(file: str) -> str:
    """The account and region of a file in a folder ``…/ACCOUNT/REGION/…``, else empty."""
    folders = Path(file).parts[:-1]
    found = [scope for pair in pairwise(folders) if (scope := _scope(*pair))]
    return found[-1] if found else ""


def _scope(account: str, region: str) -> str:
    stated = _ACCOUNT.fullmatch(account) and _REGION.fullmatch(region)
    return f"{account}:{region}" if stated else ""


def scopes_read(intake: Intake, kind: type[Struct]) -> dict[str, set[str]]:
    """Name → scopes of every object of one type that has an answer of its own."""
    scopes: dict[str, set[str]] = defaultdict(set)
    for key, _, _ in intake.bodies(kind):
        scopes[key.name].add(key.scope)
    return scopes


def adopted(scopes: Mapping[str, set[str]], name: str, own: str) -> str:
    """The scope of an object that another answer tells of: that of its own answer, if clear."""
    known = scopes.get(name, {own})
    return own if own in known or len(known) > 1 else next(iter(known))


def _makers(raw: object) -> Iterator[str]:
    """Who made the object, as its tags say."""
    tags = tags_of(raw) if isinstance(raw, Mapping) else {}
    if stack := tags.get("aws:cloudformation:stack-name"):
        yield f"CloudFormation stack {stack}"


def tags_of(raw: Raw) -> dict[str, str]:
    """An object's tags in any of AWS's three spellings; what is not a tag is passed over."""
    for name in ("Tags", "TagSet", "tags"):
        given = raw.get(name)
        if isinstance(given, Mapping):
            return {str(key): str(value) for key, value in given.items()}
        if isinstance(given, list):
            tags = [tag for tag in given if isinstance(tag, Mapping)]
            return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in tags}
    return {}


# --- whether it is sound -------------------------------------------------------------------------


def convert(raw: object, kind: type[S], *, addresses: bool = True) -> S:
    """A typed body, with its addresses checked where wanted. Raises one of ``BAD``."""
    try:
        body = msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        body = msgspec.convert(_without_noise(raw), kind)
    if addresses:
        check_addresses(body)
    return body


def _without_noise(raw: object) -> object:
    """The same without nulls (some tools write absent fields so) and recorded datetimes."""
    if isinstance(raw, Mapping):
        return {key: _without_noise(value) for key, value in raw.items() if not _is_noise(value)}
    if isinstance(raw, list):
        return [_without_noise(value) for value in raw]
    return raw


def _is_noise(value: object) -> bool:
    return value is None or (isinstance(value, Mapping) and "__class__" in value)


class _Field(NamedTuple):
    attribute: str
    name: str
    holds_addresses: bool
    required: bool


@lru_cache(maxsize=256)
def _fields(kind: type[Struct]) -> tuple[_Field, ...]:
    return tuple(
        _Field(field.name, field.encode_name, _is_address(field.type), field.required)
        for field in msgspec.structs.fields(kind)
    )


def _is_address(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return any((meta.extra or {}).get(PRIVATE) == "address" for meta in annotation.__metadata__)
    return any(_is_address(part) for part in get_args(annotation))


def check_addresses(body: Struct) -> None:
    """Raises ValueError where an address or block in a body is none."""
    for field in _fields(type(body)):
        value = getattr(body, field.attribute)
        listed = isinstance(value, tuple)
        for one in value if listed else (value,):
            if isinstance(one, Struct):
                check_addresses(one)
            elif field.holds_addresses and one:
                _check_address(one, field.name)
            elif field.holds_addresses and one == "" and (listed or field.required):
                raise ValueError(f"`{field.name}` is empty")


def _blocks(body: Struct) -> Iterator[str]:
    """The blocks of addresses in a body, as they are written."""
    for field in _fields(type(body)):
        value = getattr(body, field.attribute)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Struct):
                yield from _blocks(one)
            elif field.holds_addresses and one and _names_block(field.name):
                yield one


def _names_block(name: str) -> bool:
    return "cidr" in name.lower() or "prefix" in name.lower()


@lru_cache(maxsize=65536)
def _check_address(text: str, name: str) -> None:
    if _names_block(name):
        canonical_cidr(text)
        if "." in text.partition("/")[2]:
            raise ValueError(f"`{text}` ({name}) has a mask in place of the length of its prefix")
        return
    if not is_address(text):
        raise ValueError(f"`{text}` ({name}) is not an IP address")


@lru_cache(maxsize=65536)
def canonical_cidr(text: str) -> str:
    """A block in canonical text, its host bits cleared. Raises ValueError."""
    try:
        if "%" in text:  # the zone of an address means nothing in a block
            raise ValueError(text)
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"`{text}` is not a CIDR block") from None


# --- several answers about one object ------------------------------------------------------------


def complement(versions: Sequence[S]) -> S:
    """One body that has each field from the first version that says something there."""
    first = versions[0]
    said = {
        name: min((getattr(body, name) for body in versions), key=_silence)
        for name in type(first).__struct_fields__
    }
    return replace(first, **said)


def _silence(value: object) -> int:
    """How little a field says: an empty list is an answer, no list is none."""
    if value in ("", None):
        return 2
    return 1 if value == () else 0


def canonical(body: Struct) -> bytes:
    """The same bytes for the same content: for an order that files do not decide."""
    return msgspec.json.encode(body, order="sorted")
