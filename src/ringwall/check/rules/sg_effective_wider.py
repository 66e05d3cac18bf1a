"""A strict group is undone by another group on the same interface."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringwall.check.admitted import blocks_in, ports_text, services_in, source_of
from ringwall.check.audit import Audit
from ringwall.check.exposure import Use, worst
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_rule, group_id, outlook
from ringwall.check.ports import RISKY, SHELLS
from ringwall.check.rule import Rule
from ringwall.reach.definition.network import Interface
from ringwall.reach.ids import Services
from ringwall.space.addresses import Addresses
from ringwall.space.services import ServiceSet

_GUARDED = SHELLS | RISKY

RULE = Rule(
    id="sg-effective-wider",
    title="A strict group is undone by another one on the same interface",
    severity="high",
    kind="reach",
    remediation="narrow the wider rule, or take its group off the interfaces that the strict one "
    "guards: aws ec2 modify-network-interface-attribute --groups",
    folds=("sg-non-443-ingress", "sg-wide-port-range"),
)


@dataclass(frozen=True, slots=True)
class Strict:
    """What one group means to admit on the ports that it guards: whom, by group and address."""

    group: str
    services: ServiceSet
    groups: frozenset[str]
    addresses: Addresses

    def admits(self, interface: Interface) -> bool:
        """Whether it means to admit an interface."""
        return bool(self.groups & interface.groups) or _holds(self.addresses, interface)


def _holds(named: Addresses, interface: Interface) -> bool:
    return any(named.holds(at.family, at.value) for at in interface.private)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that opens what a group beside its own keeps narrow."""
    if not audit.fabric.interfaces:
        yield _unread(audit)
        return
    stricts = {group: one for group in audit.scope.groups if (one := _strict(audit, group))}
    yield from each_rule(audit, RULE, lambda ingress: _judge(audit, ingress, stricts))


def _unread(audit: Audit) -> Finding:
    if not audit.scope.groups:
        return RULE.finding("not-applicable", "aws", reason="no security group was read")
    reason = "which groups stand on one interface was not read"
    needs = {"needs": "aws ec2 describe-network-interfaces"}
    return RULE.finding("unknown", "aws", reason=reason, evidence=needs)


def _strict(audit: Audit, group: str) -> Strict | None:
    """A group guards the ports of its rules that are about remote shells, databases or control
    ports and nothing else. Whoever is admitted to one of them by any of its rules is meant."""
    rules = [Ingress(audit, *found) for found in audit.every_ingress_rule(group)]
    served = [services_in(ingress.services) for ingress in rules]
    guarded = ServiceSet(
        pair for services in served if services <= _GUARDED for pair in services.ranges
    )
    mine = [ingress for ingress, services in zip(rules, served, strict=True) if services & guarded]
    sources = [source_of(audit.net, one.rule) for one in mine if not one.names_group]
    if not guarded or None in sources:
        return None
    addresses = Addresses(part for source in sources if source for part in source.ranges)
    names = frozenset(one.rule.peer for one in mine if one.names_group)
    return Strict(group, guarded, names, addresses)


def _judge(audit: Audit, ingress: Ingress, stricts: dict[str, Strict]) -> Finding | None:
    """The first strict group that is surely undone, else the first that perhaps is."""
    beside = {group for i in audit.carriers(ingress.group) for group in i.groups}
    found: dict[str, tuple[Strict, tuple[Services, ...], Use]] = {}
    for strict in (stricts[group] for group in sorted((beside - {ingress.group}) & stricts.keys())):
        asked = blocks_in(services_in(ingress.services) & strict.services)
        for use in _use(audit, ingress, strict, asked) if asked else ():
            found.setdefault(use.word, (strict, asked, use))
        if "open" in found:
            break
    worst_first = (found[word] for word in ("open", "unknown", "closed") if word in found)
    told = next(worst_first, None)
    return _finding(audit, ingress, *told) if told else None


def _use(
    audit: Audit, ingress: Ingress, strict: Strict, asked: tuple[Services, ...]
) -> Iterator[Use]:
    """Whether somebody that the strict group does not admit uses the rule; nothing where the rule
    admits nobody else."""
    both = tuple(i for i in audit.carriers(ingress.group) if strict.group in i.groups)
    door = audit.door(frozenset((ingress.key,)), ingress.group, asked, both)
    every = [i for i in audit.fabric.interfaces.values() if not strict.admits(i)]
    if ingress.names_group:
        if ingress.rule.peer not in strict.groups:
            peer = ingress.rule.peer
            yield audit.use_by_members(door, [i for i in every if peer in i.groups])
        return
    named = source_of(audit.net, ingress.rule)
    if named is None:
        yield ingress.used_by_internet(asked, both)
    elif more := named - strict.addresses:
        here = [interface for interface in every if _holds(more, interface)]
        blocks = Addresses.of(*(str(block) for i in every for block in i.blocks))
        outside = audit.use_from_outside(door, more - ingress.inside)
        yield worst((outside, audit.use_by_members(door, here, more & blocks, more)))


def _finding(
    audit: Audit, ingress: Ingress, strict: Strict, asked: tuple[Services, ...], use: Use
) -> Finding:
    ports = ", ".join(ports_text(asked)[:3])
    reason = (
        f"{ingress.rule.peer} is admitted on {ports} to interfaces where {strict.group} admits "
        f"fewer, and {outlook(use)}"
    )
    status = "unknown" if use.word == "unknown" else "fail"
    told = {"strict_group": group_id(audit, strict.group), "guarded": ports_text(asked)}
    needs = {"needs": use.needs} if status == "unknown" else {}
    return ingress.finding(RULE, status, use.severity("high"), reason, use, **told, **needs)
