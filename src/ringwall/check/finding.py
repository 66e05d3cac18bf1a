"""What a rule says about a cause: the contract of ``ringwall/audit/v1``'s findings."""

import hashlib
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
STATUSES: Final = ("fail", "unknown", "excepted", "pass", "not-applicable")
Severity = Annotated[str, Meta(pattern="^(info|low|medium|high|critical)$")]
Status = Annotated[str, Meta(pattern="^(fail|unknown|excepted|pass|not-applicable)$")]
Confidence = Annotated[str, Meta(pattern="^(low|medium|high)$")]


class Finding(Struct, frozen=True):
    """One finding. ``status`` is fail, pass, unknown, not-applicable or excepted.

    ``severity`` follows reach; ``evidence["pattern_severity"]`` is the catalog's. ``objects`` are
    the ids concerned, ``examples`` at most three of ``count``. ``folded`` names the rules whose
    findings on the same cause this one implies.
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

    @property
    def rank(self) -> int:
        """The severity as a number, worst highest."""
        return SEVERITIES.index(self.severity)


def fingerprint(rule: str, cluster: str, cause: str) -> str:
    """What names a finding over time: rule, cluster and cause, in the words of their ids."""
    return hashlib.sha256(f"{rule}\n{cluster}\n{cause}".encode()).hexdigest()[:16]


def at_most(severity: str, most: str) -> str:
    """A severity, lowered to ``most`` where it is above."""
    return min(severity, most, key=SEVERITIES.index)
