"""Several blocks, none of them the Internet, add up to it."""

from collections import defaultdict
from collections.abc import Iterator

from ringwall.check.admitted import blocks_of
from ringwall.check.audit import Audit
from ringwall.check.exposure import Use
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, each_group, group_finding, group_id, outlook
from ringwall.check.rule import Rule
from ringwall.space.addresses import INTERNET, Addresses

_NEARLY = 90  # per cent of a family's public addresses

RULE = Rule(
    id="sg-split-world-cidr",
    title="Several source blocks add up to the Internet",
    severity="critical",
    kind="both",
    remediation="put the addresses that are meant in the place of the blocks: "
    "aws ec2 revoke-security-group-ingress",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per group and port set whose blocks are the Internet only together."""
    yield from each_group(audit, RULE, _judge_group)


def _judge_group(rules: list[Ingress]) -> Iterator[Finding]:
    by_ports: dict[str, list[Ingress]] = defaultdict(list)
    for ingress in rules:
        if not ingress.names_group:
            by_ports[ingress.rule.ports].append(ingress)
    for same in by_ports.values():
        yield from _judge(same)


def _judge(same: list[Ingress]) -> Iterator[Finding]:
    named = [blocks_of(ingress.audit.net, ingress.rule.peer) for ingress in same]
    blocks = sorted({block for found in named for block in found or ()})
    if any(_is_split(blocks, family) for family in (4, 6)):
        yield _fail(same, blocks)
    elif None in named and not any(_covers(blocks, family) for family in (4, 6)):
        yield _unknown(same)


def _is_split(blocks: list[str], family: int) -> bool:
    """Whether the blocks are a family's Internet together, and none of them is alone."""
    return _nearly_all(Addresses.of(*blocks), family) and not _covers(blocks, family)


def _covers(blocks: list[str], family: int) -> bool:
    return any(_nearly_all(Addresses.of(block), family) for block in blocks)


def _nearly_all(source: Addresses, family: int) -> bool:
    public = (source & INTERNET).size(family)
    return public * 100 >= INTERNET.size(family) * _NEARLY


def _fail(same: list[Ingress], blocks: list[str]) -> Finding:
    audit, group = same[0].audit, same[0].group
    keys = frozenset(ingress.key for ingress in same)
    strangers = Addresses.of(*blocks) & audit.strangers
    use = audit.use_from_outside(audit.door(keys, group, same[0].services), strangers)
    reason = f"{len(blocks)} blocks add up to the Internet, and {outlook(use)}"
    return _finding(same, "fail", use.severity(), reason, use, {"blocks": blocks[:20]})


def _unknown(same: list[Ingress]) -> Finding:
    unread = [ingress for ingress in same if ingress.source is None]
    use = unread[0].used_by_internet(same[0].services)
    names = ", ".join(ingress.rule.peer for ingress in unread)
    reason = f"with the entries of {names}, which were not read, it may be the Internet"
    return _finding(same, "unknown", RULE.severity, reason, use, {"needs": use.needs})


def _finding(
    same: list[Ingress],
    status: str,
    severity: str,
    reason: str,
    use: Use,
    evidence: dict[str, object],
) -> Finding:
    audit, group, ports = same[0].audit, same[0].group, same[0].rule.ports
    cause = f"{group_id(audit, group)}:ingress:{ports}"
    rules = [str(ingress.key) for ingress in same]
    sources = [ingress.rule.peer for ingress in same]
    told = {"ports": ports, "sources": sources, **evidence}
    return group_finding(
        audit, RULE, status, group, cause, severity, reason, use, told, parts=rules
    )
