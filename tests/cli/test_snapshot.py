"""``ringwall snapshot``: what was read, kept in one file that stands for it."""

import base64
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ringwall.cli.app import run
from tests.cli.conftest import Ringwall
from tests.cli.inputs import BROKEN_YAML, OPEN, PODS, POLICY
from tests.cli.test_docs import PAGE, lacking
from tests.cli.test_json import validated

EXAMPLES = Path(__file__).parents[2] / "examples"
UNWANTED = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    Path("dump").mkdir()
    Path("dump/pods.yaml").write_text(PODS)
    Path("dump/policy.yaml").write_text(POLICY)
    Path("dump/open.json").write_text(OPEN)
    Path("dump/secret.yaml").write_text(UNWANTED)


def members(file: str) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


# --- make -----------------------------------------------------------------------------------------


def test_a_snapshot_stands_for_what_it_was_made_of(ringwall: Ringwall) -> None:
    made = ringwall("snapshot", "make", "dump", "-o", "shop.snapshot")
    before = ringwall("audit", "dump", "--format", "json")
    whole = ringwall("reach", "dump", "--format", "json")
    for file in Path("dump").iterdir():
        file.unlink()

    after = ringwall("audit", "shop.snapshot", "--format", "json")

    assert (made.code, made.out, made.err) == (0, "", "")
    assert after == before
    assert ringwall("reach", "shop.snapshot", "--format", "json") == whole


def test_a_snapshot_is_read_from_standard_input(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ringwall("snapshot", "make", "dump", "-o", "x.zip")
    before = ringwall("audit", "x.zip")

    data = io.BytesIO(Path("x.zip").read_bytes())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(data))
    code = run(["audit", "-"])

    assert (code, capsys.readouterr().out) == (before.code, before.out)


def test_the_lines_of_an_explanation_need_no_file(ringwall: Ringwall) -> None:
    question = ("--from", "shop/web", "--to", "shop/db", "--port", "tcp/5432")
    before = ringwall("explain", "dump", *question)
    ringwall("snapshot", "make", "dump", "-o", "x.zip")
    Path("dump/policy.yaml").unlink()

    after = ringwall("explain", "x.zip", *question)

    assert "podSelector  dump/policy.yaml:5\n" in before.out
    assert after == before


def test_a_snapshot_is_for_its_owner_only(ringwall: Ringwall) -> None:
    old = os.umask(0)
    try:
        ringwall("snapshot", "make", "dump", "-o", "x.zip")
    finally:
        os.umask(old)

    assert Path("x.zip").stat().st_mode & 0o777 == 0o600


def test_a_snapshot_is_written_whole_or_not_at_all(
    ringwall: Ringwall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    result = ringwall("snapshot", "make", "dump", "-o", "x.zip")

    assert result.err == "error: `x.zip` cannot be written: No space left on device\n"
    assert result.code == 3
    assert [path.name for path in Path().iterdir()] == ["dump"]


def test_what_could_not_be_read_is_kept_and_makes_3(ringwall: Ringwall) -> None:
    Path("dump/broken.yaml").write_text(BROKEN_YAML)

    made = ringwall("snapshot", "make", "dump", "-o", "x.zip")
    audited = ringwall("audit", "x.zip", "--format", "json")

    assert made.code == 3
    assert "warning: dump/broken.yaml:4: not valid YAML" in made.err
    assert audited == ringwall("audit", "dump", "--format", "json")
    assert audited.code == 3


def test_nothing_to_keep_is_an_error(ringwall: Ringwall) -> None:
    result = ringwall("snapshot", "make", "dump/secret.yaml", "-o", "x.zip")

    assert result.err.startswith("error: `dump/secret.yaml`: no Kubernetes object and no AWS")
    assert result.code == 3
    assert not Path("x.zip").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("make", "dump"), "missing option `-o` / `--output`; see `ringwall snapshot make --help`"),
        (
            ("make", "dump", "-o", "dump/x.zip"),
            "`-o dump/x.zip` lies in `dump`, which is read; write it to another place",
        ),
        (
            ("make", ".", "-o", "x.zip"),
            "`-o x.zip` lies in `.`, which is read; write it to another place",
        ),
        (
            ("make", "dump/pods.yaml", "-o", "dump/pods.yaml"),
            "`-o dump/pods.yaml` is `dump/pods.yaml`, which is read; write it to another place",
        ),
        (
            ("make", "dump", "--cluster", "a!b", "-o", "x.zip"),
            "`a!b` cannot be the name of a cluster; write letters, digits, `-`, `_` and",
        ),
        (("make", "-", "-", "-o", "x.zip"), "`-` can be given once: standard input is read only"),
        (("make", "dump", "-o", "no/x.zip"), "`no` is no folder, so `-o no/x.zip` cannot be"),
    ],
    ids=[
        "no output",
        "inside its target",
        "inside the working folder",
        "the target",
        "a cluster",
        "stdin twice",
        "nowhere",
    ],
)
def test_wrong_words_are_usage_errors(
    ringwall: Ringwall, args: tuple[str, ...], message: str
) -> None:
    result = ringwall("snapshot", *args)

    assert result.err.startswith(f"error: {message}")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


# --- clusters -------------------------------------------------------------------------------------


def test_snapshots_of_two_clusters_are_two_lines(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", "dump/pods.yaml", "--cluster", "blue", "-o", "1.zip")
    ringwall("snapshot", "make", "dump/pods.yaml", "--cluster", "red", "-o", "2.zip")

    both = ringwall("audit", "1.zip", "2.zip")

    assert re.findall(r"^cluster  (\w+): 0 nodes, 2 workloads", both.out, re.MULTILINE) == [
        "blue",
        "red",
    ]
    assert both.err == ""


def test_two_accounts_are_kept_apart(ringwall: Ringwall) -> None:
    for number in ("1", "2"):
        folder = Path(f"in{number}", number * 12, "eu-west-1")
        folder.mkdir(parents=True)
        (folder / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1"}]}')
        ringwall("snapshot", "make", f"in{number}", "-o", f"{number}.zip")

    ringwall("snapshot", "merge", "1.zip", "2.zip", "-o", "both.zip")

    manifest = members("both.zip")["manifest.json"]
    assert manifest["counts"] == {"vpc": 2}
    assert manifest["accounts"] == ["1" * 12, "2" * 12]


# --- merge ----------------------------------------------------------------------------------------


def test_halves_merge_to_the_same_bytes_and_the_same_audit(ringwall: Ringwall) -> None:
    shop = EXAMPLES / "shop"
    parts = {
        "aws": shop / "aws",
        "old": shop / "clusters/shop-old",
        "new": shop / "clusters/shop-new",
    }
    for name, folder in parts.items():
        ringwall("snapshot", "make", str(folder), "-o", f"{name}.zip")
    ringwall("snapshot", "make", str(shop), "-o", "whole.zip")

    first = ringwall("snapshot", "merge", "aws.zip", "old.zip", "new.zip", "-o", "1.zip")
    ringwall("snapshot", "merge", "new.zip", "aws.zip", "-o", "some.zip")
    ringwall("snapshot", "merge", "old.zip", "some.zip", "-o", "2.zip")

    assert (first.code, first.out, first.err) == (0, "", "")
    assert Path("1.zip").read_bytes() == Path("2.zip").read_bytes()
    audited = ringwall("audit", "1.zip", "--format", "json")
    assert audited == ringwall("audit", "whole.zip", "--format", "json")
    assert audited == ringwall("audit", "aws.zip", "new.zip", "old.zip", "--format", "json")
    assert audited == ringwall("audit", str(shop), "--format", "json")


def test_only_snapshots_merge(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", "dump", "-o", "x.zip")

    result = ringwall("snapshot", "merge", "x.zip", "dump/pods.yaml", "-o", "y.zip")

    assert result.err == (
        "error: `dump/pods.yaml` is not a snapshot; `ringwall snapshot make` makes one\n"
    )
    assert result.code == 3
    assert not Path("y.zip").exists()


@pytest.mark.parametrize("command", [("merge", "nix.zip", "-o", "y.zip"), ("info", "nix.zip")])
def test_a_snapshot_that_is_not_there_is_named(
    ringwall: Ringwall, command: tuple[str, ...]
) -> None:
    result = ringwall("snapshot", *command)

    assert result.err == "error: `nix.zip` cannot be read: No such file or directory\n"
    assert result.code == 3


# --- info -----------------------------------------------------------------------------------------


def test_info_says_when_by_what_of_what_and_what_is_missing(ringwall: Ringwall) -> None:
    Path("dump/broken.yaml").write_text(BROKEN_YAML)
    ringwall("snapshot", "make", "dump", "--cluster", "shop", "-o", "x.zip")

    result = ringwall("snapshot", "info", "x.zip")

    assert re.search(r"^made      \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ by ringwall ", result.out)
    assert re.search(r"^digest    sha256:[0-9a-f]{60}", result.out, re.MULTILINE)
    assert "\naccounts  none is named\n" in result.out
    assert "\nclusters  shop\n" in result.out
    assert "\nfacts     4: 1 eks-api, 1 networkpolicy, 2 pod\n" in result.out
    assert "\nleft out  1: 1 Secret\n" in result.out
    assert "\nunread    dump/broken.yaml:4: not valid YAML: " in result.out
    assert (result.code, result.err) == (0, "")


def test_info_as_json_holds_to_its_schema_and_the_digest_of_the_relation(
    ringwall: Ringwall,
) -> None:
    ringwall("snapshot", "make", "dump", "-o", "x.zip")

    told = validated(ringwall("snapshot", "info", "x.zip", "--format", "json").out)

    reach = json.loads(ringwall("reach", "dump", "--format", "json").out)
    manifest = validated(json.dumps(members("x.zip")["manifest.json"]))
    assert told["schema"] == "ringwall/snapshot-info/v1"
    assert told["digest"] == manifest["digest"] == reach["digest"]
    assert told["counts"] == manifest["counts"]
    assert told["left_out"] == {"Secret": 1}
    assert told["made"] == manifest["made"]


def test_names_in_a_snapshot_cannot_act_on_a_terminal(ringwall: Ringwall) -> None:
    Path("dump/pods.yaml").write_text(PODS.replace("name: db", r'name: "d\e[31mb"'))
    Path("dump/clusters/a\x1b[2Jb").mkdir(parents=True)
    Path("dump/pods.yaml").rename("dump/clusters/a\x1b[2Jb/pods.yaml")
    ringwall("snapshot", "make", "dump", "-o", "x.zip")

    for format_ in ("table", "json"):
        assert "\x1b" not in ringwall("snapshot", "info", "x.zip", "--format", format_).out


def test_a_forged_snapshot_is_told_in_one_sentence(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", "dump", "-o", "x.zip")
    with zipfile.ZipFile("x.zip") as made, zipfile.ZipFile("y.zip", "w") as forged:
        for name in made.namelist():
            forged.writestr(name, made.read(name).replace(b"10.0.1.1", b"10.0.1.9"))

    for command in (("snapshot", "info"), ("audit",)):
        result = ringwall(*command, "y.zip")
        assert "this snapshot was changed after it was made (`facts/k8s.Pod.json`)" in result.err
        assert (result.code, result.err.count("\n")) == (3, 1)


def test_info_says_where_a_digest_is_not_that_of_the_facts(ringwall: Ringwall) -> None:
    ringwall("snapshot", "make", "dump", "-o", "x.zip")
    with zipfile.ZipFile("x.zip") as made, zipfile.ZipFile("y.zip", "w") as other:
        for name in made.namelist():
            data = made.read(name)
            if name == "manifest.json":
                manifest = json.loads(data)
                data = json.dumps({**manifest, "digest": "sha256:00", "tool": "x 9"}).encode()
            other.writestr(name, data)

    result = ringwall("snapshot", "info", "y.zip")

    assert result.err == "warning: y.zip: x 9, which made it, read other facts from its objects\n"
    assert result.code == 0


def test_a_file_name_that_is_not_text_is_kept_readable(ringwall: Ringwall) -> None:
    Path("dump/caf\udce9.yaml").write_text(POLICY.replace("db-from-api", "odd"))

    made = ringwall("snapshot", "make", "dump", "-o", "x.zip")

    assert made.code == 0
    files = {origin["file"] for one in members("x.zip")["facts/k8s.NetworkPolicy.json"]
             for origin in one["origins"]}  # fmt: skip
    assert files == {"dump/policy.yaml", "dump/caf\\udce9.yaml"}
    assert ringwall("audit", "x.zip").out == ringwall("audit", "dump").out


# --- secrets --------------------------------------------------------------------------------------


def mark(number: int) -> str:
    return f"S3cr3t{number:02}x"


LAST_APPLIED = json.dumps({"spec": {"env": mark(1)}})
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "p",
        "namespace": "n",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": LAST_APPLIED,
            "vault.hashicorp.com/agent-inject-token": mark(2),
        },
        "managedFields": [{"manager": "kubectl", "fieldsV1": {f"f:{mark(3)}": {}}}],
    },
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": f"registry.example/{mark(4)}",
                "command": ["sh", "-c", f"curl https://user:{mark(5)}@example.com"],
                "args": [f"--token={mark(6)}"],
                "env": [{"name": "PASSWORD", "value": mark(7)}],
                "livenessProbe": {
                    "httpGet": {
                        "port": 80,
                        "httpHeaders": [{"name": "Authorization", "value": mark(8)}],
                    }
                },
            }
        ],
        "volumes": [{"name": "v", "csi": {"volumeAttributes": {"token": mark(9)}}}],
        "imagePullSecrets": [{"name": mark(10)}],
    },
}
AWS_NODE = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "aws-node", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"k8s-app": "aws-node"}},
        "template": {
            "metadata": {
                "labels": {"k8s-app": "aws-node"},
                "annotations": {"checksum/secret": mark(11)},
            },
            "spec": {
                "containers": [
                    {
                        "name": "aws-node",
                        "image": "cni:v1.20.0",
                        "args": [f"--sentry-url=https://{mark(12)}@sentry.example"],
                        "env": [
                            {"name": "SENTRY_DSN", "value": mark(13)},
                            {"name": "ENABLE_POD_ENI", "value": "true"},
                        ],
                    }
                ]
            },
        },
    },
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"},
    "data": {"enable-network-policy-controller": "true", "api-key": mark(14)},
}
OTHER_CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "app", "namespace": "kube-system"},
    "data": {"application.yaml": f"password: {mark(15)}"},
}
KEPT_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "annotations": {"note": mark(16)}},
    "data": {"password": base64.b64encode(mark(17).encode()).decode()},
    "stringData": {"token": mark(18)},
}
INSTANCES = {
    "Reservations": [
        {
            "Instances": [
                {
                    "InstanceId": "i-1",
                    "UserData": base64.b64encode(mark(19).encode()).decode(),
                    "IamInstanceProfile": {"Arn": mark(20)},
                    "KeyName": mark(21),
                }
            ]
        }
    ]
}
ADDON = {
    "addon": {
        "addonName": "vpc-cni",
        "clusterName": "prod",
        "configurationValues": json.dumps(
            {"env": {"AWS_SECRET_ACCESS_KEY": mark(22), "ENABLE_POD_ENI": "true"}}
        ),
    }
}
CLUSTER = {
    "cluster": {
        "name": "prod",
        "certificateAuthority": {"data": mark(23)},
        "clientRequestToken": mark(24),
        "endpoint": f"https://{mark(25)}.eks.amazonaws.com",
    }
}
PAGE_TOKEN = {"Vpcs": [], "NextToken": mark(26)}
BROKEN = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: broken}}
stringData:
  tag: !{mark(27)} x
---
apiVersion: v1
kind: Secret
stringData:
  alias: *{mark(28)}
---
apiVersion: v1
kind: Pod
metadata: {{name: q}}
spec: !!float {mark(29)}
---
apiVersion: v1
kind: Pod
metadata: {{name: r}}
spec: {{containers: {mark(30)}}}
---
apiVersion: v1
kind: Secret
stringData: {{a: "{mark(31)}
"""
DENIED = {
    "Error": {
        "Code": "UnauthorizedOperation",
        "Message": f"not authorized. Encoded authorization failure message: {mark(32)}",
    }
}
HOLDERS = [POD, AWS_NODE, CONFIG, OTHER_CONFIG, KEPT_SECRET]


def test_no_secret_enters_a_snapshot_or_a_message(ringwall: Ringwall) -> None:
    answers = [INSTANCES, ADDON, CLUSTER, PAGE_TOKEN, DENIED]
    items = {"apiVersion": "v1", "kind": "List", "items": HOLDERS}
    for number, document in enumerate([*answers, items]):
        Path(f"dump/{number}.json").write_text(json.dumps(document))
    Path("dump/broken.yaml").write_text(BROKEN)

    made = ringwall("snapshot", "make", "dump", "-o", "x.zip")
    merged = ringwall("snapshot", "merge", "x.zip", "x.zip", "-o", "y.zip")
    told = ringwall("snapshot", "info", "y.zip", "--format", "json")

    texts = [*made, *merged, *told, *(json.dumps(one) for one in members("y.zip").values())]
    whole = "\n".join(map(str, texts))
    for kept in ("ENABLE_POD_ENI", "enable-network-policy-controller", '"i-1"', "call-denied"):
        assert kept in whole
    hidden = [mark(number) for number in range(1, 33)]
    hidden += [base64.b64encode(word.encode()).decode() for word in hidden]
    assert [word for word in hidden if word in whole] == []


# --- the page -------------------------------------------------------------------------------------


def test_the_manifest_of_the_page_is_what_is_written(ringwall: Ringwall) -> None:
    section = PAGE.partition("## ringwall/snapshot/v1")[2]
    files = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, re.DOTALL)
    shown = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    commands = re.findall(r"^ringwall (snapshot .*)$", section, re.MULTILINE)
    for name, text in files:
        Path(name).write_text(text)

    done = [ringwall(*command.split()) for command in commands]

    assert [one.code for one in done] == [0, 0, 0]
    manifest, record, info = shown
    found = members("all.zip")
    assert lacking(manifest, found["manifest.json"]) == []
    assert lacking([record], found["facts/k8s.NetworkPolicy.json"]) == []
    printed = ringwall("snapshot", "info", "all.zip", "--format", "json").out
    assert lacking(info, json.loads(printed)) == []
