"""From outcomes to verdict, extent, reply: DESIGN, Verdicts, service by service."""

from hypothesis import given
from hypothesis import strategies as st

from ringwall.model.fabric.pool import Reply
from ringwall.reach.engine.judge import Told, judge
from ringwall.reach.engine.ways import Outcome

WIDTH = 3
FULL = (1 << WIDTH) - 1
REPLIES = ("established", "partial", "unknown", "none")


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Per service blocked, perhaps or surely through, with one of the four replies."""
    must = may = 0
    replies = dict.fromkeys(REPLIES, 0)
    for bit in (1 << i for i in range(WIDTH)):
        level = draw(st.integers(0, 2))
        must |= bit * (level == 2)
        may |= bit * (level > 0)
        if level:
            replies[draw(st.sampled_from(REPLIES))] |= bit
    return Outcome(must, may, Reply(**replies))


def verdict_of(some: list[Outcome], bit: int) -> tuple[str, str | None]:
    must, may = [bool(o.must & bit) for o in some], [bool(o.may & bit) for o in some]
    if some and all(must):
        return "allowed", "all"
    if any(must):
        return "allowed", "some"
    if some and all(may):
        return "unknown", "all"
    return ("unknown", "some") if any(may) else ("blocked", None)


def reply_of(some: list[Outcome], bit: int) -> str | None:
    found = [
        next(name for name in REPLIES if getattr(o.reply, name) & bit) for o in some if o.may & bit
    ]
    if not found:
        return None
    if "none" in found and set(found) != {"none"}:
        return "unknown" if "unknown" in found else "partial"
    return next(name for name in ("none", "unknown", "partial", "established") if name in found)


@given(st.lists(outcomes(), min_size=1, max_size=4), st.lists(outcomes(), min_size=1))
def test_every_service_has_the_answer_that_its_outcomes_give(
    some: list[Outcome], moved: list[Outcome]
) -> None:
    parts = judge(map(Told, some), map(Told, moved), FULL)

    for bit in (1 << i for i in range(WIDTH)):
        (part,) = [one for one in parts if one.services & bit]
        verdict, extent = verdict_of(some, bit)
        other = verdict_of(moved, bit)[0]
        assert (part.verdict, part.extent) == (verdict, extent)
        assert part.reply == reply_of(some, bit)
        assert part.if_placed == (other if other != verdict and verdict != "blocked" else None)


@given(st.lists(outcomes(), max_size=4))
def test_parts_are_disjoint_and_together_everything(some: list[Outcome]) -> None:
    parts = judge(map(Told, some), map(Told, some), FULL)

    assert sum(one.services for one in parts) == FULL


def test_no_outcome_at_all_is_blocked() -> None:
    (part,) = judge([], [], FULL)

    assert part.verdict == "blocked"
