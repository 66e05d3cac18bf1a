"""The shipped examples give what was worked out for them by hand."""

from pathlib import Path

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import Config
from ringwall.check.run import run
from ringwall.collect.files.tree import read
from ringwall.discover import load_rules
from ringwall.reach.explain import explain
from ringwall.reach.questions import Net
from tests.examples import expected

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def shop() -> Net:
    return Net(read([str(EXAMPLES / "shop")])[0])


@pytest.fixture(scope="module")
def standard() -> Net:
    return Net(read([str(EXAMPLES / "standard")])[0])


def audited(net: Net) -> list[expected.Finding]:
    findings, failures = run(Audit(net, Config()), load_rules())
    assert failures == []
    told = [f for f in findings if f.status in ("fail", "unknown")]
    return sorted((f.rule, f.status, f.severity, f.cause) for f in told)


def test_the_shop_has_the_findings_worked_out_by_hand(shop: Net) -> None:
    assert audited(shop) == sorted(expected.SHOP)


def test_a_standard_cluster_has_few_findings_and_none_high(standard: Net) -> None:
    found = audited(standard)

    assert found == sorted(expected.STANDARD)
    assert sum(status == "fail" for _, status, _, _ in found) <= 15
    assert not {severity for _, _, severity, _ in found} & {"high", "critical"}


def test_the_worst_path_of_the_shop_is_explained_hop_by_hop(shop: Net) -> None:
    answer = explain(shop, *expected.WORST_PATH)

    assert (answer.verdict, answer.reply) == (
        expected.WORST_PATH_VERDICT,
        expected.WORST_PATH_REPLY,
    )
    hops = answer.paths[0].hops
    assert [(hop.gate, hop.effect, hop.at) for hop in hops] == expected.WORST_PATH_HOPS
    rules = {hop.gate: [(rule.object, rule.index) for rule in hop.rules] for hop in hops}
    assert {gate: found for gate, found in rules.items() if found} == expected.WORST_PATH_RULES


def test_the_web_pod_reaches_the_database_where_nothing_enforces_the_policy(shop: Net) -> None:
    answer = explain(shop, *expected.WEB_TO_DB)

    assert (answer.verdict, answer.extent) == (
        expected.WEB_TO_DB_VERDICT,
        expected.WEB_TO_DB_EXTENT,
    )
    assert "policies are ignored in cluster shop-old: nothing enforces them" in answer.assumes


def test_under_an_engine_not_modelled_yet_the_answer_is_unknown_and_names_it(shop: Net) -> None:
    answer = explain(shop, *expected.WEB_TO_DB_NEW)

    assert answer.verdict == expected.WEB_TO_DB_NEW_VERDICT
    assert {u.object for u in answer.unknowns.values()} == {"vpc-cni"}


def test_two_replicas_on_one_node_and_on_two_are_both_judged(shop: Net) -> None:
    """The fabric stands between two nodes only: the answer with pods moved is given where it
    differs, and is left out here because it does not."""
    assert explain(shop, *expected.WEB_TO_DB).if_placed is None
