"""A snapshot gives back what was read, and halves put together are the whole."""

import io
import json
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from ringwall import pipeline
from ringwall.collect.files import aws, stored, tree
from ringwall.collect.files.kinds import READ
from ringwall.collect.intake import Intake
from ringwall.errors import InputError
from ringwall.facts import archive
from ringwall.facts.fact import Facts, Gap, Key, Origin
from ringwall.facts.snapshot import FACT, ROLES, Snapshot, Told
from ringwall.report import json as report_json
from tests.collect.halves import (
    Files,
    answer,
    everything,
    intake_of,
    made,
    merge,
    read,
    regrouped,
    split,
)
from tests.real.corpus import RECORDED

# --- real input -----------------------------------------------------------------------------------

HERE = Path(__file__).parents[2]
FOLDERS = [HERE / "examples/shop", HERE / "examples/standard", *sorted(RECORDED.iterdir())]
SCHEMAS = ("junit", "sarif")  # of outputs
FOLDERS = [one for one in FOLDERS if one.is_dir() and one.name not in SCHEMAS]


def texts(folder: Path) -> Files:
    paths = [one for one in sorted(folder.rglob("*")) if one.suffix in (".json", ".yaml", ".yml")]
    return {str(one): one.read_text() for one in paths}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_recorded_input_is_given_back(folder: Path, tmp_path: Path) -> None:
    packed, reading = pipeline.snapshot([str(folder)], "2026-01-01T00:00:00Z")
    file = tmp_path / "any.name"
    file.write_bytes(packed)

    again = pipeline.read([str(file)])

    assert dict(again.facts) == dict(reading.facts)
    assert again.left_out == reading.left_out
    assert answer(again.facts) == answer(reading.facts)
    before, after = pipeline.audit(reading), pipeline.audit(again)
    assert report_json.render(after) == report_json.render(before)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("seed", range(3))
def test_halves_of_recorded_input_are_the_whole(folder: Path, seed: int) -> None:
    files, chance = texts(folder), random.Random(seed)  # noqa: S311 - not for secrets
    packed = [made(intake_of(half), str(i)) for i, half in enumerate(split(files, chance))]

    whole = merge(packed)

    assert everything(read(whole)) == everything(intake_of(files))
    assert regrouped(packed, chance) == whole


# --- what a half does not know --------------------------------------------------------------------

SCOPED = "111122223333/eu-west-1"
GROUP = {"GroupId": "sg-1", "VpcId": "vpc-1"}
LISTED = {
    "GroupId": "sg-1",
    "IsEgress": False,
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "CidrIpv4": "10.0.0.0/8",
    "SecurityGroupRuleId": "sgr-1",
}
HALVES: list[tuple[str, Files, Files]] = [
    (
        "a group whose rules another file lists",
        {"a.json": json.dumps({"SecurityGroups": [GROUP]})},
        {"b.json": json.dumps({"SecurityGroupRules": [LISTED]})},
    ),
    (
        "a rule of a group whose account another file states",
        {f"{SCOPED}/a.json": json.dumps({"SecurityGroups": [GROUP]})},
        {"b.json": json.dumps({"SecurityGroupRules": [LISTED]})},
    ),
    (
        "an interface that its instance tells otherwise",
        {
            "a.json": json.dumps({
                "Instances": [{
                    "InstanceId": "i-1",
                    "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Description": "old"}],
                }]
            })
        },
        {f"{SCOPED}/b.json": json.dumps({"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}]})},
    ),
    (
        "the entries of a list",
        {f"{SCOPED}/a.json": json.dumps({"PrefixLists": [{"PrefixListId": "pl-1"}]})},
        {"b.json": json.dumps({"PrefixListId": "pl-1", "Entries": [{"Cidr": "10.0.0.0/8"}]})},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("_", "one", "other"), HALVES, ids=[name for name, _, _ in HALVES])
def test_what_one_half_lacks_the_other_tells(_: str, one: Files, other: Files) -> None:
    whole = merge([made(intake_of(one), "1"), made(intake_of(other), "2")])

    assert everything(read(whole)) == everything(intake_of(one | other))
    apart = [everything(intake_of(half))[0] for half in (one, other)]
    assert everything(read(whole))[0] != {**apart[0], **apart[1]}


def test_a_gap_that_the_other_half_closes_is_closed() -> None:
    one, other = HALVES[0][1:]
    alone = read(made(intake_of(one)))
    (gap,) = tree.settled(alone)[0].gaps
    assert gap.code == "rules-not-read"

    whole = read(made(intake_of(one), "1"), made(intake_of(other), "2"))

    assert tree.settled(whole)[0].gaps == ()


def test_the_same_snapshot_twice_is_that_snapshot() -> None:
    packed = made(intake_of({"a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"}))

    assert merge([packed, packed]) == packed
    assert everything(read(packed, packed))[-1] == {"Secret": 1}


def test_two_states_of_one_file_are_two_versions_and_said() -> None:
    """A week lies between them: the place is the same, the rules are not."""
    closed = {**GROUP, "IpPermissions": [], "IpPermissionsEgress": []}
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    opened = {**closed, "IpPermissions": [ssh]}
    packed = [
        made(intake_of({"groups.json": json.dumps({"SecurityGroups": [one]})}), at)
        for at, one in (("1", closed), ("2", opened))
    ]

    facts, _ = tree.settled(read(*packed))

    assert [odd.message for odd in facts.warnings] == [
        "`sg-1` has other rules here than in groups.json#/SecurityGroups/0; "
        "the rules of both are used"
    ]
    assert facts.assumes == ("`sg-1` is read with 2 sets of rules, all of which are used",)


# --- clusters -------------------------------------------------------------------------------------

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns}\nspec: {containers: []}\n"
BAD = POD.replace("containers: []", "containers: 7")


def scopes(facts: Facts) -> list[str]:
    return [str(key) for key in facts]


def test_a_cluster_is_named_where_the_place_names_none() -> None:
    files = {
        "p.yaml": POD,
        "clusters/test/p.yaml": POD,
        "vpcs.json": '{"Vpcs":[{"VpcId":"vpc-1"}]}',
    }

    facts, _ = tree.settled(intake_of(files, cluster="prod"))

    assert scopes(facts) == ["vpc-1", "prod!pod/ns/p", "test!pod/ns/p"]


def test_a_snapshot_can_be_named_later() -> None:
    named = intake_of({"p.yaml": POD, "bad.yaml": BAD}, cluster="prod")
    later = Intake("prod")
    tree.read_data(made(intake_of({"p.yaml": POD, "bad.yaml": BAD})), "x.zip", later)

    assert everything(later) == everything(named)


def test_a_snapshot_in_the_folder_of_a_cluster_is_of_that_cluster() -> None:
    intake = Intake()
    tree.read_data(made(intake_of({"p.yaml": POD})), "clusters/test/x.zip", intake)
    tree.read_data(made(intake_of({"p.yaml": POD}, "prod")), "clusters/test/y.zip", intake)

    assert scopes(tree.settled(intake)[0]) == ["prod!pod/ns/p", "test!pod/ns/p"]


# --- where things stand ---------------------------------------------------------------------------


def test_a_snapshot_inside_a_folder_is_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(made(intake_of({"p.yaml": POD}, "one")))
    (tmp_path / "b.zip").write_bytes(made(intake_of({"p.yaml": POD}, "two")))
    (tmp_path / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1"}]}')

    facts, _ = tree.read([str(tmp_path)])

    assert scopes(facts) == ["vpc-1", "one!pod/ns/p", "two!pod/ns/p"]


def test_another_archive_in_a_folder_is_passed_over_and_said(tmp_path: Path) -> None:
    (tmp_path / "lambda.zip").write_bytes(archive_of({"index.py": b"print()"}))
    (tmp_path / "p.yaml").write_text(POD)

    facts, left_out = tree.read([str(tmp_path)])

    assert scopes(facts) == ["pod/ns/p"]
    assert [str(odd.origin) for odd in facts.warnings] == [str(tmp_path / "lambda.zip")]
    assert left_out == {"archives that are not snapshots": 1}
    assert facts.gaps == ()


def test_another_archive_as_a_target_is_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "dump.zip").write_bytes(archive_of({"pods.yaml": POD.encode()}))

    facts, _ = tree.read([str(tmp_path / "dump.zip")])

    (gap,) = facts.gaps
    assert gap.needs.endswith(
        "dump.zip: is a zip archive and not a snapshot; unpack it and give its folder"
    )


def test_an_archive_larger_than_any_snapshot_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = made(intake_of({"p.yaml": POD}))
    (tmp_path / "a.zip").write_bytes(packed)
    monkeypatch.setattr(archive, "LARGEST", len(packed) - 1)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read"))

    facts, left_out = tree.read([str(tmp_path)])

    assert (len(facts), left_out) == (0, {"archives that are not snapshots": 1})
    with pytest.raises(InputError, match=r"a.zip` is not a snapshot"):
        tree.read_snapshot(str(tmp_path / "a.zip"), Intake())


def test_a_bad_snapshot_does_not_cost_the_good_part(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(made(intake_of({"p.yaml": POD}))[:-40])
    (tmp_path / "p.yaml").write_text(POD)

    facts, _ = tree.read([str(tmp_path)])

    assert scopes(facts) == ["pod/ns/p"]
    assert [gap.needs for gap in facts.gaps] == [
        f"{tmp_path}/a.zip: this snapshot is not whole: its end is missing; copy it again"
    ]


def archive_of(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


# --- lines ----------------------------------------------------------------------------------------

POLICY = """\
# who may reach the database
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: ns}
spec:
  podSelector: {}
  ingress:
    - from: [{podSelector: {}}]
    - ports: [{port: 5432}]
"""


def test_the_lines_of_rules_are_kept_when_the_file_is_gone(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(POLICY)
    packed, _ = pipeline.snapshot([str(tmp_path / "p.yaml")], "1")
    (tmp_path / "p.yaml").write_text("# something else\n")

    (fact,) = tree.settled(read(packed))[0].values()
    (origin,) = fact.origins
    assert origin.line == 2
    assert dict(origin.parts) == {
        "/spec/podSelector": 6,
        "/spec/ingress/0": 8,
        "/spec/ingress/1": 9,
    }


# --- forged snapshots -----------------------------------------------------------------------------


def forged(told: Told, **changed: object) -> bytes:
    """A snapshot that holds one thing that no reader would have let through."""
    return archive.pack(Snapshot(told=(structs.replace(told, **changed),)), Facts())


def only(files: Files) -> Told:
    return next(one for one in intake_of(files).said().told if one.role == FACT)


def refusal(packed: bytes) -> str:
    facts, _ = tree.settled(read(packed))
    assert not facts
    (gap,) = facts.gaps
    assert gap.code == "unreadable-file"
    return gap.needs


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: 10.0.0.1}\n"


@pytest.mark.parametrize(
    ("files", "old", "new", "problem"),
    [
        ({"a.yaml": SERVICE}, "10.0.0.1", "10.0.0.999", "`10.0.0.999` is neither an IP address"),
        ({"a.yaml": POD + "status: {podIP: 10.0.0.1}"}, "10.0.0.1", "no",
         "`no` is not an IP address"),
        ({"a.yaml": POLICY}, "5432", "70000", "`70000` is not a port from 1 to 65535"),
        (
            {"a.json": json.dumps({"Subnets": [{"SubnetId": "s-1", "CidrBlock": "10.0.0.0/8"}]})},
            "10.0.0.0/8", "10.0.0.0/99", "`10.0.0.0/99` is not a CIDR block",
        ),
        ({"a.yaml": POD}, '"name":"p"', '"name":"q"', "its key is not that of its content"),
    ],
    ids=["service", "pod", "policy", "subnet", "another key"],
)  # fmt: skip
def test_what_no_reader_lets_through_spoils_a_snapshot(
    files: Files, old: str, new: str, problem: str
) -> None:
    told = only(files)
    text = msgspec.json.encode(told.body).decode()
    assert old in text
    body = msgspec.json.decode(text.replace(old, new), type=type(told.body))

    assert f"0.zip: this snapshot is not sound: `{told.key}`: {problem}" in refusal(
        forged(told, body=body)
    )


def test_a_forged_rule_spoils_a_snapshot() -> None:
    listed = intake_of({"a.json": json.dumps({"SecurityGroupRules": [LISTED]})}).said().told[0]
    assert listed.role == "listed-rule"
    rule = structs.replace(listed.body, peer="10.0.0.1/8")  # type: ignore[type-var]
    key = Key("", "sgrule", "sg-1:ingress:tcp/22:10.0.0.1/8")

    assert "is not a block in canonical text" in refusal(forged(listed, body=rule, key=key))


def test_a_forged_gap_spoils_a_snapshot() -> None:
    packed = archive.pack(Snapshot(gaps=(Gap("x", "nothing", "o", "n"),)), Facts())

    assert "`nothing` is not what a gap may move" in refusal(packed)


def test_a_mark_on_what_is_no_group_spoils_a_snapshot() -> None:
    told = Told(Key("", "vpc", "vpc-1"), None, Origin("x"), "all-rules", "m")

    assert "it is not the key of a security group" in refusal(forged(told))


STORED = (
    "aws.AccessEntry aws.Addon aws.AutoScalingGroup aws.Cluster aws.EgressOnlyInternetGateway "
    "aws.FlowLog aws.Instance aws.InternetGateway aws.LaunchConfiguration aws.LaunchTemplate "
    "aws.LaunchTemplateVersion aws.LoadBalancer aws.NatGateway aws.NetworkAcl aws.NetworkInterface "
    "aws.Nodegroup aws.PrefixList aws.RouteTable aws.SecurityGroup aws.SecurityGroupRule "
    "aws.Subnet aws.Vpc aws.VpcEndpoint aws.VpcPeeringConnection "
    "k8s.ClusterRole k8s.ClusterRoleBinding k8s.ConfigMap k8s.CronJob "
    "k8s.CustomResourceDefinition k8s.DaemonSet k8s.Deployment k8s.EC2NodeClass k8s.Ingress "
    "k8s.Job k8s.Namespace k8s.NetworkPolicy k8s.Node k8s.NodeClass k8s.NodePool k8s.Pod "
    "k8s.ReplicaSet k8s.ReplicationController k8s.Role k8s.RoleBinding k8s.Service "
    "k8s.ServiceAccount k8s.StatefulSet"
).split()
"""What snapshots call the things in them: a name once given stays, wherever its type moves to."""


def test_everything_that_is_read_is_stored_under_a_name_that_stays() -> None:
    kinds = {kind.type for kind in READ.values()} | set(aws._NAMED)

    assert kinds >= {body for body in ROLES.values() if body}
    assert sorted(map(archive.name_of, kinds)) == STORED
    assert {archive._type_of(f"facts/{name}.json") for name in STORED} == {
        (FACT, kind) for kind in kinds
    }


def test_a_file_that_is_no_snapshot_is_refused_where_one_is_needed(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(POD)

    with pytest.raises(InputError, match=r"p.yaml` is not a snapshot; `ringwall snapshot make`"):
        tree.read_snapshot(str(tmp_path / "p.yaml"), Intake())


def test_a_bad_snapshot_adds_nothing() -> None:
    good = Told(Key("", "namespace", "ns"), only({"n.yaml": NAMESPACE}).body, Origin("n.yaml"))
    bad = structs.replace(good, key=Key("", "namespace", "m"))
    intake = Intake()

    with pytest.raises(archive.BadSnapshotError):
        stored.add(Snapshot(told=(good, bad)), "", intake)

    assert everything(intake)[0] == {}
