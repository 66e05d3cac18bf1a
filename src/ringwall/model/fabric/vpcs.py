"""VPCs and subnets: their blocks, and the addresses that nothing filters."""

from collections.abc import Iterator
from typing import Final

from ringwall.facts import aws
from ringwall.model.fabric.blocks import block
from ringwall.model.fabric.inventory import Inventory
from ringwall.space.addresses import Addresses, Range

_IN_USE: Final = frozenset({"associated", "associating"})

LINK_LOCAL: Final = Addresses.of(
    "169.254.169.253/32",  # resolver
    "169.254.169.254/32",  # instance metadata
    "169.254.169.123/32",  # time
    "169.254.169.250/32",  # Windows licences
    "169.254.169.251/32",
    "169.254.170.2/32",  # ECS task metadata
    "169.254.170.23/32",  # EKS Pod Identity
    "fd00:ec2::/32",
)
"""Amazon's services beside every interface; neither group nor ACL filters them (aws.md 12, 61)."""


class Vpcs:
    """The blocks of every VPC that was read, and the reserved addresses of VPCs and subnets."""

    def __init__(self, inventory: Inventory) -> None:
        self._blocks = {vpc.vpc_id: _blocks_of(vpc) for _, vpc in inventory.of(aws.Vpc)}
        self._resolver = {
            vpc.vpc_id: block(vpc.cidr_block).low + 2
            for _, vpc in inventory.of(aws.Vpc)
            if vpc.cidr_block and ":" not in vpc.cidr_block
        }
        self._router: dict[str, int] = {}
        self.of_subnet: dict[str, str] = {}
        for _, subnet in inventory.of(aws.Subnet):
            self.of_subnet.setdefault(subnet.subnet_id, subnet.vpc_id)
            if subnet.cidr_block and ":" not in subnet.cidr_block:
                self._router.setdefault(subnet.subnet_id, block(subnet.cidr_block).low + 1)

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def blocks(self, vpc: str) -> Addresses:
        """Both families' blocks in use; empty if the VPC was not read."""
        return self._blocks.get(vpc, Addresses())

    def unfiltered(self, vpc: str, subnet: str, family: int, value: int) -> bool:
        """Whether an address is one of those that no group and no ACL stands before.

        Besides the link-local ones: the VPC's resolver (base + 2 of its primary block) and the
        subnet's router (base + 1).
        """
        if family == 4 and value in (self._resolver.get(vpc), self._router.get(subnet)):
            return True
        return LINK_LOCAL.holds(family, value)

    def cuts(self) -> Iterator[Range]:
        """The ranges that tell addresses apart here."""
        for blocks in self._blocks.values():
            yield from blocks.ranges
        yield from LINK_LOCAL.ranges
        for value in (*self._resolver.values(), *self._router.values()):
            yield Range(4, value, value)


def _blocks_of(vpc: aws.Vpc) -> Addresses:
    texts = [vpc.cidr_block] if vpc.cidr_block else []
    texts += [
        one.cidr_block
        for one in vpc.cidr_block_association_set or ()
        if one.cidr_block and _used(one.cidr_block_state)
    ]
    texts += [
        one.ipv6_cidr_block
        for one in vpc.ipv6_cidr_block_association_set or ()
        if one.ipv6_cidr_block and _used(one.ipv6_cidr_block_state)
    ]
    return Addresses(block(text) for text in texts)


def _used(state: aws.CidrState | None) -> bool:
    return state is None or state.state in _IN_USE
