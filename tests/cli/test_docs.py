"""The examples of docs/outputs.md are what the commands print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ringwall

PAGE = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text()
FILES = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"```sh\nringwall (.*?)\n```\n\n```json\n(.*?)```", PAGE, re.DOTALL)


def lacking(shown: Any, found: Any, at: str = "") -> list[str]:
    """The places where a document does not hold what an example shows of it. Each item of a list
    that is shown must be held by some item of the other."""
    if isinstance(shown, dict):
        if not isinstance(found, dict):
            return [at]
        return [
            where
            for name, part in shown.items()
            for where in lacking(part, found.get(name), f"{at}/{name}")
        ]
    if isinstance(shown, list) and isinstance(found, list):
        return [
            f"{at}/{number}"
            for number, part in enumerate(shown)
            if not any(not lacking(part, other) for other in found)
        ]
    return [] if shown == found else [at]


def test_the_page_has_examples() -> None:
    assert len(FILES) == 2
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[c.split()[0] for c, _ in EXAMPLES])
def test_an_example_is_what_the_command_prints(
    ringwall: Ringwall, command: str, shown: str
) -> None:
    for name, text in FILES:
        Path(name).write_text(text)

    done = ringwall(*command.split(), "--format", "json")

    assert lacking(json.loads(shown), json.loads(done.out)) == []
