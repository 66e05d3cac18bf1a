"""Findings as SARIF 2.1.0 (OASIS), for code scanning.

A finding that fails is a result of kind ``fail``, an unknown one of kind ``open`` ("insufficient
information to decide"), one that is excepted is a suppressed failure. What passed is left out:
code scanning shows every result as an alert.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from ringwall.check.finding import Finding
from ringwall.facts.fact import UNREADABLE
from ringwall.reach.answers import HopOut
from ringwall.report import json, trace
from ringwall.report.catalog import Catalog, Described
from ringwall.report.escape import printable
from ringwall.report.outputs import AuditReport
from ringwall.report.places import STDIN, PlaceOut, place_of

Json: TypeAlias = dict[str, Any]

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: Final = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "info": "0.0"}
"""Numbers that GitHub reads as these severities: above 9.0, from 7.0, from 4.0, from 0.1."""


def render(report: AuditReport, catalog: Catalog) -> str:
    """One run of one tool."""
    findings = [f for f in report.findings if f.status in ("fail", "unknown", "excepted")]
    names = sorted({finding.rule for finding in findings})
    index = {name: number for number, name in enumerate(names)}
    name, _, version = report.tool.partition(" ")
    driver = {
        "name": name,
        "semanticVersion": version,
        "rules": [_rule(name, catalog.get(name)) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(report, finding, index[finding.rule]) for finding in findings],
        "properties": {"digest": report.digest, "scope": report.scope, "assumes": report.assumes},
    }
    return json.render({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(name: str, described: Described | None) -> Json:
    if described is None:
        return {"id": name}
    rule = described.rule
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "help": {"text": f"{rule.title}. Fix: {rule.remediation}", "markdown": described.help},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", "network"],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _invocation(report: AuditReport) -> Json:
    """Whether all went well, and what could not be read."""
    told = [_notification("error", f"{one.where}: {one.error}") for one in report.failed]
    told += [_notification("warning", g.needs) for g in report.gaps if g.code != UNREADABLE]
    told += [_notification("note", f"assumed: {text}") for text in report.assumes]
    found: Json = {"executionSuccessful": not report.failed}
    return found | ({"toolExecutionNotifications": told} if told else {})


def _notification(level: str, text: str) -> Json:
    return {"level": level, "message": _message(text)}


def _result(report: AuditReport, finding: Finding, index: int) -> Json:
    failed = finding.status != "unknown"
    found: Json = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "kind": "fail" if failed else "open",
        "level": LEVELS[finding.severity] if failed else "none",
        "message": _message(_said(finding)),
        "locations": [_location(finding.cause, place_of(report.sources, finding))],
        "partialFingerprints": _fingerprints(finding),
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "cluster": finding.cluster,
            "remediation": finding.remediation,
        },
    }
    if related := [*_related(report, finding)]:
        found["relatedLocations"] = related
    if paths := trace.paths(finding):
        found["codeFlows"] = [_flow(path.hops) for path in paths]
    if finding.status == "excepted":
        why = finding.exception.told if finding.exception else finding.reason
        justified = {"justification": printable(why)}
        found["suppressions"] = [{"kind": "external", "status": "accepted", **justified}]
    return found


def _fingerprints(finding: Finding) -> dict[str, str]:
    """Ours, and the only one that GitHub looks at; both follow the cause, not the line."""
    return {
        "ringwall/v1": finding.fingerprint,
        "primaryLocationLineHash": f"{finding.fingerprint}:1",
    }


def _said(finding: Finding) -> str:
    where = f"; path: {path}" if (path := trace.line(finding)) else ""
    return f"{finding.cause}: {finding.reason}{where}"


def _message(text: str) -> Json:
    """A plain text, in which no placeholder and no link is meant (SARIF 3.11.5 and 3.11.6)."""
    plain = printable(text).replace("{", "{{").replace("}", "}}")
    return {"text": plain.replace("](", "] (")}


def _related(report: AuditReport, finding: Finding) -> Iterator[Json]:
    """The other objects concerned that have a place."""
    for id_ in finding.objects:
        if id_ != finding.cause and id_ in report.sources:
            yield _location(id_, report.sources[id_]) | {"message": _message(id_)}


def _location(id_: str, place: PlaceOut | None) -> Json:
    named = {"fullyQualifiedName": printable(id_), "kind": "resource"}
    found: Json = {"logicalLocations": [named]}
    if place and place.file != STDIN:
        physical: Json = {"artifactLocation": {"uri": _uri(place.file)}}
        if place.line:
            physical["region"] = {"startLine": place.line}
        found["physicalLocation"] = physical
        if place.pointer:
            found["properties"] = {"pointer": place.pointer}
    return found


def _uri(file: str) -> str:
    """A file as a URI reference, relative where the file's name is."""
    path = PurePosixPath(file)
    encoded = quote(os.fsencode(path))
    return f"file://{encoded}" if path.is_absolute() else encoded


def _flow(hops: Iterable[HopOut]) -> Json:
    """The packet's way, hop by hop."""
    return {"threadFlows": [{"locations": [_hop(hop) for hop in hops]}]}


def _hop(hop: HopOut) -> Json:
    by = f" by {trace.rule_name(hop, hop.rules[0])}" if hop.rules else ""
    noted = f" ({hop.note})" if hop.note else ""
    return {"location": _location(hop.at, None) | {"message": _message(_at(hop, by, noted))}}


def _at(hop: HopOut, by: str, noted: str) -> str:
    return f"{hop.gate}: {hop.effect}{by}{noted} {hop.packet.port}"
