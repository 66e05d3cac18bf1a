"""What an audit is about: the cluster's own things, and everything on request."""

import json

from ringwall.check.audit import Audit
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
