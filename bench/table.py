"""Rows of text under a heading, with a mark where a budget is missed."""

from collections.abc import Sequence

MISSED = "MISSED"


def drawn(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column and the last are words, the others figures."""
    every = [list(headings), *map(list, rows)]
    widths = [max(len(row[i]) for row in every) for i in range(len(headings))]
    lines = [title, *(_line(row, widths).rstrip() for row in every)]
    return "\n".join(lines) + "\n"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *figures, last = row
    shown = [text.rjust(width) for text, width in zip(figures, widths[1:-1], strict=True)]
    return "  ".join([first.ljust(widths[0]), *shown, last])


def said(*parts: str) -> str:
    """Remarks in one cell."""
    return "; ".join(part for part in parts if part)


def missed(late: bool) -> str:
    """The mark, or nothing."""
    return MISSED if late else ""


def seconds(value: float) -> str:
    """A time with three digits."""
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
