"""Nodes stand in a subnet that leads straight to an Internet gateway."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ringwall.check.admitted import blocks_of
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.check.words import many
from ringwall.facts import aws
from ringwall.reach.definition.network import target_of
from ringwall.reach.definition.routes import destination_of
from ringwall.space.addresses import INTERNET, Addresses

RULE = Rule(
    id="vpc-node-public-subnet",
    title="Nodes stand in a public subnet",
    severity="high",
    kind="both",
    remediation="move the nodes to subnets that leave through a NAT gateway: a new node group with "
    "private subnets, then drain and delete this one",
)


@dataclass(frozen=True, slots=True)
class _Subnet:
    """A subnet and the nodes in it."""

    audit: Audit
    name: str
    machines: list[Machine]

    def finding(self, status: str, reason: str, severity: str = "", **evidence: Any) -> Finding:
        """What is said about it, with its nodes as objects."""
        entry = self.audit.fabric.subnets.get(self.name)
        clusters = {machine.cluster for machine in self.machines}
        nodes = [machine.id for machine in self.machines]
        return RULE.finding(
            status,
            str(entry[0]) if entry else self.name,
            reason=reason,
            severity=severity,
            cluster=clusters.pop() if len(clusters) == 1 else "",
            objects=nodes[:20],
            count=len(nodes),
            examples=nodes,
            evidence=evidence,
        )

    def outside(self, route: aws.Route) -> Addresses | None:
        """The public addresses that a route leads to; None for a list that was not read."""
        blocks = blocks_of(self.audit.net, destination_of(route))
        return None if blocks is None else Addresses.of(*blocks) & INTERNET

    def is_public(self, machine: Machine, ways_out: Addresses) -> bool:
        """Whether a node has a public address there, of a family that has a way out; one whose
        interfaces were not read may have."""
        here = [i for i in machine.interfaces if i.subnet == self.name]
        public = Addresses.of(*(str(at) for i in here for at in (*i.public.values(), *i.private)))
        families = {part.family for part in (public & INTERNET).ranges}
        return not here or not families.isdisjoint(part.family for part in ways_out.ranges)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per subnet with nodes in it."""
    subnets = _subnets(audit)
    if not subnets:
        yield RULE.finding("not-applicable", "aws", reason="no node with a known subnet was read")
    for name in sorted(subnets):
        yield _judge(_Subnet(audit, name, subnets[name]))


def _subnets(audit: Audit) -> dict[str, list[Machine]]:
    """Subnet → nodes with an interface in it; an instance by itself says one subnet."""
    found: dict[str, list[Machine]] = defaultdict(list)
    for machine in audit.scope.machines:
        names = {interface.subnet for interface in machine.interfaces}
        if not names and machine.instance in audit.fabric.instances:
            names = {audit.fabric.instances[machine.instance][1].subnet_id}
        for name in names - {""}:
            found[name].append(machine)
    return found


def _judge(subnet: _Subnet) -> Finding:
    table = subnet.audit.fabric.table_of(subnet.name)
    if table is None:
        needs = f"the route table of {subnet.name}: aws ec2 describe-route-tables"
        return subnet.finding("unknown", "the subnet's route table was not read", needs=needs)
    routes = [(route, subnet.outside(route)) for route in table[1].routes or () if _is_way(route)]
    if ways := [(route, outside) for route, outside in routes if outside]:
        return _fail(subnet, str(table[0]), ways)
    if unread := [destination_of(route) for route, outside in routes if outside is None]:
        needs = f"aws ec2 get-managed-prefix-list-entries --prefix-list-id {unread[0]}"
        return subnet.finding("unknown", f"a route's {unread[0]} was not read", needs=needs)
    return subnet.finding("pass", "no route of the subnet leads to an Internet gateway")


def _is_way(route: aws.Route) -> bool:
    return target_of(route).startswith("igw-") and route.state == "active"


def _fail(subnet: _Subnet, table: str, ways: list[tuple[aws.Route, Addresses]]) -> Finding:
    everywhere = Addresses(part for _, outside in ways for part in outside.ranges)
    public = [m.id for m in subnet.machines if subnet.is_public(m, everywhere)]
    routes = [f"{destination_of(route)} -> {target_of(route)}" for route, _ in ways]
    return subnet.finding(
        "fail",
        f"{many(len(subnet.machines), 'node')} in a subnet with a route to an Internet gateway, "
        f"{len(public) or 'none'} of them with a public address",
        "high" if public else "medium",
        route_table=table,
        routes=routes,
        public_nodes=public[:20],
        path=f"{subnet.name}: {routes[0]}",
    )
