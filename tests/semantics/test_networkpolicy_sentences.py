"""The sentences of the NetworkPolicy specification, one small test each.

What the questions and the recipes already ask is not repeated here. Left out is what one state of
a cluster cannot show: a change of labels, and connections that are open while a policy changes.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.semantics.fixture_f import (
    EXT,
    Manifest,
    expression,
    fixture,
    from_block,
    from_pods,
    into_a,
    out_of_a,
    pod,
    pods,
    policy,
    port,
    service,
    tcp,
    to_block,
    written,
)
from tests.support import ask

LEFT_OUT = [
    pytest.param(..., id="missing"),
    pytest.param(None, id="null"),
    pytest.param([], id="empty"),
]
EVERYWHERE: dict[str, object] = {"namespaceSelector": {}}


# --- selection -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dst", "verdict"), [("x/a[Pod]", "blocked"), ("x/c[Pod]", "blocked"), ("y/a[Pod]", "allowed")]
)
@pytest.mark.parametrize(
    "selector", [pytest.param(..., id="missing"), pytest.param({}, id="empty")]
)
def test_no_pod_selector_selects_every_pod_of_the_own_namespace(
    selector: Any, dst: str, verdict: str
) -> None:
    world = fixture(policy("x", "deny", selector, ingress=[], types=["Ingress"]))
    assert ask(world, "z/a[Pod]", dst, "tcp/80").verdict == verdict


def test_a_pod_that_no_policy_selects_accepts_all() -> None:
    assert ask(fixture(into_a()), EXT, "x/b[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize(
    ("team", "verdict"),
    [
        pytest.param({"team": "red"}, ("allowed", "blocked", "allowed", "blocked"), id="red"),
        pytest.param({"team": "blue"}, ("blocked", "allowed", "allowed", "blocked"), id="blue"),
        pytest.param({"team": ""}, ("blocked", "allowed", "allowed", "blocked"), id="no-value"),
        pytest.param({}, ("blocked", "allowed", "blocked", "allowed"), id="no-key"),
    ],
)
@pytest.mark.parametrize(
    ("index", "selector"),
    [
        pytest.param(0, expression("team", "In", "red"), id="In"),
        pytest.param(1, expression("team", "NotIn", "red"), id="NotIn"),
        pytest.param(2, expression("team", "Exists"), id="Exists"),
        pytest.param(3, expression("team", "DoesNotExist"), id="DoesNotExist"),
    ],
)
def test_each_operator_on_a_present_and_a_missing_key(
    index: int, selector: Manifest, team: dict[str, str], verdict: tuple[str, ...]
) -> None:
    world = fixture(pod("x/p", "10.0.1.7", team), into_a(from_pods(selector)))
    assert ask(world, "x/p[Pod]", "x/a[Pod]", "tcp/80").verdict == verdict[index]


@pytest.mark.parametrize(
    ("team", "verdict"),
    [pytest.param("", "allowed", id="no-value"), pytest.param("red", "blocked", id="a-value")],
)
def test_a_match_label_with_empty_value_matches_only_the_empty_value(
    team: str, verdict: str
) -> None:
    world = fixture(pod("x/p", "10.0.1.7", {"team": team}), into_a(from_pods(pods(team=""))))
    assert ask(world, "x/p[Pod]", "x/a[Pod]", "tcp/80").verdict == verdict


def test_a_namespace_without_the_key_matches_not_in() -> None:
    peer = {"namespaceSelector": expression("stage", "NotIn", "prod")}
    world = fixture(into_a({"from": [peer]}))
    assert ask(world, "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict == "allowed"


# --- isolation -----------------------------------------------------------------------------------


def test_egress_isolation_leaves_ingress_open() -> None:
    assert ask(fixture(out_of_a()), "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize("src", ["x/b[Pod]", "x/c[Pod]"])
def test_the_rules_of_all_selecting_policies_are_united(src: str) -> None:
    world = fixture(
        into_a(from_pods(pods(pod="b")), name="from-b"),
        into_a(from_pods(pods(pod="c")), name="from-c"),
        into_a(name="deny"),
    )
    assert ask(world, src, "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize(
    ("way_out", "way_in", "blocking"),
    [
        pytest.param([{}], [{}], set(), id="both-admit"),
        pytest.param([], [{}], {"policy-egress"}, id="egress-refuses"),
        pytest.param([{}], [], {"policy-ingress"}, id="ingress-refuses"),
        pytest.param([], [], {"policy-egress", "policy-ingress"}, id="both-refuse"),
    ],
)
def test_egress_of_the_source_and_ingress_of_the_destination_must_both_admit(
    way_out: list[Manifest], way_in: list[Manifest], blocking: set[str]
) -> None:
    world = fixture(policy("y", "out", {}, egress=way_out, types=["Egress"]), into_a(*way_in))
    answer = ask(world, "y/a[Pod]", "x/a[Pod]", "tcp/80")
    assert answer.verdict == ("blocked" if blocking else "allowed")
    assert {hop.gate for hop in answer.blocked_by} == blocking


# --- missing, null and empty lists ---------------------------------------------------------------


@pytest.mark.parametrize("ingress", LEFT_OUT)
def test_an_ingress_list_without_rules_isolates_and_admits_nothing(ingress: Any) -> None:
    world = fixture(policy("x", "deny", pods(pod="a"), ingress=ingress, types=["Ingress"]))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize("egress", LEFT_OUT)
def test_an_egress_list_without_rules_isolates_and_admits_nothing(egress: Any) -> None:
    world = fixture(policy("x", "deny", pods(pod="a"), egress=egress, types=["Egress"]))
    assert ask(world, "x/a[Pod]", "x/b[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize("asked", ["tcp/80", "udp/81", "sctp/80", "icmp", "proto/47"])
@pytest.mark.parametrize("src", ["x/b[Pod]", "y/a[Pod]", EXT])
def test_an_empty_ingress_rule_admits_everything(src: str, asked: str) -> None:
    assert ask(fixture(into_a({})), src, "x/a[Pod]", asked).verdict == "allowed"


@pytest.mark.parametrize("peers", LEFT_OUT)
def test_a_rule_without_from_admits_every_peer(peers: Any) -> None:
    world = fixture(into_a(written({"from": peers, "ports": [tcp(80)]})))
    assert ask(world, EXT, "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize("peers", LEFT_OUT)
def test_a_rule_without_to_admits_every_peer(peers: Any) -> None:
    world = fixture(out_of_a(written({"to": peers, "ports": [tcp(80)]})))
    assert ask(world, "x/a[Pod]", EXT, "tcp/80").verdict == "allowed"


@pytest.mark.parametrize("asked", ["tcp/81", "udp/80", "sctp/80", "icmp"])
@pytest.mark.parametrize("ports", LEFT_OUT)
def test_a_rule_without_ports_admits_every_protocol(ports: Any, asked: str) -> None:
    world = fixture(into_a(written({"from": [{"podSelector": {}}], "ports": ports})))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", asked).verdict == "allowed"


@pytest.mark.parametrize(
    ("types", "ingress", "egress", "verdicts"),
    [
        pytest.param(..., ..., ..., ("blocked", "allowed"), id="nothing-given"),
        pytest.param(..., ..., [], ("blocked", "allowed"), id="no-egress-rule"),
        pytest.param(..., ..., [{"ports": [tcp(1)]}], ("blocked", "blocked"), id="egress-rule"),
        pytest.param(None, ..., [{"ports": [tcp(1)]}], ("blocked", "blocked"), id="null-types"),
        pytest.param([], ..., [{"ports": [tcp(1)]}], ("blocked", "blocked"), id="empty-types"),
        pytest.param(["Egress"], [], ..., ("allowed", "blocked"), id="ingress-unlisted"),
        pytest.param(["Ingress"], ..., [], ("blocked", "allowed"), id="egress-unlisted"),
    ],
)
def test_policy_types_default_to_ingress_and_to_egress_with_a_rule(
    types: Any, ingress: Any, egress: Any, verdicts: tuple[str, str]
) -> None:
    """An empty list is dropped on the way through the API, as all `omitempty` lists are."""
    world = fixture(policy("x", "p", pods(pod="a"), ingress=ingress, egress=egress, types=types))
    into = ask(world, "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict
    out_of = ask(world, "x/a[Pod]", "y/a[Pod]", "tcp/80").verdict
    assert (into, out_of) == verdicts


# --- peers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "dst", "verdict"),
    [
        pytest.param({"podSelector": pods(pod="b")}, "x/b[Pod]", "allowed", id="pods-own"),
        pytest.param({"podSelector": pods(pod="b")}, "y/b[Pod]", "blocked", id="pods-other"),
        pytest.param(EVERYWHERE, "y/b[Pod]", "allowed", id="namespaces-pod"),
        pytest.param(EVERYWHERE, EXT, "blocked", id="namespaces-external"),
    ],
)
def test_egress_peers_select_as_ingress_peers_do(peer: Manifest, dst: str, verdict: str) -> None:
    world = fixture(out_of_a({"to": [peer]}))
    assert ask(world, "x/a[Pod]", dst, "tcp/80").verdict == verdict


@pytest.mark.parametrize(
    ("src", "verdict"), [("198.18.0.5", "allowed"), ("198.18.1.5", "blocked"), (EXT, "blocked")]
)
def test_an_except_narrows_its_own_block(src: str, verdict: str) -> None:
    world = fixture(into_a(from_block("198.18.0.0/15", "198.18.1.0/24")))
    assert ask(world, src, "x/a[Pod]", "tcp/80").verdict == verdict


def test_an_except_does_not_narrow_a_selector_beside_it() -> None:
    peers = [*from_block("10.0.0.0/16", "10.0.1.0/24")["from"], {"podSelector": {}}]
    world = fixture(into_a({"from": peers}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize(("dst", "verdict"), [("y/b[Pod]", "allowed"), ("y/c[Pod]", "blocked")])
def test_an_egress_block_matches_the_address_of_a_pod(dst: str, verdict: str) -> None:
    world = fixture(out_of_a(to_block("10.0.2.2/32")))
    assert ask(world, "x/a[Pod]", dst, "tcp/80").verdict == verdict


@pytest.mark.parametrize(
    ("cidr", "verdict"),
    [
        pytest.param("10.0.0.0/16", "unknown", id="only-the-pod"),
        pytest.param("172.20.0.0/16", "unknown", id="only-the-service-address"),
        pytest.param("0.0.0.0/0", "allowed", id="both"),
        pytest.param("192.0.2.0/24", "blocked", id="neither"),
    ],
)
def test_an_egress_block_before_or_after_the_service_is_undefined(cidr: str, verdict: str) -> None:
    """Whether the block is held against the Service's address or the pod's is left open."""
    world = fixture(service("y/s", {"pod": "b"}, (80, 80)), out_of_a(to_block(cidr)))
    assert ask(world, "x/a[Pod]", "svc/y/s", "tcp/80").verdict == verdict


ELSEWHERE = pod("elsewhere/p", "10.0.7.1", {})


@pytest.mark.parametrize(
    ("selector", "verdict"),
    [
        pytest.param({}, "allowed", id="every-namespace"),
        pytest.param({"kubernetes.io/metadata.name": "elsewhere"}, "allowed", id="by-name"),
        pytest.param({"team": "operations"}, "blocked", id="by-another-label"),
    ],
)
def test_a_namespace_known_only_by_name_has_only_the_name_label(
    selector: dict[str, str], verdict: str
) -> None:
    """No Namespace object was read, so that it has no other label is an assumption."""
    world = fixture(ELSEWHERE, into_a({"from": [{"namespaceSelector": pods(**selector)}]}))
    answer = ask(world, "elsewhere/p[Pod]", "x/a[Pod]", "tcp/80")
    assert answer.verdict == verdict
    assert any("elsewhere" in assumption for assumption in answer.assumes)


# --- ports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "verdict"), [("udp/80", "allowed"), ("udp/9", "allowed"), ("tcp/80", "blocked")]
)
def test_a_protocol_alone_is_all_its_ports(asked: str, verdict: str) -> None:
    world = fixture(into_a({"ports": [{"protocol": "UDP"}]}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", asked).verdict == verdict


@pytest.mark.parametrize(
    ("asked", "verdict"), [("tcp/80", "allowed"), ("udp/80", "blocked"), ("sctp/80", "blocked")]
)
def test_a_tcp_rule_admits_neither_udp_nor_sctp(asked: str, verdict: str) -> None:
    world = fixture(into_a({"ports": [tcp(80)]}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", asked).verdict == verdict


@pytest.mark.parametrize(
    ("asked", "verdict"), [("udp/80", "allowed"), ("udp/81", "blocked"), ("tcp/80", "blocked")]
)
def test_an_end_port_may_equal_its_port(asked: str, verdict: str) -> None:
    world = fixture(into_a({"ports": [{"protocol": "UDP", "port": 80, "endPort": 80}]}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", asked).verdict == verdict


@pytest.mark.parametrize(
    ("asked", "verdict"), [("tcp/8000", "allowed"), ("tcp/9000", "blocked"), ("udp/53", "blocked")]
)
def test_a_named_port_is_the_first_of_its_name_and_protocol(asked: str, verdict: str) -> None:
    named = (port(53, "UDP", "web"), port(8000, name="web"), port(9000, name="web"))
    target = pod("x/a", "10.0.1.1", {"pod": "a"})
    target["spec"]["containers"] = [
        {"name": f"c{i}", "image": "example/main", "ports": [entry]}
        for i, entry in enumerate(named)
    ]
    world = fixture(target, into_a({"ports": [tcp("web")]}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", asked).verdict == verdict


def test_a_rule_with_an_unknown_port_name_matches_nothing() -> None:
    world = fixture(into_a({"ports": [tcp("metrics")]}))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize(
    ("dst", "asked", "verdict"),
    [
        ("x/b[Pod]", "tcp/81", "allowed"),
        ("x/b[Pod]", "tcp/80", "blocked"),
        ("x/c[Pod]", "tcp/80", "blocked"),
        (EXT, "tcp/81", "blocked"),
    ],
)
def test_an_egress_port_name_is_looked_up_at_the_destination(
    dst: str, asked: str, verdict: str
) -> None:
    """The source calls its port 80 so, x/b its port 81; x/c and the outside have no such name."""
    world = fixture(
        pod("x/a", "10.0.1.1", {"pod": "a"}, ports=(port(80, name="web"),)),
        pod("x/b", "10.0.1.2", {"pod": "b"}, ports=(port(81, name="web"),)),
        out_of_a({"ports": [tcp("web")]}),
    )
    assert ask(world, "x/a[Pod]", dst, asked).verdict == verdict


@pytest.mark.parametrize(
    ("rule_port", "verdict"),
    [
        pytest.param(8080, "allowed", id="number"),
        pytest.param("web", "allowed", id="name"),
        pytest.param(80, "blocked", id="service-port"),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_rules_see_the_target_port_of_a_service(
    direction: str, rule_port: int | str, verdict: str
) -> None:
    ports = [tcp(rule_port)]
    either = {
        "ingress": policy("y", "in", pods(pod="b"), ingress=[{"ports": ports}]),
        "egress": out_of_a({"to": [EVERYWHERE], "ports": ports}),
    }
    world = fixture(
        pod("y/b", "10.0.2.2", {"pod": "b"}, on="n2", ports=(port(8080, name="web"),)),
        service("y/s", {"pod": "b"}, (80, "web")),
        either[direction],
    )
    assert ask(world, "x/a[Pod]", "svc/y/s", "tcp/80").verdict == verdict


@pytest.mark.parametrize("asked", ["icmp", "proto/47"])
@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        pytest.param(from_pods({}), "allowed", id="no-ports"),
        pytest.param(from_pods({}, ports=[tcp(80)]), "unknown", id="ports"),
        pytest.param(from_pods({}, ports=[{}]), "unknown", id="port-entry-empty"),
        pytest.param(from_pods(pods(pod="c")), "unknown", id="no-ports-for-another-peer"),
    ],
)
def test_other_protocols_on_an_isolated_pod(rule: Manifest, verdict: str, asked: str) -> None:
    """The specification speaks of TCP, UDP and SCTP; what becomes of others is left open."""
    assert ask(fixture(into_a(rule)), "x/b[Pod]", "x/a[Pod]", asked).verdict == verdict


@pytest.mark.parametrize(
    ("world", "verdict"),
    [
        pytest.param(fixture(), "allowed", id="not-isolated"),
        pytest.param(fixture(out_of_a({})), "allowed", id="egress-rule-without-ports"),
        pytest.param(fixture(out_of_a({"ports": [tcp(80)]})), "unknown", id="egress-with-ports"),
    ],
)
def test_other_protocols_out_of_a_pod(world: str, verdict: str) -> None:
    assert ask(world, "x/a[Pod]", "x/b[Pod]", "icmp").verdict == verdict


# --- the pod itself, its node, the host network --------------------------------------------------


@pytest.mark.parametrize(("dst", "verdict"), [("10.9.0.1", "allowed"), ("10.9.0.2", "blocked")])
def test_egress_to_the_own_node_is_always_allowed(dst: str, verdict: str) -> None:
    assert ask(fixture(out_of_a()), "x/a[Pod]", dst, "tcp/10250").verdict == verdict


def test_the_own_node_passes_even_where_an_except_names_it() -> None:
    world = fixture(into_a(from_block("0.0.0.0/0", "10.9.0.1/32")))
    assert ask(world, "10.9.0.1", "x/a[Pod]", "tcp/80").verdict == "allowed"


ON_HOST = pod("x/h", "10.9.0.2", {"pod": "b"}, on="n2", host_network=True)
CLOSED = policy("x", "closed", {}, types=["Ingress", "Egress"])


@pytest.mark.parametrize(("src", "dst"), [("y/a[Pod]", "x/h[Pod]"), ("x/h[Pod]", EXT)])
def test_a_host_network_pod_is_not_policed(src: str, dst: str) -> None:
    assert ask(fixture(ON_HOST, CLOSED), src, dst, "tcp/80").verdict == "allowed"


@pytest.mark.parametrize("peer", [{"podSelector": pods(pod="b")}, EVERYWHERE], ids=["pod", "ns"])
def test_a_host_network_pod_as_a_selected_source_is_undefined(peer: Manifest) -> None:
    """A plugin may know it for a pod or see only its node's address; the answer is unknown."""
    world = fixture(ON_HOST, into_a({"from": [peer]}))
    assert ask(world, "x/h[Pod]", "x/a[Pod]", "tcp/80").verdict == "unknown"


def test_a_host_network_pod_as_a_selected_destination_is_undefined() -> None:
    """As for a source: pod or node, the answer is unknown."""
    world = fixture(ON_HOST, out_of_a({"to": [{"podSelector": pods(pod="b")}]}))
    assert ask(world, "x/a[Pod]", "x/h[Pod]", "tcp/80").verdict == "unknown"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        pytest.param(from_pods(pods(pod="c")), "blocked", id="selector-that-misses-it"),
        pytest.param(from_block("10.9.0.2/32"), "allowed", id="block-of-its-node"),
    ],
)
def test_a_host_network_peer_is_sure_where_both_readings_agree(
    rule: Manifest, verdict: str
) -> None:
    world = fixture(ON_HOST, into_a(rule))
    assert ask(world, "x/h[Pod]", "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_is_no_peer(phase: str) -> None:
    """Its address belongs to no pod any more, so a rule that selects it admits nobody there."""
    world = fixture(
        pod("x/old", "10.0.1.9", {"pod": "b"}, phase=phase),
        into_a(from_pods(pods(pod="b"))),
    )
    assert ask(world, "10.0.1.9", "x/a[Pod]", "tcp/80").verdict == "blocked"
