"""Network ACLs in the engine: aws.md 12, 16. Expected verdicts are aws.md's.

What else the sources say of them is asked, of the engine too, in test_aws_network_acls.py of
tests/semantics.
"""

from __future__ import annotations

import json

from tests.model.fabric_net import Net
from tests.semantics.aws_world import (
    ALL_IN_100,
    ALL_OUT_100,
    ANYWHERE,
    ANYWHERE_6,
    AwsWorld,
    Entry,
    everything,
    inbound,
    route,
)

CLIENT = "10.0.1.10"
SERVER = "10.0.2.20"
OPEN = (ALL_IN_100, ALL_OUT_100)


def two_subnets(
    acl_b: tuple[Entry, ...] = OPEN, acl_a: tuple[Entry, ...] = OPEN, *, acls: bool = True
) -> AwsWorld:
    """Open groups; clients in subnet-a and a server in subnet-b, both public."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8:0:100::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8:0:101::/64")
    world.subnet("subnet-b", "10.0.2.0/24", ipv6="2001:db8:0:102::/64")
    world.igw("igw-1")
    world.route_table("rtb-1", route(ANYWHERE, "igw-1"), subnets=["subnet-a", "subnet-b"])
    if acls:
        world.acl("acl-a", *acl_a, subnets=["subnet-a"])
        world.acl("acl-b", *acl_b, subnets=["subnet-b"])
    both = everything(ANYWHERE, ANYWHERE_6)
    world.group("sg-open", ingress=[both], egress=[both])
    for name, subnet, ip, six in (
        ("eni-client", "subnet-a", CLIENT, "2001:db8:0:101::a"),
        ("eni-other", "subnet-a", "10.0.1.11", "2001:db8:0:101::b"),
        ("eni-server", "subnet-b", SERVER, "2001:db8:0:102::a"),
    ):
        last = ip.rsplit(".", 1)[1]
        world.interface(
            name, subnet, ip, groups=["sg-open"], public_ip=f"203.0.113.{last}", ipv6=[six]
        )
    return world


DENY_CLIENT = inbound(90, "deny", "tcp", f"{CLIENT}/32", 443)


def test_16_the_admitting_entry_is_named() -> None:
    net = Net(two_subnets((DENY_CLIENT, *OPEN)))

    assert ("acl-b", "100") in net.rules("eni-other", "eni-server")


def test_12_amazons_own_services_meet_neither_acl_nor_group() -> None:
    world = two_subnets(acl_a=())
    world.groups[0]["IpPermissionsEgress"] = []
    net = Net(world)

    for address in ("10.0.0.2", "10.0.1.1", "169.254.169.253", "169.254.169.254", "fd00:ec2::254"):
        family = 6 if ":" in address else 4
        assert net.verdict("eni-client", address, "tcp/80", family) == "allowed"
    assert net.verdict("eni-client", "10.0.1.3", "tcp/80") == "blocked"
    assert net.verdict("eni-client", "10.0.2.1", "tcp/80") == "blocked"


def test_an_acl_is_known_by_its_vpc_only_where_there_is_one() -> None:
    files = two_subnets(acls=False).files()
    body = json.loads(files["aws/describe-network-acls.json"])
    (default,) = body["NetworkAcls"]
    del default["Associations"]
    files["aws/describe-network-acls.json"] = json.dumps(body)
    assert Net(files).verdict("eni-client", "eni-server") == "allowed"

    body["NetworkAcls"].append({**default, "NetworkAclId": "acl-2", "IsDefault": False})
    files["aws/describe-network-acls.json"] = json.dumps(body)
    net = Net(files)
    assert net.verdict("eni-client", "eni-server") == "unknown"
    assert {one.code for one in net.reasons("eni-client", "eni-server")} == {"acl-not-read"}


def test_an_acl_without_entries_read_is_unknown_and_so_is_the_reply() -> None:
    files = two_subnets().files()
    body = json.loads(files["aws/describe-network-acls.json"])
    for acl in body["NetworkAcls"]:
        acl.pop("Entries")
    files["aws/describe-network-acls.json"] = json.dumps(body)
    net = Net(files)

    assert net.verdict("eni-client", "eni-server") == "unknown"
    assert net.reply("eni-client", "eni-server") == "unknown"
