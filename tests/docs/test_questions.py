"""docs/questions.md shows what the commands print about the shop."""

import re
import shlex
from pathlib import Path

import pytest

from ringwall.check.asks import documents
from ringwall.check.asks.kinds import BALANCERS, STORES
from ringwall.cli.app import COMMANDS, run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "questions.md").read_text()
SHOWN = re.findall(r"```sh\n(ringwall .*?)\n```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
QUESTIONS = ("exposed", "who-can-reach", "blast-radius", "rule-use")


def test_every_question_is_shown() -> None:
    assert [shlex.split(line)[1] for line, _ in SHOWN] == list(QUESTIONS)
    assert set(QUESTIONS) <= COMMANDS.keys()


@pytest.mark.parametrize(("line", "text"), SHOWN, ids=QUESTIONS)
def test_the_page_shows_what_is_printed(
    line: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")

    assert run(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out == text


def test_the_contracts_are_named() -> None:
    contracts = (
        documents.EXPOSED,
        documents.WHO_CAN_REACH,
        documents.BLAST_RADIUS,
        documents.RULE_USE,
    )

    assert [name for name in contracts if f"`{name}`" not in PAGE] == []


def test_the_signs_of_services_are_those_of_the_code() -> None:
    """Every requester and type that tells whose an interface is has its place in the table."""
    words = {word for sign in (*STORES, *BALANCERS) for word in (sign.requester, sign.type)} - {""}

    assert [word for word in sorted(words) if f"`{word}`" not in PAGE] == []
    assert [sign.what for sign in STORES if f"| {sign.what} |" not in PAGE] == []
