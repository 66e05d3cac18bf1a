"""Some port of a node can be reached from the Internet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringwall.check.admitted import (
    blocks_in,
    one_of,
    ports_text,
    services_in,
    services_of,
    source_of,
)
from ringwall.check.alike import twins
from ringwall.check.audit import Audit
from ringwall.check.exposure import nameable, witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.reach.definition.network import Interface
from ringwall.reach.ids import interface_endpoint
from ringwall.reach.questions import Outcome
from ringwall.space.addresses import Addresses
from ringwall.space.services import SERVED, ServiceSet

if TYPE_CHECKING:
    from ringwall.check.ways import Seat, Ways

RULE = Rule(
    id="node-internet-reachable",
    title="A node can be reached from the Internet",
    severity="critical",
    kind="reach",
    remediation="revoke the group rule that admits it, take the public address away, and move the "
    "node to a private subnet",
)


@dataclass(frozen=True, slots=True)
class _Way:
    """Services that strangers get to an interface: ``sure``, or perhaps; ``connects`` says that
    the reply comes back."""

    src: "Seat"
    services: ServiceSet
    sure: bool
    connects: bool


_Ways = list[tuple[Interface, _Way]]


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per node."""
    machines = audit.scope.machines if audit.fabric.present else ()
    if not machines:
        yield RULE.finding("not-applicable", "aws", reason="no node was read with its AWS side")
    ways = _ways_in(audit)
    for machine in machines:
        mine = [(i, way) for i in machine.interfaces for way in ways.get(i.name, ())]
        yield _judge(audit, machine, mine)


def _ways_in(audit: Audit) -> dict[str, list[_Way]]:
    """Interface → what is open to strangers, or undecided; asked once for those that are alike."""
    found: dict[str, list[_Way]] = {}
    for alike in twins(i for i in audit.scope.node_interfaces if nameable(i)):
        ways = list(_into(audit.ways, alike[0], audit.strangers))
        found |= {interface.name: ways for interface in alike}
    return found


def _into(ways: "Ways", interface: Interface, strangers: Addresses) -> Iterator[_Way]:
    for sender in ways.senders_in(strangers):
        outcome = ways.outcome(sender, interface)
        must, reply = outcome.must & ~outcome.reply.none, outcome.reply
        connects = must & (reply.established | reply.partial)
        perhaps = outcome.may & ~(outcome.must | reply.none)
        parts = ((connects, True, True), (must & ~connects, True, False), (perhaps, False, False))
        for mask, sure, comes_back in parts:
            if services := ways.services(mask) & SERVED:
                yield _Way(sender, services, sure, comes_back)


def _judge(audit: Audit, machine: Machine, ways: _Ways) -> Finding:
    if not machine.interfaces:
        needs = f"the interfaces of {machine.id}: aws ec2 describe-network-interfaces"
        return _unknown(machine, "its interfaces were not read", needs)
    if opened := [way for way in ways if way[1].sure]:
        return _fail(audit, machine, opened)
    if ways:
        because = _packet(audit, *ways[0]).cell.truth.because
        needs = min(reason.needs for reason in because)
        return _unknown(machine, "something that was not read decides who gets in", needs)
    reason = "no packet from the Internet gets in and is answered"
    return RULE.finding("pass", machine.id, reason=reason, cluster=machine.cluster)


def _unknown(machine: Machine, reason: str, needs: str) -> Finding:
    interfaces = [interface.id for interface in machine.interfaces]
    return RULE.finding(
        "unknown",
        machine.id,
        reason=reason,
        cluster=machine.cluster,
        objects=[machine.id, *interfaces[:20]],
        evidence={"needs": needs},
    )


def _fail(audit: Audit, machine: Machine, opened: _Ways) -> Finding:
    """A reply that comes back for sure makes it critical."""
    opened = sorted(opened, key=lambda way: not way[1].connects)
    everything = ServiceSet(span for _, way in opened for span in way.services.ranges)
    ports = ports_text(blocks_in(everything))
    witness = _packet(audit, *opened[0])
    on = "every port" if ports == ["all"] else ", ".join(ports[:5])
    return RULE.finding(
        "fail",
        machine.id,
        severity="critical" if opened[0][1].connects else "high",
        reason=f"the Internet reaches it on {on}",
        cluster=machine.cluster,
        objects=[machine.id, *dict.fromkeys(i.id for i, _ in opened)],
        count=len(ports),
        examples=ports,
        evidence={
            "ports": ports,
            "rules": sorted({rule for way in opened for rule in _rules(audit, *way)})[:20],
            "path": witness_text(witness),
            "paths": [audit.path(witness)],
        },
    )


def _rules(audit: Audit, interface: Interface, way: _Way) -> Iterator[str]:
    """The group rules that let it in."""
    for group in interface.groups:
        for key, rule in audit.fabric.group_rules.get(group, ()):
            source = source_of(audit.net, rule) if rule.direction == "ingress" else None
            met = source and source & way.src.addresses
            if met and services_in(services_of(rule)) & way.services:
                yield str(key)


def _packet(audit: Audit, interface: Interface, way: _Way) -> Outcome:
    """One packet of a way, as the definition judges it."""
    end, value = interface_endpoint(interface, from_outside=True), True if way.sure else None
    found = audit.net.outcomes(way.src.end, end, blocks_in(one_of(way.services)))
    return next(outcome for outcome in found if outcome.cell.truth.value is value)
