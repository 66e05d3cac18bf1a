"""What it costs to load the rules: the engine waits until a rule asks it."""

import subprocess
import sys

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
