"""networking.k8s.io/v1 NetworkPolicy: facts → rules → the gate of a pod, as the API specifies it.

Source: ``networking/v1/types.go`` and kubernetes.io «Network Policies». Selected by a policy of a
direction, a pod admits there what some rule of these policies admits; selected by none, all. What
becomes of protocols other than TCP, UDP and SCTP that no rule admits is undefined.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.model.gate import ALLOW, DENY, UNKNOWN, Gate, Reason, Rule, Tier
from ringwall.model.peers import Far, Numbered, PodPeer, PortName
from ringwall.model.selectors import Needs, needs
from ringwall.space.addresses import Addresses
from ringwall.space.services import SCTP, TCP, UDP, UNIVERSE, ServiceSet

Way: TypeAlias = Literal["ingress", "egress"]

PROTOCOLS: Final = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
_NONE: Final = ServiceSet()
SPECIFIED: Final = ServiceSet.of(TCP) | ServiceSet.of(UDP) | ServiceSet.of(SCTP)
UNDEFINED: Final = UNIVERSE - SPECIFIED
"""Protocols of which the specification does not speak."""

ANYONE: Final = Far(anyone=True)


class PolicyRule(Struct, frozen=True):
    """One rule: ``index`` is its place (``ingress[0]``); ``services`` are those told by number,
    ``named`` the ports told by name."""

    index: str
    far: Far
    services: ServiceSet
    named: tuple[PortName, ...]


class Policy(Struct, frozen=True):
    """A policy as read: the pods of its namespace that it selects, and the rules of each direction
    that it isolates (None: not isolated).

    ``number`` tells versions of one policy apart. ``pod_peers``, ``blocks`` and ``services`` are
    those of all its rules, ``ingress_names`` and ``egress_names`` the port names in them.
    """

    number: int
    key: Key
    namespace: str
    pods: Needs
    ingress: tuple[PolicyRule, ...] | None
    egress: tuple[PolicyRule, ...] | None
    pod_peers: tuple[int, ...]
    blocks: tuple[int, ...]
    services: frozenset[ServiceSet]
    ingress_names: frozenset[PortName]
    egress_names: frozenset[PortName]

    def rules(self, way: Way) -> tuple[PolicyRule, ...] | None:
        """The rules of a direction; None where it is not isolated."""
        return self.ingress if way == "ingress" else self.egress

    def names(self, way: Way) -> frozenset[PortName]:
        """The port names in rules of a direction."""
        return self.ingress_names if way == "ingress" else self.egress_names


class Reader:
    """Reads policies; equal bodies of one key give one object, however often they come."""

    def __init__(self, numbered: Numbered) -> None:
        self._numbered = numbered
        self._read: dict[Key, list[tuple[k8s.NetworkPolicy, Policy]]] = {}
        self._ports: dict[tuple[k8s.PolicyPort, ...], tuple[ServiceSet, tuple[PortName, ...]]] = {}
        self._blocks: dict[k8s.IPBlock, int] = {}
        self._count = 0

    def policy(self, key: Key, body: k8s.NetworkPolicy) -> Policy:
        """What a policy says."""
        versions = self._read.setdefault(key, [])
        for known, policy in versions:
            if known is body or known == body:
                return policy
        spec, namespace = body.spec, body.metadata.namespace
        types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
        ingress = self._rules("ingress", key, namespace, spec, types)
        egress = self._rules("egress", key, namespace, spec, types)
        rules = (*(ingress or ()), *(egress or ()))
        fars = [rule.far for rule in rules]
        policy = Policy(
            number=self._count,
            key=key,
            namespace=namespace,
            pods=needs(spec.pod_selector),
            ingress=ingress,
            egress=egress,
            pod_peers=tuple({peer for far in fars for peer in far.pods}),
            blocks=tuple({block for far in fars for block in far.blocks}),
            services=frozenset(rule.services for rule in rules),
            ingress_names=frozenset(name for rule in ingress or () for name in rule.named),
            egress_names=frozenset(name for rule in egress or () for name in rule.named),
        )
        self._count += 1
        versions.append((body, policy))
        return policy

    def _rules(
        self,
        way: Way,
        key: Key,
        namespace: str,
        spec: k8s.NetworkPolicySpec,
        types: tuple[str, ...],
    ) -> tuple[PolicyRule, ...] | None:
        """The rules of one direction; rules of an unlisted direction are ignored."""
        if way.capitalize() not in types:
            return None
        listed: list[tuple[tuple[k8s.Peer, ...], tuple[k8s.PolicyPort, ...] | None]]
        if way == "ingress":
            listed = [(rule.peers, rule.ports) for rule in spec.ingress or ()]
        else:
            listed = [(rule.peers, rule.ports) for rule in spec.egress or ()]
        found = []
        for i, (peers, ports) in enumerate(listed):
            services, named = self._services(ports or ())
            far = self._far(key.scope, namespace, peers, named if way == "egress" else ())
            found.append(PolicyRule(f"{way}[{i}]", far, services, named))
        return tuple(found)

    def _services(
        self, ports: tuple[k8s.PolicyPort, ...]
    ) -> tuple[ServiceSet, tuple[PortName, ...]]:
        """What ports admit; none at all means every protocol."""
        if not ports:
            return UNIVERSE, ()
        known = self._ports.get(ports)
        if known is None:
            services = _NONE
            for port in ports:
                services |= _numbered(port)
            named = {
                (port.port, port.protocol or "TCP") for port in ports if isinstance(port.port, str)
            }
            known = self._ports[ports] = services, tuple(sorted(named))
        return known

    def _far(
        self,
        cluster: str,
        namespace: str,
        peers: tuple[k8s.Peer, ...],
        named: tuple[PortName, ...],
    ) -> Far:
        pods, blocks = set(), set()
        for peer in peers:
            if peer.ip_block is not None:
                blocks.add(self._block(peer.ip_block))
            else:
                own = peer.namespace_selector is None
                pods.add(
                    self._numbered.pod_peer(
                        PodPeer(
                            cluster,
                            namespace if own else None,
                            needs(peer.namespace_selector),
                            needs(peer.pod_selector),
                        )
                    )
                )
        return Far(not peers, tuple(sorted(pods)), tuple(sorted(blocks)), named)

    def _block(self, block: k8s.IPBlock) -> int:
        known = self._blocks.get(block)
        if known is None:
            cut = Addresses.of(block.cidr) - Addresses.of(*(block.except_ or ()))
            known = self._blocks[block] = self._numbered.block(cut)
        return known


def _numbered(port: k8s.PolicyPort) -> ServiceSet:
    """A port told by number, a range, or all of a protocol (port 0 included)."""
    if isinstance(port.port, str):
        return _NONE
    return ServiceSet.of(PROTOCOLS[port.protocol or "TCP"], port.port, port.end_port)


def resolved(named: Iterable[PortName], numbers: Mapping[PortName, int]) -> ServiceSet:
    """The services that port names mean at a pod with these numbers; an unknown name none."""
    services = _NONE
    for name in named:
        if name in numbers:
            services |= ServiceSet.of(PROTOCOLS[name[1]], numbers[name])
    return services


def gate(
    way: Way,
    sure: Sequence[Policy],
    perhaps: Sequence[Policy],
    numbers: Mapping[PortName, int],
) -> Gate[Far]:
    """The gate of a pod that these policies surely and perhaps select, all of which isolate the
    direction. ``numbers`` are the pod's own named ports, which ingress rules mean."""
    chosen = [(policy, True) for policy in sure] + [(policy, False) for policy in perhaps]
    chosen.sort(key=lambda pair: pair[0].key)
    doubts = frozenset(_doubt(policy) for policy in perhaps)
    rules = [
        _rule(policy, rule, way, is_sure, numbers)
        for policy, is_sure in chosen
        for rule in policy.rules(way) or ()
    ]
    rules.append(Rule(UNKNOWN, ANYONE, UNDEFINED, None, because=frozenset((_other(chosen[0][0]),))))
    return Gate(
        place=chosen[0][0].namespace,
        direction=way,
        tiers=(Tier(tuple(rules)),),
        end=DENY if sure else UNKNOWN,
        because=frozenset() if sure else doubts,
    )


def _rule(
    policy: Policy, rule: PolicyRule, way: Way, is_sure: bool, numbers: Mapping[PortName, int]
) -> Rule[Far]:
    services = rule.services
    if way == "ingress" and rule.named:
        services |= resolved(rule.named, numbers)
    because = frozenset() if is_sure else frozenset((_doubt(policy),))
    return Rule(ALLOW, rule.far, services, policy.key, rule.index, is_sure, because)


def _doubt(policy: Policy) -> Reason:
    return Reason(
        "label-made-up",
        str(policy.key),
        "whether it selects a pod hangs on a label whose value the controller makes up; "
        "read the running pods: kubectl get pods -A -o json",
    )


def _other(policy: Policy) -> Reason:
    return Reason(
        "protocol-undefined",
        str(policy.key),
        "what a policy does to protocols other than TCP, UDP and SCTP is not specified; "
        "the documentation of the network plugin says it",
    )
