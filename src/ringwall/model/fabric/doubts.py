"""Why a part of the network is not known, and what would settle it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ringwall.model.fabric.places import Place
from ringwall.model.gate import Reason

if TYPE_CHECKING:
    from ringwall.model.fabric.parties import Party

_INTERFACES = "aws ec2 describe-network-interfaces"
_SENDER = "the sender"
_NETWORK = "network-not-read"
_GATEWAY = "gateway-not-read"
_ANSWERS = {
    "eigw-": "aws ec2 describe-egress-only-internet-gateways",
    "pcx-": "aws ec2 describe-vpc-peering-connections",
    "vpce-": "aws ec2 describe-vpc-endpoints",
}


def _one(code: str, thing: str, needs: str) -> frozenset[Reason]:
    return frozenset({Reason(code, thing, needs)})


def no_interface(party: "Party") -> frozenset[Reason]:
    """The interface of a pod or node."""
    thing = f"interfaces of {party.domain}" if party.domain else "interfaces"
    if party.where is None:
        needs = "the address: add the pods or nodes as they run (kubectl get pods,nodes -A -o json)"
        return _one("address-not-known", thing, needs)
    needs = f"the interface that holds the address: add the answer of {_INTERFACES}"
    return _one("interface-not-found", thing, needs)


def no_primary(place: Place) -> frozenset[Reason]:
    """The primary interface of a pod's node."""
    needs = f"the primary interface of the node: add the answer of {_INTERFACES}"
    return _one("primary-interface-not-found", place.name, needs)


def translation(place: Place) -> frozenset[Reason]:
    """Whether the VPC CNI translates."""
    needs = (
        f"whether the destination is in the blocks of {place.vpc}: "
        "add the answer of aws ec2 describe-vpcs"
    )
    return _one("translation-not-known", place.vpc, needs)


def address(vpc: str) -> frozenset[Reason]:
    """Whether an address of a VPC is somebody's."""
    needs = f"who has the address in {vpc}: add the answer of {_INTERFACES}"
    return _one("address-not-owned", vpc, needs)


def gateway(target: str) -> frozenset[Reason]:
    """A target of a route that is not followed."""
    needs = f"where `{target}` leads: this version does not follow it"
    return _one(_GATEWAY, target or "a target that is not known", needs)


def missing_gateway(target: str) -> frozenset[Reason]:
    """A target of a route that was not read."""
    answer = next((call for start, call in _ANSWERS.items() if target.startswith(start)), "")
    if not answer:
        return gateway(target)
    return _one(_GATEWAY, target, f"where `{target}` leads: add the answer of {answer}")


def peer_blocks(target: str, vpc: str) -> frozenset[Reason]:
    """The addresses behind a peering connection."""
    needs = f"the blocks of {vpc or 'the other side'}: add the answer of aws ec2 describe-vpcs"
    return _one(_GATEWAY, target, needs)


def destination() -> frozenset[Reason]:
    """Whether the address behind a gateway is public."""
    return _one("destination-not-known", "the destination", "the address that is used")


def internet_gateway(vpc: str) -> frozenset[Reason]:
    """Whether a VPC has an Internet gateway."""
    needs = (
        f"the Internet gateway of {vpc}: add the answers of aws ec2 describe-internet-gateways "
        "and aws ec2 describe-route-tables"
    )
    return _one("internet-gateway-not-read", vpc, needs)


def edge_tables(tables: Iterable[str]) -> frozenset[Reason]:
    """Where an edge route table sends what comes in."""
    return frozenset(
        Reason("edge-routes-not-modelled", table, f"where {table} sends what comes in")
        for table in tables
    )


def nat(name: str, family: int) -> frozenset[Reason]:
    """A NAT gateway."""
    if family == 6:
        return _one("nat64-not-modelled", name, "IPv6 through a NAT gateway is not modelled")
    needs = f"{name}: add the answer of aws ec2 describe-nat-gateways"
    return _one("nat-gateway-not-read", name, needs)


def nat_addresses(name: str) -> frozenset[Reason]:
    """The public addresses of a NAT gateway."""
    needs = f"the addresses of {name}: add the answer of aws ec2 describe-nat-gateways"
    return _one("nat-addresses-not-read", name, needs)


def private_network(vpc: str) -> frozenset[Reason]:
    """Whether a private network is connected to a VPC."""
    needs = (
        f"which networks are connected to {vpc}: what is behind its peerings, transit gateways and "
        "VPNs is not read; add the answer of aws ec2 describe-route-tables if it is missing"
    )
    return _one("connected-networks-not-read", vpc, needs)


def network() -> frozenset[Reason]:
    """The network of a sender, which many share; :func:`named` says of whom."""
    return frozenset({_network_of(_SENDER)})


def named(reasons: frozenset[Reason], sender: str) -> frozenset[Reason]:
    """Reasons in which a network that was not read is that of ``sender``."""
    if not any(one.code == _NETWORK for one in reasons):
        return reasons
    return frozenset(_network_of(sender) if one.code == _NETWORK else one for one in reasons)


def _network_of(sender: str) -> Reason:
    needs = f"the network of {sender} and the way from there (peering, transit gateway, VPN)"
    return Reason(_NETWORK, sender, needs)


def api(name: str, code: str, needs: str) -> frozenset[Reason]:
    """Something about the API endpoint of a cluster."""
    return _one(code, f"eks-api/{name}", f"{needs} of the cluster {name}")
