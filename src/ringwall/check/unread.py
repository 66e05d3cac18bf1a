"""Lists and objects that a rule looks through and that were not read in whole."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts.fact import UNREADABLE, Gap


def unread(audit: Audit, rule: Rule, lists: str = "", kinds: str = "") -> Iterator[Finding]:
    """One unknown for each gap in AWS lists (top-level keys of answers) and among Kubernetes
    kinds, both as words with spaces between: what is missing there would have been judged."""
    for gap in audit.facts.gaps:
        if gap.kind in lists.split() or _kind(gap) in kinds.split():
            yield rule.finding(
                "unknown",
                f"{gap.scope}!{gap.object}" if gap.scope else gap.object,
                reason="it was not read in whole",
                cluster=audit.net.world.eks_names.get(gap.scope, gap.scope),
                examples=[str(gap.origin)] if gap.origin else [],
                evidence={"needs": [gap.needs]},
            )


def _kind(gap: Gap) -> str:
    """The Kubernetes kind of the object that a gap is about, in lower case; else empty."""
    kind, slash, _ = gap.object.partition("/")
    return kind if slash and not gap.kind and gap.code != UNREADABLE else ""
