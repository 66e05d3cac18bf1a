"""Bytes → text, in the encodings that YAML knows.

What Windows writes into a file (UTF-16 with a mark at its start) is read; without a mark an
encoding would be a guess, so that it is named and left to its owner.
"""

import codecs
from typing import Final

_MARKS: Final = (  # the longer first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


class BadTextError(ValueError):
    """Bytes that are not text; ``line`` counts from 1 and is 0 where it means nothing."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


def utf8(data: bytes) -> bytes:
    """The same text as UTF-8 without a mark; it is not looked at where no mark says otherwise.

    Raises BadTextError.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            if codec == "utf-8":
                return body
            try:
                return body.decode(codec).encode()
            except UnicodeDecodeError:
                raise BadTextError(
                    f"is not the {name} text that its first bytes say; save it as UTF-8"
                ) from None
    return data


def decoded(data: bytes) -> str:
    """UTF-8 → text. Raises BadTextError, which says what it may be instead."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if b"\0" in data:
            raise BadTextError("is not text but binary data; leave it out") from None
        problem = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
        raise BadTextError(problem, line) from None


def seems_wide(data: bytes) -> bool:
    """Whether bytes without a mark look like UTF-16 or UTF-32: every other one of the first is
    zero, as it is where plain letters are written with two or four bytes each."""
    start = data[:64]
    return any(start) and len(start) > 3 and not (any(start[0::2]) and any(start[1::2]))
