"""What the Internet reaches, who reaches a thing, and what a thing reaches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ringwall.check.asks.documents import AskedOut, BlastRadiusReport
from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.facts.fact import Facts
from ringwall.net import Net
from ringwall.reach.documents import ConnectionOut
from ringwall.report.json import render
from ringwall.space.addresses import INTERNET, Addresses
from ringwall.space.services import ServiceSet
from tests.check.ask_world import NODE_1, NODE_2, OFFICE, POD, net, world
from tests.laws.worlds import World
from tests.laws.worlds import worlds as random_worlds
from tests.semantics.aws_world import ANYWHERE, AwsWorld, route, tcp
from tests.support import facts_of, services_of

LAW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
BESIDE = ("kubelet", "instance-metadata")


def told(rows: Iterable[AskedOut]) -> set[tuple[str, str, str, str, str]]:
    """Group, sender, receiver, verdict and ports of every row."""
    return {(row.group, row.src, row.dst, row.verdict, words(row)) for row in rows}


def words(row: ConnectionOut) -> str:
    return " ".join(services_of(row.ports).words())


def plain(row: AskedOut) -> ConnectionOut:
    """A row of an answer as one of the relation."""
    kept = {name: getattr(row, name) for name in ConnectionOut.__struct_fields__}
    return ConnectionOut(**kept)


# --- exposed --------------------------------------------------------------------------------------


def test_exposed_lists_what_each_part_of_the_internet_reaches() -> None:
    report = net().exposed()

    assert told(report.connections) == {
        ("load-balancers", "internet", "eni-lb", "allowed", "tcp/443"),
        ("load-balancers", OFFICE, "eni-lb", "allowed", "tcp/80 tcp/443"),
    }
    assert {row.what for row in report.connections} == {"load balancer"}
    assert {row.told_by for row in report.connections} == {"description"}
    assert (report.counts["load-balancers"].allowed, report.counts["load-balancers"].unknown) == (
        2,
        0,
    )


def test_exposed_tells_each_port_through_which_gates_and_by_which_rule() -> None:
    report = net().exposed()
    (row,) = (row for row in report.connections if row.src == OFFICE)

    ways = {" ".join(services_of(report.ways[id_].ports).words()): id_ for id_ in row.through}

    assert sorted(ways) == ["tcp/443", "tcp/80"]
    for ports, rule in (
        ("tcp/80", f"ingress:tcp/80:{OFFICE}"),
        ("tcp/443", "ingress:tcp/443:0.0.0.0/0"),
    ):
        way = report.ways[ways[ports]]
        gates = [(hop.gate, [one.index for one in hop.rules]) for hop in way.path.hops]
        assert [gate for gate, _ in gates] == [
            "internet-gateway",
            "nacl-in",
            "security-group-ingress",
        ]
        assert gates[-1][1] == [rule]
        assert way.path.hops[-1].rules[0].source.startswith("aws/describe-security-groups.json#/")
        assert (way.witness.src, way.witness.dst, way.witness.port) == (
            "203.0.113.0",
            "eni-lb",
            ports,
        )


def test_exposed_on_a_port_is_about_that_port_alone() -> None:
    report = net().exposed("tcp/80")

    assert told(report.connections) == {
        ("load-balancers", OFFICE, "eni-lb", "allowed", "tcp/80"),
    }
    assert report.port == "tcp/80"


def test_what_is_not_decided_is_not_taken_for_open_and_says_why() -> None:
    made = world(tcp(22, "pl-partner"))
    made.prefix_list("pl-partner", entries_read=False)

    report = Net(facts_of(made.files())).exposed("tcp/22")

    assert told(report.connections) == {
        ("load-balancers", "internet", "eni-lb", "unknown", "tcp/22"),
        ("load-balancers", OFFICE, "eni-lb", "unknown", "tcp/22"),
    }
    ((id_, reason),) = report.unknowns.items()
    assert [row.because for row in report.connections] == [[id_], [id_]]
    assert "pl-partner" in reason.needs
    assert (report.counts["load-balancers"].allowed, report.counts["load-balancers"].unknown) == (
        0,
        2,
    )
    assert {way.path.verdict for way in report.ways.values()} == {"unknown"}


def test_an_api_endpoint_and_a_node_with_a_public_address_have_groups_of_their_own() -> None:
    made = AwsWorld()
    made.vpc("vpc-1", "10.0.0.0/16")
    made.subnet("subnet-pub", "10.0.1.0/24")
    made.igw("igw-1")
    made.route_table("rtb-pub", route(ANYWHERE, "igw-1"), subnets=["subnet-pub"])
    made.group("sg-node", ingress=[tcp(22, OFFICE)])
    made.interface(
        "eni-n1", "subnet-pub", "10.0.1.10", groups=["sg-node"], instance="i-1",
        public_ip="198.51.100.10",
    )  # fmt: skip
    made.node("n1", "i-1")
    made.eks_cluster("shop", public=True, private=True, public_cidrs=[OFFICE])

    report = Net(facts_of(made.files())).exposed()

    assert told(report.connections) == {
        ("api-servers", OFFICE, "eks-api/shop", "allowed", "tcp/443"),
        ("nodes", OFFICE, "node/n1", "allowed", "tcp/22"),
    }


# --- who-can-reach --------------------------------------------------------------------------------


def test_who_can_reach_groups_senders() -> None:
    assert told(net().who_can_reach("eni-db", "tcp/5432").connections) == {
        ("nodes", NODE_1, "eni-db", "allowed", "tcp/5432"),
        ("nodes", NODE_2, "eni-db", "allowed", "tcp/5432"),
        ("workloads", POD, "eni-db", "allowed", "tcp/5432"),
    }


def test_own_networks_are_told_apart() -> None:
    report = net().who_can_reach("eni-lb", "tcp/80-443", Addresses.of(OFFICE))

    assert told(report.connections) == {
        ("internet", "internet", "eni-lb", "allowed", "tcp/443"),
        ("own-networks", OFFICE, "eni-lb", "allowed", "tcp/80 tcp/443"),
        ("nodes", NODE_1, "eni-lb", "allowed", "tcp/443"),
        ("nodes", NODE_2, "eni-lb", "allowed", "tcp/443"),
        ("workloads", POD, "eni-lb", "allowed", "tcp/443"),
        ("data-stores", "eni-db", "eni-lb", "allowed", "tcp/443"),
    }
    groups = ["internet", "own-networks", "nodes", "workloads", "data-stores"]
    assert list(report.counts) == groups
    assert list(dict.fromkeys(row.group for row in report.connections)) == groups


def test_what_comes_from_another_vpc_is_told_apart_and_unknown_where_the_way_was_not_read() -> None:
    report = Net(facts_of(world(peered=True).files())).who_can_reach("eni-lb", "tcp/443")

    (row,) = (row for row in report.connections if row.src == "eni-far")
    assert (row.group, row.verdict) == ("other-vpcs", "unknown")
    assert [report.unknowns[id_].object for id_ in row.because] == ["pcx-1"]


def test_without_own_networks_a_public_block_is_of_the_internet() -> None:
    report = net().who_can_reach("eni-lb", "tcp/80")

    assert told(report.connections) == {("internet", OFFICE, "eni-lb", "allowed", "tcp/80")}


# --- blast-radius ---------------------------------------------------------------------------------


def test_blast_radius_of_a_node() -> None:
    report = net().blast_radius(NODE_1)

    assert told(report.connections) == {
        ("data-stores", NODE_1, "eni-db", "allowed", "tcp/5432"),
        ("kubelet", NODE_1, NODE_2, "allowed", "tcp/10250"),
        ("instance-metadata", NODE_1, "169.254.169.254", "allowed", "tcp/80"),
        ("load-balancers", NODE_1, "eni-lb", "allowed", "tcp/443"),
        ("nodes", NODE_1, NODE_2, "allowed", "tcp/10250"),
        ("workloads", NODE_1, POD, "allowed", "all"),  # its own (kubernetes.md 1c, "Local node")
        *link_local(report, "allowed"),
    }
    (store,) = (row for row in report.connections if row.group == "data-stores")
    assert (store.what, store.told_by) == ("RDS", "description")
    assert any("metadata service is taken as on" in text for text in report.assumes)


def link_local(report: BlastRadiusReport, verdict: str) -> set[tuple[str, str, str, str, str]]:
    """The row about the addresses that AWS serves in every subnet (model/fabric/vpcs.py); they
    hold that of the metadata service."""
    (row,) = (row for row in report.connections if row.group == "link-local")
    assert "169.254.169.254/32" in report.blocks[row.dst].cidrs
    assert row.what == "instance metadata among them"
    return {("link-local", report.from_, row.dst, verdict, "all")}


def test_whether_the_metadata_service_answers_a_pod_is_not_known() -> None:
    report = net().blast_radius(POD)

    (row,) = (row for row in report.connections if row.group == "instance-metadata")
    assert (row.verdict, words(row)) == ("unknown", "tcp/80")
    (reason,) = (report.unknowns[id_] for id_ in row.because)
    assert (reason.code, reason.object) == ("hop-limit-not-followed", POD)
    assert not any("taken as on" in text for text in report.assumes)


def test_a_policy_that_stops_the_packet_stops_it_whatever_the_hop_limit() -> None:
    made = world()
    made.objects.append(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "deny", "namespace": "default"},
            "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
        }
    )

    report = Net(facts_of(made.files())).blast_radius(POD)

    assert "instance-metadata" not in report.counts
    assert "data-stores" not in report.counts


@pytest.mark.parametrize(
    ("description", "kind", "requester", "expected"),
    [
        ("RDSNetworkInterface", "interface", "", ("data-stores", "RDS", "description")),
        ("", "interface", "amazon-rds", ("data-stores", "RDS", "requester")),
        ("ElastiCache carts-001", "interface", "", ("data-stores", "ElastiCache", "description")),
        ("", "interface", "amazon-elasticache", ("data-stores", "ElastiCache", "requester")),
        ("ES search", "interface", "", ("data-stores", "OpenSearch", "description")),
        (
            "DO NOT DELETE - Amazon MSK network interface for cluster arn:aws:kafka",
            "interface",
            "",
            ("data-stores", "MSK", "description"),
        ),
        ("EFS mount target for fs-1 (fsmt-1)", "efs", "", ("data-stores", "EFS", "description")),
        ("", "efs", "", ("data-stores", "EFS", "interface type")),
        ("ELB net/edge/1", "network_load_balancer", "",
         ("load-balancers", "network load balancer", "description")),
        ("", "network_load_balancer", "",
         ("load-balancers", "network load balancer", "interface type")),
        ("Amazon EKS shop", "interface", "", ("interfaces", "EKS control plane", "description")),
        ("Network interface for DBProxy", "interface", "", ("data-stores", "RDS", "description")),
        ("Amazon MSK network interface", "interface", "", ("interfaces", "", "")),  # of Lambda
        ("my RDSNetworkInterface copy", "interface", "", ("interfaces", "", "")),
        ("", "interface", "", ("interfaces", "", "")),
    ],
)  # fmt: skip
def test_whose_an_interface_is_is_told_by_what_aws_writes(
    description: str, kind: str, requester: str, expected: tuple[str, str, str]
) -> None:
    made = world()
    for one in made.interfaces:
        if one["NetworkInterfaceId"] == "eni-db":
            one |= {"Description": description, "InterfaceType": kind, "RequesterId": requester}

    report = Net(facts_of(made.files())).blast_radius(NODE_1)

    (row,) = (row for row in report.connections if row.dst == "eni-db")
    assert (row.group, row.what, row.told_by) == expected


# --- words that mean nothing ----------------------------------------------------------------------


def test_questions_that_cannot_be_asked() -> None:
    asked = net()

    with pytest.raises(UsageError, match="`eni-nobody` is nothing that was read"):
        asked.who_can_reach("eni-nobody")
    with pytest.raises(UsageError, match="`default/nobody` is nothing that was read"):
        asked.blast_radius("default/nobody")
    with pytest.raises(UsageError, match="`tcp/70000` is not a port"):
        asked.exposed("tcp/70000")
    with pytest.raises(UsageError, match="`tcp/ssh` is not a port"):
        asked.who_can_reach("eni-db", "tcp/ssh")


def test_a_service_has_no_blast_radius() -> None:
    made = world()
    made.service("web", "172.20.0.10", 80, 8080, {"app": "web"})

    with pytest.raises(UsageError, match="is a Service and sends nothing"):
        Net(facts_of(made.files())).blast_radius("svc/default/web")


def test_an_instance_without_interfaces_is_not_taken_for_one_that_reaches_nothing() -> None:
    found = facts_of(world().files())
    ((key, body),) = ((k, b) for k, b in found.of(aws.Instance) if b.instance_id == "i-1")
    kept = [fact for one, fact in found.items() if not (one.kind == "eni" and one.name == "eni-n1")]
    bare = Net(Facts(kept, found.gaps, found.warnings, found.assumes))

    with pytest.raises(UsageError, match="no interface of `i-1` was read"):
        bare.blast_radius("i-1")
    assert body.instance_id == key.name


# --- laws -----------------------------------------------------------------------------------------


@LAW
@given(random_worlds(), st.data())
def test_the_rows_of_who_can_reach_are_those_of_reach_to(made: World, data: Any) -> None:
    asked = Net(facts_of(made.files))
    dst = data.draw(st.sampled_from(made.receivers))

    report = asked.who_can_reach(dst)

    expected = asked.reach(dst=dst)
    assert sorted(map(repr, map(plain, report.connections))) == sorted(
        map(repr, expected.connections)
    )
    assert (report.unknowns, report.blocks) == (expected.unknowns, expected.blocks)


@LAW
@given(random_worlds(), st.data())
def test_the_rows_of_blast_radius_are_those_of_reach_from(made: World, data: Any) -> None:
    asked = Net(facts_of(made.files))
    src = data.draw(st.sampled_from(made.senders))

    report = asked.blast_radius(src)

    rows = [plain(row) for row in report.connections if row.group not in BESIDE]
    expected = asked.reach(src=src)
    assert sorted(map(repr, rows)) == sorted(map(repr, expected.connections))
    assert expected.unknowns.items() <= report.unknowns.items()
    kubelets = [plain(row) for row in report.connections if row.group == "kubelet"]
    nodes = {id_ for id_, one in expected.endpoints.items() if one.kind == "node"}
    on_port = asked.reach(src=src, port="tcp/10250").connections
    assert [row.dst for row in kubelets] == [row.dst for row in on_port if row.dst in nodes]


ICMPS = ServiceSet.parse("icmp icmpv6")  # which of them is listed hangs on the families


def open_to(rows: Iterable[ConnectionOut]) -> dict[tuple[str, bool], ServiceSet]:
    """By receiver what is surely open to it, and what is so at least perhaps."""
    found: dict[tuple[str, bool], ServiceSet] = {}
    for row in rows:
        services = services_of(row.ports) - ICMPS
        for sure in (False, True) if row.verdict == "allowed" else (False,):
            found[row.dst, sure] = found.get((row.dst, sure), ServiceSet()) | services
    return {key: services for key, services in found.items() if services}


@LAW
@given(random_worlds())
def test_what_is_exposed_is_what_each_block_of_the_internet_reaches(made: World) -> None:
    asked = Net(facts_of(made.files))

    report = asked.exposed()

    objects = {one.id for one in asked.relation.directory.objects()}
    for src in {row.src for row in report.connections}:
        cidrs = report.blocks[src].cidrs
        assert Addresses.of(*cidrs) <= INTERNET
        of_families = {":" in cidr: cidr for cidr in reversed(cidrs)}
        reached = [
            row for cidr in of_families.values() for row in asked.reach(src=cidr).connections
        ]
        mine = open_to(row for row in report.connections if row.src == src)
        assert mine == open_to(row for row in reached if row.dst in objects)


@LAW
@given(random_worlds())
def test_every_service_that_is_exposed_is_shown_a_way(made: World) -> None:
    """By the definition, which agrees with the engine about every one of them."""
    asked = Net(facts_of(made.files))

    report = asked.exposed()

    assume(report.connections)
    for row in report.connections:
        ways = [report.ways[id_] for id_ in row.through]
        shown = ServiceSet(pair for way in ways for pair in services_of(way.ports).ranges)
        assert services_of(row.ports) <= shown | ICMPS
        assert {way.path.verdict for way in ways} <= {row.verdict}


def test_the_same_question_has_the_same_bytes_whatever_the_order_of_files() -> None:
    files = world(tcp(22, OFFICE)).files()
    turned = dict(reversed(files.items()))

    for one in (files, turned):
        first, second = (Net(facts_of(some)) for some in (files, one))
        assert render(first.exposed()) == render(second.exposed())
        assert render(first.blast_radius(POD)) == render(second.blast_radius(POD))
        assert render(first.who_can_reach("eni-lb")) == render(second.who_can_reach("eni-lb"))


def test_a_row_keeps_all_that_the_relation_says() -> None:
    (row,) = net().exposed("tcp/80").connections

    assert structs.asdict(plain(row)).keys() < structs.asdict(row).keys()
