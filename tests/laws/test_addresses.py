"""Address sets against plain Python sets of single addresses."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from ringwall.space.addresses import INTERNET, Addresses

blocks = st.lists(
    st.builds(
        lambda last, length: str(ipaddress.ip_network((f"10.0.0.{last}", length), strict=False)),
        st.integers(0, 255),
        st.integers(25, 32),
    ),
    max_size=6,
)


def members(texts: list[str]) -> set[int]:
    return {int(at) for text in texts for at in ipaddress.ip_network(text)}


def members_of(addresses: Addresses) -> set[int]:
    return members(list(addresses.blocks()))


@given(blocks, blocks)
def test_union_intersection_and_difference_are_those_of_sets(a: list[str], b: list[str]) -> None:
    x, y = Addresses.of(*a), Addresses.of(*b)

    assert members_of(x | y) == members(a) | members(b)
    assert members_of(x & y) == members(a) & members(b)
    assert members_of(x - y) == members(a) - members(b)
    assert (x <= y) == (members(a) <= members(b))
    assert x.size(4) == len(members(a))


@given(blocks)
def test_equal_sets_have_one_form(texts: list[str]) -> None:
    assert Addresses.of(*texts) == Addresses.of(*reversed(texts))
    assert list(Addresses.of(*texts).blocks()) == sorted(
        map(str, ipaddress.collapse_addresses(map(ipaddress.IPv4Network, texts))),
        key=lambda text: int(ipaddress.ip_network(text).network_address),
    )


def test_families_are_apart() -> None:
    assert not Addresses.of("0.0.0.0/0") & Addresses.of("::/0")


def test_the_internet_holds_public_unicast_only() -> None:
    public = ("8.8.8.8", "203.0.113.9", "2001:db8::1", "2600::1")
    private = (
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
    )

    assert all(text in INTERNET for text in public)
    assert not any(text in INTERNET for text in (*private, "fd00::1", "fe80::1", "127.0.0.1"))
