"""Every text that a fact can hold says by its type what it would tell a stranger."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
from msgspec import Struct, inspect

from ringwall.facts import aws, k8s
from ringwall.facts.words import PRIVATE, Word


def structs(module: ModuleType) -> list[type[Struct]]:
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Struct)
        and kind.__module__ == module.__name__
    ]


def unmarked(kind: type[Struct]) -> list[str]:
    """The fields of one type that hold text without a mark, as ``Type.field``."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [f"{kind.__name__}.{field.name}" for field in info.fields if bare_text(field.type)]


def bare_text(info: inspect.Type) -> bool:
    if isinstance(info, inspect.Metadata):
        marked = PRIVATE in (info.extra or {})
        return not marked and bare_text(info.type)
    if isinstance(info, inspect.StrType | inspect.AnyType | inspect.RawType | inspect.BytesType):
        return True
    return any(bare_text(part) for part in parts(info))


def parts(info: inspect.Type) -> Iterator[inspect.Type]:
    """The types inside a list, a mapping or a union; a struct inside is walked by itself."""
    if isinstance(info, inspect.StructType):
        return
    for name in ("types", "item_types"):
        yield from getattr(info, name, ())
    for name in ("item_type", "key_type", "value_type"):
        if (part := getattr(info, name, None)) is not None:
            yield part


@pytest.mark.parametrize("module", [aws, k8s], ids=["aws", "k8s"])
def test_no_field_of_a_fact_is_a_bare_str(module: ModuleType) -> None:
    assert [field for kind in structs(module) for field in unmarked(kind)] == []


def test_the_walk_sees_the_facts() -> None:
    assert {aws.SecurityGroupRule, aws.Tag, aws.Cluster} <= set(structs(aws))
    assert {k8s.Pod, k8s.NetworkPolicy, k8s.Agent} <= set(structs(k8s))


class Careless(Struct):
    """What the test is there to find, one kind of place a field."""

    plain: str
    maybe: str | None
    many: tuple[str, ...]
    named: dict[Word, str]
    naming: dict[str, Word]
    anything: Any
    careful: tuple[Word, ...] | None
    number: int


def test_a_bare_str_is_named_wherever_it_hides() -> None:
    assert unmarked(Careless) == [
        "Careless.plain",
        "Careless.maybe",
        "Careless.many",
        "Careless.named",
        "Careless.naming",
        "Careless.anything",
    ]


def test_a_mark_survives_decoding() -> None:
    assert msgspec.convert({"Key": "team", "Value": "shop"}, aws.Tag) == aws.Tag("team", "shop")
