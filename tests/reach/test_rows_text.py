"""Rows as they are streamed are the rows of the report: the same bytes of JSON, the same CSV."""

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

import ringwall
from ringwall.net import Net
from ringwall.reach.documents import GroupedReport, ReachReport
from ringwall.reach.engine import rows as rows_module
from ringwall.report.escape import printable
from ringwall.report.json import render
from ringwall.report.reach import COLUMNS, csv_pieces, json_pieces
from tests.laws.worlds import World
from tests.laws.worlds import worlds as random_worlds
from tests.reach.relation_cluster import from_pods, ingress_policy, node, pod, text
from tests.support import facts_of

EXAMPLES = Path(__file__).parents[2] / "examples"
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"pods": True},
    {"port": "tcp/443"},
    {"port": "icmp"},
    {"src": "internet"},
    {"dst": "internet", "pods": True},
    {"src": "internet", "dst": "0.0.0.0/0", "port": "udp/53"},
]


def assert_streamed(net: Net, **question: Any) -> ReachReport:
    """The rows are written as their report is. Returns the report."""
    report, rows = net.reach(**question), net.rows(**question)
    written = "".join(json_pieces(rows))

    assert written == render(report)
    assert msgspec.json.decode(written, type=ReachReport) == report
    assert "".join(csv_pieces(rows)) == at_once(report)
    assert rows.count == len(report.connections)
    assert rows.unknown == sum(row.verdict == "unknown" for row in report.connections)
    return report


def assert_streamed_grouped(net: Net) -> None:
    """The same between classes."""
    report, rows = net.reach_grouped(), net.rows_grouped()
    written = "".join(json_pieces(rows))

    assert written == render(report)
    assert msgspec.json.decode(written, type=GroupedReport) == report


def at_once(report: ReachReport) -> str:
    """The report as CSV, from its objects."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in report.connections:
        cells = (row.src, row.dst, row.verdict, row.extent, _ports(row.ports))
        rest = (row.reply or "", row.if_placed or "", " ".join(row.because))
        writer.writerow([_guarded(cell) for cell in (*cells, *rest)])
    return out.getvalue()


def _ports(ports: dict[str, list[str]]) -> str:
    words = []
    for name, items in ports.items():
        alone = "other-protocols" if name == "PROTO-OTHER" else name.lower().replace("-", "/")
        words += [f"{name.lower()}/{item}" for item in items] or [alone]
    return " ".join(words)


def _guarded(cell: str) -> str:
    shown = printable(cell)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


@pytest.fixture(scope="module", params=["shop", "standard"])
def example(request: pytest.FixtureRequest) -> Net:
    return ringwall.load(str(EXAMPLES / request.param))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: "-".join(map(str, one)) or "all")
def test_examples_are_streamed_as_they_are_reported(example: Net, question: dict[str, Any]) -> None:
    assert_streamed(example, **question)


def test_classes_of_examples_are_streamed_as_they_are_reported(example: Net) -> None:
    assert_streamed_grouped(example)


def test_of_each_sender_and_receiver(example: Net) -> None:
    for id_, endpoint in example.reach().endpoints.items():
        if endpoint.kind == "workload":
            assert_streamed(example, src=id_)
            assert_streamed(example, dst=id_, port="tcp/1-1024")


def test_rows_that_are_not_kept_are_written_alike(
    example: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = "".join(csv_pieces(example.rows()))

    monkeypatch.setattr(rows_module, "_KEPT", 0)

    assert "".join(csv_pieces(example.rows())) == kept


def test_a_question_without_rows_is_a_document_too() -> None:
    net = Net(facts_of(text(pod("shop/web", "10.0.1.1"), ingress_policy("shop/p", {}))))

    report = assert_streamed(net, src="internet", dst="shop/web", port="tcp/80")

    assert report.connections == []


@pytest.mark.parametrize(
    "name", ["=1+1", "@x", 'a"b,c', "a\u202eb", "a\x1b[2J\u009b", "日本 →", "a\r\nb"]
)
def test_names_are_escaped_as_in_the_report(name: str) -> None:
    policy = ingress_policy("shop/p", {}, from_pods({"app": "web"}, 5432))
    files = text(pod("shop/web", "10.0.1.1", app="web"), pod("shop/db", "10.0.1.2"), policy)
    facts = facts_of({"world.json": files, "node.json": text(node(name, "10.0.9.1"))})

    report = assert_streamed(Net(facts))

    assert f"node/{name}" in {row.src for row in report.connections}


@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(random_worlds())
def test_any_world_is_streamed_as_it_is_reported(world: World) -> None:
    net = Net(facts_of(world.files))

    assert_streamed(net)
    assert_streamed(net, pods=True)
    assert_streamed(net, port="tcp/1-1000")
    assert_streamed_grouped(net)
