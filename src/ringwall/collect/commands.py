"""The commands that gather everything the tool reads, as a script that a user can look at first.

Every line only reads. One call's answer becomes one file; a call that fails is named on standard
error and the rest goes on, so that missing permissions cost only what they protect.
"""

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from ringwall.collect.files import aws_auth
from ringwall.collect.files.agents import CONFIGMAPS
from ringwall.errors import UsageError

_CALLS: Final = (
    "ec2 describe-vpcs",
    "ec2 describe-subnets",
    "ec2 describe-route-tables",
    "ec2 describe-internet-gateways",
    "ec2 describe-egress-only-internet-gateways",
    "ec2 describe-nat-gateways",
    "ec2 describe-vpc-peering-connections",
    "ec2 describe-vpc-endpoints",
    "ec2 describe-network-acls",
    "ec2 describe-security-groups",
    "ec2 describe-security-group-rules",
    "ec2 describe-managed-prefix-lists",
    "ec2 describe-network-interfaces",
    "ec2 describe-instances",
    "ec2 describe-launch-templates",
    "ec2 describe-flow-logs",
    "autoscaling describe-auto-scaling-groups",
    "autoscaling describe-launch-configurations",
    "elbv2 describe-load-balancers",
    "elb describe-load-balancers",
)
# What instances run when they start may hold passwords: of these answers only what is read.
_PARTS: Final = {
    "autoscaling describe-launch-configurations": (
        "{LaunchConfigurations: LaunchConfigurations[].{"
        "LaunchConfigurationName: LaunchConfigurationName, "
        "LaunchConfigurationARN: LaunchConfigurationARN, "
        "AssociatePublicIpAddress: AssociatePublicIpAddress, MetadataOptions: MetadataOptions}}"
    ),
    "ec2 describe-launch-template-versions": (
        "{LaunchTemplateVersions: LaunchTemplateVersions[].{"
        "LaunchTemplateId: LaunchTemplateId, LaunchTemplateName: LaunchTemplateName, "
        "VersionNumber: VersionNumber, DefaultVersion: DefaultVersion, LaunchTemplateData: {"
        "NetworkInterfaces: LaunchTemplateData.NetworkInterfaces, "
        "MetadataOptions: LaunchTemplateData.MetadataOptions}}}"
    ),
}
_LOOPS: Final = (
    # what is listed, the list's query, the call for each, the option that takes the name
    ("eks list-nodegroups", "nodegroups[]", "eks describe-nodegroup", "--nodegroup-name"),
    ("eks list-addons", "addons[]", "eks describe-addon", "--addon-name"),
    ("eks list-access-entries", "accessEntries[]", "eks describe-access-entry", "--principal-arn"),
    (
        "ec2 describe-managed-prefix-lists",
        "PrefixLists[].PrefixListId",
        "ec2 get-managed-prefix-list-entries",
        "--prefix-list-id",
    ),
    (
        "ec2 describe-launch-templates",
        "LaunchTemplates[].LaunchTemplateId",
        "ec2 describe-launch-template-versions",
        "--launch-template-id",
    ),
    (
        "elbv2 describe-load-balancers",
        "LoadBalancers[].LoadBalancerArn",
        "elbv2 describe-tags",
        "--resource-arns",
    ),
    (
        "elb describe-load-balancers",
        "LoadBalancerDescriptions[].LoadBalancerName",
        "elb describe-tags",
        "--load-balancer-names",
    ),
)
# With their API group: other groups have kinds of the same name.
_KINDS: Final = (
    "namespaces",
    "nodes",
    "pods",
    "replicationcontrollers",
    "services",
    "serviceaccounts",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    "cronjobs.batch",
    "ingresses.networking.k8s.io",
    "networkpolicies.networking.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
)
# Asked for only where the cluster has the kind. Most are not read yet: their objects are named in
# the answer, and what they may touch is unknown.
_CUSTOM_KINDS: Final = (
    "nodeclasses.eks.amazonaws.com",
    "ec2nodeclasses.karpenter.k8s.aws",
    "nodepools.karpenter.sh",
    "adminnetworkpolicies.policy.networking.k8s.io",
    "baselineadminnetworkpolicies.policy.networking.k8s.io",
    "clusternetworkpolicies.policy.networking.k8s.io",
    "clusternetworkpolicies.networking.k8s.aws",
    "applicationnetworkpolicies.networking.k8s.aws",
    "networkpolicies.crd.projectcalico.org",
    "globalnetworkpolicies.crd.projectcalico.org",
    "hostendpoints.crd.projectcalico.org",
    "ciliumnetworkpolicies.cilium.io",
    "ciliumclusterwidenetworkpolicies.cilium.io",
    "authorizationpolicies.security.istio.io",
    "peerauthentications.security.istio.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "grpcroutes.gateway.networking.k8s.io",
    "tcproutes.gateway.networking.k8s.io",
    "tlsroutes.gateway.networking.k8s.io",
    "targetgroupbindings.elbv2.k8s.aws",
    "securitygrouppolicies.vpcresources.k8s.aws",
    "eniconfigs.crd.k8s.amazonaws.com",
)
# Only the names of CRDs tell anything; as JSON their schemas would be many megabytes.
_CRD_NAMES: Final = (
    'jsonpath={range .items[*]}{"---\\napiVersion: apiextensions.k8s.io/v1\\n'
    'kind: CustomResourceDefinition\\nmetadata:\\n  name: "}{.metadata.name}{"\\n"}{end}'
)
# Every cluster has it; that it came says that the others, if missing, do not exist.
_ALWAYS_THERE: Final = ("kube-system", "kube-root-ca.crt")

_HEAD: Final = """\
#!/bin/sh
# What ringwall reads of one EKS cluster, its account and region. Every line only reads; Secrets are
# not among it. The files hold what the APIs answer: only you can read the folder.
set -uf
umask 077
status=0

# save FILE COMMAND…: keeps what a command prints, unless that is nothing
save() {
  file=$1
  shift
  "$@" > "$file" || missed "$*"
  [ -s "$file" ] || rm -f -- "$file"
}

missed() {
  printf 'failed, going on without it: %s\\n' "$1" >&2
  status=1
}
"""


def commands(
    cluster: str, region: str | None, profile: str | None, context: str | None, out: str
) -> str:
    """The POSIX shell script that collects one cluster into the folder ``out``.

    Without ``region``, ``profile`` or ``context`` the lines leave the choice to ``aws`` and
    ``kubectl``. Raises UsageError for a name that no cluster can have.
    """
    if cluster in ("", ".", "..") or "/" in cluster or "\0" in cluster:
        raise UsageError(f"`{cluster}` is not the name of a cluster")
    aws = ["aws", *_option("--profile", profile), *_option("--region", region)]
    kubectl = ["kubectl", *_option("--context", context)]
    aws_folder = PurePosixPath(out, "aws")
    cluster_folder = PurePosixPath(out, "clusters", cluster)
    lines = [
        _HEAD,
        _line("mkdir", "-p", "--", aws_folder, cluster_folder) + " || exit 1",
        "",
        *_aws_lines(aws, cluster, aws_folder),
        "",
        *_kubectl_lines(kubectl, cluster_folder),
        "",
        'exit "$status"',
    ]
    return "\n".join(lines) + "\n"


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [name, value]


def _line(*words: object) -> str:
    return shlex.join(str(word) for word in words)


def _aws_lines(aws: list[str], cluster: str, folder: PurePosixPath) -> Iterator[str]:
    for call in _CALLS:
        yield _save(folder / f"{_file(call)}.json", *aws, *call.split(), *_as_json(call))
    of_cluster = ["--cluster-name", cluster]
    described = [*aws, "eks", "describe-cluster", "--name", cluster, "--output", "json"]
    yield _save(folder / "eks-describe-cluster.json", *described)
    for listing, query, describe, option in _LOOPS:
        where = of_cluster if describe.startswith("eks ") else []
        listed = [*aws, *listing.split(), *where, "--query", query, "--output", "text"]
        described = [*aws, *describe.split(), *where, *_as_json(describe), option]
        yield from _loop(listed, described, folder / _file(describe))


def _as_json(call: str) -> list[str]:
    return [*_option("--query", _PARTS.get(call)), "--output", "json"]


def _loop(listed: list[str], described: list[str], file: PurePosixPath) -> Iterator[str]:
    """One call for each name of a list; a name that has slashes becomes a number in the file."""
    line = _line(*listed)
    yield ""
    yield f"names=$({line}) || missed {shlex.quote(line)}"
    yield "number=0"
    yield "for name in $names; do"
    yield "  number=$((number + 1))"
    yield "  case $name in */*) part=$number ;; *) part=$name ;; esac"
    yield f'  save {shlex.quote(str(file))}-"$part".json {_line(*described)} "$name"'
    yield "done"


def _kubectl_lines(kubectl: list[str], folder: PurePosixPath) -> Iterator[str]:
    for kind in _KINDS:
        file = folder / f"{kind.partition('.')[0]}.json"
        yield _save(file, *kubectl, "get", kind, "--all-namespaces", "--output", "json")
    for namespace, names in _configmaps().items():
        place = ["--namespace", namespace, "--output", "json", "--ignore-not-found"]
        file = folder / f"configmaps-{namespace}.json"
        yield _save(file, *kubectl, "get", "configmaps", *names, *place)
    crds = "customresourcedefinitions.apiextensions.k8s.io"
    file = folder / "customresourcedefinitions.yaml"
    yield _save(file, *kubectl, "get", crds, "--output", _CRD_NAMES)
    yield from _custom_kinds(kubectl, folder)


def _configmaps() -> dict[str, list[str]]:
    """Namespace → the ConfigMaps to ask for, by name."""
    wanted: dict[str, list[str]] = {}
    for namespace, name in sorted([*CONFIGMAPS, aws_auth.NAME, _ALWAYS_THERE]):
        wanted.setdefault(namespace, []).append(name)
    return wanted


def _custom_kinds(kubectl: list[str], folder: PurePosixPath) -> Iterator[str]:
    """Kinds of add-ons and engines, each only where the cluster serves it."""
    listing = _line(*kubectl, "api-resources", "--verbs", "list", "-o", "name")
    get = _line(*kubectl, "get")
    yield ""
    yield f"served=$({listing}) || missed {shlex.quote(listing)}"
    yield f"for kind in {' '.join(_CUSTOM_KINDS)}; do"
    yield '  case " $(echo $served) " in *" $kind "*) ;; *) continue ;; esac'
    file = f'{shlex.quote(str(folder))}/"$kind".json'
    yield f'  save {file} {get} "$kind" --all-namespaces --output json'
    yield "done"


def _save(file: PurePosixPath, *words: str) -> str:
    return _line("save", file, *words)


def _file(call: str) -> str:
    """A call's file: ``describe-vpcs`` for EC2's, with the service in front for the others'."""
    return call.removeprefix("ec2 ").replace(" ", "-")
