"""Findings as a JUnit report, for the test pages of CI servers (the schema of Jenkins' xUnit
plugin, ``junit-10.xsd``).

A suite for each rule, a case for each of its findings: what fails is a failure, what is unknown,
excepted or not applicable is skipped and says why; a file or rule that failed is an error.
"""

from itertools import groupby
from typing import Final
from xml.etree import ElementTree as Xml

from ringwall.check.finding import Finding
from ringwall.check.run import Failure
from ringwall.report import trace
from ringwall.report.escape import printable
from ringwall.report.outputs import AuditReport
from ringwall.report.places import PlaceOut, place_of

_SKIPPED: Final = ("unknown", "excepted", "not-applicable")


def render(report: AuditReport) -> str:
    """One document; times are left out, as a run is not told to have any."""
    suites = Xml.Element("testsuites")
    findings = sorted(report.findings, key=lambda finding: finding.rule)
    for rule, some in groupby(findings, key=lambda finding: finding.rule):
        suites.append(_suite(report, rule, list(some)))
    if report.failed:
        suites.append(_failures(report.failed))
    _attributes(suites, name=report.tool, tests=_sum(suites, "tests"),
                failures=_sum(suites, "failures"), errors=_sum(suites, "errors"))  # fmt: skip
    Xml.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(suites, "unicode")}\n'


def _suite(report: AuditReport, rule: str, findings: list[Finding]) -> Xml.Element:
    suite = Xml.Element("testsuite")
    failures = sum(finding.status == "fail" for finding in findings)
    skipped = sum(finding.status in _SKIPPED for finding in findings)
    _attributes(suite, name=rule, tests=str(len(findings)), failures=str(failures), errors="0",
                skipped=str(skipped))  # fmt: skip
    for finding in findings:
        suite.append(_case(finding, place_of(report.sources, finding)))
    return suite


def _case(finding: Finding, place: PlaceOut | None) -> Xml.Element:
    case = Xml.Element("testcase")
    classname = ".".join(filter(None, (finding.rule, finding.cluster)))
    _attributes(case, name=finding.cause, classname=classname)
    if place:
        _attributes(case, file=place.file, line=str(place.line or ""))
    if finding.status == "fail":
        failure = Xml.SubElement(case, "failure")
        _attributes(failure, type=finding.severity, message=finding.reason)
        failure.text = "\n".join(map(printable, _told(finding)))
    elif finding.status in _SKIPPED:
        why = finding.exception.told if finding.exception else finding.reason
        _attributes(Xml.SubElement(case, "skipped"), message=f"{finding.status}: {why}")
    return case


def _told(finding: Finding) -> list[str]:
    """The finding in lines."""
    lines = [f"severity: {finding.severity}", f"cause: {finding.cause}", f"why: {finding.reason}"]
    if path := trace.line(finding):
        lines.append(f"path: {path}")
    if finding.objects != [finding.cause]:
        lines += [f"object: {id_}" for id_ in finding.objects]
    return [*lines, f"fix: {finding.remediation}", f"fingerprint: {finding.fingerprint}"]


def _failures(failed: list[Failure]) -> Xml.Element:
    """What could not be read or run."""
    suite, count = Xml.Element("testsuite"), str(len(failed))
    _attributes(suite, name="reading", tests=count, failures="0", errors=count, skipped="0")
    for failure in failed:
        case = Xml.SubElement(suite, "testcase")
        _attributes(case, name=failure.where, classname="reading")
        _attributes(Xml.SubElement(case, "error"), message=failure.error)
    return suite


def _attributes(element: Xml.Element, **values: str) -> None:
    """Attributes that have a value, without characters that XML cannot hold."""
    for name, value in values.items():
        if value:
            element.set(name, printable(value))


def _sum(suites: Xml.Element, name: str) -> str:
    return str(sum(int(suite.get(name, "0")) for suite in suites))
