"""CSV: one line for each finding, and no formula."""

import csv
import io

from ringwall.report import spreadsheet
from ringwall.report.outputs import AuditReport
from tests.report import reports


def rendered(report: AuditReport) -> list[dict[str, str]]:
    """The lines by column."""
    found = list(csv.DictReader(io.StringIO(spreadsheet.render(report), newline="")))
    assert all(None not in line and None not in line.values() for line in found)
    return found


def test_a_finding_is_a_line() -> None:
    (line,) = rendered(reports.report(reports.exposed(folded=["sg-a", "sg-b"])))

    assert line == {
        "status": "fail",
        "severity": "critical",
        "rule": "sg-ssh-rdp-internet",
        "cluster": "shop",
        "cause": reports.GROUP,
        "reason": "SSH is open to 0.0.0.0/0",
        "count": "1",
        "objects": "111122223333:eu-west-1!sg-0abc; 111122223333:eu-west-1!eni-0abc",
        "path": "1.0.0.0 → igw-0abc → sg-0abc ingress:tcp/22:0.0.0.0/0 → 10.0.0.1 tcp/22",
        "remediation": "name the peers",
        "confidence": "high",
        "file": "",
        "line": "",
        "fingerprint": reports.exposed().fingerprint,
        "folded": "sg-a; sg-b",
    }


def test_every_status_is_listed_with_its_place() -> None:
    lines = rendered(reports.of_every_status())

    assert [line["status"] for line in lines] == [
        "fail", "fail", "unknown", "excepted", "pass", "not-applicable",
    ]  # fmt: skip
    assert (lines[1]["file"], lines[1]["line"]) == ("k8s/policies.yaml", "12")


def test_no_cell_is_a_formula_or_a_control() -> None:
    formulas = [reports.finding(cause=f"{sign}cmd()", reason="\t=1") for sign in "=+-@"]

    found = rendered(reports.report(*formulas, *reports.hostile().findings))

    cells = [cell for line in found for cell in line.values()]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t" and cell]
    assert all(cell.isprintable() for cell in cells)


def test_ten_thousand_findings_are_as_many_lines() -> None:
    assert len(rendered(reports.many())) == 10_000
