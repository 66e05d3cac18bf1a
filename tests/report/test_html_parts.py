"""What stands in the page's map and matrix: the engine's answers, drawn without a crossing box."""

from pathlib import Path

import pytest

from ringwall import pipeline
from ringwall.reach.engine.relation import Relation
from ringwall.reach.questions import Net
from ringwall.report.html.drawing import drawing
from ringwall.report.html.exposure import Exposure, Reached, drawn, exposure
from ringwall.report.html.matrix import Cell, Matrix, matrix
from tests.support import facts_of

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")


@pytest.fixture(scope="module")
def shop() -> Relation:
    return Relation.of(pipeline.read([SHOP]).facts)


@pytest.fixture(scope="module")
def exposed(shop: Relation) -> Exposure:
    return exposure(shop, Net(shop.facts))


def test_each_exposed_thing_has_its_way_in(exposed: Exposure) -> None:
    found = {one.name: (one.verdict, one.ports, one.gateway) for one in exposed.reached}

    assert found["eks-api/shop-old"] == ("allowed", "tcp/443", "publicAccessCidrs:0.0.0.0/0")
    assert found["eks-api/shop-new"] == ("allowed", "tcp/443", "publicAccessCidrs:198.51.100.0/24")
    assert found["node/ip-10-20-0-37.eu-west-1.compute.internal"] == (
        "allowed", "every port", "igw-0ef6847a9fe39d17f",
    )  # fmt: skip
    assert found["web/web[Deployment]"] == ("unknown", "tcp/8080", "shop-old!svc/web/web")


def test_a_workload_on_the_nodes_network_is_reached_through_its_nodes(exposed: Exposure) -> None:
    (proxy,) = (one for one in exposed.reached if one.name == "kube-system/kube-proxy[DaemonSet]")

    assert proxy.nodes == (
        "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal",
        "shop-old!node/ip-10-20-1-52.eu-west-1.compute.internal",
    )


def test_what_is_not_sure_is_counted_and_explained(exposed: Exposure) -> None:
    assert (exposed.total, exposed.perhaps) == (10, 2)
    assert exposed.because == [
        "shop-old!legacy/orders-v1-00e0f1c08-348d1[Pod]: traffic to its hostPort is not followed",
        "shop-old!legacy/orders-v1-00e0f1c08-72469[Pod]: traffic to its hostPort is not followed",
        "shop-old!svc/web/web: traffic through its NodePort is not followed",
    ]


def test_boxes_do_not_touch_and_lines_go_from_left_to_right(exposed: Exposure) -> None:
    picture = drawing(drawn(exposed.reached))

    for one in picture.boxes:
        assert one.x + one.width <= picture.width
        assert one.y + one.height <= picture.height
        for other in picture.boxes:
            apart = one.x != other.x or abs(one.y - other.y) > one.height
            assert one is other or apart
    assert all(line.path.startswith("M") for line in picture.lines)


def test_a_name_that_is_too_long_is_cut_and_kept_in_full() -> None:
    long = "a" * 200
    picture = drawing([Reached(f"c!node/{long}", "node", "allowed", "tcp/1", "igw-1", ())])

    (box,) = (box for box in picture.boxes if box.full.startswith("c!"))
    assert box.title.endswith("…")
    assert box.full == f"c!node/{long}"


def test_a_picture_holds_a_bounded_number_of_things() -> None:
    reached = [
        *(Reached(f"node/{n}", "node", "allowed", "tcp/1", "igw-1", ()) for n in range(99)),
        *(Reached(f"a/{n}", "workload", "allowed", "tcp/1", "igw-1", ()) for n in range(99)),
    ]

    assert len(drawn(reached)) == 32


def test_without_a_gateway_the_line_comes_from_the_internet() -> None:
    picture = drawing([Reached("a/b[Pod]", "workload", "allowed", "tcp/1", "", ())])

    assert [box.title for box in picture.boxes] == ["the Internet", "a/b"]
    assert len(picture.lines) == 3


PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.1.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.1.2, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data}
spec: {containers: []}
status: {podIP: 10.0.1.3, phase: Running}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: data}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


def told(found: Matrix) -> dict[str, list[Cell]]:
    return {row.name: row.cells for row in found.rows}


def test_the_matrix_counts_ordered_pairs_of_different_workloads() -> None:
    found = matrix(Relation.of(facts_of(PODS)))

    assert found.names == ["data", "shop"]
    assert told(found) == {
        "the Internet": [Cell(1, 0, 0), Cell(2, 2, 0)],
        "data": [Cell(0, 0, 0), Cell(2, 2, 0)],
        "shop": [Cell(2, 0, 0), Cell(2, 2, 0)],
    }


def test_the_matrix_of_the_shop_agrees_with_the_rows(shop: Relation) -> None:
    from ringwall.reach.engine.rows import reach

    found = told(matrix(shop))
    open_ = {
        (row.src, row.dst)
        for row in reach(shop).connections
        if row.verdict == "allowed"
        and row.src != row.dst
        and row.ports.keys() & {"ALL", "TCP", "UDP", "SCTP"}
    }

    for name, cells in found.items():
        if name == "the Internet":
            continue
        for column, cell in zip(list(found)[1:], cells, strict=True):
            ends = (f"{name}/", f"{column}/")
            pairs = [pair for pair in open_ if all(map(str.startswith, pair, ends))]
            assert cell.open == len(pairs), (name, column)


def test_why_pairs_are_unknown_is_told(shop: Relation) -> None:
    found = matrix(shop)

    assert told(found)["shop-new!web"][1] == Cell(1, 0, 1)
    assert (
        "cluster/shop-new: what vpc-cni makes of policies is not modelled in this version"
        in found.because
    )


@pytest.mark.parametrize(
    ("cell", "share"),
    [
        (Cell(0, 0, 0), "empty"),
        (Cell(4, 0, 2), "none"),
        (Cell(4, 1, 0), "some"),
        (Cell(4, 2, 0), "most"),
        (Cell(4, 4, 0), "all"),
    ],
)
def test_a_share_is_a_word(cell: Cell, share: str) -> None:
    assert cell.share == share


def test_the_largest_namespaces_are_shown_and_the_rest_is_counted() -> None:
    pods = [
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n{n:02}}}\n"
        f"spec: {{containers: []}}\nstatus: {{podIP: 10.0.2.{n}, phase: Running}}\n"
        for n in range(1, 31)
    ]

    found = matrix(Relation.of(facts_of("---\n".join(pods))))

    assert (len(found.names), found.left_out) == (24, 6)


def test_what_is_unknown_of_icmp_alone_is_only_counted() -> None:
    relation = Relation.of(facts_of(PODS))

    found = exposure(relation, Net(relation.facts))

    assert [one.id for one in found.reached] == ["shop/api[Pod]", "shop/web[Pod]"]
    assert (found.total, found.perhaps, found.unspecified) == (2, 0, 1)
