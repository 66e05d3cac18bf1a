"""Peering connections: which VPC is behind one, and what of a flow survives it (7, 31)."""

from dataclasses import dataclass

from ringwall.facts import aws
from ringwall.reach.definition.network import Fabric
from ringwall.reach.definition.packet import Address, Network, network
from ringwall.reach.definition.truth import NO, Truth, some, unknown


@dataclass(frozen=True, slots=True)
class Beyond:
    """Whether a packet passes a connection, the VPC behind it, and whether that is known to be in
    the sender's region, or in another one."""

    truth: Truth
    vpc: str = ""
    same_region: bool | None = None
    note: str = ""

    def kept(self, groups: frozenset[str] | None) -> frozenset[str] | None:
        """What a rule on the other side may know of a membership: it works in one region (7)."""
        if self.same_region is None:
            return None
        return groups if self.same_region else frozenset()


def beyond(fabric: Fabric, name: str, vpc: str, dst: Address) -> Beyond | None:
    """What lies behind a connection for a packet from a VPC; None where it was not read."""
    if name not in fabric.peerings:
        return None
    body = fabric.peerings[name][1]
    sides = (body.requester_vpc_info, body.accepter_vpc_info)
    mine = next((side for side in sides if side.vpc_id == vpc), None)
    if body.status.code != "active":
        return Beyond(NO, note=f"the peering connection is {body.status.code or 'not active'}")
    if mine is None:
        return Beyond(NO, note=f"it does not connect {vpc}")
    other = sides[1] if mine is sides[0] else sides[0]
    blocks = _blocks(fabric, other)
    if not blocks:
        needs = f"the blocks of {other.vpc_id}: aws ec2 describe-vpc-peering-connections"
        return Beyond(unknown("peering-blocks-not-read", name, needs))
    truth = some(dst.inside(block) for block in blocks)
    note = "" if truth.value is not False else f"{dst} is no address of {other.vpc_id}"
    return Beyond(truth, other.vpc_id, _same_region(mine, other), note)


def _same_region(mine: aws.PeeredVpc, other: aws.PeeredVpc) -> bool | None:
    return mine.region == other.region if mine.region and other.region else None


def _blocks(fabric: Fabric, side: aws.PeeredVpc) -> list[Network]:
    """A side's own addresses, as the connection tells them, else as its VPC does."""
    told = [one.cidr_block for one in side.cidr_block_set or ()]
    told = told or ([side.cidr_block] if side.cidr_block else [])
    told += [one.ipv6_cidr_block for one in side.ipv6_cidr_block_set or ()]
    return [network(text) for text in told] or fabric.vpc_blocks(side.vpc_id)
