"""What a rule of the catalog is: metadata, and one function that asks the world."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringwall.check.finding import Finding, at_most, fingerprint

if TYPE_CHECKING:
    from ringwall.check.audit import Audit


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's sentence and weight. ``severity`` is the catalog's, for a path that exists.

    ``kind``: ``pattern`` on one object, ``reach`` (a question to the definition), or ``both``
    (a pattern that reach confirms or lowers). ``folds``: rules whose findings on the same cause
    say nothing new once this one has spoken, but perhaps how grave it is. ``policies``: judges the
    specification's verdict. ``governs``: judges what is accepted of the other rules' findings,
    and is run after them.
    """

    id: str
    title: str
    severity: str
    kind: str
    remediation: str
    folds: tuple[str, ...] = ()
    policies: bool = False
    governs: bool = False

    def finding(
        self,
        status: str,
        cause: str,
        *,
        reason: str,
        severity: str = "",
        cluster: str = "",
        confidence: str = "high",
        objects: Iterable[str] = (),
        count: int = 1,
        examples: Iterable[str] = (),
        evidence: dict[str, Any] | None = None,
    ) -> Finding:
        """A finding of this rule; an unknown is never critical, for it has no path."""
        severity = severity or self.severity
        if status == "unknown":
            severity = at_most(severity, "high")
        return Finding(
            rule=self.id,
            status=status,
            severity=severity,
            confidence=confidence,
            cluster=cluster,
            cause=cause,
            objects=list(objects),
            count=count,
            examples=list(examples)[:3],
            evidence={"pattern_severity": self.severity, **(evidence or {})},
            reason=reason,
            remediation=self.remediation,
            fingerprint=fingerprint(self.id, cluster, cause),
            subject=cause,
        )


Check = Callable[["Audit"], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule as it was found in its file."""

    rule: Rule
    check: Check
