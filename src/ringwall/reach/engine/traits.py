"""What answers about an endpoint hang on, on both sides of a comparison at once.

A direct way is the sender's policies, the network, and the receiver's policies. What of an
attachment each of them sees has a number on either side; the pair of the two is *joint*. Sets of
joint numbers are bit sets.
"""

from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

from msgspec import structs

from ringwall.facts.fact import Key
from ringwall.model.attachments import Attachment
from ringwall.model.gate import Reason
from ringwall.model.holders import of_interface
from ringwall.reach.engine.classes import Profile
from ringwall.reach.engine.endpoints import Member
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.sides import Both, name
from ringwall.reach.engine.touched import Touched
from ringwall.space.atoms import bits
from ringwall.space.services import ServiceSet

T = TypeVar("T", bound=Hashable)
Pair = tuple[int, int]
"""A number of the old side and one of the new side."""
Ways = frozenset[tuple[Reason, ServiceSet]]


class Traits(NamedTuple):
    """What an endpoint is to others, as bit sets of joint numbers.

    ``egress`` and ``ingress`` are policy gates; ``peers`` what the gates of others see of it, as a
    sender in ``seen`` (before any translation); ``leaves`` and ``arrives`` what the network sees of
    it as a sender and as a receiver. ``loose`` says that it may itself be another one, so that
    nothing is known to be the same.
    """

    egress: int = 0
    seen: int = 0
    leaves: int = 0
    ingress: int = 0
    peers: int = 0
    arrives: int = 0
    loose: bool = False

    def joined(self, other: "Traits") -> "Traits":
        """Those of both."""
        return Traits(
            self.egress | other.egress,
            self.seen | other.seen,
            self.leaves | other.leaves,
            self.ingress | other.ingress,
            self.peers | other.peers,
            self.arrives | other.arrives,
            self.loose or other.loose,
        )


LOOSE = Traits(loose=True)


class Numbers(Generic[T]):
    """Things by number, in the order in which they were met."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._numbers: dict[T, int] = {}

    def bit(self, item: T) -> int:
        """The set of one."""
        number = self._numbers.setdefault(item, len(self.items))
        if number == len(self.items):
            self.items.append(item)
        return 1 << number


class Joint:
    """Joint numbers of all that is compared.

    ``parties`` are classes of the network, ``inside`` those that are not outside; API endpoints,
    which ``apis`` gathers, are the party ``API``. Of each of ``touches`` the parties are told that
    are ``near`` it, and those that it names, ``far``.
    """

    API = (-1, -1)

    def __init__(self, old: Relation, new: Relation) -> None:
        self.sides = self._old, self._new = old, new
        self._touched = Touched(old, new)
        self.touches = self._touched.touches
        self.egress, self.ingress = Numbers[Pair](), Numbers[Pair]()
        self.peers, self.parties = Numbers[Pair](), Numbers[Pair]()
        self.parties.bit(self.API)
        self.near, self.far = ([0] * len(self.touches) for _ in range(2))
        self.inside = 0
        self.apis: set[Key] = set()
        self._known: dict[Pair, Traits] = {}
        self._hosts: dict[str | None, bool] = {}
        self._ways: tuple[dict[int, Ways], dict[int, Ways]] = ({}, {})

    def of(self, both: Both) -> Traits:
        """The traits of an endpoint."""
        if len(both.old.members) != len(both.new.members):
            return LOOSE
        theirs = {name(one): one for one in both.new.members}
        found = Traits()
        for mine in both.old.members:
            other = theirs.pop(name(mine), None)
            if other is None or not (both.outside or self._same(mine, other)):
                return LOOSE
            for one, two in zip(mine.attachments, other.attachments, strict=True):
                found = found.joined(self._attachment(one, two))
        return found

    # --- members ------------------------------------------------------------------------------

    def _same(self, mine: Member, other: Member) -> bool:
        """Whether a member is the same on both sides, at the same addresses and nodes."""
        if mine[1:] != other[1:] or len(mine.attachments) != len(other.attachments):
            return False
        return all(map(self._at_one, mine.attachments, other.attachments))

    def _at_one(self, one: Attachment, other: Attachment) -> bool:
        """The same of an attachment and its pod, whose number may be another."""
        if one.pod >= 0 and other.pod >= 0:
            mine = self._old.engine.model.workloads.pods[one.pod]
            theirs = self._new.engine.model.workloads.pods[other.pod]
            if mine is not theirs and mine != theirs:
                return False
            other = other if one.pod == other.pod else structs.replace(other, pod=one.pod)
        return one == other

    # --- attachments --------------------------------------------------------------------------

    def _attachment(self, one: Attachment, other: Attachment) -> Traits:
        if one.kind == "api" and one.key is not None:
            return self._api(one.key)
        pair = self._old.engine.class_of(one), self._new.engine.class_of(other)
        found = self._known.get(pair)
        if found is None:
            found = self._known[pair] = self._of_class(pair, one)
        return found

    def _of_class(self, pair: Pair, one: Attachment) -> Traits:
        """The traits of attachments of two classes; ``one`` is the old one of them."""
        mine = self._old.engine.classes.profile(pair[0])
        theirs = self._new.engine.classes.profile(pair[1])
        if mine.special >= 0 or not self._beside(mine, theirs, one.cluster):
            return LOOSE
        peer = self.peers.bit((mine.peer, theirs.peer))
        party = self.parties.bit((mine.fabric, theirs.fabric))
        self._touch(one, party)
        if one.kind != "outside":
            self.inside |= party
        egress, ingress = (mine.egress, theirs.egress), (mine.ingress, theirs.ingress)
        return Traits(
            egress=self.egress.bit(egress) if max(egress) > 0 else 0,
            seen=peer,
            leaves=party,
            ingress=self.ingress.bit(ingress) if max(ingress) > 0 else 0,
            peers=peer,
            arrives=party,
        )

    def _touch(self, one: Attachment, party: int) -> None:
        """Notes on which side of rules that differ a party is."""
        if self.touches:
            sight = self._touched.sight(one)
            for i, touch in enumerate(self.touches):
                self.near[i] |= party if touch.near(sight) else 0
                self.far[i] |= party if touch.names(sight) else 0

    def _beside(self, mine: Profile, theirs: Profile, cluster: str | None) -> bool:
        """Whether all is the same that is neither policy nor network."""
        if (mine.six, mine.host, mine.gated) != (theirs.six, theirs.host, theirs.gated):
            return False
        if mine.gated and not self._hosts_alike(cluster):
            return False
        return self._ways_in(0, mine.ways) == self._ways_in(1, theirs.ways)

    def _hosts_alike(self, cluster: str | None) -> bool:
        if cluster not in self._hosts:
            old, new = (one.engine.model.policies.host_gate(cluster or "") for one in self.sides)
            self._hosts[cluster] = old == new
        return self._hosts[cluster]

    def _ways_in(self, side: int, number: int) -> Ways:
        """The ways into pods that are not direct: why each may be open, and for what."""
        known = self._ways[side]
        if number not in known:
            relation = self.sides[side]
            ways, atoms = relation.engine.model.ways_in, relation.atoms
            masks: dict[Reason, int] = {}
            for atom in bits(ways.mask(number)):
                for reason in ways.reasons(number, 1 << atom):
                    masks[reason] = masks.get(reason, 0) | 1 << atom
            known[number] = frozenset((one, atoms.services(mask)) for one, mask in masks.items())
        return known[number]

    # --- API endpoints ------------------------------------------------------------------------

    def _api(self, key: Key) -> Traits:
        """An API endpoint: as a sender its control plane's interfaces. As a receiver policies may
        see it as anything."""
        found = Traits(peers=-1, arrives=self.parties.bit(self.API))
        groups = {touch.group for touch in self.touches}
        if None in groups:
            return LOOSE
        for interface in self._old.engine.model.fabric.control_plane(key):
            if not groups.isdisjoint(interface.groups or ()):
                return LOOSE
            for family in (4, 6):
                value = interface.first_of(family)
                if value is not None:
                    one = of_interface(interface, (family, value))
                    sent = self._attachment(one, one)
                    found = found.joined(Traits(seen=sent.seen, leaves=sent.leaves))
        self.apis.add(key)
        return found
