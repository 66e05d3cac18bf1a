"""``ringwall reach``: who reaches whom, in every format, and what is said beside it."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringwall.reach.engine import rows as rows_module
from ringwall.reach.engine.table import Table
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, PODS, POLICY
from tests.cli.test_json import validated

ALL_PORTS = {"TCP": ["1-65535"], "UDP": ["1-65535"], "SCTP": ["1-65535"]}


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    """Pods web and db; only pods labelled api, of which there is none, may reach db."""
    Path("world.yaml").write_text(PODS + "---\n" + POLICY)


def rows(ringwall: Ringwall, *args: str) -> dict[tuple[str, str], dict[str, object]]:
    """(src, dst) → the row of the JSON output that is allowed."""
    document = validated(ringwall("reach", "world.yaml", "--format", "json", *args).out)
    found = [row for row in document["connections"] if row["verdict"] == "allowed"]
    return {(row["src"], row["dst"]): row for row in found}


def test_pairs_that_a_policy_blocks_have_no_allowed_row(ringwall: Ringwall) -> None:
    found = rows(ringwall)

    assert ("shop/web[Pod]", "shop/db[Pod]") not in found
    assert found["shop/db[Pod]", "shop/web[Pod]"]["ports"] == {"ALL": []}
    assert found["internet", "shop/web[Pod]"]["extent"] == "all"


def test_what_policies_leave_open_is_unknown_with_its_reason(ringwall: Ringwall) -> None:
    document = validated(ringwall("reach", "world.yaml", "--format", "json").out)

    row = next(r for r in document["connections"] if r["verdict"] == "unknown")
    (reason,) = (document["unknowns"][id_] for id_ in row["because"])
    assert reason["code"] == "protocol-undefined"
    assert "TCP" not in row["ports"]


def test_from_to_and_port_leave_out_the_rest(ringwall: Ringwall) -> None:
    found = rows(ringwall, "--from", "shop/db", "--to", "shop/web", "--port", "tcp/80-81")

    assert list(found) == [("shop/db[Pod]", "shop/web[Pod]")]
    assert found["shop/db[Pod]", "shop/web[Pod]"]["ports"] == {"TCP": ["80-81"]}


def test_the_whole_world_is_an_endpoint_by_its_block(ringwall: Ringwall) -> None:
    found = rows(ringwall, "--from", "203.0.113.0/24", "--port", "tcp/443")

    assert ("203.0.113.0/24", "shop/web[Pod]") in found


def test_the_table_says_first_how_much_is_open(ringwall: Ringwall) -> None:
    out = ringwall("reach", "world.yaml", "--from", "shop/db").out

    assert out.startswith("3 endpoints, 2 open connections; other pairs are blocked\n")
    assert "shop/db[Pod]\n  internet       all\n  shop/web[Pod]  all\n" in out
    assert "assumed  policies assumed enforced as specified\n" in out


def test_what_is_unknown_of_every_isolated_pod_is_told_once(ringwall: Ringwall) -> None:
    out = ringwall("reach", "world.yaml", "--from", "shop/web", "--to", "shop/db").out

    assert "1 pair: only ICMP and other protocols are unknown" in out
    assert "unknown (u1)" not in out


def test_unknown_rows_are_counted_on_standard_error(ringwall: Ringwall) -> None:
    done = ringwall("reach", "world.yaml", "--from", "shop/web")

    assert (done.code, done.err) == (0, "warning: 1 connection is unknown\n")


def test_csv_has_one_line_for_each_row(ringwall: Ringwall) -> None:
    out = ringwall("reach", "world.yaml", "--from", "shop/web", "--format", "csv").out

    first, *rest = csv.DictReader(io.StringIO(out))
    assert (first["src"], first["dst"], first["ports"]) == ("shop/web[Pod]", "internet", "all")
    assert [row["ports"] for row in rest] == ["icmp other-protocols"]


def test_markdown_is_one_table(ringwall: Ringwall) -> None:
    out = ringwall("reach", "world.yaml", "--to", "shop/web", "--format", "md").out

    assert "| `internet` | `shop/web[Pod]` | `all` | allowed |  |" in out
    assert out.startswith("**3 endpoints, 2 open connections; other pairs are blocked**\n")


def test_dot_draws_namespaces_as_boxes(ringwall: Ringwall) -> None:
    out = ringwall("reach", "world.yaml", "--port", "tcp/80", "--format", "dot").out

    assert 'subgraph cluster_1 { label="shop";' in out
    assert '"shop/db[Pod]" -> "shop/web[Pod]" [label="tcp/80"];' in out
    assert out.startswith("digraph reach {")
    assert out.endswith("}\n")


def test_a_name_cannot_break_out_of_a_format(ringwall: Ringwall) -> None:
    name = 'a"|`<b>\x1b[31m'
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    Path("node.json").write_text(json.dumps(node))

    args = ("reach", "world.yaml", "node.json", "--to", "shop/web", "--format")
    markdown, dot = ringwall(*args, "md").out, ringwall(*args, "dot").out

    assert "\x1b" not in markdown + dot
    assert '`node/a"\\|<b>\\x1b[31m`' in markdown
    assert '"node/a\\"|`<b>\\x1b[31m"' in dot


def test_the_grouped_relation_is_valid_and_needs_json(ringwall: Ringwall) -> None:
    document = validated(ringwall("reach", "world.yaml", "--grouped", "--format", "json").out)
    refused = ringwall("reach", "world.yaml", "--grouped")

    members = {m for one in document["classes"].values() for m in one["members"]}
    assert {"shop/db[Pod]", "shop/web[Pod]"} <= members
    assert refused.code == 2
    assert "--grouped is written as JSON; add --format json" in refused.err


def test_a_broken_file_costs_only_itself(ringwall: Ringwall) -> None:
    Path("broken.yaml").write_text(BROKEN_YAML)

    done = ringwall("reach", "world.yaml", "broken.yaml")

    assert done.code == 3
    assert "shop/web[Pod]  all" in done.out


def test_an_id_that_names_nothing_is_answered_with_what_was_meant(ringwall: Ringwall) -> None:
    done = ringwall("reach", "world.yaml", "--from", "shop/wbe")

    assert (done.code, done.out) == (2, "")
    assert (
        "`shop/wbe` is nothing that was read; did you mean shop/web[Pod] or shop/db[Pod]?"
        in done.err
    )


def test_a_cell_cannot_be_a_formula(ringwall: Ringwall) -> None:
    node = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "=1+1"}}
    Path("pod.json").write_text(json.dumps({**node, "spec": {"containers": []}}))

    out = ringwall("reach", "pod.json", "--format", "csv").out

    assert "'=1+1/x[Pod]" in out
    assert "\n=1+1" not in out


def test_what_is_taken_for_granted_is_what_explain_says(ringwall: Ringwall) -> None:
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}\n"
    Path("pod.yaml").write_text(manifest)

    report = validated(ringwall("reach", "pod.yaml", "--format", "json").out)

    assert report["assumes"] == [
        "namespace default is known only by name: it has no labels but its name",
        "no AWS facts: the AWS layer is taken as open",
        "pods without an address are taken to have a private IPv4 address",
        "policies assumed enforced as specified",
    ]


def test_a_listing_s_block_is_not_an_id_to_explain(ringwall: Ringwall) -> None:
    done = ringwall(
        "explain", "world.yaml", "--from", "block/1", "--to", "shop/db", "--port", "all"
    )

    assert done.code == 2
    assert "`block/1` is a set of blocks in a listing; write one of its CIDR blocks" in done.err


def test_what_is_taken_for_granted_of_aws_is_told_too(ringwall: Ringwall) -> None:
    example = Path(__file__).parents[2] / "examples" / "standard"

    reached = validated(ringwall("reach", str(example), "--format", "json").out)["assumes"]

    assert "VPC Block Public Access is taken as off: this version does not read it" in reached


# --- rows that are written while they are made ---------------------------------------------------


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_a_file_holds_what_would_be_printed(ringwall: Ringwall, format_: str) -> None:
    printed = ringwall("reach", "world.yaml", "--format", format_)
    done = ringwall("reach", "world.yaml", "--format", format_, "-o", "out")

    assert (done.code, done.out, done.err) == (0, "", printed.err)
    assert Path("out").read_text() == printed.out
    assert Path("out").stat().st_mode & 0o777 == 0o600


def test_a_file_is_not_replaced_by_half_of_the_rows(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("out.csv").write_text("the old one")

    def full(*_: object) -> Iterator[str]:
        yield "a row\n"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Table, "text", full)

    done = ringwall("reach", "world.yaml", "--format", "csv", "-o", "out.csv")

    assert done.code == 3
    assert done.err == "error: `out.csv` cannot be written: No space left on device\n"
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "world.yaml"]
    assert Path("out.csv").read_text() == "the old one"


def test_only_what_people_read_is_limited(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "LIMIT", 2)

    table, graph, listing, document = (
        ringwall("reach", "world.yaml", "--format", one) for one in ("table", "dot", "csv", "json")
    )

    for refused in (table, graph):
        assert (refused.code, refused.out) == (2, "")
        assert "these are more than 2 rows, which only --format json and csv write; " in refused.err
    assert listing.out.count("\n") == 1 + len(validated(document.out)["connections"]) > 3


def test_a_reader_that_goes_away_ends_it_in_silence() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "ringwall", "reach", "world.yaml", "--format", "csv"]

    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, b"")
