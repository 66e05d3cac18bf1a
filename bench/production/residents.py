"""Who else is in the VPC: the interfaces of managed services and of load balancers."""

from collections.abc import Iterator
from typing import Any, Final

from production.groups import Group, Groups
from production.plan import NODE_SUBNETS, Plan
from production.policies import BALANCERS, DATABASES
from production.vpc import CONTROL, NAT_PUBLIC, Vpc, nat_address
from production.words import ACCOUNT, CLUSTER, REGION, ZONES, Draw, dns_name, nth

Object = dict[str, Any]

_PUBLIC: Final = ("203.0.113.0/24", "192.0.2.0/24")
_ENDPOINTS: Final = ("ecr.api", "ecr.dkr", "ec2", "sts", "logs", "secretsmanager")


class Residents:
    """Interfaces that belong to no node."""

    def __init__(self, plan: Plan, vpc: Vpc, groups: Groups) -> None:
        self._vpc, self._groups = vpc, groups
        self._draw = Draw(f"{plan.draw.random()} residents")
        self._databases = max(2, len(plan.tenants) // 5)
        self._balancers = max(1, len(plan.tenants) // 10)

    def interfaces(self) -> Iterator[Object]:
        """Those of NAT gateways, the control plane, load balancers, databases and endpoints."""
        yield from self._of_nats()
        for block in CONTROL:
            note = f"Amazon EKS {CLUSTER}"
            yield self._foreign(block, nth(block, 8), note, self._groups.cluster)
        yield from self._of_balancers()
        yield from self._of_databases()
        yield from self._of_endpoints()

    def balancers(self) -> Iterator[Object]:
        """``LoadBalancers`` of ``aws elbv2 describe-load-balancers``."""
        for number in range(self._balancers):
            name = _balancer(number)
            arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{name}"
            yield {
                "DNSName": f"{name}.{REGION}.elb.amazonaws.com",
                "LoadBalancerArn": f"{arn}/{number:016x}",
                "LoadBalancerName": name,
                "Scheme": "internet-facing",
                "SecurityGroups": [self._groups.balancer.id],
                "State": {"Code": "active"},
                "Type": "application",
                "VpcId": self._vpc.id,
            }

    def _of_nats(self) -> Iterator[Object]:
        for zone, face in enumerate(self._vpc.nat_interfaces):
            note = f"Interface for NAT Gateway {self._vpc.nats[zone]}"
            shown = self._interface(face, BALANCERS[zone], nat_address(zone), note, [])
            yield {**_public(shown, NAT_PUBLIC[zone]), "InterfaceType": "nat_gateway"}

    def _of_balancers(self) -> Iterator[Object]:
        public = (
            nth(block, i) for block in ("203.0.113.0/24", "192.0.2.0/24") for i in range(10, 250)
        )
        for number in range(self._balancers):
            note = f"ELB app/{_balancer(number)}/{number:016x}"
            for block in BALANCERS:
                address = nth(block, 20 + number)
                shown = self._foreign(block, address, note, self._groups.balancer)
                yield _public(shown, next(public))

    def _of_databases(self) -> Iterator[Object]:
        groups = self._groups.databases
        for number in range(self._databases):
            block = DATABASES[number % 3]
            address, group = nth(block, 20 + number // 3), groups[number % len(groups)]
            yield self._foreign(block, address, "RDSNetworkInterface", group)

    def _of_endpoints(self) -> Iterator[Object]:
        for number, name in enumerate(_ENDPOINTS):
            note = f"VPC Endpoint Interface com.amazonaws.{REGION}.{name}"
            for block in NODE_SUBNETS:
                address = nth(block, -2 - number)  # nodes are counted from the other end
                shown = self._foreign(block, address, note, self._groups.endpoints)
                yield {**shown, "InterfaceType": "vpc_endpoint"}

    def _foreign(self, block: str, address: str, note: str, group: Group) -> Object:
        return self._interface(self._draw.id("eni"), block, address, note, [group.identifier])

    def _interface(
        self, name: str, block: str, address: str, note: str, groups: list[dict[str, str]]
    ) -> Object:
        private = {
            "Primary": True,
            "PrivateDnsName": dns_name(address),
            "PrivateIpAddress": address,
        }
        return {
            "Attachment": {
                "AttachmentId": f"eni-attach-0{self._draw.hex(16)}",
                "DeleteOnTermination": False,
                "DeviceIndex": 1,
                "InstanceOwnerId": "amazon-aws",
                "Status": "attached",
            },
            "AvailabilityZone": ZONES[self._vpc.subnets[block][2]],
            "Description": note,
            "Groups": groups,
            "InterfaceType": "interface",
            "Ipv6Addresses": [],
            "NetworkInterfaceId": name,
            "PrivateIpAddress": address,
            "PrivateIpAddresses": [private],
            "RequesterManaged": True,
            "SourceDestCheck": False,
            "Status": "in-use",
            "TagSet": [],
            **self._vpc.where(block),
        }


def _balancer(number: int) -> str:
    return f"{CLUSTER}-web-{number}"


def _public(shown: Object, address: str) -> Object:
    association = {"IpOwnerId": ACCOUNT, "PublicIp": address}
    private = [{**shown["PrivateIpAddresses"][0], "Association": association}]
    return {**shown, "Association": association, "PrivateIpAddresses": private}
