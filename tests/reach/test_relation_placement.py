"""On one node or apart: every pair of distinct members, counted without looking at each."""

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import product
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.placement import APART, TOGETHER, Crowd, Home, Placing, placing
from tests.reach.relation_cluster import ingress_policy, node, pod, relation

NODES = ("", "n1", "n2", "n3")
Members = dict[int, str]  # a pod's number and its node


def crowd(home: Home, members: Members) -> Crowd:
    known = cast(Mapping[Hashable, str], members)
    nodes = Counter(node for node in members.values() if node)
    return Crowd(home, nodes, sum(not node for node in members.values()), known)


def one_by_one(a: Home, b: Home, mine: Members, theirs: Members) -> Placing:
    """The same, pair by pair, as the contract of the engine says it."""
    now: set[bool] = set()
    moved: set[bool] = set()
    daemon = bool(a.daemon) and a.daemon == b.daemon
    for (i, at), (j, other) in product(mine.items(), theirs.items()):
        if i == j:
            continue
        if a.cluster is None or a.cluster != b.cluster:
            now.add(APART)
            moved.add(APART)
        elif at and other:
            here = at == other
            now.add(here)
            moved.add((APART if daemon else not here) if a.pod and b.pod else here)
        else:
            either = {APART} if daemon else {APART, TOGETHER}
            now |= either
            moved |= either
    return Placing(frozenset(now), frozenset(moved))


homes = st.builds(
    Home, st.sampled_from((None, "", "prod")), st.sampled_from(("", "ops/agent[DaemonSet]")),
    st.booleans(),
)  # fmt: skip
members = st.dictionaries(st.integers(0, 5), st.sampled_from(NODES), max_size=5)


@given(homes, homes, members, members)
def test_counting_nodes_is_looking_at_every_pair(
    a: Home, b: Home, mine: Members, theirs: Members
) -> None:
    theirs = {pod: mine.get(pod, node) for pod, node in theirs.items()}

    found = placing(crowd(a, mine), crowd(b, theirs))

    assert found == one_by_one(a, b, mine, theirs)


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


def test_an_owned_address_of_a_block_is_its_owner_wherever_that_may_be() -> None:
    """Its own node passes a closed pod, and it is not known which node that is."""
    world = relation(
        node("n1", "10.9.0.1"), pod("x/a", "10.0.1.5", app="a"), ingress_policy("x/shut", {})
    )
    for dst in ("x/a[Pod]", "10.0.1.5", "10.0.1.5/32"):
        (part, *_) = world.between("node/n1", dst)
        assert (part.verdict, part.extent) == ("allowed", "some")
    grid = Grid(world, *([world.directory.find(one)] for one in ("node/n1", "10.0.1.5/32")))
    assert grid.mixes[int(grid.row(0)[0])] == world.mix(grid.sources[0], grid.destinations[0])
