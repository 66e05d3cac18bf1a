"""Which addresses that nobody holds no rule can tell apart.

Two such addresses are alike where they lie in the same sets of addresses that rules name. A set is
all that one rule means by them: the blocks of one permission, a prefix list, one entry's block.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts
from ringwall.model.enforcers.detect import SPEC, Enforcer
from ringwall.model.fabric.blocks import WIDTH, block, cidrs
from ringwall.model.fabric.peerings import blocks_of
from ringwall.model.fabric.source_nat import excluded
from ringwall.model.fabric.vpcs import LINK_LOCAL
from ringwall.space.addresses import INTERNET, Addresses, Range
from ringwall.space.atoms import AddressAtoms


class Borders:
    """The runs of addresses between the borders of sets, and which of them are alike."""

    def __init__(self, sets: Iterable[Addresses]) -> None:
        distinct = dict.fromkeys(sets)
        atoms = AddressAtoms(distinct)
        self.runs: tuple[Range, ...] = atoms.runs
        numbers: dict[tuple[int, int], int] = {}
        flips = [0] * (len(atoms) + 1)
        for number, addresses in enumerate(distinct):
            for family, low, high in addresses.ranges:
                flips[atoms.atom_of(family, low)] ^= 1 << number
                flips[atoms.atom_of(family, high) + 1] ^= 1 << number
        self.kinds: list[int] = []
        held = 0
        for run, flip in zip(self.runs, flips, strict=False):
            held ^= flip
            self.kinds.append(numbers.setdefault((run.family, held), len(numbers)))

    def parts(self, addresses: Addresses) -> list[Addresses]:
        """A set by what is alike, by lowest address."""
        found: dict[int, list[Range]] = {}
        at = 0
        for family, low, high in addresses.ranges:
            while (self.runs[at].family, self.runs[at].high) < (family, low):
                at += 1
            start = low
            while start <= high:
                end = min(high, self.runs[at].high)
                found.setdefault(self.kinds[at], []).append(Range(family, start, end))
                start = end + 1
                at += start <= high
        return [Addresses(ranges) for ranges in found.values()]


def named(
    facts: Facts, enforcers: Mapping[str, Enforcer], settings: Iterable[Mapping[str, str]]
) -> Iterator[Addresses]:
    """Every set of addresses that some rule names. ``settings`` are those of the VPC CNI."""
    yield INTERNET
    yield from _of_policies(facts, enforcers)
    yield from _of_groups(facts)
    for _, acl in facts.of(aws.NetworkAcl):
        yield from _each(entry.cidr_block or entry.ipv6_cidr_block for entry in acl.entries or ())
    yield from _of_routes(facts)
    yield from _of_vpcs(facts)
    for _, peering in facts.of(aws.VpcPeeringConnection):
        yield from map(blocks_of, (peering.requester_vpc_info, peering.accepter_vpc_info))
    for own in settings:
        yield excluded(own)
    for _, cluster in facts.of(aws.Cluster):
        yield _union(cluster.resources_vpc_config.public_access_cidrs or ())


def _of_policies(facts: Facts, enforcers: Mapping[str, Enforcer]) -> Iterator[Addresses]:
    for key, policy in facts.of(k8s.NetworkPolicy):
        if enforcers[key.scope].name == SPEC:
            inward = (rule.from_ for rule in policy.spec.ingress or ())
            outward = (rule.to for rule in policy.spec.egress or ())
            for peers in (*inward, *outward):
                blocks = [peer.ip_block for peer in peers or () if peer.ip_block]
                parts = (_union([one.cidr]) - _union(one.except_ or ()) for one in blocks)
                yield Addresses(piece for part in parts for piece in part.ranges)


def _of_groups(facts: Facts) -> Iterator[Addresses]:
    lists = _lists(facts)
    yield from lists.values()
    permissions: dict[tuple[object, ...], list[str]] = {}
    for _, rule in facts.of(aws.SecurityGroupRule):
        if not rule.peer.startswith(("sg-", "pl-")):
            service = rule.protocol, rule.from_port, rule.to_port
            permissions.setdefault((rule.group_id, rule.direction, *service), []).append(rule.peer)
    for peers in permissions.values():
        yield _union(peers)


def _of_routes(facts: Facts) -> Iterator[Addresses]:
    lists = _lists(facts)
    for _, table in facts.of(aws.RouteTable):
        for one in table.routes or ():
            yield from _each([one.destination_cidr_block or one.destination_ipv6_cidr_block])
            # The longest prefix decides, so each block of a list counts for itself.
            listed = lists.get(one.destination_prefix_list_id, Addresses())
            yield from (Addresses((part,)) for part in cidrs(listed))


def _of_vpcs(facts: Facts) -> Iterator[Addresses]:
    yield LINK_LOCAL
    for _, vpc in facts.of(aws.Vpc):
        yield from _after(vpc.cidr_block, 2)  # the resolver
    for _, subnet in facts.of(aws.Subnet):
        yield from _after(subnet.cidr_block, 1)  # the router


def _lists(facts: Facts) -> dict[str, Addresses]:
    return {
        body.prefix_list_id: _union(
            [*(entry.cidr for entry in body.entries or ()), *(body.cidrs or ())]
        )
        for _, body in facts.of(aws.PrefixList)
    }


def _after(text: str, count: int) -> Iterator[Addresses]:
    """An address that is so many after the first of a block."""
    for part in _ranges([text]):
        if part.low + count < 1 << WIDTH[part.family]:
            yield Addresses.single(part.family, part.low + count)


def _each(texts: Iterable[str]) -> Iterator[Addresses]:
    return (Addresses((part,)) for part in _ranges(texts))


def _union(texts: Iterable[str]) -> Addresses:
    return Addresses(_ranges(texts))


def _ranges(texts: Iterable[str]) -> Iterator[Range]:
    for text in texts:
        with suppress(ValueError):  # what is no block matches nothing
            if text:
                yield block(text)
