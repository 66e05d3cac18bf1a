"""What a snapshot says of itself, as it is printed: the contract ``ringwall/snapshot-info/v1``."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ringwall.facts import snapshot
from ringwall.facts.fact import Facts
from ringwall.facts.snapshot import Making, Manifest
from ringwall.report.outputs import GapOut, WarningOut, gaps_out, warnings_out
from ringwall.report.page import Look, Page

INFO: Final = "ringwall/snapshot-info/v1"
_INDENT: Final = 10


class SnapshotReport(Struct, frozen=True):
    """``ringwall/snapshot-info/v1``: of what and when a snapshot is, and what it lacks.

    ``tool`` wrote the file; ``digest`` is of the facts that its objects come to; ``made`` are the
    readings it is from; ``counts`` are of facts by kind.
    """

    schema: str
    tool: str
    digest: str
    made: list[Making]
    accounts: list[str]
    regions: list[str]
    clusters: list[str]
    counts: dict[str, int]
    left_out: dict[str, int]
    assumes: list[str]
    gaps: list[GapOut]
    warnings: list[WarningOut]


def report(manifest: Manifest, facts: Facts) -> SnapshotReport:
    """What there is to say of one snapshot."""
    whose = snapshot.identities(facts)
    return SnapshotReport(
        schema=INFO,
        tool=manifest.tool,
        digest=snapshot.digest(facts),
        made=snapshot.distinct(manifest.made),
        accounts=whose.accounts,
        regions=whose.regions,
        clusters=whose.clusters,
        counts=snapshot.counts(facts),
        left_out=snapshot.left_out(manifest.made),
        assumes=list(facts.assumes),
        gaps=gaps_out(facts),
        warnings=warnings_out(facts),
    )


def table(told: SnapshotReport, look: Look) -> str:
    """The same as text for people."""
    page = Page(look)
    for making in told.made:
        page.write(f"{making.at} by {making.tool}", label="made", indent=_INDENT)
    page.write(told.digest, label="digest", indent=_INDENT)
    for label, names in (
        ("accounts", told.accounts),
        ("regions", told.regions),
        ("clusters", told.clusters),
    ):
        page.write(", ".join(names) or "none is named", label=label, indent=_INDENT)
    page.write(_counted(told.counts), label="facts", indent=_INDENT)
    if told.left_out:
        page.write(_counted(told.left_out), label="left out", indent=_INDENT)
    for text in told.assumes:
        page.write(text, label="assumed", indent=_INDENT)
    for warning in told.warnings:
        page.write(f"{warning.source}: {warning.message}", label="warning", indent=_INDENT)
    _missing(page, told.gaps)
    return page.text


def _counted(found: Mapping[str, int]) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in found.items())
    return f"{sum(found.values())}: {kinds}" if found else "0"


def _missing(page: Page, gaps: list[GapOut]) -> None:
    for gap in gaps:
        page.write(gap.needs, label="unread", indent=_INDENT, style="yellow")
    if not gaps:
        page.write("everything was read", label="unread", indent=_INDENT)
