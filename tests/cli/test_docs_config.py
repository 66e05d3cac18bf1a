"""What docs/config.md and docs/waivers.md show is valid, and nothing is left out."""

import re
from pathlib import Path

import msgspec
import pytest

from ringwall.check import waivers
from ringwall.check.config import Allow, Area, Config, Network, Weight, parse
from ringwall.check.waivers import Waiver
from ringwall.discover import rule_ids
from ringwall.track import ledger

DOCS = Path(__file__).parents[2] / "docs"
CONFIG = (DOCS / "config.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", CONFIG, re.DOTALL)
WAIVERS = re.findall(r"```toml\n(.*?)```", (DOCS / "waivers.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_configuration_is_valid(example: str) -> None:
    assert parse(example, "ringwall.toml") != Config()


def test_every_setting_is_explained() -> None:
    tables = {**msgspec.to_builtins(Config())}
    names = {
        *tables,
        *(key for table in tables.values() if isinstance(table, dict) for key in table),
    }
    for type_ in (Network, Area, Weight, Allow):
        names |= set(type_.__struct_fields__)

    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", CONFIG)] == []


@pytest.mark.parametrize("example", WAIVERS)
def test_an_example_of_a_waiver_is_valid(example: str) -> None:
    (held,) = waivers.parse(example, "waivers.toml", Config(), rule_ids())

    assert held.waiver.selectors.keys() == {"cause"}


def test_every_field_of_a_waiver_is_explained() -> None:
    page = (DOCS / "waivers.md").read_text()

    assert [name for name in Waiver.__struct_fields__ if f"`{name}`" not in page] == []


def test_the_lines_of_a_ledger_are_those_that_are_read() -> None:
    page = (DOCS / "memory.md").read_text()
    (lines,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    decoder = msgspec.json.Decoder(ledger.Run | ledger.Open)

    run, found = (decoder.decode(line) for line in lines.splitlines())

    assert isinstance(run, ledger.Run)
    assert isinstance(found, ledger.Open)
    assert run.schema == ledger.LEDGER
    assert msgspec.json.encode(run).decode() == lines.splitlines()[0]
