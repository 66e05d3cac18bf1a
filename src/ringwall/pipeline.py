"""The walk: targets → facts → net → audit (or one question) → report.

What comes after reading is imported when it is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringwall.collect.files import tree
from ringwall.collect.intake import Intake
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.fact import Facts
from ringwall.facts.snapshot import TOOL, Making, Manifest, Snapshot, digest, merged

if TYPE_CHECKING:
    from ringwall.check.config import Config
    from ringwall.reach.answers import Explanation
    from ringwall.report.outputs import AuditReport


@dataclass(frozen=True, slots=True)
class Reading:
    """What the targets gave: facts, and how many objects of which kinds were left out."""

    facts: Facts
    left_out: dict[str, int]


def read(targets: Iterable[str]) -> Reading:
    """Targets → facts. Raises InputError where nothing is left that could be judged."""
    targets = tuple(targets)
    return _settled(targets, tree.gathered(targets))


def snapshot(targets: Iterable[str], at: str, *, cluster: str = "") -> tuple[bytes, Reading]:
    """Targets → the file of a snapshot made at a time, and what it comes to.

    ``cluster`` is that of Kubernetes objects whose place states none. Raises InputError.
    """
    targets = tuple(targets)
    intake = tree.gathered(targets, cluster=cluster)
    said, left_out = intake.said(), dict(sorted(intake.left_out.items()))
    reading = _settled(targets, intake)
    making = Making(at, TOOL, digest(reading.facts), left_out)
    return archive.pack(merged([said, Snapshot(made=(making,))]), reading.facts), reading


def merge(files: Iterable[str]) -> tuple[bytes, Reading]:
    """Snapshots → the file of one that holds them all, and what it comes to. Raises InputError."""
    intake = Intake()
    for file in files:
        tree.read_snapshot(file, intake)
    said = intake.said()
    reading = Reading(*tree.settled(intake))
    return archive.pack(said, reading.facts), reading


def opened(file: str) -> tuple[Manifest, Reading]:
    """A snapshot → what it says of itself, and what it comes to. Raises InputError."""
    intake = Intake()
    manifest = tree.read_snapshot(file, intake)
    return manifest, Reading(*tree.settled(intake))


def audit(
    reading: Reading,
    config: "Config | None" = None,
    *,
    rules: Iterable[str] = (),
    everything: bool = False,
    config_file: str = "",
) -> "AuditReport":
    """Facts → net → findings → report. ``rules``: the ids of those to run, none for all."""
    from ringwall.check.audit import Audit
    from ringwall.check.config import Config
    from ringwall.check.run import run
    from ringwall.discover import load_rule, rule_ids
    from ringwall.reach.questions import Net
    from ringwall.report import outputs

    world = Audit(Net(reading.facts), config or Config(), everything)
    chosen = [load_rule(rule_id) for rule_id in tuple(rules) or rule_ids()]
    findings, failures = run(world, chosen)
    return outputs.audit_report(world, findings, failures, reading.left_out, config_file)


def explain(reading: Reading, src: str, dst: str, port: str) -> "Explanation":
    """Facts → net → one answer with its hops. Raises UsageError."""
    from ringwall.reach import explain as question
    from ringwall.reach.questions import Net

    return question.explain(Net(reading.facts), src, dst, port)


def _settled(targets: tuple[str, ...], intake: Intake) -> Reading:
    reading = Reading(*tree.settled(intake))
    if not reading.facts:
        raise InputError(_nothing(targets, reading))
    return reading


def _nothing(targets: tuple[str, ...], reading: Reading) -> str:
    names = ", ".join(f"`{target}`" for target in targets)
    gaps = reading.facts.gaps
    if gaps:
        more = f" (and {len(gaps) - 1} more like this)" if len(gaps) > 1 else ""
        return f"nothing of {names} could be read: {gaps[0].needs}{more}"
    passed = f", only {sum(reading.left_out.values())} of other kinds" if reading.left_out else ""
    return f"{names}: no Kubernetes object and no AWS answer that concerns the network{passed}"
