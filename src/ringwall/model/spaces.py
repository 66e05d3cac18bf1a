"""Namespace by namespace: the identities of pods and the gates that policies give them.

What a namespace's classes hang on is gathered first (``inputs``); a namespace whose inputs and
pods are those of the model before keeps its classes.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeAlias

import numpy as np

from ringwall.model.dialects.networkpolicy import Policy
from ringwall.model.gates import UNPOLICED, Gates, Selected, Standing, Standings
from ringwall.model.peers import Identity, Ints, Numbered, Peers, PortName
from ringwall.model.profiles import Profile, Profiles
from ringwall.model.selectors import LabelIndex, Needs, Selection
from ringwall.model.workloads import Cluster, Pod

Place: TypeAlias = tuple[str, str]
"""A cluster and a namespace of it."""


class Inputs(NamedTuple):
    """All that the classes of a namespace hang on, beside its pods. ``names`` are the port names
    that ingress rules of its policies, or egress rules anywhere, mention."""

    policies: tuple[Policy, ...]
    pod_peers: tuple[int, ...]
    names: tuple[PortName, ...]
    far_names: frozenset[PortName]
    standing: Standing


class Space(NamedTuple):
    """The classes of a namespace: its groups of pods, and the identity and gates of each group."""

    inputs: Inputs
    profiles: Profiles
    identities: Ints
    egress: Ints
    ingress: Ints


def inputs(
    cluster: Cluster,
    policies: Sequence[Policy],
    pod_peers: Iterable[int],
    far_names: frozenset[PortName],
    standings: Standings,
    numbered: Numbered,
) -> dict[Place, Inputs]:
    """The inputs of every namespace of a cluster, by its place.

    ``policies`` are those of the cluster, ``pod_peers`` what rules of the cluster name.
    """
    own = _by_namespace(policies)
    named = _peers_by_namespace(cluster, sorted(pod_peers), numbered)
    return {
        (cluster.name, namespace): _inputs(
            own.get(namespace, ()),
            named.get(namespace, ()),
            far_names,
            standings.of(cluster.name, namespace),
        )
        for namespace in cluster.namespaces
    }


def _inputs(
    policies: Iterable[Policy],
    pod_peers: Iterable[int],
    far_names: frozenset[PortName],
    standing: Standing,
) -> Inputs:
    here = tuple(policies)
    names = far_names.union(*(policy.names("ingress") for policy in here))
    return Inputs(here, tuple(pod_peers), tuple(sorted(names)), far_names, standing)


def changed_inputs(
    cluster: Cluster,
    policies: Sequence[Policy],
    changed: Iterable[Policy],
    flipped: AbstractSet[int],
    before: Mapping[Place, Space],
    numbered: Numbered,
) -> dict[Place, Inputs]:
    """The same of those namespaces whose inputs may be others, after a change of nothing but some
    policies of a cluster, now ``policies``.

    ``changed`` are those that went or came, ``flipped`` the pod peers that rules name now and did
    not before, or the other way round; names of ports in egress rules are the same.
    """
    own = _by_namespace(policies)
    named = _peers_by_namespace(cluster, sorted(flipped), numbered)
    found = {}
    for namespace in {policy.namespace for policy in changed} | named.keys():
        place = (cluster.name, namespace)
        if place in before:
            old = before[place].inputs
            peers = sorted(set(old.pod_peers) ^ set(named.get(namespace, ())))
            here = own.get(namespace, ())
            found[place] = _inputs(here, peers, old.far_names, old.standing)
    return found


def _by_namespace(policies: Iterable[Policy]) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = {}
    for policy in policies:
        found.setdefault(policy.namespace, []).append(policy)
    return found


def space(
    given: Inputs,
    pods: Sequence[Pod],
    indexes: Sequence[int],
    numbered: Numbered,
    peers: Peers,
    gates: Gates,
    before: Space | None,
) -> Space:
    """The classes of a namespace. ``before`` has the same pods; its groups are kept where they
    tell apart all labels and names in use."""
    wanted = {number: numbered.pod_peers[number].pods for number in given.pod_peers}
    keys = _keys([*(policy.pods for policy in given.policies), *wanted.values()])
    if before and before.profiles.tell(keys, given.names):
        profiles = before.profiles
    else:
        profiles = Profiles(pods, indexes, keys, given.names)
    found = _gates(profiles, given, gates)
    identities = [peers.identity(one) for one in _identities(profiles, wanted, given.far_names)]
    return Space(
        given,
        profiles,
        np.array(identities, np.int32),
        np.array([egress for egress, _ in found], np.int32),
        np.array([ingress for _, ingress in found], np.int32),
    )


def _keys(selectors: Iterable[Needs]) -> tuple[str, ...]:
    return tuple(sorted({need.key for wanted in selectors for need in wanted}))


def _peers_by_namespace(
    cluster: Cluster, pod_peers: Sequence[int], numbered: Numbered
) -> dict[str, list[int]]:
    """The pod peers that may match pods of each namespace."""
    named = {number: numbered.pod_peers[number] for number in pod_peers}
    chosen = _namespaces(
        cluster, {one.namespaces for one in named.values() if one.namespace is None}
    )
    found: dict[str, list[int]] = {}
    for number, peer in named.items():
        for namespace in chosen[peer.namespaces] if peer.namespace is None else (peer.namespace,):
            found.setdefault(namespace, []).append(number)
    return found


def _namespaces(cluster: Cluster, selectors: AbstractSet[Needs]) -> dict[Needs, list[str]]:
    """The namespaces of a cluster that each of some selectors selects."""
    if not selectors:
        return {}
    keys, names = _keys(selectors), list(cluster.namespaces)
    rows = [tuple(map(labels.get, keys)) for labels in cluster.namespaces.values()]
    index = LabelIndex(keys, rows)
    return {wanted: [names[i] for i in index.select(wanted).sure] for wanted in selectors}


def _identities(
    profiles: Profiles, wanted: Mapping[int, Needs], far_names: frozenset[PortName]
) -> list[Identity]:
    """What others' policies can tell of each group."""
    everyone = [number for number, selector in wanted.items() if not selector]
    sure: list[list[int]] = [[] for _ in profiles.groups]
    doubt: list[list[int]] = [[] for _ in profiles.groups]
    for number, selector in wanted.items():
        if selector:
            chosen = profiles.index.select(selector)
            for i in chosen.sure:
                sure[i].append(number)
            if chosen.may is not chosen.sure:
                for i in chosen.may - chosen.sure:
                    doubt[i].append(number)
    known: dict[object, Identity] = {}
    found = []
    for profile, certain, open_ in zip(profiles.groups, sure, doubt, strict=True):
        told = (profile.host_network, profile.numbers, tuple(certain), tuple(open_))
        if told not in known:
            known[told] = _identity(profile, (*everyone, *certain), open_, far_names)
        found.append(known[told])
    return found


def _identity(
    profile: Profile, sure: tuple[int, ...], doubt: list[int], far_names: frozenset[PortName]
) -> Identity:
    """Whether a plugin knows a host-network pod for a pod is not specified: never surely."""
    certain = frozenset(sure)
    may = certain.union(doubt) if doubt else certain
    numbers = tuple(pair for pair in profile.numbers if pair[0] in far_names)
    if profile.host_network:
        return Identity(frozenset(), may, numbers, True)
    return Identity(certain, may, numbers)


def _gates(profiles: Profiles, given: Inputs, gates: Gates) -> list[tuple[int, int]]:
    """The egress and ingress gate of each group; groups that are selected alike share theirs."""
    everyone = [Selected(policy, True) for policy in given.policies if not policy.pods]
    selected: list[list[Selected]] = [[] for _ in profiles.groups]
    for policy in given.policies:
        if policy.pods:
            _select(selected, policy, profiles.index.select(policy.pods))
    known: dict[object, tuple[int, int]] = {}
    found = []
    for profile, special in zip(profiles.groups, selected, strict=True):
        told = (
            profile.policed,
            profile.numbers,
            tuple((one.policy.number, one.sure) for one in special),
        )
        if told not in known:
            known[told] = _pair(profile, given.standing, [*everyone, *special], gates)
        found.append(known[told])
    return found


def _select(selected: list[list[Selected]], policy: Policy, chosen: Selection) -> None:
    """Adds a policy to the groups that it surely or perhaps selects."""
    surely, perhaps = Selected(policy, True), Selected(policy, False)
    for i in chosen.may:
        selected[i].append(surely if i in chosen.sure else perhaps)


def _pair(
    profile: Profile, standing: Standing, selected: list[Selected], gates: Gates
) -> tuple[int, int]:
    if not profile.policed:
        return UNPOLICED, UNPOLICED
    return (
        gates.of("egress", standing, selected, profile.numbers),
        gates.of("ingress", standing, selected, profile.numbers),
    )
