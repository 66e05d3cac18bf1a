"""Stand-ins: one for each word, none for two, and what must keep its meaning keeps it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.facts.standins import DIGITS, HASH, HEX, CollisionError, StandIns

KEY = b"a key that is long enough"
four = st.integers(0, 2**32 - 1).map(IPv4Address)
six = st.integers(0, 2**128 - 1).map(IPv6Address)


@pytest.fixture
def standins() -> StandIns:
    return StandIns(KEY)


def test_a_name_is_three_pronounceable_fives(standins: StandIns) -> None:
    parts = standins.name("payments").split("-")

    assert [len(part) for part in parts] == [5, 5, 5]
    for part in parts:
        assert all(c in "bdfghjklmnprstvz" for c in part[::2])
        assert all(c in "aiou" for c in part[1::2])


def test_one_key_gives_one_stand_in_and_another_key_another() -> None:
    assert StandIns(KEY).name("payments") == StandIns(KEY).name("payments")
    assert StandIns(KEY).name("payments") != StandIns(b"another key, also long").name("payments")


def test_capitals_stand_where_they_tell_words_apart_and_nowhere_else(standins: StandIns) -> None:
    spellings = ["owner", "Owner", "OWNER", "owneR"]

    found = [standins.name(word) for word in spellings]

    assert len(set(found)) == 4
    assert {one.lower() for one in found} == {standins.name("owner")}


def test_two_words_with_one_stand_in_are_an_error_and_no_mistake(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StandIns, "_fives", lambda self, word: "babab-babab-babab")
    standins.name("one")

    with pytest.raises(CollisionError, match="another key"):
        standins.name("two")


@pytest.mark.parametrize("alphabet", [DIGITS, HEX, HASH])
@pytest.mark.parametrize("length", [1, 2])
def test_a_code_permutes_all_texts_of_its_length(
    standins: StandIns, alphabet: str, length: int
) -> None:
    texts = {"".join(one) for one in product(alphabet, repeat=length)}

    assert {standins.code(text, alphabet) for text in texts} == texts


@given(st.lists(st.text(HEX, min_size=17, max_size=17), unique=True, max_size=20))
def test_different_ids_stay_different(ids: list[str]) -> None:
    standins = StandIns(KEY)

    assert len({standins.code(one, HEX) for one in ids}) == len(ids)


@given(st.text(HASH, min_size=4, max_size=10).filter(lambda text: not text.isalpha()))
def test_the_stand_in_of_a_hash_is_a_hash(text: str) -> None:
    found = StandIns(KEY).hash(text)

    assert len(found) == len(text)
    assert set(found) <= set(HASH)
    assert not found.isalpha()


def common_prefix(a: int, b: int, width: int) -> int:
    return width - (a ^ b).bit_length()


@given(four, four)
def test_ipv4_addresses_keep_the_length_of_what_they_have_in_common(
    a: IPv4Address, b: IPv4Address
) -> None:
    standins = StandIns(KEY)
    new_a, new_b = (int(ip_address(standins.address(str(one)))) for one in (a, b))

    assert common_prefix(new_a, new_b, 32) == common_prefix(int(a), int(b), 32)


@given(six, six)
def test_ipv6_addresses_keep_the_length_of_what_they_have_in_common(
    a: IPv6Address, b: IPv6Address
) -> None:
    standins = StandIns(KEY)
    new_a, new_b = (int(ip_address(standins.address(str(one)))) for one in (a, b))

    assert common_prefix(new_a, new_b, 128) == common_prefix(int(a), int(b), 128)


@given(four, st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_a_block_holds_the_stand_ins_of_its_addresses(
    base: IPv4Address, length: int, inside: int
) -> None:
    standins = StandIns(KEY)
    block = ip_network(f"{base}/{length}", strict=False)
    address = ip_address(int(block.network_address) | inside & int(block.hostmask))

    new = ip_network(standins.address(str(block)))

    assert new.prefixlen == length
    assert ip_address(standins.address(str(address))) in new


@pytest.mark.parametrize(
    "block",
    "0.0.0.0/0 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 "
    "224.0.0.0/4 ::/0 2000::/3 fc00::/7 fe80::/10 fd00:ec2::/32".split(),
)
def test_a_block_with_a_meaning_of_its_own_becomes_itself(standins: StandIns, block: str) -> None:
    assert standins.address(block) == block


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "169.254.170.23", "fd00:ec2::23", "::1"]
)
def test_an_address_that_is_published_stays(standins: StandIns, address: str) -> None:
    assert standins.address(address) == address


def test_a_public_address_becomes_another_one(standins: StandIns) -> None:
    assert standins.address("52.16.4.1").split(".")[2:] != ["4", "1"]


@pytest.mark.parametrize("length", range(16, 29))
def test_what_a_vpc_reserves_stays_at_its_place(standins: StandIns, length: int) -> None:
    """Resolver: base + 2; router of a subnet: base + 1."""
    block = ip_network(f"10.3.192.176/{length}", strict=False)
    new = ip_network(standins.address(str(block)))

    for place in (1, 2):
        assert standins.address(str(block[place])) == str(new[place])


def test_a_vpc_of_public_addresses_keeps_their_places_once_it_is_known(
    standins: StandIns,
) -> None:
    standins.hold("52.16.0.0/20")

    new = ip_network(standins.address("52.16.0.0/20"))

    assert standins.address("52.16.0.2") == str(new[2])


@pytest.mark.parametrize("text", ["10.0.0.256", "10.0.0.0/33", "web", "", "10.0.0.0/x"])
def test_what_is_no_address_has_no_stand_in(standins: StandIns, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - ipaddress and int say it in several ways
        standins.address(text)
