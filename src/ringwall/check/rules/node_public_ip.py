"""Nodes are given public addresses."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.blueprints import KINDS, LISTS, Blueprint, each_blueprint
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.check.unread import unread
from ringwall.check.words import many
from ringwall.facts import k8s

RULE = Rule(
    id="node-public-ip",
    title="Nodes have public addresses",
    severity="high",
    kind="pattern",
    remediation="launch nodes in private subnets without public addresses: "
    "AssociatePublicIpAddress=false in the launch template, associatePublicIPAddress: false in the "
    "node class; then replace the nodes",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per blueprint of nodes: launch template, node class, node group."""
    for one in each_blueprint(audit, RULE):
        yield one if isinstance(one, Finding) else _judge(audit, one)
    yield from unread(audit, RULE, LISTS, KINDS)


def _judge(audit: Audit, one: Blueprint) -> Finding:
    external = _external(audit)
    held = [machine for machine in one.machines if _addresses(machine, external)]
    stated = sorted(setting.where for setting in one.settings if setting.public)
    mapping = [name for name, maps in _subnets(audit, one).items() if maps]
    if held or stated or mapping:
        addresses = [at for machine in held for at in _addresses(machine, external)]
        return _fail(one, held, stated, mapping, addresses)
    if one.settings and not one.needs and all(s.public is False for s in one.settings):
        return one.finding(RULE, "pass", "it gives its nodes no public address")
    unread = [m for m in one.machines if not m.interfaces and m.id not in external]
    if one.machines and not unread:
        return one.finding(RULE, "pass", "no node made from it has a public address")
    return _untold(audit, one, unread)


def _external(audit: Audit) -> dict[str, list[str]]:
    """Node → the public addresses that Kubernetes tells of it, where it tells any address."""
    return {
        str(key): [entry.address for entry in body.status.addresses if entry.type == "ExternalIP"]
        for key, body in audit.facts.of(k8s.Node)
        if body.status.addresses
    }


def _addresses(machine: Machine, external: dict[str, list[str]]) -> list[str]:
    """A node's public IPv4 addresses."""
    found = {str(at) for i in machine.interfaces for at in i.public.values()}
    return sorted(found | {at for at in external.get(machine.id, []) if ":" not in at})


def _subnets(audit: Audit, one: Blueprint) -> dict[str, bool | None]:
    """Subnet → whether it gives public addresses, where the blueprint leaves that to it."""
    told = {setting.public for setting in one.settings}
    if None not in told and (told or one.needs):
        return {}
    known = audit.fabric.subnets
    return {
        str(known[name][0]) if name in known else name: (
            known[name][1].map_public_ip_on_launch if name in known else None
        )
        for name in sorted(one.subnets)
    }


def _fail(
    one: Blueprint, held: list[Machine], stated: list[str], mapping: list[str], addresses: list[str]
) -> Finding:
    why = "it asks for one" if stated else "its subnets give one"
    has = "has" if len(held) == 1 else "have"
    who = f"{many(len(held), 'node')} made from it {has} a public address"
    return one.finding(
        RULE,
        "fail",
        who if held else f"what is launched from it gets a public address: {why}",
        held,
        addresses=addresses[:20],
        stated_in=stated,
        subnets=mapping,
    )


def _untold(audit: Audit, one: Blueprint, unread: list[Machine]) -> Finding:
    """No node tells, so that its subnets must."""
    subnets = _subnets(audit, one)
    if unread:
        one.needs.add("aws ec2 describe-network-interfaces")
    elif subnets and None not in subnets.values():
        return one.finding(RULE, "pass", "neither it nor its subnets give a public address")
    elif not one.needs:
        one.needs.add("aws ec2 describe-subnets")
    reason = "whether its nodes get a public address was not read"
    return one.finding(RULE, "unknown", reason, unread)
