"""``audit --since`` and ``audit --record``: what is new, and since when."""

import json
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Ringwall
from tests.cli.inputs import PODS, POLICY
from tests.cli.test_json import validated

OTHER = PODS.replace("namespace: shop", "namespace: new")


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    Path("old.yaml").write_text(PODS)
    Path("both.yaml").write_text(PODS + "---\n" + OTHER)
    Path("new.yaml").write_text(OTHER)


# --- since ----------------------------------------------------------------------------------------


def test_new_kept_and_gone_are_shown(ringwall: Ringwall) -> None:
    more = ringwall("audit", "both.yaml", "--since", "old.yaml").out
    less = ringwall("audit", "new.yaml", "--since", "both.yaml").out

    assert "since    old.yaml: 1 new, 1 kept, 0 gone\n" in more
    assert "HIGH      np-namespace-none  new\n  namespace/new\n" in more
    assert "HIGH      np-namespace-none  kept\n  namespace/shop\n" in more
    assert "since    both.yaml: 0 new, 1 kept, 1 gone\n" in less
    assert "GONE      np-namespace-none\n  namespace/shop\n  was    no policy stands" in less
    assert "  now    it is not found any more\n" in less


def test_new_kept_and_gone_are_in_the_json(ringwall: Ringwall) -> None:
    done = ringwall("audit", "new.yaml", "--since", "old.yaml", "--format", "json")
    report = validated(done.out)

    assert report["since"]["target"] == "old.yaml"
    assert {name: report["since"][name] for name in ("new", "kept", "gone")} == {
        "new": 1,
        "kept": 0,
        "gone": 1,
    }
    (lost,) = report["gone"]
    assert (lost["rule"], lost["cause"], lost["status"], lost["was"]) == (
        "np-namespace-none",
        "namespace/shop",
        "gone",
        "fail",
    )
    (found,) = (one for one in report["findings"] if one["status"] == "fail")
    assert (found["cause"], found["since"]) == ("namespace/new", "new")


def test_an_earlier_state_can_be_a_snapshot(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", "old.yaml", "-o", "old.zip")

    assert "since    old.zip: 0 new, 1 kept, 0 gone\n" in (
        ringwall("audit", "old.yaml", "--since", "old.zip").out
    )


def test_an_earlier_state_that_is_not_there_is_said(ringwall: Ringwall) -> None:
    result = ringwall("audit", "old.yaml", "--since", "nix")

    assert result.err == "error: `nix` does not exist; give a file, a folder or `-`\n"
    assert result.code == 3


def test_standard_input_is_read_only_once(ringwall: Ringwall) -> None:
    result = ringwall("audit", "-", "--since", "-", stdin=PODS)

    assert result.err == "error: `-` can be given once: standard input is read only once\n"
    assert result.code == 2


def test_without_since_nothing_is_compared(ringwall: Ringwall) -> None:
    report = validated(ringwall("audit", "old.yaml", "--format", "json").out)

    assert (report["since"], report["gone"], report["recorded"]) == (None, [], None)
    assert {one["since"] for one in report["findings"]} == {""}


# --- record ---------------------------------------------------------------------------------------


def backdate(day: str) -> None:
    """The audits recorded so far, as if they had been on a day."""
    for file in Path("ledger").iterdir():
        file.write_text(re.sub(r'"at":"\d{4}-\d\d-\d\d', f'"at":"{day}', file.read_text()))


def test_the_first_record_finds_everything_new(ringwall: Ringwall) -> None:
    out = ringwall("audit", "old.yaml", "--record", "ledger").out

    assert "ledger   ledger: this audit and 0 earlier ones\n" in out
    assert "  open   first seen now, 20" in out
    (file,) = Path("ledger").iterdir()
    assert stat.S_IMODE(Path("ledger").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_later_ones_say_for_how_long(ringwall: Ringwall) -> None:
    ringwall("audit", "old.yaml", "--record", "ledger")
    backdate("2026-01-01")

    out = ringwall("audit", "both.yaml", "--record", "ledger").out
    report = validated(ringwall("audit", "both.yaml", "--record", "ledger", "--format", "json").out)

    assert "ledger   ledger: this audit and 1 earlier one\n" in out
    assert re.search(r"namespace/shop\n(?:  .*\n)*  open   \d+ days, since 2026-01-01T", out)
    assert re.search(r"namespace/new\n(?:  .*\n)*  open   first seen now, ", out)
    first = {one["cause"]: one["first_seen"] for one in report["findings"] if one["first_seen"]}
    assert first["namespace/shop"].startswith("2026-01-01T")
    assert not first["namespace/new"].startswith("2026-01-01T")
    assert report["recorded"]["earlier"] == 2


def test_what_a_finding_implies_is_recorded_too(ringwall: Ringwall) -> None:
    """It keeps its age when the finding that implied it is mended."""
    ringwall("audit", "old.yaml", "--record", "ledger")
    backdate("2026-01-01")
    Path("old.yaml").write_text(PODS + "---\n" + POLICY)

    report = json.loads(ringwall("audit", "old.yaml", "--record", "ledger", "--format", "json").out)
    found = [one for one in report["findings"] if one["status"] == "fail"]
    assert [one["rule"] for one in found] == [
        "np-no-default-deny-egress",
        "np-no-default-deny-ingress",
    ]
    assert all(one["folded"] == ["np-pod-unselected"] for one in found)
    assert all(one["first_seen"].startswith("2026-01-01T") for one in found)


def test_a_corrupt_line_costs_one_sentence(ringwall: Ringwall) -> None:
    ringwall("audit", "old.yaml", "--record", "ledger")
    backdate("2026-01-01")
    Path("ledger", "x.jsonl").write_text("{\n\x00\n")

    result = ringwall("audit", "old.yaml", "--record", "ledger", "--fail-on", "medium")

    assert result.err == (
        "warning: ledger/x.jsonl:1: is no line of a ledger and is passed over "
        "(and 1 more of this file)\n"
    )
    assert "since 2026-01-01T" in result.out
    assert result.code == 1


def test_a_place_that_cannot_be_a_ledger_is_a_usage_error(ringwall: Ringwall) -> None:
    result = ringwall("audit", "old.yaml", "--record", "both.yaml")

    assert result.err == ("error: `both.yaml` is no folder, so that no ledger can be kept in it\n")
    assert (result.code, result.out) == (2, "")
