"""Runs rules over a world, folds what one finding says for others, and sorts by weight."""

import traceback
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from ringwall.check.audit import Audit
from ringwall.check.finding import STATUSES, Finding
from ringwall.check.rule import LoadedRule


class Failure(Struct, frozen=True):
    """Something of the tool's own that failed while the rest went on."""

    where: str
    error: str


def run(audit: Audit, rules: Iterable[LoadedRule]) -> tuple[list[Finding], list[Failure]]:
    """Every finding, worst first, and what failed. One rule's crash costs its findings only."""
    findings: list[Finding] = []
    failures: list[Failure] = []
    folds: dict[str, tuple[str, ...]] = {}
    for loaded in rules:
        folds[loaded.rule.id] = loaded.rule.folds
        try:
            findings += loaded.check(audit)
        except Exception as error:
            failures.append(Failure(f"rule {loaded.rule.id}", _sentence(error)))
    return sorted(_folded(findings, folds), key=weight), failures


def _sentence(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.name}, line {last.lineno})"


def weight(finding: Finding) -> tuple[int, int, str, str]:
    """The order of findings: failures first, the worst of them on top, then by rule and cause."""
    return (STATUSES.index(finding.status), -finding.rank, finding.rule, finding.cause)


def _folded(findings: list[Finding], folds: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    """Leaves out findings that another one on the same cause implies; that one names them."""
    failing = {(f.rule, f.cluster, f.cause) for f in findings if f.status == "fail"}
    implied = {
        (rule, f.cluster, f.cause): f.rule
        for f in findings
        if f.status == "fail"
        for rule in folds[f.rule]
        if (rule, f.cluster, f.cause) in failing
    }
    for finding in findings:
        if (finding.rule, finding.cluster, finding.cause) in implied:
            continue
        told = [
            rule
            for rule in folds[finding.rule]
            if (rule, finding.cluster, finding.cause) in implied and finding.status == "fail"
        ]
        yield replace(finding, folded=sorted(told))
