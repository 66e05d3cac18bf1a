"""The pods of one namespace, grouped by what policies can tell of them.

Selectors are evaluated per group, never per pod: a group is every pod with the same values of the
labels in use, the same numbers of the port names in use, and the same standing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ringwall.model.peers import Ints, PortName
from ringwall.model.selectors import OPEN, LabelIndex, Value
from ringwall.model.workloads import Pod


class Profile(NamedTuple):
    """What the pods of one group have in common; ``values`` are those of the labels in use."""

    values: tuple[Value, ...]
    numbers: tuple[tuple[PortName, int], ...]
    policed: bool
    host_network: bool


class Profiles:
    """The groups of a namespace. ``of_pod`` gives the group of each of ``pods`` (indexes)."""

    def __init__(
        self,
        pods: Sequence[Pod],
        indexes: Sequence[int],
        keys: tuple[str, ...],
        names: tuple[PortName, ...],
    ) -> None:
        """``keys`` and ``names`` are the labels and port names that policies mention."""
        numbers: dict[Profile, int] = {}
        wanted = frozenset(names)
        of_pod = [
            numbers.setdefault(_profile(pods[i], keys, wanted), len(numbers)) for i in indexes
        ]
        self.keys, self.names = keys, names
        self.pods: Ints = np.array(indexes, dtype=np.int32)
        self.of_pod: Ints = np.array(of_pod, dtype=np.int32)
        self.groups = list(numbers)
        self.index = LabelIndex(keys, [profile.values for profile in self.groups])

    def tell(self, keys: Iterable[str], names: Iterable[PortName]) -> bool:
        """Whether the groups tell apart what these labels and port names do."""
        return set(keys) <= set(self.keys) and set(names) <= set(self.names)


def _profile(pod: Pod, keys: tuple[str, ...], wanted: frozenset[PortName]) -> Profile:
    values: Iterable[Value] = map(pod.labels.get, keys)
    if pod.open_labels:
        values = (OPEN if key in pod.open_labels else pod.labels.get(key) for key in keys)
    numbers = _numbers(pod, wanted) if wanted and pod.ports else ()
    return Profile(tuple(values), numbers, pod.policed, pod.host_network)


def _numbers(pod: Pod, wanted: frozenset[PortName]) -> tuple[tuple[PortName, int], ...]:
    found: dict[PortName, int] = {}
    for port in pod.ports:
        name = (port.name, port.protocol)
        if name in wanted:
            found.setdefault(name, port.container_port)
    return tuple(sorted(found.items()))
