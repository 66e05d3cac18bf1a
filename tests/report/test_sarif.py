"""SARIF: valid against the published schema, and what code scanning makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ringwall.report import sarif
from ringwall.report.outputs import AuditReport
from ringwall.report.places import PlaceOut
from tests.report import reports

SCHEMA = Path(__file__).parents[1] / "recorded" / "sarif" / "sarif-schema-2.1.0.json"


def rendered(report: AuditReport) -> dict[str, Any]:
    """The only run, of a document that is valid."""
    document = json.loads(sarif.render(report, reports.catalog()))
    schema = json.loads(SCHEMA.read_text())
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(document)
    (run,) = document["runs"]
    return dict(run)


def test_a_failure_is_a_result_with_its_level_and_place() -> None:
    (result,) = rendered(reports.report(reports.finding()))["results"]

    assert (result["ruleId"], result["kind"], result["level"]) == ("np-allow-all", "fail", "error")
    assert result["locations"] == [
        {
            "logicalLocations": [{"fullyQualifiedName": reports.POLICY, "kind": "resource"}],
            "physicalLocation": {
                "artifactLocation": {"uri": "k8s/policies.yaml"},
                "region": {"startLine": 12},
            },
        }
    ]


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "note"),
        ("info", "note"),
    ],
)
def test_levels_follow_severities(severity: str, level: str) -> None:
    (result,) = rendered(reports.report(reports.finding(severity=severity)))["results"]

    assert (result["level"], result["properties"]["severity"]) == (level, severity)


def test_an_unknown_is_open_and_what_passed_is_left_out() -> None:
    results = rendered(reports.of_every_status())["results"]

    assert [(one["kind"], one["level"]) for one in results] == [
        ("fail", "error"),
        ("fail", "error"),
        ("open", "none"),
        ("fail", "error"),
    ]


def test_an_exception_suppresses_with_its_reason() -> None:
    results = rendered(reports.of_every_status())["results"]

    assert [one.get("suppressions") for one in results] == [
        None,
        None,
        None,
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "accepted until 2027-01-01",
            }
        ],
    ]


def test_a_rule_brings_the_first_sections_of_its_page() -> None:
    (rule,) = rendered(reports.report(reports.finding()))["tool"]["driver"]["rules"]

    assert rule["shortDescription"] == {"text": "A policy rule admits everybody"}
    assert rule["help"]["markdown"] == "Finds `another`.\n\n## How to fix\n\nSo."
    assert rule["properties"]["security-severity"] == "8.0"


def test_a_rule_that_is_not_described_is_named() -> None:
    run = rendered(reports.report(reports.finding(rule="xx-other")))

    assert run["tool"]["driver"]["rules"] == [{"id": "xx-other"}]


def test_the_fingerprint_is_the_findings_and_does_not_follow_the_line() -> None:
    finding = reports.finding()
    here, there = (
        rendered(reports.report(finding, sources={reports.POLICY: PlaceOut("x.yaml", line)}))
        for line in (1, 99)
    )

    prints = here["results"][0]["partialFingerprints"]
    assert prints["ringwall/v1"] == finding.fingerprint
    assert prints == there["results"][0]["partialFingerprints"]


def test_the_packets_way_is_a_code_flow() -> None:
    (result,) = rendered(reports.report(reports.exposed()))["results"]

    (flow,) = result["codeFlows"]
    texts = [
        at["location"]["message"]["text"]
        for thread in flow["threadFlows"]
        for at in thread["locations"]
    ]
    assert texts == [
        "internet-gateway: translate (destination becomes 10.0.0.1) tcp/22",
        "security-group-ingress: allow by 111122223333:eu-west-1!sg-0abc "
        "ingress:tcp/22:0.0.0.0/0 tcp/22",
    ]


def test_what_could_not_be_read_is_told_of_the_run() -> None:
    (invocation,) = rendered(reports.report())["invocations"]

    assert invocation["executionSuccessful"] is False
    assert [
        (one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]
    ] == [
        ("error", "broken.yaml:4: not valid YAML"),
        ("warning", "read CiliumNetworkPolicies"),
        ("note", "assumed: VPC Block Public Access is taken as off"),
    ]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/c#1.yaml", "a%20b/c%231.yaml"),
        ("/abs/x.yaml", "file:///abs/x.yaml"),
        ("caf\udce9.yaml", "caf%E9.yaml"),
        ("c:x.yaml", "c%3Ax.yaml"),
    ],
)
def test_a_file_is_a_uri(file: str, uri: str) -> None:
    run = rendered(reports.report(reports.finding(), sources={reports.POLICY: PlaceOut(file, 1)}))

    physical = run["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == uri


def test_standard_input_is_no_file() -> None:
    place = {reports.POLICY: PlaceOut("<stdin>", 3)}
    (result,) = rendered(reports.report(reports.finding(), sources=place))["results"]

    assert "physicalLocation" not in result["locations"][0]


def test_names_cannot_be_placeholders_links_or_controls() -> None:
    report = reports.hostile()
    text = sarif.render(report, reports.catalog())

    assert not reports.HIDDEN.search(text)
    message = rendered(report)["results"][0]["message"]["text"]
    assert "{{0}}" in message
    assert "](" not in message


def test_ten_thousand_findings_are_valid() -> None:
    assert len(rendered(reports.many())["results"]) == 10_000
