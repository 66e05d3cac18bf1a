"""The known wrong answers of other tools, each beside ours on the same input.

A case is a folder of ``cases``: ``input`` holds real formats (manifests, answers of ``aws``), laid
over a folder of ``worlds`` where ``case.toml`` names one; ``case.toml`` says what the peer answered
and whether that is known from a run or from its source, what we answer with which witness, and why.

Not covered, for the rule that answers does not exist yet:

* Prowler's ``ec2_networkacl_allow_ingress_any_port`` passes an entry for TCP 0-65535: the way
  through it is found here, the entry by itself waits for ``nacl-all-ingress``.
* Prowler passes EKS 1.29 as a supported version: ``patch-k8s-unsupported``.
* Prowler passes ``encryptionConfig: []``: ``eks-secrets-unencrypted``.
* Prowler passes a cluster whose deletion protection is not told: ``eks-deletion-unprotected``.
* ``prowler kubernetes`` is silent about what EKS hides of control plane and kubelet, where the
  answer is unknown: ``reach-kubelet-anonymous``, ``reach-kubelet-readonly``, ``log-control-plane``.
"""

import json
from pathlib import Path

import pytest

from ringwall import discover
from ringwall.check.audit import Audit
from ringwall.check.config import Config, parse
from ringwall.check.finding import Finding
from ringwall.check.rule import LoadedRule
from ringwall.check.run import run
from ringwall.cli.app import run as command_line
from ringwall.discover import load_rule, load_rules
from ringwall.reach.answers import Explanation, HopOut
from tests.peers.case import CASES, Case, Witness, load
from tests.support import ask, net_of

ALL = [load(folder) for folder in sorted(CASES.iterdir())]
WITNESSES = [(case, witness) for case in ALL for witness in case.witnesses]
SILENT = ("pass", "not-applicable")


def audit_of(case: Case) -> Audit:
    config = parse(case.config, "ringwall.toml") if case.config else Config()
    return Audit(net_of(case.facts), config)


def named(finding: Finding) -> str:
    return f"{finding.rule} {finding.cause}"


def line(finding: Finding) -> str:
    severity = "-" if finding.status in SILENT else finding.severity
    return f"{finding.status} {severity} {named(finding)}"


def found(case: Case) -> list[Finding]:
    """What the rules of a case say, each alone."""
    return [one for rule in case.rules for one in load_rule(rule).check(audit_of(case))]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_our_answer(case: Case) -> None:
    findings = found(case)

    assert sorted(map(line, findings)) == sorted(case.findings)
    told = {named(one): one for one in findings}
    assert {name: told[name].evidence["path"] for name in case.paths} == case.paths
    assert {name: told[name].count for name in case.counts} == case.counts


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_whole_audit_says_it_too(case: Case) -> None:
    findings, failures = run(audit_of(case), load_rules())

    assert failures == []
    told = {rule for one in findings for rule in (one.rule, *one.folded) if one.status == "fail"}
    assert {text.split()[2] for text in case.findings if text.startswith("fail ")} <= told


@pytest.mark.parametrize(
    ("case", "witness"),
    WITNESSES,
    ids=[f"{case.name}: {one.src} to {one.dst} {one.port}" for case, one in WITNESSES],
)
def test_our_witness(case: Case, witness: Witness) -> None:
    answer = ask(case.facts, witness.src, witness.dst, witness.port)

    assert answer.verdict == witness.verdict
    assert set(witness.by) <= steps(answer)
    assert set(witness.needs) <= {unknown.needs for unknown in answer.unknowns.values()}


def steps(answer: Explanation) -> set[str]:
    """Every gate with what decided at it, in one line each."""
    hops = [hop for path in answer.paths for hop in path.hops] + answer.blocked_by
    return {text for hop in hops for text in decided(hop)}


def decided(hop: HopOut) -> list[str]:
    rules = [f"{hop.gate} {rule.object} {rule.index}" for rule in hop.rules]
    return rules + [f"{hop.gate} isolated by {policy}" for policy in hop.isolated_by]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_every_case_tells_theirs_ours_and_why(case: Case) -> None:
    assert case.title
    assert case.why.strip()
    assert case.findings
    assert case.theirs
    assert {peer.known for peer in case.theirs} <= {"run", "read"}
    assert all(peer.tool and peer.checks and peer.answer for peer in case.theirs)


def test_a_rule_that_crashes_is_told_and_costs_its_findings_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """hardeneks 1.1.1 loses such a rule: it is missing in the JSON, and the exit code is 0."""
    original = discover.load_rule

    def crashing(rule_id: str) -> LoadedRule:
        loaded = original(rule_id)
        return LoadedRule(loaded.rule, crash) if rule_id == "sg-ssh-rdp-internet" else loaded

    def crash(audit: Audit) -> list[Finding]:
        raise KeyError("IpRanges")

    monkeypatch.setattr(discover, "load_rule", crashing)
    monkeypatch.chdir(tmp_path)
    for name, text in load(CASES / "ssh-from-two-halves").files.items():
        file = tmp_path / "dump" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    code = command_line(["audit", "dump", "--format", "json"])
    report = json.loads(capsys.readouterr().out)

    assert code == 3
    assert [one["where"] for one in report["failed"]] == ["rule sg-ssh-rdp-internet"]
    failing = {one["rule"] for one in report["findings"] if one["status"] == "fail"}
    assert {"sg-split-world-cidr", "node-internet-reachable"} <= failing
