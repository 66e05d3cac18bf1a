"""Security groups and their ingress rules, as the group rules look at them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ringwall.check.admitted import is_internet, services_of, source_of
from ringwall.check.audit import Audit
from ringwall.check.exposure import Door, Use, worst
from ringwall.check.finding import Finding, at_most
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Interface
from ringwall.reach.ids import Services
from ringwall.space.addresses import INTERNET, Addresses

_MOST_INTERFACES = 20


@dataclass(frozen=True, slots=True)
class Ingress:
    """One ingress rule of a group in scope, and who can use it."""

    audit: Audit
    key: Key
    rule: aws.SecurityGroupRule

    @property
    def group(self) -> str:
        """The group that it belongs to."""
        return self.rule.group_id

    @property
    def services(self) -> tuple[Services, ...]:
        """What it admits."""
        return services_of(self.rule)

    @property
    def names_group(self) -> bool:
        """Whether its source is a group."""
        return self.rule.peer.startswith("sg-")

    @property
    def is_foreign(self) -> bool:
        """Whether its source is anything but a group of the cluster's own."""
        own = self.rule.peer == self.group or self.rule.peer in self.audit.scope.own_groups
        return not (self.names_group and own)

    @property
    def is_eks_own(self) -> bool:
        """Whether it is what EKS keeps in a cluster security group, and restores: everything from
        itself (aws.md 45)."""
        clusters = (cluster.resources_vpc_config for cluster in self.audit.fabric.eks.values())
        of_cluster = any(one.cluster_security_group_id == self.group for one in clusters)
        return of_cluster and self.rule.peer == self.group and self.rule.protocol == "-1"

    @property
    def may_name_own_vpc(self) -> bool:
        """Whether its addresses are private ones, and those of its group's VPC were not read."""
        entry, source = self.audit.fabric.groups.get(self.group), self.source
        read = entry is not None and entry[1].vpc_id in self.audit.fabric.vpcs
        return not read and source is not None and not source & INTERNET

    @property
    def source(self) -> Addresses | None:
        """The addresses that it names, without own networks; None for a group or unread list."""
        found = source_of(self.audit.net, self.rule)
        return None if found is None else found - self.audit.own_networks

    @property
    def _vpcs(self) -> set[str]:
        """The VPC that its group is in; more than one only where groups are shared."""
        entry = self.audit.fabric.groups.get(self.group)
        found = {interface.vpc for interface in self.audit.carriers(self.group)}
        return found | {entry[1].vpc_id if entry else ""}

    @property
    def inside(self) -> Addresses:
        """The addresses of the VPC that its group is in."""
        return self.audit.inside(*self._vpcs)

    def _door(
        self, asked: tuple[Services, ...], carriers: tuple[Interface, ...] | None = None
    ) -> Door:
        return self.audit.door(frozenset((self.key,)), self.group, asked, carriers)

    def used_by_internet(
        self, asked: tuple[Services, ...], carriers: tuple[Interface, ...] | None = None
    ) -> Use:
        """Whether a stranger on the Internet can use it, on any carrier or on some of them."""
        if self.source is None:
            return self._unread()
        strangers = self.source & self.audit.strangers
        return self.audit.use_from_outside(self._door(asked, carriers), strangers)

    def used_from_outside(self, asked: tuple[Services, ...]) -> Use:
        """Whether somebody outside the VPC can use it, or a member of the group that it names."""
        if self.names_group:
            return self._used_by_group(asked)
        named = source_of(self.audit.net, self.rule)
        return self._unread() if named is None else self.used_by(asked, named - self.inside)

    def used_by(self, asked: tuple[Services, ...], source: Addresses) -> Use:
        """Whether one of some addresses outside the VPC can use it."""
        return self.audit.use_from_outside(self._door(asked), source)

    def used_by_anyone(self) -> Use:
        """Whether somebody, wherever, can use it."""
        return worst(self._every_use())

    def _every_use(self) -> Iterator[Use]:
        yield self.used_from_outside(self.services)
        if named := source_of(self.audit.net, self.rule):
            yield self._used_by_neighbours(named)
            if named & INTERNET & self.inside:
                yield Use("unknown", needs="who leaves the VPC by one of its public addresses")

    def _used_by_group(self, asked: tuple[Services, ...]) -> Use:
        fabric, peer = self.audit.fabric, self.rule.peer
        members = [i for i in fabric.interfaces.values() if peer in i.groups]
        if not members and (peer not in fabric.groups or self.rule.peering):
            return Use("unknown", needs=f"the members of {peer}, a group that was not read")
        return self.audit.use_by_members(self._door(asked), members)

    def _used_by_neighbours(self, named: Addresses) -> Use:
        """Whether something in the VPC can use it that has one of the addresses it names."""
        here, door = self.audit.neighbours(*self._vpcs), self._door(self.services)
        return self.audit.use_by_members(door, here.at(named), named & here.delegated, named)

    def _unread(self) -> Use:
        peer = self.rule.peer
        needs = f"aws ec2 get-managed-prefix-list-entries --prefix-list-id {peer}"
        return Use("unknown", needs=needs)

    def finding(
        self, rule: Rule, status: str, severity: str, reason: str, use: Use, **evidence: Any
    ) -> Finding:
        """What a rule says about it: its fields, and the witness where there is one."""
        body = self.rule
        told = {
            "ports": body.ports,
            "source": body.peer,
            "rule_id": body.rule_id,
            "description": body.description,
            "tags": {tag.key: tag.value for tag in body.tags},
        }
        fields = {name: value for name, value in told.items() if value} | evidence
        return group_finding(
            self.audit, rule, status, self.group, str(self.key), severity, reason, use, fields
        )


def group_finding(
    audit: Audit,
    rule: Rule,
    status: str,
    group: str,
    cause: str,
    severity: str,
    reason: str,
    use: Use,
    evidence: dict[str, Any],
    parts: Iterable[str] = (),
) -> Finding:
    """What a rule says about a group: with the interfaces concerned, exposed ones first."""
    exposed = [interface.id for interface in use.exposed]
    carriers = [interface.id for interface in audit.carriers(group)]
    concerned = list(dict.fromkeys((*exposed, *carriers)))
    return rule.finding(
        status,
        cause,
        severity=severity,
        reason=reason,
        cluster=audit.scope.cluster_of(group),
        objects=[group_id(audit, group), *parts, *concerned[:_MOST_INTERFACES]],
        count=len(exposed) or max(1, len(carriers)),
        examples=exposed or carriers,
        evidence={
            **evidence,
            "carriers": len(carriers),
            "path": use.text,
            "paths": [audit.path(use.witness)] if use.witness else [],
        },
    )


def group_id(audit: Audit, group: str) -> str:
    """A group's id, with its account and region where they are stated."""
    entry = audit.fabric.groups.get(group)
    return str(entry[0]) if entry else group


def internet_finding(
    ingress: Ingress,
    rule: Rule,
    asked: tuple[Services, ...],
    what: str,
    *,
    carriers: tuple[Interface, ...] | None = None,
    most: str = "",
) -> Finding | None:
    """What is said where the Internet is a rule's source: as severe as it can be used, ``most``
    (else the rule's severity) at the utmost; asked about all carriers of the group, or some."""
    source, peer, most = ingress.source, ingress.rule.peer, most or rule.severity
    if ingress.names_group or (source is not None and not is_internet(source)):
        return None
    use = ingress.used_by_internet(asked, carriers)
    if source is None:
        reason = f"{what} is open to {peer}, whose entries were not read"
        return ingress.finding(rule, "unknown", most, reason, use, needs=use.needs)
    reason = f"{what} is open to {peer}, and {outlook(use)}"
    return ingress.finding(rule, "fail", use.severity(most), reason, use)


def by_anyone(use: Use) -> str:
    """What a use by anybody means, as the end of a sentence."""
    if use.word == "open":
        return "something can come in by it"
    return "nothing can use it" if use.word == "closed" else "whether it can be used is not known"


def from_outside(use: Use) -> str:
    """What a use from outside means, as the end of a sentence."""
    if use.word == "open":
        return "somebody outside can use this very rule"
    if use.word == "unknown":
        return "whether somebody outside can use the rule cannot be decided"
    return "nobody outside the VPC can use the rule today"


def outlook(use: Use) -> str:
    """What a use means, as the end of a sentence."""
    if use.word == "open":
        return f"a packet from there gets through to {many(len(use.exposed), 'interface')}"
    if use.word == "unknown":
        return "whether a packet from there gets through cannot be decided"
    return "nothing there can use it today"


def each_rule(
    audit: Audit,
    rule: Rule,
    judge: Callable[[Ingress], Finding | None],
    groups: Iterable[str] | None = None,
) -> Iterator[Finding]:
    """The findings about single ingress rules, and one for each group that has none. What the
    configuration allows is found too, and accepted."""

    def judged(found: list[Ingress]) -> Iterator[Finding]:
        for ingress in found:
            if finding := judge(ingress):
                yield excused(ingress, finding)

    yield from each_group(audit, rule, judged, groups, everything=True)


def excused(ingress: Ingress, finding: Finding) -> Finding:
    """What is found about an ingress rule, accepted where the configuration allows it."""
    allowance = ingress.audit.allowed(finding.rule, ingress.rule)
    if allowance is None or finding.status not in ("fail", "unknown"):
        return finding
    return replace(finding, status="excepted", exception=allowance)


def each_group(
    audit: Audit,
    rule: Rule,
    judge: Callable[[list[Ingress]], Iterable[Finding]],
    groups: Iterable[str] | None = None,
    *,
    everything: bool = False,
) -> Iterator[Finding]:
    """The findings about groups, and one for each group about which there is nothing to say. What
    the configuration allows is not judged, or with ``everything`` is. Where no groups are given,
    those that the cluster may have without a sign of it are judged too, and are unknown."""
    chosen = audit.scope.groups if groups is None else tuple(groups)
    maybe = sorted(audit.scope.untold) if groups is None else []

    def judged(group: str) -> list[Finding]:
        told = audit.every_ingress_rule(group) if everything else None
        rules = told or audit.ingress_rules(rule.id, group)
        return list(judge([Ingress(audit, *one) for one in rules]))

    doubtful = [_untold(finding) for group in maybe for finding in judged(group)]
    if not chosen and not doubtful:
        reason = "no security group that it could be about was read"
        yield rule.finding("not-applicable", "aws", reason=reason)
    for group in chosen:
        found = judged(group)
        yield from found
        yield from rest(audit, rule, group, found)
    yield from doubtful


def _untold(finding: Finding) -> Finding:
    """A finding about a group that the cluster may have or not."""
    if finding.status != "fail":
        return finding
    return replace(
        finding,
        status="unknown",
        severity=at_most(finding.severity, "high"),
        reason=f"{finding.reason}; whether the cluster has the group was not read",
        evidence=finding.evidence | {"needs": "aws ec2 describe-network-interfaces"},
    )


def rest(audit: Audit, rule: Rule, group: str, found: list[Finding]) -> Iterator[Finding]:
    """What is left to say about a group: it is passed only where every rule of it was read."""
    fabric = audit.fabric
    if group not in fabric.groups or group in fabric.unread_groups:
        needs = f"aws ec2 describe-security-groups --group-ids {group}"
        reason = "not every rule of the group was read"
        use, cause = Use("unknown", needs=needs), group_id(audit, group)
        yield group_finding(
            audit, rule, "unknown", group, cause, rule.severity, reason, use, {"needs": needs}
        )
    elif not found:
        reason = "none of its ingress rules is of this kind"
        cluster = audit.scope.cluster_of(group)
        yield rule.finding("pass", group_id(audit, group), reason=reason, cluster=cluster)
