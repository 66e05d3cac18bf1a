"""Ways to the API endpoint of an EKS cluster (aws.md 47).

From the VPC it is the control plane's interfaces where the private endpoint is on, else the public
endpoint, whose addresses are not among the facts: a way is open only if it is for every public
address that may be one of them.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ringwall.facts.fact import Key
from ringwall.model.attachments import Attachment
from ringwall.model.fabric import doubts
from ringwall.model.fabric.blocks import union
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.fabric.parties import Parties, Party
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.pool import Reply
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.rows import Rows
from ringwall.model.fabric.walk import Walk
from ringwall.model.fabric.world import API, World
from ringwall.model.gate import Reason
from ringwall.space.addresses import INTERNET, Addresses, Range

_ACCESS = ("endpoint-access-not-read", "the answer of aws eks describe-cluster")
_NETWORKS = ("connected-networks-not-read", "the networks that reach the private endpoint")
_CONTROL_PLANE = (
    "control-plane-not-read",
    "the answer of aws ec2 describe-network-interfaces with the control plane's interfaces",
)
_CLIENT = ("client-address-not-known", "the address that clients have at the endpoint")
_ANYWHERE = {4: union(("0.0.0.0/0",)), 6: union(("::/0",))}

Cells = dict[int, list[Range]]
"""Addresses by class."""


class ApiWay(NamedTuple):
    """One way to an endpoint, without the sender's policies: they are asked about ``far``, of
    which it is one address.

    Ways that are no ``alternative`` are united. Alternatives are all the same packet, of which it
    is not known which: it surely passes if it does by each, and perhaps if it does by one.
    """

    far: Addresses
    must: int
    may: int
    reply: Reply
    alternative: bool = False


class _Told(NamedTuple):
    """A way, and why it is not known."""

    way: ApiWay
    reasons: frozenset[Reason]


class Endpoint:
    """Finds the ways to one endpoint. With ``record`` it says why one is not known, too."""

    def __init__(
        self, world: World, parties: Parties, rows: Rows, key: Key, *, record: bool = False
    ) -> None:
        self._world, self._parties, self._rows, self._record = world, parties, rows, record
        self._body = world.api[key]
        self._config = self._body.resources_vpc_config
        self._serves = world.pool.atoms.mask(API)

    @property
    def interfaces(self) -> list[Interface]:
        """The control plane's interfaces that were read (aws.md 44)."""
        vpc = self._config.vpc_id
        return [
            one
            for one in self._world.interfaces.values()
            if one.description == f"Amazon EKS {self._body.name}" and vpc in ("", one.vpc)
        ]

    def ways(self, src: int) -> list[ApiWay]:
        """The ways from a class; none if there is none."""
        return [told.way for told in self._ways(src, self._parties[src])]

    def reasons(self, src: int) -> frozenset[Reason]:
        """Why a way from a class is not known."""
        told = self._ways(src, self._parties[src])
        return frozenset().union(*(one.reasons for one in told))

    def _ways(self, number: int, src: Party) -> Iterator[_Told]:
        if src.source is None or src.lost:
            family = src.source.family if src.source else 4
            yield self._unknown(family, doubts.no_interface(src))
        elif src.kind == "unowned":
            yield self._over(number, number, _ANYWHERE[src.source.family])
        elif src.source.family == 6 and not self._six():
            return
        elif src.seat is None:
            yield from self._from_outside(src.source)
        else:
            yield from self._from_inside(number, src.source, src.seat)

    def _six(self) -> bool:
        """Whether the endpoint has IPv6 addresses too."""
        told = self._body.kubernetes_network_config
        listed = self._config.public_access_cidrs or ()
        return bool(told and told.ip_family == "ipv6") or any(":" in text for text in listed)

    # --- from outside ---------------------------------------------------------------------------

    @cached_property
    def _admitted(self) -> Addresses:
        """Who may use the public endpoint."""
        return union(self._config.public_access_cidrs or ("0.0.0.0/0",))

    def _from_outside(self, source: Where) -> Iterator[_Told]:
        public = self._config.endpoint_public_access
        if not source.within(INTERNET):
            yield self._unknown(source.family, self._why(_NETWORKS))
        elif public is None:
            yield self._unknown(source.family, self._why(_ACCESS))
        elif public and source.within(self._admitted):
            far = _ANYWHERE[source.family]
            yield _Told(ApiWay(far, self._serves, self._serves, self._answered()), frozenset())

    # --- from the network -----------------------------------------------------------------------

    def _from_inside(self, number: int, source: Where, seat: Place) -> Iterator[_Told]:
        private, public = self._config.endpoint_private_access, self._config.endpoint_public_access
        if private is None:
            yield self._unknown(source.family, self._why(_ACCESS))
        elif private and (self._config.vpc_id in ("", seat.vpc) or not public):
            yield from self._private(number, source.family)
        elif public is not False:
            yield from self._public(number, source)

    def _private(self, src: int, family: int) -> Iterator[_Told]:
        """To each of the control plane's interfaces."""
        addresses = [(one, one.first_of(family)) for one in self.interfaces]
        found = [_attached(one, family, value) for one, value in addresses if value is not None]
        if not found:
            yield self._unknown(family, self._why(_CONTROL_PLANE))
            return
        seat = self._parties[src].seat
        for one, dst in zip(found, self._parties.classify(found).tolist(), strict=True):
            far = Addresses.single(family, one.address)
            inside = seat is not None and seat.vpc == one.domain
            yield self._over(src, dst, far) if inside else self._from_peer(src, dst, far)

    def _from_peer(self, src: int, dst: int, far: Addresses) -> _Told:
        """From another VPC: how clients behind a peering connection reach a private endpoint, whose
        name they have to resolve there, is not followed."""
        walk = Walk(self._world, peered=False)
        ends = self._parties[src], self._parties[dst]
        way = walk.between(*ends, together=False, record=self._record)
        must, may = way.must & self._serves, way.may & self._serves
        reply = self._world.pool.replies[way.reply()] if may else self._answered()
        return _Told(ApiWay(far, must, may, reply), way.reasons(self._serves))

    def _public(self, src: int, source: Where) -> Iterator[_Told]:
        """To any public address: one alternative for all that are treated alike."""
        cells = self._possible(self._parties[src], self._parties.public(source.family))
        classes = np.fromiter(cells, np.intp, len(cells))
        alike: dict[int, list[int]] = {}
        for dst, outcome in zip(cells, self._rows.row(src)[classes].tolist(), strict=True):
            alike.setdefault(outcome, []).append(dst)
        for outcome, members in alike.items():
            far = Addresses(part for dst in members for part in cells[dst])
            told = self._over(src, members[0], far)
            yield self._admit(told, outcome, source)

    def _possible(self, src: Party, cells: Cells) -> Cells:
        """The public addresses without those of other services, to which gateway endpoints lead;
        all where no others are left (aws.md 35)."""
        ends = ((number, self._parties[number].where) for number in cells)
        own = {number: cells[number] for number, at in ends if not (at and self._served(src, at))}
        return own or cells

    def _served(self, src: Party, at: Where) -> bool:
        """Whether a gateway endpoint surely stands on the way out, whatever it lets pass."""
        place = _leaving(src, at)
        route = self._world.routes.sure(place.vpc, place.subnet, at) if place else None
        endpoint = self._world.endpoints.get(route.target) if route else None
        return endpoint is not None and endpoint.gateway

    def _admit(self, told: _Told, outcome: int, source: Where) -> _Told:
        """An alternative behind the list of who may use the public endpoint."""
        _, seen, _, _, unread = self._rows.outcomes[outcome]
        way = told.way._replace(alternative=True)
        if self._config.endpoint_public_access is None:
            told = _Told(way._replace(must=0), told.reasons | self._why(_ACCESS))
            way = told.way
        if unread or not way.may:
            return told._replace(way=way)
        admitted = self._holds(seen) if seen else source.within(self._admitted)
        if admitted is None:
            return _Told(way._replace(must=0), told.reasons | self._why(_CLIENT))
        return told._replace(way=way if admitted else way._replace(must=0, may=0))

    def _holds(self, seen: Addresses) -> bool | None:
        if seen <= self._admitted:
            return True
        return None if seen & self._admitted else False

    # --- answers --------------------------------------------------------------------------------

    def _over(self, src: int, dst: int, far: Addresses) -> _Told:
        """The way of the network to a class."""
        found = self._rows.outcomes[int(self._rows.row(src)[dst])]
        low, high = self._world.pool[found.admission]
        must, may = low & self._serves, high & self._serves
        reply = self._world.pool.replies[found.reply] if found.reply >= 0 else self._answered()
        why = self._recorded(src, dst) if self._record and may & ~must else frozenset[Reason]()
        return _Told(ApiWay(far, must, may, reply), why)

    def _recorded(self, src: int, dst: int) -> frozenset[Reason]:
        ends = self._parties[src], self._parties[dst]
        return Walk(self._world).between(*ends, together=False, record=True).reasons(self._serves)

    def _unknown(self, family: int, why: frozenset[Reason]) -> _Told:
        return _Told(ApiWay(_ANYWHERE[family], 0, self._serves, self._answered()), why)

    def _answered(self) -> Reply:
        return Reply(self._world.pool.full, 0, 0, 0)

    def _why(self, doubt: tuple[str, str]) -> frozenset[Reason]:
        return doubts.api(self._body.name, *doubt)


def _leaving(src: Party, at: Where) -> Place | None:
    """Where packets to an address leave, translated by the VPC CNI or not (aws.md 51); None where
    that is not known."""
    applies = src.exit.translation.applies(at) if src.exit else False
    if applies is None:
        return None
    return src.exit.place if src.exit and applies else src.seat


def _attached(interface: Interface, family: int, value: int) -> Attachment:
    return Attachment(
        str(interface.key),
        "interface",
        family,
        value,
        interface=interface.id,
        domain=interface.vpc,
    )
