"""What EKS answers of the cluster and its node groups."""

from collections.abc import Iterator
from typing import Any

from production.groups import Groups
from production.nodes import group_name
from production.plan import Plan
from production.vpc import Vpc
from production.words import ACCOUNT, CLUSTER, CREATED, REGION, Draw

_OFFICE = "198.51.100.0/24"


def cluster(vpc: Vpc, groups: Groups) -> dict[str, Any]:
    """``cluster`` of ``aws eks describe-cluster``: public for one office, private for the rest."""
    return {
        "accessConfig": {"authenticationMode": "API"},
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
        "computeConfig": {"enabled": False},
        "createdAt": CREATED,
        "kubernetesNetworkConfig": {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/15"},
        "name": CLUSTER,
        "resourcesVpcConfig": {
            "clusterSecurityGroupId": groups.cluster.id,
            "endpointPrivateAccess": True,
            "endpointPublicAccess": True,
            "publicAccessCidrs": [_OFFICE],
            "securityGroupIds": [],
            "subnetIds": vpc.control_subnets(),
            "vpcId": vpc.id,
        },
        "status": "ACTIVE",
        "tags": {"team": "platform"},
        "version": "1.32",
    }


def node_groups(plan: Plan, vpc: Vpc) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and ``nodegroup`` of ``aws eks describe-nodegroup`` for each node group."""
    draw = Draw(f"{plan.draw.random()} eks")
    for group in range(plan.node_groups):
        name = group_name(group)
        arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/{CLUSTER}/{name}/{draw.uid()}"
        size = sum(node.group == group for node in plan.nodes)
        yield (
            name,
            {
                "amiType": "AL2023_x86_64_STANDARD",
                "capacityType": "ON_DEMAND",
                "clusterName": CLUSTER,
                "createdAt": CREATED,
                "instanceTypes": ["m5.xlarge"],
                "nodegroupArn": arn,
                "nodegroupName": name,
                "scalingConfig": {"desiredSize": size, "maxSize": size + 5, "minSize": size},
                "status": "ACTIVE",
                "subnets": vpc.node_subnets(),
                "tags": {},
                "version": "1.32",
            },
        )
