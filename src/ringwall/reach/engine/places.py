"""Addresses: who holds one, and those that nobody holds, by what rules can tell of them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.borders import Borders, named
from ringwall.model.fabric.interfaces import Interface
from ringwall.model.holders import nobody, of_interface
from ringwall.model.network import Model
from ringwall.space.addresses import INTERNET, Addresses, Range

Part = tuple[Attachment, Addresses]
Make = Callable[[int, int], Attachment]
"""The attachment of an address, by family and value."""


class Held(NamedTuple):
    """An address that somebody holds."""

    family: int
    value: int
    holders: tuple[Attachment, ...]


class Places:
    """Who is where."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._domains = model.fabric.domains

    # --- one address --------------------------------------------------------------------------

    def owner(self, family: int, value: int, domain: str = "") -> list[Attachment]:
        """Who holds an address, one in each routing domain (only in ``domain``, the id of a VPC or
        the name of a cluster, if that is given); the address itself if nobody does."""
        found = [one for one in self._holding(family, value) if _is_in(one, domain)]
        if found:
            return found
        blocks, own = self._model.fabric.vpc_blocks, self._vpc_of(domain)
        vpcs = (vpc for vpc in self._domains if own in ("", vpc))
        mine = [vpc for vpc in vpcs if blocks(vpc).holds(family, value)]
        return [nobody(family, value, vpc) for vpc in mine] or [nobody(family, value)]

    def knows(self, domain: str) -> bool:
        """Whether something that was read is the VPC or the cluster of that name."""
        return domain in self._domains or domain in self._model.workloads.clusters

    def _vpc_of(self, domain: str) -> str:
        """The VPC that is meant by its id or by a cluster of it."""
        clusters = self._model.workloads.clusters
        if domain and domain in clusters and domain not in self._domains:
            return self._model.fabric.vpc_of(domain)
        return domain

    def _holding(self, family: int, value: int) -> Iterator[Attachment]:
        found = self._model.holders.at(family, value)
        yield from found
        fabric, seen = self._model.fabric, {one.domain for one in found}
        for vpc in self._domains:
            if vpc not in seen and (interface := fabric.interface_at(vpc, family, value)):
                yield of_interface(interface, (family, value))
        if family == 4 and (public := self._publics.get(value)):
            yield public

    @cached_property
    def _publics(self) -> dict[int, Attachment]:
        """Who is behind each public IPv4 address, as the one who is sent to there."""
        found = {}
        for name in sorted(self._model.fabric.interfaces):
            for private, public in self._model.fabric.interfaces[name].publics.items():
                behind = self._model.fabric.interface_behind(4, public)
                if behind and (behind[0].id, behind[1]) == (name, private):
                    found[public] = self._at_public(behind[0], private, public)
        return found

    def _at_public(self, interface: Interface, private: int, public: int) -> Attachment:
        holder = self._model.holders.in_domain(interface.vpc, 4, private)
        if holder is None:
            return of_interface(interface, (4, public))
        return Attachment(
            holder.owner,
            holder.kind,
            4,
            public,
            holder.cluster,
            holder.pod,
            holder.node,
            interface.id,
            holder.domain,
        )

    # --- many addresses -----------------------------------------------------------------------

    def outside(self) -> list[Part]:
        """What nobody holds and no VPC has: by class and family, public and others apart; by
        lowest address."""
        return list(self._outside)

    def within(self, where: Addresses) -> list[Part]:
        """Everything that has an address in a set; by lowest address, then by domain."""
        found = [*self._held_in(where), *self._unheld_in(where), *self._outside_in(where)]
        parts = [(_at_lowest(one, part), part) for one, part in found if part]
        return sorted(parts, key=_order)

    def alike(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of IPv4 addresses: each that somebody holds has its own, others share theirs
        with what lies between the same borders."""
        held, starts = self._held_values, self._starts
        at = np.searchsorted(held, values)
        found = at < len(held)
        found[found] = held[at[found]] == values[found]
        runs = np.searchsorted(starts, values, side="right")
        return np.where(found, at, len(held) + runs)

    @cached_property
    def _held_values(self) -> NDArray[np.int64]:
        return np.array([one.value for one in self.held if one.family == 4], dtype=np.int64)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where IPv4 addresses begin to be treated otherwise, or to be in another delegated
        block."""
        starts = {run.low for run in self.borders.runs if run.family == 4}
        for interface in self._model.fabric.interfaces.values():
            for part in interface.prefixes:
                if part.family == 4:
                    starts |= {part.low, part.high + 1}
        return np.array(sorted(starts), dtype=np.int64)

    def _held_in(self, where: Addresses) -> Iterator[Part]:
        for family, low, high in where.ranges:
            at = bisect_left(self.held, (family, low, ()))
            while at < len(self.held) and self.held[at][:2] <= (family, high):
                _, value, holders = self.held[at]
                for one in holders:
                    yield one, Addresses.single(family, value)
                at += 1

    def _unheld_in(self, where: Addresses) -> Iterator[Part]:
        """What is in a delegated block or in a VPC's blocks, and nobody's."""
        for interface, blocks in self._delegated:
            mine = blocks & where
            if mine:
                free = mine - self._held_by_vpc.get(interface.vpc, Addresses())
                yield from self._by_class(free, partial(_of_interface, interface))
        for vpc in self._domains:
            mine = self._model.fabric.vpc_blocks(vpc) & where
            if mine:
                free = mine - self._taken[vpc]
                yield from self._by_class(free, partial(nobody, domain=vpc))

    def _outside_in(self, where: Addresses) -> Iterator[Part]:
        """What of a set nobody holds and no VPC has."""
        touched: set[int] = set()
        for family, low, high in where.ranges:
            at = bisect_left(self._runs, (family, low), key=_end)
            while at < len(self._runs) and self._runs[at][:2] <= (family, high):
                touched.add(self._runs[at][3])
                at += 1
        for number in sorted(touched):
            one, part = self._outside[number]
            yield one, part & where

    @cached_property
    def _runs(self) -> list[tuple[int, int, int, int]]:
        """The ranges of all that is outside, in order, each with the number of its part."""
        parts = enumerate(part for _, part in self._outside)
        return sorted((*run, number) for number, part in parts for run in part.ranges)

    @cached_property
    def _delegated(self) -> list[tuple[Interface, Addresses]]:
        """The interfaces that have delegated blocks, in order of name, and these."""
        every = sorted(self._model.fabric.interfaces.items())
        return [(one, Addresses(one.prefixes)) for _, one in every if one.prefixes]

    @cached_property
    def held(self) -> list[Held]:
        """Every address that somebody holds, public ones too, in order."""
        places = {*self._model.holders.addresses, *((4, public) for public in self._publics)}
        return [Held(*at, tuple(self._holding(*at))) for at in sorted(places)]

    @cached_property
    def _held_by_vpc(self) -> dict[str, Addresses]:
        """The addresses that pods, nodes and interfaces hold in each VPC, one by one."""
        singles: dict[str, list[Range]] = {}
        for family, value in self._model.holders.addresses:
            for one in self._model.holders.at(family, value):
                if one.domain:
                    singles.setdefault(one.domain, []).append(Range(family, value, value))
        return {vpc: Addresses(ranges) for vpc, ranges in singles.items()}

    @cached_property
    def _taken(self) -> dict[str, Addresses]:
        """The addresses in each VPC that somebody holds, one by one or in a delegated block."""
        delegated: dict[str, list[Range]] = {}
        for interface, blocks in self._delegated:
            delegated.setdefault(interface.vpc, []).extend(blocks.ranges)
        held = self._held_by_vpc
        return {
            vpc: held.get(vpc, Addresses()) | Addresses(delegated.get(vpc, ()))
            for vpc in self._domains
        }

    @cached_property
    def _outside(self) -> list[Part]:
        fabric = self._model.fabric
        free = Addresses.everything() - Addresses(_singles(self.held))
        for vpc in self._domains:
            free -= fabric.vpc_blocks(vpc) | self._taken[vpc]
        parts = (*self._by_class(free & INTERNET, nobody), *self._by_class(free - INTERNET, nobody))
        return sorted(parts, key=_order)

    # --- classes of addresses -----------------------------------------------------------------

    @cached_property
    def borders(self) -> Borders:
        """What tells addresses apart that nobody holds."""
        model = self._model
        settings = (model.fabric.settings(name) or {} for name in model.workloads.clusters)
        blocks = map(model.fabric.vpc_blocks, self._domains)
        return Borders((*named(model.facts, model.enforcers, settings), *blocks))

    def _by_class(self, addresses: Addresses, make: Make) -> Iterator[Part]:
        """The addresses of each class and family, with the attachment of the lowest."""
        for part in self.borders.parts(addresses):
            lowest = part.lowest()
            if lowest is not None:
                yield make(*lowest), part


def _of_interface(interface: Interface, family: int, value: int) -> Attachment:
    return of_interface(interface, (family, value))


def _singles(held: Iterable[Held]) -> Iterator[Range]:
    return (Range(family, value, value) for family, value, _ in held)


def _end(run: tuple[int, int, int, int]) -> tuple[int, int]:
    """The family and the last address of a range."""
    return run[0], run[2]


def _is_in(one: Attachment, domain: str) -> bool:
    return domain in ("", one.domain, one.cluster)


def _at_lowest(one: Attachment, part: Addresses) -> Attachment:
    """The same attachment at the lowest address of its part, where it stands for many."""
    lowest = part.lowest()
    if one.kind not in ("outside", "unowned") or lowest is None:
        return one
    return nobody(*lowest, one.domain)


def _order(part: Part) -> tuple[object, ...]:
    one, addresses = part
    return addresses.lowest() or (0, 0), one.domain, one.cluster or "", one.owner
