"""docs/rooms.md has a section for every room that exists, in the order of their imports."""

import re
from pathlib import Path

from tests.test_house import HOUSE, ROOMS

PAGE = (Path(__file__).parents[2] / "docs" / "rooms.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def test_the_sections_are_the_rooms_in_their_order() -> None:
    there = {folder.name for folder in HOUSE.iterdir() if any(folder.glob("*.py"))}

    assert list(SECTIONS) == [room for room in ROOMS if room in there]


def test_each_section_says_what_comes_in_what_goes_out_and_why() -> None:
    for text in SECTIONS.values():
        assert re.findall(r"^\* \*\*(\w+)\*\*: ", text, re.MULTILINE) == ["Input", "Output", "Why"]


def test_every_path_that_is_named_exists() -> None:
    root = Path(__file__).parents[2]
    paths = re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.py)?)`", PAGE)

    assert len(paths) >= 8
    assert [p for p in paths if not ((root / p).exists() or (HOUSE / p).exists())] == []
