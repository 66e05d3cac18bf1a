"""A finding keeps its fingerprint however often its objects are made anew and read again."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from ringwall import pipeline
from ringwall.check.audit import Audit
from ringwall.check.config import parse
from ringwall.check.finding import OPEN, Finding
from ringwall.check.rule import Rule
from ringwall.check.run import run
from ringwall.check.stable import StableNames, named
from ringwall.discover import load_rule
from tests.support import net_of

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CONFIG = parse('[tags]\nrequired = ["owner"]\n[labels]\nrequired = ["owner"]\n', "ringwall.toml")
"""With it the rules about tags and labels judge too."""
RULE = Rule("x-rule", "a title", "high", "pattern", "mend it")
_HASHES = re.compile(r"\b(?:[a-z0-9-]+)-([0-9a-f]{9})-([0-9a-f]{5})\b")
_DAEMONS = re.compile(r"\b(?:aws-node|kube-proxy)-([0-9a-f]{5})\b")
_IDS = re.compile(r"\b(?:sgr|eni|eni-attach)-(0[0-9a-f]{16})\b")


def fingerprints(folder: Path) -> dict[str, tuple[str, str]]:
    """Fingerprint → rule and cause, of everything that is open."""
    found = pipeline.audit(pipeline.read([str(folder)]), CONFIG).findings
    told = [one for one in found if one.status in OPEN]
    marks = {one.fingerprint: (one.rule, one.cause) for one in told}
    assert len(marks) == len(told)
    return marks


def generated(texts: list[str]) -> set[str]:
    """The parts of names that controllers and AWS make up."""
    whole = "\n".join(texts)
    pairs = _HASHES.findall(whole)
    return {part for pair in pairs for part in pair} | {
        *_DAEMONS.findall(whole),
        *_IDS.findall(whole),
    }


def made_anew(folder: Path, into: Path, more: set[str], seed: int) -> dict[str, str]:
    """The same network with other generated names, in other files, in another order."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    files = {file: file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}
    old = sorted(generated(list(files.values())) | more, key=lambda one: (-len(one), one))
    new = {one: _another(one, chance) for one in old}
    words = re.compile("|".join(rf"(?<![0-9a-zA-Z]){re.escape(one)}(?![0-9a-zA-Z])" for one in old))
    for number, (file, text) in enumerate(files.items()):
        place = into / file.relative_to(folder).parent / f"renamed-{number}{file.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        renamed = words.sub(lambda found: new[found[0]], text)
        if file.suffix == ".json":
            renamed = json.dumps(_shuffled(json.loads(renamed), chance))
        place.write_text(renamed)
    return new


def _another(text: str, chance: random.Random) -> str:
    return "".join(
        chance.choice("0123456789abcdef") if c in "0123456789abcdef" else c for c in text
    )


def _shuffled(document: Any, chance: random.Random) -> Any:
    """The objects of a list in another order."""
    for value in document.values() if isinstance(document, dict) else ():
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            chance.shuffle(value)
    return document


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shop_read_again_has_the_same_fingerprints(tmp_path: Path, seed: int) -> None:
    new = made_anew(SHOP, tmp_path, set(), seed)

    assert len(new) > 60
    assert not {one for one, other in new.items() if one == other and len(one) > 5}
    assert (found := fingerprints(SHOP)) == fingerprints(tmp_path)
    assert len({rule for rule, _ in found.values()}) > 25


def test_nodes_that_were_replaced_are_still_those_of_their_group(tmp_path: Path) -> None:
    text = (SHOP / "aws" / "instances.json").read_text()
    nodes = set(re.findall(r"ip-10-20-\d+-\d+", text)) | set(
        re.findall(r"(?<=i-)0[0-9a-f]{16}", text)
    )

    made_anew(SHOP, tmp_path, nodes, 3)

    before, after = fingerprints(SHOP), fingerprints(tmp_path)
    assert before.keys() == after.keys()
    assert {cause for rule, cause in before.values() if rule == "node-internet-reachable"} != {
        cause for rule, cause in after.values() if rule == "node-internet-reachable"
    }


def test_two_nodes_of_a_group_have_two_fingerprints_and_one_subject() -> None:
    report = pipeline.audit(pipeline.read([str(SHOP)]), rules=["node-internet-reachable"])
    failing = [one for one in report.findings if one.status == "fail"]

    assert [one.subject for one in failing] == ["shop-old!nodegroup/workers"] * 2
    assert len({one.fingerprint for one in failing}) == 2


JOBS = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {containers: []}}}}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: report-29012345
  namespace: shop
  ownerReferences: [{kind: CronJob, name: report, controller: true}]
spec: {template: {spec: {containers: []}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: report-29012345-x7k2p
  namespace: shop
  ownerReferences: [{kind: Job, name: report-29012345, controller: true}]
spec: {containers: []}
status: {podIP: 10.0.1.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.1.2, phase: Running}
"""


@pytest.mark.parametrize(
    ("cause", "lasting"),
    [
        ("shop/report-29012345-x7k2p[Pod]", "shop/report[CronJob]"),
        ("pod/shop/report-29012345-x7k2p", "shop/report[CronJob]"),
        ("shop/report-29012345[Job]", "shop/report[CronJob]"),
        ("job/shop/report-29012345", "shop/report[CronJob]"),
        ("shop/report[CronJob]", "shop/report[CronJob]"),
        ("shop/alone[Pod]", "shop/alone[Pod]"),
        ("shop/gone[Pod]", "shop/gone[Pod]"),
        ("node/gone", "node/gone"),
        ("namespace/shop", "namespace/shop"),
        ("111122223333:eu-west-1!i-0abc", "111122223333:eu-west-1!i-0abc"),
    ],
)
def test_what_controllers_make_is_called_after_what_a_person_wrote(
    cause: str, lasting: str
) -> None:
    assert StableNames(net_of(JOBS).world).of(cause) == lasting


SCALING = """\
{"AutoScalingGroups": [
  {"AutoScalingGroupName": "workers", "LaunchConfigurationName": "workers-20240101000000",
   "AutoScalingGroupARN": "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:x:y/workers",
   "MinSize": 1, "MaxSize": 2, "Tags": [{"Key": "kubernetes.io/cluster/prod", "Value": "owned"}]}],
 "Reservations": [{"OwnerId": "111122223333", "Instances": [
  {"InstanceId": "i-0a1", "Placement": {"AvailabilityZone": "eu-west-1a"}, "Tags": [
   {"Key": "karpenter.sh/nodepool", "Value": "default"},
   {"Key": "aws:ec2launchtemplate:id", "Value": "lt-0a1"}]},
  {"InstanceId": "i-0a2", "Tags": [
   {"Key": "aws:autoscaling:groupName", "Value": "workers"},
   {"Key": "aws:ec2launchtemplate:id", "Value": "lt-0a2"}]}]}]}
"""
HOME = "111122223333:eu-west-1!"


@pytest.mark.parametrize(
    ("cause", "lasting"),
    [
        (f"{HOME}launchconfiguration/workers-20240101000000", f"{HOME}asg/workers"),
        (f"{HOME}launchconfiguration/workers-2023", f"{HOME}launchconfiguration/workers-2023"),
        ("launchconfiguration/workers-20240101000000",) * 2,
        ("lt-0a1", "nodepool/default"),
        ("lt-0a2", "lt-0a2"),
        ("i-0a1", "nodepool/default"),
        ("i-0a2", "asg/workers"),
        (f"{HOME}fl-0a1", f"{HOME}fl-0a1"),
        (f"{HOME}acl-0a1:ingress:100", f"{HOME}acl-0a1:ingress:100"),
        ("shop!configmap/kube-system/aws-auth:arn:aws:iam::111122223333:role/ci",) * 2,
        ("shop!networkpolicy/web/open:ingress",) * 2,
    ],
)
def test_what_aws_and_karpenter_make_anew_is_called_after_what_lasts(
    cause: str, lasting: str
) -> None:
    assert StableNames(net_of({"scaling.json": SCALING}).world).of(cause) == lasting


@pytest.mark.parametrize(
    ("file", "text", "rule"),
    [
        (
            "logs.json",
            '{"FlowLogs": [{"FlowLogId": "fl-0a1", "ResourceId": "vpc-0a1"}, 7]}',
            "log-flow-format-blind",
        ),
        ("groups.json", '{"AutoScalingGroups": [7]}', "cost-unbounded-pool"),
        (
            "groups.json",
            '{"Error": {"Code": "AccessDenied", "Message": '
            '"calling the DescribeAutoScalingGroups operation"}}',
            "node-public-ip",
        ),
    ],
)
def test_what_was_not_read_is_not_called_after_its_file(file: str, text: str, rule: str) -> None:
    vpc = '{"Vpcs": [{"VpcId": "vpc-0a1", "CidrBlock": "10.0.0.0/16"}]}'
    first, second = (
        run(Audit(net_of({"vpc.json": vpc, name: text}), everything=True), [load_rule(rule)])[0]
        for name in (file, f"later/{file}")
    )
    before, after = (
        {one.fingerprint: one.cause for one in found if file in one.cause}
        for found in (first, second)
    )

    assert len(before) == 1
    assert before.keys() == after.keys()
    assert before != after


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress: [%s]
"""
FIRST = "{from: [{podSelector: {}}, {namespaceSelector: {}}], ports: [{port: 80}, {port: 443}]}"
AGAIN = "{ports: [{port: 443}, {port: 80}], from: [{namespaceSelector: {}}, {podSelector: {}}]}"
OTHER = "{ports: [{port: 22}]}"


def test_a_rule_of_a_policy_is_called_after_what_it_says() -> None:
    before = StableNames(net_of(POLICY % f"{FIRST}, {OTHER}").world)
    after = StableNames(net_of(POLICY % f"{OTHER}, {AGAIN}").world)

    policy = "networkpolicy/shop/web"
    assert before.of(f"{policy}:ingress[0]") == after.of(f"{policy}:ingress[1]")
    assert before.of(f"{policy}:ingress[1]") == after.of(f"{policy}:ingress[0]")
    assert before.of(f"{policy}:ingress[0]") != before.of(f"{policy}:ingress[1]")
    assert before.of(f"{policy}:ingress[7]") == f"{policy}:ingress[7]"


def of(cause: str, status: str = "fail") -> Finding:
    return RULE.finding(status, cause, reason="because")


def test_what_passes_beside_it_does_not_change_a_fingerprint() -> None:
    names = StableNames(net_of(JOBS).world)
    pods = ["pod/shop/report-29012345-x7k2p", "shop/report-29012345-x7k2p[Pod]"]

    alone = named([of(pods[1])], names)
    beside = named([of(pods[0], "pass"), of(pods[1])], names)

    assert alone[0].fingerprint == beside[1].fingerprint
