"""Which placements of a pair of members there are: on one node, or apart (DESIGN: One node).

Where the nodes of both are known they are compared. Where one is not, both placements are judged,
but two pods of one DaemonSet are never on one node. What has no place on a node (an interface, an
address outside, an API endpoint) is always apart, and so are members of two clusters.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

TOGETHER, APART = True, False
NOWHERE = ""


class Home(NamedTuple):
    """What a group of like members tells about where they can stand.

    ``cluster`` is None for what has no place on a node. ``daemon`` is the id of the DaemonSet that
    owns them, or empty. ``pod`` says that they can be moved to another node, ``host`` that they are
    in the network of the node itself.
    """

    cluster: str | None
    daemon: str = ""
    pod: bool = False
    host: bool = False


class Crowd(Struct, frozen=True):
    """Like members of one endpoint: how many stand on each node, and how many nobody knows where.

    ``known`` holds those that can be told from each other, with their nodes: a pair is one of two
    distinct members.
    """

    home: Home
    nodes: Mapping[str, int]
    unplaced: int
    known: Mapping[Hashable, str]

    @property
    def size(self) -> int:
        """How many members there are."""
        return sum(self.nodes.values()) + self.unplaced


def merged(crowds: Sequence[Crowd]) -> Crowd:
    """Crowds of one home as one."""
    nodes: Counter[str] = Counter()
    known: dict[Hashable, str] = {}
    for one in crowds:
        nodes.update(one.nodes)
        known.update(one.known)
    return Crowd(crowds[0].home, nodes, sum(one.unplaced for one in crowds), known)


class Tie(NamedTuple):
    """What two homes are to each other: ``pods`` says that both are pods, which can be moved,
    ``kindred`` that they are pods of one DaemonSet, which has one on each node."""

    pods: bool
    kindred: bool


def tied(a: Home, b: Home) -> Tie:
    """What two homes are to each other."""
    return Tie(a.pod and b.pod, bool(a.daemon) and a.daemon == b.daemon)


class Placing(NamedTuple):
    """The placements that pairs of two crowds have, and those they have once pods are moved."""

    now: frozenset[bool]
    moved: frozenset[bool]


def placing(a: Crowd, b: Crowd) -> Placing:
    """The placements of the pairs of distinct members of two crowds; none if there is no pair."""
    shared = Counter(a.known[one] for one in a.known.keys() & b.known.keys())
    if a.home.cluster is None or a.home.cluster != b.home.cluster:
        return _fixed(a.size * b.size > sum(shared.values()))
    known = _compared(a, b, shared)
    unplaced = a.size * b.size - sum(a.nodes.values()) * sum(b.nodes.values())
    return spread(tied(a.home, b.home), known, unplaced=unplaced > shared[NOWHERE])


def _fixed(any_pair: bool) -> Placing:
    now = frozenset({APART} if any_pair else ())
    return Placing(now, now)


def _compared(a: Crowd, b: Crowd, shared: Mapping[str, int]) -> frozenset[bool]:
    """What pairs of distinct members have whose nodes are both known."""
    pairs = sum(a.nodes.values()) * sum(b.nodes.values())
    alike = sum(count * b.nodes.get(node, 0) for node, count in a.nodes.items())
    itself = sum(count for node, count in shared.items() if node != NOWHERE)
    found = set()
    if alike > itself:
        found.add(TOGETHER)
    if pairs > alike:
        found.add(APART)
    return frozenset(found)


def spread(tie: Tie, known: frozenset[bool], *, unplaced: bool) -> Placing:
    """The placements of pairs of which some have those that are ``known``; ``unplaced`` says that
    there are others, which may be in any, moved or not."""
    any_: frozenset[bool] = frozenset()
    if unplaced:
        any_ = frozenset({APART} if tie.kindred else {APART, TOGETHER})
    return Placing(known | any_, _moved(tie, known) | any_)


def _moved(tie: Tie, known: frozenset[bool]) -> frozenset[bool]:
    """Pods can be moved, others not; two pods of one DaemonSet cannot come together."""
    if not tie.pods:
        return known
    if tie.kindred:
        return frozenset({APART} if known else ())
    return frozenset(not one for one in known)
