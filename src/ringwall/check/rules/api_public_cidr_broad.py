"""The public API endpoint admits many foreign addresses."""

from collections.abc import Iterator

from ringwall.check.admitted import size_of, sizes_text
from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api, each_api
from ringwall.check.exposure import witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.space.addresses import Addresses

_MOST_BLOCKS = 5

RULE = Rule(
    id="api-public-cidr-broad",
    title="The Kubernetes API admits more addresses than a company has",
    severity="medium",
    kind="pattern",
    remediation="name single egress addresses in publicAccessCidrs, or the network in "
    "ringwall.toml: aws eks update-cluster-config --resources-vpc-config publicAccessCidrs=…",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster whose allowed blocks hold more foreign addresses than the threshold,
    taken together."""
    yield from each_api(audit, RULE, "public", _judge)


def _judge(api: Api) -> Finding:
    cause, cluster = str(api.key), api.cluster.name
    if not api.config.endpoint_public_access:
        return RULE.finding("pass", cause, reason="the public endpoint is off", cluster=cluster)
    foreign = api.admitted - api.audit.own_networks
    most = api.audit.config.thresholds.public_cidr_addresses
    if size_of(foreign) <= most:
        reason = f"the allowed blocks hold no more than {most:,} foreign addresses"
        return RULE.finding("pass", cause, reason=reason, cluster=cluster)
    return _fail(api, foreign, most)


def _fail(api: Api, foreign: Addresses, most: int) -> Finding:
    witness = api.witness_in(foreign)
    blocks = sorted(api.blocks, key=lambda text: (-_size(text), text))
    return RULE.finding(
        "fail",
        str(api.key),
        reason=f"the public endpoint admits {sizes_text(foreign)} outside your own networks, "
        f"more than {most:,}",
        cluster=api.cluster.name,
        objects=[str(api.key)],
        count=len(blocks),
        examples=blocks,
        evidence={
            "publicAccessCidrs": blocks[:_MOST_BLOCKS],
            "threshold": most,
            "path": witness_text(witness) if witness else "no path found",
            "paths": [api.audit.path(witness)] if witness else [],
        },
    )


def _size(block: str) -> int:
    return size_of(Addresses.of(block))
