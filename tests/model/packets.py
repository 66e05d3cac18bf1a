"""One packet at one policy gate, judged straight from the policies: an oracle for the classes.

Written from ``networking/v1/types.go`` without a look at the model; truth values are NO, PERHAPS
and YES.
"""

import ipaddress

from ringwall.facts import k8s
from ringwall.model.workloads import Pod

NO, PERHAPS, YES = 0, 1, 2
PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
At = tuple[int, int]


class World:
    """Policies and labels of namespaces of one cluster."""

    def __init__(
        self, policies: list[k8s.NetworkPolicy], namespaces: dict[str, dict[str, str]]
    ) -> None:
        self.policies = policies
        self.namespaces = namespaces

    def verdict(
        self, pod: Pod, way: str, far: Pod | None, at: At | None, service: tuple[int, int]
    ) -> tuple[bool, bool]:
        """(surely, perhaps) admitted at the gate of ``pod``; the far end is a pod or none, at an
        address or, where none is told, somewhere private."""
        if not pod.policed:
            return True, True
        isolated = surely = perhaps = NO
        for policy in self.policies:
            selected = NO
            if policy.metadata.namespace == pod.namespace and way in directions(policy):
                selected = selects(policy.spec.pod_selector, pod.labels, pod.open_labels)
            isolated = max(isolated, selected)
            for rule in rules(policy, way):
                receiver = pod if way == "ingress" else far
                hit = min(
                    self.peers(policy, rule.peers, far, at), served(rule.ports, receiver, service)
                )
                surely = max(surely, min(hit, selected))
                perhaps = max(perhaps, min(hit, selected))
        if isolated == NO:
            return True, True
        if isolated == PERHAPS:
            return False, True
        undefined = service[0] not in PROTOCOLS.values()
        return surely == YES, perhaps > NO or undefined

    def peers(
        self,
        policy: k8s.NetworkPolicy,
        peers: tuple[k8s.Peer, ...],
        far: Pod | None,
        at: At | None,
    ) -> int:
        if not peers:
            return YES
        return max(self.peer(policy, peer, far, at) for peer in peers)

    def peer(
        self, policy: k8s.NetworkPolicy, peer: k8s.Peer, far: Pod | None, at: At | None
    ) -> int:
        if peer.ip_block is not None:
            return inside(peer.ip_block, at)
        if far is None:
            return NO
        if peer.namespace_selector is None:
            here = YES if far.namespace == policy.metadata.namespace else NO
        else:
            here = selects(peer.namespace_selector, self.namespaces[far.namespace], frozenset())
        found = min(here, selects(peer.pod_selector, far.labels, far.open_labels))
        return min(found, PERHAPS) if far.host_network else found


def directions(policy: k8s.NetworkPolicy) -> list[str]:
    told = policy.spec.policy_types
    if told:
        return [word.lower() for word in told]
    return ["ingress", "egress"] if policy.spec.egress else ["ingress"]


def rules(
    policy: k8s.NetworkPolicy, way: str
) -> tuple[k8s.IngressPolicyRule, ...] | tuple[k8s.EgressPolicyRule, ...]:
    return (policy.spec.ingress if way == "ingress" else policy.spec.egress) or ()


def selects(
    selector: k8s.LabelSelector | None, labels: dict[str, str], made_up: frozenset[str]
) -> int:
    if selector is None:
        return YES
    found = [
        holds(k, "In", (v,), labels, made_up) for k, v in (selector.match_labels or {}).items()
    ]
    found += [
        holds(need.key, need.operator, need.values or (), labels, made_up)
        for need in selector.match_expressions or ()
    ]
    return min(found, default=YES)


def holds(
    key: str,
    operator: str,
    values: tuple[str, ...],
    labels: dict[str, str],
    made_up: frozenset[str],
) -> int:
    there = key in labels or key in made_up
    if operator in ("Exists", "DoesNotExist"):
        return YES if there == (operator == "Exists") else NO
    if key in made_up:
        return PERHAPS
    return YES if (labels.get(key) in values) == (operator == "In") else NO


def inside(block: k8s.IPBlock, at: At | None) -> int:
    whole = ipaddress.ip_network(block.cidr, strict=False)
    holes = [ipaddress.ip_network(text, strict=False) for text in block.except_ or ()]
    if at is not None:
        kind = ipaddress.IPv4Address if at[0] == 4 else ipaddress.IPv6Address
        address = kind(at[1])
        return YES if address in whole and not any(address in hole for hole in holes) else NO
    return somewhere_private(whole, holes)


def somewhere_private(
    whole: ipaddress.IPv4Network | ipaddress.IPv6Network,
    holes: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
) -> int:
    """All, some or none of the private addresses, tried at every border."""
    private = [ipaddress.ip_network(text) for text in PRIVATE]
    borders = {int(net[0]) for net in (whole, *holes, *private) if net.version == 4}
    borders |= {int(net[-1]) + 1 for net in (whole, *holes, *private) if net.version == 4}
    tried = []
    for value in borders:
        if value < 1 << 32:
            address = ipaddress.IPv4Address(value)
            if any(address in net for net in private):
                tried.append(address in whole and not any(address in hole for hole in holes))
    return YES if all(tried) else PERHAPS if any(tried) else NO


def served(
    ports: tuple[k8s.PolicyPort, ...] | None, receiver: Pod | None, service: tuple[int, int]
) -> int:
    if not ports:
        return YES
    return YES if any(one_port(port, receiver, service) for port in ports) else NO


def one_port(port: k8s.PolicyPort, receiver: Pod | None, service: tuple[int, int]) -> bool:
    protocol = port.protocol or "TCP"
    if PROTOCOLS[protocol] != service[0]:
        return False
    if port.port is None:
        return True
    if isinstance(port.port, int):
        return port.port <= service[1] <= (port.end_port or port.port)
    named = (
        [p for p in receiver.ports if (p.name, p.protocol) == (port.port, protocol)]
        if receiver
        else []
    )
    return bool(named) and named[0].container_port == service[1]
