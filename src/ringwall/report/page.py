"""Text for people: lines wrapped to a width, coloured on a terminal, never cut.

rich is imported only here, and only to draw. Every text from the input is made printable first.
"""

import io
from dataclasses import dataclass

from ringwall.report.escape import printable


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: columns, whether in colour, and whether what passed is listed too."""

    width: int = 80
    color: bool = False
    verbose: bool = False


class Page:
    """Lines of text, wrapped to a width."""

    def __init__(self, look: Look) -> None:
        from rich.console import Console

        self._out = io.StringIO()
        self.console = Console(
            file=self._out,
            width=look.width,
            force_terminal=look.color,
            no_color=not look.color,
            color_system="standard" if look.color else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "".join(f"{line.rstrip()}\n" for line in self._out.getvalue().splitlines())

    def write(self, text: str, *, indent: int = 0, label: str = "", style: str = "") -> None:
        """One paragraph, below its first line indented alike; ``style`` is its label's, or its own
        where it has none."""
        from rich.text import Text

        body = Text(printable(text), style="" if label else style)
        wide = max(self.console.width - indent, 20)
        lead = Text(label.ljust(indent) if label else " " * indent, style=style)
        for line in body.wrap(self.console, wide, overflow="fold") or [Text()]:
            self.console.print(lead + line, soft_wrap=True)
            lead = Text(" " * indent)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()
