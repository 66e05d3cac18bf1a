"""Who reaches whom: the relation between endpoints, over all services at once.

An endpoint is its members: the pods of a workload, the addresses of a block. Members that the
engine cannot tell apart are judged once: they are of one *kin*, and all that is left of them is how
they are spread over nodes. The answer about two endpoints therefore hangs on a few outcomes,
however many pods there are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringwall.errors import UsageError
from ringwall.facts.fact import Delta, Facts
from ringwall.model.fabric.doubts import named
from ringwall.model.gate import Reason
from ringwall.model.network import build
from ringwall.reach.engine.bulk import Bulk, clean
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.directory import Directory
from ringwall.reach.engine.endpoints import (
    SERVICE,
    STANDING,
    Endpoint,
    Member,
    in_both,
    is_service,
    services_of,
)
from ringwall.reach.engine.judge import Part, Told, judge
from ringwall.reach.engine.placement import APART, NOWHERE, TOGETHER, Crowd, Home, Placing, placing
from ringwall.reach.engine.ways import BLOCKED, of_one_family, united
from ringwall.space.services import ICMP, ICMPV6, SERVED, ServiceSet

UNFIT = 0
"""The outcome of two members between which no packet can go, as they have no address of one
family."""


class Answer(NamedTuple):
    """The services of a pair of endpoints that have one answer, and why it is not known."""

    services: ServiceSet
    verdict: str
    extent: str | None
    reply: str | None
    if_placed: str | None
    reasons: frozenset[Reason]


class Kin(NamedTuple):
    """What members have in common that the engine cannot tell apart but for their nodes: the
    classes of their attachments, and where they can stand."""

    classes: tuple[int, ...]
    home: Home


class Mix(NamedTuple):
    """The outcomes of the pairs of two endpoints, by number, and those with pods moved."""

    now: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()

    @classmethod
    def still(cls, numbers: Iterable[int]) -> "Mix":
        """Outcomes that moving pods does not change."""
        same = frozenset(numbers)
        return cls(same, same)

    @classmethod
    def placed(cls, placing: Placing, apart: int, together: int) -> "Mix":
        """Of two outcomes those of some placements."""
        number = {APART: apart, TOGETHER: together}
        now, moved = (frozenset(number[one] for one in some) for some in placing)
        return cls(now, moved)

    def joined(self, other: "Mix") -> "Mix":
        """The outcomes of both."""
        return Mix(self.now | other.now, self.moved | other.moved)


class Relation:
    """Answers about pairs of endpoints; what was found for a pair of kins is remembered."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.atoms = engine.model.atoms
        self.directory = Directory(engine)
        full, mask = self.atoms.full, self.atoms.mask
        self._of_family = {
            4: full & ~mask(ServiceSet.of(ICMPV6)),
            6: full & ~mask(ServiceSet.of(ICMP)),
        }
        self._bulk = Bulk(engine, self._number) if isinstance(engine, Engine) else None
        self.told: list[Told] = [Told(BLOCKED, fits=False)]  # number UNFIT
        self._numbers: dict[Told, int] = {}
        self.kins: list[Kin] = []
        self._numbered: dict[Kin, int] = {}
        self._examples: list[list[Member]] = []
        self._crowds: dict[Endpoint, dict[int, Crowd]] = {}
        self._of_kins: dict[tuple[int, int, bool], int] = {}
        self._of_services: dict[tuple[int, str, int, Member], frozenset[int]] = {}
        self._parts: dict[Mix, tuple[Part, ...]] = {}

    @classmethod
    def of(cls, facts: Facts) -> "Relation":
        """The relation of a world."""
        return cls(Engine(build(facts)))

    @property
    def facts(self) -> Facts:
        """What it is the relation of."""
        return self.engine.model.facts

    def rebuild(self, delta: Delta) -> "Relation":
        """The relation of the changed facts; what the change cannot touch is taken over."""
        return Relation(Engine(self.engine.model.rebuild(delta)))

    def between(self, src: str, dst: str, services: ServiceSet = SERVED) -> list[Answer]:
        """Every answer about two ids, blocked ones last; together they are all of ``services``.

        Raises UsageError for an id that names nothing, or more than one thing.
        """
        return list(self.answers(self.sender(src), self.directory.find(dst), services))

    def sender(self, id_: str) -> Endpoint:
        """An endpoint that sends. Raises UsageError."""
        found = self.directory.find(id_)
        if found.kind == SERVICE:
            raise UsageError(f"`{id_}` is a Service and sends nothing; ask from its pods")
        return found

    def answers(
        self, src: Endpoint, dst: Endpoint, services: ServiceSet = SERVED
    ) -> Iterator[Answer]:
        """The same about two endpoints."""
        for part in self.parts(self.mix(src, dst)):
            asked = self.atoms.services(part.services) & services
            if asked:
                yield Answer(asked, *part[1:5], named(part.doubts, src.id))

    # --- outcomes -> parts --------------------------------------------------------------------

    def parts(self, mix: Mix) -> tuple[Part, ...]:
        """All services by answer, blocked ones last."""
        found = self._parts.get(mix)
        if found is None:
            now, moved = self._fitting(mix.now), self._fitting(mix.moved)
            found = judge(now, moved, self.atoms.full)
            self._parts[mix] = found
        return found

    def _fitting(self, numbers: frozenset[int]) -> list[Told]:
        """Members of two families count where no two share one."""
        told = [self.told[one] for one in sorted(numbers)]
        return [one for one in told if one.fits] or told

    # --- endpoints -> outcomes ----------------------------------------------------------------

    def mix(self, src: Endpoint, dst: Endpoint) -> Mix:
        """The outcomes of every two distinct members; of one with itself if it is no pod, or if
        there is no other pair."""
        mix = Mix()
        for i, mine in self.crowds(src).items():
            for j, theirs in self.targets(dst).items():
                mix = mix.joined(self._mixed(i, j, placing(mine, theirs)))
        for service in services_of(dst):
            mix = mix.joined(self._served(src, service))
        for member in in_both(src, dst):
            if member.pod < 0 or not mix.now:
                itself = self._number(self._judged(member, member, TOGETHER))
                mix = mix.joined(Mix.still((itself,)))
        return mix

    def tell(self, a: Member, b: Member) -> list[Told]:
        """What two members have with each other, in each placement that they may have."""
        endpoints = Endpoint("", "", (a,)), Endpoint("", "", (b,))
        return [self.told[number] for number in sorted(self.mix(*endpoints).now)]

    def _served(self, src: Endpoint, service: Member) -> Mix:
        """The outcomes of senders with a Service. Its pods are on nodes and one of them may be the
        sender, so that it matters which node that is on, and who it is."""
        numbers: set[int] = set()
        behind = self._behind(service)
        for member in src.members:
            pod = member.pod if member.pod in behind else -1
            asked = self.kin(member), member.node, pod, service
            if asked not in self._of_services:
                near = self.engine.model.fabric.present or self._home(member).host
                places = (APART, TOGETHER) if near else (APART,)
                told = [self._judged(member, service, place) for place in places]
                self._of_services[asked] = frozenset(map(self._number, told))
            numbers |= self._of_services[asked]
        return Mix.still(numbers)

    def _behind(self, service: Member) -> frozenset[int]:
        """The pods that a Service selects, perhaps or surely."""
        found = set()
        for one in service.attachments:
            if one.cluster is not None and one.key is not None:
                body = self.engine.model.workloads.clusters[one.cluster].services[one.key]
                found |= {pod for pod, _ in self.engine.model.backends.selected(one.cluster, body)}
        return frozenset(found)

    def _mixed(self, i: int, j: int, placed: Placing) -> Mix:
        """The outcomes of two kins in some placements."""
        if not placed.now:
            return Mix()
        apart, together = self.outcome(i, j, APART), self.outcome(i, j, TOGETHER)
        if apart == together:
            return Mix.still((apart,))
        return Mix.placed(placed, apart, together)

    def crowds(self, endpoint: Endpoint) -> dict[int, Crowd]:
        """The members of an endpoint by kin."""
        found = self._crowds.get(endpoint)
        if found is None:
            members: dict[int, list[Member]] = {}
            for member in endpoint.members:
                members.setdefault(self.kin(member), []).append(member)
            found = {kin: self._crowd(kin, members[kin]) for kin in sorted(members)}
            self._crowds[endpoint] = found
        return found

    def targets(self, endpoint: Endpoint) -> dict[int, Crowd]:
        """The same without Services, which are asked by way of their pods."""
        found = self.crowds(endpoint)
        if not services_of(endpoint):
            return found
        return {kin: one for kin, one in found.items() if not is_service(self._examples[kin][0])}

    def kin(self, member: Member) -> int:
        """The number of a member's kin."""
        classes = tuple(sorted(self.engine.class_of(one) for one in member.attachments))
        kin = Kin(classes, self._home(member))
        number = self._numbered.setdefault(kin, len(self.kins))
        if number == len(self.kins):
            self.kins.append(kin)
            self._examples.append([])
        examples = self._examples[number]
        if len(examples) < 2 and all(member.itself != one.itself for one in examples):
            examples.append(member)
        return number

    def _home(self, member: Member) -> Home:
        """Where a member can stand."""
        here = next((one for one in member.attachments if one.kind in STANDING), None)
        if member.machine:
            return Home(member.machine.cluster)
        if here is None or member.public:
            return Home(None)
        if member.pod < 0:
            return Home(here.cluster, host=True)
        pod = self.engine.model.workloads.pods[member.pod]
        daemon = pod.workload if pod.workload.endswith("[DaemonSet]") else ""
        return Home(here.cluster, daemon, pod=True, host=pod.host_network)

    def _crowd(self, kin: int, members: list[Member]) -> Crowd:
        nodes = Counter(one.node for one in members)
        unplaced = nodes.pop(NOWHERE, 0)
        known = {one.itself: one.node for one in members if one.itself is not None}
        return Crowd(self.kins[kin].home, nodes, unplaced, known)

    # --- pairs of kins -> outcomes ------------------------------------------------------------

    def outcome(self, i: int, j: int, together: bool) -> int:
        """The number of what a member of kin ``i`` has with another member of kin ``j``; UNFIT
        where there is no other yet."""
        asked = i, j, together and self._near(self.kins[i].home, self.kins[j].home)
        found = self._of_kins.get(asked)
        if found is None:
            mine = self._examples[i][0]
            other = next((one for one in self._examples[j] if _distinct(mine, one)), None)
            if other is None:
                return UNFIT
            found = self._of_kins[asked] = self._number(self._judged(mine, other, asked[2]))
        return found

    def table(
        self, rows: Sequence[int], columns: Sequence[int], together: bool
    ) -> NDArray[np.int64]:
        """The numbers of ``outcome`` for all pairs of kins."""
        found = np.full((len(rows), len(columns)), UNFIT, dtype=np.int64)
        easy_rows, rest_rows = self._split(rows, together)
        easy_columns, rest_columns = self._split(columns, together)
        if self._bulk and easy_rows and easy_columns:
            found[np.ix_(easy_rows, easy_columns)] = self._bulk.table(
                [self.kins[rows[i]].classes for i in easy_rows],
                [self.kins[columns[j]].classes for j in easy_columns],
                UNFIT,
                together=together,
            )
        rest = [*product(rest_rows, range(len(columns))), *product(easy_rows, rest_columns)]
        for i, j in rest:
            found[i, j] = self.outcome(rows[i], columns[j], together)
        return found

    def _split(self, kins: Sequence[int], together: bool) -> tuple[list[int], list[int]]:
        """The places of kins that can be judged in bulk, and those of others."""
        easy = [self._bulk is not None and self._easy(kin, together) for kin in kins]
        places = range(len(kins))
        return [i for i in places if easy[i]], [i for i in places if not easy[i]]

    def _easy(self, kin: int, together: bool) -> bool:
        member = self._examples[kin][0]
        attachments = member.attachments
        if not attachments or any(one.kind in ("service", "api") for one in attachments):
            return False
        return not together or all(map(member.stands, attachments))

    def _near(self, a: Home, b: Home) -> bool:
        """Whether it can matter that members stand on one node."""
        if a.cluster is None or a.cluster != b.cluster:
            return False
        return self.engine.model.fabric.present or a.host or b.host

    def _number(self, told: Told | None) -> int:
        if told is None:
            return UNFIT
        number = self._numbers.setdefault(told, len(self.told))
        if number == len(self.told):
            self.told.append(told)
        return number

    def _judged(self, a: Member, b: Member, together: bool) -> Told | None:
        """Through any attachments between which packets can go; None if there are none."""
        pairs = [
            (one, other, together and a.stands(one) and (b.stands(other) or is_service(b)))
            for one in a.attachments
            for other in b.attachments
            if self.engine.meet(one, other)
        ]
        if not pairs:
            return None
        ways = [self.engine.pair(one, other, together=here) for one, other, here in pairs]
        outcome = clean(united(ways))
        open_ = outcome.may & ~outcome.must
        doubts = [
            self.engine.reasons(one, other, together=here, mask=open_ & way.may)
            for (one, other, here), way in zip(pairs, ways, strict=True)
            if open_ & way.may
        ]
        within = 0
        for one, other, _ in pairs:
            within |= self._of_family[6 if (one.family or other.family) == 6 else 4]
        fits = any(of_one_family(one, other) for one, other, _ in pairs)
        return Told(outcome, within, frozenset[Reason]().union(*doubts), fits)


def _distinct(a: Member, b: Member) -> bool:
    """Whether there is a pair of different addresses among them."""
    return a.itself is None or a.itself != b.itself
