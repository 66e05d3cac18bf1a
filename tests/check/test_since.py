"""What is new, kept and gone between two states."""

import pytest
from msgspec.structs import replace

from ringwall.check import since
from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import LoadedRule, Rule
from ringwall.check.run import run
from ringwall.discover import load_rule, load_rules
from tests.support import net_of

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: %s}
spec: {containers: []}
status: {podIP: 10.0.1.%d, phase: Running}
"""
DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: %s}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
ONLY_ONE = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: other, namespace: %s}
spec: {podSelector: {matchLabels: {app: other}}, policyTypes: [Ingress]}
"""
RULES = ("np-namespace-none", "np-no-default-deny-ingress")


def world(*parts: str) -> dict[str, str]:
    return {"clusters/prod/all.yaml": "---\n".join(parts)}


def audited(files: dict[str, str]) -> tuple[Audit, list[Finding]]:
    audit = Audit(net_of(files))
    return audit, run(audit, [load_rule(one) for one in RULES])[0]


def compared(
    old: dict[str, str], new: dict[str, str]
) -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str, str]]]:
    """(rule, namespace, since) of what is open, (rule, namespace, status, why) of what is not."""
    audit, findings = audited(new)
    _, before = audited(old)
    marked = since.marked(findings, before)
    lost = list(since.gone(audit, findings, before))
    return (
        {(one.rule, one.cause.rpartition("/")[2], one.since) for one in marked if one.since},
        {(one.rule, one.cause.rpartition("/")[2], one.status, one.why) for one in lost},
    )


A, B = POD % ("a", 1), POD % ("b", 2)
NONE, DENIES = RULES


@pytest.mark.parametrize(
    ("old", "new", "opened", "lost"),
    [
        (world(A), world(A), {(NONE, "a", "kept")}, set()),
        (world(A), world(A, B), {(NONE, "a", "kept"), (NONE, "b", "new")}, set()),
        (world(A), world(A, DENY % "a"), set(), {(NONE, "a", "gone", "it passes now")}),
        (
            world(A, B),
            world(B),
            {(NONE, "b", "kept")},
            {(NONE, "a", "gone", "it is not found any more")},
        ),
        (
            world(A),
            {"clusters/test/all.yaml": A},
            {(NONE, "a", "new")},
            {(NONE, "a", "unknown", "its place was not read this time")},
        ),
    ],
    ids=["same", "more", "mended", "removed", "another cluster"],
)
def test_what_is_new_kept_and_gone(
    old: dict[str, str],
    new: dict[str, str],
    opened: set[tuple[str, str, str]],
    lost: set[tuple[str, str, str, str]],
) -> None:
    assert compared(old, new) == (opened, lost)


def test_what_another_finding_implied_before_is_not_new() -> None:
    """A namespace without any policy has no default deny: one finding tells both."""
    assert compared(world(A), world(A, ONLY_ONE % "a")) == (
        {(DENIES, "a", "kept")},
        {(NONE, "a", "gone", "it passes now")},
    )


def test_what_another_finding_implies_now_is_not_gone() -> None:
    assert compared(world(A, ONLY_ONE % "a"), world(A)) == ({(NONE, "a", "new")}, set())


def test_of_a_rule_that_failed_nothing_is_gone() -> None:
    def broken(audit: Audit) -> list[Finding]:
        raise LookupError("no such luck")

    _, before = audited(world(A))
    audit = Audit(net_of(world(A)))
    rules = [one for one in load_rules() if one.rule.id not in RULES]
    rules.append(LoadedRule(Rule(NONE, "t", "high", "both", "r"), broken))
    findings, _ = run(audit, rules)

    (lost,) = since.gone(audit, findings, before)
    assert (lost.status, lost.why) == ("unknown", f"{NONE} failed this time")


NODES = Rule("node-rule", "t", "high", "reach", "r")


def nodes(names: str) -> list[Finding]:
    """Failing nodes of one group."""
    found = [NODES.finding("fail", f"node/{name}", reason="r", cluster="prod") for name in names]
    return [replace(one, subject="nodegroup/workers") for one in found]


@pytest.mark.parametrize(
    ("old", "new", "opened", "lost"),
    [
        ("ab", "b", "", "a"),
        ("ab", "a", "", "b"),
        ("ab", "cb", "", ""),
        ("ab", "abc", "c", ""),
        ("a", "bc", "c", ""),
        ("abc", "d", "", "bc"),
    ],
)
def test_a_node_that_replaced_another_is_neither_new_nor_gone(
    old: str, new: str, opened: str, lost: str
) -> None:
    audit = Audit(net_of(world(A)))
    marked = since.marked(nodes(new), nodes(old))
    missed = since.gone(audit, nodes(new), nodes(old))

    assert "".join(one.cause[-1] for one in marked if one.since == "new") == opened
    assert "".join(one.cause[-1] for one in missed) == lost


def test_where_not_everything_was_read_nothing_is_surely_gone() -> None:
    """But what passes now passes."""
    broken = {"broken.yaml": "a: ["}

    _, lost = compared(world(A, B), world(B) | broken)
    assert lost == {(NONE, "a", "unknown", "not everything could be read this time")}
    _, lost = compared(world(A), world(A, DENY % "a") | broken)
    assert lost == {(NONE, "a", "gone", "it passes now")}
