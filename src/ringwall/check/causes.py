"""What waivers, environments and tenants select by: causes, in the words of whoever wrote them.

Of a redacted world that is what the objects were called before: what is configured keeps its
meaning, and only what is shown is redacted.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from ringwall.check.finding import Finding
from ringwall.check.stable import StableNames
from ringwall.check.subjects import Subject, Subjects
from ringwall.facts.fact import Facts
from ringwall.reach.definition.world import World

if TYPE_CHECKING:
    from ringwall.facts.redact import Redaction


class Causes:
    """The causes of findings, as they are called where nothing is redacted."""

    def __init__(self, facts: Facts, redaction: "Redaction | None" = None) -> None:
        self._redaction = redaction
        self._facts = redaction.facts if redaction else facts
        self._subjects = Subjects(self._facts)

    def named(self, text: str) -> str:
        """A name as it was read."""
        return self._redaction.redactor.original(text) if self._redaction else text

    def subject(self, finding: Finding) -> Subject:
        """What a finding is about."""
        return self._subjects.of(self.named(finding.cluster), self.named(finding.cause))

    def of(self, finding: Finding) -> set[str]:
        """The cause of a finding and its lasting name."""
        if not self._redaction:
            return {finding.cause, finding.subject}
        cause = self.named(finding.cause)
        return {cause, self._stable.of(cause) if finding.subject else ""}

    @cached_property
    def _stable(self) -> StableNames:
        return StableNames(World(self._facts))
