"""What RBAC grants in one cluster, as the rules about bindings look at it.

Sources: kubernetes.io "Using RBAC Authorization" and
``plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`` for what every API server makes; EKS
user guide, release notes of Kubernetes 1.32, "Anonymous authentication changes".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import cluster_cause, cluster_name, is_dump
from ringwall.check.rule import Rule
from ringwall.facts import k8s
from ringwall.facts.fact import Facts, Key
from ringwall.reach.definition.labels import selects

CLUSTER_ADMIN: Final = "cluster-admin"
MASTERS: Final = "system:masters"
_ALWAYS_THERE: Final = {
    "clusterrole": CLUSTER_ADMIN,
    "clusterrolebinding": CLUSTER_ADMIN,
    "role": "kube-public/system:controller:bootstrap-signer",
    "rolebinding": "kube-public/system:controller:bootstrap-signer",
}
"""Kind → an object that every API server makes again when it starts: that it came says that all of
its kind did."""
ANONYMOUS: Final = frozenset((("User", "system:anonymous"), ("Group", "system:unauthenticated")))
"""What a request without credentials is taken for."""
PUBLIC_INFO: Final = "system:public-info-viewer"
"""The discovery role that every cluster grants to everybody."""
_ISSUER: Final = "system:service-account-issuer-discovery"
FORMER_DISCOVERY: Final = frozenset(("system:basic-user", "system:discovery"))
"""The discovery roles that were granted to everybody up to Kubernetes 1.13."""
_DISCOVERY_ROLES: Final = FORMER_DISCOVERY | {PUBLIC_INFO, _ISSUER}
_DISCOVERY: Final = frozenset(
    "/.well-known/openid-configuration /api /api/* /apis /apis/* /healthz /healthz/* /livez "
    "/livez/* /openapi /openapi/* /openid/v1/jwks /readyz /readyz/* /version /version/".split()
)
"""What the discovery roles let everybody read."""
_ABOUT_ONESELF: Final = frozenset(
    "selfsubjectaccessreviews selfsubjectreviews selfsubjectrulesreviews".split()
)
_ANONYMOUS_REFUSED: Final = (1, 32)
_USER_FACING: Final = frozenset(("admin", "edit", "view"))
_CLUSTER_ROLE_BINDINGS: Final = "kubectl get clusterrolebindings -o json"
_ROLE_BINDINGS: Final = "kubectl get rolebindings -A -o json"
BINDINGS: Final = (_CLUSTER_ROLE_BINDINGS, _ROLE_BINDINGS)
"""The commands that list every binding."""
_OWNED: Final = ("system:", "eks:")
"""What the names of roles begin with that Kubernetes and EKS make themselves."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A ClusterRoleBinding, or a RoleBinding with the ``namespace`` that it grants in."""

    key: Key
    role: k8s.RoleRef
    subjects: tuple[k8s.Subject, ...]
    namespace: str = ""

    @property
    def anonymous(self) -> list[k8s.Subject]:
        """Those of its subjects that stand for everybody who does not log in."""
        return [one for one in self.subjects if (one.kind, one.name) in ANONYMOUS]

    @property
    def role_id(self) -> str:
        """The role that it grants, in words: ``clusterrole/cluster-admin``."""
        place = f"{self.namespace}/" if self.role.kind == "Role" else ""
        return f"{self.role.kind.lower()}/{place}{self.role.name}"


def subject_id(subject: k8s.Subject) -> str:
    """Who is meant, in words: ``group/NAME``, ``user/NAME``, ``serviceaccount/NAMESPACE/NAME``."""
    place = f"{subject.namespace}/" if subject.kind == "ServiceAccount" else ""
    return f"{subject.kind.lower()}/{place}{subject.name}"


class Rbac:
    """The roles and bindings of one cluster, and whether all of them were read.

    ``exists``: whether a cluster is known to be there (its API server told of it, or AWS), so that
    what is missing was not read; manifests alone are judged as they are.
    """

    def __init__(self, facts: Facts, cluster: str, *, exists: bool = False) -> None:
        self._facts, self._cluster, self._exists = facts, cluster, exists

    @classmethod
    def of(cls, audit: Audit, cluster: str) -> "Rbac":
        """The RBAC of a cluster of the audit."""
        exists = cluster in audit.net.world.links or is_dump(audit.facts, cluster)
        return cls(audit.facts, cluster, exists=exists)

    @cached_property
    def bindings(self) -> list[Binding]:
        """Every binding, in order of key."""
        found = [
            Binding(key, body.role_ref, body.subjects or ())
            for key, body in self._facts.of(k8s.ClusterRoleBinding)
            if key.scope == self._cluster
        ]
        found += [
            Binding(key, body.role_ref, body.subjects or (), body.metadata.namespace)
            for key, body in self._facts.of(k8s.RoleBinding)
            if key.scope == self._cluster
        ]
        return found

    def listed(self, kind: str) -> bool:
        """Whether all objects of a kind were read."""
        return Key(self._cluster, kind, _ALWAYS_THERE[kind]) in self._facts

    @property
    def unread(self) -> list[str]:
        """What has to be read, or put right, to know every binding."""
        asked = {"clusterrolebinding": _CLUSTER_ROLE_BINDINGS, "rolebinding": _ROLE_BINDINGS}
        missing = [needs for kind, needs in asked.items() if self._exists and not self.listed(kind)]
        titles = tuple(f"{kind}/" for kind in asked)
        broken = [gap for gap in self._facts.gaps if gap.object.startswith(titles)]
        return [*missing, *(gap.needs for gap in broken if gap.scope == self._cluster)]

    def rules(self, binding: Binding) -> tuple[k8s.PolicyRule, ...] | None:
        """What the role of a binding grants: nothing where there is no such role, None where that
        cannot be told."""
        kind, name = binding.role.kind.lower(), binding.role.name
        key = Key(self._cluster, kind, f"{binding.namespace}/{name}" if kind == "role" else name)
        body = self._facts[key].body if key in self._facts else None
        if isinstance(body, k8s.Role):
            return body.rules or ()
        if isinstance(body, k8s.ClusterRole):
            return self._granted(body)
        return () if kind in _ALWAYS_THERE and self.listed(kind) else None

    def beyond_discovery(self, binding: Binding) -> bool | None:
        """Whether a binding grants more than to read what discovery needs and to ask about oneself;
        None where its role was not read, and its name does not tell."""
        rules = self.rules(binding)
        if rules is not None:
            paths_count = binding.key.kind == "clusterrolebinding"
            return any(_more_than_discovery(rule, paths_count) for rule in rules)
        name = binding.role.name if binding.role.kind == "ClusterRole" else ""
        known = dict.fromkeys(_DISCOVERY_ROLES, False)
        known |= dict.fromkeys((*_USER_FACING, CLUSTER_ADMIN), True)
        return known.get(name)

    def needs(self, binding: Binding) -> str:
        """What would tell what a binding grants."""
        kind = "roles -A" if binding.role.kind == "Role" else "clusterroles"
        return f"{binding.role_id}: kubectl get {kind} -o json"

    def _granted(self, role: k8s.ClusterRole) -> tuple[k8s.PolicyRule, ...] | None:
        """A role's rules; those of an aggregated one are the control plane's to write, from the
        roles that its selectors fit."""
        rules = role.rules or ()
        if role.aggregation_rule is None or (rules and role.metadata.uid):
            return rules
        found = [rule for one in self._aggregated(role) for rule in one.rules or ()]
        complete = self.listed("clusterrole") or any(map(grants_all, found))
        return tuple(found) if complete else None

    def _aggregated(self, role: k8s.ClusterRole) -> Iterator[k8s.ClusterRole]:
        selectors = (role.aggregation_rule and role.aggregation_rule.cluster_role_selectors) or ()
        for key, one in self._facts.of(k8s.ClusterRole):
            labels = one.metadata.labels or {}
            fits = any(selects(selector, labels).value for selector in selectors)
            if key.scope == self._cluster and one is not role and fits:
                yield one


def grants_all(rule: k8s.PolicyRule) -> bool:
    """Whether a rule grants every verb on every resource of every API group."""
    every = (rule.verbs, rule.api_groups or (), rule.resources or ())
    return not rule.resource_names and all("*" in part for part in every)


def _more_than_discovery(rule: k8s.PolicyRule, paths_count: bool) -> bool:
    """``paths_count``: paths that are no resources count for nothing where a RoleBinding grants."""
    asks = set(rule.verbs) <= {"create"} and _ABOUT_ONESELF.issuperset(rule.resources or ())
    if rule.resources and rule.verbs and not asks:
        return True
    paths = rule.non_resource_urls or () if paths_count and rule.verbs else ()
    return bool(paths) and not (set(rule.verbs) <= {"get", "head"} and all(map(_tells, paths)))


def _tells(path: str) -> bool:
    """Whether a path is one of discovery, or lies below one."""
    stars = (known[:-1] for known in _DISCOVERY if known.endswith("/*"))
    return path in _DISCOVERY or path.startswith(tuple(stars))


def refuses_anonymous(version: str) -> bool | None:
    """Whether EKS answers requests without credentials on health checks only, whatever RBAC says;
    None where the version was not told."""
    parts = version.split(".")
    if len(parts) < 2 or not all(part.isdecimal() for part in parts[:2]):
        return None
    return (int(parts[0]), int(parts[1])) >= _ANONYMOUS_REFUSED


def anonymous_use(version: str) -> tuple[str, str]:
    """What it weighs that strangers reach the API of an EKS cluster in which a binding lets
    everybody in, and why."""
    refused = refuses_anonymous(version)
    if refused is None:
        return "high", "whether its version of EKS answers such requests was not read"
    answers = "answers them on health checks only" if refused else "answers such requests"
    return "low" if refused else "critical", f"EKS {version} {answers}"


def is_builtin(role: k8s.RoleRef) -> bool:
    """Whether a ClusterRole's name is one that Kubernetes or EKS gives to its own; none of those
    but ``cluster-admin`` grants everything."""
    named = role.name in _USER_FACING or role.name.startswith(_OWNED)
    return role.kind == "ClusterRole" and named


def finding(
    rule: Rule,
    binding: Binding,
    title: str,
    status: str,
    reason: str,
    subjects: Iterable[k8s.Subject],
    *,
    severity: str = "",
    evidence: dict[str, Any] | None = None,
) -> Finding:
    """What a rule says about a binding and some of its subjects."""
    who = sorted(map(subject_id, subjects))
    return rule.finding(
        status,
        str(binding.key),
        severity=severity,
        reason=reason,
        cluster=title,
        objects=[str(binding.key), *who],
        count=len(who) or 1,
        examples=who,
        evidence={"role": binding.role_id, **(evidence or {})},
    )


Judge = Callable[[Rbac, Binding, str], Finding | None]
"""What a rule says about a binding in a cluster of that name, if anything."""


def each_binding(audit: Audit, rule: Rule, judge: Judge, fine: str) -> Iterator[Finding]:
    """What a rule finds in the bindings of every cluster; ``fine`` is said where that is nothing.
    Where a cluster is known to be there and not all its bindings were read, the rest is unknown."""
    world = audit.net.world
    for name in world.clusters:
        access, title = Rbac.of(audit, name), cluster_name(world, name)
        told = (judge(access, binding, title) for binding in access.bindings)
        found = [one for one in told if one]
        yield from found
        cause = cluster_cause(title)
        if needs := access.unread:
            reason = "not every binding of the cluster was read"
            evidence = {"needs": needs}
            yield rule.finding("unknown", cause, reason=reason, cluster=title, evidence=evidence)
        elif not access.bindings:
            reason = "the input has no RBAC binding"
            yield rule.finding("not-applicable", cause, reason=reason, cluster=title)
        elif not found:
            yield rule.finding("pass", cause, reason=fine, cluster=title)
