"""The ways into pods that are not direct (Services, host ports), by number."""

from collections.abc import Iterable, Mapping

import numpy as np

from ringwall.model.gate import Reason
from ringwall.model.peers import Ints
from ringwall.model.services import WayIn
from ringwall.space.atoms import ServiceAtoms


class WaysIn:
    """Pods with the same ways in have the same number; 0 is having none."""

    def __init__(
        self, ways: Mapping[int, tuple[WayIn, ...]], pods: int, atoms: ServiceAtoms
    ) -> None:
        """``ways`` are those of pods that have some, by the pod's number; ``pods`` is how many
        pods there are."""
        self._atoms = atoms
        numbers = {found: i for i, found in enumerate(dict.fromkeys(ways.values()), 1)}
        self._ways: list[tuple[WayIn, ...]] = [(), *numbers]
        self.by_pod: Ints = np.zeros(pods + 1, dtype=np.int32)
        """The number of each pod, and 0 at the end for what is no pod."""
        for pod, found in ways.items():
            self.by_pod[pod] = numbers[found]

    def over(self, atoms: ServiceAtoms) -> "WaysIn":
        """The same numbers over other atoms."""
        twin = WaysIn({}, 0, atoms)
        twin._ways, twin.by_pod = self._ways, self.by_pod
        return twin

    def mask(self, number: int) -> int:
        """The services that may come in by the ways of a number."""
        found = 0
        for way in self._ways[number]:
            found |= self._atoms.mask(way.services)
        return found

    def reasons(self, number: int, mask: int) -> Iterable[Reason]:
        """Why services of ``mask`` may come in by them."""
        return (way.reason for way in self._ways[number] if mask & self._atoms.mask(way.services))
