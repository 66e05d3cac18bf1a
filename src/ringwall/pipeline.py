"""The walk: targets → facts → net → audit (or one question) → report.

What comes after reading is imported when it is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ringwall.collect.files import tree
from ringwall.collect.intake import Intake
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.fact import INCOMPLETE, Facts
from ringwall.facts.snapshot import TOOL, Making, Manifest, Snapshot, digest, merged

if TYPE_CHECKING:
    from ringwall.check.audit import Audit
    from ringwall.check.config import Config
    from ringwall.check.finding import Finding
    from ringwall.check.run import Failure
    from ringwall.check.waivers import Held
    from ringwall.reach.answers import Explanation
    from ringwall.report.outputs import AuditReport
    from ringwall.track.ledger import History


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
    waivers: Iterable["Held"] = (),
    since: tuple[str, Reading] | None = None,
) -> "AuditReport":
    """Facts → net → findings → report. ``rules``: the ids of those to run, none for those that the
    configuration leaves. ``since``: the name and facts of an earlier state to compare with."""
    from ringwall.check.config import Config
    from ringwall.discover import rule_ids
    from ringwall.report import outputs

    config, held = config or Config(), tuple(waivers)
    ids = tuple(rules) or tuple(config.rules.of(rule_ids()))
    now = _audited(reading, config, ids, held, everything=everything)
    skipped = [] if rules else [one for one in rule_ids() if one not in ids]
    said = outputs.config_out(now.audit, config_file, skipped)
    report = outputs.audit_report(now.audit, now.findings, now.failures, reading.left_out, said)
    if since is None:
        return report
    name, earlier = since
    before = _audited(earlier, config, ids, held, everything=everything)
    return outputs.compared(report, now.audit, name, earlier.facts, before.findings)


class _Audited(NamedTuple):
    audit: "Audit"
    findings: "list[Finding]"
    failures: "list[Failure]"


def _audited(
    reading: Reading,
    config: "Config",
    ids: tuple[str, ...],
    waivers: tuple["Held", ...],
    *,
    everything: bool,
) -> _Audited:
    from ringwall.check.audit import Audit
    from ringwall.check.run import run
    from ringwall.discover import load_rule
    from ringwall.reach.questions import Net

    audit = Audit(Net(reading.facts), config, everything, waivers=waivers)
    return _Audited(audit, *run(audit, [load_rule(rule_id) for rule_id in ids]))


def history(folder: str) -> "History":
    """What a ledger tells of earlier audits."""
    from ringwall.track import ledger

    return ledger.read(folder)


def record(folder: str, report: "AuditReport", at: datetime) -> None:
    """Adds an audit of a time to a ledger. Raises RingwallError where it cannot be written."""
    from ringwall.check.finding import OPEN
    from ringwall.track import ledger

    failed = {failure.where.removeprefix("rule ") for failure in report.failed}
    rules = {finding.rule for finding in report.findings} - failed
    clusters = [cluster.name for cluster in report.clusters]
    partial = bool(report.failed or any(gap.code in INCOMPLETE for gap in report.gaps))
    done = ledger.Run(
        ledger.LEDGER, at, report.tool, report.digest, clusters, sorted(rules), partial
    )
    found = [
        ledger.Open(at, mark, rule, f.cluster, f.subject, f.status, f.severity)
        for f in report.findings
        if f.status in OPEN
        for rule, mark in _named(f)
    ]
    ledger.append(folder, done, found)


def _named(finding: "Finding") -> Iterator[tuple[str, str]]:
    """Rule and fingerprint of a finding, and of those that it implies."""
    from ringwall.check.finding import fingerprint

    yield finding.rule, finding.fingerprint
    for rule in finding.folded:
        yield rule, fingerprint(rule, finding.cluster, finding.subject)


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
