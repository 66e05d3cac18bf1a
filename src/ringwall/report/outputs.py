"""What an audit says, as it is printed: the contract ``ringwall/audit/v1``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ringwall.check.audit import Audit
from ringwall.check.finding import OPEN, Finding
from ringwall.check.run import Failure
from ringwall.check.since import Gone, gone, marked
from ringwall.facts.fact import UNREADABLE, Facts
from ringwall.facts.snapshot import TOOL, digest
from ringwall.reach.definition.enforcer import Enforcer
from ringwall.reach.definition.pods import workloads
from ringwall.reach.definition.world import World
from ringwall.report.places import PlaceOut, places
from ringwall.track.ledger import History

AUDIT: Final = "ringwall/audit/v1"


class ConfigOut(Struct, frozen=True):
    """The configuration that was used: its file, how much it says, and the rules that it leaves
    out."""

    file: str
    networks: int
    allows: int
    environments: int = 0
    tenants: int = 0
    severities: int = 0
    waivers: int = 0
    skipped: list[str] = []


class ClusterOut(Struct, frozen=True):
    """A cluster and how much of it was read; ``eks`` is the id of its EKS answer, if any."""

    name: str
    eks: str
    nodes: int
    workloads: int
    policies: int


class EnforcerOut(Struct, frozen=True):
    """What enforces policies in a cluster: ``none``, ``spec`` (assumed), an engine, ``unclear``."""

    name: str
    version: str
    evidence: list[str]
    problem: str


class GapOut(Struct, frozen=True):
    """Something that could not be read, what it moves, and what would settle it."""

    code: str
    effect: str
    object: str
    needs: str
    source: str


class WarningOut(Struct, frozen=True):
    """Something odd in the input that stopped nothing."""

    message: str
    source: str


class SinceOut(Struct, frozen=True):
    """The earlier state that findings are compared with, and how many are new, kept and gone."""

    target: str
    digest: str
    new: int
    kept: int
    gone: int


class RecordedOut(Struct, frozen=True):
    """The ledger that an audit is added to, when (UTC), and after how many earlier ones."""

    ledger: str
    at: str
    earlier: int


class AuditReport(Struct, frozen=True):
    """``ringwall/audit/v1``: everything that an audit has to say, also about itself.

    ``sources`` says where the causes and objects of findings are written, where that was read.
    """

    schema: str
    tool: str
    digest: str
    scope: list[str]
    assumes: list[str]
    config: ConfigOut | None
    clusters: list[ClusterOut]
    enforcers: dict[str, list[EnforcerOut]]
    findings: list[Finding]
    since: SinceOut | None
    gone: list[Gone]
    recorded: RecordedOut | None
    sources: dict[str, PlaceOut]
    failed: list[Failure]
    gaps: list[GapOut]
    warnings: list[WarningOut]
    left_out: dict[str, int]


def audit_report(
    audit: Audit,
    findings: Sequence[Finding],
    failures: Iterable[Failure],
    left_out: dict[str, int],
    config: ConfigOut | None = None,
) -> AuditReport:
    """The report of one audit."""
    world, facts = audit.net.world, audit.facts
    return AuditReport(
        schema=AUDIT,
        tool=TOOL,
        digest=digest(facts),
        scope=world.scope,
        assumes=world.assumes(),
        config=config,
        clusters=_clusters(world),
        enforcers={name: [_enforcer(engine)] for name, engine in sorted(world.enforcers.items())},
        findings=list(findings),
        since=None,
        gone=[],
        recorded=None,
        sources=places(facts, findings),
        failed=[*failed_files(facts), *failures],
        gaps=gaps_out(facts),
        warnings=warnings_out(facts),
        left_out=left_out,
    )


def compared(
    report: AuditReport, audit: Audit, name: str, earlier: Facts, before: list[Finding]
) -> AuditReport:
    """A report beside the findings of an earlier state: what is new, kept and gone."""
    findings = marked(report.findings, before)
    lost = list(gone(audit, report.findings, before))
    counts = Counter(finding.since for finding in findings)
    since = SinceOut(
        target=name,
        digest=digest(earlier),
        new=counts["new"],
        kept=counts["kept"],
        gone=sum(one.status == "gone" for one in lost),
    )
    return replace(report, findings=findings, since=since, gone=lost)


def aged(report: AuditReport, folder: str, history: History, at: datetime) -> AuditReport:
    """A report of a time, open findings with when a ledger has first seen them."""
    findings = [
        replace(one, first_seen=_time(history.first_seen(one.fingerprint, at)))
        if one.status in OPEN
        else one
        for one in report.findings
    ]
    return replace(report, findings=findings, recorded=RecordedOut(folder, _time(at), history.runs))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def failed_files(facts: Facts) -> list[Failure]:
    """The files, or documents in them, that could not be read at all."""
    gaps = [gap for gap in facts.gaps if gap.code == UNREADABLE]
    return [Failure(str(gap.origin), gap.needs.removeprefix(f"{gap.origin}: ")) for gap in gaps]


def config_out(audit: Audit, file: str, skipped: list[str]) -> ConfigOut | None:
    """What was configured in a file; None where there is none."""
    config = audit.config
    if not file:
        return None
    return ConfigOut(
        file=file,
        networks=len(config.network),
        allows=len(config.allow),
        environments=len(config.environment),
        tenants=len(config.tenant),
        severities=len(config.severity),
        waivers=len(audit.waivers),
        skipped=skipped,
    )


def _clusters(world: World) -> list[ClusterOut]:
    """The clusters with Kubernetes objects, and the EKS clusters beside them."""
    found = [
        ClusterOut(
            name=name,
            eks=str(world.links.get(name, "")),
            nodes=len(cluster.nodes),
            workloads=len(workloads(cluster)),
            policies=len(cluster.policies),
        )
        for name, cluster in sorted(world.clusters.items())
    ]
    linked = set(world.links.values())
    alone = [key for key in world.fabric.eks if key not in linked]
    return found + [ClusterOut(key.name, str(key), 0, 0, 0) for key in alone]


def _enforcer(engine: Enforcer) -> EnforcerOut:
    evidence = [found.text for found in engine.evidence]
    return EnforcerOut(engine.name, engine.version, evidence, engine.problem)


def gaps_out(facts: Facts) -> list[GapOut]:
    """What could not be read."""
    return [
        GapOut(gap.code, gap.effect, gap.object, gap.needs, str(gap.origin or ""))
        for gap in facts.gaps
    ]


def warnings_out(facts: Facts) -> list[WarningOut]:
    """What was odd and stopped nothing."""
    return [WarningOut(odd.message, str(odd.origin)) for odd in facts.warnings]
