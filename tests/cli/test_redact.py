"""``--redact``: nothing private in any output, and the same answers."""

import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringwall import pipeline
from ringwall.cli.findings import FORMATS
from ringwall.facts.redact import Redactor
from tests.cli.conftest import Result, Ringwall

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
PRIVATE = (
    "shop-new shop-old 111122223333 payments checkout catalog-api orders-v1 10.20.18 "
    "02185064557f2d204 0008cd8a8662d2f1f"
).split()
"""What the shop's owner would not tell: clusters, account, namespaces, workloads, ids."""
KEY = bytes(range(32))
QUESTION = ("--from", "internet", "--to", "eks-api/shop-new", "--port", "tcp/443")


@pytest.fixture(autouse=True)
def key(ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, so that the outputs of a test can be compared."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")
    Path("key").write_text(KEY.hex())


def private(text: str) -> list[str]:
    return [word for word in PRIVATE if word.lower() in text.lower()]


def test_the_words_that_must_not_be_seen_are_there_without_redaction(ringwall: Ringwall) -> None:
    seen = ringwall("audit", SHOP, "--format", "json", "-v").out
    seen += ringwall("reach", SHOP, "--format", "json", "--pods").out

    assert private(seen) == PRIVATE


@pytest.mark.parametrize("name", FORMATS)
def test_an_audit_tells_nothing_private(ringwall: Ringwall, name: str) -> None:
    plain = ringwall("audit", SHOP, "--format", name)

    result = ringwall("audit", SHOP, "--format", name, "-v", "--redact")

    assert private(result.out + result.err) == []
    assert result.code == plain.code
    assert len(result.out) > 5000


@pytest.mark.parametrize(
    "args",
    [
        ("reach", SHOP),
        ("reach", SHOP, "--format", "json"),
        ("reach", SHOP, "--format", "csv", "--pods"),
        ("reach", SHOP, "--format", "dot"),
        ("reach", SHOP, "--format", "md"),
        ("reach", SHOP, "--format", "json", "--grouped"),
        ("reach", SHOP, "--from", "checkout/checkout", "--format", "json"),
        ("explain", SHOP, *QUESTION),
        ("explain", SHOP, *QUESTION, "--format", "json"),
        ("what-if", SHOP, "--delete", "networkpolicy/payments/default-deny"),
        ("what-if", SHOP, "--revoke", "sgr-0c57b5e8a6c1e3b1d"),
        ("diff", SHOP, SHOP),
        *(
            (*question, "--format", name)
            for question in (
                ("exposed", SHOP),
                ("who-can-reach", SHOP, "--to", "shop-old!checkout/checkout"),
                ("who-can-reach", SHOP, "--to", "eni-0d8c1f9902456a322", "--port", "tcp/5432"),
                ("blast-radius", SHOP, "--from", "payments/payments"),
                ("blast-radius", SHOP, "--from", "i-03ca2211f6ca618c5"),
            )
            for name in ("table", "json", "csv", "md")
        ),
        *(
            ("rule-use", SHOP, "--rule", rule, "--format", name)
            for rule in (
                "sgr-01529c49a18517814",
                "sg-0403f35b07f04c61f:ingress:tcp/5432:sg-02d6588f82a781071",
            )
            for name in ("table", "json", "md")
        ),
    ],
    ids=" ".join,
)
def test_no_answer_tells_anything_private(ringwall: Ringwall, args: tuple[str, ...]) -> None:
    plain = ringwall(*args)

    result = ringwall(*args, "--redact")

    assert private(result.out) == []
    assert (result.code, bool(result.out)) == (plain.code, bool(plain.out))


def test_redaction_leaves_groups_counts_and_what_interfaces_are(ringwall: Ringwall) -> None:
    for args in (
        ("exposed", SHOP),
        ("who-can-reach", SHOP, "--to", "eni-0d8c1f9902456a322"),
        ("blast-radius", SHOP, "--from", "payments/payments"),
    ):
        plain, bare = (
            json.loads(ringwall(*args, "--format", "json", *more).out)
            for more in ((), ("--redact", "--redact-key", "key"))
        )

        assert bare["counts"] == plain["counts"]
        kinds = [
            sorted(
                (row["group"], row.get("what", ""), row["verdict"]) for row in one["connections"]
            )
            for one in (plain, bare)
        ]
        assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("who-can-reach", SHOP, "--to", "checkout/nobody"), "`checkout/nobody` is nothing"),
        (("blast-radius", SHOP, "--from", "checkout/nobody"), "`checkout/nobody` is nothing"),
        (("rule-use", SHOP, "--rule", "sgr-0123456789abcdef0"), "`sgr-0123456789abcdef0` is no"),
        (("rule-use", SHOP, "--rule", "sg-0abc:ingress:tcp/22:0.0.0.0/0"), "`sg-0abc:ingress"),
    ],
)
def test_an_error_about_a_question_has_the_words_that_were_written(
    ringwall: Ringwall, args: tuple[str, ...], word: str
) -> None:
    result = ringwall(*args, "--redact")

    assert (result.code, result.out) == (2, "")
    assert word in result.err


def test_a_question_is_asked_in_the_real_names_and_has_its_answer(ringwall: Ringwall) -> None:
    plain = json.loads(ringwall("explain", SHOP, *QUESTION, "--format", "json").out)

    found = json.loads(ringwall("explain", SHOP, *QUESTION, "--format", "json", "--redact").out)

    for field in ("verdict", "extent", "reply", "port"):
        assert found[field] == plain[field]
    assert len(found["paths"]) == len(plain["paths"])


def test_an_error_about_a_name_is_in_the_words_of_who_wrote_it(ringwall: Ringwall) -> None:
    question = ("explain", SHOP, "--from", "checkout/checkou", *QUESTION[2:])

    result = ringwall(*question, "--redact")

    assert result == ringwall(*question)
    assert "did you mean shop-old!checkout/checkout[Deployment]" in result.err


def test_an_object_that_several_files_tell_of_can_be_deleted(ringwall: Ringwall) -> None:
    Path("many").mkdir()
    for name in ("a", "b", "c", "d"):
        Path(f"many/{name}.yaml").write_text(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            "metadata: {name: deny, namespace: acme}\nspec: {podSelector: {}}\n"
        )

    for _ in range(4):
        result = ringwall("what-if", "many", "--delete", "networkpolicy/acme/deny", "--redact")
        assert (result.code, result.err) == (0, "")


PUBLIC_VPC = """{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "25.10.0.0/16"}]}"""


def test_two_states_are_redacted_alike(ringwall: Ringwall) -> None:
    """Only the new one tells of a VPC with public addresses, whose places must stay."""
    for name, more in (("old", ""), ("new", POD.format("other", "25.10.1.9"))):
        Path(name).mkdir()
        Path(f"{name}/pods.yaml").write_text(POD.format("acme", "10.0.0.5") + FROM_BLOCK + more)
    Path("new/vpcs.json").write_text(PUBLIC_VPC)
    args = ("diff", "old", "new", "--format", "json")

    plain = json.loads(ringwall(*args).out)

    for _ in range(4):
        found = json.loads(ringwall(*args, "--redact").out)
        assert sorted(verdicts(found)) == sorted(verdicts(plain))


def verdicts(report: dict[str, Any]) -> list[str]:
    kept = ("change", "was", "is", "ports")
    return [json.dumps({key: one.get(key) for key in kept}) for one in report["changes"]]


POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: {}}}
spec: {{containers: []}}
status: {{podIP: {}, phase: Running}}
---"""
FROM_BLOCK = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: office, namespace: acme}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 25.10.1.0/24}}]}]
---"""


def test_a_file_that_would_be_applied_is_redacted_too(ringwall: Ringwall) -> None:
    Path("deny.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: nobody-in, namespace: web}\nspec: {podSelector: {}}\n"
    )
    Path("pods.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: front, namespace: web}\n"
        "spec: {containers: []}\nstatus: {podIP: 10.0.1.1, phase: Running}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: back, namespace: web}\n"
        "spec: {containers: []}\nstatus: {podIP: 10.0.1.2, phase: Running}\n"
    )
    args = ("what-if", "pods.yaml", "--apply", "deny.yaml", "--format", "json")

    plain, found = (json.loads(ringwall(*args, *more).out) for more in ((), ("--redact",)))

    assert len(plain["changes"]) == len(found["changes"]) > 0
    assert not re.search("nobody|front|back|deny", json.dumps(found))


# --- the key --------------------------------------------------------------------------------------


def accounts(result: Result) -> set[str]:
    return set(re.findall(r"\b\d{12}\b", result.out))


def test_without_a_key_every_run_has_other_stand_ins(ringwall: Ringwall) -> None:
    first, second = (ringwall("audit", SHOP, "--redact", "--format", "csv") for _ in range(2))

    assert accounts(first) != accounts(second)


def test_with_a_key_every_output_has_the_same_stand_ins(ringwall: Ringwall) -> None:
    audit = ringwall("audit", SHOP, "--redact-key", "key", "--format", "csv")
    reach = ringwall("reach", SHOP, "--redact-key", "key", "--format", "csv")

    assert accounts(audit) == accounts(reach) != set()
    assert audit == ringwall("audit", SHOP, "--redact-key", "key", "--format", "csv")


def test_a_key_that_is_not_there_is_made_for_its_owner_only(ringwall: Ringwall) -> None:
    first = ringwall("audit", SHOP, "--redact-key", "new", "--format", "csv")

    assert stat.S_IMODE(Path("new").stat().st_mode) == 0o600
    assert first == ringwall("audit", SHOP, "--redact-key", "new", "--format", "csv")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("short", "`short` holds no key, which is 64 hexadecimal digits"),
        ("-", "the key is read from a file"),
        ("dump/key", "the key `dump/key` lies in `dump`, which is read; put it apart"),
        ("out.json", "`out.json` cannot be both the key and the output"),
        (".", "`.`, the key, cannot be read: Is a directory"),
        ("none/key", "`none/key`, the key, cannot be written: No such file or directory"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_sentence(
    ringwall: Ringwall, name: str, message: str
) -> None:
    Path("short").write_text("secret\n")
    Path("dump").mkdir()

    result = ringwall("audit", SHOP, "dump", "--redact-key", name, "-o", "out.json")

    assert (result.code, result.out) == (2, "")
    assert not Path("out.json").exists()
    assert message in result.err
    assert "secret" not in result.err


def test_findings_are_followed_over_time_under_one_key(ringwall: Ringwall) -> None:
    args = ("audit", SHOP, "--redact-key", "key", "--record", "ledger", "--format", "json")
    ringwall(*args)

    found = json.loads(ringwall(*args, "--since", SHOP).out)

    assert {f["since"] for f in found["findings"] if f["status"] == "fail"} == {"kept"}
    assert private("".join(path.read_text() for path in Path("ledger").iterdir())) == []


# --- snapshots ------------------------------------------------------------------------------------


def content(file: str) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(Path(file).read_bytes())) as archive:
        for name in archive.namelist():
            yield archive.read(name).decode()


def test_a_snapshot_holds_nothing_private(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", SHOP, "-o", "plain.zip")
    ringwall("snapshot", "make", SHOP, "-o", "bare.zip", "--redact")
    ringwall("snapshot", "merge", "plain.zip", "-o", "again.zip", "--redact")

    assert private("".join(content("plain.zip"))) != []
    assert private("".join(content("bare.zip"))) == []
    assert private("".join(content("again.zip"))) == []


def test_a_snapshot_gives_the_answers_of_redacted_targets(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", SHOP, "-o", "bare.zip", "--redact-key", "key")

    reach = ringwall("reach", "bare.zip", "--format", "json", "--pods").out

    assert reach == ringwall("reach", SHOP, "--format", "json", "--pods", "--redact-key", "key").out


def test_halves_that_were_redacted_with_one_key_are_the_redacted_whole(ringwall: Ringwall) -> None:
    for half in ("aws", "clusters"):
        made = ringwall(
            "snapshot", "make", f"{SHOP}/{half}", "-o", f"{half}.zip", "--redact-key", "key"
        )
        assert made.code == 0

    ringwall("snapshot", "merge", "aws.zip", "clusters.zip", "-o", "whole.zip")

    whole = pipeline.read([SHOP]).redacted(Redactor(KEY))
    assert dict(pipeline.read(["whole.zip"]).facts) == dict(whole.facts)


def test_what_a_snapshot_says_of_itself_is_redacted(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", SHOP, "-o", "plain.zip")

    result = ringwall("snapshot", "info", "plain.zip", "--format", "json", "--redact")

    assert private(result.out) == []
    assert result.err == ""
    plain = json.loads(ringwall("snapshot", "info", "plain.zip", "--format", "json").out)
    assert json.loads(result.out)["counts"] == plain["counts"]
    assert json.loads(result.out)["digest"] != plain["digest"]
