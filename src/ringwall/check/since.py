"""What is new, kept and gone between two audits of the same rules."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from ringwall.check.audit import Audit
from ringwall.check.finding import OPEN, Finding, Severity, Status


class Gone(Struct, frozen=True):
    """A finding that was open before and is not found now. ``status`` is ``gone``, or ``unknown``
    where its rule failed or it was not all read this time; ``why`` says so."""

    rule: str
    status: Annotated[str, Meta(pattern="^(gone|unknown)$")]
    was: Status
    severity: Severity
    cluster: str
    cause: str
    subject: str
    reason: str
    fingerprint: str
    why: str


_Name = tuple[str, str, str]


def marked(findings: Iterable[Finding], before: Iterable[Finding]) -> list[Finding]:
    """The findings, open ones with whether they, or another that implied them, were open before."""
    now, told = list(findings), _open(before)
    implied = set(_implied(told))
    new = {id(one) for one in _unpaired(_open(now), told) if _name(one) not in implied}
    return [
        replace(one, since="new" if id(one) in new else "kept") if one.status in OPEN else one
        for one in now
    ]


def gone(audit: Audit, findings: list[Finding], before: Iterable[Finding]) -> Iterator[Gone]:
    """What was open before and is neither found nor implied by ``findings``, those of ``audit``."""
    told = _open(findings)
    implied = set(_implied(told))
    passed = {(one.rule, one.cause) for one in findings if one.status == "pass"}
    judged = {(one.rule, one.cluster) for one in findings if one.status != "not-applicable"}
    for one in _unpaired(_open(before), told):
        if _name(one) not in implied:
            read = (one.rule, one.cluster) in judged or audit.was_read(one.cause, one.cluster)
            yield _gone(audit, one, read=read, passes=(one.rule, one.cause) in passed)


def _open(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.status in OPEN]


def _unpaired(these: list[Finding], others: list[Finding]) -> Iterator[Finding]:
    """Those that have no counterpart among the others: the one of the same cause, else one of the
    same name whose own cause is not there any more (a node that replaced another)."""
    causes: dict[_Name, set[str]] = defaultdict(set)
    theirs: dict[_Name, set[str]] = defaultdict(set)
    for found, into in ((these, causes), (others, theirs)):
        for one in found:
            into[_name(one)].add(one.cause)
    spare = {name: len(known - causes[name]) for name, known in theirs.items()}
    for one in these:
        name = _name(one)
        if one.cause in theirs[name]:
            continue
        if spare.get(name, 0):
            spare[name] -= 1
        else:
            yield one


def _name(finding: Finding) -> _Name:
    return finding.rule, finding.cluster, finding.subject


def _implied(findings: Iterable[Finding]) -> Iterator[_Name]:
    """The findings that others imply, which are not told themselves."""
    for one in findings:
        for rule in one.folded:
            yield rule, one.cluster, one.subject


def _gone(audit: Audit, one: Finding, *, read: bool, passes: bool) -> Gone:
    failed = audit.exceptions is not None and one.rule in audit.exceptions.failed
    if failed:
        status, why = "unknown", f"{one.rule} failed this time"
    elif passes:
        status, why = "gone", "it passes now"
    elif not read:
        status, why = "unknown", "its place was not read this time"
    elif audit.missing:
        status, why = "unknown", "not everything could be read this time"
    else:
        status, why = "gone", "it is not found any more"
    return Gone(
        rule=one.rule,
        status=status,
        was=one.status,
        severity=one.severity,
        cluster=one.cluster,
        cause=one.cause,
        subject=one.subject,
        reason=one.reason,
        fingerprint=one.fingerprint,
        why=why,
    )
