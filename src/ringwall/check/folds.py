"""What one finding says for others: a cause is told once, and as grave as its gravest finding.

A rule names the rules that say nothing new once it has spoken (``Rule.folds``). Where one of those
weighs more, the finding that is told takes over its severity, reason and path, so that nothing
graver is ever hidden, also where the configuration lowered the rule that tells it and not the
other; an unknown that weighs more is told beside it. Unknowns of one cause that wait for the same
answer are told once as well.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from ringwall.check.finding import SEVERITIES, Finding

Folds = Mapping[str, Collection[str]]
_PATH: Final = ("path", "paths", "judged")


def folded(findings: Iterable[Finding], folds: Folds) -> Iterator[Finding]:
    """Findings without those that another one implies; that one names their rules."""
    causes: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        causes[finding.cluster, finding.cause].append(finding)
    for same in causes.values():
        yield from (one for one in same if one.status not in ("fail", "unknown"))
        yield from _told(same, folds)


def _told(same: list[Finding], folds: Folds) -> Iterator[Finding]:
    failing = [one for one in same if one.status == "fail"]
    unknown = [one for one in same if one.status == "unknown"]
    rules = {one.rule for one in failing}
    implied = {rule: _implied(rule, rules, folds) for rule in rules}
    heads = [one for one in failing if one.rule not in set[str]().union(*implied.values())]
    for head in heads:
        closed = implied[head.rule] & rules
        told = _for_all(head, [one for one in failing if one.rule in closed])
        silent = [
            one for one in unknown if one.rule in implied[head.rule] and one.rank <= told.rank
        ]
        unknown = [one for one in unknown if one not in silent]
        yield replace(told, folded=sorted({*told.folded, *(one.rule for one in silent)}))
    yield from _unknowns(unknown)


def _implied(rule: str, failing: set[str], folds: Folds) -> set[str]:
    """The rules that a failing rule implies, directly or through another one that fails."""
    found, asked = set[str](), {rule}
    while asked:
        new = set(folds.get(asked.pop(), ())) - found
        found |= new
        asked |= new & failing
    return found


def _for_all(finding: Finding, implied: list[Finding]) -> Finding:
    """A finding that speaks for others, with what the gravest of them has beyond it."""
    told = sorted({one.rule for one in implied})
    worst = min(implied, key=_gravest_first, default=finding)
    if worst.rank <= finding.rank:
        return replace(finding, folded=told)
    return replace(
        finding,
        folded=told,
        severity=worst.severity,
        confidence=worst.confidence,
        reason=f"{finding.reason}; {worst.reason}",
        evidence=_raised(finding.evidence, worst),
    )


def _raised(evidence: dict[str, Any], worst: Finding) -> dict[str, Any]:
    """The path is that of the graver finding, which alone shows why it is; ``raised_by`` is its
    rule."""
    kept = {name: value for name, value in evidence.items() if name not in _PATH}
    path = {name: value for name, value in worst.evidence.items() if name in _PATH}
    return kept | path | {"raised_by": worst.rule}


def _unknowns(unknown: list[Finding]) -> Iterator[Finding]:
    waiting: dict[object, list[Finding]] = defaultdict(list)
    for number, finding in enumerate(unknown):
        needs = finding.evidence.get("needs") or number
        waiting[tuple(needs) if isinstance(needs, list) else (needs,)].append(finding)
    for same in waiting.values():
        head = min(same, key=_gravest_first)
        told = sorted({one.rule for one in same} - {head.rule})
        yield from (replace(one, folded=told) for one in same if one.rule == head.rule)


def _gravest_first(finding: Finding) -> tuple[int, int, str]:
    worst = finding.evidence.get("pattern_severity", finding.severity)
    return (-finding.rank, -SEVERITIES.index(worst), finding.rule)
