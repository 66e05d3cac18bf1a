"""What it costs to load the rules: the engine waits until a rule asks it."""

import subprocess
import sys

from ringwall.discover import load_rules, rule_ids

LOADS = """\
import sys
from ringwall.discover import load_rules
assert len(load_rules()) > 40
heavy = {"numpy", "ringwall.reach.engine", "ringwall.model"}
print(sorted(heavy & sys.modules.keys()))
"""


def test_the_rules_are_loaded_without_the_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_a_rule_has_the_name_of_its_file() -> None:
    assert [loaded.rule.id for loaded in load_rules()] == rule_ids()
