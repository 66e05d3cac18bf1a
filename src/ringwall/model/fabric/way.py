"""What happened to packets on a way: what still passes, what answers cross, and why."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from ringwall.facts.fact import Key
from ringwall.model import gate as gates
from ringwall.model.dialects import security_group
from ringwall.model.dialects.security_group import Carried
from ringwall.model.fabric import acls
from ringwall.model.fabric.places import Place
from ringwall.model.fabric.regions import Where
from ringwall.model.fabric.reply import Back, Crossed, Stretch
from ringwall.model.fabric.world import World
from ringwall.model.gate import ALLOW, Gate, Reason, Rule
from ringwall.space.addresses import Addresses

Why: TypeAlias = Callable[[], frozenset[Reason]]


class Groups(NamedTuple):
    """The groups of a place, as they were met."""

    place: Place
    direction: str
    at: Where
    carried: Carried


class Met(NamedTuple):
    """The groups of a place that are not judged yet; ``local`` says that what the other side
    carries is what its interface does."""

    place: Place
    direction: str
    at: Where
    carried: Carried
    local: bool
    translated: bool


class Acl(NamedTuple):
    """The ACL of a place, as it was met."""

    place: Place
    direction: str
    at: Where


Step: TypeAlias = Groups | Acl | Why


class Way:
    """One way, while it is walked: ``must`` and ``may`` still pass.

    ``seen`` is what the receiver sees the packets come from, None while it is who sent them;
    ``back`` where an interface was reached; ``unread`` that the way went on where nothing was
    read.
    """

    def __init__(self, world: World, *, record: bool = False, met: list[Met] | None = None) -> None:
        self._world = world
        self._met = met
        self.must = self.may = world.pool.full
        self.seen: Where | None = None
        self.back: Back | None = None
        self.unread = False
        self._clients = (0, 0)
        self._crossed: list[Crossed] = []
        self._stretches: list[Stretch] = []
        self._steps: list[Step] | None = [] if record else None

    # gates

    def groups(
        self, place: Place, direction: str, at: Where, carried: Carried, *, local: bool
    ) -> None:
        """Passes the groups of a place."""
        if self._met is not None:
            translated = self.seen is not None
            self._met.append(Met(place, direction, at, carried, local, translated))
            return
        if not place.filtered:
            return
        if place.groups is None:
            self.unknown(lambda: frozenset({_groups_not_read(place)}))
            return
        low, high = self._world.groups.admission(place.groups, direction, at, carried)
        self.must &= low
        self.may &= high
        if self._steps is not None:
            self._steps.append(Groups(place, direction, at, carried))

    def acl(self, place: Place, direction: str, at: Where) -> None:
        """Passes the ACL of a place's subnet; its answer will, the other way."""
        acl = self._world.acls.of(place.vpc, place.subnet)
        low, high = self._world.acls.admission(acl, direction, at)
        self.must &= low
        self.may &= high
        self._crossed.append(Crossed(acl, acls.BACK[direction], at))
        if self._steps is not None:
            self._steps.append(Acl(place, direction, at))

    def only(self, mask: int) -> None:
        """Passes something that takes these services alone."""
        self.must &= mask
        self.may &= mask

    def block(self) -> None:
        """Nothing passes."""
        self.must = self.may = 0

    def unknown(self, why: Why) -> None:
        """Passes something of which it is not known what it lets through."""
        self.must = 0
        if self._steps is not None:
            self._steps.append(why)

    def end_unread(self, why: Why) -> None:
        """Goes on where nothing was read."""
        self.unknown(why)
        self.unread = True

    # answers

    def begin(self, clients: tuple[int, int]) -> None:
        """A new sender, or a new address of it: answers to it are judged apart."""
        if self._crossed:
            self._stretches.append(Stretch(self._clients, tuple(self._crossed)))
            self._crossed = []
        self._clients = clients

    @property
    def clients(self) -> tuple[int, int]:
        """The client ports of who sends now."""
        return self._clients

    def reply(self) -> int:
        """The number of the reply."""
        self.begin(self._clients)
        return self._world.replies.judge(tuple(self._stretches), self.back)

    # what decided (on recorded ways)

    def reasons(self, mask: int) -> frozenset[Reason]:
        """Why services of ``mask`` are not decided."""
        found: set[Reason] = set()
        if mask & self.may & ~self.must:
            for step in self._steps or ():
                found |= self._why(step, mask & self.may)
        return frozenset(found)

    def _why(self, step: Step, mask: int) -> frozenset[Reason]:
        full, mask_of = self._world.pool.full, self._world.pool.atoms.mask
        if isinstance(step, Groups):
            at, carried = step.at, step.carried

            def matched(rule: Rule[security_group.Far]) -> tuple[int, int]:
                hit = security_group.match(rule, at, carried)
                services = 0 if hit is False else mask_of(rule.services)
                return (services if hit else 0), services

            def unsure(rule: Rule[security_group.Far]) -> frozenset[Reason]:
                return frozenset({security_group.why(rule.far, step.place.name)})

            return gates.reasons(self._gate_of(step), full, matched, mask, unsure)
        if isinstance(step, Acl):
            gate = self._acl_of(step)
            if gate is None:
                return frozenset({acls.not_known(step.place.vpc, step.place.subnet)})
            several = frozenset({acls.one_of_several(gate.place)})
            matcher = self._world.acls.matcher(step.at)
            return gates.reasons(gate, full, matcher, mask, lambda _: several)
        return step()

    def rules(self, mask: int) -> Iterator[tuple[Key, str, int]]:
        """The rules that admit services of ``mask``: object, index, and which services."""
        for step in self._steps or ():
            if isinstance(step, Groups):
                yield from self._admitting(step, mask)
            elif isinstance(step, Acl):
                yield from self._entries(step, mask)

    def _admitting(self, step: Groups, mask: int) -> Iterator[tuple[Key, str, int]]:
        for rule in self._gate_of(step).tiers[0].rules:
            services = mask & self._world.pool.atoms.mask(rule.services)
            if not services or rule.action is not ALLOW or not rule.origin:
                continue
            if security_group.match(rule, step.at, step.carried) is not False:
                yield rule.origin, rule.index, services

    def _entries(self, step: Acl, mask: int) -> Iterator[tuple[Key, str, int]]:
        gate = self._acl_of(step)
        matched = self._world.acls.matcher(step.at)
        for rule in gate.tiers[0].rules if gate else ():
            surely, perhaps = matched(rule)
            if mask & perhaps and rule.action is ALLOW and rule.origin:
                yield rule.origin, rule.index, mask & perhaps
            mask &= ~surely

    def _gate_of(self, step: Groups) -> Gate[security_group.Far]:
        names = step.place.groups or ()
        return self._world.groups.gate(step.place.name, step.direction, names)

    def _acl_of(self, step: Acl) -> Gate[Addresses] | None:
        name = self._world.acls.of(step.place.vpc, step.place.subnet)
        return self._world.acls[name].gate(step.direction) if name else None


def _groups_not_read(place: Place) -> Reason:
    needs = (
        f"the groups of interfaces in {place.subnet or place.vpc}: "
        "add the answer of aws ec2 describe-network-interfaces"
    )
    return Reason("groups-not-read", place.subnet or place.vpc, needs)
