"""One cause, one finding: the one that says most, as grave as the gravest."""

import json
from collections.abc import Iterable

import pytest

from ringwall.check.audit import Audit
from ringwall.check.config import Config
from ringwall.check.finding import Finding
from ringwall.check.rule import LoadedRule, Rule
from ringwall.check.run import run
from ringwall.discover import load_rules, page
from tests.support import net_of

EVERYBODY = [{"CidrIp": "0.0.0.0/0"}]


def told(*permissions: dict[str, object]) -> dict[str, tuple[str, str, list[str]]]:
    """Cause → rule, severity and what is folded, of the failures of a group that stands alone."""
    group = {
        "GroupId": "sg-1",
        "GroupName": "nodes",
        "Description": "nodes of the shop",
        "IpPermissions": list(permissions),
        "IpPermissionsEgress": [],
    }
    net = net_of({"groups.json": json.dumps({"SecurityGroups": [group]})})
    findings, failures = run(Audit(net, Config()), load_rules())
    assert failures == []
    return {f.cause: (f.rule, f.severity, f.folded) for f in findings if f.status == "fail"}


def tcp(low: int, high: int) -> dict[str, object]:
    """A permission for the whole Internet."""
    return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": EVERYBODY}


def test_a_rule_for_one_port_is_told_by_the_rule_about_that_port() -> None:
    found = told(tcp(22, 22), tcp(6379, 6379), tcp(80, 80), tcp(8081, 8081))

    assert {cause.split(":")[2]: rule for cause, (rule, _, _) in found.items()} == {
        "tcp/22": "sg-ssh-rdp-internet",
        "tcp/6379": "sg-risky-port-internet",
        "tcp/80": "sg-http-internet",
        "tcp/8081": "sg-any-port-internet",
    }


def test_a_range_is_told_once_and_names_what_it_holds() -> None:
    """Port 8080 is sg-legacy-port's on nodes; whether one has the group was not read."""
    found = told(tcp(0, 8080))

    assert found == {
        "sg-1:ingress:tcp/0-8080:0.0.0.0/0": (
            "sg-any-port-internet",
            "high",
            [
                "sg-http-internet",
                "sg-legacy-port",
                "sg-non-443-ingress",
                "sg-risky-port-internet",
                "sg-source-too-broad",
                "sg-ssh-rdp-internet",
                "sg-wide-port-range",
            ],
        )
    }


def test_all_ports_say_most() -> None:
    (found,) = told({"IpProtocol": "-1", "IpRanges": EVERYBODY}).values()

    rule, severity, folded = found
    assert (rule, severity) == ("sg-all-ports-internet", "high")
    assert "sg-any-port-internet" in folded
    assert "sg-ssh-rdp-internet" in folded


def says(
    rule: str,
    severity: str,
    *folds: str,
    status: str = "fail",
    cause: str = "a cause",
    **evidence: object,
) -> LoadedRule:
    """A rule that has one thing to say."""
    named = Rule(rule, "A title", severity, "pattern", "a remedy", folds)

    def check(audit: Audit) -> Iterable[Finding]:
        del audit
        yield named.finding(status, cause, reason=f"{rule} says so", evidence=dict(evidence))

    return LoadedRule(named, check)


def audited(*rules: LoadedRule) -> list[Finding]:
    findings, failures = run(Audit(net_of({})), rules)
    assert failures == []
    return findings


def test_what_weighs_more_is_not_hidden_but_gives_its_weight_and_its_way() -> None:
    (found,) = audited(
        says("light", "low", "grave", path="no path", ports="tcp/22"),
        says("grave", "high", path="a -> b tcp/22", paths=["the way"]),
    )

    assert (found.rule, found.severity, found.folded) == ("light", "high", ["grave"])
    assert found.reason == "light says so; grave says so"
    assert found.evidence == {
        "pattern_severity": "low",
        "ports": "tcp/22",
        "path": "a -> b tcp/22",
        "paths": ["the way"],
        "raised_by": "grave",
    }


def test_what_weighs_less_changes_nothing_but_is_named() -> None:
    (found,) = audited(says("light", "low"), says("grave", "high", "light", path="a way"))

    assert (found.rule, found.severity, found.folded) == ("grave", "high", ["light"])
    assert found.reason == "grave says so"
    assert found.evidence["path"] == "a way"


def test_what_is_implied_by_something_implied_is_named_too() -> None:
    (found,) = audited(says("a", "low"), says("b", "low", "a"), says("c", "low", "b"))

    assert (found.rule, found.folded) == ("c", ["a", "b"])


def test_only_failures_on_the_same_cause_are_folded() -> None:
    elsewhere = audited(says("a", "low", cause="another"), says("b", "low", "a"))
    passing = audited(says("a", "low", status="pass"), says("b", "low", "a"))

    assert [(f.rule, f.folded) for f in elsewhere] == [("a", []), ("b", [])]
    assert [(f.rule, f.folded) for f in passing] == [("b", []), ("a", [])]


def test_an_unknown_is_folded_into_a_failure_that_weighs_as_much() -> None:
    lighter = audited(says("a", "medium", status="unknown"), says("b", "medium", "a"))
    graver = audited(says("a", "high", status="unknown"), says("b", "medium", "a"))
    through = audited(
        says("a", "low", status="unknown"), says("b", "low", "a"), says("c", "low", "b")
    )
    around = audited(
        says("a", "low"), says("b", "low", "a", status="unknown"), says("c", "low", "b")
    )

    assert [(f.rule, f.folded) for f in lighter] == [("b", ["a"])]
    assert [(f.rule, f.status, f.severity) for f in graver] == [
        ("b", "fail", "medium"),
        ("a", "unknown", "high"),
    ]
    assert [(f.rule, f.folded) for f in through] == [("c", ["a", "b"])]
    assert [(f.rule, f.folded) for f in around] == [("a", []), ("c", ["b"])]


def test_unknowns_that_wait_for_the_same_are_told_once_by_the_gravest() -> None:
    call = "aws ec2 describe-security-groups"
    found = audited(
        says("a", "medium", status="unknown", needs=call),
        says("b", "high", status="unknown", needs=[call]),
        says("c", "critical", status="unknown", needs=[call]),
        says("d", "high", status="unknown", needs="kubectl get pods"),
        says("e", "high", status="unknown", needs=call, cause="another"),
        says("f", "high", status="unknown"),
        says("g", "high", status="unknown"),
    )

    assert [(f.rule, f.severity, f.folded) for f in found] == [
        ("c", "high", ["a", "b"]),
        ("d", "high", []),
        ("e", "high", []),
        ("f", "high", []),
        ("g", "high", []),
    ]


def test_rules_fold_rules_that_exist_and_never_each_other() -> None:
    folds = {loaded.rule.id: set(loaded.rule.folds) for loaded in load_rules()}

    assert set[str]().union(*folds.values()) <= folds.keys()
    while free := [rule for rule, others in folds.items() if not others & folds.keys()]:
        for rule in free:
            del folds[rule]
    assert folds == {}, "these rules imply each other in a circle, so that none of them is told"


@pytest.mark.parametrize(
    "rule", [one for one in load_rules() if one.rule.folds], ids=lambda one: one.rule.id
)
def test_a_page_names_what_its_rule_says_for_others(rule: LoadedRule) -> None:
    text = page(rule.rule.id)

    assert [folded for folded in rule.rule.folds if folded not in text] == []
