"""What nodes are made from: whose it is called, and by which name, over accounts and clusters."""

import json

from ringwall.check.audit import Audit
from ringwall.check.config import parse
from ringwall.check.finding import Finding
from ringwall.check.run import run
from ringwall.discover import load_rule
from tests.support import net_of

HOME, AWAY = "aws/111122223333/eu-west-1", "aws/444455556666/eu-west-1"


def found(files: dict[str, object], rule: str = "node-public-ip", toml: str = "") -> list[Finding]:
    texts = {name: json.dumps(body) for name, body in files.items()}
    audit = Audit(net_of(texts), parse(toml, "ringwall.toml"))
    findings, failures = run(audit, [load_rule(rule)])
    assert failures == []
    return [one for one in findings if one.status != "not-applicable"]


def node_group(cluster: str) -> object:
    template = {"id": "lt-0a1", "version": "1"}
    group = {"nodegroupName": "workers", "clusterName": cluster, "launchTemplate": template}
    return {"nodegroup": group}


TEMPLATE = {
    "LaunchTemplateVersions": [
        {
            "LaunchTemplateId": "lt-0a1",
            "VersionNumber": 1,
            "LaunchTemplateData": {
                "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]
            },
        }
    ]
}


def test_a_template_of_one_cluster_is_found_there() -> None:
    (one,) = found({"a.json": node_group("a"), "versions.json": TEMPLATE})

    assert (one.status, one.cause, one.cluster) == ("fail", "lt-0a1", "a")


def test_a_template_of_two_clusters_is_found_once_and_is_neither_ones() -> None:
    files = {"a.json": node_group("a"), "b.json": node_group("b"), "versions.json": TEMPLATE}

    (one,) = found(files)

    assert (one.status, one.cause, one.cluster) == ("fail", "lt-0a1", "")


def test_a_template_is_called_with_its_account_and_region_where_they_are_stated() -> None:
    tagged = {"LaunchTemplateId": "lt-0a1", "Tags": [{"Key": "Environment", "Value": "dev-2"}]}
    files = {
        f"{HOME}/nodegroup.json": node_group("a"),
        f"{HOME}/versions.json": TEMPLATE,
        f"{HOME}/templates.json": {"LaunchTemplates": [tagged]},
    }
    environment = '[[environment]]\nname = "dev"\ntags = { Environment = "dev*" }\n'

    (one,) = found(files, toml=environment)
    (tags,) = found(files, "tag-network-resources", '[tags]\nrequired = ["Environment"]\n')

    assert (one.cause, one.environment) == ("111122223333:eu-west-1!lt-0a1", "dev")
    assert (tags.status, tags.cause) == ("pass", "111122223333:eu-west-1!lt-0a1")


def configuration(public: bool) -> object:
    name = "workers-1"
    scaling = {
        "AutoScalingGroupName": "workers",
        "LaunchConfigurationName": name,
        "Tags": [{"Key": "kubernetes.io/cluster/a", "Value": "owned"}],
    }
    made = {"LaunchConfigurationName": name, "AssociatePublicIpAddress": public}
    return {"AutoScalingGroups": [scaling], "LaunchConfigurations": [made]}


def test_launch_configurations_of_one_name_in_two_accounts_are_two() -> None:
    cluster = {"cluster": {"name": "a", "resourcesVpcConfig": {"vpcId": "vpc-0a1"}}}
    home, away = configuration(True), configuration(False)
    files = {f"{HOME}/x.json": home, f"{AWAY}/y.json": away, f"{HOME}/c.json": cluster}

    told = {one.cause: one.status for one in found(files)}

    assert told == {
        "111122223333:eu-west-1!launchconfiguration/workers-1": "fail",
        "444455556666:eu-west-1!launchconfiguration/workers-1": "pass",
    }
