"""Each pod has its own way to each node: what one node lets in says nothing of another."""

import pytest

from ringwall.check.audit import Audit
from ringwall.check.targets import Target
from ringwall.discover import load_rule
from tests.semantics.aws_world import ANYWHERE, AwsWorld, tcp
from tests.support import net_of

CILIUM = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cilium, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: cilium}}
  template:
    metadata: {labels: {k8s-app: cilium}}
    spec: {hostNetwork: true, containers: [{name: agent, image: 'quay.io/cilium/cilium:v1.16.0'}]}
"""
ONE_NODE = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: ADDRESS/32}}]}]}
"""
ADDRESSES = {"n2": "10.0.1.30", "n3": "10.0.1.40"}


def audit_of(*opened: str) -> Audit:
    """``web`` and ``db`` are on n1, on interfaces with the groups ``sg-web`` and ``sg-db``; nodes
    that are ``opened`` admit ``sg-web`` to the kubelet, the others anybody to HTTPS alone."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.group("sg-web")
    world.group("sg-db")
    world.group("sg-open", [tcp(10250, "sg-web")])
    world.group("sg-shut", [tcp(443, ANYWHERE)])
    for device, (name, address, of_pod) in enumerate(
        (("web", "10.0.1.10", "10.0.1.11"), ("db", "10.0.1.20", "10.0.1.21"))
    ):
        world.interface(
            f"eni-{name}",
            "subnet-1",
            address,
            groups=[f"sg-{name}"],
            secondary=[of_pod],
            instance="i-1",
            device=device,
        )
        world.pod(name, of_pod, "n1", namespace="shop")
    world.node("n1", "i-1")
    for node, address in ADDRESSES.items():
        groups = ["sg-open" if node in opened else "sg-shut"]
        world.interface(f"eni-{node}", "subnet-1", address, groups=groups, instance=f"i-{node}")
        world.node(node, f"i-{node}")
    return Audit(net_of(world.files()))


def ways(audit: Audit) -> list[tuple[str, str, str]]:
    """Pod, node and word of each way to a kubelet."""
    (cluster,) = audit.net.world.clusters.values()
    found = Target(audit, cluster, 10250).ways(cluster.pods)
    return [(way.pod.id, way.node.name, way.answer.word) for way in found]


@pytest.mark.parametrize("opened", [(), ("n2",), ("n3",)])
def test_a_pod_gets_to_the_nodes_whose_group_admits_its_own(opened: tuple[str, ...]) -> None:
    assert ways(audit_of(*opened)) == [("shop/web[Pod]", node, "open") for node in opened]


def test_nodes_that_are_alike_are_told_once() -> None:
    assert ways(audit_of("n2", "n3")) == [("shop/web[Pod]", "n2", "open")]


@pytest.mark.parametrize("opened", ["n2", "n3"])
def test_the_finding_names_the_node_that_is_open(opened: str) -> None:
    (finding,) = load_rule("reach-pod-kubelet").check(audit_of(opened))

    assert (finding.status, finding.cause) == ("fail", "namespace/shop")
    assert finding.objects == ["shop/web[Pod]", f"node/{opened}"]
    assert finding.evidence["path"] == f"shop/web[Pod] -> node/{opened} tcp/10250"
    (path,) = finding.evidence["paths"]
    assert path["verdict"] == "allowed"


def test_what_is_open_on_one_port_says_nothing_of_another() -> None:
    (finding,) = load_rule("reach-pod-ssh").check(audit_of("n2", "n3"))

    assert finding.status == "pass"


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_nodes_that_the_policies_alone_tell_apart_are_each_asked_about(address: str) -> None:
    """No policy counts behind an engine that is not modelled; as specified one of two nodes is
    admitted, whichever of them comes first."""
    nodes = [
        f"apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\n"
        f"status: {{addresses: [{{type: InternalIP, address: {at}}}]}}\n"
        for name, at in [("n1", "10.0.1.10"), *ADDRESSES.items()]
    ]
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
        "spec: {nodeName: n1, containers: [{name: web, image: nginx}]}\n"
        "status: {phase: Running, podIP: 10.0.1.11}\n"
    )
    policy = ONE_NODE.replace("ADDRESS", address)
    audit = Audit(net_of("---\n".join((*nodes, pod, CILIUM, policy))))

    found = load_rule("reach-pod-kubelet").check(audit)

    assert ("fail", "networkpolicy/shop/out:egress[0]") in {
        (one.status, one.cause) for one in found
    }
