"""Subtle questions about NetworkPolicy, answered as the specification answers them.

Each docstring gives the number of the question in the semantics reference and its source there.
The world is fixture F plus the policies that the test names.
"""

from __future__ import annotations

import pytest

from tests.semantics.fixture_f import (
    EXT,
    Manifest,
    expression,
    fixture,
    from_block,
    from_pods,
    into_a,
    ip_block,
    pod,
    pods,
    policy,
    port,
    service,
    tcp,
)
from tests.support import ask

EVERYWHERE: dict[str, object] = {"namespaceSelector": {}}


@pytest.mark.parametrize(
    ("src", "verdict"),
    [
        pytest.param("x/b[Pod]", "allowed", id="key-missing"),
        pytest.param("x/blue[Pod]", "allowed", id="another-value"),
        pytest.param("x/red[Pod]", "blocked", id="listed-value"),
    ],
)
def test_not_in_also_matches_a_pod_without_the_key(src: str, verdict: str) -> None:
    """1 [KL case 4]."""
    world = fixture(
        pod("x/blue", "10.0.1.7", {"team": "blue"}),
        pod("x/red", "10.0.1.8", {"team": "red"}),
        into_a(from_pods(expression("team", "NotIn", "red"))),
    )
    assert ask(world, src, "x/a[Pod]", "tcp/80").verdict == verdict


def test_a_match_label_with_empty_value_needs_the_key() -> None:
    """2 [KL case 2]."""
    world = fixture(into_a(from_pods(pods(team=""))))
    assert ask(world, "x/b[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        pytest.param([{"from": []}], "allowed", id="from-empty"),
        pytest.param([], "blocked", id="ingress-empty"),
    ],
)
def test_an_empty_from_admits_all_and_an_empty_ingress_admits_none(
    rules: list[Manifest], verdict: str
) -> None:
    """3 [KT from/ingress; omitempty]."""
    assert ask(fixture(into_a(*rules)), EXT, "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize(
    ("src", "verdict"),
    [("x/b[Pod]", "allowed"), ("y/b[Pod]", "blocked"), (EXT, "blocked")],
)
def test_an_empty_pod_selector_peer_is_the_namespace_of_the_policy(src: str, verdict: str) -> None:
    """4, first half [KT peer]."""
    assert ask(fixture(into_a(from_pods({}))), src, "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize(("src", "verdict"), [("y/b[Pod]", "allowed"), (EXT, "blocked")])
def test_an_empty_namespace_selector_peer_is_every_pod_but_nothing_external(
    src: str, verdict: str
) -> None:
    """4, second half [KT peer]."""
    world = fixture(into_a({"from": [EVERYWHERE]}))
    assert ask(world, src, "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize(
    ("src", "verdict"),
    [("y/b[Pod]", "allowed"), ("y/a[Pod]", "blocked"), ("x/b[Pod]", "blocked")],
)
def test_both_selectors_in_one_peer_are_anded(src: str, verdict: str) -> None:
    """5, first half [KT; E2E]."""
    peer = {"namespaceSelector": pods(ns="y"), "podSelector": pods(pod="b")}
    assert ask(fixture(into_a({"from": [peer]})), src, "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize(
    ("src", "verdict"),
    [("y/a[Pod]", "allowed"), ("x/b[Pod]", "allowed"), ("z/b[Pod]", "blocked")],
)
def test_two_peers_are_ored_and_the_pod_selector_stays_in_its_namespace(
    src: str, verdict: str
) -> None:
    """5, second half [KT; E2E]."""
    peers = [{"namespaceSelector": pods(ns="y")}, {"podSelector": pods(pod="b")}]
    assert ask(fixture(into_a({"from": peers})), src, "x/a[Pod]", "tcp/80").verdict == verdict


def test_another_policy_admits_what_an_except_leaves_out() -> None:
    """6 [E2E except-overlap]."""
    world = fixture(
        into_a(from_block("198.18.0.0/15", "198.18.1.0/24"), name="with-except"),
        into_a(from_block("198.18.0.0/16"), name="wider"),
    )
    assert ask(world, "198.18.1.5", "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize(("number", "verdict"), [(81, "allowed"), (80, "blocked")])
def test_an_except_binds_only_the_ports_of_its_own_rule(number: int, verdict: str) -> None:
    """7 [KT]."""
    world = fixture(
        into_a(from_block("198.18.0.0/16", "198.18.1.0/24", ports=[tcp(80)]), name="a"),
        into_a(from_block("198.18.0.0/16", ports=[tcp(81)]), name="b"),
    )
    assert ask(world, "198.18.1.5", "x/a[Pod]", f"tcp/{number}").verdict == verdict


def test_an_ip_block_matches_the_address_of_a_pod() -> None:
    """8 [E2E CIDR]."""
    world = fixture(into_a(from_block("10.0.2.0/24")))
    assert ask(world, "y/b[Pod]", "x/a[Pod]", "tcp/80").verdict == "allowed"


@pytest.mark.parametrize(
    ("dst", "asked", "verdict"),
    [
        ("x/a[Pod]", "tcp/80", "allowed"),
        ("x/b[Pod]", "tcp/81", "allowed"),
        ("x/a[Pod]", "tcp/81", "blocked"),
        ("x/b[Pod]", "tcp/80", "blocked"),
    ],
)
def test_a_named_port_is_resolved_for_each_destination_pod(
    dst: str, asked: str, verdict: str
) -> None:
    """9 [KT port]."""
    world = fixture(
        pod("x/a", "10.0.1.1", {"pod": "a"}, ports=(port(80, name="web"),)),
        pod("x/b", "10.0.1.2", {"pod": "b"}, ports=(port(81, name="web"),)),
        policy("x", "web", {}, ingress=[{"ports": [{"port": "web"}]}]),
    )
    assert ask(world, "y/a[Pod]", dst, asked).verdict == verdict


@pytest.mark.parametrize("asked", ["tcp/80", "udp/80"])
def test_a_port_name_of_another_protocol_matches_nothing(asked: str) -> None:
    """10 [KT; KNP evaluatePorts]."""
    world = fixture(into_a({"ports": [tcp("serve-80-udp")]}))
    assert ask(world, "y/a[Pod]", "x/a[Pod]", asked).verdict == "blocked"


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("tcp/79", "blocked"),
        ("tcp/80", "allowed"),
        ("tcp/81", "allowed"),
        ("tcp/82", "blocked"),
        ("udp/80", "blocked"),
    ],
)
def test_an_end_port_is_inclusive_and_keeps_the_protocol(asked: str, verdict: str) -> None:
    """11 [KT endPort]."""
    world = fixture(into_a({"ports": [{"port": 80, "endPort": 81}]}))
    assert ask(world, "y/a[Pod]", "x/a[Pod]", asked).verdict == verdict


INVALID_RULES = [
    pytest.param({"ports": [{"port": "web", "endPort": 81}]}, id="named-port-with-end-port"),
    pytest.param({"ports": [{"port": 81, "endPort": 80}]}, id="end-port-below-port"),
    pytest.param({"ports": [{"endPort": 81}]}, id="end-port-without-port"),
    pytest.param(from_block("10.0.2.0/24", "10.0.3.0/24"), id="except-outside-cidr"),
    pytest.param(
        {"from": [{**ip_block("10.0.2.0/24"), "podSelector": {}}]},
        id="ip-block-with-pod-selector",
    ),
]


@pytest.mark.parametrize("rule", INVALID_RULES)
def test_an_invalid_policy_makes_the_answer_unknown(rule: Manifest) -> None:
    """11, last sentence [KT]: an invalid object neither allows nor blocks in silence."""
    answer = ask(fixture(into_a(rule, name="broken")), "y/a[Pod]", "x/a[Pod]", "tcp/80")
    assert answer.verdict == "unknown"


@pytest.mark.parametrize("rule", INVALID_RULES)
def test_an_invalid_policy_is_reported_by_name(rule: Manifest) -> None:
    """11, last sentence [KT]."""
    answer = ask(fixture(into_a(rule, name="broken")), "y/a[Pod]", "x/a[Pod]", "tcp/80")
    assert any("x/broken" in gap.object for gap in answer.unknowns.values())


@pytest.mark.parametrize("rule", INVALID_RULES)
def test_an_invalid_policy_leaves_other_namespaces_alone(rule: Manifest) -> None:
    """11, last sentence [KT]: it can select pods of its own namespace only."""
    world = fixture(into_a(rule, name="broken"))
    assert ask(world, "z/a[Pod]", "y/a[Pod]", "tcp/80").verdict == "allowed"


def test_an_invalid_policy_does_not_hide_a_sure_block() -> None:
    """11, last sentence [KT]: one gate that surely blocks, blocks the path."""
    world = fixture(
        into_a({"ports": [{"port": "web", "endPort": 81}]}, name="broken"),
        policy("y", "no-way-out", {}, egress=[], types=["Egress"]),
    )
    assert ask(world, "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize(
    ("ports", "asked", "verdict"),
    [
        pytest.param([{}], "tcp/80", "allowed", id="empty-entry-tcp-80"),
        pytest.param([{}], "tcp/12345", "allowed", id="empty-entry-tcp-12345"),
        pytest.param([{}], "udp/80", "blocked", id="empty-entry-udp"),
        pytest.param([{"protocol": "SCTP"}], "sctp/80", "allowed", id="sctp-only-sctp"),
        pytest.param([{"protocol": "SCTP"}], "tcp/80", "blocked", id="sctp-only-tcp"),
        pytest.param([], "tcp/80", "allowed", id="no-ports-tcp"),
        pytest.param([], "udp/80", "allowed", id="no-ports-udp"),
        pytest.param([], "sctp/80", "allowed", id="no-ports-sctp"),
        pytest.param([], "icmp", "allowed", id="no-ports-icmp"),
    ],
)
def test_a_port_entry_without_a_number_is_every_port_of_its_protocol(
    ports: list[Manifest], asked: str, verdict: str
) -> None:
    """12 [KT]: the protocol of an entry defaults to TCP; an empty list is all protocols."""
    world = fixture(into_a({"ports": ports}))
    assert ask(world, "y/a[Pod]", "x/a[Pod]", asked).verdict == verdict


def test_an_egress_policy_without_types_isolates_ingress_too() -> None:
    """13 [KT policyTypes]."""
    world = fixture(policy("x", "egress-only", pods(pod="a"), egress=[{}]))
    assert ask(world, "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


def test_an_egress_section_outside_the_types_is_ignored() -> None:
    """14 [KT]."""
    world = fixture(policy("x", "p", pods(pod="a"), ingress=[{}], egress=[], types=["Ingress"]))
    assert ask(world, "x/a[Pod]", "y/a[Pod]", "tcp/80").verdict == "allowed"


def test_an_ingress_isolated_pod_opens_connections_and_gets_the_replies() -> None:
    """15 [KD replies]."""
    answer = ask(fixture(into_a()), "x/a[Pod]", "y/a[Pod]", "tcp/80")
    assert answer.verdict == "allowed"
    assert answer.reply in ("established", None)


def test_an_ingress_isolated_pod_takes_no_new_connection() -> None:
    """15 [KD replies]: not even from the pod that it talks to."""
    assert ask(fixture(into_a()), "y/a[Pod]", "x/a[Pod]", "tcp/80").verdict == "blocked"


@pytest.mark.parametrize(
    ("src", "verdict"),
    [
        ("node/n1", "allowed"),
        ("10.9.0.1", "allowed"),
        ("node/n2", "blocked"),
        ("10.9.0.2", "blocked"),
    ],
)
def test_only_the_own_node_passes_an_isolated_pod(src: str, verdict: str) -> None:
    """16 [KT "local node"]: x/a runs on n1."""
    assert ask(fixture(into_a()), src, "x/a[Pod]", "tcp/80").verdict == verdict


@pytest.mark.parametrize(("number", "verdict"), [(8001, "blocked"), (80, "allowed")])
def test_behind_a_service_the_policy_sees_the_target_port(number: int, verdict: str) -> None:
    """18 [recipe 09]: the Service turns 8001 into 80."""
    world = fixture(
        service("x/s", {"pod": "a"}, (8001, 80)),
        into_a({"ports": [tcp(number)]}),
    )
    assert ask(world, "y/a[Pod]", "svc/x/s", "tcp/8001").verdict == verdict


@pytest.mark.parametrize("src", ["x/new[Pod]", "10.0.1.9"])
def test_a_finished_pod_lends_its_labels_to_no_one(src: str) -> None:
    """22 [Calico IsFinished; npc pod_utils]: its address now belongs to another pod."""
    world = fixture(
        pod("x/old", "10.0.1.9", {"pod": "b"}, phase="Succeeded"),
        pod("x/new", "10.0.1.9", {}),
        into_a(from_pods(pods(pod="b"))),
    )
    assert ask(world, src, "x/a[Pod]", "tcp/80").verdict == "blocked"


def closed_a(*more: Manifest) -> str:
    """F with x/a closed in both directions."""
    closed = policy("x", "closed", pods(pod="a"), types=["Ingress", "Egress"])
    return fixture(closed, *more)


@pytest.mark.parametrize("dst", ["x/a[Pod]", "10.0.1.1"])
def test_a_pod_always_reaches_itself_directly(dst: str) -> None:
    """23 [KD]."""
    assert ask(closed_a(), "x/a[Pod]", dst, "tcp/80").verdict == "allowed"


def test_a_closed_pod_through_its_own_service_is_undefined() -> None:
    """23 [E2E ignoreLoopback]: network plugins differ, so the answer is unknown."""
    world = closed_a(service("x/self", {"pod": "a"}, (80, 80)))
    assert ask(world, "x/a[Pod]", "svc/x/self", "tcp/80").verdict == "unknown"
