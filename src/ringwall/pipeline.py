"""The walk: targets → facts → net → audit (or one question) → report."""

from collections.abc import Iterable
from dataclasses import dataclass

from ringwall.check.audit import Audit
from ringwall.check.config import Config
from ringwall.check.run import run
from ringwall.collect.files import tree
from ringwall.discover import load_rule, rule_ids
from ringwall.errors import InputError
from ringwall.facts.fact import Facts
from ringwall.reach import explain as question
from ringwall.reach.answers import Explanation
from ringwall.reach.questions import Net
from ringwall.report import outputs
from ringwall.report.outputs import AuditReport


@dataclass(frozen=True, slots=True)
class Reading:
    """What the targets gave: facts, and how many objects of which kinds were left out."""

    facts: Facts
    left_out: dict[str, int]


def read(targets: Iterable[str]) -> Reading:
    """Targets → facts. Raises InputError where nothing is left that could be judged."""
    targets = tuple(targets)
    reading = Reading(*tree.read(targets))
    if not reading.facts:
        raise InputError(_nothing(targets, reading))
    return reading


def audit(
    reading: Reading,
    config: Config | None = None,
    *,
    rules: Iterable[str] = (),
    everything: bool = False,
    config_file: str = "",
) -> AuditReport:
    """Facts → net → findings → report. ``rules``: the ids of those to run, none for all."""
    world = Audit(Net(reading.facts), config or Config(), everything)
    chosen = [load_rule(rule_id) for rule_id in tuple(rules) or rule_ids()]
    findings, failures = run(world, chosen)
    return outputs.audit_report(world, findings, failures, reading.left_out, config_file)


def explain(reading: Reading, src: str, dst: str, port: str) -> Explanation:
    """Facts → net → one answer with its hops. Raises UsageError."""
    return question.explain(Net(reading.facts), src, dst, port)


def _nothing(targets: tuple[str, ...], reading: Reading) -> str:
    names = ", ".join(f"`{target}`" for target in targets)
    gaps = reading.facts.gaps
    if gaps:
        more = f" (and {len(gaps) - 1} more like this)" if len(gaps) > 1 else ""
        return f"nothing of {names} could be read: {gaps[0].needs}{more}"
    passed = f", only {sum(reading.left_out.values())} of other kinds" if reading.left_out else ""
    return f"{names}: no Kubernetes object and no AWS answer that concerns the network{passed}"
