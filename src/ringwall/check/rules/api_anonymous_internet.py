"""The API is open to strangers, and RBAC lets callers in that do not say who they are."""

from collections.abc import Iterable, Iterator

from ringwall.check import rbac
from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api, in_each_api
from ringwall.check.exposure import witness_text
from ringwall.check.finding import Finding
from ringwall.check.namespaces import cluster_cause, cluster_name
from ringwall.check.rbac import BINDINGS, Binding, Rbac
from ringwall.check.rule import Rule
from ringwall.reach.questions import Outcome

RULE = Rule(
    id="api-anonymous-internet",
    title="Strangers may use the Kubernetes API without saying who they are",
    severity="critical",
    kind="reach",
    remediation="delete the binding, or bind a group of people who log in (kubectl delete "
    "clusterrolebinding), then close the public endpoint",
    folds=("iam-anonymous-binding",),
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per binding that strangers can use, or may; one per cluster without any."""
    return in_each_api(audit, RULE, "public", _judge)


def _judge(api: Api) -> Iterable[Finding]:
    witness = api.stranger
    if witness is None:
        return [_told(api, "pass", "the API admits no stranger from the Internet")]
    scopes = [scope for scope, key in api.audit.net.world.links.items() if key == api.key]
    if not scopes:
        return [_unread(api, str(api.key), list(BINDINGS))]
    found = [one for scope in scopes for one in _of_cluster(api, scope, witness)]
    return found or [_told(api, "pass", "anonymous callers may do no more than discovery")]


def _told(api: Api, status: str, reason: str) -> Finding:
    return RULE.finding(status, str(api.key), reason=reason, cluster=api.cluster.name)


def _unread(api: Api, cause: str, needs: list[str]) -> Finding:
    reason = "strangers reach the API; whom its RBAC admits without a name was not read"
    evidence = {"needs": needs}
    return RULE.finding(
        "unknown", cause, reason=reason, cluster=api.cluster.name, evidence=evidence
    )


def _of_cluster(api: Api, scope: str, witness: Outcome) -> Iterator[Finding]:
    access = Rbac.of(api.audit, scope)
    if needs := access.unread:
        yield _unread(api, cluster_cause(cluster_name(api.audit.net.world, scope)), needs)
    for binding in access.bindings:
        beyond = access.beyond_discovery(binding)
        if binding.anonymous and beyond:
            yield _fail(api, binding, witness)
        elif binding.anonymous and beyond is None:
            yield _unknown(api, access, binding)


def _fail(api: Api, binding: Binding, witness: Outcome) -> Finding:
    severity, answers = rbac.anonymous_use(api.cluster.version)
    return rbac.finding(
        RULE,
        binding,
        cluster_name(api.audit.net.world, binding.key.scope),
        "fail",
        f"it grants {binding.role_id} to everybody, strangers reach the API, and {answers}",
        binding.anonymous,
        severity=severity,
        evidence={
            "endpoint": str(api.key),
            "version": api.cluster.version,
            "path": witness_text(witness),
            "paths": [api.audit.path(witness)],
        },
    )


def _unknown(api: Api, access: Rbac, binding: Binding) -> Finding:
    return rbac.finding(
        RULE,
        binding,
        cluster_name(api.audit.net.world, binding.key.scope),
        "unknown",
        "it is for everybody, strangers reach the API, and the role that it grants was not read",
        binding.anonymous,
        evidence={"needs": access.needs(binding)},
    )
