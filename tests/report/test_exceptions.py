"""What somebody accepted says why, who, and until when, in every format that has a place for it."""

import json

from ringwall.check.finding import Excepted
from ringwall.report import junit, sarif
from tests.report import reports

ACCEPTED = Excepted("waiver", "moves in May", "waivers.toml:3", "platform", "J. Roe", "2027-01-01")
TOLD = "moves in May (owner platform, approved by J. Roe, until 2027-01-01, waivers.toml:3)"


def test_in_sarif_it_justifies_the_suppression() -> None:
    report = reports.report(reports.finding("excepted", exception=ACCEPTED))
    document = json.loads(sarif.render(report, reports.catalog()))

    (result,) = document["runs"][0]["results"]
    assert result["suppressions"][0]["justification"] == TOLD


def test_in_junit_the_case_is_skipped_with_it() -> None:
    report = reports.report(reports.finding("excepted", exception=ACCEPTED))

    assert f'message="excepted: {TOLD}"' in junit.render(report)
