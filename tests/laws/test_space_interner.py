"""Numbers stand for masks: operations on numbers are operations on what they stand for."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.space import interner as module
from ringwall.space.interner import Interner

masks = st.lists(st.integers(0, 1 << 70), min_size=1, max_size=20)


def spread(mask: int) -> int:
    """Each atom cut in two."""
    return sum(3 << 2 * i for i in range(mask.bit_length()) if mask >> i & 1)


@given(masks)
def test_equal_masks_have_one_id(texts: list[int]) -> None:
    interner = Interner()
    ids = [interner.id(mask) for mask in texts]

    assert [interner.mask(number) for number in ids] == texts
    assert [interner.id(mask) for mask in texts] == ids
    assert len(interner) == len({0, *texts})
    assert interner.id(0) == 0


@given(masks)
def test_ids_of_pairs_are_those_of_intersections(texts: list[int]) -> None:
    interner = Interner()
    ids = [interner.id(mask) for mask in texts]

    for a in ids:
        for b in ids:
            x, y = interner.mask(a), interner.mask(b)
            assert interner.mask(interner.both(a, b)) == x & y


@pytest.mark.parametrize("dense", [0, 4, 2048])
@given(masks, st.data())
def test_many_pairs_are_joined_as_one_by_one(
    dense: int, texts: list[int], data: st.DataObject
) -> None:
    interner = Interner()
    number = st.sampled_from([interner.id(mask) for mask in texts])
    a = np.array(data.draw(st.lists(number)), dtype=np.int32)
    b = np.array(data.draw(st.lists(number)), dtype=np.int32)

    with mock.patch.object(module, "_DENSE", dense):
        for _ in range(2):
            found = interner.and_ids(a[:, None], b[None, :])
            assert found.shape == (len(a), len(b))
            assert found.tolist() == [[interner.both(x, y) for y in b.tolist()] for x in a.tolist()]


@given(masks)
def test_rewritten_masks_keep_their_ids_and_what_is_known_of_them(texts: list[int]) -> None:
    interner = Interner()
    ids = [interner.id(mask) for mask in texts]
    before = [interner.both(a, b) for a in ids for b in ids]

    interner.remap(spread)

    assert [interner.mask(number) for number in ids] == [spread(mask) for mask in texts]
    assert [interner.id(spread(mask)) for mask in texts] == ids
    assert [interner.both(a, b) for a in ids for b in ids] == before
    assert all(
        interner.mask(interner.both(a, b)) == interner.mask(a) & interner.mask(b)
        for a in ids
        for b in ids
    )


@given(masks)
def test_a_copy_goes_on_alone(texts: list[int]) -> None:
    interner = Interner()
    ids = [interner.id(mask) for mask in texts]
    twin = interner.copy()

    twin.remap(spread)
    twin.id(1 << 200)

    assert [interner.mask(number) for number in ids] == texts
    assert [twin.mask(number) for number in ids] == [spread(mask) for mask in texts]


def test_masks_that_would_not_stay_apart_are_not_rewritten() -> None:
    interner = Interner()
    interner.id(1)

    with pytest.raises(ValueError, match="apart"):
        interner.remap(lambda _: 0)
    assert interner.mask(1) == 1


def test_numbers_that_are_no_ids_are_refused() -> None:
    interner = Interner()

    for number in (-1, 1):
        with pytest.raises(IndexError):
            interner.mask(number)
        with pytest.raises(IndexError):
            interner.and_ids(np.array([0]), np.array([number]))


def test_negative_numbers_do_not_count_from_the_end() -> None:
    interner = Interner()
    ids = np.array([interner.id(mask) for mask in range(16)])
    interner.and_ids(ids[:, None], ids[None, :])

    with pytest.raises(IndexError):
        interner.and_ids(np.array([1]), np.array([-1]))
