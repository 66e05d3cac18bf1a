"""The private API endpoint is off."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api, each_api
from ringwall.check.exposure import members_endpoint, witness_text
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule

RULE = Rule(
    id="api-private-disabled",
    title="Nodes leave the VPC to reach their own control plane",
    severity="high",
    kind="pattern",
    remediation="turn the private endpoint on: aws eks update-cluster-config "
    "--resources-vpc-config endpointPrivateAccess=true",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cluster without a private endpoint."""
    yield from each_api(audit, RULE, "private", _judge)


def _judge(api: Api) -> Finding:
    if not api.config.endpoint_private_access:
        return _fail(api)
    reason = "the private endpoint is on"
    return RULE.finding("pass", str(api.key), reason=reason, cluster=api.cluster.name)


def _fail(api: Api) -> Finding:
    """EKS does not turn both endpoints off, so the public one is the only way to the API."""
    machines = [m for m in api.audit.scope.machines if m.cluster == api.cluster.name]
    nodes = [machine.id for machine in machines]
    seats = [machine.interfaces[0] for machine in machines if machine.interfaces]
    witness = api.witness(members_endpoint(seats))
    return RULE.finding(
        "fail",
        str(api.key),
        reason="the private endpoint is off, so nodes and pods call the API through the Internet",
        cluster=api.cluster.name,
        objects=[str(api.key), *nodes[:20]],
        count=max(1, len(nodes)),
        examples=nodes or [str(api.key)],
        evidence={
            "endpointPrivateAccess": False,
            "endpointPublicAccess": api.config.endpoint_public_access,
            "publicAccessCidrs": list(api.blocks),
            "path": witness_text(witness) if witness else "no node was read whose way is known",
            "paths": [api.audit.path(witness)] if witness else [],
        },
    )
