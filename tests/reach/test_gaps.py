"""What was not read, and what an engine may do, never counts as an answer.

Each test is a world in which something is missing or not modelled: the verdict is unknown (or
follows what is sure), and never what the missing part would have to say for it.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringwall.errors import UsageError
from tests.semantics.aws_world import AwsWorld, everything, route, tcp
from tests.support import ask, net_of

Json = dict[str, Any]
ANYWHERE = "0.0.0.0/0"


def hosts() -> AwsWorld:
    """Two hosts in two subnets of one VPC, all open."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.2.0/24")
    world.group("sg-open", ingress=[everything(ANYWHERE)], egress=[everything(ANYWHERE)])
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-open"], instance="i-a")
    world.interface("eni-b", "subnet-b", "10.0.2.10", groups=["sg-open"], instance="i-b")
    return world


def edited(files: dict[str, str], name: str, change: Callable[[Json], object]) -> dict[str, str]:
    """The same files with one answer changed."""
    body = json.loads(files[f"aws/{name}.json"])
    change(body)
    return {**files, f"aws/{name}.json": json.dumps(body)}


def without(files: dict[str, str], *names: str) -> dict[str, str]:
    return {
        name: text for name, text in files.items() if name not in {f"aws/{n}.json" for n in names}
    }


# --- AWS: fields and lists that are not there ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("describe-network-interfaces", lambda b: b["NetworkInterfaces"][1].pop("Groups")),
        ("describe-network-interfaces", lambda b: b["NetworkInterfaces"][1].pop("SubnetId")),
        ("describe-network-acls", lambda b: [acl.pop("Entries") for acl in b["NetworkAcls"]]),
        ("describe-route-tables", lambda b: [table.pop("Routes") for table in b["RouteTables"]]),
    ],
    ids=["groups", "subnet", "acl entries", "routes"],
)
def test_a_field_that_is_absent_is_not_an_empty_one(
    name: str, change: Callable[[Json], object]
) -> None:
    files = edited(hosts().files(), name, change)

    assert ask(files, "eni-a", "eni-b", "tcp/443").verdict == "unknown"


@pytest.mark.parametrize(
    "call",
    ["describe-route-tables", "describe-network-acls", "describe-security-groups"],
)
def test_a_call_that_was_not_made_leaves_the_path_unknown(call: str) -> None:
    answer = ask(without(hosts().files(), call), "eni-a", "eni-b", "tcp/443")

    assert answer.verdict == "unknown"
    assert any(f"aws ec2 {call}" in u.needs for u in answer.unknowns.values())


def test_interfaces_known_only_from_instances_do_not_prove_an_address_free() -> None:
    """describe-instances tells the interfaces of instances, not those of databases."""
    files = without(hosts().files(), "describe-network-interfaces")

    assert ask(files, "eni-a", "10.0.2.99", "tcp/5432").verdict == "unknown"
    assert ask(hosts().files(), "eni-a", "10.0.2.99", "tcp/5432").verdict == "blocked"


def test_an_answer_with_a_further_page_does_not_prove_an_address_free() -> None:
    files = edited(
        hosts().files(), "describe-network-interfaces", lambda b: b.update(NextToken="x")
    )

    assert ask(files, "eni-a", "10.0.2.99", "tcp/5432").verdict == "unknown"


def test_a_route_table_that_may_be_on_a_further_page_is_not_the_main_one() -> None:
    files = edited(hosts().files(), "describe-route-tables", lambda b: b.update(NextToken="x"))

    assert ask(files, "eni-a", "eni-b", "tcp/443").verdict == "unknown"


def test_every_call_refused_does_not_leave_the_layer_open() -> None:
    denied = {"status_code": 403, "data": {"Error": {"Code": "UnauthorizedOperation"}}}
    files = {"ec2.json": json.dumps(denied), "pods.yaml": PODS}

    assert ask(files, "x/a", "x/b", "tcp/80").verdict == "unknown"


def test_a_group_of_another_network_may_be_the_one_that_a_rule_names() -> None:
    """aws.md 7: a reference across peering holds for members that this input does not show."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.route_table("rtb-1", route("10.9.0.0/16", "pcx-1"), subnets=["subnet-a"])
    world.group("sg-ref", ingress=[tcp(443, "sg-peer")], egress=[tcp(443, "sg-peer")])
    world.interface("eni-a", "subnet-a", "10.0.1.10", groups=["sg-ref"])

    assert ask(world.files(), "10.9.0.5", "eni-a", "tcp/443").verdict == "unknown"
    assert ask(world.files(), "eni-a", "10.9.0.5", "tcp/443").verdict == "unknown"
    assert ask(world.files(), "10.9.0.5", "eni-a", "tcp/80").verdict == "blocked"


def test_a_private_source_is_not_refused_where_the_vpc_was_not_read() -> None:
    files = without(hosts().files(), "describe-vpcs")

    assert ask(files, "10.0.2.77", "eni-a", "tcp/443").verdict == "unknown"


def test_a_load_balancer_without_groups_filters_nothing() -> None:
    """aws.md 15: all client traffic reaches the listeners of such a network load balancer."""
    world = hosts()
    world.interface(
        "eni-nlb", "subnet-b", "10.0.2.50", groups=[], kind="network_load_balancer", managed=True
    )

    assert ask(world.files(), "eni-a", "eni-nlb", "tcp/443").verdict == "allowed"


def test_the_reply_to_an_icmpv6_echo_is_type_129() -> None:
    """RFC 4443, 4.2."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8::/64")
    world.subnet("subnet-b", "10.0.2.0/24", ipv6="2001:db8:0:1::/64")
    world.group("sg-open", ingress=[everything("::/0")], egress=[everything("::/0")])
    for name, subnet, ip, ip6 in (
        ("eni-a", "subnet-a", "10.0.1.10", "2001:db8::10"),
        ("eni-b", "subnet-b", "10.0.2.10", "2001:db8:0:1::10"),
    ):
        world.interface(name, subnet, ip, groups=["sg-open"], ipv6=[ip6])
    files = edited(world.files(), "describe-network-acls", _echo_only)

    answer = ask(files, "2001:db8::10", "2001:db8:0:1::10", "icmpv6/128")

    assert (answer.verdict, answer.reply) == ("allowed", "established")


def _echo_only(body: Json) -> None:
    """From subnet-a to subnet-b echo requests, back echo replies, nothing else."""
    (default,) = body["NetworkAcls"]
    body["NetworkAcls"] = [
        {
            **default,
            "NetworkAclId": f"acl-{number}",
            "Associations": [a for a in default["Associations"] if a["SubnetId"] == subnet],
            "Entries": [_icmpv6(128, egress=goes_out), _icmpv6(129, egress=not goes_out)],
        }
        for number, subnet, goes_out in ((1, "subnet-a", True), (2, "subnet-b", False))
    ]


def _icmpv6(kind: int, *, egress: bool) -> Json:
    return {
        "RuleNumber": kind,
        "Protocol": "58",
        "RuleAction": "allow",
        "Egress": egress,
        "Ipv6CidrBlock": "::/0",
        "IcmpTypeCode": {"Type": kind, "Code": -1},
    }


# --- nodes and pods on AWS -----------------------------------------------------------------------


def cluster(**node: Any) -> AwsWorld:
    """One node with a pod, and a host beside it."""
    world = hosts()
    world.igw("igw-1")
    world.node("n1", "i-a")
    world.pod("a", "10.0.1.20", "n1")
    world.interfaces[0]["PrivateIpAddresses"].append(
        {"Primary": False, "PrivateIpAddress": "10.0.1.20"}
    )
    return world


def test_a_pod_without_an_address_is_not_behind_the_internet_gateway() -> None:
    world = cluster()
    files = world.files()
    files["web.yaml"] = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec: {template: {spec: {containers: []}}}\n"
    )

    assert ask(files, "eni-b", "default/web", "tcp/80").verdict == "unknown"


def test_a_node_is_reached_at_its_ipv6_address_too() -> None:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8::/56")
    world.subnet("subnet-a", "10.0.1.0/24", ipv6="2001:db8::/64")
    world.igw("igw-1")
    world.route_table("rtb-1", route("::/0", "igw-1"), subnets=["subnet-a"])
    world.group("sg-ssh", ingress=[tcp(22, "::/0")])
    world.interface(
        "eni-a", "subnet-a", "10.0.1.10", groups=["sg-ssh"], ipv6=["2001:db8::10"], instance="i-a"
    )
    world.node("n1", "i-a")

    assert ask(world.files(), "internet", "node/n1", "tcp/22").verdict == "allowed"


def test_every_address_of_the_own_node_is_the_own_node() -> None:
    """KD: always allowed, regardless of the IP address of the pod or the node."""
    world = cluster()
    world.interface("eni-a2", "subnet-a", "10.0.1.30", groups=["sg-open"], instance="i-a", device=1)
    files = world.files()
    files["deny.yaml"] = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: deny}\nspec: {podSelector: {}}\n"
    )

    assert ask(files, "10.0.1.30", "10.0.1.20", "tcp/80").verdict == "allowed"
    assert ask(files, "10.0.2.10", "10.0.1.20", "tcp/80").verdict == "blocked"


def test_a_fargate_pod_leaves_as_itself() -> None:
    """aws.md 58: it has an interface of its own; nothing translates its source."""
    world = hosts()
    world.igw("igw-1")
    world.nat("nat-1", "subnet-b", "10.0.2.5", "203.0.113.50")
    world.route_table("rtb-a", route(ANYWHERE, "nat-1"), subnets=["subnet-a"])
    world.route_table("rtb-b", route(ANYWHERE, "igw-1"), subnets=["subnet-b"])
    world.interface("eni-f", "subnet-a", "10.0.1.40", groups=["sg-open"])
    labels = {"eks.amazonaws.com/fargate-profile": "p"}
    world.pod("f", "10.0.1.40", "fargate-ip-10-0-1-40", labels=labels)

    answer = ask(world.files(), "default/f", "198.51.100.7", "tcp/443")

    assert answer.verdict == "allowed"
    assert "source-nat" not in {hop.gate for hop in answer.paths[0].hops}


def test_the_api_server_sends_from_its_interfaces() -> None:
    """aws.md 49."""
    world = hosts()
    world.eks_cluster("prod", subnets=["subnet-b"], public=False, private=True)
    world.control_plane_interface("prod", "eni-x", "subnet-b", "10.0.2.60", groups=["sg-open"])

    assert ask(world.files(), "eks-api/prod", "eni-a", "tcp/10250").verdict == "allowed"


# --- engines and policies ------------------------------------------------------------------------

PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
spec: {nodeName: n1}
status: {podIP: 10.0.1.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x}
spec: {nodeName: n2}
status: {podIP: 10.0.1.2, phase: Running}
---
"""
DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: x}
spec: {podSelector: {}}
---
"""
CNI_OFF = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  template:
    spec:
      containers: [{name: aws-eks-nodeagent, args: [--enable-network-policy=false]}]
---
"""
CALICO_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: calico-node-abcde
  namespace: calico-system
  ownerReferences: [{kind: DaemonSet, name: calico-node, controller: true}]
spec: {hostNetwork: true}
"""
CALICO_CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: networkpolicies.crd.projectcalico.org}
"""
NODE_CLASS = """\
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata: {name: default}
spec: {networkPolicy: %s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: amazon-vpc-cni, namespace: kube-system}
data: {enable-network-policy-controller: "true"}
"""
CILIUM_ALWAYS = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cilium, namespace: kube-system}
spec: {template: {spec: {}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {enable-policy: always}
"""
MESH = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: %s}
"""


def from_b_to_a(*parts: str) -> str:
    return str(ask(PODS + "".join(parts), "x/b", "x/a", "tcp/80").verdict)


def test_cni_off_and_no_other_engine_means_that_policies_are_ignored() -> None:
    assert from_b_to_a(DENY, CNI_OFF) == "allowed"


@pytest.mark.parametrize(
    "sign", [CALICO_POD, CALICO_CRD, NODE_CLASS % "DefaultAllow"], ids=["pod", "crd", "auto mode"]
)
def test_a_sign_of_another_engine_forbids_to_ignore_policies(sign: str) -> None:
    assert from_b_to_a(DENY, CNI_OFF, sign) == "unknown"


@pytest.mark.parametrize(
    ("engine", "verdict"),
    [
        (NODE_CLASS % "DefaultDeny", "unknown"),
        (NODE_CLASS % "DefaultAllow", "allowed"),
        (CILIUM_ALWAYS, "unknown"),
        (CILIUM_ALWAYS.replace("always", "default"), "allowed"),
    ],
    ids=["auto mode deny", "auto mode allow", "cilium always", "cilium default"],
)
def test_an_engine_that_denies_by_default_concerns_pods_without_policies(
    engine: str, verdict: str
) -> None:
    assert from_b_to_a(engine) == verdict


@pytest.mark.parametrize("namespace", ["x", "istio-system"])
def test_a_mesh_policy_counts_whatever_the_engine_does(namespace: str) -> None:
    assert from_b_to_a(CNI_OFF, MESH % namespace) == "unknown"


@pytest.mark.parametrize(
    "where", ["os: {name: windows}", "nodeSelector: {kubernetes.io/os: windows}"]
)
def test_a_windows_pod_is_not_policed(where: str) -> None:
    """kubernetes.md 1e: EC2 Linux only."""
    pods = PODS.replace("{nodeName: n1}", f"{{nodeName: n1, {where}}}")

    assert ask(pods + DENY, "x/b", "x/a", "tcp/80").verdict == "allowed"
    assert ask(pods + DENY, "x/a", "x/b", "tcp/80").verdict == "blocked"


def test_policies_for_hosts_leave_nodes_unknown() -> None:
    host = (
        "apiVersion: crd.projectcalico.org/v1\nkind: HostEndpoint\nmetadata: {name: n1-eth0}\n---\n"
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
        "status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}\n"
    )

    assert ask(PODS + host, "203.0.113.9", "node/n1", "tcp/22").verdict == "unknown"


# --- Services ------------------------------------------------------------------------------------

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: s, namespace: x}
spec: {clusterIP: %s, selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}
"""
SELECTED = PODS.replace("{name: a, namespace: x}", "{name: a, namespace: x, labels: {app: a}}")


def test_a_cluster_address_is_its_service() -> None:
    world = SELECTED + SERVICE % "172.20.0.50"

    assert ask(world, "x/b", "172.20.0.50", "tcp/80").verdict == "allowed"
    assert ask(world, "x/b", "172.20.0.50", "tcp/9999").verdict == "blocked"


def test_a_headless_service_is_its_pods_on_any_port() -> None:
    world = SELECTED + SERVICE % "None"

    assert ask(world, "x/b", "svc/x/s", "udp/53").verdict == "allowed"
    assert len(ask(world, "x/b", "svc/x/s", "tcp/80").paths) == 1


def test_a_service_sends_nothing() -> None:
    with pytest.raises(UsageError, match="sends nothing"):
        ask(SELECTED + SERVICE % "172.20.0.50", "svc/x/s", "x/a", "tcp/80")


def test_an_interface_asking_itself_is_answered() -> None:
    """Found with the shop: an end that is no pod has no cluster whose settings could be read."""
    assert ask(hosts().files(), "eni-a", "eni-a", "tcp/443").verdict == "allowed"


def test_the_engines_version_is_that_of_its_agents_image() -> None:
    """The node agent enforces, not the CNI plugin beside it."""
    text = CNI_OFF.replace("=false", "=true").replace(
        "{name: aws-eks-nodeagent,",
        "{name: aws-node, image: 'r/amazon-k8s-cni:v1.21.1'}, "
        "{name: aws-eks-nodeagent, image: 'r/agent:v1.2.7-eksbuild.1',",
    )

    enforcer = net_of(PODS + text).world.enforcers[""]

    assert (enforcer.name, enforcer.version) == ("vpc-cni", "v1.2.7-eksbuild.1")


def test_account_and_region_may_stand_before_an_address_and_an_instance() -> None:
    files = {f"111122223333/eu-west-1/{name}": text for name, text in hosts().files().items()}
    prefix = "111122223333:eu-west-1!"

    assert ask(files, f"{prefix}10.0.1.10", f"{prefix}i-b", "tcp/443").verdict == "allowed"
