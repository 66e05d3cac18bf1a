"""On one node or apart: every pair of distinct members, counted without looking at each."""

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import product
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.reach.engine.placement import APART, TOGETHER, Crowd, Home, Placing, placing

NODES = ("", "n1", "n2", "n3")
Members = dict[int, str]  # a pod's number and its node


def crowd(home: Home, members: Members) -> Crowd:
    known = cast(Mapping[Hashable, str], members)
    nodes = Counter(node for node in members.values() if node)
    return Crowd(home, nodes, sum(not node for node in members.values()), known)


def one_by_one(a: Home, b: Home, mine: Members, theirs: Members, block: bool) -> Placing:
    """The same, pair by pair, as the contract of the engine says it."""
    now: set[bool] = set()
    moved: set[bool] | None = set()
    daemon = bool(a.daemon) and a.daemon == b.daemon
    never = daemon or block
    for (i, node), (j, other) in product(mine.items(), theirs.items()):
        if i == j:
            continue
        if a.cluster is None or a.cluster != b.cluster:
            now.add(APART)
            moved = moved if moved is None else {*moved, APART}
        elif node and other:
            here = node == other
            now.add(here)
            after = (APART if daemon else not here) if a.pod and b.pod else here
            moved = moved if moved is None else {*moved, after}
        else:
            now |= {APART} if never else {APART, TOGETHER}
            moved = None
    return Placing(frozenset(now), None if moved is None else frozenset(moved))


homes = st.builds(
    Home, st.sampled_from((None, "", "prod")), st.sampled_from(("", "ops/agent[DaemonSet]")),
    st.booleans(),
)  # fmt: skip
members = st.dictionaries(st.integers(0, 5), st.sampled_from(NODES), max_size=5)


@given(homes, homes, members, members, st.booleans())
def test_counting_nodes_is_looking_at_every_pair(
    a: Home, b: Home, mine: Members, theirs: Members, block: bool
) -> None:
    theirs = {pod: mine.get(pod, node) for pod, node in theirs.items()}

    found = placing(crowd(a, mine), crowd(b, theirs), block=block)

    assert found == one_by_one(a, b, mine, theirs, block)


POD = Home("", pod=True)


@pytest.mark.parametrize(
    ("mine", "theirs", "now"),
    [
        ({1: "n1"}, {2: "n1"}, {TOGETHER}),
        ({1: "n1"}, {2: "n2"}, {APART}),
        ({1: "n1", 3: "n2"}, {2: "n1"}, {TOGETHER, APART}),
        ({1: ""}, {2: "n1"}, {TOGETHER, APART}),
        ({1: "n1"}, {1: "n1"}, set()),
    ],
    ids=["one node", "two nodes", "both", "not known", "one pod alone"],
)
def test_nodes_are_compared_where_they_are_known(
    mine: Members, theirs: Members, now: set[bool]
) -> None:
    assert placing(crowd(POD, mine), crowd(POD, theirs)).now == now


def test_two_pods_of_a_daemonset_are_never_taken_to_share_a_node() -> None:
    agent = Home("", "ops/agent[DaemonSet]", pod=True)

    assert placing(crowd(agent, {1: ""}), crowd(agent, {2: ""})).now == {APART}
