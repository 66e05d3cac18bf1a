"""Every threshold, and every list of tags and labels, moves the verdict of a rule."""

import json

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import Labels, Tags, Thresholds, parse
from ringwall.check.run import run
from ringwall.discover import load_rule, page
from tests.support import net_of


def group(port: int, last: int, source: str, description: str = "the console") -> str:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": last,
        "IpRanges": [{"CidrIp": source, "Description": description}],
    }
    body = {"GroupId": "sg-0a1", "GroupName": "web", "VpcId": "vpc-0a1", "Description": "TODO"}
    tags = {"Tags": [{"Key": "contact", "Value": "platform"}], "IpPermissionsEgress": []}
    vpc = {"VpcId": "vpc-0a1", "CidrBlock": "10.0.0.0/16"}
    told = {"SecurityGroups": [{**body, **tags, "IpPermissions": [permission]}], "Vpcs": [vpc]}
    return json.dumps(told)


API = json.dumps({
    "cluster": {
        "name": "shop",
        "resourcesVpcConfig": {
            "vpcId": "vpc-0a1",
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["203.0.113.0/24"],
        },
    }
})  # fmt: skip
POOL = json.dumps({
    "nodegroup": {
        "nodegroupName": "workers",
        "clusterName": "shop",
        "scalingConfig": {"minSize": 1, "maxSize": 50},
    }
})  # fmt: skip
NAMESPACE = json.dumps({
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"team": "web"}, "uid": "u1"},
})  # fmt: skip
MOVES = [
    ("thresholds.public_cidr_addresses", "256", "255", "api-public-cidr-broad", API),
    (
        "thresholds.source_addresses",
        "65536",
        "65535",
        "sg-source-too-broad",
        group(5, 5, "198.18.0.0/16"),
    ),
    ("thresholds.wide_port_range", "51", "50", "sg-wide-port-range", group(1, 51, "10.0.0.0/24")),
    ("thresholds.legacy_ports", "[]", "[9443]", "sg-legacy-port", group(9443, 9443, "10.9.0.0/24")),
    ("thresholds.pool_nodes", "50", "49", "cost-unbounded-pool", POOL),
    (
        "tags.required",
        "['contact']",
        "['owner']",
        "tag-network-resources",
        group(5, 5, "10.0.0.1/32"),
    ),
    (
        "tags.justification",
        "['contact']",
        "['owner']",
        "sg-no-justification",
        group(5, 5, "10.0.0.1/32"),
    ),
    ("labels.required", "['team']", "['owner']", "np-namespace-unlabelled", NAMESPACE),
]


@pytest.mark.parametrize(("setting", "passes", "fails", "rule", "text"), MOVES)
def test_a_setting_moves_the_verdict(
    setting: str, passes: str, fails: str, rule: str, text: str
) -> None:
    assert found(setting, passes, rule, text) == set()
    assert found(setting, fails, rule, text) == {"unknown" if rule == "sg-legacy-port" else "fail"}


def found(setting: str, value: str, rule: str, text: str) -> set[str]:
    """The statuses of what is open; whether a node has the group is not known here."""
    table, _, name = setting.partition(".")
    config = parse(f"[{table}]\n{name} = {value}\n", "ringwall.toml")
    audit = Audit(net_of({"input.json": text}), config, everything=True)
    findings, failures = run(audit, [load_rule(rule)])
    assert failures == []
    return {one.status for one in findings if one.status in ("fail", "unknown")}


def test_no_setting_is_left_out() -> None:
    tables = (("thresholds", Thresholds), ("tags", Tags), ("labels", Labels))
    settings = {f"{table}.{name}" for table, type_ in tables for name in type_.__struct_fields__}

    assert settings - {setting for setting, *_ in MOVES} == {"thresholds.waiver_days"}
    """What that does is in test_waivers.py."""


@pytest.mark.parametrize(("setting", "rule"), [(setting, rule) for setting, _, _, rule, _ in MOVES])
def test_the_page_of_its_rule_names_the_setting(setting: str, rule: str) -> None:
    assert f"`{setting}`" in page(rule) or setting.partition(".")[2] in page(rule)
