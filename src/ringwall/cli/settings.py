"""Which configuration, waivers and rules a command line means."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from ringwall.check import config, waivers
from ringwall.check.config import Config
from ringwall.check.toml import Source
from ringwall.check.waivers import Held
from ringwall.discover import governing_ids, rule_ids
from ringwall.errors import ConfigError, UsageError

option = click.option(
    "--config", metavar="FILE", help="The configuration [default: ringwall.toml nearby]."
)
"""``--config``."""
_JUDGES_INGRESS = ("sg-", "api-sg-")
_JUDGES_GROUPS = ("sg-default-on-eks", "sg-unused")


@dataclass(frozen=True)
class Settings:
    """A configuration, the file that it is from (no name for none), and its waivers."""

    config: Config
    source: Source
    waivers: tuple[Held, ...] = ()

    @property
    def file(self) -> str:
        """The configuration's file, empty for none."""
        return self.source.name

    @property
    def waivers_file(self) -> str:
        """The file that the configuration names for waivers, beside it; empty for none."""
        named = self.config.waivers
        return os.path.relpath(Path(self.file).parent / named) if named else ""


def settings(targets: Iterable[str], given: str | None, *, waivers_due: bool = True) -> Settings:
    """What is configured for some targets.

    That is ``--config``, else the nearest file at or above the first target that has a place, else
    at or above the working folder. Without ``waivers_due`` waivers that are not there yet are none.
    Raises ConfigError.
    """
    path = Path(given) if given else _nearest(targets)
    return read(path, waivers_due=waivers_due) if path else Settings(Config(), Source(""))


def read(path: Path, *, waivers_due: bool = True) -> Settings:
    """One configuration and its waivers. Raises ConfigError."""
    found, source = config.load(path)
    config.check_rules(found, source, rule_ids())
    _check_allows(found, source)
    plain = Settings(found, source)
    file = Path(plain.waivers_file)
    if not found.waivers or not (waivers_due or file.exists()):
        return plain
    return Settings(found, source, _waivers(file, found, source))


def _waivers(file: Path, found: Config, source: Source) -> tuple[Held, ...]:
    if not file.is_file():
        hint = "write it, or let `ringwall baseline` do so"
        raise source.error("waivers", f"`{file}` is no file; {hint}")
    known = [rule_id for rule_id in rule_ids() if rule_id not in governing_ids()]
    return waivers.load(file, found, known)


def _check_allows(found: Config, source: Source) -> None:
    for i, allow in enumerate(found.allow):
        for j, rule_id in enumerate(allow.rules):
            if rule_id in _JUDGES_GROUPS or not rule_id.startswith(_JUDGES_INGRESS):
                only = "an [[allow]] is for rules about group ingress (sg-…)"
                problem = f"`{rule_id}` cannot be allowed; {only}"
                raise source.error(f"allow[{i}].rules[{j}]", problem)


def _nearest(targets: Iterable[str]) -> Path | None:
    first = next((Path(target) for target in targets if target != "-"), None)
    starts = [first if first.is_dir() else first.parent] if first else []
    found = (config.find(start.resolve()) for start in [*starts, Path()])
    path = next(filter(None, found), None)
    return Path(os.path.relpath(path)) if path else None


def nearest(file: str | None) -> Path:
    """The configuration meant by a command that needs one: a file, else the nearest above the
    working folder. Raises ConfigError where there is none."""
    path = Path(file) if file else _nearest(())
    if path is None:
        hint = "`ringwall config init` writes one"
        raise ConfigError(f"no `{config.FILE}` here or in a folder above; {hint}")
    return path


def check_rules(wanted: Iterable[str]) -> None:
    """Raises UsageError for an id that no rule has."""
    for rule_id in wanted:
        if rule_id not in rule_ids():
            raise UsageError(config.no_rule(rule_id, rule_ids()))
