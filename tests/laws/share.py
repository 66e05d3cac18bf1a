"""How many worlds of a law had something to tell apart."""

from collections.abc import Callable
from typing import TypeAlias

Record: TypeAlias = Callable[[str, object], None]
"""pytest's ``record_property``."""


class Share:
    """Counts the worlds that hold both an allowed and a blocked pair."""

    def __init__(self, law: str) -> None:
        self.law, self.worlds, self.both = law, 0, 0

    def count(self, both: bool) -> None:
        self.worlds += 1
        self.both += both

    def close(self, record: Record) -> None:
        """Puts the share into the run's summary. A law over worlds that show nothing fails."""
        assert self.worlds
        share = self.both / self.worlds
        record(
            "share", f"{self.law}: {self.worlds} worlds, {share:.0%} with allowed and blocked pairs"
        )
        assert share >= 0.5, f"{self.law}: only {share:.0%} of the worlds tell allowed from blocked"
