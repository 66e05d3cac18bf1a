"""A binding grants something to whoever does not say who he is."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from ringwall.check import rbac
from ringwall.check.audit import Audit
from ringwall.check.endpoints import Api
from ringwall.check.exposure import witness_text
from ringwall.check.finding import Finding
from ringwall.check.rbac import FORMER_DISCOVERY, PUBLIC_INFO, Binding, Rbac, each_binding
from ringwall.check.rule import Rule

RULE = Rule(
    id="iam-anonymous-binding",
    title="A binding grants rights to unauthenticated users",
    severity="critical",
    kind="pattern",
    remediation="delete the binding, or bind a group of people who log in: "
    "kubectl delete clusterrolebinding",
)


class _Use(NamedTuple):
    """Whether anybody can use such a binding: how severe that is, in words, and the evidence."""

    severity: str
    words: str
    evidence: dict[str, Any]


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per binding beyond the built-in one that tells health and version."""
    fine = "only the built-in binding that tells health and version names them"
    return each_binding(audit, RULE, partial(_judge, audit), fine)


def _judge(audit: Audit, access: Rbac, binding: Binding, title: str) -> Finding | None:
    who, beyond = binding.anonymous, access.beyond_discovery(binding)
    if not who or (binding.role.name == PUBLIC_INFO and beyond is False):
        return None
    if beyond is None:
        reason = "it is for everybody who reaches the API, and the role that it grants was not read"
        evidence = {"needs": access.needs(binding)}
        return rbac.finding(RULE, binding, title, "unknown", reason, who, evidence=evidence)
    use = _use(audit, binding) if beyond else _harmless(access, binding)
    return rbac.finding(
        RULE,
        binding,
        title,
        "fail",
        f"it grants {binding.role_id} to everybody who reaches the API: {use.words}",
        who,
        severity=use.severity,
        evidence=use.evidence,
    )


def _harmless(access: Rbac, binding: Binding) -> _Use:
    if binding.role.name in FORMER_DISCOVERY:
        return _Use("low", "left over from a cluster made before Kubernetes 1.14", {})
    if access.rules(binding) == ():
        return _Use("low", "there is no such role today, or it is empty", {})
    return _Use("low", "no more than discovery today, and whatever the role grants tomorrow", {})


def _use(audit: Audit, binding: Binding) -> _Use:
    key = audit.net.world.links.get(binding.key.scope)
    return _used(Api(audit, key, audit.fabric.eks[key])) if key else _unread()


def _used(api: Api) -> _Use:
    severity, answers = rbac.anonymous_use(api.cluster.version)
    evidence: dict[str, Any] = {"version": api.cluster.version}
    if witness := api.stranger:
        evidence |= {"path": witness_text(witness), "paths": [api.audit.path(witness)]}
        return _Use(severity, f"strangers on the Internet do, and {answers}", evidence)
    if severity == "low":
        return _Use(severity, answers, evidence)
    if api.config.endpoint_public_access is None:
        return _unread()
    return _Use("high", "no stranger on the Internet was found to reach it", evidence)


def _unread() -> _Use:
    needs = {"needs": "aws eks describe-cluster"}
    return _Use("high", "who reaches the API was not read", needs)
