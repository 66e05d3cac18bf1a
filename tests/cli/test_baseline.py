"""``ringwall baseline``: what is found today is accepted until a day, and nothing more."""

import json
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OPEN, PODS

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
PERSONS = ("--owner", "platform", "--approver", "J. Roe", "--reason", 'there before, "PLAT-1"')
NAMED = 'waivers = "waivers.toml"\n'


def baseline(ringwall: Ringwall, target: str, *args: str, expires: str = "90d"):  # type: ignore[no-untyped-def]
    words = ("-o", "waivers.toml", *PERSONS, "--expires", expires, *args)
    return ringwall("baseline", target, *words)


def test_after_a_baseline_the_audit_of_the_shop_exits_with_0(ringwall: Ringwall) -> None:
    before = json.loads(ringwall("audit", SHOP, "--format", "json").out)["findings"]
    Path("ringwall.toml").write_text(NAMED)

    done = baseline(ringwall, SHOP, "--config", "ringwall.toml")
    result = ringwall("audit", SHOP, "--config", "ringwall.toml", "--format", "json")

    assert (done.code, done.err, result.code) == (0, "", 0)
    after = json.loads(result.out)["findings"]
    failing = [found["fingerprint"] for found in before if found["status"] == "fail"]
    assert [f["fingerprint"] for f in after if f["status"] == "excepted"] == failing
    assert [f for f in after if f["status"] in ("fail", "unknown")] == []


def test_what_comes_later_is_not_accepted(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(NAMED)
    Path("pods.yaml").write_text(PODS)
    baseline(ringwall, "pods.yaml")
    assert ringwall("audit", "pods.yaml").code == 0

    Path("pods.yaml").write_text(PODS + "---\n" + PODS.replace("namespace: shop", "namespace: new"))
    result = ringwall("audit", "pods.yaml")

    assert result.code == 1
    assert "HIGH      np-namespace-none\n  namespace/new\n" in result.out


def test_each_waiver_says_who_why_and_until_when(ringwall: Ringwall) -> None:
    Path("pods.yaml").write_text(PODS)
    baseline(ringwall, "pods.yaml")

    (only,) = tomllib.loads(Path("waivers.toml").read_text())["waiver"]
    assert only == {
        "rule": "np-namespace-none",
        "cause": "namespace/shop",
        "owner": "platform",
        "reason": 'there before, "PLAT-1"',
        "approver": "J. Roe",
        "expires": datetime.now(UTC).date() + timedelta(days=90),
    }
    assert stat.S_IMODE(Path("waivers.toml").stat().st_mode) == 0o600


def test_it_says_how_it_counts_where_no_configuration_names_it(ringwall: Ringwall) -> None:
    Path("open.json").write_text(OPEN)

    result = baseline(ringwall, "open.json")

    assert result.err == (
        'warning: it counts once `ringwall.toml` names it, at its top: waivers = "waivers.toml"\n'
    )
    assert result.out.startswith("waivers.toml: 1 waiver until ")


def test_a_file_that_is_there_is_left_as_it_is(ringwall: Ringwall) -> None:
    Path("waivers.toml").write_text("# mine\n")
    Path("pods.yaml").write_text(PODS)

    result = baseline(ringwall, "pods.yaml")

    assert result.err == "error: `waivers.toml` is there already and is left as it is\n"
    assert result.code == 2
    assert Path("waivers.toml").read_text() == "# mine\n"


def test_what_is_accepted_already_is_left_out(ringwall: Ringwall) -> None:
    Path("both.yaml").write_text(PODS + "---\n" + PODS.replace("namespace: shop", "namespace: b"))
    Path("ringwall.toml").write_text('waivers = "first.toml"\n')
    first = ("baseline", "both.yaml", "-o", "first.toml", *PERSONS, "--expires", "9d")
    ringwall(*first)
    text = Path("first.toml").read_text()
    Path("first.toml").write_text("[[waiver]]" + text.rpartition("[[waiver]]")[2])

    baseline(ringwall, "both.yaml")

    (only,) = tomllib.loads(Path("waivers.toml").read_text())["waiver"]
    assert only["cause"] == "namespace/b"


def test_where_a_file_could_not_be_read_nothing_is_written(ringwall: Ringwall) -> None:
    Path("dump").mkdir()
    Path("dump", "pods.yaml").write_text(PODS)
    Path("dump", "broken.yaml").write_text(BROKEN_YAML)

    result = baseline(ringwall, "dump")

    assert result.code == 3
    assert not Path("waivers.toml").exists()


@pytest.mark.parametrize(
    ("expires", "message"),
    [
        ("2020-01-01", "`--expires 2020-01-01` is over; today is "),
        (
            "soon",
            "`--expires soon` is no day; write a day as 2030-06-30, or a number of days as 90d",
        ),
        ("2030-02-31", "`--expires 2030-02-31` is no day; "),
        ("999999d", "`--expires 999999d` is 4764-"),
        ("9999999d", "`--expires 9999999d` is no day; "),
        ("366d", "`--expires 366d` is "),
    ],
)
def test_an_end_that_cannot_be_is_said(ringwall: Ringwall, expires: str, message: str) -> None:
    Path("pods.yaml").write_text(PODS)

    result = baseline(ringwall, "pods.yaml", expires=expires)

    assert result.err.startswith(f"error: {message}")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert not Path("waivers.toml").exists()


def test_the_last_day_that_may_be_is_configured(ringwall: Ringwall) -> None:
    Path("pods.yaml").write_text(PODS)
    Path("ringwall.toml").write_text("[thresholds]\nwaiver_days = 30\n")

    assert "a waiver ends at most 30 days ahead" in baseline(ringwall, "pods.yaml").err
    assert baseline(ringwall, "pods.yaml", expires="30d").code == 0


@pytest.mark.parametrize("name", ["owner", "approver", "reason"])
def test_nobody_is_no_answer(ringwall: Ringwall, name: str) -> None:
    Path("pods.yaml").write_text(PODS)
    words = dict(zip(PERSONS[::2], PERSONS[1::2], strict=True)) | {f"--{name}": " "}
    args = [word for pair in words.items() for word in pair]

    result = ringwall("baseline", "pods.yaml", "-o", "w.toml", *args, "--expires", "9d")

    assert result.err == f"error: `--{name}` is empty; a waiver needs it\n"
    assert result.code == 2
