"""An id that is written in full means what has it, also where it is the end of another one."""

import json

from tests.support import ask

ARN = "arn:aws:eks:us-east-2:444455556666:cluster/prod"


def cluster(cidr: str, **more: str) -> str:
    """A public endpoint that one block may use."""
    access = {"endpointPublicAccess": True, "publicAccessCidrs": [cidr], "vpcId": "vpc-1"}
    return json.dumps({"cluster": {"name": "prod", "resourcesVpcConfig": access, **more}})


FILES = {"here.json": cluster("198.51.100.0/24"), "there.json": cluster("203.0.113.0/24", arn=ARN)}


def test_of_two_clusters_with_one_name_the_one_without_account_is_named_by_it() -> None:
    api, other = "eks-api/prod", "444455556666:us-east-2!eks-api/prod"

    assert ask(FILES, "198.51.100.7", api, "tcp/443").verdict == "allowed"
    assert ask(FILES, "203.0.113.7", api, "tcp/443").verdict == "blocked"
    assert ask(FILES, "203.0.113.7", other, "tcp/443").verdict == "allowed"
