"""The public API endpoint is on at all."""

from collections.abc import Iterator

from ringwall.check.admitted import sizes_text
from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api, each_api
from ringwall.check.exposure import witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.space.addresses import Addresses

_MANY_V4 = 4096
_MANY_V6 = 1 << 96

RULE = Rule(
    id="api-public-enabled",
    title="The Kubernetes API can be reached from the Internet",
    severity="high",
    kind="pattern",
    remediation="give operators a way into the VPC, then turn the public endpoint off: aws eks "
    "update-cluster-config --resources-vpc-config "
    "endpointPublicAccess=false,endpointPrivateAccess=true",
    folds=("api-public-cidr-broad",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster with a public endpoint; whom it admits decides how much it weighs."""
    yield from each_api(audit, RULE, "public", _judge)


def _judge(api: Api) -> Finding:
    if api.config.endpoint_public_access:
        return _fail(api)
    reason = "the public endpoint is off"
    return RULE.finding("pass", str(api.key), reason=reason, cluster=api.cluster.name)


def _fail(api: Api) -> Finding:
    foreign = api.admitted - api.audit.own_networks
    witness = api.witness_in(foreign or api.admitted)
    return RULE.finding(
        "fail",
        str(api.key),
        severity=_severity(api.admitted, foreign),
        reason=f"the public endpoint is on and admits {_whom(api.admitted, foreign)}",
        cluster=api.cluster.name,
        objects=[str(api.key)],
        count=len(api.blocks),
        examples=api.blocks,
        evidence={
            "publicAccessCidrs": list(api.blocks),
            "admitted": {"ipv4": api.admitted.size(4), "ipv6": str(api.admitted.size(6))},
            "foreign": {"ipv4": foreign.size(4), "ipv6": str(foreign.size(6))},
            "path": witness_text(witness) if witness else "no path found",
            "paths": [api.audit.path(witness)] if witness else [],
        },
    )


def _severity(admitted: Addresses, foreign: Addresses) -> str:
    if not foreign:
        return "low"
    many = admitted.size(4) > _MANY_V4 or admitted.size(6) > _MANY_V6
    return "high" if many else "medium"


def _whom(admitted: Addresses, foreign: Addresses) -> str:
    if not foreign:
        return "own networks only"
    return f"{sizes_text(admitted)}, not all of them in own networks"
