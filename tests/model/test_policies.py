"""Policy gates by classes answer as the specification does; the world is fixture F."""

from typing import Any

import pytest

from ringwall.facts.fact import Delta
from ringwall.model.attachments import Attachment
from ringwall.model.peers import PRIVATE
from ringwall.space.addresses import Addresses
from ringwall.space.interner import Interner
from ringwall.space.services import ServiceSet
from tests.model.asked import Asked, told
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
    tcp,
    to_block,
)

EVERYWHERE: Manifest = {"namespaceSelector": {}}
TCP_80 = ServiceSet.parse("tcp/80")


def verdict(world: str, src: str, dst: str, asked: str = "tcp/80") -> str:
    return Asked(world).verdict(src, dst, asked)


@pytest.mark.parametrize(
    ("src", "expected"), [("x/b", "allowed"), ("y/b", "blocked"), (EXT, "blocked")]
)
def test_a_pod_selector_means_pods_of_the_policys_namespace(src: str, expected: str) -> None:
    assert verdict(fixture(into_a(from_pods({}))), src, "x/a") == expected


@pytest.mark.parametrize(("src", "expected"), [("y/b", "allowed"), (EXT, "blocked")])
def test_a_namespace_selector_means_pods_and_never_addresses(src: str, expected: str) -> None:
    assert verdict(fixture(into_a({"from": [EVERYWHERE]})), src, "x/a") == expected


def test_an_address_that_a_pod_does_not_hold_matches_no_selector() -> None:
    world = Asked(fixture(into_a({"from": [EVERYWHERE]})))

    assert world.verdict("10.9.0.2", "x/a", "tcp/80") == "blocked"


@pytest.mark.parametrize(
    ("src", "expected"), [("y/b", "allowed"), ("y/c", "blocked"), ("198.18.0.9", "allowed")]
)
def test_a_block_matches_addresses_of_pods_and_of_others(src: str, expected: str) -> None:
    rules = into_a(from_block("10.0.2.0/24", "10.0.2.3/32"), from_block("198.18.0.0/15"))

    assert verdict(fixture(rules), src, "x/a") == expected


@pytest.mark.parametrize(
    ("asked", "expected"), [("tcp/79", "blocked"), ("tcp/81", "allowed"), ("udp/81", "blocked")]
)
def test_ranges_keep_their_protocol(asked: str, expected: str) -> None:
    world = fixture(into_a({"ports": [{"port": 80, "endPort": 81}]}))

    assert verdict(world, "y/a", "x/a", asked) == expected


@pytest.mark.parametrize(
    ("dst", "asked", "expected"),
    [
        ("x/a", "tcp/80", "allowed"),
        ("x/b", "tcp/81", "allowed"),
        ("x/a", "tcp/81", "blocked"),
        ("x/c", "tcp/80", "blocked"),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_port_name_means_the_receiving_pods_own_port(
    direction: str, dst: str, asked: str, expected: str
) -> None:
    rule = {"ports": [{"port": "web"}]}
    policies = {
        "ingress": policy("x", "p", {}, ingress=[rule]),
        "egress": policy("y", "p", {}, egress=[rule], types=["Egress"]),
    }
    world = fixture(
        pod("x/a", "10.0.1.1", {"pod": "a"}, ports=(port(80, name="web"),)),
        pod("x/b", "10.0.1.2", {"pod": "b"}, ports=(port(81, name="web"),)),
        policies[direction],
    )

    assert verdict(world, "y/a", dst, asked) == expected


@pytest.mark.parametrize(("asked", "expected"), [("tcp/80", "allowed"), ("tcp/81", "blocked")])
def test_the_first_port_of_a_name_counts(asked: str, expected: str) -> None:
    twice = pod("x/a", "10.0.1.1", {"pod": "a"}, ports=(port(80, name="web"), port(81, name="web")))
    world = fixture(twice, into_a({"ports": [tcp("web")]}))

    assert verdict(world, "y/a", "x/a", asked) == expected


def test_no_port_name_matches_where_the_far_end_is_no_pod() -> None:
    assert verdict(fixture(out_of_a({"ports": [tcp("web")]})), "x/a", EXT) == "blocked"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (from_pods({}), "allowed"),
        (from_pods({}, ports=[tcp(80)]), "unknown"),
        (from_pods(pods(pod="c")), "unknown"),
    ],
)
def test_other_protocols_are_undefined_where_no_rule_admits_them(
    rule: Manifest, expected: str
) -> None:
    assert verdict(fixture(into_a(rule)), "x/b", "x/a", "icmp") == expected


@pytest.mark.parametrize(
    ("fields", "egress", "ingress"),
    [
        ({"egress": [{}]}, "allowed", "blocked"),
        ({"egress": []}, "allowed", "blocked"),
        ({"egress": [], "types": ["Egress"]}, "blocked", "allowed"),
        ({"ingress": [{}], "types": []}, "allowed", "allowed"),
    ],
)
def test_directions_default_as_the_api_says(
    fields: dict[str, Any], egress: str, ingress: str
) -> None:
    world = fixture(policy("x", "p", pods(pod="a"), **fields))

    assert verdict(world, "x/a", "y/a") == egress
    assert verdict(world, "y/a", "x/a") == ingress


HOST = pod("x/h", "10.9.0.2", {"pod": "b"}, on="n2", host_network=True)


def test_a_pod_on_the_host_network_is_not_policed() -> None:
    world = Asked(fixture(HOST, policy("x", "closed", {}, types=["Ingress", "Egress"])))

    assert world.verdict("y/a", "x/h", "tcp/80") == "allowed"
    assert world.verdict("x/h", EXT, "tcp/80") == "allowed"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (from_pods(pods(pod="b")), "unknown"),
        (from_pods(pods(pod="c")), "blocked"),
        (from_block("10.9.0.2/32"), "allowed"),
    ],
)
def test_a_selector_that_matches_a_host_network_pod_is_unsure(
    rule: Manifest, expected: str
) -> None:
    world = Asked(fixture(HOST, into_a(rule)))

    assert world.verdict("x/h", "x/a", "tcp/80") == expected


def test_the_host_network_is_named_as_the_reason() -> None:
    world = Asked(fixture(HOST, into_a(from_pods(pods(pod="b"), ports=[tcp(80)]))))

    def named(asked: str) -> set[tuple[str, str]]:
        return {(one.code, one.object) for one in world.reasons("x/h", "x/a", asked)}

    assert named("tcp/80") == {("host-network-peer", "networkpolicy/x/into-a")}
    assert named("icmp") == {("protocol-undefined", "networkpolicy/x/into-a")}
    assert named("tcp/81") == set()


# --- addresses that are not told, or one of several ----------------------------------------------


def egress_to(world: Asked, where: Addresses) -> str:
    (gate,), _, _ = world.policies.classify([world.end("x/a")])
    admission = world.policies.egress(int(gate), world.policies.peer_of(where))
    return told(admission, world.atoms.mask(TCP_80))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (("192.0.2.1/32", "192.0.2.9/32"), "allowed"),
        (("192.0.2.1/32", "203.0.113.1/32"), "unknown"),
        (("203.0.113.1/32", "203.0.113.9/32"), "blocked"),
    ],
)
def test_one_of_several_addresses_matches_a_block_that_holds_them_all(
    where: tuple[str, ...], expected: str
) -> None:
    world = Asked(fixture(out_of_a(to_block("192.0.2.0/24"))))

    assert egress_to(world, Addresses.of(*where)) == expected


def test_no_address_at_all_is_no_far_end() -> None:
    with pytest.raises(ValueError, match="no address"):
        Asked(fixture()).policies.peer_of(Addresses())


NOWHERE = pod("y/new", "", {"pod": "new"})


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (("0.0.0.0/0",), "allowed"),
        (tuple(PRIVATE.blocks()), "unknown"),
        (("10.0.0.0/8",), "unknown"),
        (("192.0.2.0/24",), "blocked"),
    ],
)
def test_a_pod_without_an_address_has_some_private_one(
    blocks: tuple[str, ...], expected: str
) -> None:
    """Each block is asked on its own whether it holds all private addresses, or none."""
    peers = [{"ipBlock": {"cidr": block}} for block in blocks]

    assert verdict(fixture(NOWHERE, into_a({"from": peers})), "y/new", "x/a") == expected


def test_an_except_outside_of_private_addresses_leaves_it_sure() -> None:
    world = Asked(fixture(NOWHERE, into_a(from_block("0.0.0.0/0", "192.0.2.0/24"))))

    assert world.verdict("y/new", "x/a", "tcp/80") == "allowed"


def test_the_missing_address_is_named_as_the_reason() -> None:
    world = Asked(fixture(NOWHERE, into_a(from_block("10.0.0.0/8"))))

    assert {one.code for one in world.reasons("y/new", "x/a", "tcp/80")} == {"address-not-read"}


# --- through a Service ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidrs", "port_", "expected"),
    [
        (["10.0.0.0/16"], None, "unknown"),
        (["172.20.0.0/16"], None, "unknown"),
        (["0.0.0.0/0"], None, "allowed"),
        (["192.0.2.0/24"], None, "blocked"),
        (["0.0.0.0/0"], 8080, "unknown"),
        (["0.0.0.0/0"], 80, "unknown"),
        (["10.0.0.0/16", "172.20.0.0/16"], None, "unknown"),
    ],
)
def test_a_block_before_or_after_the_service_is_undefined(
    cidrs: list[str], port_: int | None, expected: str
) -> None:
    """Asked at 172.20.0.50:80, which is 10.0.2.2:8080."""
    rule: Manifest = {"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]}
    if port_:
        rule["ports"] = [tcp(port_)]
    world = Asked(fixture(out_of_a(rule)))

    assert through_service(world) == expected


def through_service(world: Asked) -> str:
    egress, _, peer = world.policies.classify([world.end("x/a"), world.end("y/b")])
    before = (world.policies.peer_of(Addresses.of("172.20.0.50/32")), (6, 80))
    admission = world.policies.egress(int(egress[0]), int(peer[1]), before)
    return told(admission, world.atoms.mask(ServiceSet.parse("tcp/8080")))


def test_a_selector_sees_only_the_pod_behind_the_service() -> None:
    selected = {"to": [{"namespaceSelector": {}}], "ports": [tcp(8080)]}

    assert through_service(Asked(fixture(out_of_a(selected)))) == "allowed"


# --- classes, rows and rules ---------------------------------------------------------------------


def test_pods_that_no_rule_tells_apart_share_their_classes() -> None:
    world = Asked(fixture(into_a(from_pods(pods(pod="b")))))

    egress, ingress, peer = world.policies.classify([world.end(e) for e in ("y/a", "y/c", "z/b")])

    assert len(set(egress)) == len(set(ingress)) == len(set(peer)) == 1


def test_a_row_tells_every_peer_class() -> None:
    world = Asked(fixture(HOST, into_a(from_pods({}, ports=[tcp(80)]), from_block("10.0.2.0/24"))))
    ends = ["x/a", "x/b", "x/h", "y/a", "z/a", EXT]
    _, ingress, peer = world.policies.classify([world.end(end) for end in ends])
    row = world.policies.ingress_row(int(ingress[0]))

    by_one = [world.policies.ingress(int(ingress[0]), int(one)) for one in peer]

    assert [world.policies.outcome(int(number)) for number in row.ids(peer)] == by_one
    assert [row.special.get(int(one), row.default) for one in peer] == row.ids(peer).tolist()
    assert len({world.policies.outcome(n) for n in row.special.values()}) == 3


def test_a_complete_relation_answers_as_single_questions_do() -> None:
    files = fixture(HOST, into_a(from_pods({}), from_block("10.0.2.0/24")), out_of_a({}))
    asked, complete = Asked(files), Asked(files)
    complete.policies.complete()

    for src in ("x/b", "x/h", "y/a", EXT):
        assert complete.admission(src, "x/a") == asked.admission(src, "x/a")


def test_the_admitting_rules_and_the_isolating_policies_are_named() -> None:
    world = Asked(fixture(into_a(from_pods({}, ports=[tcp(80)]), {"ports": [tcp(80), tcp(81)]})))
    _, (_, gate), (peer, _) = world.policies.classify([world.end("x/b"), world.end("x/a")])
    mask = world.atoms.mask(TCP_80)

    rules = world.policies.rules("ingress", int(gate), int(peer), mask)

    assert [(str(key), index, hit) for key, index, hit in rules] == [
        ("networkpolicy/x/into-a", "ingress[0]", mask),
        ("networkpolicy/x/into-a", "ingress[1]", mask),
    ]
    assert list(map(str, world.policies.isolated_by("ingress", int(gate)))) == [
        "networkpolicy/x/into-a"
    ]


def test_a_peer_of_another_cluster_matches_by_its_address_only() -> None:
    policies = fixture(into_a({"from": [EVERYWHERE]}), into_a(from_block("10.0.2.0/24"), name="b"))
    world = Asked({"clusters/one/f.yaml": policies, "clusters/two/f.yaml": fixture()})

    assert world.verdict("one!y/a", "one!x/a", "tcp/80") == "allowed"
    assert world.verdict("two!z/a", "one!x/a", "tcp/80") == "blocked"
    assert world.verdict("two!y/a", "one!x/a", "tcp/80") == "allowed"


def test_a_port_name_of_one_cluster_is_looked_up_in_another() -> None:
    """A change in one cluster may tell pods of the other apart that were alike before."""
    closed = policy("x", "p", {}, egress=[{"ports": [tcp("web")]}], types=["Egress"])
    far = pod("y/b", "10.0.2.2", {"pod": "b"}, ports=(port(80, name="web"),))
    before = Asked({"clusters/one/f.yaml": fixture(), "clusters/two/f.yaml": fixture(far)})
    after = Asked({"clusters/one/f.yaml": fixture(closed), "clusters/two/f.yaml": fixture(far)})
    (key,) = set(after.facts) - set(before.facts)
    delta: Delta = {key: (None, after.facts[key])}

    before.workloads = before.workloads.rebuild(after.facts, delta)
    before.policies = before.policies.rebuild(
        after.facts, before.workloads, before.enforcers, delta
    )
    before.policies.bind(after.atoms, Interner())
    before.atoms = after.atoms

    for world in (before, after):
        assert world.verdict("one!x/a", "two!y/b", "tcp/80") == "allowed"
        assert world.verdict("one!x/a", "two!y/c", "tcp/80") == "blocked"


def test_ipv6_blocks_hold_ipv6_addresses() -> None:
    six = pod("y/six", "2001:db8::7", {"pod": "six"})
    world = Asked(fixture(six, into_a(from_block("2001:db8::/64", "2001:db8::100/120"))))

    assert world.verdict("y/six", "x/a", "tcp/80") == "allowed"
    assert world.verdict("2001:db8::101", "x/a", "tcp/80") == "blocked"


def test_an_unbound_model_says_so() -> None:
    world = Asked(fixture())
    fresh = world.policies.rebuild(world.facts, world.workloads, world.enforcers, {})

    with pytest.raises(RuntimeError, match="not bound"):
        fresh.egress(0, 0)


def test_a_node_matches_no_selector() -> None:
    world = Asked(fixture(into_a({"from": [EVERYWHERE]})))
    node = Attachment("node/n2", "node", 4, 10 << 24 | 9 << 16 | 2, "", node="n2")
    _, ingress, peer = world.policies.classify([node, world.end("x/a")])

    admission = world.policies.ingress(int(ingress[1]), int(peer[0]))

    assert told(admission, world.atoms.mask(TCP_80)) == "blocked"


def test_not_in_matches_a_pod_without_the_key() -> None:
    world = Asked(
        fixture(
            pod("x/red", "10.0.1.8", {"team": "red"}),
            into_a(from_pods(expression("team", "NotIn", "red"))),
        )
    )

    assert world.verdict("x/b", "x/a", "tcp/80") == "allowed"
    assert world.verdict("x/red", "x/a", "tcp/80") == "blocked"
