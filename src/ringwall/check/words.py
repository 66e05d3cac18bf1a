"""Counted things in words."""


def many(count: int, thing: str) -> str:
    """``1 policy``, ``3 policies``."""
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{count} {thing if count == 1 else plural}"
