"""The far ends that policies can tell apart.

A *peer class* is an identity (which selectors match, which named ports it has) and a spot (which
blocks hold its address). Numbers are given once and keep their meaning, so that a changed model
shares them with the one before.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ringwall.model.selectors import Needs
from ringwall.space.addresses import Addresses
from ringwall.space.atoms import AddressAtoms, bits

PRIVATE: Final = Addresses.of("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
"""One of these is the address of a pod whose address is not in the input (RFC 1918, RFC 6598)."""

Ints: TypeAlias = NDArray[np.int32]
PortName: TypeAlias = tuple[str, str]
"""A container port's name and its protocol (``TCP``)."""


class PodPeer(NamedTuple):
    """Pods that a peer of a policy selects: of the policy's own ``namespace``, or, where that is
    None, of every namespace that ``namespaces`` selects. Pods of its cluster only."""

    cluster: str
    namespace: str | None
    namespaces: Needs
    pods: Needs


class Far(Struct, frozen=True):
    """The far side of a rule: anyone, or any of these pod peers and blocks, by number.

    ``named`` are ports that are looked up at the far pod; they are beside the rule's services.
    """

    anyone: bool
    pods: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()
    named: tuple[PortName, ...] = ()


class Identity(Struct, frozen=True, gc=False):
    """What policies can tell of a pod: the pod peers that surely and at least perhaps match it
    (never surely on the host network), and the numbers of its ports by the names in use."""

    sure: frozenset[int] = frozenset()
    may: frozenset[int] = frozenset()
    numbers: tuple[tuple[PortName, int], ...] = ()
    host_network: bool = False


class Spot(NamedTuple):
    """The blocks, as bits, that surely and at least perhaps hold an address."""

    sure: int
    may: int


class Numbered:
    """Pod peers and blocks by number. Both only grow."""

    def __init__(self) -> None:
        self.pod_peers: list[PodPeer] = []
        self.blocks: list[Addresses] = []
        self._pod_peers: dict[PodPeer, int] = {}
        self._blocks: dict[Addresses, int] = {}

    def pod_peer(self, peer: PodPeer) -> int:
        """The number of a pod peer."""
        found = self._pod_peers.setdefault(peer, len(self.pod_peers))
        if found == len(self.pod_peers):
            self.pod_peers.append(peer)
        return found

    def block(self, block: Addresses) -> int:
        """The number of a block without its exceptions."""
        found = self._blocks.setdefault(block, len(self.blocks))
        if found == len(self.blocks):
            self.blocks.append(block)
        return found


class Peers:
    """Identities, spots and peer classes by number. All only grow; number 0 of each is that of
    an end that no selector matches and no block holds."""

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self.spots: list[Spot] = []
        self.classes: list[tuple[int, int]] = []
        self._identities: dict[Identity, int] = {}
        self._spots: dict[Spot, int] = {}
        self._classes: dict[tuple[int, int], int] = {}
        self._matching: dict[int, _Marks] = {}
        self._naming: dict[PortName, _Marks] = {}
        self._port_marks: dict[tuple[PortName, int], int] = {}
        self._holding: dict[int, list[int]] = {}
        self._parts: tuple[Ints, Ints] = (np.zeros(0, np.int32), np.zeros(0, np.int32))
        self.peer(self.identity(Identity()), self.spot(Spot(0, 0)))

    def identity(self, identity: Identity) -> int:
        """The number of an identity."""
        found = self._identities.get(identity)
        if found is None:
            found = self._identities[identity] = len(self.identities)
            self.identities.append(identity)
            for peer in identity.may:
                mark = 2 if peer in identity.sure else 1
                self._matching.setdefault(peer, _Marks()).add(found, mark)
            for name, number in identity.numbers:
                mark = self._port_marks.setdefault((name, number), len(self._port_marks) + 1)
                self._naming.setdefault(name, _Marks()).add(found, mark)
        return found

    def spot(self, spot: Spot) -> int:
        """The number of a spot."""
        found = self._spots.get(spot)
        if found is None:
            found = self._spots[spot] = len(self.spots)
            self.spots.append(spot)
            for block in bits(spot.may):
                self._holding.setdefault(block, []).append(found)
        return found

    def peer(self, identity: int, spot: int) -> int:
        """The number of a peer class."""
        found = self._classes.setdefault((identity, spot), len(self.classes))
        if found == len(self.classes):
            self.classes.append((identity, spot))
        return found

    def parts(self) -> tuple[Ints, Ints]:
        """The identity and the spot of every peer class, as arrays."""
        if len(self._parts[0]) != len(self.classes):
            both = np.array(self.classes, dtype=np.int32).reshape(-1, 2)
            self._parts = both[:, 0].copy(), both[:, 1].copy()
        return self._parts

    def marks(
        self, peers: Iterable[int], names: Iterable[PortName], first: int
    ) -> Iterator[tuple[Ints, Ints]]:
        """For each pod peer and port name, the identities from ``first`` on that it concerns, and
        a mark of each: 1 perhaps and 2 surely matched, or one for each number of the port."""
        lists = [self._matching.get(peer) for peer in peers]
        lists += [self._naming.get(name) for name in names]
        return (marks.since(first) for marks in lists if marks)

    def held(self, blocks: int) -> set[int]:
        """The spots that lie, at least perhaps, in one of these blocks."""
        return {spot for block in bits(blocks) for spot in self._holding.get(block, ())}


class _Marks:
    """Identities in ascending order, each with a mark."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._marks: list[int] = []
        self._arrays: tuple[Ints, Ints] = (np.zeros(0, np.int32), np.zeros(0, np.int32))

    def add(self, number: int, mark: int) -> None:
        self._numbers.append(number)
        self._marks.append(mark)

    def since(self, first: int) -> tuple[Ints, Ints]:
        """Those that are not below ``first``, and their marks."""
        if len(self._arrays[0]) != len(self._numbers):
            self._arrays = np.array(self._numbers, np.int32), np.array(self._marks, np.int32)
        numbers, marks = self._arrays
        start = bisect_left(self._numbers, first)
        return numbers[start:], marks[start:]


class Blocks:
    """The blocks that a model's policies name, and which of them hold an address."""

    def __init__(self, numbered: Numbered, present: frozenset[int], peers: Peers) -> None:
        self.present = present
        self._peers = peers
        sets = {number: numbered.blocks[number] for number in sorted(present)}
        self._atoms = AddressAtoms(sets.values())
        self._held = list(_sweep(self._atoms, sets))
        self._spots = np.array([peers.spot(Spot(held, held)) for held in self._held], np.int32)
        self.unread = self.spot_of(PRIVATE)
        self.anywhere = self.spot_of(Addresses.everything())

    def spot_at(self, family: int, value: int) -> int:
        """The spot of one address."""
        return int(self._spots[self._atoms.atom_of(family, value)])

    def spots_at(self, values: NDArray[np.uint32]) -> Ints:
        """The spots of many IPv4 addresses."""
        return self._spots[self._atoms.atoms_of(values)]

    def spot_of(self, where: Addresses) -> int:
        """The spot of an address that is one of several. Raises ValueError if it is none."""
        if not where:
            raise ValueError("there is no address to be at")
        sure, may = -1, 0
        for family, low, high in where.ranges:
            first, last = self._atoms.atom_of(family, low), self._atoms.atom_of(family, high)
            for held in self._held[first : last + 1]:
                sure &= held
                may |= held
        return self._peers.spot(Spot(sure, may))


def _sweep(atoms: AddressAtoms, sets: dict[int, Addresses]) -> Iterator[int]:
    """For each run of addresses, in order, the blocks that hold it, as bits."""
    flips = [0] * (len(atoms) + 1)
    for number, block in sets.items():
        for family, low, high in block.ranges:
            flips[atoms.atom_of(family, low)] ^= 1 << number
            flips[atoms.atom_of(family, high) + 1] ^= 1 << number
    held = 0
    for flip in flips[:-1]:
        held ^= flip
        yield held
