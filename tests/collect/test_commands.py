"""The collecting script: run with stand-ins for `aws` and `kubectl` that answer from a folder."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ringwall.collect.commands import commands
from ringwall.collect.files import aws as reader
from ringwall.collect.files.kinds import READ
from ringwall.collect.intake import Intake
from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.facts.fact import Facts, Origin

PRINCIPAL = "arn:aws:iam::111122223333:role/team/admin"
BALANCER = (
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/web/50dc6c495c0c9188"
)
CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"

# The first pattern that occurs in a stand-in's arguments decides what it prints.
ANSWERS: dict[str, Any] = {
    "ec2 describe-vpcs": {"Vpcs": [{"VpcId": "vpc-1"}]},
    "--query PrefixLists[].PrefixListId": "pl-0123456789abcdef0\tpl-0123456789abcdef1\n",
    "ec2 describe-managed-prefix-lists": {
        "PrefixLists": [{"PrefixListId": "pl-0123456789abcdef0"}]
    },
    "ec2 get-managed-prefix-list-entries": {"Entries": [{"Cidr": "192.0.2.0/24"}]},
    "--query LaunchTemplates[].LaunchTemplateId": "lt-0a1\n",
    "ec2 describe-launch-templates": {"LaunchTemplates": [{"LaunchTemplateId": "lt-0a1"}]},
    "ec2 describe-launch-template-versions": {
        "LaunchTemplateVersions": [
            {
                "LaunchTemplateId": "lt-0a1",
                "LaunchTemplateName": None,
                "VersionNumber": 1,
                "DefaultVersion": True,
                "LaunchTemplateData": {"NetworkInterfaces": None, "MetadataOptions": None},
            }
        ]
    },
    "ec2 describe-flow-logs": {"FlowLogs": [{"FlowLogId": "fl-0a1"}]},
    "autoscaling describe-auto-scaling-groups": {
        "AutoScalingGroups": [{"AutoScalingGroupName": "workers"}]
    },
    "autoscaling describe-launch-configurations": {
        "LaunchConfigurations": [
            {"LaunchConfigurationName": "old", "AssociatePublicIpAddress": None}
        ]
    },
    "--query LoadBalancers[].LoadBalancerArn": f"{BALANCER}\n",
    "elbv2 describe-tags": {"TagDescriptions": [{"ResourceArn": BALANCER, "Tags": []}]},
    "--query LoadBalancerDescriptions[].LoadBalancerName": "classic\n",
    "elb describe-tags": {"TagDescriptions": [{"LoadBalancerName": "classic", "Tags": []}]},
    "eks describe-cluster": {"cluster": {"name": "prod"}},
    "eks list-nodegroups": "general\tspot\n",
    "eks describe-nodegroup": {"nodegroup": {"nodegroupName": "general", "clusterName": "prod"}},
    "eks list-addons": "vpc-cni\n",
    "eks describe-addon": {"addon": {"addonName": "vpc-cni", "clusterName": "prod"}},
    "eks list-access-entries": f"{PRINCIPAL}\n",
    "eks describe-access-entry": {
        "accessEntry": {"clusterName": "prod", "principalArn": PRINCIPAL}
    },
    "get pods": {"apiVersion": "v1", "kind": "List", "items": []},
    "get configmaps": {"apiVersion": "v1", "kind": "List", "items": []},
    "get customresourcedefinitions": f"---\n{CRD}metadata:\n  name: x.example.com\n",
    "api-resources": "nodeclasses.eks.amazonaws.com\nnodepools.eks.amazonaws.com\n"
    "ec2nodeclasses.karpenter.k8s.aws\nnodepools.karpenter.sh\n",
    "get nodeclasses": {"apiVersion": "v1", "kind": "List", "items": []},
    "get ec2nodeclasses": {"apiVersion": "v1", "kind": "List", "items": []},
    "get nodepools": {"apiVersion": "v1", "kind": "List", "items": []},
}


class Run:
    """One run of the script in a folder of its own."""

    def __init__(self, folder: Path, script: str, answers: dict[str, Any], fail: str = "") -> None:
        self.folder = folder
        self.calls_file = folder / "calls"
        tools = folder / "tools"
        tools.mkdir()
        for name in ("aws", "kubectl"):
            _stand_in(tools / name, answers, fail, self.calls_file)
        self.done = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of every call that reached a stand-in, its name first."""
        return [call.split("\x1f")[:-1] for call in self.calls_file.read_text().splitlines()]

    def files(self, under: str = "out") -> set[str]:
        root = self.folder / under
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def json(self, name: str) -> Any:
        return json.loads((self.folder / "out" / name).read_text())


def _stand_in(path: Path, answers: dict[str, Any], fail: str, calls: Path) -> None:
    """An executable that notes its arguments and prints the first answer that fits them."""
    lines = [
        "#!/bin/sh",
        f"calls={shlex.quote(str(calls))}",
        f'printf \'%s\\037\' {path.name} "$@" >> "$calls"',
        'echo >> "$calls"',
        'case " $* " in',
    ]
    if fail:
        lines.append(f"  *{shlex.quote(fail)}*) echo 'AccessDenied' >&2; exit 254 ;;")
    for pattern, answer in answers.items():
        text = answer if isinstance(answer, str) else json.dumps(answer)
        lines.append(f"  *{shlex.quote(pattern)}*) printf '%s' {shlex.quote(text)} ;;")
    path.write_text("\n".join([*lines, "esac", ""]))
    path.chmod(0o755)


def script(
    cluster: str = "prod",
    region: str | None = "eu-west-1",
    profile: str | None = None,
    context: str | None = None,
    out: str = "out",
) -> str:
    return commands(cluster, region, profile, context, out)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, script(), ANSWERS)


def test_the_script_runs_without_complaint(run: Run) -> None:
    assert (run.done.returncode, run.done.stdout, run.done.stderr) == (0, "", "")


def test_each_answer_becomes_a_file(run: Run) -> None:
    assert run.files() == {
        "aws/describe-vpcs.json",
        "aws/describe-managed-prefix-lists.json",
        "aws/get-managed-prefix-list-entries-pl-0123456789abcdef0.json",
        "aws/get-managed-prefix-list-entries-pl-0123456789abcdef1.json",
        "aws/describe-launch-templates.json",
        "aws/describe-launch-template-versions-lt-0a1.json",
        "aws/describe-flow-logs.json",
        "aws/autoscaling-describe-auto-scaling-groups.json",
        "aws/autoscaling-describe-launch-configurations.json",
        "aws/elbv2-describe-tags-1.json",
        "aws/elb-describe-tags-classic.json",
        "aws/eks-describe-cluster.json",
        "aws/eks-describe-nodegroup-general.json",
        "aws/eks-describe-nodegroup-spot.json",
        "aws/eks-describe-addon-vpc-cni.json",
        "aws/eks-describe-access-entry-1.json",
        "clusters/prod/pods.json",
        "clusters/prod/configmaps-kube-system.json",
        "clusters/prod/customresourcedefinitions.yaml",
        "clusters/prod/nodeclasses.eks.amazonaws.com.json",
        "clusters/prod/ec2nodeclasses.karpenter.k8s.aws.json",
        "clusters/prod/nodepools.karpenter.sh.json",
    }


def test_a_file_holds_the_answer(run: Run) -> None:
    assert run.json("aws/describe-vpcs.json") == ANSWERS["ec2 describe-vpcs"]


def test_a_list_is_walked_name_by_name(run: Run) -> None:
    asked = [call[-1] for call in run.calls if "describe-nodegroup" in call]
    assert asked == ["general", "spot"]


def test_a_name_with_slashes_is_asked_for_as_it_is(run: Run) -> None:
    (call,) = [call for call in run.calls if "describe-access-entry" in call]
    assert call[-2:] == ["--principal-arn", PRINCIPAL]


def test_only_you_can_read_what_was_collected(run: Run) -> None:
    modes = {path.stat().st_mode & 0o077 for path in (run.folder / "out").rglob("*")}
    assert modes == {0}
    assert (run.folder / "out").stat().st_mode & 0o077 == 0


def test_the_reader_takes_every_aws_file(run: Run) -> None:
    facts = _facts(run)
    assert (facts.gaps, facts.warnings) == ((), ())
    assert {key.kind for key in facts} == {
        "vpc",
        "pl",
        "lt",
        "ltversion",
        "launchconfiguration",
        "asg",
        "fl",
        "tags",
        "eks-api",
        "nodegroup",
        "addon",
        "accessentry",
    }


def test_the_name_of_a_file_ties_entries_to_their_list(run: Run) -> None:
    found = {key.name: body.entries for key, body in _facts(run).of(aws.PrefixList)}
    blocks = (aws.PrefixListEntry("192.0.2.0/24"),)
    assert found == {"pl-0123456789abcdef0": blocks, "pl-0123456789abcdef1": blocks}


def _facts(run: Run) -> Facts:
    intake = Intake()
    for name in sorted(run.files("out/aws")):
        assert reader.read_answer(run.json(f"aws/{name}"), Origin(name), intake)
    reader.finish(intake)
    return intake.facts()


def test_a_line_that_fails_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    run = Run(tmp_path, script(), ANSWERS, fail="ec2 describe-vpcs")
    assert "failed, going on without it: aws --region eu-west-1 ec2 describe-vpcs" in (
        run.done.stderr
    )
    assert "aws/describe-vpcs.json" not in run.files()
    assert "clusters/prod/pods.json" in run.files()


def test_a_list_that_fails_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    run = Run(tmp_path, script(), ANSWERS, fail="eks list-addons")
    assert "going on without it: aws --region eu-west-1 eks list-addons" in run.done.stderr
    assert "aws/eks-describe-access-entry-1.json" in run.files()


@pytest.mark.parametrize("fail", ["ec2 describe-vpcs", "eks list-addons", "get pods"])
def test_the_script_tells_in_the_end_that_something_failed(tmp_path: Path, fail: str) -> None:
    assert Run(tmp_path, script(), ANSWERS, fail=fail).done.returncode == 1


def test_node_classes_are_asked_for_only_where_there_are_any(tmp_path: Path) -> None:
    run = Run(tmp_path, script(), {**ANSWERS, "api-resources": ""})
    assert not [call for call in run.calls if "nodeclasses.eks.amazonaws.com" in call]
    assert run.done.returncode == 0


def test_a_folder_that_cannot_be_made_stops_at_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    run = Run(tmp_path, script(), ANSWERS)
    assert run.done.returncode == 1
    assert not run.calls_file.exists()


HARD = 'it\'s $HOME; `date` "x" *'


def test_every_value_is_quoted(tmp_path: Path) -> None:
    given = script(HARD, HARD, HARD, HARD, f"{HARD}/out")
    run = Run(tmp_path, given, ANSWERS)
    assert run.done.returncode == 0, run.done.stderr
    assert (tmp_path / HARD / "out" / "clusters" / HARD / "pods.json").exists()
    for call in run.calls:
        options = ["--context"] if call[0] == "kubectl" else ["--profile", "--region"]
        assert [call[call.index(option) + 1] for option in options] == [HARD] * len(options)


def test_what_is_not_given_is_left_to_the_tools(tmp_path: Path) -> None:
    run = Run(tmp_path, script(region=None), ANSWERS)
    words = {word for call in run.calls for word in call}
    assert not words & {"--region", "--profile", "--context"}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x"])
def test_a_cluster_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a cluster"):
        script(name)


def test_the_same_question_gives_the_same_script() -> None:
    assert script() == script()


def test_every_call_only_reads(run: Run) -> None:
    verbs = {call[4] if call[0] == "aws" else call[1] for call in run.calls}
    assert {re.split(r"[- ]", verb)[0] for verb in verbs} <= {"describe", "get", "list", "api"}


def test_secrets_are_never_asked_for(run: Run) -> None:
    kinds = {call[2] for call in run.calls if call[:2] == ["kubectl", "get"]}
    assert not [kind for kind in kinds if "secret" in kind or kind == "all"]


def test_what_instances_run_when_they_start_is_never_written(run: Run) -> None:
    told = [
        call
        for call in run.calls
        if "describe-launch-template-versions" in call or "describe-launch-configurations" in call
    ]
    queries = [call[call.index("--query") + 1] for call in told]
    assert len(queries) == 2
    assert not [query for query in queries if "UserData" in query]


def test_config_maps_are_asked_for_by_name(run: Run) -> None:
    (call,) = [call for call in run.calls if call[:3] == ["kubectl", "get", "configmaps"]]
    assert call[3:7] == ["amazon-vpc-cni", "aws-auth", "cilium-config", "kube-root-ca.crt"]
    assert "--all-namespaces" not in call


def test_every_kind_that_is_read_is_asked_for_and_no_other(run: Run) -> None:
    asked = {_singular(call[2]) for call in run.calls if call[:2] == ["kubectl", "get"]}
    assert asked == {(version.rpartition("/")[0], kind.lower()) for version, kind in READ}


def _singular(resource: str) -> tuple[str, str]:
    """API group and kind of a resource such as ``networkpolicies.networking.k8s.io``."""
    plural, _, group = resource.partition(".")
    if plural.endswith("ies"):
        return group, plural.removesuffix("ies") + "y"
    if plural.endswith("sses"):
        return group, plural.removesuffix("es")
    return group, plural.removesuffix("s")
