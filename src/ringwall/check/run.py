"""Runs rules over a world, places what they find, folds what one finding says for others, accepts
what is waived, and sorts by weight."""

import gc
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from ringwall.check.audit import Audit
from ringwall.check.context import placed
from ringwall.check.finding import STATUSES, Finding
from ringwall.check.folds import folded
from ringwall.check.rule import LoadedRule
from ringwall.check.stable import StableNames, named
from ringwall.check.waivers import Exceptions


class Failure(Struct, frozen=True):
    """Something of the tool's own that failed while the rest went on."""

    where: str
    error: str


def run(audit: Audit, rules: Iterable[LoadedRule]) -> tuple[list[Finding], list[Failure]]:
    """Every finding, worst first, and what failed. One rule's crash costs its findings only."""
    chosen = list(rules)
    names = StableNames(audit.net.world)
    folds = {loaded.rule.id: loaded.rule.folds for loaded in chosen}
    first, failures = _checked(audit, [one for one in chosen if not one.rule.governs])
    failed = frozenset(failure.where.removeprefix("rule ") for failure in failures)
    told = list(folded(placed(first, audit.config, audit.causes), folds))
    audit.exceptions = exceptions = Exceptions(
        waivers=audit.waivers,
        today=audit.today,
        longest=audit.config.thresholds.waiver_days,
        causes=audit.causes,
        ran=frozenset(folds) - failed,
        failed=failed,
        findings=named(told, names),
    )
    exceptions.apply()
    last, more = _checked(audit, [one for one in chosen if one.rule.governs])
    governing = named(placed(last, audit.config, audit.causes), names)
    return sorted([*exceptions.findings, *governing], key=weight), [*failures, *more]


def _checked(audit: Audit, rules: Iterable[LoadedRule]) -> tuple[list[Finding], list[Failure]]:
    findings: list[Finding] = []
    failures: list[Failure] = []
    with _uncollected():
        for loaded in rules:
            try:
                findings += loaded.check(audit)
            except Exception as error:
                failures.append(Failure(f"rule {loaded.rule.id}", _sentence(error)))
    return findings, failures


@contextmanager
def _uncollected() -> Iterator[None]:
    """What rules ask for is remembered as long as the audit lasts, and holds hardly any cycles: to
    look through all of it for them, again and again, takes longer than many rules."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.unfreeze()  # it is all of the oldest generation now, unseen
            gc.enable()


def _sentence(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.name}, line {last.lineno})"


def weight(finding: Finding) -> tuple[int, int, str, str]:
    """The order of findings: failures first, the worst of them on top, then by rule and cause."""
    return (STATUSES.index(finding.status), -finding.rank, finding.rule, finding.cause)
