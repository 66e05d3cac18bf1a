"""What the API server would refuse in a NetworkPolicy or Service, so that no invalid one decides.

Source: ValidateNetworkPolicySpec in kubernetes ``pkg/apis/networking/validation``, the field texts
of ``networking/v1/types.go``, and ValidateService in ``pkg/apis/core/validation``.
"""

import ipaddress
import re
from collections.abc import Iterator

from ringwall.facts.k8s import (
    EgressPolicyRule,
    IngressPolicyRule,
    IPBlock,
    LabelSelector,
    NetworkPolicySpec,
    Peer,
    PolicyPort,
    ServiceSpec,
)

_CIDR = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")  # neither a bare address nor a netmask
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")


def policy_errors(spec: NetworkPolicySpec) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below ``/spec``, what is wrong there)."""
    yield from _selector("/podSelector", spec.pod_selector)
    for name in spec.policy_types or ():
        if name not in ("Ingress", "Egress"):
            yield "/policyTypes", f"`{name}` is neither `Ingress` nor `Egress`"
    for direction, side, i, rule in _rules(spec):
        where = f"/{direction}/{i}"
        for j, port in enumerate(rule.ports or ()):
            yield from _port(f"{where}/ports/{j}", port)
        for j, peer in enumerate(rule.peers):
            yield from _peer(f"{where}/{side}/{j}", peer)


def service_errors(spec: ServiceSpec) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below ``/spec``, what is wrong there)."""
    given = [("/clusterIP", spec.cluster_ip)]
    given += [(f"/clusterIPs/{i}", text) for i, text in enumerate(spec.cluster_ips or ())]
    for pointer, text in given:
        if text not in ("", "None") and not is_address(text):
            yield pointer, f"`{text}` is neither an IP address nor `None`"


def is_address(text: str) -> bool:
    """Whether a text is an IP address, without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A block as the API server takes it: an address and the length of a prefix."""
    try:
        return ipaddress.ip_network(text, strict=False) if _CIDR.fullmatch(text) else None
    except ValueError:
        return None


def _rules(
    spec: NetworkPolicySpec,
) -> Iterator[tuple[str, str, int, IngressPolicyRule | EgressPolicyRule]]:
    for i, ingress in enumerate(spec.ingress or ()):
        yield "ingress", "from", i, ingress
    for i, egress in enumerate(spec.egress or ()):
        yield "egress", "to", i, egress


def _peer(where: str, peer: Peer) -> Iterator[tuple[str, str]]:
    selectors = (peer.pod_selector, peer.namespace_selector)
    if peer.ip_block is None:
        if selectors == (None, None):
            yield where, "a peer needs a podSelector, a namespaceSelector or an ipBlock"
        yield from _selector(f"{where}/podSelector", peer.pod_selector)
        yield from _selector(f"{where}/namespaceSelector", peer.namespace_selector)
    elif selectors != (None, None):
        yield where, "an ipBlock cannot stand beside a selector"
    else:
        yield from _block(f"{where}/ipBlock", peer.ip_block)


def _block(where: str, block: IPBlock) -> Iterator[tuple[str, str]]:
    cidr = _network(block.cidr)
    if cidr is None:
        yield f"{where}/cidr", f"`{block.cidr}` is not a CIDR block"
        return
    for i, text in enumerate(block.except_ or ()):
        hole = _network(text)
        if hole is None:
            yield f"{where}/except/{i}", f"`{text}` is not a CIDR block"
            continue
        inside = hole.version == cidr.version and hole.subnet_of(cidr)  # type: ignore[arg-type]
        if not inside or hole.prefixlen == cidr.prefixlen:
            yield f"{where}/except/{i}", f"`{text}` does not lie strictly inside `{block.cidr}`"


def _port(where: str, port: PolicyPort) -> Iterator[tuple[str, str]]:
    if port.protocol not in (None, "TCP", "UDP", "SCTP"):
        yield f"{where}/protocol", f"`{port.protocol}` is not TCP, UDP or SCTP"
    if isinstance(port.port, str):
        if not _PORT_NAME.fullmatch(port.port):
            yield f"{where}/port", f"`{port.port}` is not a port name"
    elif port.port is not None and not 1 <= port.port <= 65535:
        yield f"{where}/port", f"`{port.port}` is not a port from 1 to 65535"
    if port.end_port is not None:
        if not isinstance(port.port, int):
            yield f"{where}/endPort", "an endPort needs a numeric port"
        elif not port.port <= port.end_port <= 65535:
            yield f"{where}/endPort", f"`{port.end_port}` is not a port from {port.port} to 65535"


def _selector(where: str, selector: LabelSelector | None) -> Iterator[tuple[str, str]]:
    for i, need in enumerate((selector and selector.match_expressions) or ()):
        at = f"{where}/matchExpressions/{i}"
        if need.operator in ("In", "NotIn"):
            if not need.values:
                yield at, f"`{need.operator}` needs values"
        elif need.operator in ("Exists", "DoesNotExist"):
            if need.values:
                yield at, f"`{need.operator}` takes no values"
        else:
            yield at, f"`{need.operator}` is not In, NotIn, Exists or DoesNotExist"
