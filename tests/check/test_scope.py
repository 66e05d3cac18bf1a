"""What an audit is about: the cluster's own things, and everything on request."""

import json

import pytest

from ringwall.check.audit import Audit
from ringwall.discover import load_rule
from ringwall.reach.questions import Net
from tests.support import net_of


def unread_cluster_group() -> Net:
    """A cluster whose group was named and not read, beside a group that was."""
    cluster = {"name": "prod", "resourcesVpcConfig": {"clusterSecurityGroupId": "sg-unread"}}
    group = {"GroupId": "sg-other", "IpPermissions": [], "IpPermissionsEgress": []}
    return net_of(
        {
            "cluster.json": json.dumps({"cluster": cluster}),
            "groups.json": json.dumps({"SecurityGroups": [group]}),
        }
    )


def test_only_the_clusters_own_groups_are_in_scope() -> None:
    assert Audit(unread_cluster_group()).scope.groups == ("sg-unread",)


def test_everything_holds_also_the_cluster_groups_that_were_not_read() -> None:
    """A wider scope never turns what is unknown into silence."""
    everything = Audit(unread_cluster_group(), everything=True)

    assert everything.scope.groups == ("sg-other", "sg-unread")


# --- groups that the cluster may have -------------------------------------------------------------

OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def ssh_is_open(group_vpc: str, *interface_vpcs: str) -> list[tuple[str, str, str]]:
    """What the rule about SSH says of a group beside a cluster in ``vpc-1``."""
    cluster = {"name": "prod", "resourcesVpcConfig": {"vpcId": "vpc-1"}}
    group = {"GroupId": "sg-1", "VpcId": group_vpc, "IpPermissions": [OPEN]}
    interfaces = [
        {"NetworkInterfaceId": f"eni-{vpc}", "VpcId": vpc, "Groups": [{"GroupId": "sg-2"}]}
        for vpc in interface_vpcs
    ]
    files = {
        "cluster.json": json.dumps({"cluster": cluster}),
        "groups.json": json.dumps({"SecurityGroups": [group | {"IpPermissionsEgress": []}]}),
        "interfaces.json": json.dumps({"NetworkInterfaces": interfaces}),
    }
    audit = Audit(net_of(files))
    found = load_rule("sg-ssh-rdp-internet").check(audit)
    return [(one.status, one.severity, one.cause) for one in found]


@pytest.mark.parametrize("elsewhere", [(), ("vpc-2",)])
def test_where_no_interface_of_its_vpc_was_read_a_cluster_may_have_a_group(
    elsewhere: tuple[str, ...],
) -> None:
    """Out of scope would be a pass that nobody has looked for."""
    assert ssh_is_open("vpc-1", *elsewhere) == [
        ("unknown", "high", "sg-1:ingress:tcp/22:0.0.0.0/0")
    ]


@pytest.mark.parametrize(("group_vpc", "interfaces"), [("vpc-1", ("vpc-1",)), ("vpc-2", ())])
def test_a_group_is_out_of_scope_in_another_vpc_or_where_interfaces_were_read(
    group_vpc: str, interfaces: tuple[str, ...]
) -> None:
    assert ssh_is_open(group_vpc, *interfaces) == [("not-applicable", "critical", "aws")]
