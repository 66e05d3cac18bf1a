"""The VPC: its blocks, subnets, routes, network ACLs, gateways and prefix lists."""

from collections.abc import Iterator
from typing import Any, Final

from production.acls import database_entries, open_entries, public_entries
from production.plan import NODE_SUBNETS, POD_SUBNETS, Plan
from production.policies import BALANCERS, DATABASES, OFFICES, PARTNERS
from production.words import ACCOUNT, CLUSTER, REGION, ZONES, Draw, nth, tags

Object = dict[str, Any]

CONTROL: Final = ("10.0.15.0/28", "10.0.15.16/28", "10.0.15.32/28")
NAT_PUBLIC: Final = ("203.0.113.4", "203.0.113.5", "203.0.113.6")

_BLOCKS: Final = ("10.0.0.0/16", *POD_SUBNETS)
_TIERS: Final = {
    "public": BALANCERS,
    "database": DATABASES,
    "control": CONTROL,
    "private": NODE_SUBNETS,
    "pods": POD_SUBNETS,
}
_PRIVATE: Final = ("control", "private", "pods")
_S3: Final = ("3.5.64.0/21", "16.12.16.0/23", "52.218.0.0/17", "52.92.0.0/17")
_OWNED: Final = {"OwnerId": ACCOUNT}


class Vpc:
    """Ids of everything in the VPC that is not a node's."""

    def __init__(self, plan: Plan) -> None:
        self._draw = draw = Draw(f"{plan.draw.random()} vpc")
        self.id = draw.id("vpc")
        self.subnets = {
            block: (draw.id("subnet"), tier, zone)
            for tier, blocks in _TIERS.items()
            for zone, block in enumerate(blocks)
        }
        self._igw, self._tgw, self._s3 = draw.id("igw"), draw.id("tgw"), draw.id("pl")
        self._vpce = draw.id("vpce")
        self.nats = [draw.id("nat") for _ in ZONES]
        self.nat_interfaces = [draw.id("eni") for _ in ZONES]
        self.customer_lists = [draw.id("pl") for _ in range(3)]

    @property
    def lists(self) -> list[str]:
        """Prefix lists that rules of groups may name."""
        return [*self.customer_lists, self._s3]

    def where(self, block: str) -> dict[str, str]:
        """How an interface says where it is."""
        return {"OwnerId": ACCOUNT, "SubnetId": self.subnets[block][0], "VpcId": self.id}

    def control_subnets(self) -> list[str]:
        """The subnets of the control plane's interfaces."""
        return [self.subnets[block][0] for block in CONTROL]

    def node_subnets(self) -> list[str]:
        """The subnets of nodes."""
        return [self.subnets[block][0] for block in NODE_SUBNETS]

    # --- answers ---------------------------------------------------------------------------------

    def vpcs(self) -> Iterator[Object]:
        """``Vpcs``."""
        yield {
            "CidrBlock": _BLOCKS[0],
            "CidrBlockAssociationSet": [
                {
                    "AssociationId": self._draw.id("vpc-cidr-assoc"),
                    "CidrBlock": block,
                    "CidrBlockState": {"State": "associated"},
                }
                for block in _BLOCKS
            ],
            "InstanceTenancy": "default",
            "IsDefault": False,
            "State": "available",
            "Tags": tags(Name=CLUSTER),
            "VpcId": self.id,
            **_OWNED,
        }

    def subnet_list(self) -> Iterator[Object]:
        """``Subnets``."""
        for block, (name, tier, zone) in self.subnets.items():
            role = "elb" if tier == "public" else "internal-elb"
            yield {
                "AvailabilityZone": ZONES[zone],
                "CidrBlock": block,
                "DefaultForAz": False,
                "Ipv6CidrBlockAssociationSet": [],
                "MapPublicIpOnLaunch": False,
                "State": "available",
                "SubnetArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{name}",
                "SubnetId": name,
                "Tags": tags(**{"Name": f"{tier}-{zone}", f"kubernetes.io/role/{role}": "1"}),
                "VpcId": self.id,
                **_OWNED,
            }

    def route_tables(self) -> Iterator[Object]:
        """``RouteTables``: a main one, one for the public subnets, databases, one for each zone."""
        yield self._table("main", [], [])
        out = [_route("0.0.0.0/0", GatewayId=self._igw)]
        yield self._table("public", self._in("public"), out)
        yield self._table("database", self._in("database"), [])
        for zone, nat in enumerate(self.nats):
            inside = [
                name for tier in ("control", "private", "pods") for name in self._in(tier, zone)
            ]
            s3 = {
                "DestinationPrefixListId": self._s3,
                "GatewayId": self._vpce,
                "Origin": "CreateRoute",
                "State": "active",
            }
            offices = _route(OFFICES, TransitGatewayId=self._tgw)
            out = [offices, _route("0.0.0.0/0", NatGatewayId=nat), s3]
            yield self._table(f"private-{zone}", inside, out)

    def network_acls(self) -> Iterator[Object]:
        """``NetworkAcls``: for public subnets, for databases, and the default one for others."""
        inside = [name for tier in _PRIVATE for name in self._in(tier)]
        yield self._acl(inside, open_entries(), default=True)
        yield self._acl(self._in("public"), public_entries())
        yield self._acl(self._in("database"), database_entries())

    def internet_gateways(self) -> Iterator[Object]:
        """``InternetGateways``."""
        attachment = {"State": "available", "VpcId": self.id}
        yield {
            "Attachments": [attachment],
            "InternetGatewayId": self._igw,
            "Tags": tags(Name=CLUSTER),
            **_OWNED,
        }

    def nat_gateways(self) -> Iterator[Object]:
        """``NatGateways``, one for each zone."""
        for zone, (nat, face) in enumerate(zip(self.nats, self.nat_interfaces, strict=True)):
            address = {
                "AllocationId": self._draw.id("eipalloc"),
                "IsPrimary": True,
                "NetworkInterfaceId": face,
                "PrivateIp": nat_address(zone),
                "PublicIp": NAT_PUBLIC[zone],
                "Status": "succeeded",
            }
            yield {
                "ConnectivityType": "public",
                "NatGatewayAddresses": [address],
                "NatGatewayId": nat,
                "State": "available",
                "SubnetId": self.subnets[BALANCERS[zone]][0],
                "Tags": tags(Name=f"{CLUSTER}-{zone}"),
                "VpcId": self.id,
            }

    def prefix_lists(self) -> Iterator[Object]:
        """``PrefixLists``: the customer's own and Amazon S3."""
        for number, name in enumerate(self.customer_lists):
            yield {
                "AddressFamily": "IPv4",
                "OwnerId": ACCOUNT,
                "PrefixListArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/{name}",
                "PrefixListId": name,
                "PrefixListName": f"network-{number}",
                "State": "create-complete",
            }
        yield {
            "AddressFamily": "IPv4",
            "OwnerId": "AWS",
            "PrefixListArn": f"arn:aws:ec2:{REGION}:aws:prefix-list/{self._s3}",
            "PrefixListId": self._s3,
            "PrefixListName": f"com.amazonaws.{REGION}.s3",
            "State": "create-complete",
        }

    def prefix_list_entries(self) -> Iterator[tuple[str, list[Object]]]:
        """Each list's id and ``Entries``."""
        for number, name in enumerate(self.customer_lists):
            block = (OFFICES, PARTNERS, "198.51.100.0/24")[number]
            blocks = sorted({self._draw.subnet(block, 28) for _ in range(12)})
            yield name, [{"Cidr": cidr, "Description": f"site {cidr}"} for cidr in blocks]
        yield self._s3, [{"Cidr": cidr} for cidr in _S3]

    # --- tables and ACLs -------------------------------------------------------------------------

    def _in(self, tier: str, zone: int | None = None) -> list[str]:
        found = self.subnets.values()
        return [name for name, kind, at in found if kind == tier and zone in (None, at)]

    def _table(self, name: str, subnets: list[str], routes: list[Object]) -> Object:
        table = self._draw.id("rtb")
        local = [_route(block, "CreateRouteTable", GatewayId="local") for block in _BLOCKS]
        found: list[Object] = [{"Main": False, "SubnetId": subnet} for subnet in subnets]
        for association in found if name != "main" else [{"Main": True}]:
            association |= {
                "AssociationState": {"State": "associated"},
                "RouteTableAssociationId": self._draw.id("rtbassoc"),
                "RouteTableId": table,
            }
        return {
            "Associations": found,
            "PropagatingVgws": [],
            "RouteTableId": table,
            "Routes": [*local, *routes],
            "Tags": tags(Name=f"{CLUSTER}-{name}"),
            "VpcId": self.id,
            **_OWNED,
        }

    def _acl(self, subnets: list[str], entries: list[Object], *, default: bool = False) -> Object:
        acl = self._draw.id("acl")
        associations = [
            {
                "NetworkAclAssociationId": self._draw.id("aclassoc"),
                "NetworkAclId": acl,
                "SubnetId": subnet,
            }
            for subnet in subnets
        ]
        return {
            "Associations": associations,
            "Entries": entries,
            "IsDefault": default,
            "NetworkAclId": acl,
            "Tags": [],
            "VpcId": self.id,
            **_OWNED,
        }


def _route(block: str, origin: str = "CreateRoute", **target: str) -> Object:
    return {"DestinationCidrBlock": block, "Origin": origin, "State": "active", **target}


def nat_address(zone: int) -> str:
    """The private address of a zone's NAT gateway."""
    return nth(BALANCERS[zone], 10)
