"""What an audit says, as it is printed: the contract ``ringwall/audit/v1``."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from ringwall.check.audit import Audit
from ringwall.check.config import Config
from ringwall.check.finding import Finding
from ringwall.check.run import Failure
from ringwall.facts.fact import UNREADABLE, Facts
from ringwall.facts.snapshot import TOOL, digest
from ringwall.reach.definition.enforcer import Enforcer
from ringwall.reach.definition.pods import workloads
from ringwall.reach.definition.world import World

AUDIT: Final = "ringwall/audit/v1"


class ConfigOut(Struct, frozen=True):
    """The configuration that was used: its file, and how much of it silences rules."""

    file: str
    networks: int
    allows: int


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


class AuditReport(Struct, frozen=True):
    """``ringwall/audit/v1``: everything that an audit has to say, also about itself."""

    schema: str
    tool: str
    digest: str
    scope: list[str]
    assumes: list[str]
    config: ConfigOut | None
    clusters: list[ClusterOut]
    enforcers: dict[str, list[EnforcerOut]]
    findings: list[Finding]
    failed: list[Failure]
    gaps: list[GapOut]
    warnings: list[WarningOut]
    left_out: dict[str, int]


def audit_report(
    audit: Audit,
    findings: Sequence[Finding],
    failures: Iterable[Failure],
    left_out: dict[str, int],
    config_file: str = "",
) -> AuditReport:
    """The report of one audit."""
    world, facts = audit.net.world, audit.facts
    return AuditReport(
        schema=AUDIT,
        tool=TOOL,
        digest=digest(facts),
        scope=world.scope,
        assumes=world.assumes(),
        config=_config(audit.config, config_file),
        clusters=_clusters(world),
        enforcers={name: [_enforcer(engine)] for name, engine in sorted(world.enforcers.items())},
        findings=list(findings),
        failed=[*failed_files(facts), *failures],
        gaps=gaps_out(facts),
        warnings=warnings_out(facts),
        left_out=left_out,
    )


def failed_files(facts: Facts) -> list[Failure]:
    """The files, or documents in them, that could not be read at all."""
    gaps = [gap for gap in facts.gaps if gap.code == UNREADABLE]
    return [Failure(str(gap.origin), gap.needs.removeprefix(f"{gap.origin}: ")) for gap in gaps]


def _config(config: Config, file: str) -> ConfigOut | None:
    return ConfigOut(file, len(config.network), len(config.allow)) if file else None


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
