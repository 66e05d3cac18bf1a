"""Kubernetes objects in files become facts: every form, nothing lost, nothing private."""

import json
from pathlib import Path

import pytest

from ringwall.collect.files.tree import cluster_of, read, read_text
from ringwall.collect.intake import Intake
from ringwall.facts import k8s
from ringwall.facts.fact import Facts, Key
from tests.support import facts_of

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "nginx"}]},
}
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
"""


def keys(facts: Facts) -> list[str]:
    return [str(key) for key in facts]


# --- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(POD),
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [POD]}),
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [POD]}),
        json.dumps([POD]),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {}\n",
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {}\n---\n",
        "%YAML 1.1\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
        "spec: {}\n...\n",
        "\ufeffapiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: web\r\n  namespace: shop\r\n"
        "spec: {}\r\n",
    ],
    ids=["json", "list", "typed list", "array", "yaml", "markers", "directives", "bom and crlf"],
)
def test_one_pod_in_every_form(text: str) -> None:
    assert keys(facts_of(text)) == ["pod/shop/web"]


def test_items_of_a_typed_list_need_not_repeat_their_kind() -> None:
    bare = {key: value for key, value in POD.items() if key not in ("apiVersion", "kind")}

    found = facts_of(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [bare]}))

    assert keys(found) == ["pod/shop/web"]


def test_a_missing_namespace_is_default() -> None:
    found = facts_of("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {}\n")

    assert keys(found) == ["pod/default/web"]


def test_the_folder_below_clusters_states_the_cluster() -> None:
    assert cluster_of("dump/clusters/prod/pods.json") == "prod"
    assert cluster_of("clusters/prod/apps/web.yaml") == "prod"
    assert cluster_of("dump/pods.json") == ""
    assert keys(facts_of({"clusters/prod/p.json": json.dumps(POD)})) == ["prod!pod/shop/web"]


def test_a_folder_is_read_in_whole_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "policy.yml").write_text(POLICY)
    (tmp_path / "a.json").write_text(json.dumps(POD))
    (tmp_path / "notes.txt").write_text("kind: Pod")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text(POLICY)

    facts, _ = read([str(tmp_path)])

    assert keys(facts) == ["networkpolicy/shop/deny", "pod/shop/web"]


def test_the_line_of_a_document_is_where_it_starts() -> None:
    facts = facts_of({"all.yaml": f"# comment\n---\n# more\n\n{POLICY}---\n{json.dumps(POD)}\n"})

    lines = {str(key): fact.origins[0].line for key, fact in facts.items()}
    assert lines == {"networkpolicy/shop/deny": 5, "pod/shop/web": 10}


# --- the prefilter -------------------------------------------------------------------------------

MIXED = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: s}}
data: {{password: aHVudGVyMg==}}
---
# kind: NetworkPolicy in a comment, and a template inside a block
apiVersion: v1
kind: ConfigMap
metadata: {{name: templates, namespace: shop}}
data:
  policy.yaml: |
    kind: NetworkPolicy
    metadata:
      name: not-a-policy
---
{POLICY}---
"apiVersion": "v1"
"kind": "Pod"
"metadata": {{"name": "quoted", "namespace": "shop"}}
"spec": {{}}
---
apiVersion: apps/v1
kind: Deployment   # with a remark
metadata: {{name: web, namespace: shop}}
spec: {{template: {{metadata: {{labels: {{app: web}}}}, spec: {{}}}}}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {{name: t}}
- {json.dumps(POD)}
"""


def both_ways(text: str) -> tuple[Facts, Facts]:
    return facts_of(text), facts_of(text, prefilter=False)


def test_with_and_without_the_prefilter_the_facts_are_equal() -> None:
    with_filter, without = both_ways(MIXED)

    assert dict(with_filter) == dict(without)
    assert with_filter.gaps == without.gaps
    assert keys(with_filter) == [
        "deployment/shop/web",
        "networkpolicy/shop/deny",
        "pod/shop/quoted",
        "pod/shop/web",
    ]


def test_what_is_left_out_is_counted_alike_with_and_without_the_prefilter() -> None:
    counts = []
    for prefilter in (True, False):
        intake = Intake()
        read_text(MIXED.encode(), "all.yaml", intake, prefilter=prefilter)
        counts.append(dict(intake.left_out))

    assert counts[0] == counts[1] == {"Secret": 2, "ConfigMap": 1}


# --- duplicates ----------------------------------------------------------------------------------


def policy(spec: str, version: str = "") -> str:
    metadata = f"{{name: p, namespace: shop, resourceVersion: '{version}'}}"
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {metadata}\nspec: {spec}\n"
    )


def test_the_same_object_read_twice_is_one_fact_with_two_origins() -> None:
    facts = facts_of({"a.yaml": POLICY, "b.yaml": POLICY})

    (fact,) = facts.values()
    assert [origin.file for origin in fact.origins] == ["a.yaml", "b.yaml"]
    assert facts.warnings == ()


def test_two_spellings_of_one_policy_are_one_after_defaulting() -> None:
    short = policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}")
    long = policy(
        "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [], "
        "ports: [{port: 80, protocol: TCP}]}], egress: []}"
    )

    assert facts_of({"a.yaml": short, "b.yaml": long}).warnings == ()


def test_of_two_versions_the_highest_resource_version_decides_and_it_is_said() -> None:
    old = policy("{podSelector: {}, policyTypes: [Egress]}", "9")
    new = policy("{podSelector: {}, policyTypes: [Ingress]}", "10")

    facts = facts_of({"a.yaml": new, "b.yaml": old})

    (fact,) = facts.values()
    assert isinstance(fact.body, k8s.NetworkPolicy)
    assert fact.body.spec.policy_types == ("Ingress",)
    (warning,) = facts.warnings
    assert warning.origin.file == "b.yaml"
    assert "networkpolicy/shop/p" in warning.message
    assert any("networkpolicy/shop/p" in text for text in facts.assumes)


def test_without_versions_the_order_of_files_does_not_decide() -> None:
    one, two = policy("{podSelector: {}}"), policy("{podSelector: {matchLabels: {a: b}}}")

    first = facts_of({"a.yaml": one, "b.yaml": two})
    second = facts_of({"a.yaml": two, "b.yaml": one})

    key = Key("", "networkpolicy", "shop/p")
    assert first[key].body == second[key].body


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (f"a: [1\n---\n{POLICY}", "all.yaml:2", "not valid YAML"),
        (f"{POLICY}---\nkind: Pod\n\tapiVersion: v1\n", "all.yaml:", "not valid YAML"),
        (
            f"{POLICY}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: 7}}\nspec: {{}}\n",
            "all.yaml:6",
            "Expected `str`, got `int` - at `$.metadata.name`",
        ),
        (
            f"{POLICY}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: w, labels: {{on: yes}}}}\n"
            "spec: {}\n",
            "all.yaml:6",
            "labels",
        ),
        (f"{POLICY}---\napiVersion: v1\nkind: Pod\n", "all.yaml:6", "metadata"),
        (
            f"{POLICY}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            "metadata: {name: typo}\nspec: {podselector: {}}\n",
            "all.yaml:6",
            "podselector",
        ),
    ],
)
def test_one_bad_document_is_told_with_its_place_and_costs_only_itself(
    text: str, where: str, what: str
) -> None:
    facts = facts_of({"all.yaml": text})

    assert "networkpolicy/shop/deny" in keys(facts)
    (gap,) = facts.gaps
    assert where in gap.needs
    assert what in gap.needs


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.json", b'{"kind": "Pod",', "not valid JSON"),
        ("a.yaml", b"\xff\xfe\x00k", "not UTF-8"),
        ("a.yaml", b"a: {{ .Values.x }}\n b: c\n", "Helm template"),
    ],
)
def test_an_unreadable_file_is_told(name: str, data: bytes, what: str) -> None:
    intake = Intake()
    read_text(data, name, intake)

    (gap,) = intake.facts().gaps
    assert gap.code == "unreadable-file"
    assert what in gap.needs


# --- what must not enter -------------------------------------------------------------------------


def test_secrets_environment_and_annotations_never_enter() -> None:
    text = """\
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"env": "hunter2"}'
    meta.helm.sh/release-name: shop
    meta.helm.sh/release-namespace: shop
spec:
  containers:
  - name: web
    args: [--password=hunter2]
    env: [{name: PASSWORD, value: hunter2}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: aws-node
        env:
        - {name: AWS_VPC_K8S_CNI_EXTERNALSNAT, value: "true"}
        - {name: AWS_SECRET_ACCESS_KEY, value: hunter2}
        args: [--enable-network-policy=true, --token=hunter2]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data: {Corefile: hunter2}
"""
    facts = facts_of(text)

    assert "hunter2" not in repr(list(facts.values()))
    daemonset = facts[Key("", "daemonset", "kube-system/aws-node")].body
    assert isinstance(daemonset, k8s.DaemonSet)
    assert daemonset.agents[0].settings == {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
    assert daemonset.agents[0].flags == ("--enable-network-policy=true",)


def test_the_chain_behind_an_object_names_what_made_it() -> None:
    text = POLICY.replace(
        "{name: deny, namespace: shop}",
        "{name: deny, namespace: shop, annotations: {meta.helm.sh/release-name: guard, "
        "meta.helm.sh/release-namespace: shop}}",
    )

    (fact,) = facts_of(text).values()

    assert fact.origins[0].via == ("Helm release shop/guard",)


def test_the_chain_names_the_managers_of_fields_where_the_dump_tells() -> None:
    pod = {**POD, "metadata": {"name": "web", "managedFields": [{"manager": "kubectl-edit"}]}}

    (fact,) = facts_of(json.dumps(pod)).values()

    assert fact.origins[0].via == ("field manager kubectl-edit",)
