"""What a rule is given: the world that can be asked, the scope, and the configuration."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from ringwall.check import exposure
from ringwall.check.admitted import services_of, source_of
from ringwall.check.causes import Causes
from ringwall.check.config import Config
from ringwall.check.exposure import CLOSED, Door, Use
from ringwall.check.finding import Excepted
from ringwall.check.neighbours import Neighbours
from ringwall.check.scope import Scope
from ringwall.check.subjects import fits
from ringwall.check.waivers import Exceptions, Held
from ringwall.facts import aws
from ringwall.facts.fact import INCOMPLETE, Facts, Key
from ringwall.reach.definition.network import Fabric, Interface
from ringwall.reach.definition.networkpolicy import isolating
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import Truth
from ringwall.reach.explain import deciding_path
from ringwall.reach.ids import Services, services
from ringwall.reach.questions import Net, Outcome
from ringwall.space.addresses import INTERNET, Addresses

if TYPE_CHECKING:
    from ringwall.check.node_kinds import NodeKinds
    from ringwall.check.ways import Ways
    from ringwall.facts.redact import Redaction
    from ringwall.reach.engine.relation import Relation

NOBODY: Final = Addresses()
INTERFACES_NEEDED: Final = Use(
    "unknown", needs="the interfaces of the group: aws ec2 describe-network-interfaces"
)


@dataclass
class Audit:
    """One audit of one world.

    ``exceptions`` is what came of the waivers: there once the other rules have been run.
    """

    net: Net
    config: Config = field(default_factory=Config)
    everything: bool = False
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    waivers: tuple[Held, ...] = ()
    redaction: "Redaction | None" = None
    exceptions: Exceptions | None = field(default=None, init=False, repr=False)
    _inside: dict[frozenset[str], Addresses] = field(default_factory=dict, init=False, repr=False)
    _neighbours: dict[frozenset[str], Neighbours] = field(
        default_factory=dict, init=False, repr=False
    )
    _isolating: dict[tuple[str, str], list[tuple[Key, Truth]]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def facts(self) -> Facts:
        """The facts under audit."""
        return self.net.world.facts

    @property
    def fabric(self) -> Fabric:
        """The AWS half of the world."""
        return self.net.world.fabric

    @cached_property
    def causes(self) -> Causes:
        """What the configuration selects by."""
        return Causes(self.facts, self.redaction)

    def named(self, text: str) -> str:
        """A name or description in the words of its owner, also where it was redacted: for rules
        that look at what it says."""
        return self.causes.named(text)

    @cached_property
    def relation(self) -> "Relation":
        """The engine's answers about the same facts; it is loaded and built when first asked."""
        from ringwall.reach.engine.relation import Relation

        return Relation.of(self.facts)

    @cached_property
    def specified(self) -> "Relation":
        """The same of policies alone, as specified, whatever enforces them."""
        from ringwall.model.network import build
        from ringwall.reach.engine.compose import Engine
        from ringwall.reach.engine.relation import Relation

        return Relation(Engine(build(self.facts, specification=True)))

    @cached_property
    def ways(self) -> "Ways":
        """The ways into interfaces."""
        from ringwall.check.ways import Ways

        return Ways(self.net, self.relation)

    @cached_property
    def node_kinds(self) -> dict[str, "NodeKinds"]:
        """Cluster → its nodes, as far as the engine tells them apart."""
        from ringwall.check.node_kinds import NodeKinds

        return {name: NodeKinds(self, one) for name, one in self.net.world.clusters.items()}

    @cached_property
    def scope(self) -> Scope:
        """What the audit is about."""
        return Scope(self.net, self.everything)

    @cached_property
    def own_networks(self) -> Addresses:
        """What the configuration calls one's own."""
        return self.config.own_networks

    @cached_property
    def strangers(self) -> Addresses:
        """The Internet without own networks, and without what was read: VPCs and interfaces."""
        return INTERNET - self.own_networks - self.read

    @cached_property
    def read(self) -> Addresses:
        """The addresses of everything in AWS that was read."""
        vpcs = {interface.vpc for interface in self.fabric.interfaces.values()}
        return self.inside(*vpcs, *self.fabric.vpcs)

    def was_read(self, cause: str, cluster: str) -> bool:
        """Whether anything was read of the place that a cause is in: the cluster, or account and
        region, that it begins with, else its cluster. Wildcards stand for anything."""
        scope = cause.rpartition("!")[0]
        world = self.net.world
        if scope:
            return any(fits(scope, self.causes.named(one)) for one in self._scopes)
        names = set(world.eks_names.values())
        if not cause.startswith("cluster"):
            names |= {body.name for body in world.fabric.eks.values()}
        return (
            any(fits(cluster, self.causes.named(name)) for name in names)
            if cluster
            else bool(self.facts)
        )

    @cached_property
    def missing(self) -> list[str]:
        """What would have to be read for everything to be there."""
        return sorted({gap.needs for gap in self.facts.gaps if gap.code in INCOMPLETE})

    @cached_property
    def _scopes(self) -> frozenset[str]:
        return frozenset(key.scope for key in self.facts)

    def inside(self, *vpcs: str) -> Addresses:
        """The blocks of VPCs, and the addresses of their interfaces, public ones too."""
        wanted = frozenset(vpcs)
        if wanted not in self._inside:
            every = self.fabric.interfaces.values()
            held = (at for i in every if i.vpc in wanted for at in (*i.public.values(), *i.private))
            blocks = (block for vpc in sorted(wanted) for block in self.fabric.vpc_blocks(vpc))
            self._inside[wanted] = Addresses.of(*map(str, held), *map(str, blocks))
        return self._inside[wanted]

    def neighbours(self, *vpcs: str) -> Neighbours:
        """The interfaces of VPCs."""
        wanted = frozenset(vpcs)
        if wanted not in self._neighbours:
            every = self.fabric.interfaces.values()
            self._neighbours[wanted] = Neighbours(one for one in every if one.vpc in wanted)
        return self._neighbours[wanted]

    def isolating(self, cluster: Cluster, pod: Pod, direction: str) -> list[tuple[Key, Truth]]:
        """The policies that isolate a pod in a direction, perhaps or surely."""
        asked = pod.id, direction
        if asked not in self._isolating:
            self._isolating[asked] = isolating(cluster, pod, direction)
        return self._isolating[asked]

    def ingress_rules(
        self, rule_id: str, group: str
    ) -> Iterator[tuple[Key, aws.SecurityGroupRule]]:
        """A group's ingress rules, without those that the configuration allows for ``rule_id``."""
        for key, rule in self.every_ingress_rule(group):
            if not self.allowed(rule_id, rule):
                yield key, rule

    def every_ingress_rule(self, group: str) -> Iterator[tuple[Key, aws.SecurityGroupRule]]:
        """A group's ingress rules."""
        for key, rule in self.fabric.group_rules.get(group, ()):
            if rule.direction == "ingress":
                yield key, rule

    def carriers(self, group: str) -> tuple[Interface, ...]:
        """The interfaces in scope that carry a group."""
        return tuple(self.scope.carriers.get(group, ()))

    def door(
        self,
        rules: frozenset[Key],
        group: str,
        asked: tuple[Services, ...],
        carriers: tuple[Interface, ...] | None = None,
    ) -> Door:
        """Some rules of a group as something to go through, to all its carriers or to some."""
        found = self.carriers(group) if carriers is None else carriers
        return Door(self.net, rules, asked, found, group in self.scope.untold)

    def use_from_outside(self, door: Door, source: Addresses) -> Use:
        """Whether an address of ``source``, outside the group's VPC, can use its rules."""
        if source and (door.untold or not self.fabric.interfaces):
            return INTERFACES_NEEDED
        if not (source and door.carriers):
            return CLOSED
        return exposure.use_from_outside(self.ways, door, source, self.read)

    def use_by_members(
        self,
        door: Door,
        members: Iterable[Interface],
        delegated: Addresses = NOBODY,
        named: Addresses | None = None,
    ) -> Use:
        """Whether one of some interfaces, or of the blocks delegated to them, can use its rules,
        which may be about ``named`` addresses of theirs only."""
        if door.untold or not self.fabric.interfaces:
            return INTERFACES_NEEDED
        members = tuple(members)
        if not ((members or delegated) and door.carriers):
            return CLOSED
        return exposure.use_by_members(self.ways, door, members, delegated, named)

    def allowed(self, rule_id: str, rule: aws.SecurityGroupRule) -> Excepted | None:
        """What the first ``[[allow]]`` of the configuration says that covers a group's rule for
        this rule."""
        for i, allow in enumerate(self.config.allow):
            if (
                rule_id in allow.rules
                and self._source_within(allow.sources, rule)
                and _ports_within(allow.ports, services_of(rule))
            ):
                return Excepted("allow", allow.reason, f"$.allow[{i}]")
        return None

    def _source_within(self, sources: tuple[str, ...] | None, rule: aws.SecurityGroupRule) -> bool:
        if sources is None or rule.peer in sources:
            return True
        named = source_of(self.net, rule)
        blocks = (text for text in sources if not text.startswith(("sg-", "pl-")))
        return named is not None and named <= Addresses.of(*blocks)

    def path(self, outcome: Outcome) -> dict[str, object]:
        """The way that decides an outcome, as evidence (a path of ``ringwall/explain/v1``)."""
        return msgspec.to_builtins(deciding_path(self.net, outcome))  # type: ignore[no-any-return]


def _ports_within(ports: tuple[str, ...] | None, asked: tuple[Services, ...]) -> bool:
    if ports is None:
        return True
    allowed = [block for text in ports for block in services(text)]
    return all(any(_covers(block, wanted) for block in allowed) for wanted in asked)


def _covers(block: Services, wanted: Services) -> bool:
    """Whether a block of services holds all of another."""
    first, last = block.protocols
    low, high = block.ports
    protocols = first <= wanted.protocols[0] and wanted.protocols[1] <= last
    return protocols and low <= wanted.ports[0] and wanted.ports[1] <= high
