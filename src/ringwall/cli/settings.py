"""Which ``ringwall.toml`` and which rules a command line means."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from ringwall.check import config
from ringwall.check.config import Config
from ringwall.discover import rule_ids
from ringwall.errors import ConfigError, UsageError

_JUDGES_INGRESS = "sg-"


def configuration(targets: Iterable[str], given: str | None) -> tuple[Config, str]:
    """The configuration, and the file that it is from (empty for none).

    That is ``--config``, else the nearest one at or above the first target that has a place, else
    at or above the working folder. Raises ConfigError.
    """
    path = Path(given) if given else _nearest(targets)
    if path is None:
        return Config(), ""
    found = config.load(path)
    for i, allow in enumerate(found.allow):
        for j, rule_id in enumerate(allow.rules):
            if rule_id not in rule_ids():
                where = f"`$.allow[{i}].rules[{j}]`"
                raise ConfigError(f"{path}: {_no_rule(rule_id)} - at {where}")
            if not rule_id.startswith(_JUDGES_INGRESS):
                where = f"`$.allow[{i}].rules[{j}]`"
                only = "an [[allow]] is for rules about group ingress (sg-…)"
                raise ConfigError(f"{path}: `{rule_id}` cannot be allowed; {only} - at {where}")
    return found, str(path)


def _nearest(targets: Iterable[str]) -> Path | None:
    first = next((Path(target) for target in targets if target != "-"), None)
    starts = [first if first.is_dir() else first.parent] if first else []
    found = (config.find(start.resolve()) for start in [*starts, Path()])
    path = next(filter(None, found), None)
    return Path(os.path.relpath(path)) if path else None


def check_rules(wanted: Iterable[str]) -> None:
    """Raises UsageError for an id that no rule has."""
    for rule_id in wanted:
        if rule_id not in rule_ids():
            raise UsageError(_no_rule(rule_id))


def _no_rule(rule_id: str) -> str:
    near = get_close_matches(rule_id, rule_ids(), 1)
    hint = f"did you mean `{near[0]}`?" if near else "`ringwall rules list` shows them all"
    return f"`{rule_id}` is not a rule; {hint}"
