"""Route tables: the route that an address takes (22), and the way back of a reply."""

from ringwall.facts import aws
from ringwall.reach.definition import security_group
from ringwall.reach.definition.network import Fabric, target_of
from ringwall.reach.definition.packet import Address, Packet, is_public, network
from ringwall.reach.definition.path import Hop, Rule
from ringwall.reach.definition.truth import NO, YES, Truth, unknown


def longest_prefix(
    fabric: Fabric, table: aws.RouteTable, dst: Address
) -> tuple[aws.Route | None, Truth]:
    """The most specific route that holds the address, and whether that is sure.

    An unread prefix list, or an address of which only the block is known, may hide a more
    specific one: then the answer is the best sure route, and unknown.
    """
    sure: list[tuple[int, bool, aws.Route]] = []
    doubts: list[tuple[int, Truth]] = []
    for route in table.routes or ():
        for length, truth in _prefixes(fabric, route, dst):
            if truth.value is True:
                sure.append((length, route.origin != "EnableVgwRoutePropagation", route))
            elif truth.value is None:
                doubts.append((length, truth))
    best = max(sure, key=lambda entry: (entry[0], entry[1]), default=None)
    longest = best[0] if best else -1
    open_ = [truth for length, truth in doubts if length > longest]
    because = frozenset().union(*(truth.because for truth in open_))
    return (best[2] if best else None), (Truth(None, because) if open_ else YES)


def refused(sure: Truth) -> Truth:
    """A route that leads nowhere, where a more specific one may be hidden."""
    return sure if sure.value is None else NO


def _prefixes(fabric: Fabric, route: aws.Route, dst: Address) -> list[tuple[int, Truth]]:
    text = route.destination_cidr_block or route.destination_ipv6_cidr_block
    if text:
        block = network(text)
        return [(block.prefixlen, dst.inside(block))]
    name = route.destination_prefix_list_id
    entry = fabric.lists.get(name)
    if entry is None or (entry[1].entries is None and entry[1].cidrs is None):
        return [(129, security_group.in_prefix_list(fabric, name, dst))]
    blocks = [*(e.cidr for e in entry[1].entries or ()), *(entry[1].cidrs or ())]
    return [(network(b).prefixlen, dst.inside(network(b))) for b in blocks]


def destination_of(route: aws.Route) -> str:
    """What a route leads to, as written."""
    return (
        route.destination_cidr_block
        or route.destination_ipv6_cidr_block
        or route.destination_prefix_list_id
    )


def place(fabric: Fabric, subnet: str) -> str:
    """A subnet, as it is named where it was read."""
    return str(fabric.subnets[subnet][0]) if subnet in fabric.subnets else subnet


def way_back(fabric: Fabric, subnet: str, packet: Packet, came_by: str = "") -> Hop:
    """Whether the receiver's subnet has a route towards the sender, for the reply. ``came_by`` is
    the peering connection that the request came through, if any: the reply must go there too."""
    at, back = place(fabric, subnet), Packet(packet.dst, packet.src, packet.service)
    table = fabric.table_of(subnet)
    if table is None or table[1].routes is None:
        needs = f"the route table of {subnet}: aws ec2 describe-route-tables"
        return Hop(at, "route", unknown("routes-not-read", subnet, needs), back)
    key, body = table
    route, sure = longest_prefix(fabric, body, packet.src)
    if route is None or route.state == "blackhole":
        return Hop(at, "route", refused(sure), back, (Rule(key, "no route"),), note="no way back")
    rule, goes_to = Rule(key, destination_of(route)), target_of(route)
    if _leads_back(goes_to, packet, came_by):
        return Hop(at, "route", sure, back, (rule,), note=f"reply to {goes_to}")
    if _is_followed(fabric, goes_to, came_by or not _is_elsewhere(fabric, subnet, packet.src)):
        note = f"replies go to {goes_to}, not back"
        return Hop(at, "route", refused(sure), back, (rule,), note=note)
    needs = f"{goes_to} is not followed by this version"
    return Hop(at, "gateway", unknown("target-not-followed", goes_to, needs), back, (rule,))


def _leads_back(goes_to: str, packet: Packet, came_by: str) -> bool:
    if came_by:
        return goes_to == came_by
    return goes_to == "local" or (goes_to.startswith("igw-") and bool(is_public(packet.src).value))


def _is_elsewhere(fabric: Fabric, subnet: str, src: Address) -> bool:
    """Whether a sender is in a private network that was not read: it may be a peer's."""
    vpc = fabric.subnets[subnet][1].vpc_id if subnet in fabric.subnets else ""
    own = any(src.inside(block).value for block in fabric.vpc_blocks(vpc))
    return not own and is_public(src).value is not True


def _is_followed(fabric: Fabric, goes_to: str, peers: object) -> bool:
    """Whether it is known where a target leads, so that it is known not to be back; of peering
    connections where ``peers``."""
    known = goes_to == "local" or goes_to.startswith(("igw-", "nat-"))
    other = goes_to in fabric.eigws or (bool(peers) and goes_to in fabric.peerings)
    return known or other or fabric.is_gateway_endpoint(goes_to)
