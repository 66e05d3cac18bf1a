"""Between whom the network may pass something else in another state of the same input.

Facts that the network does not read cannot touch it. A rule of a security group is met by those
whose interfaces, or whose machine's, have the group, and decides about those that it names. Any
other difference may touch everybody.
"""

from collections.abc import Hashable, Iterator
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

from msgspec import Struct, structs

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Fact
from ringwall.model.attachments import Attachment
from ringwall.model.fabric.interfaces import Interface
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import Addresses

_BESIDE_AWS: Final = (k8s.Node, k8s.DaemonSet)
"""What the network reads of a cluster beside its pods: machines, and the settings of its CNI."""
_OF_PODS: Final = ("policy", "traffic")
"""Effects of gaps that are not the network's."""


class Sight(NamedTuple):
    """What groups can see of an attachment: the groups that it may carry, and the addresses that it
    may be seen at. ``vague`` says that it may carry others, ``placed`` that all of its addresses
    are known."""

    groups: frozenset[str]
    at: frozenset[tuple[int, int]]
    vague: bool
    placed: bool


class Touch(NamedTuple):
    """A rule of a group that is on one side only. ``far`` is what it names: a group, or addresses;
    anybody if it is None. Everybody is touched if ``group`` is None."""

    group: str | None
    far: str | Addresses | None = None

    def near(self, one: Sight) -> bool:
        """Whether an attachment has the group."""
        return self.group is None or self.group in one.groups

    def names(self, one: Sight) -> bool:
        """Whether the rule may name an attachment."""
        if isinstance(self.far, str):
            return one.vague or self.far in one.groups
        return self.far is None or not one.placed or any(self.far.holds(*at) for at in one.at)


EVERYBODY: Final = Touch(None)


class Touched:
    """What differs of the network between two states.

    Attachments that are the same on both sides, and their pods, are taken to be so.
    """

    def __init__(self, old: Relation, new: Relation) -> None:
        self._old, self._new = old, new

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """The rules that differ; ``EVERYBODY`` alone if anything else does."""
        if _setting(self._old) != _setting(self._new):
            return (EVERYBODY,)
        found: dict[Touch, None] = {}
        for fact in self._changed():
            if isinstance(fact.body, aws.SecurityGroupRule):
                found[Touch(fact.body.group_id, _far(fact.body.peer))] = None
            elif isinstance(fact.body, aws.SecurityGroup):
                found[Touch(fact.body.group_id)] = None
            elif _is_read(fact.body):
                return (EVERYBODY,)
        return tuple(found)

    def sight(self, one: Attachment) -> Sight:
        """What groups can see of an attachment of the old side, which is there on the new one."""
        seen = [side.sight(one) for side in self._sides]
        return Sight(
            frozenset().union(*(side.groups for side in seen)),
            frozenset().union(*(side.at for side in seen)),
            any(side.vague for side in seen),
            all(side.placed for side in seen),
        )

    @cached_property
    def _sides(self) -> "tuple[_Sights, _Sights]":
        return _Sights(self._old), _Sights(self._new)

    def _changed(self) -> Iterator[Fact]:
        """The facts that are on one side only, or not the same on both; each as it is there."""
        old, new = self._old.facts, self._new.facts
        for key in dict.fromkeys(chain(old, new)):
            one, other = old.get(key), new.get(key)
            if one is not other and _told(one) != _told(other):
                yield from (fact for fact in (one, other) if fact)


def _is_read(body: Struct) -> bool:
    return type(body).__module__ == aws.__name__ or isinstance(body, _BESIDE_AWS)


def _far(peer: str) -> str | Addresses | None:
    """What a rule names; anybody where that is a list."""
    if peer.startswith("pl-"):
        return None
    return peer if peer.startswith("sg-") else Addresses.of(peer)


def _told(fact: Fact | None) -> Hashable:
    """What a fact says, and by which call: it matters whether a list was whole."""
    return fact and (fact.body, [origin.via for origin in fact.origins])


def _setting(relation: Relation) -> tuple[object, ...]:
    """What the network is told beside facts: which clusters and VPCs belong together, and what
    could not be read."""
    model = relation.engine.model
    gaps = (gap for gap in relation.facts.gaps if gap.effect not in _OF_PODS)
    return (
        model.fabric.present,
        model.eks_names,
        model.links,
        [model.fabric.vpc_of(name) for name in model.workloads.clusters],
        [structs.replace(gap, origin=None) for gap in gaps],
    )


class _Sights:
    """What groups see on one side."""

    def __init__(self, relation: Relation) -> None:
        model = relation.engine.model
        self._fabric, self._clusters = model.fabric, model.workloads.clusters
        self._of_machine: dict[str, list[Interface]] = {}
        for face in model.fabric.interfaces.values():
            self._of_machine.setdefault(face.instance, []).append(face)
        pairs = (
            pair
            for _, body in relation.facts.of(aws.NatGateway)
            for pair in body.nat_gateway_addresses or ()
        )
        texts = (text for pair in pairs for text in (pair.private_ip, pair.public_ip) if text)
        self._gateways = [(part.family, part.low) for part in Addresses.of(*texts).ranges]

    def sight(self, one: Attachment) -> Sight:
        """Everything that has its address, or is of the same machine, may be what packets of an
        attachment leave or enter by; a NAT gateway may stand before it."""
        own = {(one.family, one.address)}
        if one.kind == "outside":
            return Sight(frozenset(), frozenset(own), vague=True, placed=True)
        faces = list(self._faces(one))
        machines = {face.instance for face in faces} | {self._machine(one)}
        faces += [face for name in machines - {""} for face in self._of_machine.get(name, ())]
        for face in faces:
            own.update(face.addresses)
            own.update((4, public) for public in face.publics.values())
        groups = frozenset(name for face in faces for name in face.groups or ())
        vague = not faces or any(face.groups is None for face in faces)
        return Sight(groups, frozenset({*own, *self._gateways}), vague, placed=bool(one.family))

    def _faces(self, one: Attachment) -> Iterator[Interface]:
        """The interfaces that have its address, if that is known, or that it was named by."""
        fabric, at = self._fabric, (one.family, one.address)
        found = [fabric.interfaces.get(one.interface)]
        if one.family:
            found += [fabric.interface_at(vpc, *at) for vpc in fabric.domains]
            behind = fabric.interface_behind(*at)
            found.append(behind and behind[0])
        return (face for face in found if face)

    def _machine(self, one: Attachment) -> str:
        cluster = self._clusters.get(one.cluster or "")
        node = cluster.nodes.get(one.node) if cluster else None
        return node.instance if node else ""
