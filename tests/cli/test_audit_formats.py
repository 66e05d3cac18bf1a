"""``ringwall audit --format``: every format of the shop, read back by what reads it."""

import csv
import io
import json
import os
import re
import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ringwall.cli.findings import FORMATS
from tests.cli.conftest import Result, Ringwall
from tests.cli.inputs import BROKEN_YAML, PODS

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")


@pytest.fixture
def told(ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch) -> dict[str, Result]:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")
    return {name: ringwall("audit", SHOP, "--format", name) for name in FORMATS}


def test_every_format_tells_the_same_findings(told: dict[str, Result]) -> None:
    findings = json.loads(told["json"].out)["findings"]
    failed = [f for f in findings if f["status"] == "fail"]
    unknown = [f for f in findings if f["status"] == "unknown"]
    passed = [f for f in findings if f["status"] == "pass"]
    causes = {f["cause"] for f in failed}

    assert {result.code for result in told.values()} == {1}
    (run,) = json.loads(told["sarif"].out)["runs"]
    assert len(run["results"]) == len(failed) + len(unknown)
    cases = ElementTree.fromstring(told["junit"].out)  # noqa: S314 - our own document
    assert len([*cases.iter("failure")]) == len(failed)
    events = json.loads(told["ocsf"].out)
    assert len(events) == len(failed) + len(unknown) + len(passed)
    assert {event["time"] for event in events} == {1767323045000}
    lines = list(csv.DictReader(io.StringIO(told["csv"].out, newline="")))
    assert {line["cause"] for line in lines if line["status"] == "fail"} == causes
    assert told["github"].out.count("title=") == len(failed) + len(unknown)
    assert all(f"`{cause}`" in told["md"].out for cause in causes)
    assert told["html"].out.count("<article") == len(failed) + len(unknown)
    assert "2026-01-02 03:04 UTC" in told["html"].out


def test_findings_about_something_that_was_read_have_a_file(told: dict[str, Result]) -> None:
    (run,) = json.loads(told["sarif"].out)["runs"]
    sources = json.loads(told["json"].out)["sources"]

    for result in run["results"]:
        (location,) = result["locations"]
        if location["logicalLocations"][0]["fullyQualifiedName"] in sources:
            file = location["physicalLocation"]["artifactLocation"]["uri"]
            assert Path(file.removeprefix("file://")).is_file()
    assert len(sources) > 10


def test_the_rules_in_sarif_bring_their_pages(told: dict[str, Result]) -> None:
    (run,) = json.loads(told["sarif"].out)["runs"]

    rules = run["tool"]["driver"]["rules"]
    assert rules
    for rule in rules:
        assert "## How to fix" in rule["help"]["markdown"]
        assert "## Cases" not in rule["help"]["markdown"]
        assert not re.search(r"\]\([a-z0-9-]+\.md\)", rule["help"]["markdown"])


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_for_its_owner_only(ringwall: Ringwall, name: str) -> None:
    Path("pods.yaml").write_text(PODS)
    before = os.umask(0)
    try:
        ringwall("audit", "pods.yaml", "--format", name, "-o", "out")
    finally:
        os.umask(before)

    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o600
    assert Path("out").stat().st_size > 0


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_of_targets_changes_nothing(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    Path("a.yaml").write_text(PODS)
    Path("b.yaml").write_text(PODS.replace("shop", "data").replace("10.0.1", "10.0.2"))
    args = ("audit", "--format", name)

    there = ringwall(*args, "a.yaml", "b.yaml").out

    assert there == ringwall(*args, "b.yaml", "a.yaml").out
    assert there


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_name_that_is_not_utf8_is_told_in_every_format(
    ringwall: Ringwall, name: str
) -> None:
    Path("caf\udce9.yaml").write_text(BROKEN_YAML)
    Path("pods\udce9.yaml").write_text(PODS)

    result = ringwall("audit", ".", "--format", name, "-o", "out")

    assert result.code == 3
    text = Path("out").read_bytes().decode()
    if name not in ("csv", "ocsf"):  # which have findings only
        assert "udce9.yaml" in text


@pytest.mark.parametrize("said", ["yesterday", "99999999999999999999"])
def test_a_moment_that_is_none_is_a_usage_error(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", said)

    result = ringwall("audit", SHOP, "--format", "html")

    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"error: `{said}` in SOURCE_DATE_EPOCH is no time; write seconds since 1970, or unset it\n"
    )


def test_in_html_what_is_allowed_stands_with_its_reason(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(
        '[[allow]]\nrules = ["sg-ssh-rdp-internet"]\nreason = "the bastion of the old world"\n'
    )
    Path("groups.json").write_text(
        json.dumps(
            {
                "SecurityGroups": [
                    {
                        "GroupId": "sg-1",
                        "VpcId": "vpc-1",
                        "Tags": [{"Key": "kubernetes.io/cluster/shop", "Value": "owned"}],
                        "IpPermissions": [
                            {
                                "IpProtocol": "tcp",
                                "FromPort": 22,
                                "ToPort": 22,
                                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                            }
                        ],
                        "IpPermissionsEgress": [],
                    }
                ]
            }
        )
    )

    result = ringwall("audit", "groups.json", "--all", "--format", "html")

    assert "the bastion of the old world" in result.out
