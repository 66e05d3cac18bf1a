"""NetworkPolicy as networking.k8s.io/v1 specifies it, for one packet and one pod.

Each function is a sentence of the API's text (``networking/v1/types.go``, "KT" in the reference,
and the page "Network Policies" of kubernetes.io, "KD"). Which engine enforces it is another
question (``enforcer``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.labels import selects
from ringwall.reach.definition.packet import PROTOCOLS, WITH_PORTS, Address, Service, network
from ringwall.reach.definition.path import Rule
from ringwall.reach.definition.pods import Cluster, Pod
from ringwall.reach.definition.truth import NO, YES, Truth, every, known, some, unknown

PolicyRule = k8s.IngressPolicyRule | k8s.EgressPolicyRule


@dataclass(frozen=True, slots=True)
class Far:
    """The far end as a policy may see it: a pod, an address, and the service asked of it.

    ``service`` is at the receiving pod (after a Service's rewriting); ``before`` is address and
    service before that rewriting, where there was one.
    """

    pod: Pod | None
    address: Address | None
    service: Service
    before: tuple[Address, Service] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, the rules behind it, and the policies that isolate the pod."""

    truth: Truth
    rules: tuple[Rule, ...] = ()
    isolated_by: tuple[Key, ...] = ()


def directions(spec: k8s.NetworkPolicySpec) -> tuple[str, ...]:
    """The directions a policy isolates: its policyTypes; missing, ingress, and egress iff it has
    an egress rule (KT, policyTypes)."""
    if spec.policy_types:
        return tuple(name.lower() for name in spec.policy_types)
    return ("ingress", "egress") if spec.egress else ("ingress",)


def isolating(cluster: Cluster, pod: Pod, direction: str) -> list[tuple[Key, Truth]]:
    """The policies that (perhaps) isolate a pod in a direction: those of its own namespace whose
    podSelector matches it (KT, podSelector)."""
    found = []
    for key, policy in cluster.policies_in(pod.namespace):
        if direction not in directions(policy.spec):
            continue
        truth = selects(policy.spec.pod_selector, pod.labels, pod.open_labels)
        if truth.value is not False:
            found.append((key, truth))
    return found


def judge(cluster: Cluster, pod: Pod, direction: str, far: Far) -> Judgement:
    """Whether a pod's policies let a packet in or out: not isolated, or some rule admits it."""
    policies = isolating(cluster, pod, direction)
    bodies = dict(cluster.policies_in(pod.namespace))
    admitted: list[tuple[Rule, Truth]] = []
    for key, selected in policies:
        spec = bodies[key].spec
        for i, rule in enumerate(rules(spec, direction)):
            truth = every((selected, _admits(cluster, pod, bodies[key], rule, direction, far)))
            admitted.append((Rule(key, f"{direction}[{i}]", f"/spec/{direction}/{i}"), truth))
    isolated = some(truth for _, truth in policies)
    allowed = some(truth for _, truth in admitted)
    truth = some((~isolated, allowed))
    if truth.value is False and far.service.protocol.value not in WITH_PORTS:
        truth = _other_protocol(pod)
    deciding = tuple(
        rule for rule, t in admitted if t.value is not False and t.value == truth.value
    )
    if truth.value is False:  # nothing admits it: that the policies select the pod decides
        deciding = tuple(Rule(key, "podSelector", "/spec/podSelector") for key, _ in policies)
    return Judgement(truth, deciding, tuple(key for key, _ in policies))


def rules(spec: k8s.NetworkPolicySpec, direction: str) -> Iterable[PolicyRule]:
    """A policy's rules for ``ingress`` or ``egress``; none where the list is missing or empty."""
    return (spec.ingress if direction == "ingress" else spec.egress) or ()


def _other_protocol(pod: Pod) -> Truth:
    """KD: denying is only guaranteed for TCP, UDP and SCTP; for ICMP and others it is undefined."""
    needs = "the engine's behaviour for protocols other than TCP, UDP and SCTP (undefined)"
    return unknown("protocol-undefined", pod.workload, needs)


def _admits(
    cluster: Cluster,
    pod: Pod,
    policy: k8s.NetworkPolicy,
    rule: PolicyRule,
    direction: str,
    far: Far,
) -> Truth:
    """A rule admits a packet that both its peers and its ports match; missing lists match all."""
    receiver = pod if direction == "ingress" else far.pod
    if not rule.peers:
        return _ports(rule.ports, receiver, far.service)
    namespace = policy.metadata.namespace
    found = []
    for peer in rule.peers:
        if peer.ip_block is None:
            match = _selected(cluster, peer, namespace, far.pod)
            found.append(every((match, _ports(rule.ports, receiver, far.service))))
        else:
            found.append(_block_admits(peer.ip_block, rule.ports, receiver, far))
    return some(found)


def _block_admits(
    block: k8s.IPBlock,
    ports: tuple[k8s.PolicyPort, ...] | None,
    receiver: Pod | None,
    far: Far,
) -> Truth:
    """Whether a block is judged before or after a Service's rewriting is undefined (KD, ipBlock):
    where the two differ the answer is unknown."""
    after = every((_in_block(block, far.address), _ports(ports, receiver, far.service)))
    if far.before is None:
        return after
    address, service = far.before
    before = every((_in_block(block, address), _ports(ports, None, service)))
    if before.value == after.value:
        return after
    needs = "whether the engine judges ipBlocks before or after the Service's rewriting (undefined)"
    return unknown("service-stage-undefined", block.cidr, needs)


def _in_block(block: k8s.IPBlock, address: Address | None) -> Truth:
    """``except`` takes away from its own block only (KT, ipBlock)."""
    if address is None:
        return NO
    holes = some(address.inside(network(hole)) for hole in block.except_ or ())
    return every((address.inside(network(block.cidr)), ~holes))


def _selected(cluster: Cluster, peer: k8s.Peer, namespace: str, pod: Pod | None) -> Truth:
    """Pods by label, in the policy's namespace or in the namespaces selected; never anything that
    is not a pod. For a pod on the host's network the result is undefined (KD)."""
    if pod is None or pod.cluster != cluster.name:
        return NO
    if peer.namespace_selector is None:
        place = known(pod.namespace == namespace)
    else:
        place = selects(peer.namespace_selector, cluster.labels_of(pod.namespace))
    match = every((place, selects(peer.pod_selector, pod.labels, pod.open_labels)))
    if pod.host_network and match.value is not False:
        needs = "whether the engine tells pods on the host's network apart (undefined)"
        return unknown("host-network-peer", pod.workload, needs)
    return match


def _ports(
    ports: tuple[k8s.PolicyPort, ...] | None, receiver: Pod | None, service: Service
) -> Truth:
    if not ports:
        return YES
    return known(any(_port(port, receiver, service) for port in ports))


def _port(port: k8s.PolicyPort, receiver: Pod | None, service: Service) -> bool:
    """TCP where no protocol is given; all ports where no port is; a name means the receiving
    pod's container port of that name and protocol, and none where the pod has none (KT, port)."""
    protocol = port.protocol or "TCP"
    if not service.protocol.equals(PROTOCOLS[protocol.lower()]):
        return False
    if port.port is None:
        return True
    if isinstance(port.port, str):
        number = receiver.named_port(port.port, protocol) if receiver else None
        return number is not None and service.port.equals(number)
    return service.port.within(port.port, port.end_port or port.port)
