"""The way of a packet between two parties, gate by gate.

Sender's groups, its subnet's ACL, its route; then the local network, a gateway, a peering
connection or something that was not read; then the receiver's ACL and groups (aws.md 14, 18, 19,
22, 28, 29, 31, 34, 35). A way ends early where nothing passes any more, and where it is not known
how it goes on.
"""

from typing import NamedTuple

from ringwall.model.dialects.security_group import Carried
from ringwall.model.fabric import doubts
from ringwall.model.fabric.blocks import PRIVATE_4, PUBLIC_4
from ringwall.model.fabric.gateways import SERVED, TRANSLATED, Nat
from ringwall.model.fabric.parties import Party
from ringwall.model.fabric.peerings import Peering, Side, crossed
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.reply import ANY, LINUX, Back
from ringwall.model.fabric.routes import Route, Table, doubtful, table_not_known
from ringwall.model.fabric.seats import Exit
from ringwall.model.fabric.way import Met, Way
from ringwall.model.fabric.world import World
from ringwall.space.addresses import INTERNET


class Sender(NamedTuple):
    """Who sends at the moment: from where, with which address (and its public one), carrying
    which groups."""

    place: Place
    source: Where
    pair: Where | None
    carried: Carried


class Walk:
    """Walks ways over one network. Without ``peered`` no way goes on behind a peering connection,
    as if none had been read."""

    def __init__(self, world: World, *, peered: bool = True) -> None:
        self._world = world
        self._peerings = world.peerings if peered else {}

    def between(
        self,
        src: Party,
        dst: Party,
        *,
        together: bool,
        record: bool = False,
        met: list[Met] | None = None,
    ) -> Way:
        """The way from one party to another, on one node or not. With ``record`` it can be asked
        why; with ``met`` the groups on it are not judged but listed there."""
        way = Way(self._world, record=record, met=met)
        if not self._world.present or (together and not (src.strict or dst.strict)):
            return way
        if src.kind == "unowned":
            self._nobody(way, src.domain, held=src.held)
            return way
        if src.lost or src.source is None:
            way.unknown(lambda: doubts.no_interface(src))
            return way
        if dst.lost or dst.where is None:
            way.unknown(lambda: doubts.no_interface(dst))
            if dst.where is None:
                return way
        if src.source.family != dst.where.family:
            way.block()
        elif src.seat is None:
            way.begin(ANY)
            self._from_outside(way, src.source, dst, dst.where)
        else:
            sender = Sender(src.seat, src.source, src.pair, src.seat.groups)
            way.begin(LINUX if src.linux else ANY)
            self._leave(way, self._translated(way, sender, src.exit, dst.where), dst, dst.where)
        return way

    # --- leaving ------------------------------------------------------------------------------

    def _translated(self, way: Way, sender: Sender, leaving: Exit | None, at: Where) -> Sender:
        """Who sends after the VPC CNI has looked at the packet (aws.md 51)."""
        applies = leaving.translation.applies(at) if leaving else False
        if not leaving or applies is False:
            return sender
        if leaving.place is None or leaving.source is None:
            way.unknown(lambda: doubts.no_primary(sender.place))
            return sender
        if applies is None:
            way.unknown(lambda: doubts.translation(sender.place))
        way.seen = leaving.source
        way.begin(ANY)
        return Sender(leaving.place, leaving.source, leaving.pair, leaving.place.groups)

    def _leave(self, way: Way, sender: Sender, dst: Party, at: Where) -> None:
        """From an interface on."""
        place, world = sender.place, self._world
        unfiltered = at.spread is None and world.vpcs.unfiltered(
            place.vpc, place.subnet, at.family, at.value
        )
        if unfiltered:
            return
        holder = dst.holder(place.vpc)
        beside = holder is not None and holder.subnet == place.subnet and place.subnet != ""
        over = None if beside else crossed(self._peerings, world.routes, place, at)
        if over:
            self._groups_beyond(way, place, *over, dst, at)
        else:
            carried = self._carried_by(holder, place.vpc, at)
            way.groups(place, "egress", at, carried, local=holder is not None and holder is dst.own)
        if not way.may:
            return
        if holder and beside:
            self._reach(way, sender.source, sender.carried, holder, dst, acl=False)
            return
        way.acl(place, "out", at)
        if way.may:
            self._route(way, sender, holder, dst, at)

    def _carried_by(self, holder: Place | None, vpc: str, at: Where) -> Carried:
        """The groups of who receives, as a sender's groups see them."""
        if holder:
            return holder.groups
        known = at.within(INTERNET) or at.within(self._world.vpcs.blocks(vpc))
        return () if known else None

    def _groups_beyond(
        self, way: Way, place: Place, peering: Peering, side: Side, dst: Party, at: Where
    ) -> None:
        """The sender's groups, where who receives is behind a peering connection (aws.md 7)."""
        there = dst.holder(side.vpc)
        carried = peering.seen(there.groups if there else None)
        local = bool(peering.keeps_groups) and there is not None and there is dst.own
        way.groups(place, "egress", at, carried, local=local)

    def _route(self, way: Way, sender: Sender, holder: Place | None, dst: Party, at: Where) -> None:
        place = sender.place
        table = self._world.routes.of(place.vpc, place.subnet)
        if table is None:
            way.end_unread(lambda: frozenset({table_not_known(place.vpc, place.subnet)}))
            if holder:
                self._reach(way, sender.source, sender.carried, holder, dst)
            return
        route = self._taken(way, table, at)
        if route is None:
            return
        if route.target == "local":
            if holder:
                self._reach(way, sender.source, sender.carried, holder, dst)
            else:
                self._nobody(way, place.vpc, held=dst.held)
        elif route.target.startswith("igw-"):
            self._by_internet_gateway(way, sender, dst, at)
        elif route.target.startswith("nat-"):
            self._by_nat(way, sender, route.target, dst, at)
        elif route.target.startswith("eigw-"):
            self._by_egress_only(way, sender, route.target, dst, at)
        elif route.target.startswith("vpce-"):
            self._by_endpoint(way, sender, route.target, dst, at)
        elif route.target.startswith("pcx-"):
            self._by_peering(way, sender, route.target, dst, at)
        else:
            way.end_unread(lambda: doubts.gateway(route.target))

    def _taken(self, way: Way, table: Table, at: Where) -> Route | None:
        """The route of a packet; None where the way ends, blocked or not known. A route that may be
        hidden may lead anywhere; only at home it is known who receives."""
        route, unsure = self._world.routes.choose(table, at)
        if unsure:
            way.unknown(lambda: doubtful(table, unsure))
            if route is None or route.target != "local":
                way.unread = True
                return None
        if route is None or route.blackhole:
            way.block()
            return None
        return route

    # --- arriving -----------------------------------------------------------------------------

    def _nobody(self, way: Way, vpc: str, *, held: bool) -> None:
        """An address of a VPC that no interface has: blocked if all interfaces were read."""
        if self._world.interfaces.all_known(vpc) and not held:
            way.block()
        else:
            way.unknown(lambda: doubts.address(vpc))

    def _reach(
        self,
        way: Way,
        source: Where,
        carried: Carried,
        holder: Place,
        dst: Party,
        *,
        acl: bool = True,
    ) -> None:
        """Inside a VPC, to who holds the address there; blocked if that is somebody else, in
        another VPC with the same blocks."""
        if dst.domain and dst.domain != holder.vpc:
            way.block()
        else:
            self._arrive(way, source, carried, holder, acl=acl, local=True)

    def _arrive(
        self,
        way: Way,
        source: Where,
        carried: Carried,
        place: Place,
        *,
        acl: bool = True,
        local: bool = False,
        by: str | None = "",
    ) -> None:
        """Into an interface, ``by`` a peering connection or none (None: not known); ``local`` where
        what the sender's interface carries came along."""
        if acl:
            way.acl(place, "in", source)
        way.groups(place, "ingress", source, carried, local=local)
        way.back = Back(place, source, by)

    # --- Internet gateways (aws.md 28, 33) ------------------------------------------------------

    def _by_internet_gateway(self, way: Way, sender: Sender, dst: Party, at: Where) -> None:
        if at.family == 6:
            if sender.source.within(INTERNET):
                self._out(way, sender.source, dst, at)
            else:
                way.block()
        elif sender.pair is None:
            way.block()
        else:
            way.seen = sender.pair
            way.begin(way.clients)
            self._out(way, sender.pair, dst, at)

    def _out(self, way: Way, seen: Where, dst: Party, at: Where) -> None:
        """Through an Internet gateway, and in again where the destination is one of ours."""
        self._public_access(way)
        public = at.within(INTERNET)
        if public is False:
            way.block()
            return
        if public is None:
            way.unknown(doubts.destination)
        if dst.behind:
            self._in(way, seen, dst.behind)

    def _in(self, way: Way, seen: Where, place: Place) -> None:
        """From the Internet to an interface."""
        world = self._world
        if world.gateways.of(place.vpc):
            self._public_access(way)
        elif world.gateways.surely_none(place.vpc):
            way.block()
            return
        else:
            way.unknown(lambda: doubts.internet_gateway(place.vpc))
        redirects = world.gateways.redirects(place.vpc)
        if redirects:
            way.unknown(lambda: doubts.edge_tables(redirects))
        self._arrive(way, seen, (), place)

    def _public_access(self, way: Way) -> None:
        not_read = self._world.gateways.not_read
        if not_read:
            way.unknown(lambda: not_read)

    # --- egress-only gateways, gateway endpoints, peering connections (aws.md 31, 34, 35) ---------

    def _by_egress_only(self, way: Way, sender: Sender, name: str, dst: Party, at: Where) -> None:
        vpcs = self._world.egress_only.get(name)
        if vpcs is None:
            way.end_unread(lambda: doubts.missing_gateway(name))
        elif at.family == 6 and sender.place.vpc in vpcs:
            self._by_internet_gateway(way, sender, dst, at)
        else:
            way.block()

    def _by_endpoint(self, way: Way, sender: Sender, name: str, dst: Party, at: Where) -> None:
        """To a service of AWS: what was read is none of it."""
        endpoint = self._world.endpoints.get(name)
        if endpoint is None:
            way.end_unread(lambda: doubts.missing_gateway(name))
        elif not endpoint.gateway:
            way.end_unread(lambda: doubts.gateway(name))
        elif not endpoint.available or endpoint.vpc != sender.place.vpc or dst.kind != "outside":
            way.block()
        else:
            way.only(self._world.pool.atoms.mask(SERVED))
            if not at.within(INTERNET):
                way.block()

    def _by_peering(self, way: Way, sender: Sender, name: str, dst: Party, at: Where) -> None:
        peering = self._peerings.get(name)
        if peering is None:
            read = name in self._world.peerings
            way.end_unread(lambda: (doubts.gateway if read else doubts.missing_gateway)(name))
            return
        side = peering.beyond(sender.place.vpc) if peering.active else None
        if side is None:
            way.block()
        elif side.blocks is None:
            way.end_unread(lambda: doubts.peer_blocks(name, side.vpc))
        elif not at.within(side.blocks):
            way.block()
        elif there := dst.holder(side.vpc):
            self._beyond(way, sender, peering, there, dst)
        else:
            self._nobody(way, side.vpc, held=dst.held)

    def _beyond(self, way: Way, sender: Sender, peering: Peering, there: Place, dst: Party) -> None:
        """To who holds the address behind a peering connection; blocked if that is somebody else,
        in another VPC with the same blocks. What the sender carries comes along in one Region."""
        if dst.domain and dst.domain != there.vpc:
            way.block()
            return
        carried, local = peering.seen(sender.carried), bool(peering.keeps_groups)
        self._arrive(way, sender.source, carried, there, local=local, by=peering.id)

    # --- NAT gateways (aws.md 29) ---------------------------------------------------------------

    def _by_nat(self, way: Way, sender: Sender, name: str, dst: Party, at: Where) -> None:
        nat = self._world.nats.get(name)
        if nat is None or at.family == 6:
            way.end_unread(lambda: doubts.nat(name, at.family))
            return
        inside = self._world.places.in_subnet(nat.vpc or sender.place.vpc, nat.subnet)
        if sender.place.subnet != nat.subnet:
            way.acl(inside, "in", sender.source)
        way.only(self._world.pool.atoms.mask(TRANSLATED))
        if not nat.available or (nat.vpc and nat.vpc != sender.place.vpc):
            way.block()
            return
        way.begin(ANY)
        way.acl(inside, "out", at)
        if way.may:
            self._from_nat(way, nat, inside, dst, at)

    def _from_nat(self, way: Way, nat: Nat, inside: Place, dst: Party, at: Where) -> None:
        """On from a NAT gateway's subnet."""
        way.seen = self._world.regions.one_of(nat.private or PRIVATE_4)
        table = self._world.routes.of(inside.vpc, inside.subnet)
        if table is None:
            way.end_unread(lambda: frozenset({table_not_known(inside.vpc, inside.subnet)}))
            return
        route = self._taken(way, table, at)
        if route is None:
            return
        if not route.target.startswith("igw-"):
            way.end_unread(lambda: doubts.gateway(route.target))
            return
        if nat.public is not None and not nat.public:
            way.block()
            return
        if nat.public is None:
            way.unknown(lambda: doubts.nat_addresses(nat.id))
        seen = self._world.regions.one_of(nat.public or PUBLIC_4)
        way.seen = seen
        way.begin(ANY)
        self._out(way, seen, dst, at)

    # --- from outside ---------------------------------------------------------------------------

    def _from_outside(self, way: Way, source: Where, dst: Party, at: Where) -> None:
        place = dst.own or dst.behind
        if place is None and dst.lost:
            way.unread = True  # whose network it is in was not read
        elif not source.within(INTERNET):
            self._from_private(way, source, dst, place)
        elif place is None:
            if dst.kind != "outside" or not at.within(INTERNET):
                way.block()
        elif dst.pair is not None or (dst.behind and at.within(INTERNET)):
            self._in(way, source, place)
        else:
            way.block()

    def _from_private(self, way: Way, source: Where, dst: Party, place: Place | None) -> None:
        """From a private network that is none of the VPCs that were read. An address that no
        interface has is behind the seat of its holder, whose VPC may keep such networks out."""
        world = self._world
        seat = place or dst.seat
        if seat and world.vpcs.blocks(seat.vpc) and world.routes.shut_in(seat.vpc):
            way.block()
        elif place:
            way.unknown(lambda: doubts.private_network(place.vpc))
            self._arrive(way, source, None, place, by=None)
        else:
            way.end_unread(doubts.network)
            if dst.kind == "unowned":
                self._nobody(way, dst.domain, held=dst.held)
