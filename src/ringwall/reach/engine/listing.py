"""Which services an output lists: ICMP between ends that have IPv4, ICMPv6 between those that have
IPv6, and never port 0.

The families of the addresses that ends have are a code of two bits.
"""

from typing import Final

import numpy as np

from ringwall.reach.engine.endpoints import Endpoint
from ringwall.space.services import ICMP, ICMPV6, SERVED, ServiceSet

FOUR: Final = 1
SIX: Final = 2
CODES: Final = 4

_LISTED: Final = (
    SERVED - ServiceSet.of(ICMP) - ServiceSet.of(ICMPV6),
    SERVED - ServiceSet.of(ICMPV6),
    SERVED - ServiceSet.of(ICMP),
    SERVED,
)


def families(endpoint: Endpoint) -> int:
    """The code of an endpoint: an address that was not read is taken as IPv4."""
    found = {one.family for member in endpoint.members for one in member.attachments}
    return (FOUR if found & {0, 4} else 0) | (SIX if 6 in found else 0)


def between(one: int, other: int) -> int:
    """The code of a pair: the families that both ends have; those of either if there is none."""
    return one & other or one | other


BETWEEN: Final = np.array([[between(a, b) for b in range(CODES)] for a in range(CODES)])
"""The same as a table, for many pairs at once."""


def listed(services: ServiceSet, code: int) -> ServiceSet:
    """Of some services those that are listed between two ends; all, if that is all there are."""
    found = services & _LISTED[code]
    return SERVED if found == _LISTED[code] else found
