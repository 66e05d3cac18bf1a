"""Real input gives an answer: no traceback, the same bytes twice, nothing dropped in silence."""

from pathlib import Path

import msgspec
import pytest

from ringwall.check.audit import Audit
from ringwall.check.run import run
from ringwall.collect.files.tree import read
from ringwall.discover import load_rules
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts
from ringwall.reach.questions import Net
from tests.real.corpus import RECORDED, corpus, needs_corpus

FOLDERS = ["microservices-demo", "kubernetes-goat", "network-policy-recipes", "cloud-custodian",
           "eksctl/clusterconfig", "kubescape-storage"]  # fmt: skip


def audited(target: Path) -> tuple[Facts, bytes]:
    facts, _ = read([str(target)])
    findings, failures = run(Audit(Net(facts)), load_rules())
    assert failures == []
    return facts, msgspec.json.encode(findings)


@needs_corpus
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_the_corpus_is_audited_twice_alike(folder: str) -> None:
    assert audited(corpus(*folder.split("/")))[1] == audited(corpus(*folder.split("/")))[1]


def test_recorded_aws_answers_are_opened_from_their_wrapper() -> None:
    facts, _ = audited(RECORDED / "cloud-custodian")

    (cluster,) = [body for _, body in facts.of(aws.Cluster)]
    assert cluster.name == "c7n-test-eks-cluster"
    assert cluster.resources_vpc_config.endpoint_private_access is True
    assert len(list(facts.of(aws.Subnet))) == 2
    assert [body.text for _, body in facts.of(aws.SecurityGroupRule)] == ["egress:all:0.0.0.0/0"]
    assert facts.gaps == ()


@needs_corpus
def test_every_policy_of_the_recipes_is_read() -> None:
    facts, left_out = read([str(corpus("network-policy-recipes"))])

    assert facts.gaps == ()
    assert left_out == {}
    assert len(list(facts.of(k8s.NetworkPolicy))) >= 14


@needs_corpus
def test_the_goat_is_read_with_its_duplicates_and_its_host_network() -> None:
    facts, left_out = read([str(corpus("kubernetes-goat"))])

    net = Net(facts)
    workloads = {pod.workload for cluster in net.world.clusters.values() for pod in cluster.pods}
    assert "default/docker-bench-security[DaemonSet]" in workloads
    assert any(pod.host_network for c in net.world.clusters.values() for pod in c.pods)
    assert left_out["Secret"] == 3
    assert "ClusterPolicy" in left_out


@needs_corpus
def test_a_folder_that_holds_its_objects_twice_counts_them_once() -> None:
    """microservices-demo holds the same Deployments as a release and as rendered manifests."""
    facts, _ = read([str(corpus("microservices-demo"))])

    deployments = [key.name for key, _ in facts.of(k8s.Deployment)]
    assert len(deployments) == len(set(deployments)) == 12
    assert all(len(fact.origins) >= 1 for fact in facts.values())


@needs_corpus
@pytest.mark.parametrize("folder", FOLDERS)
def test_with_and_without_the_prefilter_real_facts_are_equal(folder: str) -> None:
    target = [str(corpus(*folder.split("/")))]

    fast, slow = read(target), read(target, prefilter=False)

    assert dict(fast[0]) == dict(slow[0])
    assert fast[0].gaps == slow[0].gaps
    assert fast[1] == slow[1]
