"""Random small AWS networks, as describe-JSON: two VPCs (sometimes with the same blocks, sometimes
peered), public and private subnets, ACLs, tables with every kind of target, groups, nodes, pods."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.semantics.aws_world import (
    ANYWHERE,
    AwsWorld,
    Entry,
    Route,
    Rule,
    inbound,
    outbound,
    route,
)

PORTS: tuple[tuple[str, int | None, int | None], ...] = (
    ("-1", None, None),
    ("tcp", 443, 443),
    ("tcp", 0, 65535),
    ("tcp", 8000, 8010),
    ("udp", 53, 53),
    ("icmp", 8, -1),
    ("icmp", -1, -1),
    ("icmpv6", -1, -1),
    ("47", None, None),
)
BLOCKS = (
    ANYWHERE,
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.1.0/24",
    "10.0.1.10/32",
    "10.0.1.8/29",
    "10.0.2.0/24",
    "10.1.0.0/16",
    "198.51.100.0/24",
    "198.51.100.7/32",
    "203.0.113.0/24",
    "203.0.113.50/32",
    "0.0.0.0/1",
    "::/0",
    "2001:db8::/56",
    "2001:db8:0:1::/64",
)
NEW_BLOCKS = (
    "10.0.1.12/32",
    "10.0.0.0/13",
    "10.0.2.8/30",
    "10.0.3.24/29",
    "203.0.113.96/27",
    "203.0.113.110/32",
    "203.0.113.48/29",
    "198.51.100.0/29",
    "8.0.0.0/8",
    "2001:db8:0:1::/65",
)
"""Blocks that no rule names at first."""
TARGETS = (
    *("igw-1", "igw-1", "nat-1", "nat-2", "nat-x", "tgw-1"),
    *("eigw-1", "eigw-1", "vpce-1", "vpce-1", "vpce-2", "pcx-1", "pcx-1", "pcx-2"),
)
PEERED = ("10.0.0.0/16", "10.1.0.0/16", "10.1.0.0/16", "10.0.2.0/24", "2001:db8:0:100::/56")
GROUPS = ("sg-a", "sg-b", "sg-c", "sg-unread")
FILES = (
    "describe-vpcs",
    "describe-route-tables",
    "describe-network-acls",
    "describe-internet-gateways",
    "describe-nat-gateways",
    "describe-egress-only-internet-gateways",
    "describe-vpc-endpoints",
    "describe-vpc-peering-connections",
    "describe-instances",
    "describe-network-interfaces",
    "describe-security-groups",
)


def some_rule(r: Random) -> Rule:
    """A group rule."""
    peers = (*BLOCKS, *GROUPS, "pl-read", "pl-unread")
    return Rule(*r.choice(PORTS), (r.choice(peers),))


def _entries(r: Random) -> list[Entry]:
    made = []
    for number in range(r.randrange(4)):
        protocol, first, last = r.choice(PORTS)
        ports = None if first is None or last is None else (first, last)
        make = r.choice((inbound, outbound))
        name = {"-1": "all"}.get(protocol, protocol)
        action = r.choice(("allow", "deny"))
        made.append(make(90 + number, action, name, r.choice(BLOCKS), ports))
    if r.random() < 0.8:
        ends = (ANYWHERE, "::/0")
        made += [inbound(200 + i, "allow", "all", end) for i, end in enumerate(ends)]
        made += [outbound(200 + i, "allow", "all", end) for i, end in enumerate(ends)]
    return made


def _routes(r: Random) -> list[Route]:
    blocks = [ANYWHERE, ANYWHERE, "::/0", "198.51.100.0/24", "10.8.0.0/16", "pl-read", "pl-unread"]
    chosen = [*r.sample(blocks, r.randrange(4)), *r.sample(PEERED, r.randrange(3))]
    if r.random() < 0.8:
        chosen = [block for block in chosen if block != "pl-unread"]
    targets = TARGETS if r.random() < 0.5 else ("igw-1",)
    return [
        route(block, _target(r, block, targets), blackhole=r.random() < 0.1)
        for block in dict.fromkeys(chosen)
    ]


def _target(r: Random, block: str, targets: tuple[str, ...]) -> str:
    """Most routes to a VPC's blocks lead through a peering connection."""
    return "pcx-1" if block in PEERED and r.random() < 0.8 else r.choice(targets)


def world(r: Random) -> AwsWorld:
    """One network."""
    made = AwsWorld()
    made.prefix_list("pl-read", "52.216.0.0/15", "10.0.1.0/28")
    made.prefix_list("pl-unread", entries_read=False)
    for number in range(1, 2 + (r.random() < 0.6)):
        _vpc(r, made, number)
    _gateways(r, made)
    for name in GROUPS[:3]:
        made.group(
            name,
            ingress=[some_rule(r) for _ in range(r.randrange(4))],
            egress=[some_rule(r) for _ in range(r.randrange(1, 4))],
            vpc="vpc-1",
        )
    made.objects += [some_policy(r, number) for number in range(r.randrange(3))]
    if r.random() < 0.5:
        env = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": r.choice(("true", "false"))}
        if r.random() < 0.5:
            env["AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"] = "198.51.100.0/24"
        if r.random() < 0.5:
            env["POD_SECURITY_GROUP_ENFORCING_MODE"] = "standard"
        made.aws_node(**env)
    return made


def _gateways(r: Random, made: AwsWorld) -> None:
    """Gateways that may be attached elsewhere, be gone or not be read, and peering connections."""
    if r.random() < 0.8:
        made.egress_only("eigw-1", vpc=r.choice(("vpc-1", "vpc-1", "vpc-9")))
    for name, kind in (("vpce-1", "Gateway"), ("vpce-2", "GatewayLoadBalancer")):
        if r.random() < 0.8:
            state = r.choice(("available", "available", "Deleted"))
            made.gateway_endpoint(name, vpc="vpc-1", kind=kind, state=state)
    second = "vpc-2" if len(made.vpcs) > 1 else "vpc-3"
    unread = {"vpc-3": r.choice(("10.1.0.0/16", "10.8.0.0/16"))}
    for name, other in (("pcx-1", second), ("pcx-2", "vpc-3")):
        if r.random() < 0.8:
            sides = ("vpc-1", other) if r.random() < 0.5 else (other, "vpc-1")
            regions = r.choice((("r-1", "r-1"), ("r-1", "r-1"), ("r-1", "r-2"), ("r-1", "")))
            state = r.choice(("active", "active", "active", "deleted"))
            made.peering(name, *sides, state=state, regions=regions, unread=unread)
            if r.random() < 0.2:
                _without_blocks(made.peerings[-1])


def _without_blocks(peering: dict[str, Any]) -> None:
    for side in ("AccepterVpcInfo", "RequesterVpcInfo"):
        for field in ("CidrBlock", "CidrBlockSet", "Ipv6CidrBlockSet"):
            peering[side].pop(field, None)


def some_policy(r: Random, number: int) -> dict[str, Any]:
    """A policy that tells addresses apart."""
    peers = [{"ipBlock": {"cidr": r.choice(BLOCKS + NEW_BLOCKS)}} for _ in range(2)]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"policy-{number}", "namespace": "default"},
        "spec": {"podSelector": {}, "ingress": [{"from": peers}]},
    }


def _vpc(r: Random, made: AwsWorld, number: int) -> None:
    vpc = f"vpc-{number}"
    second = 0 if number == 1 or r.random() < 0.5 else 1
    made.vpc(vpc, f"10.{second}.0.0/16", ipv6=f"2001:db8:0:{number - 1}00::/56")
    if number == 1 and r.random() < 0.9:
        made.igw("igw-1", vpc=vpc)
    for third in (1, 2, 3):
        subnet = f"subnet-{number}{third}"
        made.subnet(
            subnet,
            f"10.{second}.{third}.0/24",
            vpc=vpc,
            ipv6=f"2001:db8:0:{number - 1}0{third}::/64",
        )
        if r.random() < 0.8:
            made.route_table(f"rtb-{number}{third}", *_routes(r), subnets=[subnet], vpc=vpc)
        if r.random() < 0.5:
            made.acl(f"acl-{number}{third}", *_entries(r), subnets=[subnet], vpc=vpc)
    if number == 1:
        made.nat("nat-1", "subnet-13", "10.0.3.5", "203.0.113.50")
        if r.random() < 0.5:
            made.nat("nat-2", "subnet-12", "10.0.2.5", "203.0.113.51")
            pairs = made.nats[-1]["NatGatewayAddresses"]
            pairs.append({"PrivateIp": "10.0.2.6", "PublicIp": "203.0.113.52"})
    for host in range(3):
        _host(r, made, number, second, host)


def _host(r: Random, made: AwsWorld, number: int, second: int, host: int) -> None:
    """An instance with one or two interfaces, pods on them, and a node of it if it is the first
    VPC's."""
    instance = f"i-{number}{host}"
    for device in range(1 + (r.random() < 0.7)):
        third = r.randrange(1, 4)
        last = 10 + 30 * host + 15 * device
        ip = f"10.{second}.{third}.{last}"
        made.interface(
            f"eni-{number}{host}{device}",
            f"subnet-{number}{third}",
            ip,
            groups=r.sample(GROUPS[: 3 + (r.random() < 0.2)], r.randrange(1, 3)),
            public_ip=f"203.0.113.{number * 100 + last}" if r.random() < 0.6 else None,
            secondary=[f"10.{second}.{third}.{last + i}" for i in (1, 2)],
            ipv6=[f"2001:db8:0:{number - 1}0{third}::{last}"] if r.random() < 0.6 else [],
            instance=instance,
            device=device,
            kind="branch" if device and r.random() < 0.3 else "interface",
        )
        if number == 1:
            made.pod(f"pod-{host}{device}", f"10.{second}.{third}.{last + 2}", f"n{host}")
    if number == 1:
        made.node(f"n{host}", instance)


def files(r: Random) -> dict[str, str]:
    """A network's answers, now and then with one call, page or field missing."""
    found = world(r).files()
    if r.random() < 0.3:
        del found[f"aws/{r.choice(FILES)}.json"]
    for name in FILES:
        path = f"aws/{name}.json"
        if path in found and r.random() < 0.08:
            body: dict[str, Any] = json.loads(found[path])
            found[path] = json.dumps({**body, "NextToken": "more"})
    return found
