"""JSON is the contract: it validates against the schemas that are shipped, and is deterministic."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ringwall import pipeline
from ringwall.report import schema
from ringwall.report.json import render
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OPEN, PODS, POLICY, TWO_VERSIONS, UNTOLD

EXAMPLES = Path(__file__).parents[2] / "examples"
CRD = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n"


def validated(text: str) -> dict[str, Any]:
    """A document, held against the shipped schema of the contract that it names."""
    document: dict[str, Any] = json.loads(text)
    shipped = json.loads(schema.file_of(document["schema"]).read_text())
    Draft202012Validator.check_schema(shipped)
    Draft202012Validator(shipped).validate(document)
    assert document.keys() == shipped["properties"].keys()
    return document


@pytest.mark.parametrize("contract", schema.CONTRACTS)
def test_the_shipped_schema_is_current(contract: str) -> None:
    assert schema.file_of(contract).read_text() == schema.text_of(contract)


@pytest.mark.parametrize("example", ["shop", "standard"])
def test_an_audit_of_an_example_validates(ringwall: Ringwall, example: str) -> None:
    report = validated(ringwall("audit", str(EXAMPLES / example), "--format", "json").out)

    assert report["schema"] == "ringwall/audit/v1"
    assert report["scope"] == ["aws", "kubernetes"]
    assert set(report["enforcers"]) == {c["name"] for c in report["clusters"]}


@pytest.mark.parametrize(
    "text", [OPEN, UNTOLD, PODS, PODS + "---\n" + POLICY, TWO_VERSIONS, PODS + "---\n" + CRD]
)
def test_an_audit_of_a_small_input_validates(ringwall: Ringwall, text: str) -> None:
    validated(ringwall("audit", "-", "--format", "json", stdin=text).out)


@pytest.mark.parametrize("port", ["tcp/5432", "all"])
def test_an_explanation_validates(ringwall: Ringwall, port: str) -> None:
    args = ("--from", "shop/web", "--to", "shop/db", "--port", port, "--format", "json")

    answer = validated(ringwall("explain", "-", *args, stdin=PODS + "---\n" + POLICY).out)

    assert (answer["from"], answer["to"]) == ("shop/web[Pod]", "shop/db[Pod]")


def test_what_could_not_be_read_is_part_of_the_report(ringwall: Ringwall) -> None:
    Path("broken.yaml").write_text(BROKEN_YAML)
    Path("app.yaml").write_text(f"{PODS}---\n{CRD}---\napiVersion: v1\nkind: Secret\n")

    result = ringwall("audit", "app.yaml", "broken.yaml", "--format", "json")

    report = validated(result.out)
    (failed,) = report["failed"]
    assert failed["where"] == "broken.yaml:4"
    assert failed["error"].startswith("not valid YAML")
    assert {(gap["code"], gap["effect"], gap["source"]) for gap in report["gaps"]} == {
        ("kind-not-read", "policy", "app.yaml:13"),
        ("unreadable-file", "input", "broken.yaml:4"),
    }
    assert report["left_out"] == {"Secret": 1}


def test_the_order_of_targets_changes_nothing(ringwall: Ringwall) -> None:
    Path("a.yaml").write_text(PODS)
    Path("b.yaml").write_text(POLICY)
    args = ("audit", "--format", "json")

    assert ringwall(*args, "a.yaml", "b.yaml").out == ringwall(*args, "b.yaml", "a.yaml").out


def test_the_digest_is_that_of_the_facts_not_of_their_place(ringwall: Ringwall) -> None:
    Path("a.yaml").write_text(PODS)
    Path("below").mkdir()
    Path("below", "b.yaml").write_text("# moved\n\n" + PODS)
    Path("c.yaml").write_text(PODS + "---\n" + POLICY)

    here, there, other = (
        json.loads(ringwall("audit", file, "--format", "json").out)["digest"]
        for file in ("a.yaml", "below/b.yaml", "c.yaml")
    )

    assert here == there != other


def test_no_character_acts_on_a_terminal(ringwall: Ringwall) -> None:
    forged = PODS.replace("namespace: shop", 'namespace: "a\\u202e\\u009bb\\e[2J"')

    out = ringwall("audit", "-", "--format", "json", stdin=forged).out

    assert "".join(out.splitlines()).isprintable()
    assert "namespace/a\u202e\u009bb\x1b[2J" in str(json.loads(out)["findings"][0]["cause"])


def test_a_file_name_that_is_not_utf8_is_written_in_escapes(tmp_path: Path) -> None:
    odd = tmp_path / "caf\udce9.yaml"
    odd.write_text(BROKEN_YAML)
    (tmp_path / "pods.yaml").write_text(PODS)

    report = validated(render(pipeline.audit(pipeline.read([str(tmp_path)]))))

    assert "caf\\udce9.yaml" in report["failed"][0]["where"]
