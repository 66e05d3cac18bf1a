"""AWS answers → facts: which documents are answers, what they become, and what bad ones cost."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from ringwall.collect.files import aws as reader
from ringwall.collect.files.aws_place import complement
from ringwall.collect.intake import Intake
from ringwall.facts import aws
from ringwall.facts.fact import Facts, Gap, Key, Origin

Json = dict[str, Any]

ACCOUNT, OTHER = "111122223333", "444455556666"
HERE = f"{ACCOUNT}:eu-west-1"
DATETIME = {"__class__": "datetime", "year": 2025, "month": 1, "day": 15, "hour": 9, "minute": 5}


def read(*documents: Json, **files: Json) -> Facts:
    """Facts of documents in files `0.json`, `1.json`, …, and of named ones."""
    named = {f"{i}.json": document for i, document in enumerate(documents)} | files
    return read_files(named)


def read_files(files: dict[str, Json]) -> Facts:
    intake = Intake()
    for name, document in files.items():
        assert reader.read_answer(document, Origin(name), intake), f"{name} is not an answer"
    reader.finish(intake)
    return intake.facts()


def ids(facts: Facts) -> list[str]:
    return [str(key) for key in facts]


def body(facts: Facts, kind: type[Struct]) -> Any:
    """The one fact of a kind."""
    (found,) = [body for _, body in facts.of(kind)]
    return found


def bodies(facts: Facts, kind: type[Struct]) -> list[Any]:
    return [body for _, body in facts.of(kind)]


def origins(facts: Facts, text: str) -> list[str]:
    (fact,) = [fact for key, fact in facts.items() if str(key) == text]
    return [str(origin) for origin in fact.origins]


def gap(facts: Facts) -> Gap:
    (found,) = facts.gaps
    return found


# --- which documents are answers -----------------------------------------------------------------


def is_answer(document: Json, *, line: int = 0) -> bool:
    return reader.read_answer(document, Origin("x.json", line=line), Intake())


def test_a_document_without_a_known_key_is_not_an_answer() -> None:
    assert not is_answer({"Resources": {}, "AWSTemplateFormatVersion": "2010-09-09"})


def test_an_empty_document_is_not_an_answer() -> None:
    assert not is_answer({})


def test_a_recording_of_something_else_is_not_an_answer() -> None:
    assert not is_answer({"status_code": 200, "data": {"Whatever": []}})


def test_the_values_of_a_chart_that_speak_of_a_cluster_are_not_an_answer() -> None:
    assert not is_answer({"cluster": {"name": "prod", "domain": "cluster.local"}}, line=1)


def test_a_cluster_in_yaml_output_is_an_answer() -> None:
    assert is_answer({"cluster": {"name": "prod", "resourcesVpcConfig": {}}}, line=1)


def test_entries_that_are_not_blocks_are_not_an_answer() -> None:
    assert not is_answer({"Entries": [{"Source": "my.app", "DetailType": "x"}]})


def test_every_known_key_makes_an_answer() -> None:
    plain = reader.TOP_KEYS - {"cluster", "nodegroup", "addon", "accessEntry"}
    assert [key for key in sorted(plain) if not is_answer({key: []})] == []


def test_an_answer_about_names_only_is_counted_and_left_out() -> None:
    intake = Intake()
    assert reader.read_answer({"clusters": ["prod"]}, Origin("x.json"), intake)
    assert (dict(intake.left_out), list(intake.facts())) == ({"clusters": 1}, [])


def test_one_document_may_hold_several_answers() -> None:
    facts = read({"Vpcs": [{"VpcId": "vpc-1"}], "Subnets": [{"SubnetId": "subnet-1"}]})
    assert ids(facts) == ["subnet-1", "vpc-1"]


def test_an_answer_with_further_pages_is_a_warning() -> None:
    (warning,) = read({"Vpcs": [], "NextToken": "abc"}).warnings
    assert warning.message == "this answer has further pages (`NextToken`); add them too"


def test_a_list_of_names_with_further_pages_is_none() -> None:
    facts = read({"clusters": ["prod"], "nextToken": "abc"})
    assert (facts.warnings, facts.gaps) == ((), ())


@pytest.mark.parametrize("more", ["NextToken", "nextToken", "NextMarker"])
def test_an_answer_with_further_pages_is_a_gap_in_its_list(more: str) -> None:
    found = gap(read({"NetworkInterfaces": [], more: "abc"}))
    assert (found.code, found.effect) == ("further-pages", "fabric")
    assert (found.object, found.kind) == ("NetworkInterfaces", "NetworkInterfaces")
    assert "0.json: the further pages of NetworkInterfaces" in found.needs


def test_an_empty_token_means_that_there_are_no_further_pages() -> None:
    assert read({"Vpcs": [], "NextToken": ""}).gaps == ()


@pytest.mark.parametrize(
    ("key", "kind"),
    [("Reservations", "Instances"), ("ManagedPrefixLists", "PrefixLists"), ("Subnets", "Subnets")],
)
def test_gaps_name_one_kind_for_all_keys_that_hold_it(key: str, kind: str) -> None:
    assert {found.kind for found in read({key: [7], "NextToken": "abc"}).gaps} == {kind}


# --- each kind -----------------------------------------------------------------------------------

OBJECTS: list[tuple[str, Json, type[Struct], str]] = [
    ("Vpcs", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, aws.Vpc, "vpc-1"),
    ("Subnets", {"SubnetId": "subnet-1", "VpcId": "vpc-1"}, aws.Subnet, "subnet-1"),
    ("RouteTables", {"RouteTableId": "rtb-1", "Routes": []}, aws.RouteTable, "rtb-1"),
    ("InternetGateways", {"InternetGatewayId": "igw-1"}, aws.InternetGateway, "igw-1"),
    (
        "EgressOnlyInternetGateways",
        {"EgressOnlyInternetGatewayId": "eigw-1"},
        aws.EgressOnlyInternetGateway,
        "eigw-1",
    ),
    ("NatGateways", {"NatGatewayId": "nat-1"}, aws.NatGateway, "nat-1"),
    ("VpcEndpoints", {"VpcEndpointId": "vpce-1"}, aws.VpcEndpoint, "vpce-1"),
    (
        "VpcPeeringConnections",
        {"VpcPeeringConnectionId": "pcx-1"},
        aws.VpcPeeringConnection,
        "pcx-1",
    ),
    ("NetworkAcls", {"NetworkAclId": "acl-1", "Entries": []}, aws.NetworkAcl, "acl-1"),
    ("NetworkInterfaces", {"NetworkInterfaceId": "eni-1"}, aws.NetworkInterface, "eni-1"),
    (
        "SecurityGroups",
        {"GroupId": "sg-1", "IpPermissions": [], "IpPermissionsEgress": []},
        aws.SecurityGroup,
        "sg-1",
    ),
    ("PrefixLists", {"PrefixListId": "pl-1"}, aws.PrefixList, "pl-1"),
    ("ManagedPrefixLists", {"PrefixListId": "pl-1"}, aws.PrefixList, "pl-1"),
    ("Instances", {"InstanceId": "i-1"}, aws.Instance, "i-1"),
    ("LoadBalancers", {"LoadBalancerName": "web"}, aws.LoadBalancer, "lb/web"),
    ("LoadBalancerDescriptions", {"LoadBalancerName": "old"}, aws.LoadBalancer, "lb/old"),
    ("cluster", {"name": "prod"}, aws.Cluster, "eks-api/prod"),
    (
        "nodegroup",
        {"nodegroupName": "general", "clusterName": "prod"},
        aws.Nodegroup,
        "nodegroup/prod/general",
    ),
    ("addon", {"addonName": "vpc-cni", "clusterName": "prod"}, aws.Addon, "addon/prod/vpc-cni"),
    (
        "accessEntry",
        {"clusterName": "prod", "principalArn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
        aws.AccessEntry,
        f"accessentry/prod/arn:aws:iam::{ACCOUNT}:role/admin",
    ),
]
EKS = ("cluster", "nodegroup", "addon", "accessEntry")


def test_a_peering_connection_tells_both_sides() -> None:
    """The shape of the answer in the EC2 API reference, DescribeVpcPeeringConnections."""
    one = {
        "AccepterVpcInfo": {
            "CidrBlock": "10.1.0.0/16",
            "CidrBlockSet": [{"CidrBlock": "10.1.0.0/16"}, {"CidrBlock": "100.64.0.0/16"}],
            "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "2001:db8:1::/56"}],
            "OwnerId": "444455556666",
            "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": True},
            "VpcId": "vpc-2",
            "Region": "eu-central-1",
        },
        "RequesterVpcInfo": {"OwnerId": "111122223333", "VpcId": "vpc-1", "Region": "eu-west-1"},
        "Status": {"Code": "active", "Message": "Active"},
        "Tags": [],
        "VpcPeeringConnectionId": "pcx-1",
    }
    found = body(read({"VpcPeeringConnections": [one]}), aws.VpcPeeringConnection)

    assert found.status.code == "active"
    assert [b.cidr_block for b in found.accepter_vpc_info.cidr_block_set or ()] == [
        "10.1.0.0/16",
        "100.64.0.0/16",
    ]
    assert found.requester_vpc_info.cidr_block_set is None


def test_a_bad_block_of_a_peer_costs_the_connection_and_is_said() -> None:
    bad = {"VpcId": "vpc-2", "CidrBlockSet": [{"CidrBlock": "10.1.0.0/33"}]}
    raw = {"VpcPeeringConnectionId": "pcx-1", "AccepterVpcInfo": bad}
    facts = read({"VpcPeeringConnections": [raw, {"VpcPeeringConnectionId": "pcx-2"}]})

    assert ids(facts) == ["pcx-2"]
    assert (gap(facts).code, gap(facts).kind) == ("invalid-object", "VpcPeeringConnections")


def answer(key: str, raw: object) -> Json:
    return {key: raw if key in EKS else [raw]}


@pytest.mark.parametrize(("key", "raw", "kind", "name"), OBJECTS, ids=[o[0] for o in OBJECTS])
def test_an_object_becomes_one_fact(key: str, raw: Json, kind: type[Struct], name: str) -> None:
    facts = read(answer(key, raw))
    assert ids(facts) == [name]
    assert isinstance(body(facts, kind), kind)
    assert (facts.gaps, facts.warnings) == ((), ())


@pytest.mark.parametrize(("key", "raw", "kind", "name"), OBJECTS, ids=[o[0] for o in OBJECTS])
def test_a_recorded_answer_gives_the_same(
    key: str, raw: Json, kind: type[Struct], name: str
) -> None:
    dated = {**raw, "CreateTime": DATETIME, "createdAt": DATETIME}
    facts = read({"status_code": 200, "data": {**answer(key, dated), "ResponseMetadata": {}}})
    assert body(facts, kind) == body(read(answer(key, raw)), kind)


@pytest.mark.parametrize(("key", "raw", "kind", "name"), OBJECTS, ids=[o[0] for o in OBJECTS])
def test_an_object_without_its_id_is_a_gap(
    key: str, raw: Json, kind: type[Struct], name: str
) -> None:
    nameless = {k: v for k, v in raw.items() if not isinstance(v, str)}
    facts = read(answer(key, nameless))
    assert (list(facts), gap(facts).code, gap(facts).effect) == ([], "invalid-object", "fabric")


def test_a_null_is_a_field_that_is_not_there() -> None:
    facts = read({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": None, "OwnerId": None}]})
    assert body(facts, aws.Vpc) == aws.Vpc("vpc-1")


def test_a_recorded_datetime_never_reaches_a_field() -> None:
    facts = read({"Vpcs": [{"VpcId": "vpc-1", "OwnerId": DATETIME}]})
    assert body(facts, aws.Vpc).owner_id == ""


def test_tags_are_kept_as_given() -> None:
    tags = [{"Key": "Name", "Value": "Shop / EU"}, {"Key": "empty", "Value": ""}]
    facts = read({"Vpcs": [{"VpcId": "vpc-1", "Tags": tags}]})
    assert body(facts, aws.Vpc).tags == (aws.Tag("Name", "Shop / EU"), aws.Tag("empty", ""))


def test_a_classic_load_balancer_spells_its_vpc_differently() -> None:
    raw = {
        "LoadBalancerName": "old",
        "Scheme": "internet-facing",
        "VPCId": "vpc-1",
        "SecurityGroups": ["sg-1"],
        "DNSName": "old-1.eu-west-1.elb.amazonaws.com",
    }
    balancer = body(read({"LoadBalancerDescriptions": [raw]}), aws.LoadBalancer)
    assert (balancer.type, balancer.vpc_id, balancer.dns_name) == (
        "classic",
        "vpc-1",
        "old-1.eu-west-1.elb.amazonaws.com",
    )


def test_the_type_of_a_load_balancer_is_told_by_its_arn_where_left_out() -> None:
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/net/web/0123456789abcdef"
    raw = {"LoadBalancerName": "web", "LoadBalancerArn": arn}
    assert body(read({"LoadBalancers": [raw]}), aws.LoadBalancer).type == "network"


def test_a_route_table_keeps_its_routes_and_associations() -> None:
    raw = {
        "RouteTableId": "rtb-1",
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}],
        "Associations": [{"Main": False, "SubnetId": "subnet-1"}],
    }
    table = body(read({"RouteTables": [raw]}), aws.RouteTable)
    assert table.routes == (aws.Route("0.0.0.0/0", gateway_id="igw-1"),)
    assert table.associations == (aws.RouteTableAssociation(subnet_id="subnet-1"),)


# --- whose an object is --------------------------------------------------------------------------


def test_an_arn_of_its_own_states_account_and_region() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:subnet/subnet-1"
    assert ids(read({"Subnets": [{"SubnetId": "subnet-1", "SubnetArn": arn}]})) == [
        f"{HERE}!subnet-1"
    ]


def test_the_arn_of_a_cluster_states_both() -> None:
    raw = {"name": "prod", "arn": f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/prod"}
    assert ids(read({"cluster": raw})) == [f"{HERE}!eks-api/prod"]


def test_the_arn_of_something_else_states_nothing() -> None:
    raw = {"name": "prod", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/prod"}
    assert ids(read({"cluster": raw})) == ["eks-api/prod"]


def test_the_arn_of_a_list_of_amazon_states_no_account() -> None:
    arn = "arn:aws:ec2:eu-west-1:aws:prefix-list/pl-1"
    assert ids(read({"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListArn": arn}]})) == ["pl-1"]


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("eu-west-1a", "eu-west-1"),
        ("us-west-2-lax-1a", "us-west-2"),
        ("us-east-1-wl1-bos-wlz-1", "us-east-1"),
        ("us-gov-west-1b", "us-gov-west-1"),
    ],
)
def test_an_owner_and_a_zone_state_both(zone: str, region: str) -> None:
    raw = {"NetworkInterfaceId": "eni-1", "OwnerId": ACCOUNT, "AvailabilityZone": zone}
    assert ids(read({"NetworkInterfaces": [raw]})) == [f"{ACCOUNT}:{region}!eni-1"]


def test_an_owner_alone_does_not() -> None:
    raw = {"VpcId": "vpc-1", "OwnerId": ACCOUNT}
    assert ids(read({"Vpcs": [raw]})) == ["vpc-1"]


@pytest.mark.parametrize(
    "file",
    [
        f"dump/{ACCOUNT}/eu-west-1/vpcs.json",
        f"snapshot/aws_configs/accounts/{ACCOUNT}/eu-west-1/anything.json",
        f"{ACCOUNT}/eu-west-1/deeper/vpcs.json",
    ],
)
def test_the_folders_of_a_file_state_both(file: str) -> None:
    assert ids(read_files({file: {"Vpcs": [{"VpcId": "vpc-1"}]}})) == [f"{HERE}!vpc-1"]


@pytest.mark.parametrize(
    "file",
    [
        f"{ACCOUNT}/vpcs.json",
        f"eu-west-1/{ACCOUNT}/vpcs.json",
        f"{ACCOUNT}/eu-west-1",
        "12345/eu-west-1/vpcs.json",
        f"{ACCOUNT}/vpcs/eu-west-1.json",
    ],
)
def test_other_folders_state_nothing(file: str) -> None:
    assert ids(read_files({file: {"Vpcs": [{"VpcId": "vpc-1"}]}})) == ["vpc-1"]


def test_the_innermost_folders_decide() -> None:
    file = f"{OTHER}/us-east-1/{ACCOUNT}/eu-west-1/vpcs.json"
    assert ids(read_files({file: {"Vpcs": [{"VpcId": "vpc-1"}]}})) == [f"{HERE}!vpc-1"]


def test_what_the_object_states_goes_before_its_folder() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{OTHER}:subnet/subnet-1"
    raw = {"SubnetId": "subnet-1", "SubnetArn": arn}
    file = f"{ACCOUNT}/eu-west-1/subnets.json"
    assert ids(read_files({file: {"Subnets": [raw]}})) == [f"{OTHER}:eu-west-1!subnet-1"]


# --- where it was read ---------------------------------------------------------------------------


def first_origin(facts: Facts) -> Origin:
    return next(iter(facts.values())).origins[0]


def test_the_origin_is_the_pointer_and_the_call() -> None:
    origin = first_origin(read({"Vpcs": [{"VpcId": "vpc-1"}]}))
    assert origin == Origin("0.json", pointer="/Vpcs/0", via=("aws ec2 describe-vpcs",))


def test_the_pointer_goes_through_a_recording() -> None:
    facts = read({"status_code": 200, "data": {"Vpcs": [{"VpcId": "vpc-1"}]}})
    assert first_origin(facts).pointer == "/data/Vpcs/0"


def test_the_pointer_goes_through_a_reservation() -> None:
    facts = read({"Reservations": [{"Instances": []}, {"Instances": [{"InstanceId": "i-1"}]}]})
    assert first_origin(facts).pointer == "/Reservations/1/Instances/0"


def test_the_pointer_continues_the_one_given() -> None:
    intake = Intake()
    reader.read_answer({"Vpcs": [{"VpcId": "vpc-1"}]}, Origin("x.json", pointer="/3"), intake)
    assert first_origin(intake.facts()).pointer == "/3/Vpcs/0"


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("Vpcs", {"VpcId": "vpc-1", "Tags": [{"Key": "STACK", "Value": "network"}]}),
        (
            "NetworkInterfaces",
            {"NetworkInterfaceId": "eni-1", "TagSet": [{"Key": "STACK", "Value": "network"}]},
        ),
        ("cluster", {"name": "prod", "tags": {"STACK": "network"}}),
    ],
)
def test_the_chain_ends_with_the_stack_that_made_it(key: str, raw: Json) -> None:
    named = json.loads(json.dumps(raw).replace("STACK", "aws:cloudformation:stack-name"))
    assert first_origin(read(answer(key, named))).via[1:] == ("CloudFormation stack network",)


def test_an_object_read_twice_is_one_fact_with_two_origins() -> None:
    facts = read({"Vpcs": [{"VpcId": "vpc-1"}]}, {"Vpcs": [{"VpcId": "vpc-1"}]})
    assert origins(facts, "vpc-1") == ["0.json#/Vpcs/0", "1.json#/Vpcs/0"]
    assert facts.warnings == ()


# --- what a bad object costs ---------------------------------------------------------------------


def test_a_bad_object_costs_only_itself() -> None:
    facts = read({"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": 7}, {"VpcId": "vpc-3"}]})
    assert ids(facts) == ["vpc-1", "vpc-3"]


def test_its_gap_says_where_and_what() -> None:
    found = gap(read({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": 7}]}))
    assert found == Gap(
        "invalid-object",
        "fabric",
        "Vpcs vpc-1",
        "0.json#/Vpcs/0: `vpc-1` is not valid: Expected `str`, got `int` - at `$.CidrBlock`; "
        "correct it or read it again",
        origin=Origin("0.json", pointer="/Vpcs/0", via=("aws ec2 describe-vpcs",)),
        kind="Vpcs",
    )


def test_in_yaml_its_gap_has_line_and_pointer() -> None:
    intake = Intake()
    reader.read_answer({"Vpcs": [7]}, Origin("x.yaml", line=12), intake)
    assert gap(intake.facts()).needs.startswith("x.yaml:12#/Vpcs/0: ")


@pytest.mark.parametrize("value", [None, "text", 7, {"VpcId": "vpc-1"}])
def test_a_list_that_is_none_is_a_gap(value: object) -> None:
    found = gap(read({"Vpcs": value}))
    assert (found.object, "it is not a list" in found.needs) == ("Vpcs in 0.json", True)


@pytest.mark.parametrize("item", [None, "text", 7, [], True])
def test_an_item_that_is_no_object_is_a_gap(item: object) -> None:
    facts = read({"SecurityGroups": [item], "Reservations": [item], "SecurityGroupRules": [item]})
    assert {found.object for found in facts.gaps} == {
        "SecurityGroups 0.json#/SecurityGroups/0",
        "Instances 0.json#/Reservations/0",
        "SecurityGroupRules 0.json#/SecurityGroupRules/0",
    }


ADDRESSED: list[tuple[str, Json]] = [
    ("Vpcs", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/33"}),
    ("Subnets", {"SubnetId": "subnet-1", "CidrBlock": "10.0.0"}),
    (
        "RouteTables",
        {"RouteTableId": "rtb-1", "Routes": [{"DestinationCidrBlock": "anywhere"}]},
    ),
    (
        "NatGateways",
        {"NatGatewayId": "nat-1", "NatGatewayAddresses": [{"PublicIp": "203.0.113.0/24"}]},
    ),
    (
        "NetworkInterfaces",
        {
            "NetworkInterfaceId": "eni-1",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.256", "Primary": True}],
        },
    ),
    ("PrefixLists", {"PrefixListId": "pl-1", "Cidrs": ["10.0.0.0/8", "x"]}),
    ("cluster", {"name": "prod", "resourcesVpcConfig": {"publicAccessCidrs": ["office"]}}),
]


@pytest.mark.parametrize(("key", "raw"), ADDRESSED, ids=[o[0] for o in ADDRESSED])
def test_an_address_that_is_none_makes_the_object_bad(key: str, raw: Json) -> None:
    facts = read(answer(key, raw))
    assert (list(facts), gap(facts).code) == ([], "invalid-object")


EMPTY: list[tuple[str, Json]] = [
    ("Vpcs", {"VpcId": "vpc-1", "CidrBlockAssociationSet": [{"CidrBlock": ""}]}),
    ("Vpcs", {"VpcId": "vpc-1", "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": ""}]}),
    (
        "NetworkInterfaces",
        {"NetworkInterfaceId": "eni-1", "PrivateIpAddresses": [{"PrivateIpAddress": ""}]},
    ),
    ("NetworkInterfaces", {"NetworkInterfaceId": "eni-1", "Ipv4Prefixes": [{"Ipv4Prefix": ""}]}),
    ("NetworkInterfaces", {"NetworkInterfaceId": "eni-1", "Ipv6Addresses": [{"Ipv6Address": ""}]}),
    ("PrefixLists", {"PrefixListId": "pl-1", "Cidrs": [""]}),
    ("cluster", {"name": "prod", "resourcesVpcConfig": {"publicAccessCidrs": [""]}}),
]


@pytest.mark.parametrize(("key", "raw"), EMPTY)
def test_an_empty_address_where_there_must_be_one_makes_the_object_bad(key: str, raw: Json) -> None:
    facts = read(answer(key, raw))
    found = gap(facts)
    assert (list(facts), found.code, found.kind) == ([], "invalid-object", key)
    assert found.needs.startswith(f"0.json#/{key}")
    assert "is empty" in found.needs


def test_an_empty_entry_of_a_prefix_list_makes_it_bad() -> None:
    found = gap(read({"PrefixListId": "pl-12345678", "Entries": [{"Cidr": ""}]}))
    assert (found.code, found.object) == ("invalid-object", "PrefixLists pl-12345678")


def test_an_empty_address_where_there_need_be_none_is_absent() -> None:
    raw = {
        "NetworkInterfaceId": "eni-1",
        "PrivateIpAddress": "",
        "Association": {"PublicIp": ""},
        "PrivateIpAddresses": [
            {"PrivateIpAddress": "10.0.1.5", "Association": {"PublicIp": ""}},
        ],
    }
    facts = read({"NetworkInterfaces": [raw], "Subnets": [{"SubnetId": "s", "CidrBlock": ""}]})
    assert (ids(facts), facts.gaps) == (["eni-1", "s"], ())


def test_an_address_with_a_zone_is_none() -> None:
    raw = {"NetworkInterfaceId": "eni-1", "Ipv6Addresses": [{"Ipv6Address": "fe80::1%eth0"}]}
    assert gap(read({"NetworkInterfaces": [raw]})).code == "invalid-object"


def test_a_bad_address_is_quoted() -> None:
    found = gap(read({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/33"}]}))
    assert "`10.0.0.0/33` is not a CIDR block" in found.needs


def test_a_route_without_destination_makes_the_table_bad() -> None:
    facts = read({"RouteTables": [{"RouteTableId": "rtb-1", "Routes": [{"GatewayId": "igw-1"}]}]})
    assert (list(facts), "no destination" in gap(facts).needs) == ([], True)


ENTRY = {
    "RuleNumber": 100,
    "Protocol": "6",
    "RuleAction": "allow",
    "Egress": False,
    "CidrBlock": "0.0.0.0/0",
    "PortRange": {"From": 443, "To": 443},
}


def test_the_entries_of_an_acl_are_kept() -> None:
    acl = body(
        read({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [ENTRY]}]}), aws.NetworkAcl
    )
    assert acl.entries[0].port_range == aws.PortRange(443, 443)


@pytest.mark.parametrize(
    "change",
    [
        {"Protocol": "tcp"},
        {"Protocol": "256"},
        {"RuleAction": "maybe"},
        {"CidrBlock": ""},
        {"Ipv6CidrBlock": "::/0"},
    ],
)
def test_an_entry_that_says_nothing_clear_makes_the_acl_bad(change: Json) -> None:
    facts = read({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [ENTRY | change]}]})
    assert (list(facts), gap(facts).object) == ([], "NetworkAcls acl-1")


def test_a_nodegroup_of_no_cluster_is_bad() -> None:
    facts = read({"nodegroup": {"nodegroupName": "general", "clusterName": ""}})
    assert (list(facts), gap(facts).code) == ([], "invalid-object")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "GroupId IpPermissions IpPermissionsEgress IpRanges CidrIp IpProtocol InstanceId "
                "NetworkInterfaces Attachment Placement PrefixListId Entries Cidr Tags Key name "
                "resourcesVpcConfig configurationValues addonName clusterName status_code data "
                "Error Code VpcId State IsEgress FromPort ReferencedGroupInfo".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*sorted(reader.TOP_KEYS), "data", "Error"]), JSON))
def test_no_content_whatever_raises(document: Json) -> None:
    intake = Intake()
    reader.read_answer(document, Origin("x.json"), intake)
    reader.finish(intake)
    intake.facts()


# --- calls that failed, kinds that are not read --------------------------------------------------


def failed(code: str, message: str = "no", status: int = 400) -> Json:
    return {"status_code": status, "data": {"Error": {"Code": code, "Message": message}}}


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"]
)
def test_a_refused_call_is_a_gap(code: str) -> None:
    found = gap(read(failed(code, status=403)))
    assert (found.code, found.effect, found.object) == ("call-denied", "fabric", "0.json")
    assert found.kind == ""


@pytest.mark.parametrize(
    ("file", "message", "call", "kind"),
    [
        (
            "x.json",
            "not authorized to perform: ec2:DescribeVpcs on",
            "aws ec2 describe-vpcs",
            "Vpcs",
        ),
        (
            "x.json",
            "An error occurred when calling the DescribeRouteTables operation: no",
            "aws ec2 describe-route-tables",
            "RouteTables",
        ),
        ("x.json", "to perform: eks:DescribeAddon", "aws eks describe-addon", "addon"),
        ("a/describe-subnets.json", "no", "aws ec2 describe-subnets", "Subnets"),
        ("DescribeSubnets.json", "no", "aws ec2 describe-subnets", "Subnets"),
        ("describe-instances.json", "no", "aws ec2 describe-instances", "Instances"),
        (
            "get-managed-prefix-list-entries-pl-1.json",
            "no",
            "aws ec2 get-managed-prefix-list-entries",
            "PrefixLists",
        ),
        (
            "elb-describe-load-balancers.json",
            "to perform: elasticloadbalancing:DescribeLoadBalancers",
            "aws elb describe-load-balancers",
            "LoadBalancerDescriptions",
        ),
        (
            "x.json",
            "to perform: elasticloadbalancing:DescribeLoadBalancers",
            "aws elbv2 describe-load-balancers",
            "LoadBalancers",
        ),
        ("x.json", "to perform: ec2:DescribeTransitGateways", "ec2:DescribeTransitGateways", ""),
    ],
)
def test_a_refused_call_is_named_where_something_tells_it(
    file: str, message: str, call: str, kind: str
) -> None:
    for code in ("UnauthorizedOperation", "Throttling"):
        found = gap(read_files({file: failed(code, message)}))
        assert (found.object, found.kind) == (f"{call} in {file}", kind)


def test_the_gap_names_the_permission() -> None:
    message = "User: someone is not authorized to perform: eks:DescribeAddon on resource: x"
    assert "allow `eks:DescribeAddon`" in gap(read(failed("AccessDeniedException", message))).needs


def test_any_other_failure_is_a_gap_too() -> None:
    found = gap(read(failed("ResourceNotFoundException", "No cluster\nfound for name: prod.", 404)))
    assert found.code == "call-failed"
    assert "ResourceNotFoundException: No cluster found for name: prod." in found.needs


def test_a_failure_without_words_is_told_by_its_status() -> None:
    assert gap(read({"status_code": 500, "data": {"ResponseMetadata": {}}})).code == "call-failed"
    assert gap(read({"status_code": 403, "data": {"ResponseMetadata": {}}})).code == "call-denied"


def test_a_failure_is_known_without_its_status() -> None:
    assert gap(read({"Error": {"Code": "Throttling", "Message": "slow"}})).code == "call-failed"


@pytest.mark.parametrize(
    "key",
    "TransitGateways TransitGatewayVpcAttachments VpnGateways "
    "Firewalls TargetGroups Listeners LoadBalancerListeners TargetHealthDescriptions "
    "VpcBlockPublicAccessOptions fargateProfile Addresses SecurityGroupVpcAssociations "
    "DBInstances".split(),
)
def test_a_kind_that_moves_traffic_and_is_not_read_is_a_gap(key: str) -> None:
    found = gap(read({key: [{"some": "thing"}]}))
    assert (found.code, found.effect, found.object) == (
        "kind-not-read",
        "fabric",
        f"{key} in 0.json",
    )


def test_an_empty_answer_about_such_a_kind_is_no_gap() -> None:
    assert read({"TransitGateways": []}).gaps == ()


# --- security groups -----------------------------------------------------------------------------


def group(
    *ingress: Json, egress: tuple[Json, ...] = (), name: str = "sg-1", **more: object
) -> Json:
    return {
        "GroupId": name,
        "IpPermissions": list(ingress),
        "IpPermissionsEgress": list(egress),
        **more,
    }


def tcp(port: int, *cidrs: str, description: str = "") -> Json:
    ranges = [
        {"CidrIp": cidr, **({"Description": description} if description else {})} for cidr in cidrs
    ]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}


def rule_ids(facts: Facts) -> list[str]:
    return [str(key) for key, _ in facts.of(aws.SecurityGroupRule)]


def rules_of(*permissions: Json) -> list[str]:
    """The canonical rules of a group with these ingress permissions."""
    facts = read({"SecurityGroups": [group(*permissions)]})
    assert facts.gaps == ()
    return [rule.text for rule in bodies(facts, aws.SecurityGroupRule)]


def test_each_source_is_a_rule_of_its_own() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "203.0.113.0/24"}, {"CidrIp": "198.51.100.0/24"}],
        "Ipv6Ranges": [{"CidrIpv6": "2001:DB8::/32"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": ACCOUNT}],
    }
    assert rules_of(permission) == [
        "ingress:tcp/443:198.51.100.0/24",
        "ingress:tcp/443:2001:db8::/32",
        "ingress:tcp/443:203.0.113.0/24",
        "ingress:tcp/443:pl-1",
        "ingress:tcp/443:sg-2",
    ]


def test_the_id_of_a_rule_is_its_group_and_its_text() -> None:
    facts = read({"SecurityGroups": [group(tcp(22, "0.0.0.0/0"))]})
    assert rule_ids(facts) == ["sg-1:ingress:tcp/22:0.0.0.0/0"]
    assert Key("", "sgrule", "sg-1:ingress:tcp/22:0.0.0.0/0") in facts


def test_a_rule_has_the_scope_of_its_group() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1"
    facts = read({"SecurityGroups": [group(tcp(22, "0.0.0.0/0"), SecurityGroupArn=arn)]})
    assert rule_ids(facts) == [f"{HERE}!sg-1:ingress:tcp/22:0.0.0.0/0"]


def test_the_direction_is_that_of_the_list() -> None:
    facts = read({"SecurityGroups": [group(egress=(tcp(443, "0.0.0.0/0"),))]})
    assert rule_ids(facts) == ["sg-1:egress:tcp/443:0.0.0.0/0"]


def test_the_origin_of_a_rule_is_its_source() -> None:
    facts = read({"SecurityGroups": [group(), group(tcp(22, "192.0.2.1/32", "192.0.2.2/32"))]})
    assert origins(facts, "sg-1:ingress:tcp/22:192.0.2.2/32") == [
        "0.json#/SecurityGroups/1/IpPermissions/0/IpRanges/1"
    ]


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("203.0.113.9/24", "203.0.113.0/24"),
        ("208.236.235.254/0", "0.0.0.0/0"),
        ("192.0.2.1", "192.0.2.1/32"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
    ],
)
def test_host_bits_are_cleared(given: str, canonical: str) -> None:
    assert rules_of(tcp(22, given)) == [f"ingress:tcp/22:{canonical}"]


@pytest.mark.parametrize(
    ("given", "ports"),
    [
        ({"IpProtocol": "-1"}, "all"),
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, "all"),
        ({"IpProtocol": "all"}, "all"),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, "tcp/0-65535"),
        ({"IpProtocol": "tcp"}, "tcp/0-65535"),
        ({"IpProtocol": "udp", "FromPort": -1, "ToPort": -1}, "udp/0-65535"),
        ({"IpProtocol": "TCP", "FromPort": 22, "ToPort": 22}, "tcp/22"),
        ({"IpProtocol": "6", "FromPort": 22, "ToPort": 23}, "tcp/22-23"),
        ({"IpProtocol": "17", "FromPort": 53, "ToPort": 53}, "udp/53"),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, "icmp"),
        ({"IpProtocol": "icmp"}, "icmp"),
        ({"IpProtocol": "1", "FromPort": 8, "ToPort": -1}, "icmp/8"),
        ({"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4}, "icmp/3/4"),
        ({"IpProtocol": "58", "FromPort": -1, "ToPort": -1}, "icmpv6"),
        ({"IpProtocol": "47", "FromPort": 1, "ToPort": 2}, "proto/47"),
        ({"IpProtocol": "sctp", "FromPort": 80, "ToPort": 80}, "proto/132"),
    ],
)
def test_protocols_and_ports_have_one_spelling(given: Json, ports: str) -> None:
    assert rules_of({**given, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}) == [
        f"ingress:{ports}:0.0.0.0/0"
    ]


def test_a_protocol_without_ports_has_minus_one_for_both() -> None:
    facts = read(
        {"SecurityGroups": [group({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "::/0"}]})]}
    )
    rule = body(facts, aws.SecurityGroupRule)
    assert (rule.protocol, rule.from_port, rule.to_port) == ("-1", -1, -1)


def test_a_group_of_another_account_keeps_its_account_and_peering() -> None:
    pair = {"GroupId": "sg-2", "UserId": OTHER, "VpcPeeringConnectionId": "pcx-1"}
    facts = read({"SecurityGroups": [group({"IpProtocol": "-1", "UserIdGroupPairs": [pair]})]})
    rule = body(facts, aws.SecurityGroupRule)
    assert (rule.peer, rule.peer_account, rule.peering) == ("sg-2", OTHER, "pcx-1")


def test_either_answer_tells_what_became_of_a_peering() -> None:
    pair = {"GroupId": "sg-2", "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "deleted"}
    folded = {"SecurityGroups": [group({"IpProtocol": "-1", "UserIdGroupPairs": [pair]})]}
    listed = {
        "SecurityGroupRules": [
            {
                "SecurityGroupRuleId": "sgr-1",
                "GroupId": "sg-1",
                "IsEgress": False,
                "IpProtocol": "-1",
                "FromPort": -1,
                "ToPort": -1,
                "ReferencedGroupInfo": pair,
            }
        ]
    }

    for answer in (folded, listed):
        rule = body(read(answer), aws.SecurityGroupRule)
        assert (rule.peering, rule.peering_status) == ("pcx-1", "deleted")


def test_a_permission_without_sources_is_no_rule() -> None:
    assert rules_of({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": []}) == []


def gaps_by_code(facts: Facts) -> dict[str, Gap]:
    return {found.code: found for found in facts.gaps}


BAD_PERMISSIONS: list[tuple[str, Json, str]] = [
    ("cidr", tcp(22, "10.0.0.300/8"), "`10.0.0.300/8` is not a CIDR block"),
    ("no cidr", {"IpProtocol": "-1", "IpRanges": [{"Description": "x"}]}, "missing required"),
    ("ports", tcp(70000, "0.0.0.0/0"), "is not a range of ports"),
    ("no protocol", {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "missing required"),
    ("protocol", {"IpProtocol": "carrier-pigeon"}, "`carrier-pigeon` is not a protocol"),
    ("type", {"IpProtocol": "icmp", "FromPort": 300, "ToPort": 0}, "not an ICMP type"),
    ("group", {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupName": "x"}]}, "security group"),
    ("list", {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "sg-1"}]}, "prefix list"),
    ("sources", {"IpProtocol": "-1", "IpRanges": {"CidrIp": "0.0.0.0/0"}}, "is not a list"),
]


@pytest.mark.parametrize(
    ("bad", "words"), [b[1:] for b in BAD_PERMISSIONS], ids=[b[0] for b in BAD_PERMISSIONS]
)
def test_a_bad_rule_costs_only_itself_and_leaves_the_rest_unknown(bad: Json, words: str) -> None:
    facts = read({"SecurityGroups": [group(bad, tcp(443, "0.0.0.0/0"))]})
    assert rule_ids(facts) == ["sg-1:ingress:tcp/443:0.0.0.0/0"]
    found = gaps_by_code(facts)
    assert set(found) == {"invalid-object", "rules-not-read"}
    assert found["invalid-object"].object == "SecurityGroups sg-1"
    assert found["rules-not-read"].object == "sg-1"
    assert words in found["invalid-object"].needs


@pytest.mark.parametrize("permission", ["text", 7, None, []])
def test_a_permission_that_is_no_object_is_a_gap(permission: Any) -> None:
    facts = read({"SecurityGroups": [group(permission)]})
    assert set(gaps_by_code(facts)) == {"invalid-object", "rules-not-read"}


@pytest.mark.parametrize("missing", ["IpPermissions", "IpPermissionsEgress"])
def test_a_group_whose_answer_leaves_out_rules_is_a_gap(missing: str) -> None:
    raw = {key: value for key, value in group().items() if key != missing}
    found = gap(read({"SecurityGroups": [raw]}))
    assert (found.code, found.effect, found.object) == ("rules-not-read", "fabric", "sg-1")


def test_an_empty_list_of_rules_is_an_answer() -> None:
    assert read({"SecurityGroups": [group()]}).gaps == ()


# --- rules told by the other call ----------------------------------------------------------------


def listed(group_id: str = "sg-1", **more: object) -> Json:
    return {
        "SecurityGroupRuleId": "sgr-1",
        "GroupId": group_id,
        "GroupOwnerId": ACCOUNT,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "CidrIpv4": "0.0.0.0/0",
        "Tags": [],
        **more,
    }


def test_a_listed_rule_has_its_id_and_tags() -> None:
    tags = [{"Key": "Name", "Value": "tmp"}]
    facts = read({"SecurityGroupRules": [listed(Tags=tags, Description="for a day")]})
    rule = body(facts, aws.SecurityGroupRule)
    assert (rule.rule_id, rule.tags, rule.description) == (
        "sgr-1",
        (aws.Tag("Name", "tmp"),),
        "for a day",
    )


@pytest.mark.parametrize(
    ("source", "peer"),
    [
        ({"CidrIpv4": "203.0.113.9/24"}, "203.0.113.0/24"),
        ({"CidrIpv4": None, "CidrIpv6": "::/0"}, "::/0"),
        ({"CidrIpv4": None, "PrefixListId": "pl-1"}, "pl-1"),
        ({"CidrIpv4": None, "ReferencedGroupInfo": {"GroupId": "sg-2", "UserId": OTHER}}, "sg-2"),
    ],
)
def test_a_listed_rule_has_the_same_key_as_a_permission(source: Json, peer: str) -> None:
    facts = read({"SecurityGroupRules": [listed(**source)]})
    assert rule_ids(facts) == [f"sg-1:ingress:tcp/22:{peer}"]


def test_one_rule_told_by_both_calls_is_one_fact() -> None:
    facts = read(
        {"SecurityGroups": [group(tcp(22, "0.0.0.0/0", description="ssh for all"))]},
        {"SecurityGroupRules": [listed()]},
    )
    rule = body(facts, aws.SecurityGroupRule)
    assert (rule.description, rule.rule_id) == ("ssh for all", "sgr-1")
    assert origins(facts, "sg-1:ingress:tcp/22:0.0.0.0/0") == [
        "0.json#/SecurityGroups/0/IpPermissions/0/IpRanges/0",
        "1.json#/SecurityGroupRules/0",
    ]
    assert (facts.gaps, facts.warnings) == ((), ())


def test_the_two_calls_never_contradict_each_other() -> None:
    facts = read(
        {"SecurityGroups": [group(tcp(22, "0.0.0.0/0", description="older words"))]},
        {"SecurityGroupRules": [listed(Description="newer words")]},
    )
    assert body(facts, aws.SecurityGroupRule).description == "newer words"
    assert (facts.warnings, facts.assumes) == ((), ())


@pytest.mark.parametrize("group_first", [True, False])
def test_a_listed_rule_takes_the_scope_of_its_group_in_either_order(group_first: bool) -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1"
    documents = [
        {"SecurityGroups": [group(SecurityGroupArn=arn)]},
        {"SecurityGroupRules": [listed()]},
    ]
    facts = read(*(documents if group_first else reversed(documents)))
    assert rule_ids(facts) == [f"{HERE}!sg-1:ingress:tcp/22:0.0.0.0/0"]


def test_its_own_arn_does_not_go_before_that() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group-rule/sgr-1"
    facts = read(
        {"SecurityGroups": [group()]}, {"SecurityGroupRules": [listed(SecurityGroupRuleArn=arn)]}
    )
    assert rule_ids(facts) == ["sg-1:ingress:tcp/22:0.0.0.0/0"]


def test_a_group_known_only_by_its_rules_is_a_fact() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group-rule/sgr-1"
    facts = read({"SecurityGroupRules": [listed(SecurityGroupRuleArn=arn)]})
    assert ids(facts) == [f"{HERE}!sg-1", f"{HERE}!sg-1:ingress:tcp/22:0.0.0.0/0"]


def test_listed_rules_answer_for_a_group_without_permissions() -> None:
    facts = read({"SecurityGroups": [{"GroupId": "sg-1"}]}, {"SecurityGroupRules": [listed()]})
    assert facts.gaps == ()


def test_listed_rules_answer_only_for_the_groups_they_name() -> None:
    facts = read(
        {"SecurityGroups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]},
        {"SecurityGroupRules": [listed("sg-1")]},
    )
    assert gap(facts).object == "sg-2"


def test_a_group_whose_rules_may_go_on_on_a_further_page_is_a_gap() -> None:
    facts = read({"SecurityGroupRules": [listed()], "NextToken": "abc"})
    found = gaps_by_code(facts)
    assert set(found) == {"further-pages", "rules-not-read"}
    assert found["rules-not-read"].object == "sg-1"


def test_a_group_told_in_whole_needs_no_further_pages_of_rules() -> None:
    page = {"SecurityGroupRules": [listed()], "NextToken": "abc"}
    assert set(gaps_by_code(read(page, {"SecurityGroups": [group()]}))) == {"further-pages"}


@pytest.mark.parametrize(
    "change",
    [
        {"CidrIpv4": "x"},
        {"CidrIpv4": None},
        {"CidrIpv6": "::/0"},
        {"IsEgress": None},
        {"IpProtocol": "x"},
        {"FromPort": 9, "ToPort": 8},
    ],
)
def test_a_bad_listed_rule_leaves_its_group_unknown(change: Json) -> None:
    facts = read({"SecurityGroupRules": [listed(**change)]})
    assert {code: found.object for code, found in gaps_by_code(facts).items()} == {
        "invalid-object": "SecurityGroupRules sg-1",
        "rules-not-read": "sg-1",
    }


def test_good_rules_beside_a_bad_one_do_not_make_the_group_known() -> None:
    facts = read({"SecurityGroupRules": [listed(), listed(CidrIpv4="x")]})
    assert len(rule_ids(facts)) == 1
    assert gaps_by_code(facts)["rules-not-read"].object == "sg-1"


def test_permissions_read_in_full_make_up_for_a_bad_listed_rule() -> None:
    facts = read({"SecurityGroups": [group()]}, {"SecurityGroupRules": [listed(CidrIpv4="x")]})
    assert set(gaps_by_code(facts)) == {"invalid-object"}


def test_two_sets_of_rules_of_one_group_are_used_together_and_said() -> None:
    facts = read(
        {"SecurityGroups": [group(tcp(22, "0.0.0.0/0"))]},
        {"SecurityGroups": [group(tcp(443, "0.0.0.0/0"))]},
    )
    assert len(rule_ids(facts)) == 2
    assert [warning.message for warning in facts.warnings] == [
        "`sg-1` has other rules here than in 0.json#/SecurityGroups/0; the rules of both are used"
    ]
    assert facts.assumes == ("`sg-1` is read with 2 sets of rules, all of which are used",)


def test_the_order_of_files_does_not_matter() -> None:
    files: dict[str, Json] = {
        "groups.json": {"SecurityGroups": [group(tcp(22, "0.0.0.0/0", description="a"))]},
        "rules.json": {"SecurityGroupRules": [listed(Description="b")]},
        "more.json": {"SecurityGroups": [group(tcp(80, "0.0.0.0/0"))]},
        "list.json": {"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "office"}]},
        "entries.json": {"PrefixListId": "pl-1", "Entries": [{"Cidr": "192.0.2.0/24"}]},
    }
    seen = [read_files(dict(order)) for order in itertools.permutations(files.items())]
    first = seen[0]
    for facts in seen[1:]:
        assert list(facts.values()) == list(first.values())
        assert (facts.gaps, facts.warnings, facts.assumes) == (
            first.gaps,
            first.warnings,
            first.assumes,
        )


# --- prefix lists --------------------------------------------------------------------------------

ENTRIES: Json = {"PrefixListId": "pl-1", "Entries": [{"Cidr": "192.0.2.0/24", "Description": "hq"}]}
LIST: Json = {"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "office"}]}


def test_a_list_without_its_entries_says_so() -> None:
    assert body(read(LIST), aws.PrefixList).entries is None


def test_a_list_and_its_entries_are_one_fact() -> None:
    facts = read(LIST, ENTRIES)
    found = body(facts, aws.PrefixList)
    assert (found.prefix_list_name, found.entries) == (
        "office",
        (aws.PrefixListEntry("192.0.2.0/24", "hq"),),
    )
    assert origins(facts, "pl-1") == ["0.json#/PrefixLists/0", "1.json#/Entries"]
    assert (facts.warnings, facts.assumes) == ((), ())


def test_entries_without_their_list_are_a_fact() -> None:
    assert len(body(read(ENTRIES), aws.PrefixList).entries) == 1


def test_no_entries_are_an_answer() -> None:
    assert body(read(LIST, {**ENTRIES, "Entries": []}), aws.PrefixList).entries == ()


def test_an_empty_list_says_more_than_none() -> None:
    versions = [aws.PrefixList("pl-1", cidrs=()), aws.PrefixList("pl-1", entries=())]
    assert complement(versions) == aws.PrefixList("pl-1", cidrs=(), entries=())


def test_entries_take_the_scope_of_their_list() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:prefix-list/pl-1"
    named = {"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListArn": arn}]}
    assert ids(read(ENTRIES, named)) == [f"{HERE}!pl-1"]


def test_the_name_of_a_file_may_say_whose_entries_it_holds() -> None:
    file = "aws/get-managed-prefix-list-entries-pl-0123456789abcdef0.json"
    facts = read_files({file: {"Entries": [{"Cidr": "192.0.2.0/24"}]}})
    assert ids(facts) == ["pl-0123456789abcdef0"]


def test_entries_of_nobody_are_a_gap() -> None:
    facts = read({"Entries": [{"Cidr": "192.0.2.0/24"}]})
    assert (list(facts), gap(facts).code, gap(facts).effect) == (
        [],
        "prefix-list-unnamed",
        "fabric",
    )


def test_one_bad_entry_leaves_the_list_unknown() -> None:
    facts = read(
        LIST, {"PrefixListId": "pl-1", "Entries": [{"Cidr": "192.0.2.0/24"}, {"Cidr": "x"}]}
    )
    assert body(facts, aws.PrefixList).entries is None
    assert gap(facts).object == "PrefixLists pl-1"


def test_the_older_call_tells_the_blocks_of_amazons_lists() -> None:
    raw = {"PrefixListId": "pl-1", "PrefixListName": "s3", "Cidrs": ["192.0.2.0/24"]}
    facts = read({"PrefixLists": [raw]})
    assert body(facts, aws.PrefixList).cidrs == ("192.0.2.0/24",)
    assert first_origin(facts).via == ("aws ec2 describe-prefix-lists",)


def test_both_calls_about_one_list_complement_each_other() -> None:
    facts = read(LIST, {"PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": ["192.0.2.0/24"]}]})
    found = body(facts, aws.PrefixList)
    assert (found.prefix_list_name, found.cidrs) == ("office", ("192.0.2.0/24",))
    assert facts.warnings == ()


def test_entries_told_differently_are_used_together_and_said() -> None:
    other = {"PrefixListId": "pl-1", "Entries": [{"Cidr": "198.51.100.0/24"}]}
    facts = read(ENTRIES, other)
    assert len(body(facts, aws.PrefixList).entries) == 2
    assert (len(facts.warnings), len(facts.assumes)) == (1, 1)


# --- instances -----------------------------------------------------------------------------------


def instance(*interfaces: Any, **more: object) -> Json:
    return {
        "InstanceId": "i-1",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "nodes"}],
        "Placement": {"AvailabilityZone": "eu-west-1a"},
        "State": {"Code": 16, "Name": "running"},
        "NetworkInterfaces": list(interfaces),
        **more,
    }


INTERFACE: Json = {
    "NetworkInterfaceId": "eni-1",
    "OwnerId": ACCOUNT,
    "PrivateIpAddress": "10.0.0.5",
    "Attachment": {"DeviceIndex": 0, "Status": "attached"},
}


def test_the_interface_of_an_instance_is_a_fact() -> None:
    facts = read({"Reservations": [{"Instances": [instance(INTERFACE)]}]})
    found = body(facts, aws.NetworkInterface)
    assert (found.vpc_id, found.subnet_id, found.availability_zone) == (
        "vpc-1",
        "subnet-1",
        "eu-west-1a",
    )
    assert found.groups == (aws.GroupIdentifier("sg-1", "nodes"),)
    assert found.attachment == aws.Attachment("i-1", 0, status="attached")


def test_it_has_the_scope_that_its_own_answer_would_give() -> None:
    facts = read({"Instances": [instance(INTERFACE)]})
    assert ids(facts) == ["i-1", f"{HERE}!eni-1"]


def test_what_the_interface_says_itself_is_kept() -> None:
    own = {**INTERFACE, "SubnetId": "subnet-2", "Groups": [{"GroupId": "sg-2"}]}
    found = body(read({"Instances": [instance(own)]}), aws.NetworkInterface)
    assert (found.subnet_id, found.groups) == ("subnet-2", (aws.GroupIdentifier("sg-2"),))


def test_the_only_interface_has_the_place_of_its_instance() -> None:
    facts = read({"Instances": [instance({"NetworkInterfaceId": "eni-1"})]})
    found = body(facts, aws.NetworkInterface)
    assert (found.subnet_id, found.attachment) == ("subnet-1", aws.Attachment("i-1"))


def test_a_second_interface_does_not_get_the_place_of_the_first() -> None:
    second = {"NetworkInterfaceId": "eni-2", "Attachment": {"DeviceIndex": 1}}
    facts = read({"Instances": [instance({**INTERFACE, "OwnerId": ""}, second)]})
    found = facts[Key("", "eni", "eni-2")].body
    assert isinstance(found, aws.NetworkInterface)
    assert (found.vpc_id, found.subnet_id, found.groups) == ("vpc-1", "", None)


@pytest.mark.parametrize("instances_first", [True, False])
def test_an_answer_of_its_own_wins(instances_first: bool) -> None:
    own = {
        "NetworkInterfaceId": "eni-1",
        "OwnerId": ACCOUNT,
        "AvailabilityZone": "eu-west-1a",
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.0.16/28"}],
    }
    documents = [{"Instances": [instance(INTERFACE)]}, {"NetworkInterfaces": [own]}]
    facts = read(*(documents if instances_first else reversed(documents)))
    assert body(facts, aws.NetworkInterface).ipv4_prefixes == (aws.Ipv4Prefix("10.0.0.16/28"),)
    assert facts.warnings == ()


def test_it_wins_though_it_does_not_state_its_account() -> None:
    own = {"NetworkInterfaceId": "eni-1", "Description": "own"}
    facts = read({"Instances": [instance(INTERFACE)]}, {"NetworkInterfaces": [own]})
    assert body(facts, aws.NetworkInterface).description == "own"


def test_a_terminated_instance_is_left_out_with_its_interfaces() -> None:
    intake = Intake()
    gone = instance(INTERFACE, State={"Code": 48, "Name": "terminated"})
    reader.read_answer({"Instances": [gone]}, Origin("x.json"), intake)
    reader.finish(intake)
    assert (list(intake.facts()), dict(intake.left_out)) == ([], {"terminated instances": 1})


def test_a_stopped_instance_is_kept() -> None:
    facts = read({"Instances": [instance(State={"Code": 80, "Name": "stopped"})]})
    assert body(facts, aws.Instance).state == aws.InstanceState("stopped")


@pytest.mark.parametrize("bad", [7, {"PrivateIpAddress": "10.0.0.5"}, {"NetworkInterfaceId": 7}])
def test_a_bad_interface_does_not_cost_the_instance(bad: Any) -> None:
    facts = read({"Instances": [instance(bad)]})
    assert (ids(facts), gap(facts).code) == (["i-1"], "invalid-object")


# --- EKS -----------------------------------------------------------------------------------------


def settings(configuration: object) -> dict[str, str]:
    """What is kept of an add-on's configuration."""
    facts = read({"addon": addon(configuration)})
    assert facts.gaps == ()
    found: dict[str, str] = body(facts, aws.Addon).settings
    return found


def addon(configuration: object) -> Json:
    return {"addonName": "vpc-cni", "clusterName": "prod", "configurationValues": configuration}


def test_a_cluster_keeps_its_endpoint_and_network() -> None:
    raw = {
        "name": "prod",
        "createdAt": DATETIME,
        "resourcesVpcConfig": {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["203.0.113.0/24"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "computeConfig": {"enabled": True, "nodePools": ["system"]},
        "accessConfig": {
            "authenticationMode": "API_AND_CONFIG_MAP",
            "bootstrapClusterCreatorAdminPermissions": True,
        },
    }
    cluster = body(read({"cluster": raw}), aws.Cluster)
    assert cluster.resources_vpc_config == aws.VpcConfig(
        endpoint_public_access=True,
        endpoint_private_access=False,
        public_access_cidrs=("203.0.113.0/24",),
    )
    assert cluster.kubernetes_network_config.service_ipv4_cidr == "172.20.0.0/16"
    assert cluster.compute_config == aws.ComputeConfig(enabled=True, node_pools=("system",))
    assert cluster.access_config == aws.AccessConfig("API_AND_CONFIG_MAP")


@pytest.mark.parametrize(
    "text",
    [
        '{"enableNetworkPolicy":"true","env":{"ENABLE_POD_ENI":"true"}}',
        '{"enableNetworkPolicy": true, "env": {"ENABLE_POD_ENI": true}}',
        "enableNetworkPolicy: 'True'\nenv:\n  ENABLE_POD_ENI: yes\n",
        "{enableNetworkPolicy: true, env: {ENABLE_POD_ENI: true}}",
    ],
    ids=["quoted JSON", "JSON", "YAML", "flow YAML"],
)
def test_the_switches_of_an_addon_are_kept_in_one_spelling(text: str) -> None:
    assert settings(text) == {"enableNetworkPolicy": "true", "env.ENABLE_POD_ENI": "true"}


def test_the_node_agent_has_switches_too() -> None:
    text = (
        '{"nodeAgent": {"enabled": false, "enablePolicyEventLogs": "true", "image": {"tag": "x"}}}'
    )
    assert settings(text) == {
        "nodeAgent.enabled": "false",
        "nodeAgent.enablePolicyEventLogs": "true",
    }


def test_the_environment_is_kept_by_name() -> None:
    env = {
        "NETWORK_POLICY_ENFORCING_MODE": "strict",
        "AWS_VPC_K8S_CNI_EXTERNALSNAT": "false",
        "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS": "10.0.0.0/8,192.168.0.0/16",
        "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
        "POD_SECURITY_GROUP_ENFORCING_MODE": "standard",
        "ENABLE_PREFIX_DELEGATION": "true",
    }
    assert settings(json.dumps({"env": env})) == {f"env.{name}": env[name] for name in env}


def test_nothing_else_of_a_configuration_is_kept() -> None:
    secret = {"env": {"PASSWORD": "hunter2"}, "enableNetworkPolicy": "true", "token": "hunter2"}
    facts = read({"addon": {**addon(json.dumps(secret)), "settings": {"token": "hunter2"}}})
    assert body(facts, aws.Addon).settings == {"enableNetworkPolicy": "true"}


@pytest.mark.parametrize("nothing", ["", "{}", None, "env:\n"])
def test_no_configuration_is_no_switch(nothing: object) -> None:
    assert settings(nothing) == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"enableNetworkPolicy": "hunter2',
        "a: b: hunter2",
        "- hunter2",
        "hunter2",
        '{"env": ["hunter2"]}',
        '{"enableNetworkPolicy": {"hunter2": 1}}',
        7,
        {"enableNetworkPolicy": "true"},
    ],
)
def test_a_configuration_that_cannot_be_read_is_a_gap_without_its_text(text: object) -> None:
    facts = read({"addon": addon(text)})
    found = gap(facts)
    assert (list(facts), found.code, found.object) == ([], "invalid-object", "addon vpc-cni")
    assert "hunter2" not in found.needs


def test_excluded_blocks_that_are_none_are_a_gap() -> None:
    text = '{"env": {"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS": "10.0.0.0/8,office"}}'
    assert "`office` is not a CIDR block" in gap(read({"addon": addon(text)})).needs
