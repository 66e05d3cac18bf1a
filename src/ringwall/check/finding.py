"""What a rule says about a cause: the contract of ``ringwall/audit/v1``'s findings."""

import hashlib
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
STATUSES: Final = ("fail", "unknown", "excepted", "pass", "not-applicable")
Severity = Annotated[str, Meta(pattern="^(info|low|medium|high|critical)$")]
Status = Annotated[str, Meta(pattern="^(fail|unknown|excepted|pass|not-applicable)$")]
OPEN: Final = ("fail", "unknown", "excepted")
"""The statuses of what is there, or may be."""
Confidence = Annotated[str, Meta(pattern="^(low|medium|high)$")]


class Excepted(Struct, frozen=True):
    """Who accepted a finding, why and until when. ``by`` is ``waiver`` or ``allow`` (an entry of
    ``ringwall.toml``, which names no person and has no end); ``source`` is where it is written."""

    by: str
    reason: str
    source: str
    owner: str = ""
    approver: str = ""
    expires: str = ""

    @property
    def signed(self) -> str:
        """Who stands behind it, until when, and where that is written."""
        told = (
            self.owner and f"owner {self.owner}",
            self.approver and f"approved by {self.approver}",
            self.expires and f"until {self.expires}",
            self.source,
        )
        return ", ".join(filter(None, told))

    @property
    def told(self) -> str:
        """The same with the reason, as one line."""
        return f"{self.reason} ({self.signed})" if self.signed else self.reason


class Finding(Struct, frozen=True):
    """One finding. ``status`` is fail, pass, unknown, not-applicable or excepted.

    ``severity`` follows reach; ``evidence["pattern_severity"]`` is the catalog's. ``objects`` are
    the ids concerned, ``examples`` at most three of ``count``. ``folded`` names the rules whose
    findings on the same cause this one implies, or, where it is unknown, that wait for the same;
    it weighs as much as the gravest of them. ``subject`` is the lasting name of the cause, by
    which ``fingerprint`` names the finding over time. ``environment``, ``tenant`` and
    ``criticality`` are those of the configuration; ``exception`` says who accepted it. ``since`` is
    ``new`` or ``kept`` beside an earlier state, ``first_seen`` the time of the first recorded audit
    that found it.
    """

    rule: str
    status: Status
    severity: Severity
    confidence: Confidence
    cluster: str
    cause: str
    objects: list[str]
    count: int
    examples: list[str]
    evidence: dict[str, Any]
    reason: str
    remediation: str
    fingerprint: str
    folded: list[str] = field(default_factory=list)
    subject: str = ""
    environment: str = ""
    tenant: str = ""
    criticality: str = ""
    exception: Excepted | None = None
    since: Annotated[str, Meta(pattern="^(|new|kept)$")] = ""
    first_seen: str = ""

    @property
    def rank(self) -> int:
        """The severity as a number, worst highest."""
        return SEVERITIES.index(self.severity)


def fingerprint(rule: str, cluster: str, subject: str, number: int = 0) -> str:
    """What names a finding over time: rule, cluster and the lasting name of its cause; ``number``
    tells those apart that have all three in common."""
    words = [rule, cluster, subject, *([str(number)] if number else [])]
    text = "\n".join(words).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:16]


def at_most(severity: str, most: str) -> str:
    """A severity, lowered to ``most`` where it is above."""
    return min(severity, most, key=SEVERITIES.index)
