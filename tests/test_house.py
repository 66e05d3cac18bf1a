"""A room imports only rooms listed before it; the files at the door may see all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ringwall

ROOMS = (
    "space facts collect traffic model reach check plan guard track store report notify serve cli"
).split()
DOOR = ("__main__", "pipeline", "discover", "net")
HOUSE = Path(ringwall.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """The parts of ringwall that a file imports, as dotted names below ``ringwall``."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield "a relative import"
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ringwall"
        ):
            below = (node.module or "").partition(".")[2]
            yield from [below] if below else (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            yield from (name.partition(".")[2] for name in names if name.startswith("ringwall"))


def room(dotted: str) -> str:
    return dotted.partition(".")[0]


def may_see(file: Path) -> set[str]:
    place = file.relative_to(HOUSE).parts
    if place[0] == "errors.py":
        return set()
    if len(place) == 1:
        return {*ROOMS, *DOOR, "errors", "__version__"}
    seen = {*ROOMS[: ROOMS.index(place[0]) + 1], "errors", "__version__"}
    return seen | set(DOOR) if place[0] == "cli" else seen


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_a_file_imports_only_rooms_before_its_own(file: Path) -> None:
    assert {room(name) for name in imports(file)} - may_see(file) == set()


def test_the_definition_sees_neither_model_nor_space() -> None:
    files = [file for file in FILES if file.is_relative_to(HOUSE / "reach" / "definition")]

    seen = {room(name) for file in files for name in imports(file)}

    assert files
    assert seen & {"model", "space"} == set()


def test_the_engine_and_its_model_do_not_see_the_definition() -> None:
    files = [
        file
        for file in FILES
        if file.is_relative_to(HOUSE / "model") or file.is_relative_to(HOUSE / "reach" / "engine")
    ]

    seen = {name for file in files for name in imports(file)}

    shared = ("reach.cells", "reach.definition", "reach.explain", "reach.ids", "reach.questions")
    assert files
    assert [name for name in seen if name.startswith(shared)] == []


def test_every_folder_is_a_room() -> None:
    folders = {folder.name for folder in HOUSE.iterdir() if any(folder.glob("*.py"))}

    assert folders <= set(ROOMS)


def test_rich_is_imported_only_by_the_page_and_only_when_it_draws() -> None:
    for file in FILES:
        tree = ast.parse(file.read_text())
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        inside = {id(n) for function in functions for n in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and room(node.module or "") == "rich":
                assert file == HOUSE / "report" / "page.py"
                assert id(node) in inside
