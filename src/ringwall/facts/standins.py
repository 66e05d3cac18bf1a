"""Stand-ins: what takes the place of accounts, ids, names and addresses, by a secret key.

With one key the same word gets the same stand-in, in every file and every run; without the key
nobody can find the word by trying. Ids, accounts and hashes keep their length and are permuted, so
that no two become one. Addresses keep their common prefixes (J. Xu, J. Fan, M. Ammar, S. Moon:
"Prefix-preserving IP address anonymization", ICNP 2002), so that every block holds the stand-ins of
exactly the addresses that it held, and the blocks that have a meaning of their own (private,
shared, link-local …) become themselves. Inside of a private network the last sixteen bits of an
IPv4 address stay: what a VPC reserves is told by its place behind the start of a block (resolver:
base + 2, router: base + 1; Amazon VPC user guide, "Subnet CIDR blocks").
"""

from functools import lru_cache
from hashlib import blake2b
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from ringwall.errors import RingwallError

_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_QUINTS: Final = 3
_QUINT_BITS: Final = 16
_LETTERS: Final = _QUINTS * 5
_ROUNDS: Final = 8
DIGITS: Final = "0123456789"
HEX: Final = "0123456789abcdef"
HASH: Final = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes hashes of: ``SafeEncodeString`` of k8s.io/apimachinery/pkg/util/rand."""

_SPECIAL: Final = tuple(
    map(
        ip_network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
        "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
        "224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 "
        "::/127 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2000::/3 2001:db8::/32 fc00::/7 "
        "fd00:ec2::/32 fe80::/10 ff00::/8".split(),
    )
)
"""The special-purpose blocks (IANA's registries, RFC 6890), and that of EC2's local services."""
_PRIVATE: Final = tuple(
    map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"))
)
_WITHIN: Final = 16
"""So long is the prefix of the largest VPC."""
_UNCHANGED: Final = tuple(
    map(ip_network, "0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 ::/127 fd00:ec2::/32".split())
)
"""Where an address is published as it is: loopback, and the local services of an instance."""
_HOLD_IPV4: Final = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
"""Blocks whose addresses are IPv4 addresses in another form (RFC 4291, RFC 6052)."""


class CollisionError(RingwallError):
    """Two words got one stand-in, which is as good as never."""

    def __init__(self) -> None:
        super().__init__("two names have one stand-in with this key; redact with another key")


class StandIns:
    """The stand-ins of one key (any secret bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, person=b"ringwall").digest()
        self._names: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._held: set[IPv4Network] = set()
        self._flip = lru_cache(maxsize=1 << 20)(self._flipped)

    def hold(self, block: str) -> None:
        """Keeps the addresses of a VPC's block at their places in it, as those of private ones are.
        Raises ValueError for what is no block."""
        network = ip_network(block, strict=False)
        if isinstance(network, IPv4Network) and not any(map(network.subnet_of, _PRIVATE)):
            self._held.add(network)
            self._flip.cache_clear()

    def name(self, word: str) -> str:
        """Three pronounceable fives for a word, in lower case; its capitals stand in theirs.

        Raises CollisionError.
        """
        found = self._names.get(word)
        if found is None:
            found = self._names[word] = _capitals(self._fives(word.lower()), word)
            if self._words.setdefault(found, word) != word:
                raise CollisionError
        return found

    def port_name(self, word: str) -> str:
        """The stand-in of a name without hyphens: a port's name has at most fifteen characters."""
        return self.name(word).replace("-", "")

    def code(self, text: str, alphabet: str) -> str:
        """A permutation of the texts of one length over an alphabet."""
        half = len(text) // 2
        left, right = text[:half], text[half:]
        for number in range(_ROUNDS):
            left, right = right, self._shifted(left, right, alphabet, number)
        return left + right

    def hash(self, text: str) -> str:
        """The same of a hash in a generated name, which has a digit."""
        found = self.code(text, HASH)
        while found.isalpha():
            found = self.code(found, HASH)
        return found

    def address(self, text: str) -> str:
        """The stand-in of an address or a block of either family. Raises ValueError for others."""
        bare, slash, length = text.partition("/")
        given = ip_address(bare)
        width = given.max_prefixlen
        kept = width - int(length) if slash else 0
        if slash and not 0 <= kept <= width:
            raise ValueError(text)
        value = int(given)
        if around := next((one for one in _HOLD_IPV4 if given in one), None):
            return self._around_ipv4(value, around, length)
        fixed = kept if value & ((1 << kept) - 1) == 0 else 0  # zeros behind a prefix stay zeros
        flips = 0
        for done in range(width - fixed):
            flips = flips << 1 | self._flip(width, done, value >> (width - done))
        return f"{type(given)(value ^ flips << fixed)}{slash}{length}"

    def _around_ipv4(self, value: int, block: IPv6Network, length: str) -> str:
        """The same of an IPv4 address in an IPv6 address, which ends with it."""
        inner = IPv4Address(value & 0xFFFFFFFF)
        prefix = f"/{max(int(length) - 96, 0)}" if length else ""
        low, _, _ = self.address(f"{inner}{prefix}").partition("/")
        found = IPv6Address(int(block.network_address) | int(IPv4Address(low)))
        return f"{found}/{length}" if length else str(found)

    def _flipped(self, width: int, length: int, prefix: int) -> int:
        """Whether the bit after a prefix is turned over."""
        if _is_kept(width, length, prefix) or self._is_held(width, length, prefix):
            return 0
        return self._number(f"{width}/{length}/{prefix}", 1)

    def _is_held(self, width: int, length: int, prefix: int) -> bool:
        private = length >= _WITHIN and any(_holds(one, width, length, prefix) for one in _PRIVATE)
        return private or any(_holds(one, width, length, prefix) for one in self._held)

    def _fives(self, word: str) -> str:
        number = self._number(f"name/{word}", _QUINTS * _QUINT_BITS)
        parts = [number >> _QUINT_BITS * i & 0xFFFF for i in range(_QUINTS)]
        return "-".join(map(_five, parts))

    def _shifted(self, left: str, right: str, alphabet: str, number: int) -> str:
        """One round of a Feistel network: ``left`` moved by as much as ``right`` says."""
        size = len(alphabet)
        value = 0
        for character in left:
            value = value * size + alphabet.index(character)
        bits = 64 + 8 * len(left)
        value += self._number(f"{len(left)}/{alphabet}/{number}/{right}", bits)
        found = ""
        for _ in left:
            value, digit = divmod(value, size)
            found = alphabet[digit] + found
        return found

    def _number(self, what: str, bits: int) -> int:
        """What the key makes of a text, as a number of so many bits."""
        size = -(-bits // 8)
        made = blake2b(
            what.encode("utf-8", "surrogatepass"), key=self._key, digest_size=min(size, 64)
        )
        digest = (made.digest() * -(-size // 64))[:size]
        return int.from_bytes(digest, "big") & ((1 << bits) - 1)


def _five(number: int) -> str:
    """Sixteen bits as consonant, vowel, consonant, vowel, consonant (D. Wilkerson, "Proquints")."""
    found = ""
    for letters, shift in _PLACES:
        found += letters[number >> shift & len(letters) - 1]
    return found


_PLACES: Final[tuple[tuple[str, int], ...]] = (
    (_CONSONANTS, 12),
    (_VOWELS, 10),
    (_CONSONANTS, 6),
    (_VOWELS, 4),
    (_CONSONANTS, 0),
)


def _capitals(found: str, word: str) -> str:
    """A stand-in with capitals that tell where the word has its own; none where it has none. Those
    of a long word are told by their digest."""
    places = [i for i, character in enumerate(word) if character != character.lower()]
    mask = sum(1 << i for i in places)
    if len(word) > _LETTERS and places:
        digest = blake2b(repr(places).encode(), digest_size=8).digest()
        mask = 1 + int.from_bytes(digest, "big") % ((1 << _LETTERS) - 1)
    letters = iter(range(_LETTERS))
    return "".join(c.upper() if c != "-" and mask >> next(letters) & 1 else c for c in found)


def _is_kept(width: int, length: int, prefix: int) -> bool:
    """Whether the bit after a prefix stays: on the way to a special block, and inside of one whose
    addresses are published."""
    return any(
        block.prefixlen > length and _starts(block, width, length, prefix) for block in _SPECIAL
    ) or any(_holds(block, width, length, prefix) for block in _UNCHANGED)


def _holds(block: IPv4Network | IPv6Network, width: int, length: int, prefix: int) -> bool:
    """Whether a block holds all addresses with a prefix."""
    more = length - block.prefixlen
    return more >= 0 and _starts(block, width, block.prefixlen, prefix >> more)


def _starts(block: IPv4Network | IPv6Network, width: int, length: int, prefix: int) -> bool:
    base = int(block.network_address)
    return block.max_prefixlen == width and base >> (width - length) == prefix
