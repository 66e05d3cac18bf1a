"""The public API endpoint is open to the whole Internet."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api, each_api
from ringwall.check.exposure import witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.space.addresses import INTERNET, Addresses

RULE = Rule(
    id="api-public-open-world",
    title="The Kubernetes API answers to the whole Internet",
    severity="critical",
    kind="pattern",
    remediation="turn public access off, or limit publicAccessCidrs to your own addresses: "
    "aws eks update-cluster-config --resources-vpc-config publicAccessCidrs=…",
    folds=("api-public-cidr-broad", "api-public-enabled"),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster whose allowed blocks, together, cover a family's Internet."""
    yield from each_api(audit, RULE, "public", _judge)


def _judge(api: Api) -> Finding:
    cause, cluster = str(api.key), api.cluster.name
    if not api.config.endpoint_public_access:
        return RULE.finding("pass", cause, reason="the public endpoint is off", cluster=cluster)
    whole = [family for family in (4, 6) if _internet(family) <= api.admitted]
    if not whole:
        reason = "the allowed blocks do not cover the Internet"
        return RULE.finding("pass", cause, reason=reason, cluster=cluster)
    return _fail(api, whole)


def _internet(family: int) -> Addresses:
    return Addresses(part for part in INTERNET.ranges if part.family == family)


def _fail(api: Api, whole: list[int]) -> Finding:
    witness = api.witness_in(_internet(whole[0]))
    families = " and ".join(f"IPv{family}" for family in whole)
    return RULE.finding(
        "fail",
        str(api.key),
        severity="critical" if witness else "high",
        reason=f"every address of the {families} Internet may connect to the API",
        cluster=api.cluster.name,
        objects=[str(api.key)],
        examples=api.blocks,
        evidence={
            "publicAccessCidrs": list(api.blocks),
            "path": witness_text(witness) if witness else "no path found",
            "paths": [api.audit.path(witness)] if witness else [],
        },
    )
