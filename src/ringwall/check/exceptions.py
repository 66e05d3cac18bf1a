"""The waivers of an audit, as the rules about them look at them."""

from collections.abc import Callable, Iterator
from typing import Any

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.subjects import is_pattern
from ringwall.check.waivers import Exceptions, Held


def each_waiver(
    audit: Audit, rule: Rule, judge: Callable[[Exceptions, Held], Finding]
) -> Iterator[Finding]:
    """One finding per waiver."""
    exceptions = audit.exceptions
    if exceptions is None or not exceptions.waivers:
        yield rule.finding("not-applicable", "waivers", reason="no waiver is configured")
        return
    for held in exceptions.waivers:
        yield judge(exceptions, held)


def waiver_finding(
    rule: Rule,
    held: Held,
    status: str,
    reason: str,
    about: list[Finding] | tuple[Finding, ...] = (),
    severity: str = "",
    **evidence: Any,
) -> Finding:
    """What a rule says of one waiver, with the causes that it is about."""
    waiver = held.shown
    causes = sorted({finding.cause for finding in about})
    told = {name: getattr(waiver, name) for name in ("owner", "approver", "reason")}
    return rule.finding(
        status,
        waiver.id,
        severity=severity,
        reason=reason,
        cluster="" if is_pattern(waiver.cluster) else waiver.cluster,
        objects=causes[:20],
        count=max(1, len(causes)),
        examples=causes,
        evidence={
            "place": held.source,
            "expires": waiver.expires.isoformat(),
            **told,
            **evidence,
        },
    )
