"""Makes text from an input harmless on a terminal."""


def printable(text: str) -> str:
    """``text`` with everything that does not print as itself written as an escape.

    Control characters could move the cursor or colour lines, line breaks fake a line, and
    direction marks turn one round: a name from a manifest must not be able to do either.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
