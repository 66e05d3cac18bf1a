"""Peering connections: what they join, and whether groups are seen across (aws.md 7, 31)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ringwall.facts import aws
from ringwall.model.dialects.security_group import Carried
from ringwall.model.fabric.blocks import union
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.routes import Routes
from ringwall.model.fabric.vpcs import Vpcs
from ringwall.space.addresses import Addresses


class Side(Struct, frozen=True):
    """One of the two VPCs; ``blocks`` is None where they are not known, ``region`` empty where it
    was not told."""

    vpc: str
    region: str
    blocks: Addresses | None


class Peering(Struct, frozen=True):
    """A peering connection that was read."""

    id: str
    active: bool
    sides: tuple[Side, Side]

    def beyond(self, vpc: str) -> Side | None:
        """The side that packets of a VPC get to; None where it is neither."""
        one, other = self.sides
        if not vpc or vpc not in (one.vpc, other.vpc):
            return None
        return other if vpc == one.vpc else one

    @property
    def keeps_groups(self) -> bool | None:
        """Whether rules can name groups of the other side, which takes one Region; None where a
        Region was not told."""
        one, other = (side.region for side in self.sides)
        return one == other if one and other else None

    def seen(self, carried: Carried) -> Carried:
        """What one side sees of the groups that somebody on the other carries."""
        kept = self.keeps_groups
        return () if kept is False else carried if kept else None


def crossed(
    peerings: Mapping[str, Peering], routes: Routes, place: Place, at: Where
) -> tuple[Peering, Side] | None:
    """The connection that surely carries what a place sends to an address, and the side that it
    gets to; None if there is none."""
    route = routes.sure(place.vpc, place.subnet, at) if peerings else None
    peering = peerings.get(route.target) if route else None
    side = peering.beyond(place.vpc) if peering and peering.active else None
    if peering and side and side.blocks is not None and at.within(side.blocks):
        return peering, side
    return None


def peerings(inventory: Inventory, vpcs: Vpcs) -> dict[str, Peering]:
    """The peering connections that were read, by id."""
    found: dict[str, Peering] = {}
    for _, body in inventory.of(aws.VpcPeeringConnection):
        name = body.vpc_peering_connection_id
        sides = (_side(body.requester_vpc_info, vpcs), _side(body.accepter_vpc_info, vpcs))
        found.setdefault(name, Peering(name, body.status.code == "active", sides))
    return found


def _side(told: aws.PeeredVpc, vpcs: Vpcs) -> Side:
    blocks = blocks_of(told) or vpcs.blocks(told.vpc_id)
    return Side(told.vpc_id, told.region, blocks or None)


def blocks_of(side: aws.PeeredVpc) -> Addresses:
    """The blocks that a connection tells of a side; empty where it tells none."""
    return union(_texts(side))


def _texts(side: aws.PeeredVpc) -> Iterator[str]:
    four = [one.cidr_block for one in side.cidr_block_set or () if one.cidr_block]
    yield from four or ([side.cidr_block] if side.cidr_block else ())
    yield from (
        one.ipv6_cidr_block for one in side.ipv6_cidr_block_set or () if one.ipv6_cidr_block
    )
