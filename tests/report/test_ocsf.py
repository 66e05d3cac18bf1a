"""OCSF: events that are valid for the models of its version, and no attribute that these lack."""

import json
from typing import Any

import pytest
from py_ocsf_models import OCSF_VERSION
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

from ringwall.report import ocsf
from ringwall.report.outputs import AuditReport
from tests.report import reports

NOT_MODELLED = {"compliance": {"status"}}
"""Attributes of the schema (objects/compliance.json) that the models leave out."""


def rendered(report: AuditReport) -> list[dict[str, Any]]:
    """The events, each valid."""
    events = json.loads(ocsf.render(report, reports.catalog(), reports.AT))
    for event in events:
        kept = ComplianceFinding.model_validate(event).model_dump(mode="json", exclude_none=True)
        expected = json.loads(json.dumps(event))
        for name, left_out in NOT_MODELLED.items():
            for attribute in left_out:
                del expected[name][attribute]
        assert kept == expected
    return list(events)


def test_the_version_is_that_of_the_models() -> None:
    assert OCSF_VERSION == ocsf.VERSION


def test_a_failure_is_a_compliance_finding() -> None:
    (event,) = rendered(reports.report(reports.exposed()))

    assert (event["class_uid"], event["type_uid"], event["category_uid"]) == (2003, 200301, 2)
    assert (event["severity_id"], event["severity"]) == (5, "Critical")
    assert event["time"] == 1767323045000
    assert event["compliance"]["status_id"] == 3
    assert event["finding_info"]["uid"] == reports.exposed().fingerprint
    assert event["finding_info"]["title"] == "SSH is open"
    assert event["remediation"] == {"desc": "name the peers"}


@pytest.mark.parametrize(
    ("status", "result", "state"),
    [
        ("fail", (3, "Fail"), "New"),
        ("unknown", (2, "Warning"), "New"),
        ("excepted", (3, "Fail"), "Suppressed"),
        ("pass", (1, "Pass"), "New"),
    ],
)
def test_results_follow_statuses(status: str, result: tuple[int, str], state: str) -> None:
    (event,) = rendered(reports.report(reports.finding(status)))

    compliance = event["compliance"]
    assert (compliance["status_id"], compliance["status"]) == result
    assert event["status"] == state


def test_what_is_not_applicable_is_no_event() -> None:
    assert rendered(reports.report(reports.finding("not-applicable"))) == []


@pytest.mark.parametrize(
    ("id_", "resource"),
    [
        (
            "shop!web/api[Deployment]",
            {"namespace": "web", "name": "api", "type": "Deployment"},
        ),
        (
            "shop!networkpolicy/web/allow",
            {"namespace": "web", "name": "allow", "type": "networkpolicy"},
        ),
        ("shop!namespace/web", {"name": "web", "type": "namespace"}),
        (
            "111122223333:eu-west-1!eni-0abc",
            {"name": "eni-0abc", "type": "eni", "region": "eu-west-1"},
        ),
    ],
)
def test_a_resource_is_told_in_its_parts(id_: str, resource: dict[str, str]) -> None:
    (event,) = rendered(reports.report(reports.finding(objects=[id_])))

    assert event["resources"] == [{"uid": id_, **resource}]


def test_names_stay_what_they_are_and_act_on_no_terminal() -> None:
    text = ocsf.render(reports.hostile(), reports.catalog(), reports.AT)

    assert not reports.HIDDEN.search(text)
    assert len(rendered(reports.hostile())) == 4


def test_ten_thousand_findings_are_as_many_events() -> None:
    events = json.loads(ocsf.render(reports.many(), reports.catalog(), reports.AT))

    assert len(events) == 10_000
