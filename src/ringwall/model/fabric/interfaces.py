"""Network interfaces, and who holds an address."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Key, Origin
from ringwall.model.fabric.blocks import WIDTH, address, block
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.vpcs import Vpcs
from ringwall.space.addresses import Range

_LISTED_BY = "aws ec2 describe-network-interfaces"


class Interface(Struct, frozen=True, gc=False):
    """One elastic network interface, as far as packets care.

    ``groups`` is None where they were not read. ``addresses`` are (family, value), the primary
    private one first, then by number, then IPv6; ``prefixes`` are delegated blocks; ``publics``
    pairs a private IPv4 value with its public one. ``primary`` says that it is device 0 of its
    ``instance``.
    """

    id: str
    key: Key
    vpc: str
    subnet: str
    kind: str
    groups: tuple[str, ...] | None
    description: str
    instance: str
    primary: bool
    addresses: tuple[tuple[int, int], ...]
    prefixes: tuple[Range, ...]
    publics: dict[int, int]

    @property
    def first(self) -> tuple[int, int] | None:
        """The address it sends from by itself."""
        return self.addresses[0] if self.addresses else None

    def first_of(self, family: int) -> int | None:
        """Its first address of a family."""
        return next((value for fam, value in self.addresses if fam == family), None)


class Interfaces(Mapping[str, Interface]):
    """Every interface that was read, by id, and whose each address is.

    Where two interfaces of one VPC name an address, the first by key has it; an address that is
    listed counts before a delegated block.
    """

    def __init__(self, inventory: Inventory, vpcs: Vpcs) -> None:
        self._by_id: dict[str, Interface] = {}
        self._listed: set[str] = set()  # VPCs whose interfaces were asked for
        self._owners: dict[str, dict[tuple[int, int], Interface]] = {}
        self._prefixes: dict[str, list[tuple[Range, Interface]]] = {}
        self._behind: dict[tuple[int, int], tuple[Interface, int]] = {}
        self._primary: dict[str, Interface] = {}
        for key, body in inventory.of(aws.NetworkInterface):
            self._add(_read(key, body, vpcs), inventory.origins(key))
        for owned in self._prefixes.values():
            owned.sort(key=lambda pair: pair[0])
        self._starts = {
            vpc: {
                family: [part.low for part, _ in owned if part.family == family] for family in WIDTH
            }
            for vpc, owned in self._prefixes.items()
        }
        self._whole = inventory.whole("NetworkInterfaces")

    def _add(self, made: Interface, origins: tuple[Origin, ...]) -> None:
        if self._by_id.setdefault(made.id, made) is not made:
            return
        if any(_LISTED_BY in call for origin in origins for call in origin.via):
            self._listed.add(made.vpc)
        owners = self._owners.setdefault(made.vpc, {})
        for at in made.addresses:
            owners.setdefault(at, made)
            if at[0] == 6:
                self._behind.setdefault(at, (made, at[1]))
        for private, public in made.publics.items():
            self._behind.setdefault((4, public), (made, private))
        for prefix in made.prefixes:
            self._prefixes.setdefault(made.vpc, []).append((prefix, made))
        if made.primary and made.instance:
            self._primary.setdefault(made.instance, made)

    def __getitem__(self, name: str) -> Interface:
        return self._by_id[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def vpcs(self) -> list[str]:
        """The VPCs that interfaces say they are in."""
        return sorted(self._owners.keys() - {""})

    def at(self, vpc: str, family: int, value: int) -> Interface | None:
        """Who holds a private or IPv6 address in a VPC."""
        own = self._owners.get(vpc)
        found = own.get((family, value)) if own else None
        if found is None and vpc in self._prefixes:
            return self._delegated(vpc, family, value)
        return found

    def _delegated(self, vpc: str, family: int, value: int) -> Interface | None:
        """Who holds a delegated block (/28, /80: they do not overlap) around an address."""
        starts = self._starts[vpc]
        i = bisect_right(starts[family], value) - 1
        if i < 0:
            return None
        part, owner = self._prefixes[vpc][i if family == 4 else i + len(starts[4])]
        return owner if value <= part.high else None

    def behind(self, family: int, value: int) -> tuple[Interface, int] | None:
        """Who is reached from the Internet at an address, and the private address there: by the
        public pair of an IPv4 address, by an IPv6 address itself."""
        found = self._behind.get((family, value))
        if found is None and family == 6:
            owners = ((self.at(vpc, family, value), value) for vpc in self._prefixes)
            return next(((who, at) for who, at in owners if who), None)
        return found

    @cached_property
    def translated(self) -> list[int]:
        """The IPv4 addresses that anybody's packets may carry after a translation of their
        source, in order."""
        found = {public for one in self.values() for public in one.publics.values()}
        firsts = (one.first_of(4) for one in self.values() if one.primary)
        return sorted(found.union(first for first in firsts if first is not None))

    def primary(self, instance: str) -> Interface | None:
        """The primary interface of an instance."""
        return self._primary.get(instance)

    def all_known(self, vpc: str) -> bool:
        """Whether every interface of a VPC was read."""
        return self._whole and vpc in self._listed


def _read(key: Key, body: aws.NetworkInterface, vpcs: Vpcs) -> Interface:
    attachment = body.attachment or aws.Attachment()
    return Interface(
        id=body.network_interface_id,
        key=key,
        vpc=body.vpc_id or vpcs.of_subnet.get(body.subnet_id, ""),
        subnet=body.subnet_id,
        kind=body.interface_type,
        groups=None if body.groups is None else tuple(sorted({g.group_id for g in body.groups})),
        description=body.description,
        instance=attachment.instance_id,
        primary=attachment.device_index == 0,
        addresses=_addresses(body),
        prefixes=(
            *(block(one.ipv4_prefix) for one in body.ipv4_prefixes or ()),
            *(block(one.ipv6_prefix) for one in body.ipv6_prefixes or ()),
        ),
        publics=_publics(body),
    )


def _addresses(body: aws.NetworkInterface) -> tuple[tuple[int, int], ...]:
    listed = [
        (not one.primary, *address(one.private_ip_address))
        for one in body.private_ip_addresses or ()
    ]
    four = [(family, value) for _, family, value in sorted(listed)]
    if not four and body.private_ip_address:
        four = [address(body.private_ip_address)]
    six = sorted(address(one.ipv6_address) for one in body.ipv6_addresses or ())
    return (*four, *six)


def _publics(body: aws.NetworkInterface) -> dict[int, int]:
    pairs = [
        (one.private_ip_address, one.association.public_ip)
        for one in body.private_ip_addresses or ()
        if one.association
    ]
    if body.association:
        pairs.append((body.private_ip_address, body.association.public_ip))
    return {
        address(private)[1]: address(public)[1] for private, public in pairs if private and public
    }
