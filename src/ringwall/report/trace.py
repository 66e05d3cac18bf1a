"""The witness of a finding: one packet, and what lets it through."""

from typing import Any

import msgspec

from ringwall.check.finding import Finding
from ringwall.reach.answers import HopOut, PathOut, RuleOut


def paths(finding: Finding) -> list[PathOut]:
    """The ways that a finding shows, hop by hop; none where it is about one object alone."""
    found: list[Any] = finding.evidence.get("paths") or []
    return msgspec.convert(found, list[PathOut])


def line(finding: Finding) -> str:
    """The first of them in one line: from where, what lets it through, to where, which port.

    Accounts and clusters that the finding's cause states already are left out, and so is a path
    that only says what is needed.
    """
    found = paths(finding)
    if not found:
        text = str(finding.evidence.get("path", ""))
        waits = finding.status == "unknown" and "needs" in finding.evidence
        return "" if waits and text.startswith("not decidable") else text
    hops = found[0].hops
    packet, last = hops[0].packet, hops[-1]
    start = hops[0].at if hops[0].gate == "policy-egress" else packet.src
    end = last.at if last.gate == "policy-ingress" else last.packet.dst
    gates = (_step(hop, finding.cause) for hop in hops)
    steps = dict.fromkeys([start, *filter(None, gates), end])
    text = f"{' → '.join(steps)} {packet.port}"
    for scope in {finding.cluster, finding.cause.rpartition("!")[0], *_accounts(hops)} - {""}:
        text = text.replace(f"{scope}!", "")
    return text


def rule_name(hop: HopOut, rule: RuleOut) -> str:
    """A rule at a hop: its object, and which of the object's rules it is."""
    index = f"rule {rule.index}" if hop.gate.startswith("nacl") else rule.index
    return f"{rule.object} {index}".rstrip()


def rule_text(hop: HopOut, rule: RuleOut) -> str:
    """A rule at a hop with its id, what is said of it, and where it stands."""
    described = f"«{rule.description}»" if rule.description else ""
    return "  ".join(filter(None, (rule_name(hop, rule), rule.id, described, rule.source)))


def _step(hop: HopOut, cause: str) -> str:
    """What a line about the path says of one gate: its rule (the one that the finding is about,
    where it is among them), or the gateway itself."""
    if hop.gate == "route":
        return ""
    if hop.rules:
        about = [rule for rule in hop.rules if f"{rule.object}:{rule.index}" == cause]
        rule = (about or hop.rules)[0]
        return rule.index if rule.object == cause else rule_name(hop, rule)
    return hop.at if hop.effect == "translate" else ""


def _accounts(hops: list[HopOut]) -> set[str]:
    """The account and region of a path that lies in one."""
    found = {hop.at.rpartition("!")[0] for hop in hops if hop.at.partition("!")[0].count(":") == 1}
    return found if len(found) == 1 else set()
