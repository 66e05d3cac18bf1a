"""Kubernetes objects in files become facts: every form, nothing lost, nothing private."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


ODD_KINDS = {
    "a quoted key": 'kind: Secret\n"kind": NetworkPolicy',
    "a key with an escape": 'kind: Secret\n"\\x6bind": NetworkPolicy',
    "an explicit key": "kind: Secret\n? kind\n: NetworkPolicy",
    "a tagged key": "kind: Secret\n!!str kind: NetworkPolicy",
    "an anchored key": "kind: Secret\n&a kind: NetworkPolicy",
    "a space before the colon": "kind: Secret\nkind : NetworkPolicy",
    "next line": "kind: Secret # x\x85kind: NetworkPolicy",
    "line separator": "kind: Secret # x\u2028kind: NetworkPolicy",
    "paragraph separator": "kind: Secret # x\u2029kind: NetworkPolicy",
    "carriage return": "kind: Secret # x\rkind: NetworkPolicy",
    "inside a text": 'note: "\nkind: Secret\n"\n"kind": NetworkPolicy',
}


@pytest.mark.parametrize("kind", ODD_KINDS.values(), ids=ODD_KINDS)
def test_the_prefilter_leaves_odd_spellings_of_the_kind_to_the_parser(kind: str) -> None:
    text = f"{kind}\napiVersion: networking.k8s.io/v1\nmetadata: {{name: p}}\n"

    with_filter, without = both_ways(text)

    assert keys(with_filter) == keys(without) == ["networkpolicy/default/p"]


def test_the_prefilter_leaves_odd_spellings_of_the_version_to_the_parser() -> None:
    text = "kind: Pod\napiVersion: x/v1\napiVersion : v1\nmetadata: {name: p}\nspec: {}\n"

    with_filter, without = both_ways(text)

    assert keys(with_filter) == keys(without) == ["pod/default/p"]


@pytest.mark.parametrize("end", ["\r", "\u2028", "\x85"])
def test_documents_are_told_apart_at_every_end_of_line(end: str) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}"

    assert keys(facts_of(f"a: 1{end}---\n{pod}\n")) == ["pod/default/p"]


LINES = st.sampled_from(
    [
        *"apiVersion: v1|apiVersion: x/v1|kind: Secret|kind: Pod|kind: List|'kind': Pod".split("|"),
        *'? kind|: Pod|"kind":|kind: # x|kind|metadata: {name: p}|spec: {}|  kind: Pod'.split("|"),
        *"- kind: Pod|items:|- apiVersion: v1|  metadata: {name: q}|  spec: {}|---|...".split("|"),
        *"a: |\ta: b|# c|a: 'x|b'|a: [|]|{|}|<<: {kind: Pod}|&a|a: &a|!!map|<<: *a".split("|"),
    ]
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\x85", "\u2028", " # x\u2029"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=9))
def test_the_prefilter_never_changes_the_facts(lines: list[tuple[str, str]]) -> None:
    with_filter, without = both_ways("".join(line + end for line, end in lines))

    assert dict(with_filter) == dict(without)


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
        ("a.yaml", b"k: \xff", "not UTF-8"),
        ("a.yaml", b"a: {{ .Values.x }}\n b: c\n", "Helm template"),
    ],
)
def test_an_unreadable_file_is_told(name: str, data: bytes, what: str) -> None:
    intake = Intake()
    read_text(data, name, intake)

    (gap,) = intake.facts().gaps
    assert gap.code == "unreadable-file"
    assert what in gap.needs


# --- what counts as unset -------------------------------------------------------------------------


def one(document: dict[str, Any]) -> Any:
    """The body of the one fact of an object, which costs nothing else."""
    facts = facts_of(json.dumps(document))
    assert facts.gaps == ()
    (fact,) = facts.values()
    return fact.body


def workload(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "w"},
        "spec": {"template": {"metadata": {}, "spec": {"containers": [], **spec}}},
    }


def service(**spec: Any) -> dict[str, Any]:
    ports = [{"port": 80}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": ports, **spec},
    }


def network_policy(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p"},
        "spec": {"podSelector": {}, **spec},
    }


@pytest.mark.parametrize(
    "field",
    "nodeName serviceAccountName dnsPolicy hostNetwork initContainers nodeSelector os".split(),
)
def test_a_null_field_of_a_pod_is_unset(field: str) -> None:
    assert one(workload(**{field: None})) == one(workload())


@pytest.mark.parametrize(
    "field", "clusterIP clusterIPs externalIPs selector type externalTrafficPolicy".split()
)
def test_a_null_field_of_a_service_is_unset(field: str) -> None:
    assert one(service(**{field: None})) == one(service())


@pytest.mark.parametrize("field", "name protocol targetPort nodePort".split())
def test_a_null_field_of_a_port_is_unset(field: str) -> None:
    assert one(service(ports=[{"port": 80, field: None}])) == one(service())


@pytest.mark.parametrize("field", "namespace labels annotations ownerReferences uid".split())
def test_a_null_field_of_the_metadata_is_unset(field: str) -> None:
    bare = {**POD, "metadata": {"name": "web"}}

    assert one({**POD, "metadata": {"name": "web", field: None}}) == one(bare)


@pytest.mark.parametrize("field", ["ingress", "egress", "policyTypes", "podSelector"])
def test_a_null_field_of_a_policy_is_unset(field: str) -> None:
    spec = network_policy(**{field: None})

    assert one(spec).spec.ingress is None
    assert one(spec).spec.egress is None


@pytest.mark.parametrize("field", ["from", "ports"])
def test_a_null_field_of_a_rule_is_unset(field: str) -> None:
    assert one(network_policy(ingress=[{field: None}])) == one(network_policy(ingress=[{}]))


def test_a_null_port_is_unset_and_an_empty_protocol_of_a_policy_is_refused() -> None:
    null = network_policy(ingress=[{"ports": [{"port": None, "protocol": None, "endPort": None}]}])
    empty = network_policy(ingress=[{"ports": [{"protocol": "", "endPort": None}]}])

    assert one(null) == one(network_policy(ingress=[{"ports": [{}]}]))
    assert [gap.code for gap in facts_of(json.dumps(empty)).gaps] == ["invalid-object"]


def test_a_null_value_of_a_label_is_an_empty_text() -> None:
    pod = {**POD, "metadata": {"name": "web", "labels": {"app": None}}}
    selector = {"matchLabels": {"app": None}}

    assert one(pod).metadata.labels == {"app": ""}
    assert one(service(selector={"app": None})).spec.selector == {"app": ""}
    found = one(workload(nodeSelector={"zone": None}))
    assert found.spec.template.spec.node_selector == {"zone": ""}
    assert one(network_policy(podSelector=selector)).spec.pod_selector.match_labels == {"app": ""}
    inner = network_policy(ingress=[{"from": [{"namespaceSelector": selector}]}])
    assert one(inner).spec.ingress[0].peers[0].namespace_selector.match_labels == {"app": ""}


def test_an_empty_protocol_of_a_service_or_container_is_tcp() -> None:
    ports = [{"containerPort": 80, "protocol": ""}]

    assert one(service(ports=[{"port": 80, "protocol": ""}])) == one(service())
    found = one(workload(containers=[{"name": "c", "ports": ports}]))
    assert found.spec.template.spec.containers[0].ports[0].protocol == "TCP"


def test_the_operating_system_of_a_pod_is_read() -> None:
    assert one(workload(os={"name": "windows"})).spec.template.spec.os.name == "windows"


# --- YAML as Kubernetes reads it -----------------------------------------------------------------


@pytest.mark.parametrize("value", ["2024-01-01", "2024-01-01T10:00:00Z", "1:30", "1:30.5", "="])
def test_what_kubernetes_reads_as_text_is_text(value: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{a: {value}}}}}\nspec: {{}}\n"

    facts = facts_of(text)

    (fact,) = facts.values()
    assert isinstance(fact.body, k8s.Pod)
    assert fact.body.metadata.labels == {"a": value}
    assert facts.gaps == ()


@pytest.mark.parametrize("value", ["yes", "off", "true", "7", "010", "0x1F", "1.5", ".inf", "-3"])
def test_a_label_that_is_no_text_is_told_with_its_place(value: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{a: {value}}}}}\nspec: {{}}\n"

    facts = facts_of(text)

    (gap,) = facts.gaps
    assert (len(facts), gap.code, "labels" in gap.needs) == (0, "invalid-object", True)


def test_a_definition_that_lists_operators_costs_nothing() -> None:
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: alertmanagerconfigs.monitoring.coreos.com}\n"
        "spec:\n  enum:\n  - '!='\n  - =\n  - =~\n"
    )

    assert facts_of(text).gaps == ()


def test_a_local_tag_is_told() -> None:
    (gap,) = facts_of("apiVersion: v1\nkind: Pod\nmetadata: !vault x\n").gaps

    assert gap.code == "unreadable-file"


# --- what would crash later ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "- &a\n  - *a\n",
        "&l\napiVersion: v1\nkind: List\nitems:\n- *l\n",
        "%YAML 1.1\n---\n&l\napiVersion: v1\nkind: List\nitems:\n- *l\n",
        "apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: a\n  labels: *m\n",
        "[" * 190 + "]" * 190 + "\n---\n" + "[" * 970 + "]" * 970,
    ],
)
def test_a_document_that_holds_itself_or_nests_too_deeply_is_one_error(text: str) -> None:
    facts = facts_of({"a.yaml": POLICY, "b.yaml": text})

    (gap,) = facts.gaps
    assert (gap.code, gap.origin is not None and gap.origin.file) == ("unreadable-file", "b.yaml")
    assert keys(facts) == ["networkpolicy/shop/deny"]


def test_json_that_nests_too_deeply_is_one_error() -> None:
    text = "[" * 970 + "]" * 970

    (gap,) = facts_of({"b.json": text}).gaps

    assert gap.code == "unreadable-file"


def test_an_anchor_used_twice_is_no_error() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: &l {a: b}, annotations: *l}\n"
        "spec: {}\n"
    )

    assert keys(facts_of(text)) == ["pod/default/p"]


def engine(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "aws-node", **container}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "aws-node", "namespace": "kube-system"},
        "spec": {"template": {"spec": spec}},
    }


@pytest.mark.parametrize(
    "container",
    [
        {"args": 5},
        {"command": 7},
        {"args": "--enable-network-policy=true"},
        {"env": 5},
        {"env": {"a": "b"}},
        {"env": [5]},
        {"env": [{"name": ["x"]}]},
    ],
)
def test_an_engine_whose_switches_cannot_be_read_is_told_and_not_taken_for_off(
    container: dict[str, Any],
) -> None:
    facts = facts_of(json.dumps(engine(**container)))

    (gap,) = facts.gaps
    assert (gap.code, gap.effect, gap.namespace) == ("invalid-object", "policy", "")
    assert len(facts) == 0


def test_null_switches_are_unset() -> None:
    env = [{"name": "ENABLE_POD_ENI", "value": None}, {"name": "NAME_ONLY"}]
    (agent,) = one(engine(args=None, command=None, image=None, env=env)).agents

    assert agent == k8s.Agent("aws-node", settings={"ENABLE_POD_ENI": ""})


def test_excluded_blocks_that_are_none_are_told_and_passed_over_as_the_engine_does() -> None:
    name = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
    value = "10.0.0.0/8, office,10.1.2.3, 2001:db8::/32,192.0.2.0/24"
    facts = facts_of(json.dumps(engine(env=[{"name": name, "value": value}])))

    (fact,) = facts.values()
    assert isinstance(fact.body, k8s.DaemonSet)
    assert fact.body.agents[0].settings == {name: "10.0.0.0/8,192.0.2.0/24"}
    told = [gap.needs.partition("`")[2].partition("`")[0] for gap in facts.gaps]
    assert told == ["10.1.2.3", "2001:db8::/32", "office"]
    assert {(gap.code, gap.effect) for gap in facts.gaps} == {("invalid-object", "fabric")}


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "auto"},
        {"clusterIP": "none"},
        {"clusterIP": "10.0.0.300"},
        {"clusterIPs": ["10.0.0.1", "x"]},
        {"ports": [{"port": 80, "protocol": "HTTP"}]},
        {"ports": [{"port": 80, "protocol": "tcp"}]},
        {"ports": [{"name": "web"}]},
        {"ports": [{"port": 0}]},
    ],
)
def test_a_service_that_the_api_would_refuse_is_told_with_its_place(spec: dict[str, Any]) -> None:
    facts = facts_of(json.dumps(service(**spec)))

    (gap,) = facts.gaps
    assert (len(facts), gap.code, gap.effect) == (0, "invalid-object", "traffic")
    assert f"at `$.spec.{next(iter(spec))}" in gap.needs


@pytest.mark.parametrize(
    "spec", [{"clusterIP": ""}, {"clusterIP": "None", "clusterIPs": ["None"]}, {"clusterIP": "::1"}]
)
def test_a_service_that_the_api_takes_is_read(spec: dict[str, Any]) -> None:
    assert one(service(**spec)).spec.cluster_ip == spec["clusterIP"]


def test_a_protocol_of_a_container_that_is_none_is_told_with_its_place() -> None:
    ports = [{"containerPort": 80, "protocol": "HTTP", "hostPort": 80}]

    (gap,) = facts_of(json.dumps(workload(containers=[{"name": "c", "ports": ports}]))).gaps

    assert "containers[0].ports[0].protocol" in gap.needs or "ports[...].protocol" in gap.needs


@pytest.mark.parametrize(
    "status",
    [{"podIP": "10.0.0"}, {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "x"}]}, {"podIP": "fe80::1%eth0"}],
)
def test_a_pod_with_a_bad_address_is_told_and_read_without_addresses(status: Any) -> None:
    facts = facts_of(json.dumps({**POD, "status": {"phase": "Running", **status}}))

    (gap,), (fact,) = facts.gaps, facts.values()
    assert (gap.code, gap.effect, gap.object) == ("invalid-object", "input", "pod/shop/web")
    assert isinstance(fact.body, k8s.Pod)
    assert fact.body.status == k8s.PodStatus("Running")


def test_a_node_with_a_bad_address_is_told_and_read_without_it() -> None:
    addresses = [
        {"type": "InternalIP", "address": "10.0.0.300"},
        {"type": "InternalIP", "address": "10.0.0.3"},
        {"type": "Hostname", "address": "ip-10-0-0-3"},
    ]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    facts = facts_of(json.dumps({**node, "status": {"addresses": addresses}}))

    (gap,), (fact,) = facts.gaps, facts.values()
    assert "`10.0.0.300`" in gap.needs
    assert isinstance(fact.body, k8s.Node)
    assert [entry.address for entry in fact.body.status.addresses or ()] == [
        "10.0.0.3",
        "ip-10-0-0-3",
    ]


def test_managers_that_are_no_list_are_passed_over() -> None:
    assert one({**POD, "metadata": {"name": "web", "managedFields": 5}})


@pytest.mark.parametrize(
    "block",
    [
        {"cidr": "10.0.0.5"},
        {"cidr": "10.0.0.0/255.0.0.0"},
        {"cidr": "10.0.0.0/8", "except": ["10.0.0.5"]},
        {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/255.255.0.0"]},
    ],
)
def test_a_block_without_the_length_of_a_prefix_is_refused(block: dict[str, Any]) -> None:
    facts = facts_of(json.dumps(network_policy(ingress=[{"from": [{"ipBlock": block}]}])))

    (gap,) = facts.gaps
    assert (len(facts), "is not a CIDR block" in gap.needs) == (0, True)


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


def test_what_is_no_regular_file_in_a_folder_is_told_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(POD))
    os.mkfifo(tmp_path / "b.yaml")

    facts, _ = read([str(tmp_path)])

    assert keys(facts) == ["pod/shop/web"]
    (gap,) = facts.gaps
    assert gap.needs.endswith("b.yaml: is not a regular file")


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may list every folder, so the refusal is made here."""
    (tmp_path / "a.json").write_text(json.dumps(POD))
    (tmp_path / "shut").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    facts, _ = read([str(tmp_path)])

    (gap,) = facts.gaps
    assert gap.needs.endswith("shut: cannot be listed: Permission denied")
