"""What the API server would refuse in a NetworkPolicy or Service, so that no invalid one decides.

Source: ValidateNetworkPolicySpec in kubernetes ``pkg/apis/networking/validation``, the field texts
of ``networking/v1/types.go``, and ValidateService in ``pkg/apis/core/validation``.
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from ringwall.facts.k8s import (
    ControllerSpec,
    CronJobSpec,
    EgressPolicyRule,
    IngressPolicyRule,
    IngressSpec,
    IPBlock,
    LabelSelector,
    NetworkPolicySpec,
    Peer,
    PodSpec,
    PolicyPort,
    ServicePort,
    ServiceSpec,
)

_CIDR = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")  # neither a bare address nor a netmask
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_NUMBER = re.compile(r"[0-9]{1,15}")
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
    for i, text in enumerate(spec.load_balancer_source_ranges or ()):
        if _network(text.strip()) is None:  # the API server trims these
            yield f"/loadBalancerSourceRanges/{i}", f"`{text}` is not a CIDR block"
    for i, port in enumerate(spec.ports or ()):
        yield from _service_port(f"/ports/{i}", port)


def _service_port(where: str, port: ServicePort) -> Iterator[tuple[str, str]]:
    """A ``targetPort`` that is 0 or empty counts as unset, and so does a ``nodePort``."""
    target = port.target_port
    if isinstance(target, str) and target and not _NUMBER.fullmatch(target):
        if not _PORT_NAME.fullmatch(target):
            yield f"{where}/targetPort", f"`{target}` is not a port name"
    elif target and not 0 <= int(target) <= 65535:
        yield f"{where}/targetPort", f"`{target}` is not a port from 1 to 65535"
    if not 0 <= port.node_port <= 65535:
        yield f"{where}/nodePort", f"`{port.node_port}` is not a port from 1 to 65535"


def ingress_errors(spec: IngressSpec) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below ``/spec``, what is wrong there)."""
    backends = [("/defaultBackend", spec.default_backend)]
    for i, rule in enumerate(spec.rules or ()):
        paths = (rule.http.paths if rule.http else None) or ()
        backends += [
            (f"/rules/{i}/http/paths/{j}/backend", path.backend) for j, path in enumerate(paths)
        ]
    for where, backend in backends:
        number = backend.service.port.number if backend and backend.service else 0
        if not 0 <= number <= 65535:
            yield f"{where}/service/port/number", f"`{number}` is not a port from 1 to 65535"


def controller_errors(body: Struct) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below the ``spec`` of a controller, what is wrong there)."""
    spec = getattr(body, "spec", None)
    replicas = spec.replicas if isinstance(spec, ControllerSpec) else None
    if replicas is not None and not 0 <= replicas < 1 << 31:
        yield "/replicas", f"`{replicas}` is not a number of replicas"


def pod_of(body: Struct) -> tuple[PodSpec | None, str]:
    """What of an object describes pods, if anything, and the path to it."""
    spec = getattr(body, "spec", None)
    if isinstance(spec, PodSpec):
        return spec, "$.spec"
    where = "$.spec.template.spec"
    if isinstance(spec, CronJobSpec):
        spec, where = spec.job_template.spec, "$.spec.jobTemplate.spec.template.spec"
    template = spec.template if isinstance(spec, ControllerSpec) else None
    return template.spec if template else None, where


def pod_errors(spec: PodSpec) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below the ``spec`` of a pod, what is wrong there)."""
    for name, containers in (
        ("containers", spec.containers),
        ("initContainers", spec.init_containers),
    ):
        for i, container in enumerate(containers or ()):
            for j, port in enumerate(container.ports or ()):
                if not 0 <= port.host_port <= 65535:
                    where = f"/{name}/{i}/ports/{j}/hostPort"
                    yield where, f"`{port.host_port}` is not a port from 1 to 65535"


def is_address(text: str) -> bool:
    """Whether a text is an IP address, without a zone."""
    if _IPV4.fullmatch(text):
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A block as the API server takes it: an address and the length of a prefix.

    What engines read in different ways is no block either: leading zeros (decimal or octal), and
    IPv4 written as IPv6 (KEP-4858, IP/CIDR validation improvements).
    """
    try:
        found = ipaddress.ip_network(text, strict=False) if _CIDR.fullmatch(text) else None
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
        return None
    return found


def policy_blocks(spec: NetworkPolicySpec) -> Iterator[tuple[str, str]]:
    """Pairs of (JSON pointer below ``/spec``, a block of addresses as it is written)."""
    for direction, side, i, rule in _rules(spec):
        for j, peer in enumerate(rule.peers):
            if block := peer.ip_block:
                where = f"/{direction}/{i}/{side}/{j}/ipBlock"
                yield f"{where}/cidr", block.cidr
                yield from (
                    (f"{where}/except/{k}", text) for k, text in enumerate(block.except_ or ())
                )


@lru_cache(maxsize=65536)
def widened(text: str) -> str:
    """What is said of a valid block whose address has bits beyond its prefix, empty of others.

    Kubernetes warns of one as ambiguous (GetWarningsForCIDR in apimachinery
    ``pkg/util/validation/ip.go``) and AWS clears them (EC2, AuthorizeSecurityGroupIngress,
    ``CidrIp``): both mean the whole block.
    """
    written = ipaddress.ip_interface(text)
    if written.ip == written.network.network_address:
        return ""
    single = ipaddress.ip_network(written.ip)
    read = f"`{text}` has bits beyond its prefix and is read as `{written.network}`"
    return f"{read}; write that, or `{single}` for one address"


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
