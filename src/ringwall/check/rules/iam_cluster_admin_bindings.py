"""A binding grants everything to somebody who does not come with the cluster."""

from collections.abc import Iterator
from typing import Final

from ringwall.check import rbac
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rbac import ANONYMOUS, CLUSTER_ADMIN, MASTERS, Binding, Rbac, each_binding
from ringwall.check.rule import Rule
from ringwall.check.words import many

RULE = Rule(
    id="iam-cluster-admin-bindings",
    title="A binding makes somebody cluster administrator",
    severity="high",
    kind="pattern",
    remediation="bind a role with the verbs and resources that are needed, and delete this "
    "binding: kubectl delete clusterrolebinding",
)
_COME_WITH_IT: Final = {("Group", MASTERS), ("User", "eks:addon-manager")}
"""The group that is above RBAC anyway, and the identity by which EKS installs add-ons (EKS user
guide, "Amazon EKS add-ons": ClusterRoleBinding ``eks:addon-cluster-admin``)."""
_LEFT_OUT: Final = _COME_WITH_IT | ANONYMOUS
"""Whom iam-anonymous-binding tells of is not told of again."""
_SYSTEM: Final = "kube-system"


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per binding."""
    return each_binding(audit, RULE, _judge, "no binding grants everything")


def _judge(access: Rbac, binding: Binding, title: str) -> Finding | None:
    subjects = [one for one in binding.subjects if (one.kind, one.name) not in _LEFT_OUT]
    if not subjects or (answer := _grants_all(access, binding)) is False:
        return None
    if answer is None:
        reason = "the role that it grants was not read"
        evidence = {"needs": access.needs(binding)}
        return rbac.finding(RULE, binding, title, "unknown", reason, subjects, evidence=evidence)
    where = f"in namespace {binding.namespace}" if binding.namespace else "in the cluster"
    return rbac.finding(
        RULE,
        binding,
        title,
        "fail",
        f"{many(len(subjects), 'subject')} may do everything {where}",
        subjects,
        severity="high" if binding.namespace in ("", _SYSTEM) else "medium",
    )


def _grants_all(access: Rbac, binding: Binding) -> bool | None:
    if (binding.role.kind, binding.role.name) == ("ClusterRole", CLUSTER_ADMIN):
        return True
    rules = access.rules(binding)
    if rules is None:
        return False if rbac.is_builtin(binding.role) else None
    return any(map(rbac.grants_all, rules))
