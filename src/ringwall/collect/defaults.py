"""The API server's defaults, applied so that two spellings of one object compare equal."""

from functools import singledispatch

from msgspec import Struct
from msgspec.structs import replace

from ringwall.facts.k8s import (
    EgressPolicyRule,
    IngressPolicyRule,
    NetworkPolicy,
    ObjectMeta,
    PolicyPort,
)


@singledispatch
def _defaulted(body: Struct) -> Struct:
    return body


def comparable(body: Struct) -> Struct:
    """A copy of ``body`` with defaults filled in and without what only versions it."""
    body = _defaulted(body)
    metadata = getattr(body, "metadata", None)
    if isinstance(metadata, ObjectMeta):
        plain = replace(
            metadata,
            uid="",
            resource_version="",
            labels=metadata.labels or None,
            annotations=metadata.annotations or None,
            owner_references=metadata.owner_references or None,
        )
        return replace(body, metadata=plain)
    return body


@_defaulted.register
def _(policy: NetworkPolicy) -> Struct:
    spec = policy.spec
    types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
    return replace(
        policy,
        spec=replace(
            spec,
            policy_types=tuple(sorted(set(types))),
            ingress=tuple(_ingress(rule) for rule in spec.ingress or ()),
            egress=tuple(_egress(rule) for rule in spec.egress or ()),
        ),
    )


def _ingress(rule: IngressPolicyRule) -> IngressPolicyRule:
    return replace(rule, from_=rule.from_ or None, ports=_ports(rule.ports))


def _egress(rule: EgressPolicyRule) -> EgressPolicyRule:
    return replace(rule, to=rule.to or None, ports=_ports(rule.ports))


def _ports(ports: tuple[PolicyPort, ...] | None) -> tuple[PolicyPort, ...] | None:
    return tuple(_port(port) for port in ports or ()) or None


def _port(port: PolicyPort) -> PolicyPort:
    return replace(port, protocol=port.protocol or "TCP")
