"""The endpoints of two states of a network, side by side."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ringwall.reach.engine.directory import INTERNET_ID
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.outside import Outside, named, whole
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import INTERNET

Pair = tuple[Member, Member]


class Both(NamedTuple):
    """An id and what it stands for on each side: no members where it is not there.

    ``outside`` says that it means addresses which nobody holds on either side.
    """

    id: str
    old: Endpoint
    new: Endpoint
    outside: bool = False


def common(old: Relation, new: Relation) -> list[Both]:
    """Every endpoint of either side, by id: workloads, nodes, unheld interfaces, API endpoints, and
    the addresses outside, cut wherever one of the two sides tells them apart."""
    left = {one.id: one for one in old.directory.objects()}
    right = {one.id: one for one in new.directory.objects()}
    objects = [
        Both(
            id_,
            left.get(id_) or Endpoint(id_, right[id_].kind, ()),
            right.get(id_) or Endpoint(id_, left[id_].kind, ()),
        )
        for id_ in {**left, **right}
    ]
    found = [*objects, *_outside(Outside(old), Outside(new))]
    return sorted(found, key=lambda one: one.id)


def _outside(old: Outside, new: Outside) -> Iterator[Both]:
    """What nobody holds on both sides; what somebody holds on one has the id of its holder."""
    alike: dict[tuple[int, int], list[Pair]] = {}
    for mine in old.parts:
        for theirs in new.parts:
            addresses = mine.addresses & theirs.addresses
            if addresses:
                pair = (
                    Member((mine.attachment,), addresses),
                    Member((theirs.attachment,), addresses),
                )
                alike.setdefault((mine.like, theirs.like), []).append(pair)
    rest = [key for key in alike if key[0] in old.internet and key[1] in new.internet]
    public = [pair for key in rest for pair in alike.pop(key) if whole([pair[0]]) <= INTERNET]
    yield _both(INTERNET_ID, "internet", public)
    blocks = sorted(alike.values(), key=lambda pairs: whole(pair[0] for pair in pairs).ranges)
    ids = named([[pair[0] for pair in pairs] for pairs in blocks])
    for one, pairs in zip(ids, blocks, strict=True):
        yield _both(one.id, "block", pairs)


def _both(id_: str, kind: str, pairs: Sequence[Pair]) -> Both:
    old, new = (tuple(pair[side] for pair in pairs) for side in (0, 1))
    return Both(id_, Endpoint(id_, kind, old), Endpoint(id_, kind, new), outside=True)
