"""Questions about things and sets, put to the definition: pair by pair, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ringwall.errors import UsageError
from ringwall.facts.fact import Facts
from ringwall.reach.cells import Box, Cell, cells
from ringwall.reach.definition.judge import Question, paths, speaks_other_family
from ringwall.reach.definition.packet import Address, Service
from ringwall.reach.definition.path import Path
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.reply import worst
from ringwall.reach.definition.world import Party, World
from ringwall.reach.ids import Endpoint, Member, Services, endpoint, owners_of, services, unowned


@dataclass(frozen=True, slots=True)
class Outcome:
    """One cell of one pair of members, placed in one way."""

    src: Member
    dst: Member
    together: bool
    cell: Cell


@dataclass(frozen=True)
class Answer:
    """Every outcome of a question, and what they say together (DESIGN: Verdicts, Workloads)."""

    src: Endpoint
    dst: Endpoint
    services: tuple[Services, ...]
    outcomes: tuple[Outcome, ...]

    @cached_property
    def verdict(self) -> str:
        """``allowed`` where some outcome is, else ``unknown`` where some is, else ``blocked``."""
        values = {outcome.cell.truth.value for outcome in self.outcomes}
        if True in values:
            return "allowed"
        return "unknown" if None in values else "blocked"

    @property
    def extent(self) -> str | None:
        """``all`` or ``some``: of must for an allowed answer, of may for an unknown one."""
        if self.verdict == "blocked":
            return None
        values = [outcome.cell.truth.value for outcome in self.outcomes]
        refused = (False, None) if self.verdict == "allowed" else (False,)
        return "some" if any(value in refused for value in values) else "all"

    @property
    def reply(self) -> str | None:
        """The worst reply among the outcomes that are not blocked, each by its best way."""
        found = [
            best_reply(outcome.cell)
            for outcome in self.outcomes
            if outcome.cell.truth.value is not False
        ]
        if not found:
            return None
        if "none" in found and set(found) != {"none"}:
            return "unknown" if "unknown" in found else "partial"
        return worst(found)

    def first(self, value: bool | None) -> Outcome | None:
        """The first outcome with this truth."""
        return next((o for o in self.outcomes if o.cell.truth.value is value), None)


def best_reply(cell: Cell) -> str:
    """The reply of the way that answers best, among those that decide the cell."""
    deciding = [path for path in cell.paths if path.truth.value == cell.truth.value]
    order = ("established", "partial", "unknown", "none")
    return min((path.reply for path in deciding), key=order.index, default="established")


class Net:
    """A world that can be asked."""

    def __init__(self, facts: Facts) -> None:
        self.world = World(facts)

    def ask(
        self,
        src: str | Endpoint,
        dst: str | Endpoint,
        port: str,
        *,
        specification: bool = False,
        policies_only: bool = False,
    ) -> Answer:
        """Who may reach whom on which service. Raises UsageError for words that mean nothing.

        ``specification``: judge policies as specified, whatever enforces them;
        ``policies_only``: leave the AWS layer out.
        """
        start = endpoint(self.world, src) if isinstance(src, str) else src
        if start.kind == "service":
            raise UsageError(f"`{start.id}` is a Service and sends nothing; ask from its pods")
        end = endpoint(self.world, dst) if isinstance(dst, str) else dst
        asked = services(port)
        mode = Mode(specification, policies_only)
        found = tuple(_outcomes(self.world, start, end, asked, mode))
        found = found or tuple(_outcomes(self.world, start, end, asked, mode, strict=False))
        return Answer(start, end, asked, found)

    def outcomes(
        self,
        src: Endpoint,
        dst: Endpoint,
        asked: tuple[Services, ...],
        *,
        specification: bool = False,
        policies_only: bool = False,
    ) -> Iterator[Outcome]:
        """The outcomes of a question one by one, for who needs only the first of a kind."""
        mode = Mode(specification, policies_only)
        return _outcomes(self.world, src, dst, asked, mode)

    def ask_placed_otherwise(self, answer: Answer) -> Answer | None:
        """The same question with pods moved: those on one node apart, the others together. What
        stands where it must stays there, and what stands nobody knows where is judged both ways
        again. None where nothing can be moved."""
        src, dst = answer.src, answer.dst
        if not any(
            _can_move(self.world, here, there) for here in src.members for there in dst.members
        ):
            return None
        mode = Mode(False, False)
        found = tuple(_outcomes(self.world, src, dst, answer.services, mode, moved=True))
        return Answer(src, dst, answer.services, found) if found else None


@dataclass(frozen=True, slots=True)
class Mode:
    """How a question is meant (see Net.ask)."""

    specification: bool
    policies_only: bool


def _outcomes(
    world: World,
    src: Endpoint,
    dst: Endpoint,
    asked: tuple[Services, ...],
    mode: Mode,
    *,
    moved: bool = False,
    strict: bool = True,
) -> Iterator[Outcome]:
    """The cells of every pair of members; ``strict`` leaves out what can only be asked alone: a
    pod of a block about itself, the ICMP of a family that two addresses do not speak."""
    for here in src.members:
        for there in _reachable_family(src, dst, here):
            if _same_pod(src, dst, here, there):
                continue
            for together in _placements(world, here, there, moved=moved):
                for block in _services_of(asked, here, there):
                    box = Box(here.span, there.span, block)
                    judge = _Judge(world, here, there, mode, together, moved=moved, strict=strict)
                    for cell in cells(box, judge):
                        if cell.paths:
                            yield Outcome(here, there, together, cell)


def _reachable_family(src: Endpoint, dst: Endpoint, here: Member) -> list[Member]:
    """Members of the same family; where a set has none for the other end, it is left out."""
    family = _families(here)
    fitting = [there for there in dst.members if not family or not _families(there)
               or family & _families(there)]  # fmt: skip
    if fitting or any(_families(h) & _families(t) for h in src.members for t in dst.members):
        return fitting
    return list(dst.members)


def _families(member: Member) -> set[int]:
    if member.span:
        return {member.span.family}
    return {family for party in member.parties for family in party.families}


def _same_pod(src: Endpoint, dst: Endpoint, here: Member, there: Member) -> bool:
    """A workload's question is about distinct pods, unless it is one pod asking about itself."""
    pods = {pod.id for member in (here, there) for pod in _pods(member)}
    alone = len(src.members) == 1 and len(dst.members) == 1
    return bool(_pods(here) and _pods(there)) and len(pods) == 1 and not alone


def _pods(member: Member) -> list[Pod]:
    return [party.pod for party in member.parties if party.pod]


def _placements(world: World, here: Member, there: Member, *, moved: bool) -> list[bool]:
    """The placements to ask about; of a block each packet's owners tell which it can have."""
    if here.span or there.span:
        return [False, True]
    if not here.parties or not there.parties:
        return [False]
    return _placed(world, here.parties[0], there.parties[0], moved=moved)


def _can_move(world: World, here: Member, there: Member) -> bool:
    """Whether a pair may stand otherwise once pods are moved; a block may hold pods."""
    return bool(here.span or there.span) or _placements(
        world, here, there, moved=True
    ) != _placements(world, here, there, moved=False)


def _placed(world: World, a: Party, b: Party, *, moved: bool) -> list[bool]:
    """Whether both are on one node: as they are, or both ways where that is not known. ``moved``:
    once pods are moved. Two pods of one DaemonSet never are on one node."""
    if a.cluster is None or a.cluster != b.cluster:
        return [False]
    if not world.fabric.present and not (_on_host(a) or _on_host(b)):
        return [False]
    if b.service is not None:
        told = bool(_node_name(a)) and all(pod.node for pod in world.clusters[a.cluster].pods)
        return [False] if told else [True, False]
    kin = bool(a.pod and b.pod and a.pod.workload == b.pod.workload)
    of_daemon = kin and a.pod is not None and "[DaemonSet]" in a.pod.workload
    nodes = (_node_name(a), _node_name(b))
    if nodes[0] and nodes[1] and not (moved and a.pod and b.pod):
        return [nodes[0] == nodes[1]]
    if of_daemon:
        return [False]
    return [nodes[0] != nodes[1]] if nodes[0] and nodes[1] else [True, False]


def _node_name(party: Party) -> str:
    return party.pod.node if party.pod else party.node.name if party.node else ""


def _on_host(party: Party) -> bool:
    return party.pod.host_network if party.pod else party.node is not None


def _services_of(asked: tuple[Services, ...], here: Member, there: Member) -> list[Services]:
    """ICMP belongs to IPv4 and ICMPv6 to IPv6, where the question is about all protocols."""
    if len(asked) == 1:
        return list(asked)
    families = _families(here) | _families(there) or {4}
    wrong = {58} if families == {4} else {1} if families == {6} else set()
    return [block for block in asked if block.protocols[0] not in wrong]


class _Judge:
    """Puts one packet of a cell to the definition, for every attachment of both members."""

    def __init__(
        self,
        world: World,
        here: Member,
        there: Member,
        mode: Mode,
        together: bool,
        *,
        moved: bool,
        strict: bool,
    ) -> None:
        self.world, self.here, self.there, self.mode = world, here, there, mode
        self.together, self.moved, self.strict = together, moved, strict

    def __call__(self, src: Address | None, dst: Address | None, asked: Service) -> list[Path]:
        sources, targets = self._parties(self.here, src), self._parties(self.there, dst)
        pairs = [(a, b) for a in sources for b in targets if not self._is_itself(a, b)]
        fitting = [
            (a, b) for a, b in pairs if not (a.families and b.families) or a.families & b.families
        ]
        questions = self._questions(fitting or pairs[:1], asked)
        if self.strict:
            questions = [one for one in questions if not speaks_other_family(one)]
        return [path for question in questions for path in paths(self.world, question)]

    def _is_itself(self, src: Party, dst: Party) -> bool:
        """Whether a pod of a block is asked about itself."""
        of_block = self.here.span or self.there.span
        return bool(self.strict and of_block and src.pod and src.pod is dst.pod)

    def _parties(self, member: Member, at: Address | None) -> list[Party]:
        if at is None:
            return list(member.parties)
        owners = owners_of(self.world, at)
        if member.foreign:
            party = unowned(self.world, at)
            return [] if owners or party.domain else [party]
        return owners or [unowned(self.world, at)]

    def _questions(self, pairs: list[tuple[Party, Party]], asked: Service) -> list[Question]:
        """The questions about pairs of attachments in this placement; none about a packet of a
        block whose ends are not placed so."""
        if not (self.here.span or self.there.span):
            return [self._question(a, b, asked, self.together) for a, b in pairs]
        placed = [_placed(self.world, a, b, moved=self.moved) for a, b in pairs]
        if not any(self.together in one for one in placed):
            return []
        return [
            self._question(
                a, b, asked, self.together if self.together in can else not self.together
            )
            for (a, b), can in zip(pairs, placed, strict=True)
        ]

    def _question(self, src: Party, dst: Party, asked: Service, together: bool) -> Question:
        mode = self.mode
        return Question(src, dst, asked, together, mode.specification, mode.policies_only)
