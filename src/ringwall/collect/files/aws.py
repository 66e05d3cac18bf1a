"""AWS answers (``aws … describe-*``) in any layout → facts.

The top-level key tells what an answer holds; file names mean nothing, except that a folder
``…/ACCOUNT/REGION/…`` states whose its objects are. A recording ``{"status_code", "data"}`` is
opened. One malformed object costs only itself and leaves a gap that says where it is.

What needs more than one answer (a rule told by two calls, the entries of a prefix list, an
interface told by its instance) is put together by :func:`finish`, once all files are read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from msgspec import Struct

from ringwall.collect.files import aws_eks, aws_groups, aws_instances, aws_lists, aws_rules
from ringwall.collect.files.aws_place import Place, Raw, check_addresses
from ringwall.collect.intake import Intake
from ringwall.facts import aws
from ringwall.facts.fact import Key, Origin

_Reader = Callable[[Raw, Place], None]


# --- objects that are one fact each --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one kind become facts: their type, key, and the field that names them."""

    body: type[Struct]
    kind: str
    id: str
    name: Callable[[Any], str]
    check: Callable[[Any], None] | None = None

    def __call__(self, raw: Raw, place: Place) -> None:
        """Reads one object: adds it, or says why not."""
        title = raw.get(self.id)
        body = place.read(raw, self.body, title, self.check)
        if body is None:
            return
        name = self.name(body)
        if all(name.split("/")):
            place.intake.fact(Key(place.scope(raw), self.kind, name), body, place.origin)
        else:
            place.invalid(title, "a part of its name is empty")


def _sound_table(table: aws.RouteTable) -> None:
    for route in table.routes or ():
        if not (
            route.destination_cidr_block
            or route.destination_ipv6_cidr_block
            or route.destination_prefix_list_id
        ):
            raise ValueError("a route has no destination")


_WITH_PORTS: Final = (6, 17)


def _sound_acl(acl: aws.NetworkAcl) -> None:
    for entry in acl.entries or ():
        number = entry.rule_number
        if bool(entry.cidr_block) == bool(entry.ipv6_cidr_block):
            raise ValueError(f"entry {number} does not name exactly one block")
        if entry.protocol != "-1" and not re.fullmatch(r"[0-9]{1,3}", entry.protocol):
            raise ValueError(f"the protocol of entry {number} is not a number")
        if int(entry.protocol) > 255:
            raise ValueError(f"the protocol of entry {number} is above 255")
        if entry.rule_action not in ("allow", "deny"):
            raise ValueError(f"the action of entry {number} is neither `allow` nor `deny`")
        ports = entry.port_range
        if ports and int(entry.protocol) in _WITH_PORTS and not _is_range(ports):
            raise ValueError(
                f"`{ports.from_}` to `{ports.to}` of entry {number} is not a range of ports"
            )
        icmp = entry.icmp_type_code
        if icmp and not (-1 <= icmp.type <= 255 and -1 <= icmp.code <= 255):
            raise ValueError(
                f"`{icmp.type}` and `{icmp.code}` of entry {number} are not an ICMP type and code"
            )


def _is_range(ports: aws.PortRange) -> bool:
    return 0 <= ports.from_ <= ports.to <= 65535


_LOAD_BALANCER: Final = _Kind(
    aws.LoadBalancer, "lb", "LoadBalancerName", attrgetter("load_balancer_name")
)
_ADDON: Final = _Kind(
    aws.Addon, "addon", "addonName", lambda addon: f"{addon.cluster_name}/{addon.addon_name}"
)


# --- load balancers ------------------------------------------------------------------------------

_TYPES: Final = {"app": "application", "net": "network", "gwy": "gateway"}


def _load_balancer(raw: Raw, place: Place) -> None:
    """An answer that leaves out the type still tells it in the ARN."""
    part = str(raw.get("LoadBalancerArn", "")).partition("loadbalancer/")[2].partition("/")[0]
    _LOAD_BALANCER({"Type": _TYPES.get(part, ""), **raw}, place)


def _classic_load_balancer(raw: Raw, place: Place) -> None:
    """The older API spells one field differently and has neither ARN nor type."""
    body = {**raw, "VpcId": raw.get("VPCId", ""), "Type": "classic"}
    _LOAD_BALANCER(body, place)


_TAGS: Final = _Kind(
    aws.TagDescription, "tags", "ResourceArn", lambda told: told.load_balancer_name
)


def _tag_description(raw: Raw, place: Place) -> None:
    """Both APIs of load balancers tell tags in answers of their own: by ARN, which holds the name
    as its last part but one, and by name. Tags of listeners and target groups are left out."""
    kind, _, rest = str(raw.get("ResourceArn", "")).partition("loadbalancer/")[2].partition("/")
    name = raw.get("LoadBalancerName") or (rest.partition("/")[0] if kind else "")
    if name or "ResourceArn" not in raw:
        _TAGS({**raw, "LoadBalancerName": name}, place)
    else:
        place.intake.leave_out("tags")


# --- EKS -----------------------------------------------------------------------------------------


def _addon(raw: Raw, place: Place) -> None:
    """Of an add-on's configuration only the switches that we know are decoded."""
    try:
        kept = aws_eks.settings(raw.get("configurationValues") or "")
    except ValueError as error:
        place.invalid(raw.get("addonName"), str(error))
        return
    _ADDON({**raw, "settings": kept}, place)


# --- the tables ----------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """What a top-level key holds: the call that gives it, and the reader of one object."""

    call: str
    read: _Reader


_LISTS: Final[dict[str, _Answer]] = {
    "Vpcs": _Answer(
        "aws ec2 describe-vpcs",
        _Kind(aws.Vpc, "vpc", "VpcId", attrgetter("vpc_id")),
    ),
    "Subnets": _Answer(
        "aws ec2 describe-subnets",
        _Kind(aws.Subnet, "subnet", "SubnetId", attrgetter("subnet_id")),
    ),
    "RouteTables": _Answer(
        "aws ec2 describe-route-tables",
        _Kind(aws.RouteTable, "rtb", "RouteTableId", attrgetter("route_table_id"), _sound_table),
    ),
    "InternetGateways": _Answer(
        "aws ec2 describe-internet-gateways",
        _Kind(aws.InternetGateway, "igw", "InternetGatewayId", attrgetter("internet_gateway_id")),
    ),
    "EgressOnlyInternetGateways": _Answer(
        "aws ec2 describe-egress-only-internet-gateways",
        _Kind(
            aws.EgressOnlyInternetGateway,
            "eigw",
            "EgressOnlyInternetGatewayId",
            attrgetter("egress_only_internet_gateway_id"),
        ),
    ),
    "NatGateways": _Answer(
        "aws ec2 describe-nat-gateways",
        _Kind(aws.NatGateway, "nat", "NatGatewayId", attrgetter("nat_gateway_id")),
    ),
    "VpcPeeringConnections": _Answer(
        "aws ec2 describe-vpc-peering-connections",
        _Kind(
            aws.VpcPeeringConnection,
            "pcx",
            "VpcPeeringConnectionId",
            attrgetter("vpc_peering_connection_id"),
        ),
    ),
    "VpcEndpoints": _Answer(
        "aws ec2 describe-vpc-endpoints",
        _Kind(aws.VpcEndpoint, "vpce", "VpcEndpointId", attrgetter("vpc_endpoint_id")),
    ),
    "NetworkAcls": _Answer(
        "aws ec2 describe-network-acls",
        _Kind(aws.NetworkAcl, "acl", "NetworkAclId", attrgetter("network_acl_id"), _sound_acl),
    ),
    "NetworkInterfaces": _Answer(
        "aws ec2 describe-network-interfaces",
        _Kind(
            aws.NetworkInterface, "eni", "NetworkInterfaceId", attrgetter("network_interface_id")
        ),
    ),
    "SecurityGroups": _Answer(
        "aws ec2 describe-security-groups",
        aws_groups.read_group,
    ),
    "SecurityGroupRules": _Answer(
        "aws ec2 describe-security-group-rules",
        aws_groups.read_rule,
    ),
    "PrefixLists": _Answer(
        "aws ec2 describe-managed-prefix-lists",
        aws_lists.read_list,
    ),
    "ManagedPrefixLists": _Answer(
        "aws ec2 describe-managed-prefix-lists",
        aws_lists.read_list,
    ),
    "Instances": _Answer(
        "aws ec2 describe-instances",
        aws_instances.read,
    ),
    "Reservations": _Answer(
        "aws ec2 describe-instances",
        lambda raw, place: _each(raw.get("Instances"), "Instances", place),
    ),
    "LaunchTemplates": _Answer(
        "aws ec2 describe-launch-templates",
        _Kind(aws.LaunchTemplate, "lt", "LaunchTemplateId", attrgetter("launch_template_id")),
    ),
    "LaunchTemplateVersions": _Answer(
        "aws ec2 describe-launch-template-versions",
        _Kind(
            aws.LaunchTemplateVersion,
            "ltversion",
            "LaunchTemplateId",
            lambda version: f"{version.launch_template_id}/{version.version_number}",
        ),
    ),
    "LaunchConfigurations": _Answer(
        "aws autoscaling describe-launch-configurations",
        _Kind(
            aws.LaunchConfiguration,
            "launchconfiguration",
            "LaunchConfigurationName",
            attrgetter("launch_configuration_name"),
        ),
    ),
    "AutoScalingGroups": _Answer(
        "aws autoscaling describe-auto-scaling-groups",
        _Kind(
            aws.AutoScalingGroup,
            "asg",
            "AutoScalingGroupName",
            attrgetter("auto_scaling_group_name"),
        ),
    ),
    "FlowLogs": _Answer(
        "aws ec2 describe-flow-logs",
        _Kind(aws.FlowLog, "fl", "FlowLogId", attrgetter("flow_log_id")),
    ),
    "TagDescriptions": _Answer("aws elbv2 describe-tags", _tag_description),
    "LoadBalancers": _Answer("aws elbv2 describe-load-balancers", _load_balancer),
    "LoadBalancerDescriptions": _Answer("aws elb describe-load-balancers", _classic_load_balancer),
}

_OBJECTS: Final[dict[str, _Answer]] = {
    "cluster": _Answer(
        "aws eks describe-cluster",
        _Kind(aws.Cluster, "eks-api", "name", attrgetter("name")),
    ),
    "nodegroup": _Answer(
        "aws eks describe-nodegroup",
        _Kind(
            aws.Nodegroup,
            "nodegroup",
            "nodegroupName",
            lambda group: f"{group.cluster_name}/{group.nodegroup_name}",
        ),
    ),
    "addon": _Answer("aws eks describe-addon", _addon),
    "accessEntry": _Answer(
        "aws eks describe-access-entry",
        _Kind(
            aws.AccessEntry,
            "accessentry",
            "principalArn",
            lambda entry: f"{entry.cluster_name}/{entry.principal_arn}",
        ),
    ),
}

# In a file of another tool, the words `cluster`, `addon` … mean something else. JSON is what AWS
# answers; of YAML only an object with one of these fields is taken for an answer.
_MARKS: Final = {
    "cluster": ("arn", "resourcesVpcConfig", "kubernetesNetworkConfig", "computeConfig"),
    "nodegroup": ("nodegroupName",),
    "addon": ("addonName",),
    "accessEntry": ("principalArn",),
}

_NAMED: Final[dict[type[Struct], _Kind]] = {
    one.body: one
    for one in (
        *(answer.read for answer in (_LISTS | _OBJECTS).values()),
        _LOAD_BALANCER,
        _ADDON,
        _Kind(aws.SecurityGroup, "sg", "GroupId", attrgetter("group_id")),
        _Kind(
            aws.SecurityGroupRule,
            "sgrule",
            "GroupId",
            lambda rule: aws_rules.rule_key("", rule).name,
            aws_rules.check,
        ),
        _Kind(aws.PrefixList, "pl", "PrefixListId", attrgetter("prefix_list_id")),
        _Kind(aws.Instance, "i", "InstanceId", attrgetter("instance_id")),
    )
    if isinstance(one, _Kind)
}

# They move verdicts and are not read yet.
_UNREAD: Final = frozenset(
    "TransitGateways TransitGatewayAttachments TransitGatewayVpcAttachments "
    "TransitGatewayPeeringAttachments TransitGatewayRouteTables TransitGatewayPropagations "
    "TransitGatewayStaticRoutes TransitGatewayConnects VpnGateways VpnConnections "
    "CustomerGateways CarrierGateways LocalGateways "
    "LocalGatewayRouteTables Firewalls Firewall FirewallPolicy TargetGroups Listeners "
    "LoadBalancerListeners LoadBalancerAttributes LoadBalancerTargetHealth "
    "TargetHealthDescriptions VpcBlockPublicAccessOptions VpcBlockPublicAccessExclusions "
    "fargateProfile Addresses SecurityGroupVpcAssociations "
    "InstanceConnectEndpoints DBInstances DBClusters DBProxies DomainStatusList".split()
)

# They say nothing about paths.
_LEFT_OUT: Final = frozenset(
    "clusters nodegroups addons accessEntries fargateProfileNames associatedAccessPolicies "
    "identityProviderConfigs podIdentityAssociation addonVersions update updateIds tags Tags "
    "ResponseMetadata configurationItems resourceIdentifiers QueryInfo Results "
    "AvailabilityZones Regions DhcpOptions KeyPairs Images Volumes Snapshots "
    "InstanceTypes DBSubnetGroups".split()
)

TOP_KEYS: Final = frozenset({*_LISTS, *_OBJECTS, "Entries", *_UNREAD, *_LEFT_OUT})
"""The top-level keys that make a document an AWS answer."""

_MORE: Final = ("NextToken", "nextToken", "NextMarker", "nextMarker")
_ONE_ANSWER: Final = "read them all again as one answer (aws without --max-items and --no-paginate)"

# Where two keys hold one kind of object, gaps name the one.
_KIND_OF: Final = {
    "Reservations": "Instances",
    "ManagedPrefixLists": "PrefixLists",
    "Entries": "PrefixLists",
}


# --- the door ------------------------------------------------------------------------------------


def read_answer(document: Mapping[str, object], origin: Origin, intake: Intake) -> bool:
    """Adds what an AWS answer holds to the intake; False where the document is not one.

    Call :func:`finish` once all documents are read.
    """
    place = Place(origin, intake)
    if _failed(document, place):
        return True
    while (data := _recorded(document)) is not None:
        document, place = data, place.below("data")
    keys = [key for key in document if key in TOP_KEYS and _fits(key, document, origin)]
    if not keys:
        return False
    more = next((name for name in _MORE if document.get(name)), "")
    for key in keys:
        kind = _KIND_OF.get(key, key)
        at = place.of(kind, partial=bool(more))
        _read_key(key, document, at)
        if more and key not in _LEFT_OUT:
            intake.warn(f"this answer has further pages (`{more}`); add them too", place.origin)
            needs = f"{place}: the further pages of {key} were not read; {_ONE_ANSWER}"
            at.gap("further-pages", key, needs)
    return True


def check(key: Key, body: Struct) -> None:
    """Holds an object that was read before to what its reader holds it to. Raises ValueError."""
    kind = _NAMED.get(type(body))
    if kind is None or key != Key(key.scope, kind.kind, kind.name(body)):
        raise ValueError("its key is not that of its content")
    if not isinstance(body, aws.SecurityGroupRule):  # its peer is an address or an id
        check_addresses(body)
    if isinstance(body, aws.Addon):
        aws_eks.check(body.settings)
    if kind.check:
        kind.check(body)


def finish(intake: Intake) -> None:
    """Adds what only all answers together tell; to be called once, before the facts are taken."""
    aws_groups.finish(intake)
    aws_instances.finish(intake)
    aws_lists.finish(intake)


def _fits(key: str, document: Mapping[str, object], origin: Origin) -> bool:
    """Whether a key that other documents may use too holds what AWS puts there."""
    value = document[key]
    if key in _MARKS:
        return isinstance(value, Mapping) and (
            not origin.line or any(mark in value for mark in _MARKS[key])
        )
    if key == "Entries":
        blocks = isinstance(value, list) and all(
            isinstance(entry, Mapping) and "Cidr" in entry for entry in value
        )
        return blocks or "PrefixListId" in document
    return True


def _read_key(key: str, document: Mapping[str, Any], place: Place) -> None:
    value = document[key]
    if key == "Entries":
        aws_lists.read_entries(document, place)
    elif key in _LISTS:
        _each(value, key, place)
    elif key in _OBJECTS:
        answer = _OBJECTS[key]
        answer.read(value, place.below(key).told_by(answer.call, value))
    elif key in _UNREAD and value:
        at = place.below(key)
        needs = f"{at}: this version does not read {key}; paths that they move are unknown"
        at.gap("kind-not-read", f"{key} in {place.origin.file}", needs)
    else:
        place.intake.leave_out(key)


def _each(value: object, key: str, place: Place) -> None:
    """Reads every object of a list; ``key`` names both the list and its table entry."""
    if not isinstance(value, list):
        title = f"{key} in {place.origin.file}"
        place.below(key).invalid(title, "it is not a list")
        return
    answer = _LISTS[key]
    for i, raw in enumerate(value):
        at = place.below(key, i).told_by(answer.call, raw)
        if isinstance(raw, Mapping):
            answer.read(raw, at)
        else:
            at.invalid("", "it is not an object")


# --- recordings and refused calls ----------------------------------------------------------------

_DENIED: Final = re.compile(r"AccessDenied|Unauthorized|Forbidden|NotAuthorized|AuthorizationError")
_ACTION: Final = re.compile(r"perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)")
_OPERATION: Final = re.compile(r"calling the ([A-Za-z0-9]+) operation")
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+")
_KINDS_OF_CALLS: Final[dict[str, str]] = {
    **{answer.call: _KIND_OF.get(key, key) for key, answer in (_LISTS | _OBJECTS).items()},
    "aws ec2 get-managed-prefix-list-entries": "PrefixLists",
    "aws ec2 describe-prefix-lists": "PrefixLists",
}


def _recorded(document: Mapping[str, object]) -> Mapping[str, object] | None:
    """The answer inside a recording ``{"status_code", "data"}``."""
    data = document.get("data")
    return data if "status_code" in document and isinstance(data, Mapping) else None


def _failed(document: Mapping[str, object], place: Place) -> bool:
    """Says that a call failed, where the document is the record of that."""
    status = document.get("status_code") if _recorded(document) is not None else None
    error = (_recorded(document) or document).get("Error")
    bad_status = isinstance(status, int) and status >= 400
    if not (bad_status or (isinstance(error, Mapping) and isinstance(error.get("Code"), str))):
        return False
    told = error if isinstance(error, Mapping) else {}
    code = str(told.get("Code", f"HTTP {status}"))
    message = " ".join(str(told.get("Message", "")).split())
    call = _call(message, place.origin.file)
    title = f"{call} in {place.origin.file}" if call else place.origin.file
    place = place.of(_KINDS_OF_CALLS.get(call, ""))
    if _DENIED.search(code) or (not told and status in (401, 403)):
        action = _ACTION.search(message)
        allow = f"allow `{action[1]}`" if action else "allow it"
        needs = f"{place}: AWS refused this call ({code}); {allow} and collect again"
        place.gap("call-denied", title, needs)
    else:
        said = f": {message[:200]}" if message else ""
        needs = f"{place}: this call failed ({code}{said}); collect again"
        place.gap("call-failed", title, needs)
    return True


def _call(message: str, file: str) -> str:
    """Which call failed, as far as its message or else its file's name tells: of the calls that we
    read its name (``aws ec2 describe-vpcs``), of others the API's."""
    named = [part.lower() for part in _WORD.findall(PurePath(file).stem)]
    told = _ACTION.search(message) or _OPERATION.search(message)
    if not told:
        said = f" {' '.join(named)} "
        return _likely([call for call in _KINDS_OF_CALLS if f" {_operation(call)} " in said], named)
    operation = " ".join(_WORD.findall(told[1].rpartition(":")[2])).lower()
    known = [call for call in _KINDS_OF_CALLS if _operation(call) == operation]
    return _likely(known, named) or told[1]


def _operation(call: str) -> str:
    return call.split()[2].replace("-", " ")


def _likely(calls: list[str], words: list[str]) -> str:
    """Two services name a call alike; the file's name may tell which is meant."""
    return next((call for call in calls if call.split()[1] in words), calls[0] if calls else "")
