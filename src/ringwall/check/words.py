"""Counted things in words."""


def many(count: int, thing: str) -> str:
    """``1 policy``, ``3 policies``."""
    ends_hard = thing.endswith("y") and thing[-2:-1] not in "aeiou"
    plural = f"{thing[:-1]}ies" if ends_hard else f"{thing}s"
    return f"{count} {thing if count == 1 else plural}"
