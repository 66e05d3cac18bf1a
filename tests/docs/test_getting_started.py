"""docs/getting-started.md, run from its first line to its last as a reader would."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from ringwall.cli.app import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "getting-started.md").read_text()
BLOCKS = re.findall(r"^```(\w*) ?(\S*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def told(line: str) -> int:
    """The exit code that a line's comment promises; 0 where it has none."""
    found = re.search(r"# exit code (\d)", line)
    return int(found[1]) if found else 0


def test_every_command_works_and_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    out, done = "", 0

    for language, name, text in BLOCKS:
        if language == "toml":
            Path(name).write_text(text)
        if language == "text":
            printed = out.splitlines()
            assert [line for line in text.splitlines() if line not in printed] == []
        if language == "sh":
            out = ""
            for line in text.splitlines():
                program, *args = shlex.split(line, comments=True)
                assert (program, line, run(args)) == ("ringwall", line, told(line))
                out += capsys.readouterr().out
                done += 1

    assert done == 17


def test_what_is_run_outside_the_tool_exists() -> None:
    (install,) = (text for language, _, text in BLOCKS if not language)

    assert install.splitlines() == ["make demo", 'export PATH="$PWD/.venv/bin:$PATH"']
    assert re.search(r"^demo:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_page_that_is_named_exists() -> None:
    pages = [
        (page, target)
        for page in (ROOT / "docs").glob("*.md")
        for target in re.findall(r"\]\(([\w./-]+\.md)\)", page.read_text())
    ]

    assert len(pages) > 20
    assert [(page.name, to) for page, to in pages if not (page.parent / to).is_file()] == []
