"""Random blocks of both families, near enough to each other to meet."""

import ipaddress

from hypothesis import strategies as st

from tests.laws.bitvectors import WIDTHS


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A block of any length."""
    family = draw(st.sampled_from([4, 6]))
    width = WIDTHS[family]
    value = draw(st.sampled_from([0, 10, 32, 172, 255])) << width - 8
    value |= draw(st.integers(0, 15)) << width - 16 | draw(st.sampled_from([0, 1, 7, 255]))
    length = draw(st.sampled_from([0, 1, 4, 7, 8, 12, 14, 15, 16, width - 1, width]))
    kind = ipaddress.IPv4Network if family == 4 else ipaddress.IPv6Network
    return str(kind((value, length), strict=False))
