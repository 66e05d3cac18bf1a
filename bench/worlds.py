"""Made-up clusters of any size: ``python bench/worlds.py --pods N --seed 7 --out FOLDER``.

:func:`world` makes what a collection of a production cluster and its VPC would hold; with
``--workloads`` and ``--policies`` in place of ``--pods``, :func:`manifests` makes what a repository
would. Equal arguments give equal bytes. A world has a policy for every 20 pods, a rule of a
security group for every 10, and says nothing of the engine: policies are taken as specified.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from production.controllers import Controllers
from production.eks import cluster, node_groups
from production.groups import Groups
from production.manifests import manifests
from production.nodes import instance, node_interface, node_object
from production.plan import Node, Plan
from production.pods import Pods
from production.policies import policies
from production.residents import Residents
from production.vpc import Vpc
from production.words import CLUSTER, Draw, answer, items, one

PODS_PER_POLICY = 20
PODS_PER_RULE = 10

__all__ = ["manifests", "world", "write"]


def world(pods: int, seed: int) -> dict[str, bytes]:
    """File name → content, laid out as ``ringwall collect`` does.

    ``pods`` counts the live ones. Raises ValueError for fewer than 100 or more than the VPC holds.
    """
    plan = Plan(pods, seed)
    return {**_cluster(plan), **_account(plan)}


def write(files: dict[str, bytes], folder: Path) -> None:
    """Writes the files into a folder, which need not exist."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _cluster(plan: Plan) -> dict[str, bytes]:
    """What ``kubectl get`` answers."""
    controllers, pods = Controllers(plan), Pods(plan.draw)
    total = max(3 * len(plan.tenants), plan.size // PODS_PER_POLICY)
    written = policies(plan.tenants, total, f"{plan.draw.random()} policies")
    found = {
        "namespaces": controllers.namespaces(),
        "nodes": (node_object(node, plan.draw) for node in plan.nodes),
        "pods": (pods.object(pod) for each in plan.workloads for pod in each.pods),
        "services": controllers.services(),
        "deployments": controllers.of_kind("Deployment"),
        "replicasets": controllers.replica_sets(),
        "statefulsets": controllers.of_kind("StatefulSet"),
        "daemonsets": controllers.of_kind("DaemonSet"),
        "jobs": controllers.jobs(),
        "cronjobs": controllers.cron_jobs(),
        "ingresses": controllers.ingresses(),
        "networkpolicies": controllers.stored(written),
    }
    return {f"clusters/{CLUSTER}/{name}.json": items(each) for name, each in found.items()}


def _account(plan: Plan) -> dict[str, bytes]:
    """What ``aws`` answers."""
    vpc = Vpc(plan)
    groups = Groups(plan, plan.size // PODS_PER_RULE, vpc.lists)
    residents = Residents(plan, vpc, groups)
    draw = Draw(f"{plan.draw.random()} interfaces")
    held = {node: _interfaces(plan, vpc, groups, node, draw) for node in plan.nodes}
    found = {
        "vpcs": ("Vpcs", vpc.vpcs()),
        "subnets": ("Subnets", vpc.subnet_list()),
        "route-tables": ("RouteTables", vpc.route_tables()),
        "internet-gateways": ("InternetGateways", vpc.internet_gateways()),
        "nat-gateways": ("NatGateways", vpc.nat_gateways()),
        "network-acls": ("NetworkAcls", vpc.network_acls()),
        "security-groups": ("SecurityGroups", groups.described(vpc.id)),
        "security-group-rules": ("SecurityGroupRules", groups.listed()),
        "managed-prefix-lists": ("PrefixLists", vpc.prefix_lists()),
        "instances": ("Reservations", (instance(n, held[n], draw) for n in plan.nodes)),
    }
    files = {f"aws/describe-{name}.json": answer(*each) for name, each in found.items()}
    every = [face for node in plan.nodes for face in held[node]]
    interfaces = answer("NetworkInterfaces", [*every, *residents.interfaces()])
    files["aws/describe-network-interfaces.json"] = interfaces
    balancers = answer("LoadBalancers", residents.balancers())
    files["aws/elbv2-describe-load-balancers.json"] = balancers
    for name, entries in vpc.prefix_list_entries():
        files[f"aws/get-managed-prefix-list-entries-{name}.json"] = answer("Entries", entries)
    files["aws/eks-describe-cluster.json"] = one("cluster", cluster(vpc, groups))
    for name, group in node_groups(plan, vpc):
        files[f"aws/eks-describe-nodegroup-{name}.json"] = one("nodegroup", group)
    return files


def _interfaces(
    plan: Plan, vpc: Vpc, groups: Groups, node: Node, draw: Draw
) -> list[dict[str, Any]]:
    """The interfaces of a node, those of pods of their own last."""
    own = groups.of_node_group(node.group, restricted=plan.restricted(node.group))
    return [
        node_interface(
            node,
            face,
            vpc.where(face.subnet),
            own if face.owner is None else [groups.of_pods(face.owner).identifier],
            draw,
        )
        for face in sorted(node.interfaces, key=lambda face: face.kind == "branch")
    ]


def main(arguments: list[str] | None = None) -> int:
    """Writes a folder and says what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--pods", type=int, help="live pods of a world")
    size.add_argument("--workloads", type=int, help="Deployments, for manifests only")
    parser.add_argument("--policies", type=int, help="with --workloads (default: half as many)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    if given.pods is None:
        total = given.workloads // 2 if given.policies is None else given.policies
        files = manifests(given.workloads, total, given.seed)
    else:
        files = world(given.pods, given.seed)
    write(files, given.out)
    print(f"{given.out}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
