"""The AWS half of the world: interfaces, subnets, tables and gateways, found by what they say."""

import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringwall.facts import aws
from ringwall.facts.fact import Facts, Key
from ringwall.reach.definition.packet import Address, Network, address, network

_LOSSES = ("invalid-object", "further-pages", "call-denied", "call-failed")
_LISTING = "aws ec2 describe-network-interfaces"
_FILTERS_NOTHING = (
    "network_load_balancer",
    "gateway_load_balancer",
    "gateway_load_balancer_endpoint",
)


@dataclass(frozen=True, slots=True)
class Interface:
    """An elastic network interface, its addresses, and the groups it really carries."""

    id: str
    key: Key
    name: str
    vpc: str
    subnet: str
    groups: frozenset[str]
    instance: str = ""
    primary: bool = False
    kind: str = ""
    description: str = ""
    private: tuple[Address, ...] = ()
    public: dict[Address, Address] = field(default_factory=dict, hash=False)
    blocks: tuple[Network, ...] = ()
    tags: dict[str, str] = field(default_factory=dict, hash=False)
    groups_read: bool = True

    @property
    def unfiltered(self) -> bool:
        """A load balancer of a kind that may stand without groups, and does (15)."""
        return self.groups_read and not self.groups and self.kind in _FILTERS_NOTHING

    @property
    def first_address(self) -> Address | None:
        """Its primary private address."""
        return self.private[0] if self.private else None


class _Owners:
    """Who owns an address: disjoint ranges, so that a look-up knows how far its answer holds."""

    def __init__(self, ranges: Iterable[tuple[int, int, int, Interface]]) -> None:
        self._by_family: dict[int, list[tuple[int, int, Interface]]] = defaultdict(list)
        for family, low, high, interface in ranges:
            self._by_family[family].append((low, high, interface))
        for entries in self._by_family.values():
            entries.sort(key=lambda entry: (entry[0], entry[1], entry[2].id))

    def at(self, where: Address) -> Interface | None:
        entries = self._by_family.get(where.family, [])
        if where.among:
            return None
        i = bisect.bisect_right(entries, where.value, key=lambda entry: entry[0])
        if i and where.value <= entries[i - 1][1]:
            low, high, owner = entries[i - 1]
            self._note(where, low, high + 1)
            return owner
        below = entries[i - 1][1] + 1 if i else 0
        above = entries[i][0] if i < len(entries) else (1 << (32 if where.family == 4 else 128))
        self._note(where, below, above)
        return None

    @staticmethod
    def _note(where: Address, *cuts: int) -> None:
        if where.axis:
            where.axis.cuts.update(cuts)


class Fabric:
    """Every AWS fact that decides where a packet goes and whether it may."""

    def __init__(self, facts: Facts) -> None:
        self.incomplete = {
            gap.kind for gap in facts.gaps if gap.effect == "fabric" and gap.code in _LOSSES
        } - {""}
        refused = any(gap.code in ("call-denied", "call-failed") for gap in facts.gaps)
        self.present = refused or any(
            type(fact.body).__module__ == aws.__name__ for fact in facts.values()
        )
        self._listed = {
            body.vpc_id
            for key, body in facts.of(aws.NetworkInterface)
            if any(_LISTING in origin.via for origin in facts[key].origins)
        }
        self.held: set[tuple[int, int]] = set()
        self.vpcs = {body.vpc_id: (key, body) for key, body in facts.of(aws.Vpc)}
        self.subnets = {body.subnet_id: (key, body) for key, body in facts.of(aws.Subnet)}
        self.igws = {b.internet_gateway_id: (key, b) for key, b in facts.of(aws.InternetGateway)}
        self.eigws = {
            b.egress_only_internet_gateway_id: (key, b)
            for key, b in facts.of(aws.EgressOnlyInternetGateway)
        }
        self.endpoints = {b.vpc_endpoint_id: (key, b) for key, b in facts.of(aws.VpcEndpoint)}
        self.peerings = {
            b.vpc_peering_connection_id: (key, b) for key, b in facts.of(aws.VpcPeeringConnection)
        }
        self.nats = {b.nat_gateway_id: (key, b) for key, b in facts.of(aws.NatGateway)}
        self.lists = {b.prefix_list_id: (key, b) for key, b in facts.of(aws.PrefixList)}
        self.groups = {b.group_id: (key, b) for key, b in facts.of(aws.SecurityGroup)}
        self.instances = {b.instance_id: (key, b) for key, b in facts.of(aws.Instance)}
        self.eks = dict(facts.of(aws.Cluster))
        self.tables = list(facts.of(aws.RouteTable))
        self.acls = list(facts.of(aws.NetworkAcl))
        self.group_rules: dict[str, list[tuple[Key, aws.SecurityGroupRule]]] = defaultdict(list)
        for key, rule in facts.of(aws.SecurityGroupRule):
            self.group_rules[rule.group_id].append((key, rule))
        self.public_access_unread = any(
            gap.code == "kind-not-read" and gap.object.startswith("VpcBlockPublicAccess")
            for gap in facts.gaps
        )
        self.unread_groups = {
            gap.object.rpartition("!")[2] for gap in facts.gaps if gap.code == "rules-not-read"
        }
        self.interfaces = {
            body.network_interface_id: _interface(key, body)
            for key, body in facts.of(aws.NetworkInterface)
        }
        self._private = {vpc: _Owners(ranges) for vpc, ranges in self._private_ranges().items()}
        self._public = _Owners(
            (public.family, public.value, public.value, interface)
            for interface in self.interfaces.values()
            for public in interface.public.values()
        )

    def _private_ranges(self) -> dict[str, list[tuple[int, int, int, Interface]]]:
        ranges: dict[str, list[tuple[int, int, int, Interface]]] = defaultdict(list)
        for interface in self.interfaces.values():
            mine = ranges[interface.vpc]
            mine.extend((at.family, at.value, at.value, interface) for at in interface.private)
            mine.extend(
                (b.version, int(b.network_address), int(b.broadcast_address), interface)
                for b in interface.blocks
            )
        return ranges

    @property
    def domains(self) -> list[str]:
        """Every VPC that has an interface, in order."""
        return sorted(self._private)

    def tells(self, group: str) -> bool:
        """Whether the rules of a group were read."""
        return group in self.groups and group not in self.unread_groups

    def knows_all_interfaces(self, vpc: str) -> bool:
        """Whether an address that no interface of a VPC has is surely nobody's: the list itself was
        read, whole, and not only what other answers tell in passing."""
        return vpc in self._listed and "NetworkInterfaces" not in self.incomplete

    def interface_at(self, vpc: str, where: Address) -> Interface | None:
        """The interface that owns a private address, itself or in a delegated block."""
        owners = self._private.get(vpc)
        return owners.at(where) if owners else None

    def interface_behind(self, public: Address) -> tuple[Interface, Address] | None:
        """The interface, and the private address on it, that a public address belongs to."""
        if public.family == 6:
            return self._behind_v6(public)
        interface = self._public.at(public)
        if interface is None:
            return None
        for private, mapped in interface.public.items():
            if mapped == public:
                return interface, private
        return None

    def _behind_v6(self, public: Address) -> tuple[Interface, Address] | None:
        for vpc in self._private:
            if interface := self.interface_at(vpc, public):
                return interface, public
        return None

    def table_of(self, subnet: str) -> tuple[Key, aws.RouteTable] | None:
        """A subnet's route table: the associated one, else its VPC's main one; None where it was
        not read, or may be among those that were not."""
        main = None
        vpc = self.subnets[subnet][1].vpc_id if subnet in self.subnets else None
        for key, table in self.tables:
            for association in table.associations or ():
                if association.subnet_id == subnet:
                    return key, table
                if association.main and table.vpc_id == vpc:
                    main = (key, table)
        return main if "RouteTables" not in self.incomplete else None

    def acl_of(self, subnet: str) -> tuple[Key, aws.NetworkAcl] | None:
        """A subnet's network ACL (AWS associates one with every subnet)."""
        for key, acl in self.acls:
            if any(a.subnet_id == subnet for a in acl.associations or ()):
                return key, acl
        vpc = self.subnets[subnet][1].vpc_id if subnet in self.subnets else ""
        mine = [(key, acl) for key, acl in self.acls if acl.vpc_id == vpc]
        defaults = [(key, acl) for key, acl in mine if acl.is_default]
        untold = all(acl.associations is None for _, acl in mine)  # a dump without associations
        whole = "NetworkAcls" not in self.incomplete
        return defaults[0] if whole and untold and len(mine) == len(defaults) == 1 else None

    def is_gateway_endpoint(self, name: str) -> bool:
        """Whether a VPC endpoint is one that routes lead to, as to S3 and DynamoDB."""
        return name in self.endpoints and self.endpoints[name][1].vpc_endpoint_type == "Gateway"

    def edge_table(self, gateway: str) -> Key | None:
        """The route table that is associated with a gateway, if any."""
        for key, table in self.tables:
            if any(a.gateway_id == gateway for a in table.associations or ()):
                return key
        return None

    def is_island(self, vpc: str) -> bool:
        """Whether the VPC's tables were read and none leads to another network (peering, transit
        gateway, VPN, appliance): then nothing but its internet gateway is a way in."""
        tables = [table for _, table in self.tables if table.vpc_id == vpc]
        elsewhere = [
            route
            for table in tables
            for route in table.routes or ()
            if not target_of(route).startswith(("local", "igw-", "nat-", "eigw-", "vpce-"))
        ]
        return bool(tables) and not elsewhere

    def attached_igw(self, vpc: str) -> tuple[Key, aws.InternetGateway] | None:
        """The internet gateway of a VPC."""
        attached = (one for one in self.igws.values() if self.is_attached(one[1].attachments, vpc))
        return next(attached, None)

    @staticmethod
    def is_attached(attachments: Iterable[aws.GatewayAttachment] | None, vpc: str) -> bool:
        """Whether one of a gateway's attachments ties it to a VPC."""
        in_use = ("available", "attached", "")
        return any(one.vpc_id == vpc and one.state in in_use for one in attachments or ())

    def has_no_igw(self, vpc: str) -> bool:
        """Whether a VPC surely has none: those read were told in whole, and no route names one."""
        told = all(igw.attachments is not None for _, igw in self.igws.values())
        tables = [table for _, table in self.tables if table.vpc_id == vpc]
        named = any(
            target_of(route).startswith("igw-") for table in tables for route in table.routes or ()
        )
        whole = not self.incomplete & {"InternetGateways", "RouteTables"}
        return told and whole and bool(tables) and not named

    def vpc_blocks(self, vpc: str) -> list[Network]:
        """The blocks that are a VPC's own, of both families; empty where the VPC was not read."""
        if vpc not in self.vpcs:
            return []
        body = self.vpcs[vpc][1]
        texts = [body.cidr_block] if body.cidr_block else []
        texts += [
            a.cidr_block
            for a in body.cidr_block_association_set or ()
            if _in_use(a.cidr_block_state)
        ]
        texts += [
            a.ipv6_cidr_block
            for a in body.ipv6_cidr_block_association_set or ()
            if _in_use(a.ipv6_cidr_block_state)
        ]
        return [network(text) for text in dict.fromkeys(texts)]

    def primary_of(self, instance: str) -> Interface | None:
        """An instance's primary interface (device index 0)."""
        for interface in self.interfaces.values():
            if instance and interface.instance == instance and interface.primary:
                return interface
        return None

    def interfaces_of(self, instance: str) -> list[Interface]:
        """Every interface of an instance."""
        return [i for i in self.interfaces.values() if instance and i.instance == instance]

    def control_plane(self, cluster: aws.Cluster) -> list[Interface]:
        """The interfaces of a cluster's control plane (aws.md 44)."""
        return [
            interface
            for interface in self.interfaces.values()
            if interface.description == f"Amazon EKS {cluster.name}"
            and interface.vpc == (cluster.resources_vpc_config.vpc_id or interface.vpc)
        ]


def target_of(route: aws.Route) -> str:
    """The one target that a route names."""
    return (
        route.nat_gateway_id
        or route.egress_only_internet_gateway_id
        or route.transit_gateway_id
        or route.vpc_peering_connection_id
        or route.network_interface_id
        or route.instance_id
        or route.local_gateway_id
        or route.carrier_gateway_id
        or route.core_network_arn
        or route.gateway_id
        or "no target"
    )


def _in_use(state: aws.CidrState | None) -> bool:
    return state is None or state.state in ("associated", "associating")


def _interface(key: Key, body: aws.NetworkInterface) -> Interface:
    attachment = body.attachment or aws.Attachment()
    entries = sorted(
        body.private_ip_addresses or (),
        key=lambda e: (not e.primary, address(e.private_ip_address).value),
    )
    if not entries and body.private_ip_address:
        entries = [aws.PrivateIpAddress(body.private_ip_address, True, body.association)]
    pairs = [(address(e.private_ip_address), e.association) for e in entries]
    private = [at for at, _ in pairs]
    private += [address(entry.ipv6_address) for entry in body.ipv6_addresses or ()]
    blocks = [network(entry.ipv4_prefix) for entry in body.ipv4_prefixes or ()]
    blocks += [network(entry.ipv6_prefix) for entry in body.ipv6_prefixes or ()]
    return Interface(
        id=str(key),
        key=key,
        name=body.network_interface_id,
        vpc=body.vpc_id,
        subnet=body.subnet_id,
        groups=frozenset(group.group_id for group in body.groups or ()),
        instance=attachment.instance_id,
        primary=attachment.device_index == 0,
        kind=body.interface_type,
        description=body.description,
        private=tuple(private),
        public={at: address(a.public_ip) for at, a in pairs if a and a.public_ip},
        blocks=tuple(blocks),
        tags={tag.key: tag.value for tag in body.tag_set or ()},
        groups_read=body.groups is not None,
    )
