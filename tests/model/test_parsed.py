"""Addresses of pods and nodes are read as the system reads them, without its sockets."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.model.workloads import At, parsed

LIKE_ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}", fullmatch=True),
    st.from_regex(
        r"[0-9a-f:]{2,20}(:[0-9]{1,3}(\.[0-9]{1,3}){3})?(%[a-z0-9]{0,3})?", fullmatch=True
    ),
    st.text("0123456789abcf:.%/ +-_\0", max_size=12),
)


def by_the_system(text: str) -> At | None:
    family, number = (socket.AF_INET6, 6) if ":" in text else (socket.AF_INET, 4)
    try:
        return number, int.from_bytes(socket.inet_pton(family, text), "big")
    except (OSError, ValueError):
        return None


@given(LIKE_ADDRESSES)
def test_an_address_is_what_the_system_takes_for_one(text: str) -> None:
    assert parsed(text) == by_the_system(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.1.5", (4, 0x0A000105)),
        ("::1", (6, 1)),
        ("::ffff:10.0.0.1", (6, 0xFFFF0A000001)),
        ("010.0.0.1", None),
        ("10.0.0", None),
        ("10.0.0.256", None),
        ("fe80::1%eth0", None),
        ("", None),
    ],
)
def test_addresses_and_what_is_none(text: str, expected: At | None) -> None:
    assert parsed(text) == expected
