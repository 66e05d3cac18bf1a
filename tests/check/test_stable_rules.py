"""Every rule finds the same under the same fingerprints when its page's cases are read again: lists
in another order, files under other names, made-up names made up anew."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from ringwall.check.audit import Audit
from ringwall.check.config import Config, parse
from ringwall.check.finding import OPEN, Finding
from ringwall.check.run import run
from ringwall.discover import governing_ids, load_rule, load_rules, rule_ids
from tests.check.pages import Case, cases
from tests.check.test_rule_pages import governed
from tests.support import net_of

ALL = [case for rule in rule_ids() for case in cases(rule)]
TELLING = [case for case in ALL if case.expected]
_AWS_IDS = re.compile(r"\b(?:eni|eni-attach|sgr)-(0[0-9a-f]+)\b")
_IN_NAMES = re.compile(r"pl-[0-9a-f]+")
"""Ids that the name of a file may tell: of the prefix list whose entries it holds."""


def test_every_rule_has_a_case_that_finds_something() -> None:
    assert {case.rule for case in TELLING} == set(rule_ids())


@pytest.mark.parametrize("case", TELLING, ids=lambda case: f"{case.rule}: {case.title}")
def test_what_is_read_again_is_found_under_the_same_fingerprints(case: Case) -> None:
    again = Case(case.rule, case.title, anew(case.files), case.config, case.waivers)

    assert told(again) == told(case)


def test_what_all_rules_find_together_stays_the_same_too() -> None:
    """Nothing that folds and numbers findings looks at the order."""
    for rule in ("np-namespace-none", "sg-all-ports-internet", "node-public-ip"):
        for case in cases(rule):
            files = anew(case.files)
            first, second = (run(Audit(net_of(one)), load_rules()) for one in (case.files, files))
            assert marks(first[0]) == marks(second[0])
            assert first[1] == second[1] == []


def told(case: Case) -> list[tuple[str, ...]]:
    config = parse(case.config, "ringwall.toml") if case.config else Config()
    if case.rule in governing_ids():
        return marks(governed(case, config))
    findings, failures = run(Audit(net_of(case.files), config), [load_rule(case.rule)])
    assert failures == []
    return marks(findings)


def marks(findings: list[Finding]) -> list[tuple[str, ...]]:
    """What must not change: fingerprints, lasting names, verdicts."""
    opened = [one for one in findings if one.status in OPEN]
    assert len({one.fingerprint for one in opened}) == len(opened)
    return sorted((one.fingerprint, one.status, one.severity, one.subject) for one in opened)


# --- the same network, made anew ------------------------------------------------------------------


def anew(files: dict[str, str]) -> dict[str, str]:
    """The same network with other generated names, in other files, in another order."""
    chance = random.Random(7)  # noqa: S311 - nothing secret
    new = {old: _another(old, chance) for old in sorted(set(_generated(files)), key=len)}
    words = re.compile("|".join(rf"(?<![\w-]){re.escape(old)}(?![\w-])" for old in new) or "(?!)")
    renamed = {name: words.sub(lambda found: new[found[0]], text) for name, text in files.items()}
    pairs = [
        (_file(name, number), _shuffled_text(name, text, chance))
        for number, (name, text) in enumerate(renamed.items())
    ]
    chance.shuffle(pairs)
    return dict(pairs)


def _generated(files: dict[str, str]) -> Iterator[str]:
    """The names that controllers and AWS made up."""
    for name, text in files.items():
        yield from (found[0] for found in _AWS_IDS.finditer(text))
        for document in _documents(name, text):
            for one in document.get("items") or [document]:
                metadata = one.get("metadata") or {} if isinstance(one, dict) else {}
                owners = [o["name"] for o in metadata.get("ownerReferences") or []]
                if any(str(metadata.get("name")).startswith(f"{owner}-") for owner in owners):
                    yield metadata["name"]


def _another(text: str, chance: random.Random) -> str:
    """The last part of a name in other letters."""
    stem, _, last = text.rpartition("-")
    return f"{stem}-" + "".join(chance.choice("0123456789abcdef") for _ in f"{last}00")


def _file(name: str, number: int) -> str:
    path = PurePosixPath(name)
    kept = _IN_NAMES.findall(path.name)
    return str(path.with_name("-".join(["renamed", str(number), *kept]) + path.suffix))


def _documents(name: str, text: str) -> list[dict[str, Any]]:
    """What a file holds; nothing where it is not meant to be valid."""
    try:
        found = [json.loads(text)] if name.endswith("json") else list(yaml.safe_load_all(text))
    except (ValueError, yaml.YAMLError):
        return []
    return [one for one in found if isinstance(one, dict)]


def _shuffled_text(name: str, text: str, chance: random.Random) -> str:
    documents = [_shuffled(one, chance) for one in _documents(name, text)]
    chance.shuffle(documents)
    return "\n---\n".join(map(json.dumps, documents)) if documents else text


def _shuffled(value: Any, chance: random.Random) -> Any:
    """The objects of every list in another order, and the fields of every object."""
    if isinstance(value, dict):
        items = [(name, _shuffled(item, chance)) for name, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [_shuffled(item, chance) for item in value]
        if all(isinstance(item, dict) for item in items):
            chance.shuffle(items)
        return items
    return value
