"""Findings as events of the Open Cybersecurity Schema Framework, version 1.5.

The class is Compliance Finding (2003), the one whose result may be a pass or a lack of information;
Detection Finding (2004) can only say that something was seen.
"""

import re
from datetime import datetime
from typing import Any, Final, TypeAlias

from ringwall.check.finding import Finding
from ringwall.report import json, trace
from ringwall.report.catalog import Catalog, title
from ringwall.report.outputs import AuditReport

Json: TypeAlias = dict[str, Any]

VERSION: Final = "1.5.0"
_CLASS: Final = 2003
_CREATE: Final = 1
_RULE: Final = 1
_SEVERITIES: Final = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_CONFIDENCES: Final = {"low": (1, "Low"), "medium": (2, "Medium"), "high": (3, "High")}
_RESULTS: Final = {
    "pass": (1, "Pass"),
    "unknown": (2, "Warning"),  # "did not yield a result due to missing information"
    "fail": (3, "Fail"),
    "excepted": (3, "Fail"),
}
_WORKLOAD: Final = re.compile(r"(?P<namespace>[^/]+)/(?P<name>[^/\[\]]+)\[(?P<type>\w+)\]")


def render(report: AuditReport, catalog: Catalog, at: datetime) -> str:
    """A list of events, one for each finding that a rule could be applied to; ``at`` is when."""
    time = int(at.timestamp() * 1000)
    told = [finding for finding in report.findings if finding.status in _RESULTS]
    return json.render([_event(report, f, title(catalog, f.rule), time) for f in told])


def _event(report: AuditReport, finding: Finding, said: str, time: int) -> Json:
    severity, confidence = _SEVERITIES[finding.severity], _CONFIDENCES[finding.confidence]
    status = (3, "Suppressed") if finding.status == "excepted" else (1, "New")
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity[0],
        "severity": severity[1],
        "confidence_id": confidence[0],
        "confidence": confidence[1],
        "status_id": status[0],
        "status": status[1],
        "message": f"{finding.cause}: {finding.reason}",
        "metadata": _metadata(report),
        "finding_info": _info(finding, said, time),
        "compliance": _compliance(finding, said),
        "resources": [_resource(id_) for id_ in finding.objects or [finding.cause]],
        "remediation": {"desc": finding.remediation},
        "unmapped": _unmapped(finding),
    }


def _metadata(report: AuditReport) -> Json:
    name, _, version = report.tool.partition(" ")
    return {
        "version": VERSION,
        "product": {"name": name, "vendor_name": name, "version": version},
        "correlation_uid": report.digest,
    }


def _info(finding: Finding, said: str, time: int) -> Json:
    return {
        "uid": finding.fingerprint,
        "title": said,
        "desc": finding.reason,
        "created_time": time,
        "analytic": {"uid": finding.rule, "name": said, "type_id": _RULE, "type": "Rule"},
    }


def _compliance(finding: Finding, said: str) -> Json:
    """The result, of a check that is no industry's standard but our own."""
    status_id, status = _RESULTS[finding.status]
    return {
        "standards": ["Ringwall"],
        "control": said,
        "requirements": [finding.rule],
        "status_id": status_id,
        "status": status,
    }


def _resource(id_: str) -> Json:
    """An object by its id; what stands before the ``!`` is a cluster, or an account and region."""
    scope, _, bare = id_.rpartition("!")
    found: Json = {"uid": id_}
    if scope and ":" in scope:
        found["region"] = scope.partition(":")[2]
    if workload := _WORKLOAD.fullmatch(bare):
        return found | workload.groupdict()
    parts = bare.split("/")
    if len(parts) == 1:
        return found | {"name": bare, "type": bare.partition("-")[0]}
    namespace = {"namespace": parts[1]} if len(parts) > 2 else {}
    return found | {"name": "/".join(parts[1 + len(namespace) :]), "type": parts[0], **namespace}


def _unmapped(finding: Finding) -> Json:
    """What the schema has no word for."""
    return {
        "status": finding.status,
        "cluster": finding.cluster,
        "cause": finding.cause,
        "count": finding.count,
        "path": trace.line(finding),
        "folded": finding.folded,
    }
