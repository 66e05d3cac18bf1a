"""Rows of ``ringwall/reach/v1`` and its grouped form, on small clusters."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from ringwall.errors import UsageError
from ringwall.reach.documents import ConnectionOut, GroupedReport, ReachReport
from ringwall.reach.engine import grouped as grouped_module
from ringwall.reach.engine import rows as rows_module
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.grouped import grouped
from ringwall.reach.engine.outside import Outside
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.rows import reach
from tests.laws.worlds import World
from tests.laws.worlds import worlds as random_worlds
from tests.reach.relation_cluster import (
    deployment,
    from_block,
    from_pods,
    ingress_policy,
    node,
    pod,
    relation,
    service,
    text,
)
from tests.support import facts_of, services_of

WEB, DB = {"app": "web"}, {"app": "db"}
SHOP = (
    deployment("shop/web", **WEB),
    deployment("shop/db", **DB),
    ingress_policy("shop/db", DB, from_pods(WEB, 5432)),
    ingress_policy("shop/web", WEB, from_block("203.0.113.0/24", 443)),
)
TCP = "tcp/1-65535"
Told = tuple[str, str, str, str]


def told(report: ReachReport) -> set[Told]:
    """Every row without its reply: from, to, verdict with extent, ports."""
    return {
        (one.src, one.dst, f"{one.verdict}/{one.extent}", _words(one)) for one in report.connections
    }


def _words(row: ConnectionOut) -> str:
    return " ".join(services_of(row.ports).words())


def test_rows_say_who_reaches_whom_and_the_rest_is_blocked() -> None:
    report = reach(relation(*SHOP), port=TCP)

    web, db = "shop/web[Deployment]", "shop/db[Deployment]"
    assert told(report) == {
        ("203.0.113.0/24", web, "allowed/all", "tcp/443"),
        (db, "203.0.113.0/24", "allowed/all", TCP),
        (db, "internet", "allowed/all", TCP),
        (web, "203.0.113.0/24", "allowed/all", TCP),
        (web, db, "allowed/all", "tcp/5432"),
        (web, "internet", "allowed/all", TCP),
    }


def test_internet_is_what_no_block_is() -> None:
    report = reach(relation(*SHOP), port=TCP)

    assert report.blocks["203.0.113.0/24"].cidrs == ["203.0.113.0/24"]
    assert "203.0.113.0/24" not in report.blocks["internet"].cidrs
    assert "2000::/3" in report.blocks["internet"].cidrs


def test_several_cidrs_that_a_rule_tells_apart_are_one_block_with_a_number() -> None:
    rule = {"from": [{"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.64/26"]}}]}
    built = relation(pod("shop/web", "10.0.1.1"), ingress_policy("shop/p", {}, rule))

    report = reach(built, port="tcp/443")

    assert report.blocks["block/1"].cidrs == ["203.0.113.0/26", "203.0.113.128/25"]
    assert [(one.src, one.dst) for one in reach(built, "block/1", port="tcp/443").connections] == [
        ("block/1", "shop/web[Pod]")
    ]


def test_without_a_rule_about_addresses_there_is_only_the_internet() -> None:
    report = reach(relation(pod("shop/web", "10.0.1.1")))

    assert sorted(report.endpoints) == ["internet", "shop/web[Pod]"]
    assert all(one.ports == {"ALL": []} for one in report.connections)


def test_rows_are_sorted_and_complete() -> None:
    report = reach(relation(*SHOP))

    keys = [(one.src, one.dst, one.verdict, one.extent) for one in report.connections]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_what_is_unknown_says_why() -> None:
    report = reach(relation(*SHOP), "shop/web", "shop/db", "proto/47")

    (row,) = report.connections
    assert row.verdict == "unknown"
    assert [report.unknowns[one].code for one in row.because] == ["protocol-undefined"]
    assert report.unknowns["u1"].object == "networkpolicy/shop/db"


def test_pods_unfold_workloads() -> None:
    report = reach(relation(*SHOP), dst="shop/db", port="tcp/5432", pods=True)

    assert {one.src for one in report.connections} == {"shop/web-0[Pod]", "shop/web-1[Pod]"}
    assert report.endpoints["shop/web-0[Pod]"].parent == "shop/web[Deployment]"


def test_services_are_endpoints_where_they_are_asked_for() -> None:
    built = relation(*SHOP, service("shop/db", DB, 5432))

    assert not any(id_.startswith("svc/") for id_ in reach(built).endpoints)
    rows = reach(built, dst="svc/shop/db").connections
    assert [(one.src, one.ports) for one in rows if one.verdict == "allowed"] == [
        ("shop/web[Deployment]", {"TCP": ["5432"]})
    ]


def test_an_extent_of_some_is_that_of_some_pods() -> None:
    report = reach(
        relation(
            pod("shop/web", "10.0.1.1", **WEB),
            pod("shop/db-0", "10.0.1.2", owner="StatefulSet/db", app="db", n="0"),
            pod("shop/db-1", "10.0.1.3", owner="StatefulSet/db", app="db", n="1"),
            ingress_policy("shop/p", {"n": "0"}),
        ),
        "shop/web",
        "shop/db",
        "tcp/5432",
    )

    assert told(report) == {("shop/web[Pod]", "shop/db[StatefulSet]", "allowed/some", "tcp/5432")}


def test_the_other_placement_is_told_where_it_differs() -> None:
    host = pod("shop/host", "10.0.9.1", node="n1")
    host["spec"]["hostNetwork"] = True
    web = pod("shop/web", "10.0.1.1", node="n1")
    built = relation(web, host, node("n1", "10.0.9.1"), ingress_policy("shop/p", {}))

    report = reach(built, "shop/host", "shop/web", "tcp/80")

    assert [(one.verdict, one.if_placed) for one in report.connections] == [("allowed", "blocked")]


def test_icmp_is_listed_for_ipv4_and_icmpv6_for_ipv6() -> None:
    policy = ingress_policy("shop/p", {})
    four = reach(relation(pod("shop/a", "10.0.1.1"), pod("shop/b", "10.0.1.2"), policy))
    six = reach(relation(pod("shop/a", "2001:db8::1"), pod("shop/b", "2001:db8::2"), policy))

    for report, mine, other in ((four, "ICMP", "ICMPv6"), (six, "ICMPv6", "ICMP")):
        (row,) = (one for one in report.connections if (one.src, one.dst) == _AB)
        assert mine in row.ports
        assert other not in row.ports


_AB = ("shop/a[Pod]", "shop/b[Pod]")


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "LIMIT", 5)

    with pytest.raises(UsageError, match="--from, --to or --port, or for classes with --grouped"):
        reach(relation(*SHOP))


def test_more_rows_between_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped_module, "LIMIT", 5)

    with pytest.raises(UsageError, match="even between classes; ask for a part without --grouped"):
        grouped(relation(*SHOP))


def test_a_bad_port_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="`tcp/99999` is not a port; write tcp/443, "):
        reach(relation(*SHOP), port="tcp/99999")


def test_the_order_of_the_input_changes_nothing() -> None:
    one = facts_of(text(*SHOP))
    other = facts_of(text(*reversed(SHOP)))

    encode = msgspec.json.encode
    assert encode(reach(Relation.of(one))) == encode(reach(Relation.of(other)))
    assert encode(grouped(Relation.of(one))) == encode(grouped(Relation.of(other)))


# --- grouped -------------------------------------------------------------------------------------


def unfolded(report: GroupedReport, pods: dict[str, list[str]]) -> dict[tuple[str, str], Any]:
    """The rows between single members, of those that placement does not matter to."""
    members = {
        id_: [pod_id for name in one.members for pod_id in pods.get(name, [name])]
        for id_, one in report.classes.items()
    }
    return {
        (src, dst): (row.verdict, row.ports, row.reply, row.because)
        for row in report.connections
        for src in members[row.src]
        for dst in members[row.dst]
        if src != dst
    }


def test_classes_unfold_to_the_rows_of_pods() -> None:
    built = relation(*SHOP)
    pods = {f"shop/{name}[Deployment]": built.directory.pods_of(f"shop/{name}[Deployment]")
            for name in ("web", "db")}  # fmt: skip
    report = reach(built, pods=True)
    expected = {
        (one.src, one.dst): (one.verdict, one.ports, one.reply, one.because)
        for one in report.connections
        if one.src != one.dst
    }

    found = unfolded(grouped(built), pods)

    assert found.keys() == expected.keys()
    assert all(found[pair] == expected[pair] for pair in found)


def test_a_workload_stands_for_its_pods_where_they_are_alike() -> None:
    report = grouped(relation(*SHOP))

    members = {tuple(one.members) for one in report.classes.values()}
    assert {("shop/web[Deployment]",), ("shop/db[Deployment]",), ("internet",)} <= members


# --- laws ----------------------------------------------------------------------------------------


@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(random_worlds())
def test_what_is_computed_for_all_pairs_at_once_is_what_is_computed_for_each(world: World) -> None:
    built = Relation.of(facts_of(world.files))
    ends = [*built.directory.objects(), *Outside(built).endpoints]
    grid = Grid(built, ends, ends)

    for src, row in zip(ends, grid.rows(), strict=True):
        for dst, number in zip(ends, row.tolist(), strict=True):
            alone = built.mix(src, dst)
            assert built.parts(grid.mixes[number]) == built.parts(alone), f"{src.id} -> {dst.id}"
