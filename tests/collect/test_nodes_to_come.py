"""What nodes are made from, and what says how they are watched: answers and manifests → facts."""

from typing import Any

import msgspec
import pytest

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts
from tests.collect.test_aws_answers import body, gap, ids, read
from tests.support import facts_of

USER_DATA = "cGFzc3dvcmQ9aHVudGVyMg=="
NLB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/web/50dc6c495c0c9188"
TEMPLATE: dict[str, Any] = {
    "LaunchTemplateId": "lt-0a1",
    "LaunchTemplateName": "workers",
    "VersionNumber": 3,
    "CreateTime": "2025-01-15T08:58:40+00:00",
    "CreatedBy": "arn:aws:iam::111122223333:role/ops",
    "DefaultVersion": True,
    "LaunchTemplateData": {
        "ImageId": "ami-0a1",
        "UserData": USER_DATA,
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": ["sg-0a1"]}
        ],
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "HttpEndpoint": "enabled",
        },
    },
}


def text_of(facts: Facts) -> str:
    """Everything that the facts hold, as text."""
    return b"".join(msgspec.json.encode(fact) for fact in facts.values()).decode()


# --- AWS answers ---------------------------------------------------------------------------------


def test_a_version_of_a_launch_template_keeps_addresses_and_metadata() -> None:
    facts = read({"LaunchTemplateVersions": [TEMPLATE]})
    version = body(facts, aws.LaunchTemplateVersion)
    assert ids(facts) == ["ltversion/lt-0a1/3"]
    assert (version.launch_template_name, version.default_version) == ("workers", True)
    assert version.launch_template_data == aws.LaunchTemplateData(
        network_interfaces=(aws.TemplateInterface(0, True),),
        metadata_options=aws.MetadataOptions("enabled", "required", 2),
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"LaunchTemplateVersions": [TEMPLATE]},
        {"LaunchConfigurations": [{"LaunchConfigurationName": "old", "UserData": USER_DATA}]},
    ],
)
def test_what_instances_run_when_they_start_is_never_a_fact(answer: dict[str, Any]) -> None:
    facts = read(answer)
    assert len(facts) == 1
    assert USER_DATA not in text_of(facts)


def test_what_the_collecting_script_leaves_as_null_is_not_said() -> None:
    data = {"NetworkInterfaces": None, "MetadataOptions": None}
    raw = {**TEMPLATE, "LaunchTemplateName": None, "LaunchTemplateData": data}
    version = body(read({"LaunchTemplateVersions": [raw]}), aws.LaunchTemplateVersion)
    assert version.launch_template_data == aws.LaunchTemplateData()


def test_a_version_without_a_number_costs_only_itself_and_moves_no_path() -> None:
    bad = {"LaunchTemplateId": "lt-0b1", "LaunchTemplateData": {}}
    facts = read({"LaunchTemplateVersions": [bad, TEMPLATE]})
    found = gap(facts)
    assert ids(facts) == ["ltversion/lt-0a1/3"]
    assert (found.code, found.effect, found.kind) == (
        "invalid-object",
        "input",
        "LaunchTemplateVersions",
    )


def test_a_template_keeps_its_own_tags() -> None:
    raw = {"LaunchTemplateId": "lt-0a1", "Tags": [{"Key": "owner", "Value": "shop"}]}
    facts = read({"LaunchTemplates": [raw]})
    assert ids(facts) == ["lt-0a1"]
    assert body(facts, aws.LaunchTemplate).tags == (aws.Tag("owner", "shop"),)


def test_a_launch_configuration() -> None:
    raw = {
        "LaunchConfigurationName": "workers",
        "LaunchConfigurationARN": "arn:aws:autoscaling:eu-west-1:111122223333:"
        "launchConfiguration:0a1:launchConfigurationName/workers",
        "AssociatePublicIpAddress": True,
        "MetadataOptions": {"HttpPutResponseHopLimit": 1},
    }
    facts = read({"LaunchConfigurations": [raw]})
    found = body(facts, aws.LaunchConfiguration)
    assert ids(facts) == ["111122223333:eu-west-1!launchconfiguration/workers"]
    assert found.associate_public_ip_address is True
    assert found.metadata_options.http_put_response_hop_limit == 1


def test_an_auto_scaling_group_and_its_templates() -> None:
    named = {"LaunchTemplateId": "lt-0a1", "Version": "$Latest"}
    raw = {
        "AutoScalingGroupName": "workers",
        "AutoScalingGroupARN": "arn:aws:autoscaling:eu-west-1:111122223333:"
        "autoScalingGroup:0a1:autoScalingGroupName/workers",
        "MixedInstancesPolicy": {
            "LaunchTemplate": {"LaunchTemplateSpecification": named, "Overrides": []}
        },
        "MaxSize": 20,
        "VPCZoneIdentifier": "subnet-0a1,subnet-0b1",
    }
    facts = read({"AutoScalingGroups": [raw]})
    found = body(facts, aws.AutoScalingGroup)
    assert ids(facts) == ["111122223333:eu-west-1!asg/workers"]
    assert (found.max_size, found.vpc_zone_identifier) == (20, "subnet-0a1,subnet-0b1")
    specification = found.mixed_instances_policy.launch_template.launch_template_specification
    assert specification == aws.TemplateReference("lt-0a1", version="$Latest")


def test_a_node_group_keeps_its_size_template_and_remote_access() -> None:
    raw = {
        "nodegroupName": "general",
        "clusterName": "prod",
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 3},
        "launchTemplate": {"name": "workers", "version": "4", "id": "lt-0a1"},
        "remoteAccess": {"ec2SshKey": "ops"},
        "resources": {
            "autoScalingGroups": [{"name": "eks-general-1"}],
            "remoteAccessSecurityGroup": "sg-0f1",
        },
    }
    group = body(read({"nodegroup": raw}), aws.Nodegroup)
    assert group.scaling_config == aws.ScalingConfig(6)
    assert group.launch_template == aws.NodegroupTemplate("lt-0a1", "workers", "4")
    assert group.remote_access == aws.RemoteAccess("ops")
    assert group.resources == aws.NodegroupResources((aws.NamedGroup("eks-general-1"),), "sg-0f1")


def test_a_flow_log_keeps_its_format() -> None:
    raw = {"FlowLogId": "fl-0a1", "ResourceId": "vpc-0a1", "LogFormat": "${srcaddr} ${dstaddr}"}
    facts = read({"FlowLogs": [raw]})
    assert ids(facts) == ["fl-0a1"]
    assert body(facts, aws.FlowLog).log_format == "${srcaddr} ${dstaddr}"


def test_a_refused_call_about_flow_logs_moves_no_path() -> None:
    message = "User is not authorized to perform: ec2:DescribeFlowLogs"
    found = gap(read({"Error": {"Code": "UnauthorizedOperation", "Message": message}}))
    assert (found.code, found.effect, found.kind) == ("call-denied", "input", "FlowLogs")
    assert "allow `ec2:DescribeFlowLogs`" in found.needs


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"ResourceArn": NLB}, "111122223333:eu-west-1!tags/web"),
        ({"LoadBalancerName": "classic"}, "tags/classic"),
    ],
)
def test_the_tags_of_a_load_balancer_are_a_fact_of_their_own(
    told: dict[str, Any], name: str
) -> None:
    facts = read({"TagDescriptions": [{**told, "Tags": [{"Key": "env", "Value": "prod"}]}]})
    assert ids(facts) == [name]
    assert body(facts, aws.TagDescription).tags == (aws.Tag("env", "prod"),)


def test_the_tags_of_a_target_group_are_left_out() -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067"
    facts = read({"TagDescriptions": [{"ResourceArn": arn, "Tags": []}]})
    assert (ids(facts), facts.gaps) == ([], ())


def test_a_cluster_keeps_which_logs_it_keeps() -> None:
    setup = {"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]}
    cluster = body(read({"cluster": {"name": "prod", "logging": setup}}), aws.Cluster)
    assert cluster.logging == aws.Logging((aws.LogSetup(("api", "audit"), True),))


# --- manifests -----------------------------------------------------------------------------------


def test_a_node_class_of_karpenter_has_the_defaults_of_its_api() -> None:
    facts = facts_of("apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {name: a}\n")
    found = body(facts, k8s.EC2NodeClass)
    assert ids(facts) == ["ec2nodeclass/a"]
    assert found.spec.metadata_options.http_put_response_hop_limit == 1
    assert found.spec.associate_public_ip_address is None


def test_a_node_class_keeps_what_concerns_the_network_only() -> None:
    facts = facts_of(
        f"""
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: {{name: a}}
spec:
  userData: {USER_DATA}
  associatePublicIPAddress: false
  subnetSelectorTerms: [{{tags: {{karpenter.sh/discovery: prod}}}}, {{id: subnet-0a1}}]
  metadataOptions: {{httpPutResponseHopLimit: 3, httpTokens: optional, httpEndpoint: disabled}}
"""
    )
    spec = body(facts, k8s.EC2NodeClass).spec
    assert spec.associate_public_ip_address is False
    assert spec.metadata_options == k8s.InstanceMetadata("disabled", "optional", 3)
    assert spec.subnet_selector_terms == (
        k8s.SelectorTerm(tags={"karpenter.sh/discovery": "prod"}),
        k8s.SelectorTerm(id="subnet-0a1"),
    )
    assert USER_DATA not in text_of(facts)


def test_a_node_pool_keeps_its_limits() -> None:
    facts = facts_of(
        "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: a}\n"
        "spec: {limits: {cpu: 1000, memory: 400Gi}, template: {spec: {}}}\n"
    )
    assert ids(facts) == ["nodepool/a"]
    assert body(facts, k8s.NodePool).spec.limits == {"cpu": 1000, "memory": "400Gi"}


@pytest.mark.parametrize(
    ("version", "kind"),
    [("karpenter.sh/v1beta1", "NodePool"), ("karpenter.k8s.aws/v1beta1", "EC2NodeClass")],
)
def test_another_version_of_these_kinds_is_named_and_moves_no_verdict(
    version: str, kind: str
) -> None:
    found = gap(facts_of(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n"))
    assert (found.code, found.effect) == ("kind-not-read", "input")


def test_of_the_annotations_of_a_service_those_of_load_balancers_are_kept() -> None:
    facts = facts_of(
        """
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-scheme: internal
    example.com/note: something private
spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb}
status: {loadBalancer: {ingress: [{hostname: web.elb.eu-west-1.amazonaws.com}]}}
"""
    )
    service = body(facts, k8s.Service)
    name = "service.beta.kubernetes.io/aws-load-balancer-scheme"
    assert service.metadata.annotations == {name: "internal"}
    assert service.spec.load_balancer_class == "service.k8s.aws/nlb"
    hostname = k8s.ServiceIngress("web.elb.eu-west-1.amazonaws.com")
    assert service.status.load_balancer == k8s.LoadBalancerStatus((hostname,))
