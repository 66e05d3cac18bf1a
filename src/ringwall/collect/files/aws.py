"""AWS answers (``aws … describe-*``) in any layout → facts.

The top-level key tells what an answer holds; file names mean nothing, except that a folder
``…/ACCOUNT/REGION/…`` states whose its objects are. A recording ``{"status_code", "data"}`` is
opened. One malformed object costs only itself and leaves a gap that says where it is.

What needs more than one answer (a rule told by two calls, the entries of a prefix list, an
interface told by its instance) is put together by :func:`finish`, once all files are read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from msgspec import Struct

from ringwall.collect.files.aws_eks import settings
from ringwall.collect.files.aws_groups import Groups
from ringwall.collect.files.aws_instances import Instances
from ringwall.collect.files.aws_lists import PrefixLists
from ringwall.collect.files.aws_place import Place, Raw
from ringwall.collect.intake import Intake
from ringwall.facts import aws
from ringwall.facts.fact import Key, Origin


@dataclass(slots=True)
class _Pending:
    """What can be said only when everything has been read."""

    groups: Groups = field(default_factory=Groups)
    instances: Instances = field(default_factory=Instances)
    lists: PrefixLists = field(default_factory=PrefixLists)


_PENDING: Final[WeakKeyDictionary[Intake, _Pending]] = WeakKeyDictionary()

_Reader = Callable[[Raw, Place, _Pending], None]


# --- objects that are one fact each --------------------------------------------------------------


class _Kind(NamedTuple):
    """How objects of one kind become facts: their type, key, and the field that names them."""

    body: type[Struct]
    kind: str
    id: str
    name: Callable[[Any], str]
    check: Callable[[Any], None] | None = None

    def read(self, raw: Raw, place: Place, _: _Pending) -> None:
        """Adds the object, or says why not."""
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


_LOAD_BALANCER: Final = _Kind(
    aws.LoadBalancer, "lb", "LoadBalancerName", attrgetter("load_balancer_name")
)
_ADDON: Final = _Kind(
    aws.Addon, "addon", "addonName", lambda addon: f"{addon.cluster_name}/{addon.addon_name}"
)


# --- load balancers ------------------------------------------------------------------------------

_TYPES: Final = {"app": "application", "net": "network", "gwy": "gateway"}


def _load_balancer(raw: Raw, place: Place, pending: _Pending) -> None:
    """An answer that leaves out the type still tells it in the ARN."""
    part = str(raw.get("LoadBalancerArn", "")).partition("loadbalancer/")[2].partition("/")[0]
    _LOAD_BALANCER.read({"Type": _TYPES.get(part, ""), **raw}, place, pending)


def _classic_load_balancer(raw: Raw, place: Place, pending: _Pending) -> None:
    """The older API spells one field differently and has neither ARN nor type."""
    body = {**raw, "VpcId": raw.get("VPCId", ""), "Type": "classic"}
    _LOAD_BALANCER.read(body, place, pending)


# --- EKS -----------------------------------------------------------------------------------------


def _addon(raw: Raw, place: Place, pending: _Pending) -> None:
    """Of an add-on's configuration only the switches that we know are decoded."""
    try:
        kept = settings(raw.get("configurationValues") or "")
    except ValueError as error:
        place.invalid(raw.get("addonName"), str(error))
        return
    _ADDON.read({**raw, "settings": kept}, place, pending)


# --- the tables ----------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """What a top-level key holds: the call that gives it, and the reader of one object."""

    call: str
    read: _Reader


_LISTS: Final[dict[str, _Answer]] = {
    "Vpcs": _Answer(
        "aws ec2 describe-vpcs",
        _Kind(aws.Vpc, "vpc", "VpcId", attrgetter("vpc_id")).read,
    ),
    "Subnets": _Answer(
        "aws ec2 describe-subnets",
        _Kind(aws.Subnet, "subnet", "SubnetId", attrgetter("subnet_id")).read,
    ),
    "RouteTables": _Answer(
        "aws ec2 describe-route-tables",
        _Kind(
            aws.RouteTable, "rtb", "RouteTableId", attrgetter("route_table_id"), _sound_table
        ).read,
    ),
    "InternetGateways": _Answer(
        "aws ec2 describe-internet-gateways",
        _Kind(
            aws.InternetGateway, "igw", "InternetGatewayId", attrgetter("internet_gateway_id")
        ).read,
    ),
    "EgressOnlyInternetGateways": _Answer(
        "aws ec2 describe-egress-only-internet-gateways",
        _Kind(
            aws.EgressOnlyInternetGateway,
            "eigw",
            "EgressOnlyInternetGatewayId",
            attrgetter("egress_only_internet_gateway_id"),
        ).read,
    ),
    "NatGateways": _Answer(
        "aws ec2 describe-nat-gateways",
        _Kind(aws.NatGateway, "nat", "NatGatewayId", attrgetter("nat_gateway_id")).read,
    ),
    "NetworkAcls": _Answer(
        "aws ec2 describe-network-acls",
        _Kind(aws.NetworkAcl, "acl", "NetworkAclId", attrgetter("network_acl_id"), _sound_acl).read,
    ),
    "NetworkInterfaces": _Answer(
        "aws ec2 describe-network-interfaces",
        _Kind(
            aws.NetworkInterface, "eni", "NetworkInterfaceId", attrgetter("network_interface_id")
        ).read,
    ),
    "SecurityGroups": _Answer(
        "aws ec2 describe-security-groups",
        lambda raw, place, pending: pending.groups.read_group(raw, place),
    ),
    "SecurityGroupRules": _Answer(
        "aws ec2 describe-security-group-rules",
        lambda raw, place, pending: pending.groups.read_rule(raw, place),
    ),
    "PrefixLists": _Answer(
        "aws ec2 describe-managed-prefix-lists",
        lambda raw, place, pending: pending.lists.read_list(raw, place),
    ),
    "ManagedPrefixLists": _Answer(
        "aws ec2 describe-managed-prefix-lists",
        lambda raw, place, pending: pending.lists.read_list(raw, place),
    ),
    "Instances": _Answer(
        "aws ec2 describe-instances",
        lambda raw, place, pending: pending.instances.read(raw, place),
    ),
    "Reservations": _Answer(
        "aws ec2 describe-instances",
        lambda raw, place, pending: _each(raw.get("Instances"), "Instances", place, pending),
    ),
    "LoadBalancers": _Answer("aws elbv2 describe-load-balancers", _load_balancer),
    "LoadBalancerDescriptions": _Answer("aws elb describe-load-balancers", _classic_load_balancer),
}

_OBJECTS: Final[dict[str, _Answer]] = {
    "cluster": _Answer(
        "aws eks describe-cluster",
        _Kind(aws.Cluster, "eks-api", "name", attrgetter("name")).read,
    ),
    "nodegroup": _Answer(
        "aws eks describe-nodegroup",
        _Kind(
            aws.Nodegroup,
            "nodegroup",
            "nodegroupName",
            lambda group: f"{group.cluster_name}/{group.nodegroup_name}",
        ).read,
    ),
    "addon": _Answer("aws eks describe-addon", _addon),
    "accessEntry": _Answer(
        "aws eks describe-access-entry",
        _Kind(
            aws.AccessEntry,
            "accessentry",
            "principalArn",
            lambda entry: f"{entry.cluster_name}/{entry.principal_arn}",
        ).read,
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

# They move verdicts and are not read yet.
_UNREAD: Final = frozenset(
    "TransitGateways TransitGatewayAttachments TransitGatewayVpcAttachments "
    "TransitGatewayPeeringAttachments TransitGatewayRouteTables TransitGatewayPropagations "
    "TransitGatewayStaticRoutes TransitGatewayConnects VpcPeeringConnections VpcEndpoints "
    "VpnGateways VpnConnections CustomerGateways CarrierGateways LocalGateways "
    "LocalGatewayRouteTables Firewalls Firewall FirewallPolicy TargetGroups Listeners "
    "LoadBalancerListeners LoadBalancerAttributes LoadBalancerTargetHealth "
    "TargetHealthDescriptions VpcBlockPublicAccessOptions VpcBlockPublicAccessExclusions "
    "fargateProfile Addresses SecurityGroupVpcAssociations LaunchTemplateVersions "
    "InstanceConnectEndpoints DBInstances DBClusters DBProxies DomainStatusList".split()
)

# They say nothing about paths.
_LEFT_OUT: Final = frozenset(
    "clusters nodegroups addons accessEntries fargateProfileNames associatedAccessPolicies "
    "identityProviderConfigs podIdentityAssociation addonVersions update updateIds tags Tags "
    "TagDescriptions ResponseMetadata configurationItems resourceIdentifiers QueryInfo Results "
    "AvailabilityZones Regions DhcpOptions FlowLogs KeyPairs Images Volumes Snapshots "
    "InstanceTypes LaunchTemplates AutoScalingGroups DBSubnetGroups".split()
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
    pending = _PENDING.setdefault(intake, _Pending())
    more = next((name for name in _MORE if document.get(name)), "")
    for key in keys:
        kind = _KIND_OF.get(key, key)
        at = place.of(kind, partial=bool(more))
        _read_key(key, document, at, pending)
        if more and key not in _LEFT_OUT:
            intake.warn(f"this answer has further pages (`{more}`); add them too", place.origin)
            needs = f"{place}: the further pages of {key} were not read; {_ONE_ANSWER}"
            at.gap("further-pages", key, needs)
    return True


def finish(intake: Intake) -> None:
    """Adds what only all answers together tell; to be called once, before the facts are taken."""
    pending = _PENDING.pop(intake, None)
    if pending is None:
        return
    pending.groups.finish(intake)
    pending.instances.finish(intake)
    pending.lists.finish(intake)


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


def _read_key(key: str, document: Mapping[str, Any], place: Place, pending: _Pending) -> None:
    value = document[key]
    if key == "Entries":
        pending.lists.read_entries(document, place)
    elif key in _LISTS:
        _each(value, key, place, pending)
    elif key in _OBJECTS:
        answer = _OBJECTS[key]
        answer.read(value, place.below(key).told_by(answer.call, value), pending)
    elif key in _UNREAD and value:
        at = place.below(key)
        needs = f"{at}: this version does not read {key}; paths that they move are unknown"
        at.gap("kind-not-read", f"{key} in {place.origin.file}", needs)
    else:
        place.intake.leave_out(key)


def _each(value: object, key: str, place: Place, pending: _Pending) -> None:
    """Reads every object of a list; ``key`` names both the list and its table entry."""
    if not isinstance(value, list):
        title = f"{key} in {place.origin.file}"
        place.below(key).invalid(title, "it is not a list")
        return
    answer = _LISTS[key]
    for i, raw in enumerate(value):
        at = place.below(key, i).told_by(answer.call, raw)
        if isinstance(raw, Mapping):
            answer.read(raw, at, pending)
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
