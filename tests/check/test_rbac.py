"""What RBAC grants: who is named, and which of it was read."""

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rbac import Rbac, grants_all
from ringwall.discover import load_rule
from ringwall.facts import k8s
from tests.support import facts_of, net_of

GROUP = "rbac.authorization.k8s.io"
BINDING = f"""\
apiVersion: {GROUP}/v1
kind: ClusterRoleBinding
metadata: {{name: cluster-admin, uid: 5f1f6a54-0f7b-4e80-8f2c-7f7a9a1f6b11}}
roleRef: {{apiGroup: {GROUP}, kind: ClusterRole, name: cluster-admin}}
subjects:
- {{kind: Group, apiGroup: {GROUP}, name: system:masters}}
- {{kind: User, apiGroup: {GROUP}, name: jane}}
- {{kind: ServiceAccount, namespace: ci, name: deployer}}
"""
ROLE_BINDING = f"""\
apiVersion: {GROUP}/v1
kind: RoleBinding
metadata: {{name: 'system:controller:bootstrap-signer', namespace: kube-public}}
roleRef: {{apiGroup: {GROUP}, kind: Role, name: 'system:controller:bootstrap-signer'}}
"""


def found(rule: str, text: str) -> list[Finding]:
    return list(load_rule(rule).check(Audit(net_of(text))))


def test_who_comes_with_the_cluster_is_not_named() -> None:
    failing, rest = found("iam-cluster-admin-bindings", BINDING)

    assert failing.objects == [
        "clusterrolebinding/cluster-admin",
        "serviceaccount/ci/deployer",
        "user/jane",
    ]
    assert failing.count == 2
    assert failing.evidence["role"] == "clusterrole/cluster-admin"
    assert rest.evidence["needs"] == ["kubectl get rolebindings -A -o json"]


def test_what_every_cluster_has_shows_that_all_bindings_were_read() -> None:
    statuses = [f.status for f in found("iam-anonymous-binding", f"{BINDING}---\n{ROLE_BINDING}")]

    assert statuses == ["pass"]


def test_an_aggregated_role_of_a_manifest_is_known_once_all_roles_are() -> None:
    role = f"""\
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: ops}}
aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{ops: 'true'}}}}]}}
rules: []
---
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: pods, labels: {{ops: 'true'}}}}
rules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]
---
{BINDING.replace("cluster-admin", "ops")}"""
    admin = f"apiVersion: {GROUP}/v1\nkind: ClusterRole\nmetadata: {{name: cluster-admin}}\n"

    before, after = Rbac(facts_of(role), ""), Rbac(facts_of(f"{role}---\n{admin}"), "")

    assert before.rules(before.bindings[0]) is None
    assert after.rules(after.bindings[0]) == (k8s.PolicyRule(("get",), ("",), ("pods",)),)


def test_everything_is_every_verb_on_every_resource_of_every_group() -> None:
    star, pods = ("*",), ("pods",)

    assert grants_all(k8s.PolicyRule(star, star, star))
    assert grants_all(k8s.PolicyRule(("get", "*"), ("", "*"), ("pods", "*")))
    assert not grants_all(k8s.PolicyRule(star, star, pods))
    assert not grants_all(k8s.PolicyRule(star, ("apps",), star))
    assert not grants_all(k8s.PolicyRule(star, star, star, resource_names=("web",)))
    assert not grants_all(k8s.PolicyRule(star, non_resource_urls=star))
