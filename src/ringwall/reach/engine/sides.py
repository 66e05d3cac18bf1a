"""The endpoints of two states of a network, side by side."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, NamedTuple

from ringwall.model.holders import text
from ringwall.reach.engine.directory import INTERNET_ID
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.outside import NOWHERE, named, whole
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import INTERNET, Addresses, Range

_BLOCK: Final = "block"


class Both(NamedTuple):
    """An id and what it stands for on each side: no members where it is not there.

    ``outside`` says that it means addresses which nobody holds on either side.
    """

    id: str
    old: Endpoint
    new: Endpoint
    outside: bool = False


class Part(NamedTuple):
    """Addresses that nobody holds on either side and that each side sees alike, as a member of
    each. ``like`` is the same for parts of which all that differs between the sides is the same,
    and None where nothing does."""

    old: Member
    new: Member
    like: Hashable = None

    @property
    def addresses(self) -> Addresses:
        """What it stands for."""
        return self.old.addresses or Addresses()

    @property
    def family(self) -> int:
        """The family of its addresses."""
        return self.old.attachments[0].family

    @property
    def public(self) -> bool:
        """Whether all of it is in the Internet."""
        return self.addresses <= INTERNET

    def alone(self, id_: str) -> Both:
        """It as an endpoint of its own."""
        return _both(id_, _BLOCK, [self])


def objects(old: Relation, new: Relation) -> list[Both]:
    """Every object of either side, by id: workloads, nodes, unheld interfaces, API endpoints."""
    left = {one.id: one for one in old.directory.objects()}
    right = {one.id: one for one in new.directory.objects()}
    return [
        Both(
            id_,
            left.get(id_) or Endpoint(id_, right[id_].kind, ()),
            right.get(id_) or Endpoint(id_, left[id_].kind, ()),
        )
        for id_ in sorted({**left, **right})
    ]


# --- the outside ---------------------------------------------------------------------------------


def parts(old: Relation, new: Relation) -> list[Part]:
    """What nobody holds on both sides, cut wherever one of the two tells it apart, in the order of
    addresses; what somebody holds on one side has the id of its holder."""
    mine, theirs = (
        [(one, held - NOWHERE) for one, held in side.engine.outside()] for side in (old, new)
    )
    common: dict[tuple[int, int], list[Range]] = {}
    for pair, run in _overlaps(*([held for _, held in side] for side in (mine, theirs))):
        common.setdefault(pair, []).append(run)
    cut = sorted(
        ((Addresses(runs), pair) for pair, runs in common.items()), key=lambda one: one[0].ranges
    )
    return [
        Part(Member((mine[i][0],), where), Member((theirs[j][0],), where)) for where, (i, j) in cut
    ]


def _overlaps(
    mine: Sequence[Addresses], theirs: Sequence[Addresses]
) -> Iterator[tuple[tuple[int, int], Range]]:
    """The runs that two partitions have in common, and of which part of each they are."""
    left, right = _runs(mine), _runs(theirs)
    i = j = 0
    while i < len(left) and j < len(right):
        (a, one), (b, other) = left[i], right[j]
        low, high = max(a.low, b.low), min(a.high, b.high)
        if a.family == b.family and low <= high:
            yield (one, other), Range(a.family, low, high)
        if (a.family, a.high) < (b.family, b.high):
            i += 1
        else:
            j += 1


def _runs(sets: Sequence[Addresses]) -> list[tuple[Range, int]]:
    return sorted((run, i) for i, one in enumerate(sets) for run in one.ranges)


def blocks(parts: Sequence[Part], alike: Callable[[Part], Hashable]) -> list[Both]:
    """The endpoints that parts make: ``internet``, like the widest public part of each family, and
    a block of each other kind of which anything differs.

    ``alike`` is the same for parts that neither side tells apart at all. Such ones of the Internet
    that are not public are no block.
    """
    core = {_kind(one) for one in _widest(parts)}
    internet = [one for one in parts if one.public and _kind(one) in core]
    same = {alike(one) for one in internet}
    rest: dict[Hashable, list[Part]] = {}
    for one in parts:
        known = _kind(one) in core and (one.public or alike(one) in same)
        if one.like is not None and not known:
            rest.setdefault(_kind(one), []).append(one)
    groups = sorted(rest.values(), key=lambda some: whole(one.old for one in some).ranges)
    ids = named([[one.old for one in some] for some in groups])
    found = [_both(one.id, _BLOCK, some) for one, some in zip(ids, groups, strict=True)]
    return [_both(INTERNET_ID, "internet", internet), *found]


def _kind(part: Part) -> tuple[int, Hashable]:
    return part.family, part.like


def _widest(parts: Sequence[Part]) -> Iterator[Part]:
    """The widest public part of each family, the lowest of several."""
    for family in (4, 6):
        some = [one for one in parts if one.family == family and one.public]
        if some:
            yield max(some, key=lambda one: one.addresses.size(family))


def name(member: Member) -> str:
    """An id, or an address, that names a member on both sides."""
    lowest = member.addresses.lowest() if member.addresses else None
    return text(*lowest) if lowest else member.attachments[0].owner


def _both(id_: str, kind: str, some: Sequence[Part]) -> Both:
    old, new = tuple(one.old for one in some), tuple(one.new for one in some)
    return Both(id_, Endpoint(id_, kind, old), Endpoint(id_, kind, new), outside=True)
