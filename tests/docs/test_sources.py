"""docs/sources.md names rules and sources that exist, for each recommendation."""

import re
from pathlib import Path

from ringwall.discover import rule_ids

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sources.md").read_text()
RULES = re.findall(r"\[([a-z0-9-]+)\]\(rules/([a-z0-9-]+)\.md\)", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count(" | ") == 2]
BODY = [row for row in ROWS if not row.startswith("| recommendation |")]
HEAD, _, LIST = PAGE.partition("\n## Sources\n")


def test_every_rule_that_is_named_exists() -> None:
    known = set(rule_ids())

    assert len(RULES) > 50
    assert [name for name, _ in RULES if name not in known] == []
    assert [name for name, page in RULES if name != page] == []


def test_every_recommendation_names_a_rule_or_says_that_there_is_none() -> None:
    told = [row for row in BODY if "](rules/" in row.split(" | ")[2] or "no rule" in row]

    assert len(BODY) == 53
    assert told == BODY


def test_every_source_is_listed_once_and_every_number_leads_to_one() -> None:
    listed = [int(n) for n in re.findall(r"^(\d+)\. .*https://", LIST, re.MULTILINE)]
    used = {int(n) for n in re.findall(r"\[(\d+)\]", HEAD)}

    assert listed == list(range(1, len(listed) + 1))
    assert used == set(listed)


def test_other_pages_that_are_named_exist() -> None:
    pages = re.findall(r"\]\((\w[\w/-]*\.md)\)", PAGE)

    assert [page for page in pages if not (DOCS / page).is_file()] == []
