"""A snapshot → the intake, as if what it holds were read again.

Whoever hands over a snapshot may have made it by hand: each object is held to what its reader
holds it to, and one that does not pass spoils the snapshot, since nobody can tell what else is
wrong with it.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ringwall.collect.files import agents, aws
from ringwall.collect.files.kinds import READ
from ringwall.collect.files.validate import (
    controller_errors,
    ingress_errors,
    is_address,
    pod_errors,
    pod_of,
    policy_errors,
    service_errors,
)
from ringwall.collect.intake import Intake
from ringwall.facts import k8s
from ringwall.facts.archive import BadSnapshotError
from ringwall.facts.fact import Gap, Key
from ringwall.facts.snapshot import EFFECTS, FACT, Snapshot, Told

_KINDS: Final = {kind.type: kind for kind in READ.values()}


def add(snapshot: Snapshot, cluster: str, intake: Intake) -> None:
    """Adds everything that a snapshot holds; its Kubernetes objects that are of no named cluster
    are of ``cluster``. Raises BadSnapshotError, and adds nothing then."""
    for one in snapshot.told:
        _check(one)
    for gap in snapshot.gaps:
        if gap.effect not in EFFECTS:
            raise BadSnapshotError(f"is not sound: `{gap.effect}` is not what a gap may move")
    for one in snapshot.told:
        _add(one, cluster, intake)
    for gap in snapshot.gaps:
        intake.gap(replace(gap, scope=gap.scope or cluster) if _of_kubernetes(gap) else gap)
    for odd in snapshot.warnings:
        intake.warn(odd.message, odd.origin)
    intake.made(snapshot.made)


def _add(one: Told, cluster: str, intake: Intake) -> None:
    key = one.key
    if one.role != FACT or one.body is None:
        intake.piece(one.role, key, one.body, one.origin, one.mark)
    elif type(one.body) in _KINDS:
        intake.fact(key._replace(scope=key.scope or cluster), one.body, one.origin)
    else:
        intake.fact(key, one.body, one.origin)


def _of_kubernetes(gap: Gap) -> bool:
    """Gaps in AWS answers name the list that they are in."""
    return gap.code in ("invalid-object", "kind-not-read") and not gap.kind


def _check(one: Told) -> None:
    try:
        if one.body is None:
            if one.key.kind != "sg" or not one.key.name:
                raise ValueError("it is not the key of a security group")
        elif isinstance(one.body, k8s.Object):
            _check_kubernetes(one.key, one.body)
        else:
            aws.check(one.key, one.body)
    except ValueError as error:
        raise BadSnapshotError(f"is not sound: `{one.key}`: {error}") from None


def _check_kubernetes(key: Key, body: k8s.Object) -> None:
    kind = _KINDS.get(type(body))
    if kind is None or key != kind.key_of(key.scope, body):
        raise ValueError("its key is not that of its content")
    for problem in _problems(body):
        raise ValueError(problem)


def _problems(body: Struct) -> Iterator[str]:
    pod, _ = pod_of(body)
    if pod:
        yield from (problem for _, problem in pod_errors(pod))
    yield from (problem for _, problem in controller_errors(body))
    match body:
        case k8s.Ingress(spec=spec):
            yield from (problem for _, problem in ingress_errors(spec))
        case k8s.NetworkPolicy(spec=spec):
            yield from (problem for _, problem in policy_errors(spec))
        case k8s.Service(spec=spec):
            yield from (problem for _, problem in service_errors(spec))
        case k8s.Pod(status=status):
            yield from _bad(status.pod_ip, *(one.ip for one in status.pod_ips or ()))
        case k8s.Node(status=status):
            yield from _bad(
                *(one.address for one in status.addresses or () if one.type == "InternalIP")
            )
        case k8s.DaemonSet(agents=found):
            bad = (text for agent in found for text in agents.bad_blocks(agent))
            yield from (f"`{text}` is not an IPv4 block" for text in bad)


def _bad(*addresses: str) -> Iterator[str]:
    return (f"`{text}` is not an IP address" for text in addresses if text and not is_address(text))
