"""A network ACL drops the replies of connections that it and the groups let begin."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringwall.check.acls import Acl, acls_in_scope, unread_acls
from ringwall.check.admitted import blocks_in, one_of
from ringwall.check.audit import Audit
from ringwall.check.exposure import SENDERS, witness_text
from ringwall.check.finding import SEVERITIES, Finding
from ringwall.check.rule import Rule
from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition.packet import LINUX_CLIENTS
from ringwall.reach.definition.path import Hop, Path
from ringwall.reach.questions import Outcome
from ringwall.space.services import TCP, UDP, ServiceSet

if TYPE_CHECKING:
    from ringwall.check.ways import Seat
    from ringwall.reach.engine.ways import Outcome as Passing

_TCP: Final = ServiceSet.of(TCP)
_ANSWERED: Final = _TCP | ServiceSet.of(UDP)
"""What waits for an answer: connections, and queries over UDP such as those for names."""
_LOST: Final = ("none", "partial")
_GATES: Final = ("nacl-in", "nacl-out")

RULE = Rule(
    id="nacl-return-path-broken",
    title="A network ACL drops the replies of connections that the groups allow",
    severity="high",
    kind="reach",
    remediation="allow the ports of clients (TCP and UDP 1024-65535) in the other direction, or "
    "deny the connection itself: aws ec2 create-network-acl-entry",
)


@dataclass(frozen=True, slots=True)
class _Loss:
    """A flow whose replies are dropped, where, and how much that weighs; ``sure`` that it
    begins."""

    outcome: Outcome
    path: Path
    hop: Hop
    severity: str
    sure: bool

    @property
    def rank(self) -> int:
        """The severity as a number, worst highest."""
        return SEVERITIES.index(self.severity)


_Losses = dict[Key, list[_Loss]]


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per network ACL of a subnet in scope."""
    found, unread = acls_in_scope(audit)
    if not (found or unread):
        yield RULE.finding("not-applicable", "aws", reason="no subnet of a cluster was read")
    losses = _losses(audit) if found else {}
    for acl in found:
        yield _judge(audit, acl, losses.get(acl.key, []))
    yield from unread_acls(audit, RULE, unread)


def _judge(audit: Audit, acl: Acl, losses: list[_Loss]) -> Finding:
    if sure := [loss for loss in losses if loss.sure]:
        return _fail(audit, acl, sure)
    if losses or not audit.fabric.interfaces:
        needs = {reason.needs for loss in losses for reason in loss.path.truth.because}
        needs = needs or {"aws ec2 describe-network-interfaces"}
        reason = "whether a connection begins whose replies it would drop is not known"
        return _finding("unknown", acl, reason, needs=sorted(needs)[:5])
    return _finding("pass", acl, "it drops no reply of a connection that begins")


def _finding(
    status: str,
    acl: Acl,
    reason: str,
    severity: str = "",
    examples: tuple[str, ...] = (),
    **more: object,
) -> Finding:
    return RULE.finding(
        status,
        str(acl.key),
        severity=severity,
        reason=reason,
        objects=[str(acl.key), *acl.subnets[:20]],
        count=max(1, len(examples)),
        examples=examples or acl.subnets,
        evidence=dict(more),
    )


def _fail(audit: Audit, acl: Acl, losses: list[_Loss]) -> Finding:
    losses = sorted(losses, key=lambda loss: -loss.rank)
    worst = losses[0]
    how = "no reply comes back" if worst.path.reply == "none" else "only some replies come back"
    entries = sorted({_number(loss.hop) for loss in losses})
    return _finding(
        "fail",
        acl,
        f"connections begin and {how}; dropped by {', '.join(entries)}",
        worst.severity,
        tuple(witness_text(loss.outcome) for loss in losses),
        dropped_by=entries,
        reply=worst.path.reply,
        path=witness_text(worst.outcome),
        paths=[audit.path(worst.outcome)],
    )


def _number(hop: Hop) -> str:
    """What drops a reply, in words: its direction, and the entry's number."""
    direction = "outbound" if hop.gate == "nacl-out" else "inbound"
    return f"{direction} {hop.rules[0].index}"


# --- flows ----------------------------------------------------------------------------------------


def _losses(audit: Audit) -> _Losses:
    """ACL → the flows to and from the cluster's interfaces whose replies it drops, one for each
    pair of subnets, direction and kind of loss."""
    found: _Losses = defaultdict(list)
    asked: set[object] = set()
    pairs = list(_pairs(audit))
    outcomes = audit.ways.pairs(pairs)
    lost = {outcome: list(_unanswered(audit, outcome)) for outcome in set(outcomes)}
    for (src, dst), outcome in zip(pairs, outcomes, strict=True):
        for services, reply, sure in lost[outcome]:
            sign = _place(audit, src), _place(audit, dst), bool(services & _TCP), reply, sure
            if sign not in asked:
                asked.add(sign)
                for loss in _traced(audit, src, dst, services, sure):
                    found[loss.hop.rules[0].object].append(loss)
    return found


def _pairs(audit: Audit) -> "Iterator[tuple[Seat, Seat]]":
    """The cluster's interfaces, one of each kind, with all interfaces and with who is outside, both
    ways. Interfaces are meant as the groups see them, whatever policies pods have."""
    scope, ways = audit.scope, audit.ways
    own = ways.senders_of(i for i in scope.interfaces if scope.is_whole or i.name in scope.own)
    near = ways.senders_of(audit.fabric.interfaces.values())
    far = ways.outside(SENDERS)
    for mine in {seat.kind: seat for seat in reversed(own)}.values():
        for other in (*near, *far):
            if not _is_one(mine, other):
                yield other, mine
                yield mine, other


def _is_one(mine: "Seat", other: "Seat") -> bool:
    one, two = mine.attachment, other.attachment
    return (one.domain, one.family, one.address) == (two.domain, two.family, two.address)


def _unanswered(audit: Audit, outcome: "Passing") -> Iterator[tuple[ServiceSet, str, bool]]:
    """What begins surely, or perhaps, and is not answered in full."""
    for reply, mask in (("none", outcome.reply.none), ("partial", outcome.reply.partial)):
        for begins, sure in ((outcome.must, True), (outcome.may & ~outcome.must, False)):
            if mask & begins:
                services = audit.ways.services(mask & begins) & _ANSWERED
                yield from ((p, reply, sure) for p in (services & _TCP, services - _TCP) if p)


def _place(audit: Audit, seat: "Seat") -> str:
    """Where an end stands, as far as ACLs look at it: its subnet, or that it is outside."""
    interface = audit.fabric.interfaces.get(seat.interface)
    return interface.subnet if interface else f"{seat.attachment.kind} {seat.kind}"


def _traced(
    audit: Audit, src: "Seat", dst: "Seat", services: ServiceSet, sure: bool
) -> Iterator[_Loss]:
    """The flow hop by hop, for each ACL that drops its replies and does not mean to."""
    for outcome in audit.net.outcomes(src.end, dst.end, blocks_in(one_of(services))):
        for path in outcome.cell.paths:
            if path.truth.value is not (True if sure else None) or path.reply not in _LOST:
                continue
            for hop in path.reply_hops:
                if hop.gate in _GATES and hop.truth.value is False and not _bans(audit, hop):
                    weight = _weight(audit, src, path, services)
                    yield _Loss(outcome, path, hop, weight, sure)


def _weight(audit: Audit, src: "Seat", path: Path, services: ServiceSet) -> str:
    """What a stranger to the cluster may begin only because answers may leave its subnet weighs
    least: it is how such lists are written. A TCP connection that never comes about weighs most."""
    scope = audit.scope
    is_own = scope.is_whole or src.interface in scope.own
    out = next((hop for hop in path.hops if hop.gate == "nacl-out"), None)
    if out and not is_own and src.interface and _is_for_answers(_entry(audit, out)):
        return "low"
    return RULE.severity if services & _TCP and path.reply == "none" else "medium"


def _entry(audit: Audit, hop: Hop) -> aws.NetworkAclEntry | None:
    """The entry that decided at an ACL; none where it was what AWS denies in the end."""
    fact = audit.facts[hop.rules[0].object].body
    entries = fact.entries if isinstance(fact, aws.NetworkAcl) else None
    mine = [e for e in entries or () if e.egress == (hop.gate == "nacl-out")]
    return next((e for e in mine if str(e.rule_number) == hop.rules[0].index), None)


def _bans(audit: Audit, hop: Hop) -> bool:
    """Whether an entry shuts somebody out altogether: nothing of his is missed."""
    entry = _entry(audit, hop)
    everybody = ("0.0.0.0/0", "::/0")
    blocks = entry and (entry.cidr_block or entry.ipv6_cidr_block)
    return bool(entry and entry.protocol == "-1" and blocks not in everybody)


def _is_for_answers(entry: aws.NetworkAclEntry | None) -> bool:
    """Whether an entry is about the ports of clients, and not about those of services."""
    ports = entry and entry.port_range
    low, high = LINUX_CLIENTS
    return bool(ports and 1024 <= ports.from_ <= low and high <= ports.to)
