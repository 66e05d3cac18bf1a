"""``ringwall diff`` and ``ringwall what-if``: what is opened and closed, with a witness each."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ringwall
from tests.cli.inputs import PODS, POLICY
from tests.cli.test_json import validated

CILIUM = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n"
)
GROUP = {
    "SecurityGroups": [
        {
            "GroupId": "sg-1",
            "GroupName": "db",
            "VpcId": "vpc-1",
            "IpPermissions": [],
            "IpPermissionsEgress": [],
        }
    ]
}
RULE = {
    "SecurityGroupRules": [
        {
            "SecurityGroupRuleId": "sgr-0a1",
            "GroupId": "sg-1",
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "CidrIpv4": "0.0.0.0/0",
        }
    ]
}
INTERFACE = {
    "NetworkInterfaces": [
        {
            "NetworkInterfaceId": "eni-db",
            "SubnetId": "subnet-1",
            "VpcId": "vpc-1",
            "PrivateIpAddress": "10.0.0.9",
            "Groups": [{"GroupId": "sg-1"}],
        },
        {
            "NetworkInterfaceId": "eni-app",
            "SubnetId": "subnet-1",
            "VpcId": "vpc-1",
            "PrivateIpAddress": "10.0.0.8",
            "Groups": [{"GroupId": "sg-2"}],
        },
    ]
}


@pytest.fixture(autouse=True)
def files(ringwall: Ringwall) -> None:
    Path("open").mkdir()
    Path("open/pods.yaml").write_text(PODS)
    Path("closed").mkdir()
    Path("closed/pods.yaml").write_text(PODS + "---\n" + POLICY)
    Path("policy.yaml").write_text(POLICY)


def changes(document: dict[str, Any]) -> set[tuple[str, str, str, bool]]:
    """(change, src, dst, sure) of every change that concerns TCP."""
    return {
        (one["change"], one["src"], one["dst"], one["sure"])
        for one in document["changes"]
        if one["ports"].keys() & {"TCP", "ALL"}
    }


def test_diff_says_what_is_lost_with_a_packet_that_shows_it(ringwall: Ringwall) -> None:
    done = ringwall("diff", "open", "closed", "--format", "json")

    document = validated(done.out)
    assert done.code == 0
    assert (document["opens"], document["closes"]) == ("nothing", "surely")
    assert changes(document) == {
        ("lost", "shop/web[Pod]", "shop/db[Pod]", True),
        ("lost", "internet", "shop/db[Pod]", True),
    }
    lost = next(
        one for one in document["changes"] if one["change"] == "lost" and one["src"] != "internet"
    )
    assert (lost["old"]["verdict"], lost["new"]["verdict"]) == ("allowed", "blocked")
    assert lost["witness"] == {
        "src": "shop/web[Pod]",
        "dst": "shop/db[Pod]",
        "port": "tcp/443",
    }


def test_diff_the_other_way_gains_the_same(ringwall: Ringwall) -> None:
    document = validated(ringwall("diff", "closed", "open", "--format", "json").out)

    assert (document["opens"], document["closes"]) == ("surely", "nothing")
    assert {one["change"] for one in document["changes"] if "TCP" in one["ports"]} == {"gained"}


def test_what_becomes_unknown_is_told_apart(ringwall: Ringwall) -> None:
    Path("closed/cilium.yaml").write_text(CILIUM)

    document = validated(ringwall("diff", "open", "closed", "--format", "json").out)

    assert {one[0] for one in changes(document)} == {"now-unknown"}
    assert (document["opens"], document["closes"]) == ("nothing", "perhaps")


def test_nothing_changes_between_a_state_and_itself(ringwall: Ringwall) -> None:
    done = ringwall("diff", "closed", "closed", "--exit-code")

    assert done.code == 0
    assert done.out.startswith("nothing is opened, nothing is closed\n")


def test_exit_code_is_asked_for(ringwall: Ringwall) -> None:
    assert ringwall("diff", "open", "closed").code == 0
    assert ringwall("diff", "open", "closed", "--exit-code").code == 1


def test_the_table_puts_what_opens_first(ringwall: Ringwall) -> None:
    out = ringwall("diff", "closed", "open").out

    assert out.startswith("opens 2 connections, closes nothing")
    assert "opens (2)\n    internet -> shop/db[Pod]  tcp/1-65535" in out
    assert "blocked -> allowed  for instance shop/web[Pod] -> shop/db[Pod] tcp/443" in out


def test_markdown_fits_a_pull_request(ringwall: Ringwall) -> None:
    out = ringwall("diff", "open", "closed", "--format", "md").out

    assert out.startswith("**opens nothing, closes 2 connections**\n")
    assert "| closes | `shop/web[Pod]` | `shop/db[Pod]` |" in out


def test_what_if_deletes_a_policy(ringwall: Ringwall) -> None:
    done = ringwall(
        "what-if", "closed", "--delete", "networkpolicy/shop/db-from-api", "--format", "json"
    )

    document = validated(done.out)
    assert document["change"] == ["delete networkpolicy/shop/db-from-api"]
    assert ("gained", "shop/web[Pod]", "shop/db[Pod]", True) in changes(document)
    assert document["closes"] == "nothing"


def test_what_if_applies_a_file(ringwall: Ringwall) -> None:
    document = validated(
        ringwall("what-if", "open", "--apply", "policy.yaml", "--format", "json").out
    )

    assert ("lost", "shop/web[Pod]", "shop/db[Pod]", True) in changes(document)
    assert document["opens"] == "nothing"


def test_what_if_revokes_a_rule_of_a_group(ringwall: Ringwall) -> None:
    for name, body in (("groups", GROUP), ("rules", RULE), ("interfaces", INTERFACE)):
        Path(f"aws-{name}.json").write_text(json.dumps(body))
    other = json.loads(json.dumps(GROUP).replace("sg-1", "sg-2"))
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    other["SecurityGroups"][0]["IpPermissionsEgress"] = [everywhere]
    Path("aws-other.json").write_text(json.dumps(other))
    inputs = [str(file) for file in sorted(Path().glob("aws-*.json"))]

    done = ringwall("what-if", *inputs, "--revoke", "sgr-0a1", "--format", "json")

    document = validated(done.out)
    assert ("lost", "eni-app", "eni-db", True) in changes(document)
    assert document["opens"] == "nothing"


def test_several_changes_make_one(ringwall: Ringwall) -> None:
    done = ringwall(
        "what-if", "closed", "--delete", "netpol/shop/db-from-api", "--apply", "policy.yaml"
    )

    assert done.code == 2
    assert "`networkpolicy/shop/db-from-api` is changed twice; say one change of it" in done.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "say a change: --delete, --apply or --revoke; see `ringwall what-if --help`"),
        (
            ("--delete", "networkpolicy/shop/db-from-ap"),
            "`networkpolicy/shop/db-from-ap` is no object that was read; "
            "did you mean networkpolicy/shop/db-from-api?",
        ),
        (
            ("--revoke", "sgr-1"),
            "`sgr-1` is no rule that was read; ids of rules are in "
            "`aws ec2 describe-security-group-rules`",
        ),
        (("--apply", "nope.yaml"), "`nope.yaml` does not exist; give a file, a folder or `-`"),
    ],
)
def test_a_change_that_means_nothing_is_refused(
    ringwall: Ringwall, args: tuple[str, ...], message: str
) -> None:
    done = ringwall("what-if", "closed", *args)

    assert done.code in (2, 3)
    assert done.out == ""
    assert done.err == f"error: {message}\n"


def test_a_file_with_a_policy_kind_that_is_not_read_makes_the_answer_unknown(
    ringwall: Ringwall,
) -> None:
    Path("policy.yaml").write_text(CILIUM)

    document = validated(
        ringwall("what-if", "open", "--apply", "policy.yaml", "--format", "json").out
    )

    assert {one[0] for one in changes(document)} == {"now-unknown"}


def test_a_new_template_is_not_rolled_out(ringwall: Ringwall) -> None:
    owner = "[{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u, controller: true}]"
    Path("open/pods.yaml").write_text(
        PODS.replace("labels: {app: web}", f"labels: {{app: web}}, ownerReferences: {owner}")
    )
    Path("new.yaml").write_text(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}},"
        " spec: {containers: []}}}\n"
    )

    done = ringwall("what-if", "open", "--apply", "new.yaml")

    assert "the pods of statefulset/shop/web go on as they run" in " ".join(done.out.split())


def test_standard_input_is_read_once(ringwall: Ringwall) -> None:
    done = ringwall("diff", "-", "-", stdin=PODS)

    assert done.code == 2
    assert done.err == "error: `-` can be given once: standard input is read only once\n"


def test_aws_answers_cannot_be_applied(ringwall: Ringwall) -> None:
    Path("group.json").write_text(json.dumps(GROUP))

    done = ringwall("what-if", "open", "--apply", "group.json")

    assert done.code == 2
    assert "`group.json` holds an AWS answer; only Kubernetes objects can be applied" in done.err
