"""What the groups of an interface admit, for any far side.

A group has hundreds of rules and meets thousands of far sides: its blocks are laid out as runs,
each with the services that some rule admits there, and its references by the group they name.
``ringwall.model.gate.evaluate`` on the gate gives the same (law), rule by rule.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec import Struct

from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.model.dialects import security_group
from ringwall.model.dialects.security_group import (
    Blocks,
    Carried,
    Edits,
    Far,
    Group,
    Listed,
    Members,
)
from ringwall.model.fabric.blocks import cidrs
from ringwall.model.fabric.inventory import Inventory
from ringwall.model.fabric.pool import Pool
from ringwall.model.fabric.regions import Where
from ringwall.model.gate import Admission, Gate, Rule, evaluate
from ringwall.space.addresses import Range
from ringwall.space.services import ServiceSet


class _Table(Struct, frozen=True, gc=False):
    """A group's rules of one direction for one family: services by run and by reference."""

    starts: list[int]
    masks: list[int]
    members: dict[str, int]
    anyone: int  # all that references may admit
    unsure: int  # all that unread prefix lists may admit

    def admission(self, value: int, carried: Carried) -> tuple[int, int]:
        """What surely and what perhaps passes, for one address."""
        must = self.masks[bisect_right(self.starts, value) - 1]
        if carried is None:
            return must, must | self.anyone | self.unsure
        for group in carried:
            must |= self.members.get(group, 0)
        return must, must | self.unsure


class Groups:
    """Every group that was read or is carried, and what sets of them admit."""

    def __init__(self, inventory: Inventory, pool: Pool) -> None:
        self.pool = pool
        self._keys: dict[str, Key] = {}
        for key, body in inventory.of(aws.SecurityGroup):
            self._keys.setdefault(body.group_id, key)
        self._rules: dict[str, list[aws.SecurityGroupRule]] = defaultdict(list)
        for _, rule in inventory.of(aws.SecurityGroupRule):
            self._rules[rule.group_id].append(rule)
        self.lists = security_group.lists(inventory.of(aws.PrefixList))
        self._unread = security_group.unread_groups(inventory.gaps)
        self._groups: dict[str, Group] = {}
        self._tables: dict[tuple[str, str, int], _Table] = {}
        self._known: dict[tuple[tuple[str, ...], str], dict[tuple[int, Carried], int]] = {}
        self._named: dict[str, _Named] = {}

    # what cuts the axes

    def service_sets(self) -> frozenset[ServiceSet]:
        """The services that some rule names."""
        return frozenset[ServiceSet]().union(*(self._named_by(name)[0] for name in self._rules))

    def cuts(self) -> frozenset[Range]:
        """The blocks that some rule or prefix list names."""
        listed = (one.addresses for one in self.lists.values() if one.addresses is not None)
        return frozenset[Range]().union(
            *(self._named_by(name)[1] for name in self._rules), *map(cidrs, listed)
        )

    def _named_by(self, name: str) -> "_Named":
        found = self._named.get(name)
        if found is None:
            rules = self._rules[name]
            blocks = (security_group.block_of(rule.peer) for rule in rules)
            found = self._named[name] = _Named(
                frozenset(map(security_group.services, rules)),
                frozenset(block for block in blocks if block),
            )
        return found

    # gates

    def group(self, name: str) -> Group:
        """One group with its rules."""
        found = self._groups.get(name)
        if found is None:
            own, whole = self._rules.get(name, ()), name not in self._unread
            found = security_group.group(name, self._keys.get(name), own, self.lists, whole=whole)
            self._groups[name] = found
        return found

    def gate(self, place: str, direction: str, names: Iterable[str]) -> Gate[Far]:
        """The gate of an interface with these groups."""
        return security_group.gate(place, direction, [self.group(name) for name in names])

    def admission(
        self, names: tuple[str, ...], direction: str, at: Where, carried: Carried
    ) -> Admission:
        """What these groups admit from (ingress) or to (egress) a far side."""
        return self.pool[self.number(names, direction, at, carried)]

    def number(self, names: tuple[str, ...], direction: str, at: Where, carried: Carried) -> int:
        """The same, as a number of the pool."""
        known = self._known.get((names, direction))
        if known is None:
            known = self._known[names, direction] = {}
        number = known.get((at.region, carried))
        if number is None:
            made = self._judge(names, direction, at, carried)
            number = known[at.region, carried] = self.pool.number(*made)
        return number

    def _judge(
        self, names: tuple[str, ...], direction: str, at: Where, carried: Carried
    ) -> tuple[int, int]:
        if at.spread is not None:
            return self.by_rules(names, direction, at, carried)
        must = may = 0
        for name in names:
            if self.group(name).unread:
                may = self.pool.full
            low, high = self._table(name, direction, at.family).admission(at.value, carried)
            must |= low
            may |= high
        return must, may

    def by_rules(
        self, names: tuple[str, ...], direction: str, at: Where, carried: Carried
    ) -> Admission:
        """The same, rule by rule: for one of several addresses, and to hold the tables against."""
        mask = self.pool.atoms.mask

        def matched(rule: Rule[Far]) -> tuple[int, int]:
            hit = security_group.match(rule, at, carried)
            services = 0 if hit is False else mask(rule.services)
            return (services if hit else 0), services

        return evaluate(self.gate("", direction, names), self.pool.full, matched)

    # tables

    def _table(self, name: str, direction: str, family: int) -> _Table:
        found = self._tables.get((name, direction, family))
        if found is None:
            rules = self.group(name).rules[direction]
            found = self._tables[name, direction, family] = _table(rules, family, self.pool)
        return found

    def unbind(self, *, keep: bool) -> None:
        """After a move to other atoms: forgets masks, and with ``keep`` not what the pool keeps."""
        self._tables.clear()
        if not keep:
            self._known.clear()

    def changed(self, inventory: Inventory, pool: Pool, edits: Edits) -> "Groups":
        """The groups after a change of their rules and of no prefix list, over a pool with the
        same numbers."""
        new = Groups.__new__(Groups)
        touched = {name for name, _ in edits}
        new.pool, new.lists, new._unread = pool, self.lists, self._unread
        new._keys, new._rules = self._keys, self._rules
        if touched:
            new._keys = {name: key for name, key in self._keys.items() if name not in touched}
            new._rules = self._rules.copy()
            for name in touched:
                new._rules[name] = []
            for key, body in inventory.of(aws.SecurityGroup):
                if body.group_id in touched:
                    new._keys.setdefault(body.group_id, key)
            for _, rule in inventory.of(aws.SecurityGroupRule):
                if rule.group_id in touched:
                    new._rules[rule.group_id].append(rule)
        new._groups = {name: own for name, own in self._groups.items() if name not in touched}
        new._named = {name: own for name, own in self._named.items() if name not in touched}
        new._tables = {key: own for key, own in self._tables.items() if key[:2] not in edits}
        new._known = {
            (names, direction): known.copy()
            for (names, direction), known in self._known.items()
            if not any((name, direction) in edits for name in names)
        }
        return new


class _Named(NamedTuple):
    """The services and the blocks that the rules of one group name."""

    services: frozenset[ServiceSet]
    blocks: frozenset[Range]


def _table(rules: Iterable[Rule[Far]], family: int, pool: Pool) -> _Table:
    blocks: dict[Range, int] = defaultdict(int)
    members: dict[str, int] = defaultdict(int)
    anyone = unsure = 0
    for rule in rules:
        if family not in security_group.families(rule.services):
            continue
        mask, far = pool.atoms.mask(rule.services), rule.far
        if isinstance(far, Members):
            members[far.group] |= mask
            anyone |= mask
        elif isinstance(far, Listed) and far.addresses is None:
            unsure |= mask
        elif isinstance(far, Blocks | Listed) and far.addresses is not None:
            for part in cidrs(far.addresses):
                blocks[part] |= mask
    starts, masks = _laid(((part, mask) for part, mask in blocks.items() if part[0] == family))
    return _Table(starts, masks, dict(members), anyone, unsure)


def _laid(blocks: Iterable[tuple[Range, int]]) -> tuple[list[int], list[int]]:
    """Runs and their masks; blocks are nested or apart, so each run has those around it."""
    starts, masks = [0], [0]
    around: list[tuple[int, int]] = [(_NEVER, 0)]

    def begin(value: int, mask: int) -> None:
        if starts[-1] == value:
            masks[-1] = mask
        elif masks[-1] != mask:
            starts.append(value)
            masks.append(mask)

    for part, mask in sorted(blocks, key=lambda pair: (pair[0].low, -pair[0].high)):
        while around[-1][0] < part.low:
            end, _ = around.pop()
            begin(end + 1, around[-1][1])
        around.append((part.high, around[-1][1] | mask))
        begin(part.low, around[-1][1])
    while len(around) > 1:
        end, _ = around.pop()
        begin(end + 1, around[-1][1])
    return starts, masks


_NEVER: Final = 1 << 129
