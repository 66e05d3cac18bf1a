"""Which engine enforces: the signs, alone and against each other."""

import json
from typing import Any

import pytest

from ringwall.model.enforcers.detect import Enforcer, detect
from tests.support import facts_of

Json = dict[str, Any]


def daemon_set(name: str, *containers: Json, namespace: str = "kube-system") -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": {"containers": list(containers)}}},
    }


def aws_node(*args: str, **env: str) -> Json:
    agent = {
        "name": "aws-eks-nodeagent",
        "image": "602401143452.dkr.ecr.eu-west-1.amazonaws.com/agent:v1.2.7-eksbuild.1",
        "args": list(args),
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    return daemon_set("aws-node", {"name": "aws-node", "image": "r/amazon-k8s-cni:v1.21.1"}, agent)


def config_map(name: str, **data: str) -> Json:
    words = {key.replace("_", "-"): value for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": words,
    }


def node_class(policy: str = "DefaultAllow") -> Json:
    return {
        "apiVersion": "eks.amazonaws.com/v1",
        "kind": "NodeClass",
        "metadata": {"name": "default"},
        "spec": {"networkPolicy": policy},
    }


def crd(name: str) -> Json:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
    }


def owned_pod(owner: str) -> Json:
    reference = {"kind": "DaemonSet", "name": owner, "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{owner}-x",
            "namespace": "kube-system",
            "ownerReferences": [reference],
        },
        "spec": {},
    }


def addon(value: str | None, **env: str) -> str:
    values: Json = {} if value is None else {"enableNetworkPolicy": value}
    if env:
        values["env"] = env
    told = {
        "addonName": "vpc-cni",
        "clusterName": "prod",
        "configurationValues": json.dumps(values),
    }
    return json.dumps({"addon": told})


def auto_mode(enabled: bool = True) -> str:
    return json.dumps({"cluster": {"name": "prod", "computeConfig": {"enabled": enabled}}})


def found(*objects: Json, **answers: str) -> Enforcer:
    files = {f"{name}.json": text for name, text in answers.items()}
    files["k.json"] = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    return detect(facts_of(files), "", "prod" if answers else "")


ON, OFF = aws_node("--enable-network-policy=true"), aws_node("--enable-network-policy=false")
KUBE_PROXY = daemon_set("kube-proxy")
SWITCH_ON = config_map("amazon-vpc-cni", enable_network_policy_controller="true")
SWITCH_OFF = config_map("amazon-vpc-cni", enable_network_policy_controller="false")
CALICO_CRD = crd("networkpolicies.crd.projectcalico.org")


@pytest.mark.parametrize(
    ("objects", "name"),
    [
        ([], "spec"),
        ([daemon_set("log-agent", namespace="shop")], "spec"),
        ([ON], "vpc-cni"),
        ([ON, SWITCH_ON], "vpc-cni"),
        ([ON, SWITCH_OFF], "unclear"),
        ([OFF], "none"),
        ([OFF, SWITCH_ON], "none"),
        ([OFF, CALICO_CRD], "unclear"),
        ([aws_node()], "none"),
        ([aws_node("--enable-network-policy")], "vpc-cni"),
        ([aws_node("--enable-network-policy=T")], "vpc-cni"),
        ([aws_node("--enable-network-policy=false", "--enable-network-policy=true")], "none"),
        ([KUBE_PROXY], "unclear"),
        ([CALICO_CRD], "unclear"),
        ([crd("securitygrouppolicies.vpcresources.k8s.aws")], "spec"),
        ([SWITCH_ON], "unclear"),
        ([SWITCH_OFF], "spec"),
        ([OFF, daemon_set("calico-node", namespace="calico-system")], "calico"),
        ([ON, daemon_set("cilium"), daemon_set("canal")], "calico"),
        ([daemon_set("antrea-agent")], "antrea"),
        ([daemon_set("kube-router")], "kube-router"),
        ([daemon_set("weave-net")], "weave"),
        ([daemon_set("kube-network-policies")], "kube-network-policies"),
        ([owned_pod("cilium")], "cilium"),
        ([owned_pod("log-agent")], "spec"),
        ([node_class()], "unclear"),
        ([node_class(), SWITCH_ON], "auto-mode"),
        ([node_class(), SWITCH_OFF], "none"),
        ([node_class(), config_map("kube-root-ca.crt")], "none"),
        ([node_class(), ON], "vpc-cni"),
        ([node_class(), OFF, SWITCH_ON], "auto-mode"),
    ],
)
def test_what_the_clusters_own_objects_show(objects: list[Json], name: str) -> None:
    assert found(*objects).name == name


@pytest.mark.parametrize(
    ("objects", "answers", "name"),
    [
        ([], {"addon": addon("true")}, "vpc-cni"),
        ([], {"addon": addon("false")}, "unclear"),
        ([KUBE_PROXY], {"addon": addon(None)}, "none"),
        ([OFF], {"addon": addon("true")}, "unclear"),
        ([ON], {"addon": addon("true")}, "vpc-cni"),
        ([], {"cluster": auto_mode()}, "unclear"),
        ([SWITCH_ON], {"cluster": auto_mode()}, "auto-mode"),
        ([], {"cluster": auto_mode(False)}, "spec"),
    ],
)
def test_what_the_answers_about_eks_show(
    objects: list[Json], answers: dict[str, str], name: str
) -> None:
    assert found(*objects, **answers).name == name


def test_answers_about_another_cluster_show_nothing() -> None:
    facts = facts_of({"addon.json": addon("true")})

    assert detect(facts, "", "staging").name == "spec"
    assert detect(facts, "", "").name == "spec"


def test_what_is_unclear_is_said() -> None:
    assert "contradict" in found(OFF, addon=addon("true")).problem
    assert found(ON).problem == ""


STRICT = {"NETWORK_POLICY_ENFORCING_MODE": "strict"}


@pytest.mark.parametrize(
    ("objects", "deny"),
    [
        ([aws_node("--enable-network-policy", **STRICT)], True),
        ([aws_node("--enable-network-policy", NETWORK_POLICY_ENFORCING_MODE="standard")], False),
        ([node_class("DefaultDeny"), SWITCH_ON], True),
        ([node_class("DefaultAllow"), SWITCH_ON], False),
        ([daemon_set("cilium"), config_map("cilium-config", enable_policy="always")], True),
        ([daemon_set("cilium"), config_map("cilium-config", enable_policy="default")], False),
    ],
)
def test_an_engine_that_denies_by_default_is_known(objects: list[Json], deny: bool) -> None:
    assert found(*objects).default_deny == deny


def test_the_addon_too_may_deny_by_default() -> None:
    assert found(addon=addon("true", **STRICT)).default_deny
    assert not found(addon=addon("true")).default_deny


def test_the_version_is_that_of_the_agent_that_enforces() -> None:
    assert found(ON).version == "v1.2.7-eksbuild.1"
    calico = daemon_set(
        "calico-node", {"name": "calico-node", "image": "r:5000/node:v3.28.0@sha256:0"}
    )
    assert found(calico).version == "v3.28.0"
    assert found(daemon_set("cilium", {"name": "x", "image": "r:5000/cilium"})).version == ""


def test_evidence_names_its_object_and_what_it_says() -> None:
    (evidence,) = found(OFF).evidence

    assert (evidence.engine, evidence.on) == ("vpc-cni", False)
    assert str(evidence.key) == "daemonset/kube-system/aws-node"
    assert "--enable-network-policy=false" in evidence.text


def test_of_many_pods_of_an_engine_one_is_evidence() -> None:
    other = owned_pod("cilium")
    other["metadata"]["name"] = "another"

    assert len(found(owned_pod("cilium"), other).evidence) == 1
