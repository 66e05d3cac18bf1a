"""Both rules about anonymous callers give one answer, on every input; each verdict by hand."""

import json
from itertools import product

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import parse
from ringwall.check.finding import Finding
from ringwall.check.rbac import refuses_anonymous
from ringwall.check.run import run
from ringwall.discover import load_rule, load_rules
from tests.support import net_of

GROUP = "rbac.authorization.k8s.io"
API, IAM = "api-anonymous-internet", "iam-anonymous-binding"
EVERY_CLUSTER_HAS = f"""\
---
apiVersion: {GROUP}/v1
kind: ClusterRoleBinding
metadata: {{name: cluster-admin}}
roleRef: {{apiGroup: {GROUP}, kind: ClusterRole, name: cluster-admin}}
subjects: [{{kind: Group, apiGroup: {GROUP}, name: 'system:masters'}}]
---
apiVersion: {GROUP}/v1
kind: RoleBinding
metadata: {{name: 'system:controller:bootstrap-signer', namespace: kube-public}}
roleRef: {{apiGroup: {GROUP}, kind: Role, name: 'system:controller:bootstrap-signer'}}
"""


def binding(kind: str, role: str) -> str:
    """A binding of everybody to a ClusterRole."""
    return f"""\
apiVersion: {GROUP}/v1
kind: {kind}
metadata: {{name: open{", namespace: shop" if kind == "RoleBinding" else ""}}}
roleRef: {{apiGroup: {GROUP}, kind: ClusterRole, name: '{role}'}}
subjects: [{{kind: Group, apiGroup: {GROUP}, name: 'system:unauthenticated'}}]
"""


def role(name: str, *rules: str) -> str:
    """A ClusterRole."""
    return f"""\
---
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: '{name}'}}
rules: [{", ".join(rules)}]
"""


PODS = "{apiGroups: [''], resources: [pods], verbs: [list]}"
ONESELF = "{apiGroups: [''], resources: [selfsubjectrulesreviews], verbs: [create]}"
FORMER = "system:basic-user"
# What is bound, what else was read, and whether that is more than discovery by a ClusterRoleBinding
# and by a RoleBinding; None where it cannot be told.
ROLES: dict[str, tuple[str, str, bool | None, bool | None]] = {
    "the one of every cluster": ("system:public-info-viewer", "", False, False),
    "it was widened": (
        "system:public-info-viewer",
        role("system:public-info-viewer", "{nonResourceURLs: [/version], verbs: [get]}", PODS),
        True,
        True,
    ),
    "of old clusters": (FORMER, "", False, False),
    "of old clusters, read": (FORMER, role(FORMER, ONESELF), False, False),
    "known by its name": ("view", "", True, True),
    "known to be all": ("cluster-admin", "", True, True),
    "not read": ("probe", "", None, None),
    "of Kubernetes, not read": ("system:node", "", None, None),
    "gone": ("probe", role("cluster-admin"), False, False),
    "empty": ("probe", role("probe"), False, False),
    "pods": ("probe", role("probe", PODS), True, True),
    "no verb": ("probe", role("probe", PODS.replace("list", "")), False, False),
    "below discovery": (
        "probe",
        role("probe", "{nonResourceURLs: [/healthz/etcd, '/apis/*'], verbs: [get]}"),
        False,
        False,
    ),
    "beside discovery": (
        "probe",
        role("probe", "{nonResourceURLs: [/healthz, /metrics], verbs: [get]}"),
        True,
        False,
    ),
    "every path": ("probe", role("probe", "{nonResourceURLs: ['*'], verbs: [get]}"), True, False),
    "writing to discovery": (
        "probe",
        role("probe", "{nonResourceURLs: [/version], verbs: ['*']}"),
        True,
        False,
    ),
    "both in one rule": (
        "probe",
        role("probe", f"{ONESELF[:-1]}, nonResourceURLs: [/metrics]}}"),
        True,
        False,
    ),
}
ENDPOINTS: dict[str, tuple[bool | None, list[str]]] = {
    "open": (True, ["0.0.0.0/0"]),
    "to the office": (True, ["198.51.100.0/24"]),
    "private": (False, ["0.0.0.0/0"]),
}
VERSIONS = {"1.31": "critical", "1.32": "low", "": "high"}
OFFICE = '[[network]]\ncidrs = ["198.51.100.0/24"]\nname = "office"\n'


def cluster(version: str, *, public: bool | None, blocks: list[str]) -> str:
    """EKS's answer about the cluster."""
    config = {"vpcId": "vpc-0a1", "endpointPublicAccess": public, "publicAccessCidrs": blocks}
    told = {"name": "prod", "status": "ACTIVE", "resourcesVpcConfig": config}
    return json.dumps({"cluster": told | ({"version": version} if version else {})})


def found(rule: str, files: dict[str, str]) -> dict[str, Finding]:
    """Cause → what one rule fails or does not know."""
    audit = Audit(net_of(files), parse(OFFICE, "ringwall.toml"))
    told = [f for f in load_rule(rule).check(audit) if f.status in ("fail", "unknown")]
    assert len({f.cause for f in told}) == len(told)
    return {f.cause: f for f in told}


@pytest.mark.parametrize("name", ROLES)
def test_they_agree(name: str) -> None:
    bound, roles, everywhere, in_namespace = ROLES[name]
    for kind, version, endpoint in product(
        ("ClusterRoleBinding", "RoleBinding"), VERSIONS, ENDPOINTS
    ):
        beyond = everywhere if kind == "ClusterRoleBinding" else in_namespace
        public, blocks = ENDPOINTS[endpoint]
        files = {
            "rbac.yaml": binding(kind, bound) + roles + EVERY_CLUSTER_HAS,
            "cluster.json": cluster(version, public=public, blocks=blocks),
        }
        api, iam = found(API, files), found(IAM, files)

        at = "clusterrolebinding/open" if kind == "ClusterRoleBinding" else "rolebinding/shop/open"
        assert api.keys() | iam.keys() <= {at}
        status = {True: "fail", None: "unknown", False: ""}[beyond]
        assert (api[at].status if at in api else "") == (status if endpoint == "open" else "")
        if beyond is not False:
            assert iam[at].status == status
            in_reach = endpoint == "open" or version == "1.32"
            severity = VERSIONS[version] if beyond and in_reach else "high"
            assert iam[at].severity == severity
            assert at not in api or api[at].severity == severity
        elif at in iam:
            assert (iam[at].status, iam[at].severity) == ("fail", "low")
            assert bound != "system:public-info-viewer"


def test_they_agree_on_whether_everything_was_read() -> None:
    eks = cluster("1.31", public=True, blocks=["0.0.0.0/0"])
    some = {"rbac.yaml": binding("ClusterRoleBinding", "view"), "cluster.json": eks}
    whole = {"rbac.yaml": some["rbac.yaml"] + EVERY_CLUSTER_HAS, "cluster.json": eks}

    for files, unread in ((some, True), (whole, False)):
        api, iam = found(API, files), found(IAM, files)
        assert (
            api.keys()
            == iam.keys()
            == {"clusterrolebinding/open"} | ({"cluster/prod"} if unread else set())
        )
        if unread:
            assert api["cluster/prod"].evidence["needs"] == iam["cluster/prod"].evidence["needs"]


def test_a_full_audit_tells_a_binding_once() -> None:
    files = {
        "rbac.yaml": binding("ClusterRoleBinding", "cluster-admin") + EVERY_CLUSTER_HAS,
        "cluster.json": cluster("1.31", public=True, blocks=["0.0.0.0/0"]),
    }

    findings, failures = run(Audit(net_of(files)), load_rules())

    told = [(f.rule, f.folded) for f in findings if f.cause == "clusterrolebinding/open"]
    assert failures == []
    assert told == [(API, [IAM])]


def test_the_setting_of_the_endpoint_was_not_read() -> None:
    files = {
        "rbac.yaml": binding("ClusterRoleBinding", "view") + EVERY_CLUSTER_HAS,
        "cluster.json": cluster("1.31", public=None, blocks=["0.0.0.0/0"]),
    }
    api, iam = found(API, files), found(IAM, files)

    assert {cause: f.status for cause, f in api.items()} == {"eks-api/prod": "unknown"}
    assert iam["clusterrolebinding/open"].severity == "high"
    assert iam["clusterrolebinding/open"].evidence["needs"] == "aws eks describe-cluster"


@pytest.mark.parametrize(
    ("version", "refuses"),
    [("1.4", False), ("1.31", False), ("1.32", True), ("2.0", True), ("", None), ("1.x", None)],
)
def test_versions_are_numbers(version: str, refuses: bool | None) -> None:
    assert refuses_anonymous(version) is refuses
