"""Network ACLs: which stands at a subnet, and what it lets in and out."""

from collections.abc import Iterator
from copy import copy

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.model.dialects import network_acl
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.pool import Pool
from ringwall.model.fabric.regions import Where
from ringwall.model.gate import Admission, Gate, Reason, Rule, evaluate
from ringwall.space.addresses import Addresses, Range
from ringwall.space.services import ServiceSet

BACK = {"in": "out", "out": "in"}


class Acl(Struct, frozen=True):
    """One ACL; a direction's gate is None where its entries were not read."""

    id: str
    key: Key
    into: Gate[Addresses] | None
    out: Gate[Addresses] | None

    def gate(self, direction: str) -> Gate[Addresses] | None:
        """The gate of a direction, ``in`` or ``out``."""
        return self.into if direction == "in" else self.out


class Acls:
    """The ACL of every subnet, and what each admits. An ACL that is not known is named None."""

    def __init__(self, inventory: Inventory, pool: Pool) -> None:
        self._pool = pool
        self._acls: dict[str, Acl] = {}
        self._of_subnet: dict[str, str] = {}
        self._of_vpc: dict[str, str] = {}
        self._services: set[ServiceSet] = set()
        self._cuts: set[Range] = set()
        in_vpc: dict[str, list[aws.NetworkAcl]] = {}
        for key, body in inventory.of(aws.NetworkAcl):
            self._add(key, body)
            in_vpc.setdefault(body.vpc_id, []).append(body)
        if inventory.whole("NetworkAcls"):
            for vpc, bodies in in_vpc.items():
                only = bodies[0]
                if len(bodies) == 1 and only.is_default and only.associations is None:
                    self._of_vpc[vpc] = only.network_acl_id
        self._known: dict[tuple[str, str, int], int] = {}

    def _add(self, key: Key, body: aws.NetworkAcl) -> None:
        gates = [network_acl.gate(key, body, direction) for direction in ("in", "out")]
        self._acls.setdefault(body.network_acl_id, Acl(body.network_acl_id, key, *gates))
        for association in body.associations or ():
            self._of_subnet.setdefault(association.subnet_id, body.network_acl_id)
        for gate in gates:
            for rule in gate.tiers[0].rules if gate else ():
                self._services.add(rule.services)
                self._cuts.update(rule.far.ranges)

    def service_sets(self) -> set[ServiceSet]:
        """The services that some entry names."""
        return self._services

    def cuts(self) -> Iterator[Range]:
        """The blocks that some entry names."""
        yield from self._cuts

    def of(self, vpc: str, subnet: str) -> str | None:
        """The ACL of a subnet: the associated one; where associations were not told, the only
        one that its VPC has, if that is the default."""
        return (subnet and self._of_subnet.get(subnet)) or self._of_vpc.get(vpc)

    def __getitem__(self, name: str) -> Acl:
        return self._acls[name]

    def admission(self, name: str | None, direction: str, at: Where) -> Admission:
        """What an ACL lets ``in`` from or ``out`` to an address."""
        gate = self._acls[name].gate(direction) if name else None
        if name is None or gate is None:
            return Admission(0, self._pool.full)
        key = (name, direction, at.region)
        number = self._known.get(key)
        if number is None:
            made = evaluate(gate, self._pool.full, self.matcher(at))
            number = self._known[key] = self._pool.number(*made)
        return self._pool[number]

    def matcher(self, at: Where) -> "_Match":
        """What surely and what perhaps matches a rule, for one far side."""
        return _Match(self._pool, at)

    def unbind(self, *, keep: bool) -> None:
        """After a move to other atoms: without ``keep`` forgets what the pool does not keep."""
        if not keep:
            self._known.clear()

    def twin(self, pool: Pool) -> "Acls":
        """The same ACLs over another pool with the same numbers."""
        new = copy(self)
        new._pool, new._known = pool, dict(self._known)
        return new


class _Match:
    def __init__(self, pool: Pool, at: Where) -> None:
        self._pool, self._at = pool, at

    def __call__(self, rule: Rule[Addresses]) -> tuple[int, int]:
        hit = self._at.within(rule.far)
        services = 0 if hit is False else self._pool.atoms.mask(rule.services)
        return (services if hit else 0), services


def not_known(vpc: str, subnet: str) -> Reason:
    """Why the ACL of a subnet, or what it holds, is not known."""
    place = subnet or f"a subnet of {vpc}"
    needs = f"the network ACL of {place}: add the answer of aws ec2 describe-network-acls"
    return Reason("acl-not-read", place, needs)


def one_of_several(name: str) -> Reason:
    """Why it is not known which entry decides."""
    return Reason("one-of-several-addresses", name, "the address that is used there")
