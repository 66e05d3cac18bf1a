"""What names and ids look like, and the one source of chance."""

import io
import random
import uuid
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

import msgspec

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-west-1"
ZONES: Final = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
CLUSTER: Final = "prod"
CREATED: Final = "2025-01-15T10:00:00Z"

TEAMS: Final = (
    "checkout catalog payments search identity logistics pricing media growth risk data ml "
    "messaging support billing partners"
).split()
APPS: Final = (
    "orders carts invoices ledger quotes refunds stock shipping tracking returns profiles sessions "
    "tokens consents audit exports imports feeds banners coupons loyalty reviews ratings images "
    "video thumbs index suggest rank features scoring fraud alerts mail sms push chat tickets "
    "reports metrics forecasts budgets taxes currency rates banks cards wallets payouts vendors "
    "contracts leads campaigns segments events clicks sitemap redirects flags config jobs locks"
).split()

_SAFE: Final = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes makes suffixes of


class Draw(random.Random):
    """Seeded chance, with the shapes of ids that Kubernetes and AWS give."""

    def hex(self, digits: int) -> str:
        """So many hexadecimal digits."""
        return f"{self.getrandbits(4 * digits):0{digits}x}"

    def id(self, prefix: str) -> str:
        """An AWS id: ``eni-0…`` with 17 digits."""
        return f"{prefix}-0{self.hex(16)}"

    def uid(self) -> str:
        """The uid of a Kubernetes object."""
        return str(uuid.UUID(int=self.getrandbits(128), version=4))

    def suffix(self, letters: int = 5) -> str:
        """The end of a generated name."""
        return "".join(self.choices(_SAFE, k=letters))

    def revision(self) -> str:
        """A resourceVersion."""
        return str(self.randint(10_000_000, 99_999_999))

    def address(self, block: str) -> str:
        """One address of a block."""
        network = IPv4Network(block)
        return str(network[self.randrange(network.num_addresses)])

    def subnet(self, block: str, length: int) -> str:
        """One block of this prefix length inside another."""
        network = IPv4Network(block)
        start = self.randrange(1 << (length - network.prefixlen)) << (32 - length)
        return f"{IPv4Address(int(network.network_address) + start)}/{length}"


def nth(block: str, number: int) -> str:
    """One address of a block, counted from its start, or (negative) from behind its end."""
    return str(IPv4Network(block)[number])


def dns_name(address: str) -> str:
    """The private DNS name of an address, which is also its node's name."""
    return f"ip-{address.replace('.', '-')}.{REGION}.compute.internal"


def tags(**values: str) -> list[dict[str, str]]:
    """AWS tags."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def items(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """The answer of ``kubectl get … --output json``, on one line."""
    return _joined(b'{"apiVersion":"v1","items":[', objects, b'],"kind":"List","metadata":{}}\n')


def answer(key: str, objects: Iterable[Mapping[str, Any]]) -> bytes:
    """The answer of an ``aws`` call that lists, on one line."""
    return _joined(b'{"%s":[' % key.encode(), objects, b"]}\n")


def one(key: str, value: Mapping[str, Any]) -> bytes:
    """The answer of an ``aws`` call that describes one thing."""
    return msgspec.json.encode({key: value}) + b"\n"


def _joined(head: bytes, objects: Iterable[Mapping[str, Any]], tail: bytes) -> bytes:
    # One buffer: at 100,000 pods a list of parts would double the memory.
    out = io.BytesIO()
    out.write(head)
    encoder = msgspec.json.Encoder()
    for number, value in enumerate(objects):
        if number:
            out.write(b",")
        out.write(encoder.encode(value))
    out.write(tail)
    return out.getvalue()
