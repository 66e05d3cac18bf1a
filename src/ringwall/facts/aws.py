"""AWS objects, in the words of the ``describe-*`` answers, with the fields a path needs.

``None`` in place of a list means that the answer did not hold it, which is not the same as an
empty list. Source of fields: the EC2, Elastic Load Balancing and EKS API references.
"""

from msgspec import Struct, field

from ringwall.facts.words import (
    Account,
    Address,
    Arn,
    FreeText,
    Name,
    ResourceId,
    Setting,
    Word,
)


class _Answer(Struct, frozen=True, rename="pascal", omit_defaults=True):
    pass


class _EksAnswer(Struct, frozen=True, rename="camel", omit_defaults=True):
    pass


class Tag(_Answer, frozen=True):
    """A tag."""

    key: Name = ""
    value: Name = ""


class Association(_Answer, frozen=True):
    """The public address of a private one."""

    public_ip: Address = ""


class CidrAssociation(_Answer, frozen=True):
    """A VPC's IPv4 block and whether it is in use."""

    cidr_block: Address
    cidr_block_state: "CidrState | None" = None


class CidrState(_Answer, frozen=True):
    """``associated``, ``disassociated`` …"""

    state: Word = "associated"


class Ipv6CidrAssociation(_Answer, frozen=True):
    """A VPC's or subnet's IPv6 block and whether it is in use."""

    ipv6_cidr_block: Address
    ipv6_cidr_block_state: CidrState | None = None


class Vpc(_Answer, frozen=True):
    """A VPC: the routing domain."""

    vpc_id: ResourceId
    cidr_block: Address = ""
    cidr_block_association_set: tuple[CidrAssociation, ...] | None = None
    ipv6_cidr_block_association_set: tuple[Ipv6CidrAssociation, ...] | None = None
    owner_id: Account = ""
    tags: tuple[Tag, ...] | None = None


class Subnet(_Answer, frozen=True):
    """A subnet of a VPC."""

    subnet_id: ResourceId
    vpc_id: ResourceId = ""
    cidr_block: Address = ""
    ipv6_cidr_block_association_set: tuple[Ipv6CidrAssociation, ...] | None = None
    availability_zone: Word = ""
    owner_id: Account = ""
    subnet_arn: Arn = ""
    map_public_ip_on_launch: bool | None = None
    tags: tuple[Tag, ...] | None = None


class RouteTableAssociation(_Answer, frozen=True):
    """Ties a route table to a subnet or gateway, or makes it the VPC's main one."""

    main: bool = False
    subnet_id: ResourceId = ""
    gateway_id: ResourceId = ""


class Route(_Answer, frozen=True):
    """One route: exactly one destination and one target are set."""

    destination_cidr_block: Address = ""
    destination_ipv6_cidr_block: Address = ""
    destination_prefix_list_id: ResourceId = ""
    gateway_id: ResourceId = ""
    nat_gateway_id: ResourceId = ""
    egress_only_internet_gateway_id: ResourceId = ""
    transit_gateway_id: ResourceId = ""
    vpc_peering_connection_id: ResourceId = ""
    network_interface_id: ResourceId = ""
    instance_id: ResourceId = ""
    local_gateway_id: ResourceId = ""
    carrier_gateway_id: ResourceId = ""
    core_network_arn: Arn = ""
    state: Word = "active"
    origin: Word = ""


class RouteTable(_Answer, frozen=True):
    """A route table."""

    route_table_id: ResourceId
    vpc_id: ResourceId = ""
    routes: tuple[Route, ...] | None = None
    associations: tuple[RouteTableAssociation, ...] | None = None
    owner_id: Account = ""
    tags: tuple[Tag, ...] | None = None


class GatewayAttachment(_Answer, frozen=True):
    """The VPC that an internet gateway is attached to."""

    vpc_id: ResourceId = ""
    state: Word = ""


class InternetGateway(_Answer, frozen=True):
    """An internet gateway."""

    internet_gateway_id: ResourceId
    attachments: tuple[GatewayAttachment, ...] | None = None
    owner_id: Account = ""
    tags: tuple[Tag, ...] | None = None


class EgressOnlyInternetGateway(_Answer, frozen=True):
    """An egress-only internet gateway (IPv6)."""

    egress_only_internet_gateway_id: ResourceId
    attachments: tuple[GatewayAttachment, ...] | None = None
    tags: tuple[Tag, ...] | None = None


class VpcEndpoint(_Answer, frozen=True):
    """A VPC endpoint: ``Gateway`` ones are what routes lead to, the interfaces of others are
    listed with all interfaces."""

    vpc_endpoint_id: ResourceId
    vpc_endpoint_type: Word = ""
    vpc_id: ResourceId = ""
    service_name: Name = ""
    state: Word = ""
    owner_id: Account = ""
    tags: tuple[Tag, ...] | None = None


class PeeringStatus(_Answer, frozen=True):
    """``active``, ``pending-acceptance``, ``deleted`` …"""

    code: Word = ""


class PeeredBlock(_Answer, frozen=True):
    """An IPv4 block of a side."""

    cidr_block: Address = ""


class PeeredIpv6Block(_Answer, frozen=True):
    """An IPv6 block of a side."""

    ipv6_cidr_block: Address = ""


class PeeredVpc(_Answer, frozen=True):
    """One side of a peering connection; its blocks are told while the connection is active."""

    vpc_id: ResourceId = ""
    owner_id: Account = ""
    region: Word = ""
    cidr_block: Address = ""
    cidr_block_set: tuple[PeeredBlock, ...] | None = None
    ipv6_cidr_block_set: tuple[PeeredIpv6Block, ...] | None = None


class VpcPeeringConnection(_Answer, frozen=True):
    """A peering connection of two VPCs."""

    vpc_peering_connection_id: ResourceId
    status: PeeringStatus = PeeringStatus()
    requester_vpc_info: PeeredVpc = PeeredVpc()
    accepter_vpc_info: PeeredVpc = PeeredVpc()
    tags: tuple[Tag, ...] | None = None


class NatGatewayAddress(_Answer, frozen=True):
    """One address pair of a NAT gateway."""

    public_ip: Address = ""
    private_ip: Address = ""
    network_interface_id: ResourceId = ""


class NatGateway(_Answer, frozen=True):
    """A NAT gateway."""

    nat_gateway_id: ResourceId
    subnet_id: ResourceId = ""
    vpc_id: ResourceId = ""
    state: Word = "available"
    connectivity_type: Word = "public"
    nat_gateway_addresses: tuple[NatGatewayAddress, ...] | None = None
    tags: tuple[Tag, ...] | None = None


class PortRange(_Answer, frozen=True):
    """Both ends included."""

    from_: int = field(default=0, name="From")
    to: int = 65535


class IcmpTypeCode(_Answer, frozen=True):
    """-1 means any."""

    type: int = -1
    code: int = -1


class NetworkAclEntry(_Answer, frozen=True):
    """One numbered entry; ``protocol`` is a number in text, ``-1`` for all."""

    rule_number: int
    protocol: Word
    rule_action: Word
    egress: bool
    cidr_block: Address = ""
    ipv6_cidr_block: Address = ""
    port_range: PortRange | None = None
    icmp_type_code: IcmpTypeCode | None = None


class NetworkAclAssociation(_Answer, frozen=True):
    """Ties a network ACL to a subnet."""

    subnet_id: ResourceId = ""


class NetworkAcl(_Answer, frozen=True):
    """A network ACL."""

    network_acl_id: ResourceId
    vpc_id: ResourceId = ""
    entries: tuple[NetworkAclEntry, ...] | None = None
    associations: tuple[NetworkAclAssociation, ...] | None = None
    is_default: bool = False
    owner_id: Account = ""
    tags: tuple[Tag, ...] | None = None


class IpRange(_Answer, frozen=True):
    """An IPv4 source or destination."""

    cidr_ip: Address
    description: FreeText = ""


class Ipv6Range(_Answer, frozen=True):
    """An IPv6 source or destination."""

    cidr_ipv6: Address
    description: FreeText = ""


class PrefixListId(_Answer, frozen=True):
    """A prefix list as source or destination."""

    prefix_list_id: ResourceId
    description: FreeText = ""


class UserIdGroupPair(_Answer, frozen=True):
    """A group as source or destination."""

    group_id: ResourceId = ""
    user_id: Account = ""
    group_name: Name = ""
    vpc_peering_connection_id: ResourceId = ""
    peering_status: Word = ""
    description: FreeText = ""


class IpPermission(_Answer, frozen=True):
    """One permission of a group, as ``describe-security-groups`` groups them."""

    ip_protocol: Word
    from_port: int | None = None
    to_port: int | None = None
    ip_ranges: tuple[IpRange, ...] | None = None
    ipv6_ranges: tuple[Ipv6Range, ...] | None = None
    prefix_list_ids: tuple[PrefixListId, ...] | None = None
    user_id_group_pairs: tuple[UserIdGroupPair, ...] | None = None


class SecurityGroup(_Answer, frozen=True):
    """A security group; its rules become facts of their own (:class:`SecurityGroupRule`)."""

    group_id: ResourceId
    group_name: Name = ""
    description: FreeText = ""
    vpc_id: ResourceId = ""
    owner_id: Account = ""
    security_group_arn: Arn = ""
    tags: tuple[Tag, ...] | None = None


class SecurityGroupRule(Struct, frozen=True, omit_defaults=True):
    """One rule: one protocol and port range for one source (ingress) or destination (egress).

    ``from_port`` and ``to_port`` are ports, or ICMP type and code, -1 for any; both are -1 where
    the protocol has none. ``peer`` is a CIDR in canonical text, a ``pl-…`` or an ``sg-…``.
    ``protocol`` is ``tcp``, ``udp``, ``icmp``, ``icmpv6``, ``-1`` or a number in text.
    """

    group_id: ResourceId
    direction: Word
    protocol: Word
    from_port: int
    to_port: int
    peer: Address
    rule_id: ResourceId = ""
    description: FreeText = ""
    tags: tuple[Tag, ...] = ()
    peer_account: Account = ""
    peering: ResourceId = ""
    peering_status: Word = ""

    @property
    def ports(self) -> str:
        """The service in the tool's words: ``tcp/22``, ``udp/8000-8010``, ``icmp/8``, ``all``."""
        if self.protocol == "-1":
            return "all"
        if self.protocol in ("tcp", "udp"):
            low, high = self.from_port, self.to_port
            return f"{self.protocol}/{low}" if low == high else f"{self.protocol}/{low}-{high}"
        if self.protocol in ("icmp", "icmpv6"):
            if self.from_port < 0:
                return self.protocol
            code = "" if self.to_port < 0 else f"/{self.to_port}"
            return f"{self.protocol}/{self.from_port}{code}"
        return f"proto/{self.protocol}"

    @property
    def text(self) -> str:
        """The canonical rule without its group: ``ingress:tcp/22:0.0.0.0/0``."""
        return f"{self.direction}:{self.ports}:{self.peer}"


class PrefixListEntry(_Answer, frozen=True):
    """One block of a prefix list."""

    cidr: Address
    description: FreeText = ""


class PrefixList(_Answer, frozen=True):
    """A prefix list; ``entries`` is None where they were not read."""

    prefix_list_id: ResourceId
    prefix_list_name: Name = ""
    owner_id: Account = ""
    prefix_list_arn: Arn = ""
    cidrs: tuple[Address, ...] | None = None
    entries: tuple[PrefixListEntry, ...] | None = None


class GroupIdentifier(_Answer, frozen=True):
    """A group that sits on an interface."""

    group_id: ResourceId
    group_name: Name = ""


class PrivateIpAddress(_Answer, frozen=True):
    """One private address of an interface and its public one."""

    private_ip_address: Address
    primary: bool = False
    association: Association | None = None


class Ipv4Prefix(_Answer, frozen=True):
    """A delegated block (/28)."""

    ipv4_prefix: Address


class Ipv6Address(_Answer, frozen=True):
    """One IPv6 address of an interface."""

    ipv6_address: Address


class Ipv6Prefix(_Answer, frozen=True):
    """A delegated block (/80)."""

    ipv6_prefix: Address


class Attachment(_Answer, frozen=True):
    """What an interface is attached to; ``device_index`` 0 is an instance's primary one."""

    instance_id: ResourceId = ""
    device_index: int | None = None
    instance_owner_id: Name = ""
    status: Word = ""


class NetworkInterface(_Answer, frozen=True):
    """An elastic network interface."""

    network_interface_id: ResourceId
    subnet_id: ResourceId = ""
    vpc_id: ResourceId = ""
    availability_zone: Word = ""
    description: FreeText = ""
    interface_type: Word = ""
    requester_id: Name = ""
    requester_managed: bool = False
    owner_id: Account = ""
    status: Word = ""
    private_ip_address: Address = ""
    private_ip_addresses: tuple[PrivateIpAddress, ...] | None = None
    ipv4_prefixes: tuple[Ipv4Prefix, ...] | None = None
    ipv6_addresses: tuple[Ipv6Address, ...] | None = None
    ipv6_prefixes: tuple[Ipv6Prefix, ...] | None = None
    groups: tuple[GroupIdentifier, ...] | None = None
    attachment: Attachment | None = None
    association: Association | None = None
    source_dest_check: bool | None = None
    tag_set: tuple[Tag, ...] | None = None


class InstanceState(_Answer, frozen=True):
    """``running``, ``stopped`` …"""

    name: Word = ""


class MetadataOptions(_Answer, frozen=True):
    """The instance metadata service: ``http_endpoint`` is enabled or disabled, ``http_tokens``
    optional or required; the hop limit is 1 to 64, None where nothing is said."""

    http_endpoint: Word = ""
    http_tokens: Word = ""
    http_put_response_hop_limit: int | None = None


class Instance(_Answer, frozen=True):
    """An EC2 instance; its interfaces become facts of their own (:class:`NetworkInterface`)."""

    instance_id: ResourceId
    vpc_id: ResourceId = ""
    subnet_id: ResourceId = ""
    private_dns_name: Name = ""
    state: InstanceState | None = None
    metadata_options: MetadataOptions | None = None
    tags: tuple[Tag, ...] | None = None


class LaunchTemplate(_Answer, frozen=True):
    """A launch template without its versions; only this answer tells its tags."""

    launch_template_id: ResourceId
    launch_template_name: Name = ""
    default_version_number: int = 0
    latest_version_number: int = 0
    tags: tuple[Tag, ...] | None = None


class TemplateInterface(_Answer, frozen=True):
    """An interface that a launch template describes."""

    device_index: int | None = None
    associate_public_ip_address: bool | None = None
    subnet_id: ResourceId = ""


class LaunchTemplateData(_Answer, frozen=True):
    """What a version of a launch template says of the network; never its user data."""

    network_interfaces: tuple[TemplateInterface, ...] | None = None
    metadata_options: MetadataOptions | None = None


class LaunchTemplateVersion(_Answer, frozen=True):
    """One version of a launch template."""

    launch_template_id: ResourceId
    version_number: int
    launch_template_name: Name = ""
    default_version: bool = False
    launch_template_data: LaunchTemplateData = LaunchTemplateData()


class LaunchConfiguration(_Answer, frozen=True):
    """The older way to say how an Auto Scaling group launches instances."""

    launch_configuration_name: Name
    launch_configuration_arn: Arn = field(default="", name="LaunchConfigurationARN")
    associate_public_ip_address: bool | None = None
    metadata_options: MetadataOptions | None = None


class TemplateReference(_Answer, frozen=True):
    """Names a launch template by id or name; a version is a number, `$Default` or `$Latest`."""

    launch_template_id: ResourceId = ""
    launch_template_name: Name = ""
    version: Word = ""


class MixedTemplate(_Answer, frozen=True):
    """The launch template of a mixed instances policy; ``overrides`` may name others."""

    launch_template_specification: TemplateReference | None = None
    overrides: "tuple[TemplateOverride, ...] | None" = None


class TemplateOverride(_Answer, frozen=True):
    """What a mixed instances policy takes for some instance types."""

    launch_template_specification: TemplateReference | None = None


class MixedInstancesPolicy(_Answer, frozen=True):
    """How a group launches instances of several types."""

    launch_template: MixedTemplate | None = None


class AutoScalingGroup(_Answer, frozen=True):
    """An EC2 Auto Scaling group; ``vpc_zone_identifier`` holds subnet ids with commas between."""

    auto_scaling_group_name: Name
    auto_scaling_group_arn: Arn = field(default="", name="AutoScalingGroupARN")
    launch_configuration_name: Name = ""
    launch_template: TemplateReference | None = None
    mixed_instances_policy: MixedInstancesPolicy | None = None
    max_size: int | None = None
    vpc_zone_identifier: ResourceId = field(default="", name="VPCZoneIdentifier")
    tags: tuple[Tag, ...] | None = None


class FlowLog(_Answer, frozen=True):
    """A flow log of a VPC, subnet or interface; ``log_format`` lists fields as ``${srcaddr}``."""

    flow_log_id: ResourceId
    resource_id: ResourceId = ""
    flow_log_status: Word = ""
    traffic_type: Word = ""
    log_format: Word = ""
    tags: tuple[Tag, ...] | None = None


class TagDescription(_Answer, frozen=True):
    """The tags of a load balancer; the classic kind is told by name."""

    resource_arn: Arn = ""
    load_balancer_name: Name = ""
    tags: tuple[Tag, ...] | None = None


class LoadBalancer(_Answer, frozen=True):
    """An application, network, gateway or classic load balancer: enough to name its interfaces."""

    load_balancer_name: Name
    load_balancer_arn: Arn = ""
    type: Word = "classic"
    scheme: Word = ""
    vpc_id: ResourceId = ""
    security_groups: tuple[ResourceId, ...] | None = None
    dns_name: Name = field(default="", name="DNSName")


class VpcConfig(_EksAnswer, frozen=True):
    """Where a cluster's API endpoint is and who may use it."""

    subnet_ids: tuple[ResourceId, ...] | None = None
    security_group_ids: tuple[ResourceId, ...] | None = None
    cluster_security_group_id: ResourceId = ""
    vpc_id: ResourceId = ""
    endpoint_public_access: bool | None = None
    endpoint_private_access: bool | None = None
    public_access_cidrs: tuple[Address, ...] | None = None


class KubernetesNetworkConfig(_EksAnswer, frozen=True):
    """The cluster's Service block and family."""

    service_ipv4_cidr: Address = ""
    service_ipv6_cidr: Address = ""
    ip_family: Word = "ipv4"


class ComputeConfig(_EksAnswer, frozen=True):
    """EKS Auto Mode, and which of its own node pools it runs."""

    enabled: bool = False
    node_pools: tuple[Name, ...] | None = None


class LogSetup(_EksAnswer, frozen=True):
    """Whether control plane logs of some types (``audit``, ``api`` …) are kept."""

    types: tuple[Word, ...] | None = None
    enabled: bool = False


class Logging(_EksAnswer, frozen=True):
    """The control plane logs of a cluster."""

    cluster_logging: tuple[LogSetup, ...] | None = None


class AccessConfig(_EksAnswer, frozen=True):
    """Who says which IAM principal is whom: ``authentication_mode`` is CONFIG_MAP,
    API_AND_CONFIG_MAP or API."""

    authentication_mode: Word = ""


class Cluster(_EksAnswer, frozen=True):
    """The answer of ``aws eks describe-cluster``."""

    name: Name
    arn: Arn = ""
    version: Word = ""
    status: Word = ""
    resources_vpc_config: VpcConfig = VpcConfig()
    kubernetes_network_config: KubernetesNetworkConfig | None = None
    compute_config: ComputeConfig | None = None
    logging: Logging | None = None
    access_config: AccessConfig | None = None
    tags: dict[Name, Name] | None = None


class RemoteAccess(_EksAnswer, frozen=True):
    """SSH to a node group."""

    ec2_ssh_key: Name = ""
    source_security_groups: tuple[ResourceId, ...] | None = None


class ScalingConfig(_EksAnswer, frozen=True):
    """How many nodes a node group may have."""

    max_size: int | None = None


class NodegroupTemplate(_EksAnswer, frozen=True):
    """The launch template that a node group's owner gave; the version is a number."""

    id: ResourceId = ""
    name: Name = ""
    version: Word = ""


class NamedGroup(_EksAnswer, frozen=True):
    """The Auto Scaling group behind a node group."""

    name: Name = ""


class NodegroupResources(_EksAnswer, frozen=True):
    """What EKS made for a node group; the security group is there with remote access only."""

    auto_scaling_groups: tuple[NamedGroup, ...] | None = None
    remote_access_security_group: ResourceId = ""


class Nodegroup(_EksAnswer, frozen=True):
    """The answer of ``aws eks describe-nodegroup``."""

    nodegroup_name: Name
    cluster_name: Name
    nodegroup_arn: Arn = ""
    ami_type: Word = ""
    subnets: tuple[ResourceId, ...] | None = None
    remote_access: RemoteAccess | None = None
    scaling_config: ScalingConfig | None = None
    launch_template: NodegroupTemplate | None = None
    resources: NodegroupResources | None = None
    tags: dict[Name, Name] | None = None


class Addon(_EksAnswer, frozen=True):
    """The answer of ``aws eks describe-addon``; ``settings`` is an allow-list (see the reader)."""

    addon_name: Name
    cluster_name: Name
    addon_arn: Arn = ""
    addon_version: Word = ""
    status: Word = ""
    settings: dict[Word, Setting] = {}


class AccessEntry(_EksAnswer, frozen=True):
    """The answer of ``aws eks describe-access-entry``."""

    cluster_name: Name
    principal_arn: Arn
    access_entry_arn: Arn = ""
    kubernetes_groups: tuple[Name, ...] | None = None
    username: Name = ""
    type: Word = ""
