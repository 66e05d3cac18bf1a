"""Route tables: which one a subnet uses, and which route a packet takes."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Final, NamedTuple

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.model.dialects.security_group import Listed
from ringwall.model.fabric.blocks import WIDTH, block, cidrs
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.regions import Where
from ringwall.model.gate import Reason
from ringwall.space.addresses import Addresses, Range

_PROPAGATED: Final = "EnableVgwRoutePropagation"
_TARGETS: Final = (
    "gateway_id",
    "nat_gateway_id",
    "egress_only_internet_gateway_id",
    "transit_gateway_id",
    "vpc_peering_connection_id",
    "network_interface_id",
    "instance_id",
    "local_gateway_id",
    "carrier_gateway_id",
    "core_network_arn",
)
# Targets by which nobody outside the VPC can open a connection to a private address in it.
_NO_WAY_IN: Final = ("igw-", "nat-", "eigw-", "vpce-")


class Route(Struct, frozen=True):
    """One route; ``part`` is None where its prefix list was not read."""

    destination: str
    target: str
    part: Addresses | None
    blackhole: bool
    propagated: bool

    def holds(self, at: Where) -> bool | None:
        """Whether the route is for an address; None where that is unknown."""
        return None if self.part is None else at.within(self.part)

    def length(self, at: Where) -> int:
        """How specific the route is for an address: the longest prefix of its list that holds it;
        more than any if the list was not read."""
        if self.part is None:
            return 999
        widths = [
            WIDTH[part.family] - (part.high - part.low + 1).bit_length() + 1
            for part in cidrs(self.part)
            if part.family == at.family and at.within(Addresses((part,))) is not False
        ]
        return max(widths, default=-1)


class Choice(NamedTuple):
    """The route that is taken, None if there is none, and what may take its place."""

    route: Route | None
    doubts: tuple[Route, ...]


class Table(Struct, frozen=True):
    """A route table; ``routes`` is None where they were not read."""

    id: str
    key: Key
    vpc: str
    routes: tuple[Route, ...] | None

    def choose(self, at: Where) -> Choice:
        """Longest prefix; of equal ones a static route before a propagated one (aws.md 22, 24)."""
        matching = [route for route in self.routes or () if route.holds(at) is not False]
        matching.sort(key=lambda route: (-route.length(at), route.propagated))
        for i, route in enumerate(matching):
            if route.holds(at):
                return Choice(route, tuple(matching[:i]))
        return Choice(None, tuple(matching))


class Routes:
    """Every route table, and the one that each subnet uses."""

    def __init__(self, inventory: Inventory, lists: Mapping[str, Listed]) -> None:
        self._of_subnet: dict[str, Table] = {}
        self._main: dict[str, Table] = {}
        self._of_gateway: dict[str, str] = {}
        self._in_vpc: dict[str, list[Table]] = {}
        self.whole = inventory.whole("RouteTables")
        for key, body in inventory.of(aws.RouteTable):
            self._add(Table(body.route_table_id, key, body.vpc_id, _routes(body, lists)), body)
        self._known: dict[tuple[str, int], Choice] = {}

    def _add(self, table: Table, body: aws.RouteTable) -> None:
        self._in_vpc.setdefault(table.vpc, []).append(table)
        for association in body.associations or ():
            if association.subnet_id:
                self._of_subnet.setdefault(association.subnet_id, table)
            if association.gateway_id:
                self._of_gateway.setdefault(association.gateway_id, table.id)
            if association.main:
                self._main.setdefault(table.vpc, table)

    def cuts(self) -> Iterator[Range]:
        """The destinations of routes."""
        for table in self._tables():
            for route in table.routes or ():
                if route.part is not None:
                    yield from cidrs(route.part)

    def _tables(self) -> Iterable[Table]:
        return (table for tables in self._in_vpc.values() for table in tables)

    def of(self, vpc: str, subnet: str) -> Table | None:
        """The table of a subnet: its own, else the VPC's main one; None where that is not sure or
        its routes were not read."""
        found = self._of_subnet.get(subnet) if subnet else None
        if found is None and self.whole:
            found = self._main.get(vpc)
        return found if found and found.routes is not None else None

    def choose(self, table: Table, at: Where) -> Choice:
        """The route of a table for an address, remembered."""
        key = (table.id, at.region)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = table.choose(at)
        return found

    def sure(self, vpc: str, subnet: str, at: Where) -> Route | None:
        """The route that surely carries on what a subnet sends to an address, if there is one."""
        table = self.of(vpc, subnet)
        if table is None:
            return None
        route, unsure = self.choose(table, at)
        return None if unsure or route is None or route.blackhole else route

    def twin(self) -> "Routes":
        """The same tables, with a memory of its own."""
        new = copy(self)
        new._known = dict(self._known)
        return new

    def of_gateway(self, gateway: str) -> str | None:
        """The edge table of a gateway."""
        return self._of_gateway.get(gateway)

    def targets(self, vpc: str) -> set[str] | None:
        """Where the tables of a VPC lead; None where not all of them were read."""
        tables = self._in_vpc.get(vpc)
        if not tables or not self.whole or any(table.routes is None for table in tables):
            return None
        return {route.target for table in tables for route in table.routes or ()}

    def shut_in(self, vpc: str) -> bool:
        """Whether it is sure that no other private network is connected to a VPC."""
        targets = self.targets(vpc)
        return targets is not None and all(
            target == "local" or target.startswith(_NO_WAY_IN) for target in targets
        )


def _routes(body: aws.RouteTable, lists: Mapping[str, Listed]) -> tuple[Route, ...] | None:
    if body.routes is None:
        return None
    return tuple(_route(one, lists) for one in body.routes)


def _route(one: aws.Route, lists: Mapping[str, Listed]) -> Route:
    text = one.destination_cidr_block or one.destination_ipv6_cidr_block
    if text:
        part: Addresses | None = Addresses((block(text),))
    else:
        listed = lists.get(one.destination_prefix_list_id)
        part = listed.addresses if listed else None
    return Route(
        destination=text or one.destination_prefix_list_id,
        target=next((name for field in _TARGETS if (name := getattr(one, field))), ""),
        part=part,
        blackhole=one.state == "blackhole",
        propagated=one.origin == _PROPAGATED,
    )


def table_not_known(vpc: str, subnet: str) -> Reason:
    """Why the route table of a subnet, or what it holds, is not known."""
    place = subnet or f"a subnet of {vpc}"
    needs = f"the route table of {place}: add the answer of aws ec2 describe-route-tables"
    return Reason("routes-not-read", place, needs)


def doubtful(table: Table, doubts: Iterable[Route]) -> frozenset[Reason]:
    """Why it is not sure which route is taken."""
    return frozenset(
        Reason(
            "route-not-sure",
            f"{table.id} {route.destination}",
            f"whether {route.destination} holds the destination: the entries of the prefix list "
            "(aws ec2 get-managed-prefix-list-entries), or the address that is used",
        )
        for route in doubts
    )
