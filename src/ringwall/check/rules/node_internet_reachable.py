"""Some port of a node can be reached from the Internet."""

from collections.abc import Iterator

from ringwall.check.admitted import EVERYTHING, ports_text, services_of, source_of
from ringwall.check.alike import edges, stretches, twins
from ringwall.check.audit import Audit
from ringwall.check.exposure import COMES_BACK, block_endpoint, nameable, witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.reach.definition.network import Interface
from ringwall.reach.ids import Endpoint, Member, Services, interface_endpoint
from ringwall.reach.questions import Outcome, best_reply
from ringwall.space.addresses import INTERNET, Addresses

_Ways = list[tuple[Interface, Outcome]]

RULE = Rule(
    id="node-internet-reachable",
    title="A node can be reached from the Internet",
    severity="critical",
    kind="reach",
    remediation="revoke the group rule that admits it, take the public address away, and move the "
    "node to a private subnet",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per node."""
    machines = audit.scope.machines if audit.fabric.present else ()
    if not machines:
        yield RULE.finding("not-applicable", "aws", reason="no node was read with its AWS side")
    ways = _ways_in(audit)
    for machine in machines:
        mine = [(i, outcome) for i in machine.interfaces for outcome in ways.get(i.name, ())]
        yield _judge(audit, machine, mine)


def _ways_in(audit: Audit) -> dict[str, list[Outcome]]:
    """Interface → what is open to strangers, or undecided; asked once for those that are alike."""
    found: dict[str, list[Outcome]] = {}
    for alike in twins(i for i in audit.scope.node_interfaces if nameable(i)):
        between = edges(audit.net, alike[:1])
        end = interface_endpoint(alike[0], from_outside=True)
        ways = [
            outcome
            for source, asked in _doors(audit, alike[0])
            for outcome in audit.net.outcomes(
                block_endpoint(stretches(source & audit.strangers, between)), end, asked
            )
            if _is_way(outcome)
        ]
        found |= {interface.name: ways for interface in alike}
    return found


def _doors(audit: Audit, interface: Interface) -> Iterator[tuple[Addresses, tuple[Services, ...]]]:
    """What the rules of an interface's groups may let in from addresses: nothing else gets in, and
    to ask for less than everything is quicker. Everything, where a rule's part is not known."""
    fabric = audit.fabric
    parts = []
    for group in interface.groups:
        rules = [
            rule for _, rule in fabric.group_rules.get(group, ()) if rule.direction == "ingress"
        ]
        by_address = [rule for rule in rules if not rule.peer.startswith("sg-")]
        sources = [source_of(audit.net, rule) for rule in by_address]
        if not fabric.tells(group) or None in sources:
            yield INTERNET, EVERYTHING
            return
        parts += [(s, services_of(rule)) for s, rule in zip(sources, by_address, strict=True) if s]
    if interface.unfiltered or not interface.groups_read:
        yield INTERNET, EVERYTHING
        return
    yield from parts


def _is_way(outcome: Outcome) -> bool:
    return outcome.cell.truth.value is not False and best_reply(outcome.cell) != "none"


def _judge(audit: Audit, machine: Machine, ways: _Ways) -> Finding:
    if not machine.interfaces:
        needs = f"the interfaces of {machine.id}: aws ec2 describe-network-interfaces"
        return _unknown(machine, "its interfaces were not read", needs)
    if opened := [way for way in ways if way[1].cell.truth.value]:
        return _fail(audit, machine, opened)
    if ways:
        needs = min(reason.needs for _, o in ways for reason in o.cell.truth.because)
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
    opened = sorted(opened, key=lambda way: best_reply(way[1].cell) not in COMES_BACK)
    ports = ports_text(outcome.cell.box.services for _, outcome in opened)
    witness = _packet(audit, *opened[0])
    on = "every port" if ports == ["all"] else ", ".join(ports[:5])
    return RULE.finding(
        "fail",
        machine.id,
        severity="critical" if best_reply(opened[0][1].cell) in COMES_BACK else "high",
        reason=f"the Internet reaches it on {on}",
        cluster=machine.cluster,
        objects=[machine.id, *dict.fromkeys(i.id for i, _ in opened)],
        count=len(ports),
        examples=ports,
        evidence={
            "ports": ports,
            "rules": sorted({rule for _, outcome in opened for rule in _rules(outcome)})[:20],
            "path": witness_text(witness),
            "paths": [audit.path(witness)],
        },
    )


def _rules(outcome: Outcome) -> Iterator[str]:
    """The group rules that let a packet in."""
    hops = (hop for path in outcome.cell.paths if path.truth.value for hop in path.hops)
    gates = (hop for hop in hops if hop.gate == "security-group-ingress")
    yield from (str(rule.object) for hop in gates for rule in hop.rules)


def _packet(audit: Audit, interface: Interface, outcome: Outcome) -> Outcome:
    """The witness on this very interface, where another one like it was asked."""
    box = outcome.cell.box
    start = Endpoint("source", "block", (Member(span=box.src),))
    end = interface_endpoint(interface, from_outside=True)
    found = audit.net.outcomes(start, end, (box.services,))
    return next(again for again in found if again.cell.truth.value)
