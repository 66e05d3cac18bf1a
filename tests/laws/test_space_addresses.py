"""Address sets of both families against sets of single addresses and against bit-vectors."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.space.addresses import Addresses, Range
from tests.laws.address_blocks import blocks
from tests.laws.bitvectors import WIDTHS, address, always, in_blocks

LAST = {family: (1 << width) - 1 for family, width in WIDTHS.items()}


# Both ends of both families, so that borders of the whole space are among the members.
near_ends = st.builds(
    lambda family, ends, at_top: Range(
        family, *(LAST[family] - 12 + end if at_top else end for end in sorted(ends))
    ),
    st.sampled_from([4, 6]),
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.booleans(),
)
texts = st.lists(blocks(), max_size=5)
parts = st.lists(near_ends, max_size=8)


def members(ranges: list[Range] | tuple[Range, ...]) -> set[tuple[int, int]]:
    return {(part.family, value) for part in ranges for value in range(part.low, part.high + 1)}


@given(parts, parts)
def test_operations_are_those_of_sets_in_both_families(a: list[Range], b: list[Range]) -> None:
    x, y = Addresses(a), Addresses(b)

    assert members((x | y).ranges) == members(a) | members(b)
    assert members((x & y).ranges) == members(a) & members(b)
    assert members((x - y).ranges) == members(a) - members(b)
    assert (x <= y) == (members(a) <= members(b))
    assert (x == y) == (members(a) == members(b))


def formula(addresses: Addresses, family: int, at: Any) -> Any:
    return in_blocks(at, family, addresses.blocks())


@settings(max_examples=60)
@given(texts, texts)
def test_operations_are_those_of_bit_vector_formulas(a: list[str], b: list[str]) -> None:
    import z3

    x, y = Addresses.of(*a), Addresses.of(*b)
    inside = True

    for family in (4, 6):
        at = address(family)
        p, q = in_blocks(at, family, a), in_blocks(at, family, b)
        assert always(formula(x | y, family, at) == z3.Or(p, q))
        assert always(formula(x & y, family, at) == z3.And(p, q))
        assert always(formula(x - y, family, at) == z3.And(p, z3.Not(q)))
        inside = inside and always(z3.Implies(p, q))
    assert (x <= y) == inside


@given(parts, st.sampled_from([4, 6]), st.integers(-1, 13), st.booleans())
def test_an_address_is_held_if_it_is_a_member(
    a: list[Range], family: int, offset: int, at_top: bool
) -> None:
    value = LAST[family] - 12 + offset if at_top else offset

    assert Addresses(a).holds(family, value) == ((family, value) in members(a))


@given(parts)
def test_the_lowest_address_is_the_least_member(a: list[Range]) -> None:
    assert Addresses(a).lowest() == min(members(a), default=None)


@given(parts)
def test_sizes_count_the_members_of_a_family(a: list[Range]) -> None:
    for family in (4, 6):
        assert Addresses(a).size(family) == sum(f == family for f, _ in members(a))


@given(texts)
def test_what_a_set_lacks_is_everything_without_it(a: list[str]) -> None:
    x = Addresses.of(*a)
    rest = Addresses.everything() - x

    assert x | rest == Addresses.everything()
    assert not x & rest
    assert Addresses.everything() - rest == x


@given(st.permutations([*itertools.islice(Addresses.of("10.0.0.0/8", "fd00::/8").blocks(), 2)]))
def test_the_order_of_blocks_leaves_one_form(order: list[str]) -> None:
    x = Addresses.of(*order)

    assert x == Addresses.of("10.0.0.0/8", "fd00::/8")
    assert hash(x) == hash(Addresses.of("10.0.0.0/8", "fd00::/8"))
    assert [part.family for part in x.ranges] == [4, 6]


@given(st.sampled_from([4, 6]), st.data())
def test_a_single_address_is_its_only_member(family: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, LAST[family]))

    assert Addresses.single(family, value).ranges == (Range(family, value, value),)


@pytest.mark.parametrize(("family", "value"), [(4, -1), (4, 1 << 32), (6, 1 << 128), (5, 1)])
def test_no_single_address_lies_outside_its_family(family: int, value: int) -> None:
    with pytest.raises(ValueError, match="no address"):
        Addresses.single(family, value)
