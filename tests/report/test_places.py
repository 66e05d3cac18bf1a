"""Where the causes and objects of findings are written."""

from ringwall.report.places import PlaceOut, place_of, places
from tests.report import reports
from tests.support import facts_of

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-all, namespace: web}
spec:
  podSelector: {}
  ingress:
    - from: [{podSelector: {}}]
    - {}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: []}}
"""
NAMESPACE = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}}'
NAMESPACES = f'{{"apiVersion": "v1", "kind": "List", "items": [{NAMESPACE}]}}'
FACTS = facts_of({"a.yaml": POLICY, "ns.json": NAMESPACES})


def place(cause: str) -> PlaceOut | None:
    return places(FACTS, [reports.finding(cause=cause, objects=[])]).get(cause)


def test_an_object_stands_where_its_document_begins() -> None:
    assert place("networkpolicy/web/allow-all") == PlaceOut("a.yaml", 1)


def test_a_rule_of_a_policy_stands_in_its_own_line() -> None:
    assert place("networkpolicy/web/allow-all:ingress[1]") == PlaceOut("a.yaml", 8)


def test_a_workload_stands_where_its_controller_does() -> None:
    assert place("web/web[Deployment]") == PlaceOut("a.yaml", 10)


def test_json_has_pointers_instead_of_lines() -> None:
    assert place("namespace/web") == PlaceOut("ns.json", 0, "/items/0")


def test_what_was_not_read_has_no_place() -> None:
    assert place("cluster/shop") is None
    assert place("namespace/other") is None


def test_what_passed_is_not_looked_up() -> None:
    passed = reports.finding("pass", cause="namespace/web", objects=[])

    assert places(FACTS, [passed]) == {}


def test_a_finding_without_a_place_is_shown_at_its_first_object() -> None:
    finding = reports.finding(cause="cluster/shop", objects=["x", "<", "namespace/web"])
    sources = {"<": PlaceOut("<stdin>", 1), **places(FACTS, [finding])}

    assert place_of(sources, finding) == PlaceOut("ns.json", 0, "/items/0")
