"""What the configuration says of findings: where they are, how much that matters, their weight."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from ringwall.check.causes import Causes
from ringwall.check.config import CRITICALITIES, Area, Config, Weight
from ringwall.check.finding import SEVERITIES, Finding, at_most
from ringwall.check.subjects import Subject, fit_all, fits
from ringwall.space.addresses import Addresses

_SOURCES: Final = ("source", "sources", "publicAccessCidrs", "blocks")


def placed(findings: Iterable[Finding], config: Config, causes: Causes) -> list[Finding]:
    """The findings with environment, tenant, criticality, own networks and configured severity."""
    return [_placed(finding, config, causes) for finding in findings]


def _placed(finding: Finding, config: Config, causes: Causes) -> Finding:
    if config.environment or config.tenant:
        subject = causes.subject(finding)
        areas = [_area(subject, config.environment), _area(subject, config.tenant)]
        names = [area.name if area else "" for area in areas]
        matters = max((a.criticality for a in areas if a), key=CRITICALITIES.index, default="")
        finding = replace(finding, environment=names[0], tenant=names[1], criticality=matters)
    if config.network and (owned := list(_own_networks(finding, config))):
        finding = replace(finding, evidence={**finding.evidence, "own_networks": owned})
    return _weighed(finding, config)


def _area(subject: Subject, areas: tuple[Area, ...]) -> Area | None:
    """The first that it belongs to."""
    return next((area for area in areas if belongs(subject, area)), None)


def belongs(subject: Subject, area: Area) -> bool:
    """Whether everything that an environment or tenant asks for is so."""
    lists = (
        (area.clusters, subject.cluster),
        (area.namespaces, subject.namespace),
        (area.names, subject.name),
    )
    listed = all(any(fits(one, text) for one in some) for some, text in lists if some)
    return listed and fit_all(area.labels, subject.labels) and fit_all(area.tags, subject.tags)


# --- own networks ---------------------------------------------------------------------------------


def _own_networks(finding: Finding, config: Config) -> Iterator[dict[str, str]]:
    """The own networks that a source of the finding lies in."""
    blocks = [text for name in _SOURCES for text in _texts(finding.evidence.get(name))]
    sources = [found for found in map(_block, blocks) if found]
    for network in config.network:
        if any(source <= network.addresses for source in sources):
            told = {"name": network.name, "owner": network.owner, "purpose": network.purpose}
            yield {field: text for field, text in told.items() if text}


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list | tuple) else [value]
    return [text for text in found if isinstance(text, str)]


def _block(text: str) -> Addresses | None:
    try:
        return Addresses.of(text)
    except ValueError:  # a group or a prefix list
        return None


# --- severity -------------------------------------------------------------------------------------


def _weighed(finding: Finding, config: Config) -> Finding:
    """The first entry that is about a finding decides. One that the reach of a pattern lowered is
    not raised by it, and an unknown one stays below critical."""
    for weight in config.severity:
        if _is_about(weight, finding):
            pattern = finding.evidence.get("pattern_severity", finding.severity)
            lowered = SEVERITIES.index(finding.severity) < SEVERITIES.index(pattern)
            capped = finding.status == "unknown" and at_most(pattern, "high") == finding.severity
            wanted = weight.severity
            if lowered and not capped:
                wanted = at_most(finding.severity, wanted)
            if finding.status == "unknown":
                wanted = at_most(wanted, "high")
            evidence = {**finding.evidence, "configured_severity": weight.severity}
            return replace(finding, severity=wanted, evidence=evidence)
    return finding


def _is_about(weight: Weight, finding: Finding) -> bool:
    lists = (
        (weight.environments, finding.environment),
        (weight.tenants, finding.tenant),
        (weight.criticality, finding.criticality),
    )
    return finding.rule in weight.rules and all(text in some for some, text in lists if some)
