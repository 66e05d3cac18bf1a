"""The walk: targets → facts → net → audit (or one question) → report.

What comes after reading is imported when it is asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ringwall.collect.files import stored, tree
from ringwall.collect.intake import Intake
from ringwall.errors import InputError, UsageError
from ringwall.facts import archive
from ringwall.facts.fact import INCOMPLETE, Facts
from ringwall.facts.snapshot import TOOL, Making, Manifest, Snapshot, digest, merged

if TYPE_CHECKING:
    from ringwall.check.asks.documents import (
        BlastRadiusReport,
        ExposedReport,
        RuleUseReport,
        WhoCanReachReport,
    )
    from ringwall.check.audit import Audit
    from ringwall.check.config import Config
    from ringwall.check.finding import Finding
    from ringwall.check.run import Failure
    from ringwall.check.waivers import Held
    from ringwall.facts.redact import Redaction, Redactor
    from ringwall.reach.answers import Explanation
    from ringwall.reach.documents import WhatIfReport
    from ringwall.report.outputs import AuditReport
    from ringwall.space.addresses import Addresses
    from ringwall.track.ledger import History


@dataclass(frozen=True, slots=True)
class Reading:
    """What the targets gave: facts, and how many objects of which kinds were left out.

    ``redaction``: how the facts were redacted, and what they were before.
    """

    facts: Facts
    left_out: dict[str, int]
    redaction: "Redaction | None" = None

    def redacted(self, redactor: "Redactor | None") -> "Reading":
        """The same without what is private; as it is where there is no redactor."""
        if redactor is None:
            return self
        from ringwall.facts.redact import Redaction

        left_out = {redactor.sentence(kind): number for kind, number in self.left_out.items()}
        return Reading(redactor.facts(self.facts), left_out, Redaction(redactor, self.facts))

    def said(self, word: str) -> str:
        """What a user wrote, as it is called here."""
        return self.redaction.redactor.text(word) if self.redaction else word

    @contextmanager
    def in_words_of_user(self, again: Callable[[Facts], object]) -> Iterator[None]:
        """A question that cannot be asked is asked ``again`` of what was read, so that what is said
        to its user is in the words of the input. Raises UsageError."""
        try:
            yield
        except UsageError:
            if self.redaction is not None:
                again(self.redaction.facts)
            raise


def read(targets: Iterable[str], redactor: "Redactor | None" = None) -> Reading:
    """Targets → facts, redacted where there is a redactor. Raises InputError where nothing is left
    that could be judged."""
    (reading,) = read_each(targets, redactor=redactor)
    return reading


def read_each(*targets: Iterable[str], redactor: "Redactor | None" = None) -> tuple[Reading, ...]:
    """The same of several states, which are redacted alike. Raises InputError."""
    given = [tuple(one) for one in targets]
    readings = [_settled(one, tree.gathered(one)) for one in given]
    if redactor is not None:
        for reading in readings:
            redactor.hold(fact.body for fact in reading.facts.values())
    return tuple(reading.redacted(redactor) for reading in readings)


def snapshot(
    targets: Iterable[str], at: str, *, cluster: str = "", redactor: "Redactor | None" = None
) -> tuple[bytes, Reading]:
    """Targets → the file of a snapshot made at a time, and what it comes to.

    ``cluster`` is that of Kubernetes objects whose place states none. Raises InputError.
    """
    targets = tuple(targets)
    intake = redacted(tree.gathered(targets, cluster=cluster), redactor)
    said, left_out = intake.said(), dict(sorted(intake.left_out.items()))
    reading = _settled(targets, intake)
    making = Making(at, TOOL, digest(reading.facts), left_out)
    return archive.pack(merged([said, Snapshot(made=(making,))]), reading.facts), reading


def merge(files: Iterable[str], redactor: "Redactor | None" = None) -> tuple[bytes, Reading]:
    """Snapshots → the file of one that holds them all, and what it comes to. Raises InputError."""
    intake = Intake()
    for file in files:
        tree.read_snapshot(file, intake)
    intake = redacted(intake, redactor)
    said = intake.said()
    reading = Reading(*tree.settled(intake))
    return archive.pack(said, reading.facts), reading


def redacted(intake: Intake, redactor: "Redactor | None") -> Intake:
    """What was gathered, without what is private."""
    if redactor is None:
        return intake
    intake.decide()
    bare = Intake(redactor.text(intake.cluster))
    stored.add(redactor.snapshot(intake.said()), "", bare)
    for kind, number in intake.left_out.items():
        bare.left_out[redactor.sentence(kind)] += number
    return bare


def opened(file: str, redactor: "Redactor | None" = None) -> tuple[Manifest, Reading]:
    """A snapshot → what it says of itself, and what it comes to. Raises InputError."""
    intake = Intake()
    manifest = tree.read_snapshot(file, intake)
    reading = Reading(*tree.settled(intake))
    if redactor is None:
        return manifest, reading
    bare = reading.redacted(redactor)
    made = [msgspec.structs.replace(redactor.struct(one), digest="") for one in manifest.made]
    same = manifest.digest == digest(reading.facts)
    shown = digest(bare.facts) if same else ""
    return msgspec.structs.replace(manifest, made=made, digest=shown), bare


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
    from ringwall.check import redacted
    from ringwall.check.config import Config
    from ringwall.discover import rule_ids
    from ringwall.report import outputs

    config, held = config or Config(), tuple(waivers)
    if reading.redaction:
        config = redacted.config(config, reading.redaction.redactor)
        held = redacted.waivers(held, reading.redaction.redactor)
    ids = tuple(rules) or tuple(config.rules.of(rule_ids()))
    now = _audited(reading, config, ids, held, everything=everything)
    skipped = [] if rules else [one for one in rule_ids() if one not in ids]
    said = outputs.config_out(now.audit, reading.said(config_file), skipped)
    report = outputs.audit_report(now.audit, now.findings, now.failures, reading.left_out, said)
    if since is None:
        return report
    name, earlier = since
    before = _audited(earlier, config, ids, held, everything=everything)
    return outputs.compared(report, now.audit, reading.said(name), earlier.facts, before.findings)


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

    audit = Audit(
        Net(reading.facts), config, everything, waivers=waivers, redaction=reading.redaction
    )
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

    with reading.in_words_of_user(lambda facts: question.explain(Net(facts), src, dst, port)):
        return question.explain(Net(reading.facts), reading.said(src), reading.said(dst), port)


def what_if(
    reading: Reading, *, delete: Iterable[str], apply: Iterable[str], revoke: Iterable[str]
) -> "WhatIfReport":
    """Facts → the same with a change → what that opens and closes. Raises UsageError, and
    InputError where a file to apply cannot be read."""
    from ringwall.collect import change
    from ringwall.net import Net

    before = reading.redaction.facts if reading.redaction else reading.facts
    asked = change.asked(before, delete=delete, apply=apply, revoke=revoke)
    if reading.redaction:
        asked = change.redacted(asked, reading.redaction.redactor)
    return Net(reading.facts).what_if_changed(asked)


def exposed(reading: Reading, port: str | None) -> "ExposedReport":
    """Facts → net → what the Internet reaches. Raises UsageError."""
    from ringwall.net import Net

    return Net(reading.facts).exposed(port)


def who_can_reach(
    reading: Reading, dst: str, port: str | None, config: "Config"
) -> "WhoCanReachReport":
    """Facts → net → who reaches one thing. Raises UsageError."""
    from ringwall.net import Net

    with reading.in_words_of_user(lambda facts: Net(facts).who_can_reach(dst, port)):
        return Net(reading.facts).who_can_reach(reading.said(dst), port, _own(reading, config))


def blast_radius(reading: Reading, src: str, config: "Config") -> "BlastRadiusReport":
    """Facts → net → what one thing reaches. Raises UsageError."""
    from ringwall.net import Net

    with reading.in_words_of_user(lambda facts: Net(facts).blast_radius(src)):
        return Net(reading.facts).blast_radius(reading.said(src), _own(reading, config))


def _own(reading: Reading, config: "Config") -> "Addresses":
    """The own networks of a configuration, as they are called here."""
    from ringwall.check import redacted

    if reading.redaction:
        config = redacted.config(config, reading.redaction.redactor)
    return config.own_networks


def rule_use(reading: Reading, rule: str) -> "RuleUseReport":
    """Facts → net, with and without a rule → what only it opens. Raises UsageError."""
    from ringwall.check.asks.rule_use import revoked
    from ringwall.net import Net

    before = reading.redaction.facts if reading.redaction else reading.facts
    (key,) = revoked(before, rule)
    if reading.redaction:
        key = reading.redaction.redactor.key(key)
    return Net(reading.facts).rule_use_of(key)


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
