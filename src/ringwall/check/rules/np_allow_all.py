"""A policy's rule admits everybody, so that the isolation around it is void."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding, at_most
from ringwall.check.namespaces import AS_SPECIFIED, workload_ids
from ringwall.check.policies import Policy, each_policy
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.facts import k8s
from ringwall.reach.definition.networkpolicy import PolicyRule, directions, rules
from ringwall.space.addresses import INTERNET, Addresses

RULE = Rule(
    id="np-allow-all",
    title="A policy rule admits everybody",
    severity="high",
    kind="reach",
    remediation="name the peers that need it: podSelector, namespaceSelector, or the blocks they "
    "come from",
    folds=("reach-pod-kubelet", "reach-pod-ssh"),
    policies=True,
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per rule, in the directions that its policy isolates."""
    return each_policy(audit, RULE, _judge)


def _judge(policy: Policy) -> Iterator[Finding]:
    found = [
        _fail(policy, f"{direction}[{i}]", rule, why)
        for direction in directions(policy.spec)
        for i, rule in enumerate(rules(policy.spec, direction))
        if (why := admits_everybody(rule))
    ]
    yield from found or [policy.finding(RULE, "pass", "every rule names its peers")]


def admits_everybody(rule: PolicyRule) -> str:
    """Why a rule's peers are everybody; empty where they are not."""
    if not rule.peers:
        return "it names no peer, which means every one"
    if any(_every_pod(peer) for peer in rule.peers):
        return "an empty namespaceSelector means every pod of the cluster"
    blocks = Addresses()
    for peer in rule.peers:
        if peer.ip_block:
            holes = Addresses.of(*(peer.ip_block.except_ or ()))
            blocks |= Addresses.of(peer.ip_block.cidr) - holes
    for family in (4, 6):
        if (blocks & INTERNET).size(family) == INTERNET.size(family):
            return f"its blocks cover the whole IPv{family} Internet"
    return ""


def _every_pod(peer: k8s.Peer) -> bool:
    return _is_empty(peer.namespace_selector) and (
        peer.pod_selector is None or _is_empty(peer.pod_selector)
    )


def _is_empty(selector: k8s.LabelSelector | None) -> bool:
    return selector is not None and not selector.match_labels and not selector.match_expressions


def _severity(direction: str, rule: PolicyRule) -> str:
    order = ("high", "medium", "low")
    steps = direction.startswith("egress") + bool(rule.ports)
    return order[steps]


def _fail(policy: Policy, part: str, rule: PolicyRule, why: str) -> Finding:
    pods = policy.selected
    severity = _severity(part, rule)
    if not pods and policy.cluster.pods:
        severity = at_most(severity, "low")
    return policy.finding(
        RULE,
        "fail",
        f"{why}, {'on its ports' if rule.ports else 'on every port'}",
        part=part,
        severity=severity,
        pods=pods,
        evidence={
            "judged": AS_SPECIFIED,
            "selects": many(len(workload_ids(pods)), "workload"),
        },
    )
