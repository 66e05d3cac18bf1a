"""How many worlds of a law had something to tell apart."""

from collections.abc import Callable
from typing import TypeAlias

Record: TypeAlias = Callable[[str, object], None]
"""pytest's ``record_property``."""


class Share:
    """Counts the worlds that hold what a law is about: both an allowed and a blocked pair, unless
    ``what`` says otherwise."""

    def __init__(self, law: str, what: str = "allowed and blocked pairs") -> None:
        self.law, self.what = law, what
        self.worlds = self.having = 0

    def count(self, has: bool) -> None:
        self.worlds += 1
        self.having += has

    def close(self, record: Record) -> None:
        """Puts the share into the run's summary. A law over worlds that show nothing fails."""
        assert self.worlds
        share = self.having / self.worlds
        record("share", f"{self.law}: {self.worlds} worlds, {share:.0%} with {self.what}")
        assert share >= 0.5, f"{self.law}: only {share:.0%} of the worlds have {self.what}"
