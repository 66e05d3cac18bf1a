"""The rest of the world: addresses that nobody holds, by what they can reach and be reached by.

``internet`` is the widest public part of each family. Every other part that reaches, or is reached
by, anything otherwise is a block: a CIDR, or ``block/N`` for several.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import count
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.reach.engine.directory import INTERNET_ID
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.placement import APART
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import INTERNET, Addresses

BLOCK_ID: Final = "block/"
NOWHERE: Final = Addresses.of(
    "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"
)
"""Addresses that no packet between two machines has: this host, groups, reserved (RFC 6890)."""


class Part(NamedTuple):
    """Addresses that every rule sees alike; ``like`` is the same number for parts that have the
    same connections."""

    attachment: Attachment
    addresses: Addresses
    like: int

    @property
    def member(self) -> Member:
        """The same as a member of an endpoint."""
        return Member((self.attachment,), self.addresses)


class Outside:
    """The parts of the outside, and the endpoints that they make."""

    def __init__(self, relation: Relation) -> None:
        self._relation = relation

    @cached_property
    def parts(self) -> list[Part]:
        """What nobody holds, in the order of addresses."""
        found = [(one, mine - NOWHERE) for one, mine in self._relation.engine.outside()]
        found = sorted((part for part in found if part[1]), key=lambda part: part[1].ranges)
        kins = [self._relation.kin(Member((one,), mine)) for one, mine in found]
        numbers: dict[bytes, int] = {}
        likes = [numbers.setdefault(row.tobytes(), len(numbers)) for row in self._rows(kins)]
        return [Part(*part, like) for part, like in zip(found, likes, strict=True)]

    @cached_property
    def internet(self) -> frozenset[int]:
        """The likes of the widest public part of each family; the lowest of several."""
        public = [one for one in self.parts if one.addresses <= INTERNET]
        mine = ([one for one in public if one.attachment.family == family] for family in (4, 6))
        return frozenset(max(some, key=_size).like for some in mine if some)

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """``internet`` and the blocks."""
        rest = [one for one in self.parts if one.like in self.internet]
        public = tuple(one.member for one in rest if one.addresses <= INTERNET)
        likes = dict.fromkeys(one.like for one in self.parts if one.like not in self.internet)
        blocks = [[one.member for one in self.parts if one.like == like] for like in likes]
        return [Endpoint(INTERNET_ID, "internet", public), *named(blocks)]

    def _rows(self, kins: list[int]) -> NDArray[np.int64]:
        """What each has with every kin of what was read, both ways."""
        ways = self._relation.table(kins, self._kins, APART)
        back = self._relation.table(self._kins, kins, APART)
        return np.ascontiguousarray(np.hstack([ways, back.T]))

    @cached_property
    def _kins(self) -> list[int]:
        objects = self._relation.directory.objects(pods=True)
        return sorted({kin for one in objects for kin in self._relation.crowds(one)})


def named(blocks: Sequence[Sequence[Member]]) -> list[Endpoint]:
    """Blocks by their CIDR, or by number where it is several."""
    numbers = count(1)
    found = []
    for members in blocks:
        cidrs = list(whole(members).blocks())
        id_ = cidrs[0] if len(cidrs) == 1 else f"{BLOCK_ID}{next(numbers)}"
        found.append(Endpoint(id_, "block", tuple(members)))
    return found


def whole(members: Iterable[Member]) -> Addresses:
    """All addresses of some members."""
    return Addresses(part for one in members if one.addresses for part in one.addresses.ranges)


def _size(part: Part) -> int:
    return part.addresses.size(part.attachment.family)
