"""Reads a case: an input, what a peer answered on it, what we answer, and why."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CASES = HERE / "cases"
_WORLDS = HERE / "worlds"


@dataclass(frozen=True)
class Peer:
    """A peer's answer; ``known`` by a ``run`` on the same input, or ``read`` in its source."""

    tool: str
    checks: list[str]
    answer: str
    known: str


@dataclass(frozen=True)
class Witness:
    """A question to both evaluators, its verdict, the gates and rules that must be named on the
    way, and what must be named to settle an unknown."""

    src: str
    dst: str
    port: str
    verdict: str
    by: list[str]
    needs: list[str]


@dataclass(frozen=True)
class Case:
    """One folder of ``cases``. A finding is ``STATUS SEVERITY RULE CAUSE``, with ``-`` for the
    severity of what passes; every rule that is named says these and nothing else. ``paths`` and
    ``counts`` are of findings, by ``RULE CAUSE``."""

    name: str
    title: str
    why: str
    theirs: list[Peer]
    findings: list[str]
    paths: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> list[str]:
        """The rules that the findings name."""
        return sorted({line.split()[2] for line in self.findings})

    @property
    def config(self) -> str:
        """The text of ``ringwall.toml``, empty without one."""
        return self.files.get("ringwall.toml", "")

    @property
    def facts(self) -> dict[str, str]:
        """The files that tell facts."""
        return {name: text for name, text in self.files.items() if name != "ringwall.toml"}


def load(folder: Path) -> Case:
    """The case of a folder; its input lies over the world that it names."""
    stated = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    ours: dict[str, Any] = stated.pop("ours")
    world = stated.pop("world", "")
    files = (_texts(_WORLDS / world) if world else {}) | _texts(folder / "input")
    theirs = [Peer(**one) for one in stated.pop("theirs")]
    witnesses = [_witness(one) for one in stated.pop("witnesses", [])]
    return Case(folder.name, theirs=theirs, witnesses=witnesses, files=files, **stated, **ours)


def _witness(stated: dict[str, Any]) -> Witness:
    src, dst, port, verdict = (stated[name] for name in ("from", "to", "port", "verdict"))
    return Witness(src, dst, port, verdict, stated["by"], stated.get("needs", []))


def _texts(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}
