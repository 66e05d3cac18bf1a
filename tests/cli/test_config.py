"""``ringwall config`` and what a configuration does to an audit, as a user sees it."""

import json
import stat
import tomllib
from pathlib import Path

import pytest

from ringwall.check.config import Config, parse
from ringwall.cli.starter import STARTER
from tests.cli.conftest import Ringwall
from tests.cli.inputs import OPEN, PODS

WAIVER = """\
[[waiver]]
rule = "np-namespace-none"
cause = "namespace/shop"
owner = "platform"
reason = "moves"
approver = "J. Roe"
expires = %s
"""


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    Path("pods.yaml").write_text(PODS)
    Path("open.json").write_text(OPEN)


# --- init -----------------------------------------------------------------------------------------


def test_init_writes_a_file_that_leaves_everything_at_its_default(ringwall: Ringwall) -> None:
    result = ringwall("config", "init")

    assert result.out == (
        "ringwall.toml is written; every setting in it is explained and commented out\n"
    )
    assert (result.code, result.err) == (0, "")
    assert parse(Path("ringwall.toml").read_text(), "ringwall.toml") == Config()
    assert stat.S_IMODE(Path("ringwall.toml").stat().st_mode) == 0o600


def test_every_setting_of_the_starter_is_valid_and_none_is_missing() -> None:
    lines = [line.removeprefix("# ") for line in STARTER.splitlines()]
    settings = [line for line in lines if line.startswith("[") or " = " in line]

    config = parse("\n".join(settings), "ringwall.toml")

    assert [name for name in Config.__struct_fields__ if not getattr(config, name)] == []
    written = tomllib.loads("\n".join(settings))
    for table in ("thresholds", "tags", "labels", "rules"):
        assert written[table].keys() == set(getattr(Config(), table).__struct_fields__)


def test_init_leaves_a_file_that_is_there(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text("# mine\n")

    result = ringwall("config", "init")

    assert result.err == "error: `ringwall.toml` is there already and is left as it is\n"
    assert result.code == 2
    assert Path("ringwall.toml").read_text() == "# mine\n"


def test_init_says_where_it_cannot_write(ringwall: Ringwall) -> None:
    result = ringwall("config", "init", "nowhere/ringwall.toml")

    assert "`nowhere` is no folder" in result.err
    assert result.code == 2


# --- check ----------------------------------------------------------------------------------------


def test_check_counts_what_is_configured(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(
        'waivers = "w.toml"\n[[network]]\nname = "a"\ncidrs = ["10.0.0.0/8"]\n'
    )
    Path("w.toml").write_text(WAIVER % "2020-01-01")

    result = ringwall("config", "check")

    assert result.out == "ringwall.toml is valid: 1 own network, 1 waiver in w.toml\n"
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    ("config", "waivers", "message"),
    [
        ("[rules]\nskip = ['x']\n", "", "below/r.toml:2: `x` is not a rule; `ringwall rules list`"),
        (
            "\nwaivers = 'no.toml'\n",
            "",
            "below/r.toml:2: `below/no.toml` is no file; write it, or l",
        ),
        ("waivers = 'w.toml'\n", "[[waiver]]\n", "below/w.toml:1: `rule` is missing - at `$.waiv"),
    ],
)
def test_check_says_what_is_wrong_and_where(
    ringwall: Ringwall, config: str, waivers: str, message: str
) -> None:
    Path("below").mkdir()
    Path("below", "r.toml").write_text(config)
    Path("below", "w.toml").write_text(waivers)

    result = ringwall("config", "check", "below/r.toml")

    assert result.err.startswith(f"error: {message}")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


def test_check_without_a_file_says_how_to_get_one(ringwall: Ringwall) -> None:
    result = ringwall("config", "check")

    assert result.err == (
        "error: no `ringwall.toml` here or in a folder above; `ringwall config init` writes one\n"
    )
    assert result.code == 2


# --- show -----------------------------------------------------------------------------------------


def test_show_prints_what_counts_and_where_it_is_from(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(
        '[thresholds]\npool_nodes = 7\n\n[[network]]\nname = "a \\"b\\""\ncidrs = ["10.0.0.0/8"]\n'
        '[[tenant]]\nname = "t"\nlabels = { "a/b" = "c*" }\n'
    )
    out = ringwall("config", "show").out

    assert "pool_nodes = 7  # ringwall.toml:2\n" in out
    assert "wide_port_range = 100  # default\n" in out
    assert '[[network]]  # ringwall.toml:4\nname = "a \\"b\\""\ncidrs = ["10.0.0.0/8"]\n' in out
    assert '[[tenant]]  # ringwall.toml:7\nname = "t"\nlabels = { "a/b" = "c*" }\n' in out


def test_what_is_shown_means_the_same(ringwall: Ringwall) -> None:
    lines = [line.removeprefix("# ") for line in STARTER.splitlines()]
    settings = "\n".join(line for line in lines if line.startswith("[") or " = " in line)
    settings = settings.replace('waivers = "waivers.toml"\n', "")
    Path("ringwall.toml").write_text(settings)

    shown = ringwall("config", "show", "-o", "effective.toml")

    assert (shown.code, shown.out) == (0, "")
    assert parse(Path("effective.toml").read_text(), "e") == parse(settings, "r")


def test_show_without_a_file_shows_the_defaults(ringwall: Ringwall) -> None:
    out = ringwall("config", "show").out

    assert parse(out, "x") == Config()
    assert all(line.endswith("# default") for line in out.splitlines() if " = " in line)


# --- in an audit ----------------------------------------------------------------------------------


def audit(ringwall: Ringwall, *args: str) -> dict[str, dict[str, object]]:
    out = ringwall("audit", "pods.yaml", "open.json", "--format", "json", *args).out
    return {found["rule"]: found for found in json.loads(out)["findings"]}


def test_a_skipped_rule_is_not_run_and_that_is_said(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text('[rules]\nskip = ["np-namespace-none"]\n')

    assert "np-namespace-none" not in audit(ringwall)
    assert audit(ringwall)["np-no-default-deny-ingress"]["status"] == "fail"
    table = ringwall("audit", "pods.yaml").out
    assert "config   ringwall.toml: not run: np-namespace-none\n" in table


def test_only_some_rules_are_run_unless_the_command_names_others(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text('[rules]\nonly = ["np-namespace-none"]\n')

    assert set(audit(ringwall)) == {"np-namespace-none"}
    assert set(audit(ringwall, "--rule", "api-public-enabled")) == {"api-public-enabled"}


def test_where_a_finding_is_and_what_it_weighs_here_is_shown(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(
        '[[environment]]\nname = "prod"\ncriticality = "high"\nnamespaces = ["shop"]\n'
        '[[tenant]]\nname = "web"\nnamespaces = ["shop"]\n'
        '[[severity]]\nrules = ["np-namespace-none", "np-no-default-deny-egress", '
        '"np-no-default-deny-ingress", "np-pod-unselected"]\n'
        'severity = "low"\nenvironments = ["prod"]\n'
    )
    result = ringwall("audit", "pods.yaml")

    assert "LOW       np-namespace-none  (high in the catalog, low configured)\n" in result.out
    assert "  in     prod, tenant web, criticality high\n" in result.out
    assert result.code == 0


def test_what_a_lowered_rule_implies_keeps_its_weight_and_is_named(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text(
        '[[severity]]\nrules = ["np-namespace-none"]\nseverity = "low"\n'
    )
    result = ringwall("audit", "pods.yaml")

    assert (
        "HIGH np-namespace-none (high in the catalog, low configured, as grave as "
        "np-no-default-deny-egress) namespace/shop"
    ) in " ".join(result.out.split())
    assert result.code == 1


def test_an_own_network_is_named_where_a_source_is_in_it(ringwall: Ringwall) -> None:
    Path("office.json").write_text(OPEN.replace("0.0.0.0/0", "203.0.113.0/26"))
    Path("ringwall.toml").write_text(
        '[[network]]\nname = "office"\ncidrs = ["203.0.113.0/24"]\nowner = "platform"\n'
        'purpose = "VPN exit"\n'
    )
    out = ringwall("audit", "office.json").out

    assert "  source office, VPN exit, owner platform\n" in out


def test_what_is_waived_is_shown_counted_apart_and_does_not_fail(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text('waivers = "w.toml"\n')
    Path("w.toml").write_text(WAIVER % "2999-01-01")
    args = ("audit", "pods.yaml", "--fail-on", "medium")
    assert ringwall(*args).code == 1

    Path("ringwall.toml").write_text('waivers = "w.toml"\n[thresholds]\nwaiver_days = 999999\n')
    result = ringwall(*args)

    assert result.code == 0
    assert result.out.startswith("policies assumed enforced as specified\nno findings; 1 excepted")
    assert "EXCEPTED  np-namespace-none\n  namespace/shop\n" in result.out
    assert "  why    moves\n" in result.out
    assert "  by     owner platform, approved by J. Roe, until 2999-01-01, w.toml:1\n" in result.out


def test_a_waiver_that_has_ended_fails_again(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text('waivers = "w.toml"\n')
    Path("w.toml").write_text(WAIVER % "2020-01-01")

    result = ringwall("audit", "pods.yaml")

    assert "HIGH      gov-exception-expired\n" in result.out
    assert "it ended on 2020-01-01, and 1 finding that it accepted is still there" in result.out
    assert result.code == 1


def test_names_from_a_waiver_cannot_move_the_cursor(ringwall: Ringwall) -> None:
    Path("ringwall.toml").write_text('waivers = "w.toml"\n[thresholds]\nwaiver_days = 999999\n')
    Path("w.toml").write_text((WAIVER % "2999-01-01").replace('"moves"', '"\\u001b[2J\\nx"'))

    assert "  why    \\x1b[2J\\nx\n" in ringwall("audit", "pods.yaml").out
