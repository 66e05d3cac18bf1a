"""Label selectors match as ``labels.Requirement.Matches`` does, and some labels are open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.facts.k8s import LabelSelector, Requirement
from ringwall.model.selectors import (
    NO,
    OPEN,
    PERHAPS,
    SURELY,
    LabelIndex,
    Need,
    Value,
    match,
    needs,
)

KEYS = ("a", "b")
VALUES = ("", "1", "2")


@pytest.mark.parametrize(
    ("operator", "values", "present", "missing"),
    [
        ("In", ("1",), SURELY, NO),
        ("In", ("2",), NO, NO),
        ("NotIn", ("1",), NO, SURELY),
        ("NotIn", ("2",), SURELY, SURELY),
        ("Exists", (), SURELY, NO),
        ("DoesNotExist", (), NO, SURELY),
    ],
)
def test_each_operator_on_a_present_and_a_missing_key(
    operator: str, values: tuple[str, ...], present: int, missing: int
) -> None:
    wanted = (Need("a", operator, values),)

    assert match(wanted, {"a": "1"}) == present
    assert match(wanted, {}) == missing


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("In", ("1",), PERHAPS),
        ("NotIn", ("1",), PERHAPS),
        ("Exists", (), SURELY),
        ("DoesNotExist", (), NO),
    ],
)
def test_an_open_label_exists_with_a_value_that_is_not_known(
    operator: str, values: tuple[str, ...], found: int
) -> None:
    assert match((Need("a", operator, values),), {}, frozenset("a")) == found


def test_two_spellings_of_one_selector_are_equal() -> None:
    short = LabelSelector({"a": "1", "b": "2"})
    long = LabelSelector(
        match_expressions=(Requirement("b", "In", ("2", "2")), Requirement("a", "In", ("1",)))
    )

    assert needs(short) == needs(long)
    assert needs(None) == needs(LabelSelector()) == ()


rows = st.lists(st.tuples(*[st.sampled_from([*VALUES, None, OPEN]) for _ in KEYS]), max_size=6)
wanted_ = st.lists(
    st.one_of(
        st.builds(
            Need,
            st.sampled_from(KEYS),
            st.sampled_from(["In", "NotIn"]),
            st.lists(st.sampled_from(VALUES), min_size=1, max_size=2).map(tuple),
        ),
        st.builds(
            Need, st.sampled_from(KEYS), st.sampled_from(["Exists", "DoesNotExist"]), st.just(())
        ),
    ),
    max_size=3,
).map(tuple)


@given(rows, wanted_)
def test_an_index_selects_what_matches_one_by_one(
    given_rows: list[tuple[Value, ...]], wanted: tuple[Need, ...]
) -> None:
    chosen = LabelIndex(KEYS, given_rows).select(wanted)

    for number, row in enumerate(given_rows):
        labels = {k: v for k, v in zip(KEYS, row, strict=True) if isinstance(v, str)}
        made_up = frozenset(k for k, v in zip(KEYS, row, strict=True) if v is OPEN)
        found = match(wanted, labels, made_up)
        assert (number in chosen.sure, number in chosen.may) == (found == SURELY, found != NO)
