"""A small world for the questions that people ask.

Two VPCs with Internet gateways. In `vpc-1` a load balancer in a public subnet; two nodes, a pod
and a database in one without a way out. In `vpc-2` one host with a public address.
"""

from __future__ import annotations

from ringwall.facts.fact import Facts
from ringwall.net import Net
from tests.semantics.aws_world import ANYWHERE, AwsWorld, Rule, route, tcp
from tests.support import facts_of

OFFICE = "203.0.113.0/24"
POD = "default/web[Pod]"
NODE_1, NODE_2 = "node/n1", "node/n2"


def world(
    *to_balancer: Rule,
    to_node: tuple[Rule, ...] = (),
    to_db: tuple[Rule, ...] = (),
    peered: bool = False,
) -> AwsWorld:
    """The world, with some rules more; ``peered``: the two VPCs have routes to each other, by a
    peering that this version does not read."""
    made = AwsWorld()
    made.vpc("vpc-1", "10.0.0.0/16")
    made.subnet("subnet-pub", "10.0.1.0/24")
    made.subnet("subnet-in", "10.0.2.0/24")
    made.igw("igw-1")
    made.route_table("rtb-pub", route(ANYWHERE, "igw-1"), subnets=["subnet-pub"])
    made.route_table("rtb-main", *([route("10.9.0.0/16", "pcx-1")] if peered else []), main=True)
    made.group("sg-lb", ingress=[tcp(443, ANYWHERE), tcp(80, OFFICE), *to_balancer])
    made.group("sg-node", ingress=[tcp(10250, "sg-node"), *to_node])
    made.group("sg-db", ingress=[tcp(5432, "sg-node"), *to_db])
    made.group("sg-idle", ingress=[tcp(22, ANYWHERE)])
    made.interface(
        "eni-lb",
        "subnet-pub",
        "10.0.1.10",
        groups=["sg-lb"],
        public_ip="198.51.100.10",
        description="ELB app/shop/0123456789abcdef",
        managed=True,
    )
    made.interface(
        "eni-n1", "subnet-in", "10.0.2.10", groups=["sg-node"], secondary=["10.0.2.11"],
        instance="i-1",
    )  # fmt: skip
    made.interface("eni-n2", "subnet-in", "10.0.2.12", groups=["sg-node"], instance="i-2")
    made.interface(
        "eni-db", "subnet-in", "10.0.2.20", groups=["sg-db"],
        description="RDSNetworkInterface", managed=True,
    )  # fmt: skip
    made.node("n1", "i-1")
    made.node("n2", "i-2")
    made.pod("web", "10.0.2.11", "n1")
    made.vpc("vpc-2", "10.9.0.0/16")
    made.subnet("subnet-far", "10.9.1.0/24", vpc="vpc-2")
    made.igw("igw-2", vpc="vpc-2")
    far = [route(ANYWHERE, "igw-2"), *([route("10.0.0.0/16", "pcx-1")] if peered else [])]
    made.route_table("rtb-far", *far, subnets=["subnet-far"], vpc="vpc-2")
    made.group("sg-far", vpc="vpc-2")
    made.interface(
        "eni-far", "subnet-far", "10.9.1.10", groups=["sg-far"], public_ip="198.51.100.20"
    )
    return made


def facts(
    *to_balancer: Rule, to_node: tuple[Rule, ...] = (), to_db: tuple[Rule, ...] = ()
) -> Facts:
    return facts_of(world(*to_balancer, to_node=to_node, to_db=to_db).files())


def net(*to_balancer: Rule, to_node: tuple[Rule, ...] = (), to_db: tuple[Rule, ...] = ()) -> Net:
    return Net(facts(*to_balancer, to_node=to_node, to_db=to_db))
