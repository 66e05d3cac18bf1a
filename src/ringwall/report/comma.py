"""Lines of CSV (RFC 4180) that a spreadsheet takes for text."""

import csv
import io
from collections.abc import Iterable

from ringwall.report.escape import printable


def line(cells: Iterable[str]) -> str:
    """One line, quoted where that is needed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def cell(text: str) -> str:
    """Text that a spreadsheet takes for text, not for a formula."""
    shown = printable(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown
