"""JUnit: valid against the schema of Jenkins' xUnit plugin."""

from pathlib import Path

from lxml import etree

from ringwall.report import junit
from ringwall.report.outputs import AuditReport
from tests.report import reports

SCHEMA = Path(__file__).parents[1] / "recorded" / "junit" / "junit-10.xsd"


def rendered(report: AuditReport) -> etree._Element:
    """The document, which is valid."""
    root = etree.fromstring(junit.render(report).encode())
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(root)
    return root


def test_a_suite_for_each_rule_counts_its_cases() -> None:
    root = rendered(reports.of_every_status())

    found = {suite.get("name"): dict(suite.attrib) for suite in root}
    assert found == {
        "np-allow-all": {
            "name": "np-allow-all", "tests": "5", "failures": "1", "errors": "0", "skipped": "3",
        },
        "sg-ssh-rdp-internet": {
            "name": "sg-ssh-rdp-internet", "tests": "1", "failures": "1", "errors": "0",
            "skipped": "0",
        },
        "reading": {
            "name": "reading", "tests": "1", "failures": "0", "errors": "1", "skipped": "0",
        },
    }  # fmt: skip
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("7", "2", "1")


def test_a_failure_says_why_and_how_to_fix() -> None:
    (case,) = rendered(reports.report(reports.exposed(), failed=[])).iter("testcase")

    (failure,) = case
    assert (failure.tag, failure.get("type")) == ("failure", "critical")
    assert failure.get("message") == "SSH is open to 0.0.0.0/0"
    assert failure.text is not None
    assert failure.text.splitlines() == [
        "severity: critical",
        f"cause: {reports.GROUP}",
        "why: SSH is open to 0.0.0.0/0",
        "path: 1.0.0.0 → igw-0abc → sg-0abc ingress:tcp/22:0.0.0.0/0 → 10.0.0.1 tcp/22",
        "object: 111122223333:eu-west-1!sg-0abc",
        "object: 111122223333:eu-west-1!eni-0abc",
        "fix: name the peers",
        f"fingerprint: {reports.exposed().fingerprint}",
    ]


def test_a_case_stands_in_its_file() -> None:
    (case,) = rendered(reports.report(reports.finding(), failed=[])).iter("testcase")

    assert (case.get("file"), case.get("line")) == ("k8s/policies.yaml", "12")
    assert (case.get("name"), case.get("classname")) == (reports.POLICY, "np-allow-all.shop")


def test_what_is_unknown_or_excepted_is_skipped_and_never_passes() -> None:
    found = {
        case.get("name"): [child.get("message") for child in case if child.tag == "skipped"]
        for case in rendered(reports.of_every_status()).iter("testcase")
    }

    assert found["shop!namespace/a"] == ["unknown: no rules were read"]
    assert found["shop!namespace/b"] == ["excepted: accepted until 2027-01-01"]
    assert found["shop!namespace/c"] == []


def test_no_name_breaks_the_document() -> None:
    text = junit.render(reports.hostile())

    rendered(reports.hostile())
    assert "<script>" not in text
    assert "]]>" not in text
    assert "".join(text.splitlines()).isprintable()


def test_ten_thousand_findings_are_valid() -> None:
    assert rendered(reports.many()).get("failures") == "10000"
