"""``exposed``, ``who-can-reach``, ``blast-radius`` and ``rule-use`` as commands."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.check.ask_world import OFFICE, world
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, PODS
from tests.cli.test_json import validated
from tests.semantics.aws_world import tcp

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
DEBUG_RULE = "sgr-0352c62cfde6668d1"
QUESTIONS = {
    "exposed": ("exposed", SHOP),
    "who-can-reach": ("who-can-reach", SHOP, "--to", "shop-new!payments/payments"),
    "blast-radius": ("blast-radius", SHOP, "--from", "shop-new!payments/payments"),
    "rule-use": ("rule-use", SHOP, "--rule", DEBUG_RULE),
}
ROWS = [name for name in QUESTIONS if name != "rule-use"]


def write(folder: str, *rules: object) -> None:
    for name, text in world(*rules).files().items():  # type: ignore[arg-type]
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


# --- the shop, by hand from examples/shop/README.md -----------------------------------------------


def test_what_of_the_shop_the_internet_reaches(ringwall: Ringwall) -> None:
    result = ringwall("exposed", SHOP, "--format", "json")

    report = validated(result.out)
    rows = {(row["group"], row["dst"], row["verdict"]) for row in report["connections"]}
    account = "111122223333:eu-west-1"
    assert {row for row in rows if row[0] in ("api-servers", "nodes", "load-balancers")} == {
        ("api-servers", f"{account}!eks-api/shop-old", "allowed"),
        ("api-servers", f"{account}!eks-api/shop-new", "allowed"),
        ("load-balancers", f"{account}!eni-08f91c8cab2252e80", "allowed"),
        ("load-balancers", f"{account}!eni-0bc60f84e99e82047", "allowed"),
        ("nodes", "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal", "allowed"),
        ("nodes", "shop-old!node/ip-10-20-1-52.eu-west-1.compute.internal", "allowed"),
    }
    (new,) = (row for row in report["connections"] if row["dst"].endswith("eks-api/shop-new"))
    assert (new["src"], new["ports"]) == ("198.51.100.0/24", {"TCP": ["443"]})
    nodes = [row for row in report["connections"] if row["group"] == "nodes"]
    rules = {
        rule.get("id")
        for row in nodes
        for way in row["through"]
        for hop in report["ways"][way]["path"]["hops"]
        for rule in hop["rules"]
    }
    assert {DEBUG_RULE, "sgr-01529c49a18517814"} <= rules
    assert result.err == "warning: 4 connections are unknown\n"
    assert (report["counts"]["workloads"]["unknown"], result.code) == (4, 0)


def test_only_the_pods_and_nodes_of_shop_new_reach_the_database_service(ringwall: Ringwall) -> None:
    """Its group admits the group of shop-new alone (README: What is right)."""
    result = ringwall(
        "who-can-reach", SHOP, "--to", "eni-0d8c1f9902456a322", "--port", "tcp/5432",
        "--format", "json",
    )  # fmt: skip

    report = validated(result.out)
    senders = {row["src"] for row in report["connections"]}
    assert {one.partition("!")[0] for one in senders} == {"shop-new", "111122223333:eu-west-1"}
    assert not any("shop-old" in one for one in senders)
    assert set(report["counts"]) == {"nodes", "workloads", "api-servers", "interfaces"}


def test_the_blast_radius_of_a_pod_of_shop_old(ringwall: Ringwall) -> None:
    result = ringwall("blast-radius", SHOP, "--from", "shop-old!web/web", "--format", "json")

    report = validated(result.out)
    rows = {(row["group"], row["dst"]): row for row in report["connections"]}
    assert "data-stores" not in report["counts"]
    assert {dst for group, dst in rows if group == "kubelet"} == {
        "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal",
        "shop-old!node/ip-10-20-1-52.eu-west-1.compute.internal",
    }
    metadata = rows["instance-metadata", "169.254.169.254"]
    assert metadata["verdict"] == "unknown"
    assert [report["unknowns"][id_]["code"] for id_ in metadata["because"]] == [
        "hop-limit-not-followed"
    ]


def test_an_instance_is_the_node_that_it_runs(ringwall: Ringwall) -> None:
    """Answers about instances leave out the account that interfaces state."""
    result = ringwall("blast-radius", SHOP, "--from", "i-03ca2211f6ca618c5", "--format", "json")

    report = validated(result.out)
    (row,) = (row for row in report["connections"] if row["group"] == "data-stores")
    assert (row["dst"], row["what"]) == ("111122223333:eu-west-1!eni-0d8c1f9902456a322", "RDS")


def test_what_only_the_forgotten_rule_opens_is_what_revoking_it_closes(ringwall: Ringwall) -> None:
    use = validated(ringwall(*QUESTIONS["rule-use"], "--format", "json").out)
    revoked = validated(ringwall("what-if", SHOP, "--revoke", DEBUG_RULE, "--format", "json").out)

    assert use["changes"] == revoked["changes"]
    assert (use["opens"], use["rule"]["id"]) == (revoked["closes"], DEBUG_RULE)
    assert use["opens"] == "surely"


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUESTIONS)
def test_json_validates_and_is_the_same_twice(ringwall: Ringwall, name: str) -> None:
    first, second = (ringwall(*QUESTIONS[name], "--format", "json") for _ in range(2))

    assert validated(first.out)["schema"] == f"ringwall/{name}/v1"
    assert first == second


@pytest.mark.parametrize("name", ROWS)
def test_csv_has_a_line_for_every_row(ringwall: Ringwall, name: str) -> None:
    rows = json.loads(ringwall(*QUESTIONS[name], "--format", "json").out)["connections"]

    found = list(csv.DictReader(io.StringIO(ringwall(*QUESTIONS[name], "--format", "csv").out)))

    assert [(one["group"], one["src"], one["dst"], one["verdict"]) for one in found] == [
        (row["group"], row["src"], row["dst"], row["verdict"]) for row in rows
    ]


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_table_tells_what_is_unknown_and_what_is_assumed(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch, name: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    result = ringwall(*QUESTIONS[name])

    assert "assumed  policies are ignored in cluster shop-old: nothing enforces them" in result.out
    assert "unknown (u1" in result.out
    assert "\nu1   " in result.out
    listed = [line for line in result.out.splitlines() if line.startswith("    ")]
    assert max(map(len, listed), default=0) <= int(columns)


@pytest.mark.parametrize("name", QUESTIONS)
def test_markdown_is_one_table_with_its_notes(ringwall: Ringwall, name: str) -> None:
    lines = ringwall(*QUESTIONS[name], "--format", "md").out.splitlines()

    table = [line for line in lines if line.startswith("|")]
    assert lines[0].startswith("**")
    assert len(table) > 5
    assert len({line.count(" | ") for line in table[2:]}) == 1
    assert any(line.startswith("- assumed: ") for line in lines)


def test_things_that_are_reached_alike_stand_together(ringwall: Ringwall) -> None:
    out = ringwall("exposed", SHOP, "--port", "tcp/443").out

    first, second = "eni-08f91c8cab2252e80", "eni-0bc60f84e99e82047"
    lines = out.splitlines()
    (at,) = (number for number, line in enumerate(lines) if first in line)
    assert second in lines[at + 1]
    assert lines[at + 2] == "    tcp/443  from internet, 198.51.100.0/24"
    assert lines[at + 3] == "    through  internet-gateway igw-0ef6847a9fe39d17f"


# --- targets and configuration --------------------------------------------------------------------


def test_standard_input_and_several_targets(ringwall: Ringwall) -> None:
    write("aws-answers")

    report = validated(
        ringwall("who-can-reach", "-", "aws-answers", "--to", "shop/web", "--format", "json",
                 stdin=PODS).out
    )  # fmt: skip

    assert "shop/db[Pod]" in {row["src"] for row in report["connections"]}
    assert "eni-db" in report["endpoints"]


def test_own_networks_are_those_of_the_configuration(ringwall: Ringwall) -> None:
    write("prod")
    Path("ringwall.toml").write_text(
        f'[[network]]\nname = "office"\ncidrs = ["{OFFICE}"]\n'
        'owner = "platform"\npurpose = "VPN exit of the offices"\n'
    )
    Path("other.toml").write_text("")
    args = ("who-can-reach", "prod", "--to", "eni-lb", "--port", "tcp/80", "--format", "json")

    near = validated(ringwall(*args).out)
    named = validated(ringwall(*args, "--config", "other.toml").out)
    redacted = validated(ringwall(*args, "--redact").out)

    assert [(row["group"], row["src"]) for row in near["connections"]] == [("own-networks", OFFICE)]
    assert [row["group"] for row in named["connections"]] == ["internet"]
    assert [row["group"] for row in redacted["connections"]] == ["own-networks"]


def test_nothing_of_the_output_is_there_before_the_question_is_understood(
    ringwall: Ringwall,
) -> None:
    result = ringwall(*QUESTIONS["exposed"], "-o", "out.json", "--port", "tcp/99999")

    assert (result.code, result.out) == (2, "")
    assert not Path("out.json").exists()


def test_a_result_goes_into_a_file(ringwall: Ringwall) -> None:
    result = ringwall(*QUESTIONS["rule-use"], "--format", "json", "-o", "use.json")

    assert (result.code, result.out) == (0, "")
    validated(Path("use.json").read_text())


# --- what cannot be asked -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("who-can-reach", SHOP), "missing option"),
        (("blast-radius", SHOP), "missing option"),
        (("rule-use", SHOP), "missing option"),
        (("who-can-reach", SHOP, "--to", "nobody"), "`nobody` is nothing that was read"),
        (("who-can-reach", SHOP, "--to", "web/web"), "`web/web` is ambiguous"),
        (("blast-radius", SHOP, "--from", "shop-new!svc/web/web"), "sends nothing"),
        (("exposed", SHOP, "--port", "tcp/x"), "`tcp/x` is not a port"),
        (("rule-use", SHOP, "--rule", "sgr-1"), "`sgr-1` is no rule that was read"),
        (
            ("rule-use", SHOP, "--rule", "sg-042288cdb4887a11b:ingress:tcp/8081:192.0.2.0/25"),
            "did you mean sg-042288cdb4887a11b:ingress:tcp/8080:192.0.2.0/25?",
        ),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, tuple) else "",
)
def test_a_wrong_question_is_refused_in_one_sentence(
    ringwall: Ringwall, args: tuple[str, ...], said: str
) -> None:
    result = ringwall(*args)

    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    "args",
    [("exposed",), ("who-can-reach", "--to", "shop/web"), ("blast-radius", "--from", "shop/web")],
)
def test_a_file_that_cannot_be_read_is_3_with_the_rest_answered(
    ringwall: Ringwall, args: tuple[str, ...]
) -> None:
    Path("pods.yaml").write_text(PODS)
    Path("broken.yaml").write_text(BROKEN_YAML)

    result = ringwall(args[0], "pods.yaml", "broken.yaml", *args[1:])

    assert result.code == 3
    assert "shop/web[Pod]" in result.out


def test_a_rule_can_be_named_by_what_it_says(ringwall: Ringwall) -> None:
    write("one", tcp(22, OFFICE))

    result = ringwall("rule-use", "one", "--rule", f"sg-lb:ingress:tcp/22:{OFFICE}")

    assert result.code == 0
    assert "only this rule opens 1 connection" in result.out
