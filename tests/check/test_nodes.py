"""Which workloads get to nodes: who is listed, the path, and what one finding says for others."""

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.run import run
from ringwall.discover import load_rule, load_rules
from tests.support import net_of

NODES = """\
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.0.11.10}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 10.0.12.10}]}
"""
CLOSED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}
"""


def pod(name: str, node: str, app: str, address: str) -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: {app}}}}}
spec: {{nodeName: {node}, containers: [{{name: {app}, image: nginx}}]}}
status: {{phase: Running, podIP: {address}}}
"""


PODS = (
    pod("web-1", "n1", "web", "10.0.11.20"),
    pod("web-2", "n2", "web", "10.0.12.20"),
    pod("db-1", "n1", "db", "10.0.11.21"),
)


def found(rule: str, *documents: str) -> list[Finding]:
    return list(load_rule(rule).check(Audit(net_of("---\n".join(documents)))))


def test_the_workloads_that_get_there_are_listed_with_one_path() -> None:
    (finding,) = found("reach-pod-kubelet", NODES, *PODS, CLOSED)

    assert finding.examples == ["shop/web-1[Pod]", "shop/web-2[Pod]"]
    assert finding.objects == ["shop/web-1[Pod]", "shop/web-2[Pod]", "node/n2"]
    assert finding.evidence["path"] == "shop/web-1[Pod] -> node/n2 tcp/10250"
    (path,) = finding.evidence["paths"]
    assert path["verdict"] == "allowed"
    assert [hop["gate"] for hop in path["hops"]] == ["policy-egress"]


def test_without_the_answers_of_aws_the_confidence_is_medium() -> None:
    (finding,) = found("reach-pod-ssh", NODES, *PODS)

    assert (finding.confidence, finding.count) == ("medium", 3)


def test_what_is_excused_is_told() -> None:
    monitoring = PODS[0].replace("shop", "monitoring").replace("web", "prometheus")

    (finding,) = found("reach-pod-kubelet", NODES, monitoring)

    assert finding.status == "pass"
    assert finding.evidence["excused"] == ["monitoring/prometheus-1[Pod]"]


def test_the_same_pods_in_another_order_give_the_same_findings() -> None:
    forwards = found("reach-pod-kubelet", NODES, *PODS, CLOSED)

    assert found("reach-pod-kubelet", CLOSED, *reversed(PODS), NODES) == forwards


def audited(cause: str, *documents: str) -> list[Finding]:
    """What a full audit fails on one cause."""
    findings, failures = run(Audit(net_of("---\n".join(documents))), load_rules())
    assert failures == []
    return [f for f in findings if f.status == "fail" and f.cause == cause]


def test_a_namespace_without_policies_is_told_once_and_weighs_what_it_lets_out() -> None:
    """No pod of another namespace is there, which alone would make it medium."""
    (found,) = audited("namespace/shop", NODES, *PODS)

    assert (found.rule, found.severity) == ("np-namespace-none", "high")
    assert found.folded == [
        "np-no-default-deny-egress",
        "np-no-default-deny-ingress",
        "np-pod-unselected",
        "reach-pod-kubelet",
        "reach-pod-ssh",
    ]


def test_a_rule_that_admits_everybody_is_told_once_and_weighs_what_it_opens() -> None:
    """Egress to everybody alone would be medium; that it opens the kubelets is high."""
    policy = CLOSED.replace("[Egress]", "[Egress], egress: [{}]")

    (found,) = audited("networkpolicy/shop/default-deny:egress[0]", NODES, *PODS, policy)

    assert (found.rule, found.severity, found.confidence) == ("np-allow-all", "high", "medium")
    assert found.folded == ["reach-pod-kubelet", "reach-pod-ssh"]
    assert found.evidence["path"] == "shop/db-1[Pod] -> node/n2 tcp/10250"
    assert found.reason == (
        "it names no peer, which means every one, on every port; 1 workload can open the kubelet "
        "(tcp/10250) of other nodes: this rule admits it"
    )
