"""Range sweeps against plain Python sets of integers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ringwall.space import ranges
from ringwall.space.ranges import Ranges

ends = st.integers(0, 40)
pairs = st.lists(st.builds(lambda a, b: (min(a, b), max(a, b)), ends, ends))
canonical = pairs.map(ranges.merged)


def members(a: list[tuple[int, int]] | Ranges) -> set[int]:
    return {value for low, high in a for value in range(low, high + 1)}


@given(pairs)
def test_merging_keeps_the_members(a: list[tuple[int, int]]) -> None:
    assert members(ranges.merged(a)) == members(a)


@given(canonical)
def test_canonical_ranges_are_sorted_and_do_not_touch(a: Ranges) -> None:
    assert all(low <= high for low, high in a)
    assert all(x[1] + 1 < y[0] for x, y in pairwise(a))


@given(canonical, canonical)
def test_sets_with_the_same_members_are_equal_tuples(a: Ranges, b: Ranges) -> None:
    assert (a == b) == (members(a) == members(b))


@given(canonical, canonical)
def test_every_operation_is_that_of_sets_and_stays_canonical(a: Ranges, b: Ranges) -> None:
    x, y = members(a), members(b)

    for result, expected in (
        (ranges.union(a, b), x | y),
        (ranges.intersection(a, b), x & y),
        (ranges.difference(a, b), x - y),
    ):
        assert members(result) == expected
        assert result == ranges.merged(result)
    assert ranges.subset(a, b) == (x <= y)


@given(canonical, st.integers(-2, 42))
def test_a_value_is_held_if_it_is_a_member(a: Ranges, value: int) -> None:
    assert ranges.holds(a, value) == (value in members(a))
    assert ranges.size(a) == len(members(a))
