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
    own: dict[str, list[Policy]] = {}
    for policy in policies:
        own.setdefault(policy.namespace, []).append(policy)
    named = _peers_by_namespace(cluster, sorted(pod_peers), numbered)
    found = {}
    for namespace in cluster.namespaces:
        here = tuple(own.get(namespace, ()))
        names = far_names.union(*(policy.names("ingress") for policy in here))
        found[cluster.name, namespace] = Inputs(
            here,
            tuple(named.get(namespace, ())),
            tuple(sorted(names)),
            far_names,
            standings.of(cluster.name, namespace),
        )
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
    """The classes of a namespace. ``before`` has the same pods; its groups are kept where the
    labels and names in use are the same."""
    wanted = {number: numbered.pod_peers[number].pods for number in given.pod_peers}
    keys = _keys([*(policy.pods for policy in given.policies), *wanted.values()])
    if before and (before.profiles.keys, before.profiles.names) == (keys, given.names):
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
    named = [(number, numbered.pod_peers[number]) for number in pod_peers]
    keys = _keys({peer.namespaces for _, peer in named})
    spaces = list(cluster.namespaces)
    rows = [tuple(map(labels.get, keys)) for labels in cluster.namespaces.values()]
    index = LabelIndex(keys, rows)
    chosen: dict[Needs, AbstractSet[int]] = {}
    found: dict[str, list[int]] = {}
    for number, peer in named:
        if peer.namespace is not None:
            found.setdefault(peer.namespace, []).append(number)
            continue
        if peer.namespaces not in chosen:
            chosen[peer.namespaces] = index.select(peer.namespaces).sure
        for i in chosen[peer.namespaces]:
            found.setdefault(spaces[i], []).append(number)
    return found


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
