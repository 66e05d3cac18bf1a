"""Classes of attachments: what of an attachment an answer depends on, but for name and node."""

from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.model.attachments import Attachment
from ringwall.model.network import Model
from ringwall.model.peers import Ints

NO_WAYS: Final = 0
"""The number of having no ways in beside the direct one."""

_LARGEST: Final = 1 << 62


class Profile(NamedTuple):
    """One class, as numbers.

    ``egress`` and ``ingress`` are policy gates (-1: not policed), ``peer`` what policies see it
    as, ``fabric`` what the network does. ``six`` is IPv6. ``cluster`` numbers the clusters (and
    having none). ``host`` is a node or a pod on the host network; ``gated`` that policies for
    hosts, which are not read, may concern it. ``ways`` numbers the ways into a pod that are not
    direct. ``special`` numbers Services and API endpoints, -1 for all else.
    """

    egress: int
    ingress: int
    peer: int
    fabric: int
    six: int
    cluster: int
    host: int
    gated: int
    ways: int
    special: int


class Classes:
    """Numbers classes; attachments of one class are answered alike. ``columns`` holds a row of
    :class:`Profile` for each class that was met."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._columns = np.empty((len(Profile._fields), 0), dtype=np.int32)
        self._count = 0
        self._numbers: dict[tuple[int, ...], int] | None = None
        self._profiles: dict[int, Profile] = {}
        self._known: dict[Attachment, int] | None = None
        self._listed: Ints | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def columns(self) -> "Columns":
        """The fields of all classes, as arrays by class."""
        return Columns(*self._columns[:, : self._count])

    def profile(self, number: int) -> Profile:
        """One class."""
        found = self._profiles.get(number)
        if found is None:
            found = self._profiles[number] = Profile(*self._columns[:, number].tolist())
        return found

    def of(self, one: Attachment) -> int:
        """The class of an attachment."""
        if self._known is None:
            attachments = self._model.holders.attachments
            self._known = dict(zip(attachments, self.listed().tolist(), strict=True))
        found = self._known.get(one)
        if found is None:
            found = self._known[one] = int(self.many([one])[0])
        return found

    def listed(self) -> Ints:
        """The classes of the attachments of the model, in their order."""
        if self._listed is None:
            self._listed = self.many(self._model.holders.attachments)
        return self._listed

    def many(self, attachments: Sequence[Attachment]) -> Ints:
        """The class of each attachment."""
        columns = self._told(attachments)
        first, back = distinct(columns)
        rows = np.array([column[first] for column in columns], dtype=np.int32)
        return self._numbered(rows)[back]

    # --- numbers ------------------------------------------------------------------------------

    def _numbered(self, rows: Ints) -> Ints:
        """The classes of distinct rows; those that are new are added."""
        if not self._count:
            self._add(rows)
            return np.arange(rows.shape[1], dtype=np.int32)
        if self._numbers is None:
            known = zip(*self._columns[:, : self._count].tolist(), strict=True)
            self._numbers = {row: number for number, row in enumerate(known)}
        told = list(zip(*rows.tolist(), strict=True))
        new = [i for i, row in enumerate(told) if row not in self._numbers]
        for i in new:
            self._numbers[told[i]] = len(self._numbers)
        self._add(rows[:, new])
        return np.array([self._numbers[row] for row in told], dtype=np.int32)

    def _add(self, rows: Ints) -> None:
        after = self._count + rows.shape[1]
        if after > self._columns.shape[1]:
            wider = np.empty((len(Profile._fields), after + after // 8 + 64), dtype=np.int32)
            wider[:, : self._count] = self._columns[:, : self._count]
            self._columns = wider
        self._columns[:, self._count : after] = rows
        self._count = after

    # --- what decides -------------------------------------------------------------------------

    def _told(self, attachments: Sequence[Attachment]) -> list[Ints]:
        """The fields of :class:`Profile` for each attachment."""
        model, holders = self._model, self._model.holders
        told = holders.told if attachments is holders.attachments else holders.tell(attachments)
        policy = model.policies.classify(attachments)
        fabric = model.fabric.classify(attachments)
        ways = np.where(told.host > 0, NO_WAYS, model.ways_in.by_pod[told.pod])
        return [
            policy.egress,
            policy.ingress,
            policy.peer,
            fabric,
            told.six,
            told.cluster,
            told.host,
            told.host * self._gated[told.cluster],
            ways,
            told.special,
        ]

    @cached_property
    def _gated(self) -> Ints:
        """Whether policies for hosts may concern those of each cluster; none first."""
        names = self._model.workloads.clusters
        return _ints([False, *(bool(self._model.policies.host_gate(name)) for name in names)])


class Columns(NamedTuple):
    """The fields of :class:`Profile`, each an array by class."""

    egress: Ints
    ingress: Ints
    peer: Ints
    fabric: Ints
    six: Ints
    cluster: Ints
    host: Ints
    gated: Ints
    ways: Ints
    special: Ints


def distinct(
    columns: Sequence[NDArray[np.integer] | NDArray[np.bool_]],
) -> tuple[NDArray[np.intp], Ints]:
    """Where each distinct row of some columns first stands, and for each row which it is."""
    codes, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        numbers = column.astype(np.int64)
        low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        width = high - low + 1
        if size * width >= _LARGEST:
            known, codes = np.unique(codes, return_inverse=True)
            size = len(known)
        codes = codes * width + (numbers - low)
        size *= width
    _, first, back = np.unique(codes, return_index=True, return_inverse=True)
    return first, back.astype(np.int32)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)
