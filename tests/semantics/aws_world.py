"""Small AWS worlds, written as the JSON that `aws … describe-*` prints.

A world is said in a few calls and then rendered with `files()`: file name → text, one file per
AWS call and one for all Kubernetes objects. What AWS makes by itself is made here too: a main
route table and a default network ACL in each VPC, the local routes, the closing entries of an
ACL, the outbound rule of a new group. No ARN and no OwnerId is written, so ids have no prefix.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, NamedTuple

Json = dict[str, Any]
Ports = int | tuple[int, int] | None

ACCOUNT = "111122223333"
ZONE = "eu-west-1a"
ANYWHERE = "0.0.0.0/0"
ANYWHERE_6 = "::/0"
NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58", "all": "-1"}


# --- the pieces a world is said in ---------------------------------------------------------------


class Rule(NamedTuple):
    """One security-group permission; its peers are CIDRs, `pl-…` or `sg-…`."""

    protocol: str
    first: int | None
    last: int | None
    peers: tuple[str, ...]


def rule(protocol: str, first: int | None, last: int | None, *peers: str) -> Rule:
    return Rule(protocol, first, last, peers)


def tcp(ports: Ports, *peers: str) -> Rule:
    return Rule("tcp", *_first_last(ports), peers)


def udp(ports: Ports, *peers: str) -> Rule:
    return Rule("udp", *_first_last(ports), peers)


def everything(*peers: str) -> Rule:
    return Rule("-1", None, None, peers)


ALL_OUT = (everything(ANYWHERE),)


class Entry(NamedTuple):
    """One numbered network ACL entry; for ICMP the ports are (type, code)."""

    number: int
    egress: bool
    action: str
    protocol: str
    cidr: str
    ports: Ports


def inbound(number: int, action: str, protocol: str, cidr: str, ports: Ports = None) -> Entry:
    return Entry(number, False, action, protocol, cidr, ports)


def outbound(number: int, action: str, protocol: str, cidr: str, ports: Ports = None) -> Entry:
    return Entry(number, True, action, protocol, cidr, ports)


ALL_IN_100 = inbound(100, "allow", "all", ANYWHERE)
ALL_OUT_100 = outbound(100, "allow", "all", ANYWHERE)


class Route(NamedTuple):
    """One route; the target's prefix (`igw-`, `nat-`, `tgw-`, …) says what it is."""

    destination: str
    target: str
    state: str = "active"


def route(destination: str, target: str, *, blackhole: bool = False) -> Route:
    return Route(destination, target, "blackhole" if blackhole else "active")


# --- the world -----------------------------------------------------------------------------------


@dataclass
class AwsWorld:
    """Collects objects; `files()` renders them. A VPC not named is the one said last."""

    vpcs: dict[str, Json] = field(default_factory=dict)
    subnets: dict[str, Json] = field(default_factory=dict)
    tables: list[Json] = field(default_factory=list)
    acls: list[Json] = field(default_factory=list)
    igws: list[Json] = field(default_factory=list)
    nats: list[Json] = field(default_factory=list)
    eigws: list[Json] = field(default_factory=list)
    endpoints: list[Json] = field(default_factory=list)
    peerings: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    lists: list[Json] = field(default_factory=list)
    entries: list[Json] = field(default_factory=list)
    interfaces: list[Json] = field(default_factory=list)
    clusters: list[Json] = field(default_factory=list)
    objects: list[Json] = field(default_factory=list)

    # network

    def vpc(self, vpc_id: str, *cidrs: str, ipv6: str | None = None) -> None:
        self.vpcs[vpc_id] = {
            "CidrBlock": cidrs[0],
            "DhcpOptionsId": "dopt-1",
            "State": "available",
            "InstanceTenancy": "default",
            "Ipv6CidrBlockAssociationSet": _ipv6_set(vpc_id, ipv6),
            "CidrBlockAssociationSet": [
                {
                    "AssociationId": f"vpc-cidr-assoc-{vpc_id}-{number}",
                    "CidrBlock": cidr,
                    "CidrBlockState": {"State": "associated"},
                }
                for number, cidr in enumerate(cidrs)
            ],
            "IsDefault": False,
            "Tags": [],
            "VpcId": vpc_id,
        }

    def subnet(
        self,
        subnet_id: str,
        cidr: str,
        *,
        vpc: str | None = None,
        ipv6: str | None = None,
        zone: str = ZONE,
    ) -> None:
        self.subnets[subnet_id] = {
            "AvailabilityZone": zone,
            "AvailableIpAddressCount": 200,
            "CidrBlock": cidr,
            "DefaultForAz": False,
            "MapPublicIpOnLaunch": False,
            "MapCustomerOwnedIpOnLaunch": False,
            "State": "available",
            "SubnetId": subnet_id,
            "VpcId": vpc or self._last_vpc(),
            "AssignIpv6AddressOnCreation": ipv6 is not None,
            "Ipv6CidrBlockAssociationSet": _ipv6_set(subnet_id, ipv6),
            "Tags": [],
            "EnableDns64": False,
            "Ipv6Native": False,
        }

    def route_table(
        self,
        table_id: str,
        *routes: Route,
        subnets: Sequence[str] = (),
        main: bool = False,
        vpc: str | None = None,
    ) -> None:
        """A table with the local routes of its VPC and the given ones after them."""
        vpc_id = vpc or self._last_vpc()
        local = [
            _route(Route(block, "local"), "CreateRouteTable") for block in self._blocks(vpc_id)
        ]
        associations = [_table_association(table_id, subnet) for subnet in subnets]
        if main:
            associations.append(_table_association(table_id, None))
        self.tables.append(
            {
                "Associations": associations,
                "PropagatingVgws": [],
                "RouteTableId": table_id,
                "Routes": local + [_route(one, "CreateRoute") for one in routes],
                "Tags": [],
                "VpcId": vpc_id,
            }
        )

    def acl(
        self,
        acl_id: str,
        *entries: Entry,
        subnets: Sequence[str] = (),
        default: bool = False,
        vpc: str | None = None,
    ) -> None:
        """A network ACL with the entries in the given order and the closing denials."""
        vpc_id = vpc or self._last_vpc()
        closing = [
            Entry(32768 if ":" in cidr else 32767, egress, "deny", "all", cidr, None)
            for egress in (True, False)
            for cidr in self._whole_families(vpc_id)
        ]
        self.acls.append(
            {
                "Associations": [_acl_association(acl_id, subnet) for subnet in subnets],
                "Entries": [_entry(one) for one in (*entries, *closing)],
                "IsDefault": default,
                "NetworkAclId": acl_id,
                "Tags": [],
                "VpcId": vpc_id,
            }
        )

    def igw(self, igw_id: str, *, vpc: str | None = None) -> None:
        self.igws.append(
            {
                "Attachments": [{"State": "available", "VpcId": vpc or self._last_vpc()}],
                "InternetGatewayId": igw_id,
                "Tags": [],
            }
        )

    def egress_only(
        self, gateway_id: str, *, vpc: str | None = None, state: str = "attached"
    ) -> None:
        """An egress-only internet gateway."""
        self.eigws.append(
            {
                "Attachments": [{"State": state, "VpcId": vpc or self._last_vpc()}],
                "EgressOnlyInternetGatewayId": gateway_id,
                "Tags": [],
            }
        )

    def gateway_endpoint(
        self,
        endpoint_id: str,
        *,
        vpc: str | None = None,
        state: str = "available",
        kind: str = "Gateway",
    ) -> None:
        """A VPC endpoint that routes lead to."""
        self.endpoints.append(
            {
                "VpcEndpointId": endpoint_id,
                "VpcEndpointType": kind,
                "VpcId": vpc or self._last_vpc(),
                "ServiceName": "com.amazonaws.eu-west-1.s3",
                "State": state,
                "RouteTableIds": [],
                "SubnetIds": [],
                "Groups": [],
                "NetworkInterfaceIds": [],
                "Tags": [],
                "OwnerId": ACCOUNT,
            }
        )

    def peering(
        self,
        peering_id: str,
        requester: str,
        accepter: str,
        *,
        state: str = "active",
        regions: tuple[str, str] = ("eu-west-1", "eu-west-1"),
        unread: dict[str, str] | None = None,
    ) -> None:
        """A peering connection; ``unread`` gives the block of a VPC that was not read."""
        sides = zip((requester, accepter), regions, strict=True)
        one, other = (self._peered(vpc, region, unread or {}) for vpc, region in sides)
        self.peerings.append(
            {
                "AccepterVpcInfo": other,
                "RequesterVpcInfo": one,
                "Status": {"Code": state, "Message": state},
                "Tags": [],
                "VpcPeeringConnectionId": peering_id,
            }
        )

    def _peered(self, vpc: str, region: str, unread: dict[str, str]) -> Json:
        blocks = [unread[vpc]] if vpc in unread else self._blocks(vpc)
        four = [block for block in blocks if ":" not in block]
        side: Json = {
            "CidrBlock": four[0],
            "CidrBlockSet": [{"CidrBlock": block} for block in four],
            "OwnerId": ACCOUNT,
            "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": False},
            "VpcId": vpc,
        }
        if region:
            side["Region"] = region
        if six := [block for block in blocks if ":" in block]:
            side["Ipv6CidrBlockSet"] = [{"Ipv6CidrBlock": block} for block in six]
        return side

    def nat(self, nat_id: str, subnet: str, ip: str, public_ip: str) -> None:
        """A public NAT gateway and the interface `eni-<nat_id>` that AWS keeps for it."""
        interface = f"eni-{nat_id}"
        self.nats.append(
            {
                "CreateTime": "2026-01-01T00:00:00+00:00",
                "NatGatewayAddresses": [
                    {
                        "AllocationId": f"eipalloc-{nat_id}",
                        "NetworkInterfaceId": interface,
                        "PrivateIp": ip,
                        "PublicIp": public_ip,
                        "AssociationId": f"eipassoc-{nat_id}",
                        "IsPrimary": True,
                        "Status": "succeeded",
                    }
                ],
                "NatGatewayId": nat_id,
                "State": "available",
                "SubnetId": subnet,
                "VpcId": self.subnets[subnet]["VpcId"],
                "Tags": [],
                "ConnectivityType": "public",
            }
        )
        self.interface(
            interface,
            subnet,
            ip,
            groups=[],
            public_ip=public_ip,
            kind="nat_gateway",
            description=f"Interface for NAT Gateway {nat_id}",
            managed=True,
            check=False,
        )

    # groups and lists

    def group(
        self,
        group_id: str,
        ingress: Iterable[Rule] = (),
        egress: Iterable[Rule] = ALL_OUT,
        *,
        vpc: str | None = None,
        name: str | None = None,
    ) -> None:
        """A group; without `egress` it keeps the outbound rule that AWS gives a new one."""
        self.groups.append(
            {
                "Description": name or group_id,
                "GroupName": name or group_id.removeprefix("sg-"),
                "IpPermissions": _permissions(ingress),
                "GroupId": group_id,
                "IpPermissionsEgress": _permissions(egress),
                "Tags": [],
                "VpcId": vpc or self._last_vpc(),
            }
        )

    def prefix_list(self, list_id: str, *cidrs: str, entries_read: bool = True) -> None:
        """A managed prefix list; its entries come from a second call, which may be missing."""
        self.lists.append(
            {
                "PrefixListId": list_id,
                "AddressFamily": "IPv6" if any(":" in cidr for cidr in cidrs) else "IPv4",
                "State": "create-complete",
                "PrefixListName": list_id.removeprefix("pl-"),
                "MaxEntries": 10,
                "Version": 1,
                "Tags": [],
            }
        )
        if entries_read:
            rows = [{"Cidr": cidr, "Description": ""} for cidr in cidrs]
            self.entries.append({"PrefixListId": list_id, "Entries": rows})

    # interfaces

    def interface(
        self,
        interface_id: str,
        subnet: str,
        ip: str,
        *,
        groups: Sequence[str],
        public_ip: str | None = None,
        secondary: Sequence[str] = (),
        prefixes: Sequence[str] = (),
        ipv6: Sequence[str] = (),
        instance: str | None = None,
        device: int = 0,
        kind: str = "interface",
        description: str = "",
        managed: bool = False,
        check: bool = True,
    ) -> None:
        """An interface; `public_ip` is paired with the primary address, never the others."""
        home = self.subnets[subnet]
        association = _association(interface_id, public_ip) if public_ip else None
        addresses: list[Json] = [
            {"Primary": number == 0, "PrivateIpAddress": address}
            for number, address in enumerate((ip, *secondary))
        ]
        body: Json = {
            "AvailabilityZone": home["AvailabilityZone"],
            "Description": description,
            "Groups": [{"GroupName": one.removeprefix("sg-"), "GroupId": one} for one in groups],
            "InterfaceType": kind,
            "Ipv6Addresses": [{"Ipv6Address": one, "IsPrimaryIpv6": False} for one in ipv6],
            "MacAddress": f"02:00:00:00:00:{len(self.interfaces):02x}",
            "NetworkInterfaceId": interface_id,
            "PrivateIpAddress": ip,
            "PrivateIpAddresses": addresses,
            "RequesterManaged": managed,
            "SourceDestCheck": check,
            "Status": "in-use" if instance or managed else "available",
            "SubnetId": subnet,
            "TagSet": [],
            "VpcId": home["VpcId"],
        }
        if prefixes:
            body["Ipv4Prefixes"] = [{"Ipv4Prefix": one} for one in prefixes]
        if association:
            body["Association"] = association
            addresses[0]["Association"] = association
        if instance or managed:
            body["Attachment"] = _attachment(interface_id, instance, device if instance else 1)
        self.interfaces.append(body)

    def eks_cluster(
        self,
        name: str,
        *,
        public: bool,
        private: bool,
        public_cidrs: Sequence[str] = (ANYWHERE,),
        cluster_group: str = "sg-cluster",
        groups: Sequence[str] = (),
        subnets: Sequence[str] = (),
        vpc: str | None = None,
    ) -> None:
        self.clusters.append(
            {
                "name": name,
                "createdAt": "2026-01-01T00:00:00+00:00",
                "version": "1.33",
                "endpoint": f"https://{name.upper()}0123456789.gr7.eu-west-1.eks.amazonaws.com",
                "resourcesVpcConfig": {
                    "subnetIds": list(subnets or self.subnets),
                    "securityGroupIds": list(groups),
                    "clusterSecurityGroupId": cluster_group,
                    "vpcId": vpc or self._last_vpc(),
                    "endpointPublicAccess": public,
                    "endpointPrivateAccess": private,
                    "publicAccessCidrs": list(public_cidrs),
                },
                "kubernetesNetworkConfig": {
                    "serviceIpv4Cidr": "172.20.0.0/16",
                    "ipFamily": "ipv4",
                },
                "status": "ACTIVE",
                "platformVersion": "eks.1",
                "tags": {},
            }
        )

    def control_plane_interface(
        self, cluster: str, interface_id: str, subnet: str, ip: str, *, groups: Sequence[str]
    ) -> None:
        """One of the interfaces that EKS puts into the cluster's subnets."""
        self.interface(
            interface_id,
            subnet,
            ip,
            groups=groups,
            description=f"Amazon EKS {cluster}",
            managed=True,
        )

    # Kubernetes

    def node(self, name: str, instance: str) -> None:
        """The Node of an instance; its address is that of the instance's first interface."""
        address = self._primary(instance)["PrivateIpAddress"]
        self.objects.append(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": {"kubernetes.io/os": "linux"}},
                "spec": {"providerID": f"aws:///{ZONE}/{instance}"},
                "status": {
                    "addresses": [
                        {"type": "InternalIP", "address": address},
                        {"type": "Hostname", "address": name},
                    ],
                    "nodeInfo": {"operatingSystem": "linux", "architecture": "amd64"},
                },
            }
        )

    def pod(
        self,
        name: str,
        ip: str,
        node: str,
        *,
        namespace: str = "default",
        labels: dict[str, str] | None = None,
    ) -> None:
        self.objects.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
                "spec": {"nodeName": node, "containers": [{"name": "app", "image": "app:1"}]},
                "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
            }
        )

    def service(
        self,
        name: str,
        cluster_ip: str,
        port: int,
        target_port: int,
        selector: dict[str, str],
        *,
        namespace: str = "default",
    ) -> None:
        self.objects.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {
                    "type": "ClusterIP",
                    "clusterIP": cluster_ip,
                    "clusterIPs": [cluster_ip],
                    "selector": selector,
                    "ports": [{"protocol": "TCP", "port": port, "targetPort": target_port}],
                },
            }
        )

    def aws_node(self, **env: str) -> None:
        """The VPC CNI's DaemonSet with these settings in its container's environment."""
        labels = {"k8s-app": "aws-node"}
        container = {
            "name": "aws-node",
            "image": "amazon-k8s-cni:v1.20.0",
            "env": [{"name": name, "value": value} for name, value in env.items()],
        }
        self.objects.append(
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": "aws-node", "namespace": "kube-system", "labels": labels},
                "spec": {
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"hostNetwork": True, "containers": [container]},
                    },
                },
            }
        )

    # rendering

    def files(self) -> dict[str, str]:
        """File name → JSON text, one file per call that was made."""
        answers: dict[str, Json] = {
            "describe-vpcs": {"Vpcs": list(self.vpcs.values())},
            "describe-subnets": {"Subnets": list(self.subnets.values())},
            "describe-route-tables": {"RouteTables": self.tables + self._main_tables()},
            "describe-network-acls": {"NetworkAcls": self._acls_with_default()},
            "describe-internet-gateways": {"InternetGateways": self.igws},
            "describe-nat-gateways": {"NatGateways": self.nats},
            "describe-egress-only-internet-gateways": {"EgressOnlyInternetGateways": self.eigws},
            "describe-vpc-endpoints": {"VpcEndpoints": self.endpoints},
            "describe-vpc-peering-connections": {"VpcPeeringConnections": self.peerings},
            "describe-security-groups": {"SecurityGroups": self.groups},
            "describe-managed-prefix-lists": {"PrefixLists": self.lists},
            "describe-network-interfaces": {"NetworkInterfaces": self.interfaces},
            "describe-instances": {"Reservations": self._reservations()},
        }
        for one in self.entries:
            answers[f"get-managed-prefix-list-entries-{one['PrefixListId']}"] = one
        for one in self.clusters:
            answers[f"describe-cluster-{one['name']}"] = {"cluster": one}
        files = {f"aws/{name}.json": json.dumps(body, indent=1) for name, body in answers.items()}
        if self.objects:
            listed = {"apiVersion": "v1", "kind": "List", "items": self.objects}
            files["kubernetes/objects.json"] = json.dumps(listed, indent=1)
        return files

    def _main_tables(self) -> list[Json]:
        with_main = {
            table["VpcId"]
            for table in self.tables
            if any(one["Main"] for one in table["Associations"])
        }
        made = AwsWorld(vpcs=self.vpcs)
        for vpc_id in self.vpcs:
            if vpc_id not in with_main:
                made.route_table(f"rtb-main-{vpc_id}", main=True, vpc=vpc_id)
        return made.tables

    def _acls_with_default(self) -> list[Json]:
        taken = {one["SubnetId"] for acl in self.acls for one in acl["Associations"]}
        made = AwsWorld(vpcs=self.vpcs)
        for vpc_id in self.vpcs:
            rest = [
                subnet_id
                for subnet_id, body in self.subnets.items()
                if body["VpcId"] == vpc_id and subnet_id not in taken
            ]
            opening = [
                Entry(101 if ":" in cidr else 100, egress, "allow", "all", cidr, None)
                for egress in (True, False)
                for cidr in self._whole_families(vpc_id)
            ]
            made.acl(f"acl-default-{vpc_id}", *opening, subnets=rest, default=True, vpc=vpc_id)
        return self.acls + made.acls

    def _reservations(self) -> list[Json]:
        attached: dict[str, list[Json]] = {}
        for one in self.interfaces:
            instance = one.get("Attachment", {}).get("InstanceId")
            if instance:
                attached.setdefault(instance, []).append(one)
        return [
            {
                "ReservationId": f"r-{instance}",
                "Groups": [],
                "Instances": [self._instance(instance)],
            }
            for instance in attached
        ]

    def _instance(self, instance: str) -> Json:
        primary = self._primary(instance)
        return {
            "InstanceId": instance,
            "InstanceType": "m7i.large",
            "ImageId": "ami-1",
            "LaunchTime": "2026-01-01T00:00:00+00:00",
            "Placement": {"AvailabilityZone": primary["AvailabilityZone"], "Tenancy": "default"},
            "PlatformDetails": "Linux/UNIX",
            "PrivateIpAddress": primary["PrivateIpAddress"],
            "State": {"Code": 16, "Name": "running"},
            "SubnetId": primary["SubnetId"],
            "VpcId": primary["VpcId"],
            "SecurityGroups": primary["Groups"],
            "SourceDestCheck": True,
            "Tags": [],
            "NetworkInterfaces": [
                {
                    "NetworkInterfaceId": one["NetworkInterfaceId"],
                    "PrivateIpAddress": one["PrivateIpAddress"],
                    "PrivateIpAddresses": _as_instance(one["PrivateIpAddresses"]),
                    "Groups": one["Groups"],
                    "SubnetId": one["SubnetId"],
                    "VpcId": one["VpcId"],
                    "Attachment": {"DeviceIndex": one["Attachment"]["DeviceIndex"]},
                }
                for one in self.interfaces
                if one.get("Attachment", {}).get("InstanceId") == instance
            ],
        }

    def _primary(self, instance: str) -> Json:
        return next(
            one
            for one in self.interfaces
            if one.get("Attachment", {}).get("InstanceId") == instance
            and one["Attachment"]["DeviceIndex"] == 0
        )

    def _last_vpc(self) -> str:
        return list(self.vpcs)[-1]

    def _blocks(self, vpc_id: str) -> list[str]:
        body = self.vpcs[vpc_id]
        four = [one["CidrBlock"] for one in body["CidrBlockAssociationSet"]]
        six = [one["Ipv6CidrBlock"] for one in body["Ipv6CidrBlockAssociationSet"]]
        return four + six

    def _whole_families(self, vpc_id: str) -> list[str]:
        return (
            [ANYWHERE, ANYWHERE_6]
            if any(":" in one for one in self._blocks(vpc_id))
            else [ANYWHERE]
        )


# --- AWS's spellings -----------------------------------------------------------------------------


def _first_last(ports: Ports) -> tuple[int | None, int | None]:
    return ports if isinstance(ports, tuple) else (ports, ports)


def _permissions(rules: Iterable[Rule]) -> list[Json]:
    """One IpPermission per protocol and port range, as AWS groups them."""
    made: dict[tuple[str, int | None, int | None], Json] = {}
    for one in rules:
        body = made.setdefault((one.protocol, one.first, one.last), _permission(one))
        for peer in one.peers:
            if peer.startswith("sg-"):
                body["UserIdGroupPairs"].append({"UserId": ACCOUNT, "GroupId": peer})
            elif peer.startswith("pl-"):
                body["PrefixListIds"].append({"PrefixListId": peer})
            elif ":" in peer:
                body["Ipv6Ranges"].append({"CidrIpv6": peer})
            else:
                body["IpRanges"].append({"CidrIp": peer})
    return list(made.values())


def _permission(one: Rule) -> Json:
    ports = {} if one.first is None else {"FromPort": one.first, "ToPort": one.last}
    peers: Json = {"UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
    return {"IpProtocol": one.protocol, **ports, **peers}


def _entry(one: Entry) -> Json:
    first, last = _first_last(one.ports)
    body: Json = {
        "Ipv6CidrBlock" if ":" in one.cidr else "CidrBlock": one.cidr,
        "Egress": one.egress,
        "Protocol": NUMBERS.get(one.protocol, one.protocol),
        "RuleAction": one.action,
        "RuleNumber": one.number,
    }
    if first is not None and one.protocol in ("icmp", "icmpv6"):
        body["IcmpTypeCode"] = {"Type": first, "Code": last}
    elif first is not None:
        body["PortRange"] = {"From": first, "To": last}
    return body


def _route(one: Route, origin: str) -> Json:
    if one.destination.startswith("pl-"):
        key = "DestinationPrefixListId"
    elif ip_network(one.destination).version == 6:
        key = "DestinationIpv6CidrBlock"
    else:
        key = "DestinationCidrBlock"
    targets = {
        "nat": "NatGatewayId",
        "tgw": "TransitGatewayId",
        "pcx": "VpcPeeringConnectionId",
        "eni": "NetworkInterfaceId",
        "eigw": "EgressOnlyInternetGatewayId",
    }
    target = targets.get(one.target.split("-")[0], "GatewayId")
    return {key: one.destination, target: one.target, "Origin": origin, "State": one.state}


def _table_association(table_id: str, subnet: str | None) -> Json:
    body: Json = {
        "Main": subnet is None,
        "RouteTableAssociationId": f"rtbassoc-{table_id}-{subnet or 'main'}",
        "RouteTableId": table_id,
        "AssociationState": {"State": "associated"},
    }
    return body if subnet is None else {**body, "SubnetId": subnet}


def _acl_association(acl_id: str, subnet: str) -> Json:
    return {
        "NetworkAclAssociationId": f"aclassoc-{acl_id}-{subnet}",
        "NetworkAclId": acl_id,
        "SubnetId": subnet,
    }


def _association(interface_id: str, public_ip: str) -> Json:
    return {
        "AllocationId": f"eipalloc-{interface_id}",
        "AssociationId": f"eipassoc-{interface_id}",
        "IpOwnerId": ACCOUNT,
        "PublicDnsName": "",
        "PublicIp": public_ip,
    }


def _as_instance(addresses: list[Json]) -> list[Json]:
    """The addresses as DescribeInstances words them: without the allocation of the public one."""
    kept = ("IpOwnerId", "PublicDnsName", "PublicIp")
    return [
        {**one, "Association": {key: one["Association"][key] for key in kept}}
        if "Association" in one
        else one
        for one in addresses
    ]


def _attachment(interface_id: str, instance: str | None, device: int) -> Json:
    body: Json = {
        "AttachmentId": f"{'eni' if instance else 'ela'}-attach-{interface_id}",
        "DeleteOnTermination": bool(instance),
        "DeviceIndex": device,
        "InstanceOwnerId": ACCOUNT if instance else "amazon-aws",
        "Status": "attached",
    }
    return {**body, "InstanceId": instance} if instance else body


def _ipv6_set(owner: str, cidr: str | None) -> list[Json]:
    if cidr is None:
        return []
    state = {"State": "associated"}
    return [
        {
            "AssociationId": f"cidr-assoc-{owner}",
            "Ipv6CidrBlock": cidr,
            "Ipv6CidrBlockState": state,
        }
    ]


# --- reading an answer ---------------------------------------------------------------------------


def gates(result: Any) -> set[str]:
    """The gates that block."""
    return {hop.gate for hop in result.blocked_by}


def passed(result: Any) -> list[str]:
    """The gates along the paths that were found, in order."""
    return [hop.gate for path in result.paths for hop in path.hops]


def deciding(result: Any, gate: str) -> set[tuple[str, str]]:
    """(object, index) of each rule that decides at a gate, on a path or as a block."""
    hops = [hop for path in result.paths for hop in path.hops] + list(result.blocked_by)
    return {(one.object, str(one.index)) for hop in hops if hop.gate == gate for one in hop.rules}


def packets(result: Any, gate: str) -> list[tuple[str, str]]:
    """(source, destination) of the packet as each hop with this gate sees it."""
    return [
        (hop.packet.src, hop.packet.dst)
        for path in result.paths
        for hop in path.hops
        if hop.gate == gate
    ]


def unknown_objects(result: Any) -> set[str]:
    """The objects that an unknown answer names."""
    return {one.object for one in result.unknowns.values()}
