"""Service sets against sets of single services and against bit-vectors; their text reads back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.space.services import SERVED, UNIVERSE, ServiceSet
from tests.laws.bitvectors import always, in_words, is_service, service
from tests.laws.service_words import all_codes, codes, made, word, words
from tests.support import services_of


def members(services: ServiceSet) -> set[int]:
    return {code for low, high in services.ranges for code in range(low, high + 1)}


service_sets = st.builds(
    lambda texts, less: made(texts) if less is None else UNIVERSE - made(less),
    words,
    st.none() | words,
)


@settings(max_examples=50)
@given(words, words)
def test_operations_are_those_of_sets(a: list[str], b: list[str]) -> None:
    x, y, p, q = made(a), made(b), all_codes(a), all_codes(b)

    assert members(x | y) == p | q
    assert members(x & y) == p & q
    assert members(x - y) == p - q
    assert (x <= y) == (p <= q)
    assert (x == y) == (p == q)
    assert x.size() == len(p)


@settings(max_examples=60)
@given(st.lists(word | st.just("all"), max_size=5), words)
def test_operations_are_those_of_bit_vector_formulas(a: list[str], b: list[str]) -> None:
    import z3

    x, y, at = made(a), made(b), service()
    p, q = in_words(at, a), in_words(at, b)

    assert always(formula(x | y, at) == z3.Or(p, q))
    assert always(formula(x & y, at) == z3.And(p, q))
    assert always(formula(x - y, at) == z3.And(p, z3.Not(q)))
    assert (x <= y) == always(z3.Implies(p, q))


def formula(services: ServiceSet, at: Any) -> Any:
    import z3

    return z3.Or(False, *(z3.And(z3.ULE(i, at), z3.ULE(at, j)) for i, j in services.ranges))


def test_the_universe_is_every_service_there_is() -> None:
    assert always(formula(UNIVERSE, service()) == is_service(service()))
    assert members(UNIVERSE) - members(SERVED) == {p << 16 for p in (6, 17, 132)}
    assert members(SERVED) == codes("all")


@given(service_sets)
def test_equal_sets_have_equal_hashes(x: ServiceSet) -> None:
    twin = ServiceSet(reversed(x.ranges))

    assert twin == x
    assert hash(twin) == hash(x)


@given(service_sets)
def test_text_reads_back(x: ServiceSet) -> None:
    whole = x >= SERVED

    if x:
        assert ServiceSet.parse(" ".join(x.words())) == (SERVED if whole else x)
    else:
        assert x.words() == []


@given(service_sets)
def test_the_contract_reads_back(x: ServiceSet) -> None:
    assert services_of(x.contract()) == (SERVED if x >= SERVED else x)


@given(words)
def test_equal_sets_have_one_text(texts: list[str]) -> None:
    assert made(texts).words() == made(texts[::-1]).words()
    assert list(made(texts).contract()) == list(made(texts[::-1]).contract())


@given(service_sets)
def test_the_witness_is_a_member_and_a_port_before_all_else(x: ServiceSet) -> None:
    if not x:
        with pytest.raises(ValueError, match="empty"):
            x.witness()
        return
    protocol, number = x.witness()

    assert x.holds(protocol, number)
    assert (protocol == 6) == bool(x & ServiceSet.of(6) & SERVED) or not x & SERVED
    assert number or protocol not in (6, 17, 132) or not x & SERVED


@pytest.mark.parametrize(
    ("text", "witness"),
    [
        ("all", (6, 443)),
        ("tcp/22 tcp/80 udp/443", (6, 80)),
        ("tcp/22-30", (6, 22)),
        ("tcp/9000-9001 udp/53", (6, 9000)),
        ("tcp/0 udp/53", (17, 53)),
        ("tcp/0", (6, 0)),
        ("icmp/8/0 proto/2", (1, 2048)),
        ("proto/47 proto/50", (47, 0)),
    ],
)
def test_the_witness_is_the_most_telling_member(text: str, witness: tuple[int, int]) -> None:
    assert ServiceSet.parse(text).witness() == witness


@pytest.mark.parametrize(
    ("services", "words", "contract"),
    [
        (UNIVERSE, ["all"], {"ALL": []}),
        (SERVED, ["all"], {"ALL": []}),
        (ServiceSet.of(6), ["tcp/0-65535"], {"TCP": ["0-65535"]}),
        (ServiceSet.of(6) & SERVED, ["tcp/1-65535"], {"TCP": ["1-65535"]}),
        (ServiceSet.of(1), ["icmp"], {"ICMP": []}),
        (ServiceSet.of(47), ["proto/47"], {"PROTO-47": []}),
        (ServiceSet.of(1, 2048, 2303), ["icmp/8"], {"ICMP": ["8"]}),
        (ServiceSet.of(58, 2048), ["icmpv6/8/0"], {"ICMPv6": ["8/0"]}),
        (ServiceSet.of(132, 80, 81), ["sctp/80-81"], {"SCTP": ["80-81"]}),
    ],
)
def test_both_forms_as_the_contract_writes_them(
    services: ServiceSet, words: list[str], contract: dict[str, list[str]]
) -> None:
    assert services.words() == words
    assert services.contract() == contract


REFUSED = (
    "tcp tcp/ tcp/x tcp/65536 tcp/9-8 tcp/-1 tcp/1/2 icmp/256 icmp/8/256 icmp/8/0/0 icmp/ "
    "proto proto/256 proto/ all/1 http TCP/80 tcp/８０"
)


@pytest.mark.parametrize(
    "text",
    ["", " ", *REFUSED.split()],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ServiceSet.parse(text)


@pytest.mark.parametrize("ends", [(256, None, None), (6, 2, 1), (47, 1, None), (6, 0, 65536)])
def test_no_set_is_made_of_services_that_do_not_exist(
    ends: tuple[int, int | None, int | None],
) -> None:
    with pytest.raises(ValueError, match="protocol"):
        ServiceSet.of(*ends)
