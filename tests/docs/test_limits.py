"""docs/limits.md names every code by which something stays unknown, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ringwall

HOUSE = Path(ringwall.__file__).parent
PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
MAKERS = {"Reason", "Gap", "unknown", "_one", "_told", "gap", "_gap"}
"""What is given a code first."""
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TOLD_LATER = re.compile(r"[a-z][a-z-]*-not-(read|known|found|owned|followed|modelled|sure)")
"""Codes that stand in a constant: only codes look like this."""


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def codes_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in MAKERS:
                yield from (text for text in texts(node.args[0]) if CODE.fullmatch(text))
        elif isinstance(node, ast.Constant) and TOLD_LATER.fullmatch(str(node.value)):
            yield str(node.value)


def named() -> set[str]:
    """The codes of the page: those in the tables' columns of that name."""
    found: set[str] = set()
    column = -1
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            column = -1
        elif "codes" in cells:
            column = cells.index("codes")
        elif column >= 0:
            found |= set(re.findall(r"`([a-z0-9-]+)`", cells[column]))
    return found


def test_the_page_names_every_code_and_no_other() -> None:
    codes = {code for file in HOUSE.rglob("*.py") for code in codes_of(file)}

    assert len(codes) > 50
    assert codes - named() == set(), "docs/limits.md does not name these"
    assert named() - codes == set(), "docs/limits.md names these, and nothing says them"
