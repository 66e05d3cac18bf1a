"""What is answered alike: one question answers for all of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from ringwall.reach.definition.network import Interface

if TYPE_CHECKING:
    from ringwall.reach.engine.endpoints import Member
    from ringwall.reach.engine.relation import Relation

T = TypeVar("T")


def grouped(things: Iterable[T], kind: Callable[[T], object]) -> list[list[T]]:
    """Things by kind, in order."""
    found: dict[object, list[T]] = {}
    for thing in things:
        found.setdefault(kind(thing), []).append(thing)
    return list(found.values())


def member(relation: "Relation", thing: str) -> "Member":
    """A pod or node of that id, as a relation knows it."""
    return relation.directory.find(thing).members[0]


def kin(relation: "Relation", thing: str) -> int:
    """A number shared by the pods and nodes that a relation cannot tell apart, but for where they
    stand."""
    return relation.kin(member(relation, thing))


def twins(interfaces: Iterable[Interface]) -> Iterator[list[Interface]]:
    """Interfaces of one subnet with the same groups and families of addresses.

    Groups, network ACLs and routes look at nothing else of who is sent to from outside.
    """
    yield from grouped(interfaces, _place)


def _place(interface: Interface) -> object:
    families = frozenset(at.family for at in interface.private)
    return interface.vpc, interface.subnet, interface.groups, bool(interface.public), families
