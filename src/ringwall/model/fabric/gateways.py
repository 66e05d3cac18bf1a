"""Gateways of one VPC: Internet, egress-only and NAT gateways, and gateway endpoints."""

from typing import Final

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Gap
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.routes import Routes
from ringwall.model.gate import Reason
from ringwall.space.addresses import Addresses
from ringwall.space.services import ICMP, ICMPV6, TCP, UDP, ServiceSet

TRANSLATED: Final = ServiceSet.of(TCP) | ServiceSet.of(UDP) | ServiceSet.of(ICMP)
"""What a NAT gateway takes (aws.md 29)."""

SERVED: Final = (
    ServiceSet.of(TCP)
    | ServiceSet.of(ICMP, 8 << 8, 8 << 8 | 0xFF)
    | ServiceSet.of(ICMPV6, 128 << 8, 128 << 8 | 0xFF)
)
"""What a gateway endpoint takes: TCP and ICMP echo requests (aws.md 35)."""

_ATTACHED: Final = frozenset({"available", "attached", ""})
_BLOCK_PUBLIC_ACCESS: Final = "VpcBlockPublicAccess"


class Nat(Struct, frozen=True):
    """A NAT gateway. ``private`` and ``public`` are all addresses that it may send from, None
    where they were not read."""

    id: str
    vpc: str
    subnet: str
    available: bool
    private: Addresses | None
    public: Addresses | None


class Endpoint(Struct, frozen=True):
    """A VPC endpoint; ``gateway`` says that it is one of a service that routes lead to, not of a
    firewall or an appliance."""

    id: str
    vpc: str
    gateway: bool
    available: bool


class InternetGateways:
    """Which VPCs have an Internet gateway, and what is not known about that."""

    def __init__(self, inventory: Inventory, routes: Routes) -> None:
        self._of_vpc: dict[str, list[str]] = {}
        self._sure = inventory.whole("InternetGateways", "RouteTables")
        self._routes = routes
        self.not_read = _public_access(inventory.gaps)
        for _, body in inventory.of(aws.InternetGateway):
            self._sure &= body.attachments is not None
            for one in body.attachments or ():
                if one.state in _ATTACHED:
                    self._of_vpc.setdefault(one.vpc_id, []).append(body.internet_gateway_id)

    def of(self, vpc: str) -> list[str]:
        """The gateways that are attached to a VPC."""
        return self._of_vpc.get(vpc, [])

    def surely_none(self, vpc: str) -> bool:
        """Whether it is sure that a VPC has none: all were read, and no route leads to one."""
        targets = self._routes.targets(vpc)
        return (
            self._sure
            and not self.of(vpc)
            and targets is not None
            and not any(target.startswith("igw-") for target in targets)
        )

    def redirects(self, vpc: str) -> list[str]:
        """The edge tables that may send what comes in elsewhere (aws.md 26)."""
        tables = (self._routes.of_gateway(gateway) for gateway in self.of(vpc))
        return [table for table in tables if table]


def endpoints(inventory: Inventory) -> dict[str, Endpoint]:
    """The VPC endpoints that were read, by id."""
    found: dict[str, Endpoint] = {}
    for _, body in inventory.of(aws.VpcEndpoint):
        gateway, available = body.vpc_endpoint_type == "Gateway", body.state.lower() == "available"
        made = Endpoint(body.vpc_endpoint_id, body.vpc_id, gateway, available)
        found.setdefault(made.id, made)
    return found


def egress_only(inventory: Inventory) -> dict[str, frozenset[str]]:
    """The VPCs that each egress-only Internet gateway that was read is attached to, by its id."""
    found: dict[str, frozenset[str]] = {}
    for _, body in inventory.of(aws.EgressOnlyInternetGateway):
        vpcs = frozenset(one.vpc_id for one in body.attachments or () if one.state in _ATTACHED)
        found.setdefault(body.egress_only_internet_gateway_id, vpcs)
    return found


def nats(inventory: Inventory) -> dict[str, Nat]:
    """The NAT gateways that were read, by id."""
    found: dict[str, Nat] = {}
    for _, body in inventory.of(aws.NatGateway):
        found.setdefault(body.nat_gateway_id, _nat(body))
    return found


def _nat(body: aws.NatGateway) -> Nat:
    pairs = body.nat_gateway_addresses
    private = None if pairs is None else _set([pair.private_ip for pair in pairs])
    public = None if pairs is None else _set([pair.public_ip for pair in pairs])
    if body.connectivity_type == "private":
        public = Addresses()
    return Nat(
        body.nat_gateway_id,
        body.vpc_id,
        body.subnet_id,
        body.state == "available",
        private,
        public,
    )


def _set(texts: list[str]) -> Addresses:
    return Addresses.of(*(text for text in texts if text))


def _public_access(gaps: tuple[Gap, ...]) -> frozenset[Reason]:
    """VPC Block Public Access, where the input has it: it is not read (aws.md 33)."""
    return frozenset(
        Reason("public-access-not-read", gap.object, gap.needs)
        for gap in gaps
        if gap.code == "kind-not-read" and gap.object.startswith(_BLOCK_PUBLIC_ACCESS)
    )
