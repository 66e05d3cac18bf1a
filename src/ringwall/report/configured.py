"""What of an audit is told by the configuration, by waivers, and by earlier audits, as text."""

from datetime import datetime

from ringwall.check.finding import Finding
from ringwall.check.since import Gone
from ringwall.check.words import many
from ringwall.report.outputs import AuditReport, ConfigOut
from ringwall.report.page import Page


def config_text(config: ConfigOut) -> str:
    """The configuration in a line."""
    counted = (
        (config.networks, "own network"),
        (config.allows, "allow-list"),
        (config.environments, "environment"),
        (config.tenants, "tenant"),
        (config.severities, "severity"),
        (config.waivers, "waiver"),
    )
    said = ", ".join(many(count, thing) for count, thing in counted if count)
    skipped = f"not run: {', '.join(config.skipped)}" if config.skipped else ""
    return f"{config.file}: {'; '.join(filter(None, (said, skipped))) or 'nothing is set'}"


def compared(page: Page, report: AuditReport) -> None:
    """The earlier state and the ledger, in a line each."""
    if since := report.since:
        said = f"{since.new} new, {since.kept} kept, {since.gone} gone"
        page.write(f"{since.target}: {said}", label="since", indent=9)
    if kept := report.recorded:
        said = f"{kept.ledger}: this audit and {many(kept.earlier, 'earlier one')}"
        page.write(said, label="ledger", indent=9)


def title(finding: Finding | Gone) -> str:
    """Rule, cluster, and whether it is new."""
    since = finding.since if isinstance(finding, Finding) else ""
    return "  ".join(filter(None, (finding.rule, finding.cluster, since)))


def gone(page: Page, one: Gone) -> None:
    """What was open before and is not now."""
    page.write(title(one), label="GONE" if one.status == "gone" else "GONE?", indent=10)
    page.write(one.cause, indent=2)
    page.write(one.reason, label="  was", indent=9)
    page.write(one.why, label="  now", indent=9)


def age(page: Page, report: AuditReport, finding: Finding) -> None:
    """For how long the ledger knows it."""
    if report.recorded and finding.first_seen:
        first, now = map(datetime.fromisoformat, (finding.first_seen, report.recorded.at))
        age = f"{many((now - first).days, 'day')}, since" if now > first else "first seen now,"
        page.write(f"{age} {finding.first_seen}", label="  open", indent=9)


def placed(page: Page, finding: Finding) -> None:
    """What the configuration says of where it is."""
    tenant = f"tenant {finding.tenant}" if finding.tenant else ""
    matters = f"criticality {finding.criticality}" if finding.criticality else ""
    if said := ", ".join(filter(None, (finding.environment, tenant, matters))):
        page.write(said, label="  in", indent=9)
    for network in finding.evidence.get("own_networks", ()):
        owner = f"owner {network['owner']}" if "owner" in network else ""
        told = ", ".join(filter(None, (network["name"], network.get("purpose", ""), owner)))
        page.write(told, label="  source", indent=9)


def accepted(page: Page, finding: Finding) -> None:
    """What somebody accepted: who, why and until when."""
    page.write(title(finding), label="EXCEPTED", indent=10)
    page.write(finding.cause, indent=2)
    page.write(finding.reason, indent=2)
    placed(page, finding)
    if found := finding.exception:
        page.write(found.reason, label="  why", indent=9)
        page.write(found.signed, label="  by", indent=9)
