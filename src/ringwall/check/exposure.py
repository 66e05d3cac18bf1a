"""Whether anybody can really use a group's rule: the question behind every group finding."""

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.answers import service_text
from ringwall.reach.definition.fabric import destination_of
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.packet import ICMP, ICMPV6, PROTOCOLS, WITH_PORTS
from ringwall.reach.definition.path import Path
from ringwall.reach.ids import Endpoint, Member, Services, Span, interface_endpoint, services
from ringwall.reach.questions import Net, Outcome
from ringwall.space.addresses import INTERNET, Addresses, Range

BROAD_V4: Final = 1 << 24
BROAD_V6: Final = 1 << 112
"""A source is the Internet, for a rule's purposes, from a /8 (IPv4) or a /16 (IPv6) upwards."""
EVERYTHING: Final = tuple(sorted(services("all"), key=lambda s: s.protocols[0] not in WITH_PORTS))
"""All services, those with ports first: they make the witness that tells most."""
_OF_BOTH_FAMILIES: Final = {s for s in EVERYTHING if s.protocols[0] not in (ICMP, ICMPV6)}
_BEYOND: Final = (7, 1 << 128)
COMES_BACK: Final = ("established", "partial")
"""The replies that make a connection."""


@dataclass(frozen=True, slots=True)
class Use:
    """Whether a rule can be used: ``open`` (with a witness), ``closed`` or ``unknown`` (why).

    ``exposed``: the interfaces on which a witness was found.
    """

    word: str
    witness: Outcome | None = None
    exposed: tuple[Interface, ...] = ()
    needs: str = ""

    @property
    def text(self) -> str:
        """One line about the path, for evidence."""
        if self.witness is None:
            return f"not decidable: {self.needs}" if self.needs else "nothing can use it"
        return witness_text(self.witness)

    def severity(self, most: str = "critical", undecided: str = "high") -> str:
        """What a pattern weighs by this: ``most`` needs a witness."""
        return {"open": most, "unknown": undecided}.get(self.word, "low")


CLOSED: Final = Use("closed")


def witness_text(outcome: Outcome) -> str:
    """An allowed packet in one line: from where, to which place, on which service."""
    path = next(path for path in outcome.cell.paths if path.truth.value)
    first, last = path.hops[0].packet, path.hops[-1]
    return f"{first.src} -> {last.at} {first.service}"


# --- what a rule names ---------------------------------------------------------------------------


def source_of(net: Net, rule: aws.SecurityGroupRule) -> Addresses | None:
    """The addresses that a rule names; None for a group, or for a list that was not read."""
    if rule.peer.startswith("sg-"):
        return None
    blocks = blocks_of(net, rule.peer)
    return None if blocks is None else Addresses.of(*blocks)


def blocks_of(net: Net, name: str) -> list[str] | None:
    """The blocks that a CIDR or prefix list stands for; None for a list that was not read."""
    if not name.startswith("pl-"):
        return [name]
    entry = net.world.fabric.lists.get(name)
    if entry is None or (entry[1].entries is None and entry[1].cidrs is None):
        return None
    return [*(e.cidr for e in entry[1].entries or ()), *(entry[1].cidrs or ())]


def is_internet(source: Addresses) -> bool:
    """Whether a source holds a /8 of public IPv4 addresses, or an IPv6 /16, or more."""
    public = source & INTERNET
    return public.size(4) >= BROAD_V4 or public.size(6) >= BROAD_V6


def services_of(rule: aws.SecurityGroupRule) -> tuple[Services, ...]:
    """The services that a rule admits, as a question asks them; those with ports first."""
    if rule.protocol == "-1":
        return EVERYTHING
    number = PROTOCOLS.get(rule.protocol)
    if number is None:
        number = int(rule.protocol)
        return (Services((number, number)),)
    if number in WITH_PORTS:
        return (Services((number, number), (rule.from_port, rule.to_port)),)
    if rule.from_port < 0:
        return (Services((number, number), (0, 65535)),)
    low = rule.from_port * 256 + max(rule.to_port, 0)
    return (Services((number, number), (low, low if rule.to_port >= 0 else low + 255)),)


def only(asked: Iterable[Services], protocol: int, low: int, high: int) -> tuple[Services, ...]:
    """What services have of the ports ``low`` … ``high`` of a protocol."""
    return tuple(
        Services(block.protocols, (max(low, block.ports[0]), min(high, block.ports[1])))
        for block in asked
        if block.protocols == (protocol, protocol)
        and block.ports[0] <= high
        and low <= block.ports[1]
    )


def without(asked: Iterable[Services], protocol: int, port: int) -> tuple[Services, ...]:
    """Services without one port of a protocol."""
    found: list[Services] = []
    for block in asked:
        if block.protocols == (protocol, protocol):
            found += only((block,), protocol, 0, port - 1)
            found += only((block,), protocol, port + 1, 65535)
        else:
            found.append(block)
    return tuple(found)


def ports_text(blocks: Iterable[Services]) -> list[str]:
    """Services in words, neighbouring ports joined; ``all`` alone where nothing is left out."""
    found: list[Services] = []
    for block in sorted(set(blocks), key=lambda block: (block.protocols, block.ports)):
        last = found[-1] if found else None
        if last and last.protocols == block.protocols and block.ports[0] <= last.ports[1] + 1:
            ports = (last.ports[0], max(last.ports[1], block.ports[1]))
            found[-1] = Services(last.protocols, ports)
        else:
            found.append(block)
    if set(found) >= _OF_BOTH_FAMILIES:
        return ["all"]
    return [service_text(block.protocols, block.ports) for block in found]


# --- who can use it ------------------------------------------------------------------------------


def block_endpoint(source: Addresses) -> Endpoint:
    """A set of addresses as an end of a question."""
    return Endpoint("source", "block", tuple(Member(span=Span(*part)) for part in source.ranges))


def members_endpoint(interfaces: Iterable[Interface]) -> Endpoint:
    """Interfaces as an end of a question."""
    members = tuple(interface_endpoint(interface).members[0] for interface in interfaces)
    return Endpoint("members", "interface", members)


def nameable(interface: Interface) -> bool:
    """Whether a public address can name an interface: without one nothing comes in from there."""
    return bool(interface.public) or any(at.family == 6 for at in interface.private)


def twins(interfaces: Iterable[Interface]) -> Iterator[tuple[Interface, ...]]:
    """Interfaces that no gate on the way in from outside tells apart.

    That way the network ACL and the groups look at the sender only, so the subnet, the groups and
    the families of private and public addresses decide.
    """
    found: dict[object, list[Interface]] = {}
    for interface in interfaces:
        families = frozenset(at.family for at in interface.private)
        alike = (interface.vpc, interface.subnet, interface.groups, families)
        found.setdefault((*alike, bool(interface.public)), []).append(interface)
    return map(tuple, found.values())


def stretches(net: Net, interface: Interface, source: Addresses) -> Addresses:
    """One stretch of a source for each part of it that no gate on the way in tells apart.

    Nobody whose interface was read may be in the source. Of such a sender, the groups, the network
    ACL and the way back look at the address only, and compare it with blocks.
    """
    if not source:
        return source
    edges = {(4, 0), (6, 0)}
    for text in _blocks_on_the_way(net, interface):
        for part in Addresses.of(text).ranges:
            edges |= {(part.family, part.low), (part.family, part.high + 1)}
    ends = sorted(edges)
    pairs = zip(ends, [*ends[1:], _BEYOND], strict=True)
    return Addresses(part for here, there in pairs for part in _first_in(source, here, there))


def _blocks_on_the_way(net: Net, interface: Interface) -> Iterator[str]:
    fabric = net.world.fabric
    for group in interface.groups:
        for _, rule in fabric.group_rules.get(group, ()):
            if rule.direction == "ingress" and not rule.peer.startswith("sg-"):
                yield from blocks_of(net, rule.peer) or ()
    _, acl = fabric.acl_of(interface.subnet) or (None, aws.NetworkAcl(""))
    yield from (entry.cidr_block or entry.ipv6_cidr_block for entry in acl.entries or ())
    _, table = fabric.table_of(interface.subnet) or (None, aws.RouteTable(""))
    for route in table.routes or ():
        yield from blocks_of(net, destination_of(route)) or ()


def _first_in(source: Addresses, here: tuple[int, int], there: tuple[int, int]) -> Iterator[Range]:
    """The first stretch of a source between two edges, the second one left out."""
    family, low = here
    high = there[1] - 1 if there[0] == family else _BEYOND[1]
    i = bisect.bisect_right(source.ranges, (family, low, _BEYOND[1]))
    for part in source.ranges[max(i - 1, 0) : i + 1]:
        if part.family == family and part.high >= low and part.low <= high:
            yield Range(family, max(low, part.low), min(high, part.high))
            return


def use_from_outside(
    net: Net,
    keys: frozenset[Key],
    source: Addresses,
    read: Addresses,
    asked: tuple[Services, ...],
    carriers: Iterable[Interface],
) -> Use:
    """Whether an address of ``source``, none of them in the carriers' VPC, gets to the carriers of
    a group by its rules, and to how many of them; ``read``: the addresses of other VPCs."""
    strange, known = source - read, source & read
    private = strange - INTERNET
    uses = []
    for alike in twins(carriers):
        outside = strange if nameable(alike[0]) else private
        start = block_endpoint(stretches(net, alike[0], outside) | known)
        uses.append((alike, _use(net, keys, start, asked, alike[0])))
    witness = next((use.witness for _, use in uses if use.witness), None)
    if witness:
        exposed = tuple(i for alike, use in uses if use.word == "open" for i in alike)
        return Use("open", witness, exposed)
    return worst(use for _, use in uses)


def use_by(
    net: Net,
    keys: frozenset[Key],
    start: Endpoint,
    asked: tuple[Services, ...],
    carriers: Iterable[Interface],
) -> Use:
    """Whether somebody of ``start`` gets to some carrier of a group by its rules."""
    return worst(_use(net, keys, start, asked, carrier) for carrier in carriers)


def worst(uses: Iterable[Use]) -> Use:
    """The first open one, else the first undecided one; nothing is asked beyond an open one."""
    undecided = CLOSED
    for found in uses:
        if found.word == "open":
            return found
        undecided = undecided if undecided.word == "unknown" else found
    return undecided


def _use(
    net: Net,
    keys: frozenset[Key],
    start: Endpoint,
    asked: tuple[Services, ...],
    carrier: Interface,
) -> Use:
    undecided = CLOSED
    if not start.members:
        return undecided
    for outcome in net.outcomes(start, interface_endpoint(carrier), asked):
        used = [path for path in outcome.cell.paths if _by(path, keys) and path.reply != "none"]
        if any(path.truth.value and path.reply in COMES_BACK for path in used):
            return Use("open", outcome, (carrier,))
        if undecided.word == "closed" and used:
            undecided = Use("unknown", needs=_first_need(used))
    return undecided


def _by(path: Path, keys: frozenset[Key]) -> bool:
    """Whether a way is open or undecided, and one of the rules is among those that admit it; a way
    that cannot be followed to the group may use any of its rules."""
    if path.truth.value is None and path.arrived is None:
        return True
    admitting = (rule.object for hop in path.hops for rule in hop.rules)
    return path.truth.value is not False and any(key in keys for key in admitting)


def _first_need(paths: list[Path]) -> str:
    """What would settle the first way: its own doubt, or that of its reply."""
    hops = (hop for path in paths for hop in (*path.hops, *path.reply_hops))
    needs = (reason.needs for hop in hops for reason in hop.truth.because)
    return min(needs, default="the way back of the reply")
