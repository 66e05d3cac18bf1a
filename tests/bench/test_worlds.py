"""Worlds for benchmarks: sound, owned, of the promised size, and the same every time."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from ringwall.collect.files.tree import read
from ringwall.facts.fact import Facts
from ringwall.facts.k8s import Deployment, Namespace, NetworkPolicy

BENCH = Path(__file__).parents[2] / "bench"
PODS = 300
TENANTS = ("checkout", "catalog")

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def worlds() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        yield __import__("worlds")


@pytest.fixture(scope="module")
def world(worlds: Any) -> Files:
    files: Files = worlds.world(PODS, 7)
    return files


@pytest.fixture
def facts(worlds: Any, tmp_path: Path) -> Callable[[Files], Facts]:
    def written(files: Files) -> Facts:
        worlds.write(files, tmp_path)
        return read([str(tmp_path)])[0]

    return written


def objects(files: Files, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files[f"clusters/prod/{name}.json"])["items"]
    return found


def listed(files: Files, name: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files[f"aws/describe-{name}.json"])[key]
    return found


def running(files: Files) -> list[dict[str, Any]]:
    return [pod for pod in objects(files, "pods") if pod["status"]["phase"] == "Running"]


def held(interface: dict[str, Any]) -> list[str]:
    prefixes = [IPv4Network(each["Ipv4Prefix"]) for each in interface.get("Ipv4Prefixes", ())]
    own = [each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"]]
    return own + [str(address) for prefix in prefixes for address in prefix]


def test_equal_arguments_give_equal_bytes(worlds: Any, world: Files) -> None:
    assert worlds.world(PODS, 7) == world


def test_another_seed_gives_another_world(worlds: Any, world: Files) -> None:
    assert worlds.world(PODS, 8) != world


def test_it_is_read_without_a_gap_or_a_warning(world: Files, facts: Any) -> None:
    found = facts(world)

    assert (found.gaps, found.warnings, found.assumes) == ((), (), ())


@pytest.mark.parametrize("pods", [300, 2_000])
def test_it_has_the_promised_size(worlds: Any, pods: int) -> None:
    files = worlds.world(pods, 7)

    assert len(running(files)) == pods
    assert len(objects(files, "networkpolicies")) == pods // 20
    rules = len(listed(files, "security-group-rules", "SecurityGroupRules"))
    assert pods // 10 <= rules <= max(pods // 10, 40)


def test_every_pod_has_an_address_of_its_own_that_one_interface_holds(world: Files) -> None:
    owners = Counter(
        address
        for interface in listed(world, "network-interfaces", "NetworkInterfaces")
        for address in held(interface)
    )
    pods = [pod["status"]["podIP"] for pod in running(world) if not pod["spec"].get("hostNetwork")]

    assert {owners[address] for address in pods} == {1}
    assert len(set(pods)) == len(pods)
    assert max(owners.values()) == 1


def test_addresses_lie_in_their_interfaces_subnets(world: Files) -> None:
    subnets = {
        subnet["SubnetId"]: IPv4Network(subnet["CidrBlock"])
        for subnet in listed(world, "subnets", "Subnets")
    }

    for interface in listed(world, "network-interfaces", "NetworkInterfaces"):
        subnet = subnets[interface["SubnetId"]]
        assert all(IPv4Address(address) in subnet for address in held(interface))


def test_every_owner_of_a_pod_is_there(world: Files) -> None:
    kinds = "replicasets statefulsets daemonsets jobs".split()
    uids = {each["metadata"]["uid"] for kind in kinds for each in objects(world, kind)}

    owners = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in objects(world, "pods")}

    assert owners <= uids


def test_a_pod_is_as_big_as_real_ones(world: Files) -> None:
    size = len(world["clusters/prod/pods.json"]) / len(objects(world, "pods"))

    assert 4_000 < size < 5_000


def test_some_pairs_are_allowed_and_some_blocked(worlds: Any, world: Files, tmp_path: Path) -> None:
    worlds.write(world, tmp_path)
    servers = [pod for pod in running(world) if pod["spec"]["containers"][0]["ports"]]
    first, near, far = _three(servers)

    assert _verdict(tmp_path, first, near) == "allowed"
    assert _verdict(tmp_path, first, far) == "blocked"


def _three(pods: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """A tenant's pod, one of its namespace, and one of another tenant's."""
    homes = {place: [pod for pod in pods if _place(pod) == place] for place in TENANTS}
    (first, near, *_), (far, *_) = (homes[place] for place in TENANTS)
    return first, near, far


def _place(pod: dict[str, Any]) -> str:
    place: str = pod["metadata"]["namespace"]
    return place


def _verdict(folder: Path, src: dict[str, Any], dst: dict[str, Any]) -> str:
    port = dst["spec"]["containers"][0]["ports"][-1]
    question = ["--from", _id(src), "--to", _id(dst)]
    question += ["--port", f"{port['protocol'].lower()}/{port['containerPort']}"]
    command = [sys.executable, "-m", "ringwall", "explain", str(folder), *question]
    run = subprocess.run([*command, "--format", "json"], capture_output=True, check=True)
    verdict: str = json.loads(run.stdout)["verdict"]
    return verdict


def _id(pod: dict[str, Any]) -> str:
    metadata = pod["metadata"]
    return f"prod!{metadata['namespace']}/{metadata['name']}[Pod]"


@pytest.mark.parametrize("pods", [0, 99, 1_000_000])
def test_a_size_that_cannot_be_is_refused(worlds: Any, pods: int) -> None:
    with pytest.raises(ValueError, match=f"`{pods}` is not a number of pods"):
        worlds.world(pods, 7)


@pytest.mark.parametrize(("workloads", "policies"), [(100, 50), (400, 200)])
def test_manifests_hold_what_was_asked_for(
    worlds: Any, facts: Any, workloads: int, policies: int
) -> None:
    files = worlds.manifests(workloads, policies, 7)
    found = facts(files)

    assert len(list(found.of(Deployment))) == workloads
    assert len(list(found.of(NetworkPolicy))) == policies
    assert list(found.of(Namespace))
    assert (found.gaps, found.warnings) == ((), ())
    assert worlds.manifests(workloads, policies, 7) == files
