"""What the engine says of the way from pods to a port of nodes other than their own.

It answers for all of them at once, through policies and the network. Where it does not
model the engine in force, policies count as specified. A pod's own node is left out: the
specification lets a pod reach it whatever its policies say (kubernetes.md 1c, "Local node").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from ringwall.check.alike import grouped, member
from ringwall.check.audit import Audit
from ringwall.check.namespaces import cluster_name, endpoint_of
from ringwall.model.attachments import Attachment
from ringwall.model.gate import Reason
from ringwall.reach.definition.packet import TCP
from ringwall.reach.definition.pods import Cluster, Node, Pod
from ringwall.reach.engine.ways import of_one_family
from ringwall.reach.ids import endpoint, services

if TYPE_CHECKING:
    from ringwall.check.node_kinds import Line, View

OPEN, UNKNOWN, CLOSED = "open", "unknown", "closed"
_WORDS: Final = (OPEN, UNKNOWN, CLOSED)
"""What is said of a pod and a node, worst first."""
_UNMODELLED: Final = "enforcer-not-modelled"


class Answer(NamedTuple):
    """What pods get of nodes.

    ``causes`` are the policy rules that let them, none where no policy isolates them;
    ``specified`` says that policies count as specified, ``unenforced`` that nothing enforces them.
    """

    word: str
    needs: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    specified: bool = False
    unenforced: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """An answer that holds for pods and nodes, but for those nodes that a pod is on itself: each
    has another."""

    pods: tuple[Pod, ...]
    nodes: tuple[Node, ...]
    answer: Answer

    @property
    def pod(self) -> Pod:
        """The pod that stands for all: the first by workload and id."""
        return self.pods[0]

    @property
    def node(self) -> Node:
        """The first node that it is not on."""
        return next(node for node in self.nodes if node.name != self.pod.node)

    @property
    def is_open(self) -> bool:
        """Whether they surely get there."""
        return self.answer.word == OPEN


class _Asked:
    """What one relation says of a TCP port of the nodes of a cluster."""

    def __init__(self, view: "View", port: int) -> None:
        self.view = view
        self._relation = view.relation
        self._bit = 1 << view.relation.atoms.atom_of(TCP, port)
        self._words: dict[Line, tuple[str, ...]] = {}
        self._rules: dict[tuple[int, int], tuple[str, ...]] = {}

    def words(self, pod: Pod) -> tuple[str, ...]:
        """By kind of nodes the worst that is said of one or of a pod on its network."""
        line = self.view.line(pod)
        found = self._words.get(line)
        if found is None:
            said = (set(map(self._word, numbers)) for numbers in line)
            found = tuple(next(word for word in _WORDS if word in words) for words in said)
            self._words[line] = found
        return found

    def _word(self, number: int) -> str:
        outcome = self.view.outcome(number)
        if outcome.must & self._bit & (outcome.reply.established | outcome.reply.partial):
            return OPEN
        return UNKNOWN if outcome.may & self._bit & ~outcome.reply.none else CLOSED

    def reasons(self, pod: Pod, kind: int) -> frozenset[Reason]:
        """Why it is not known what a pod gets of nodes."""
        there = zip(self.view.kinds[kind].things, self.view.line(pod)[kind], strict=True)
        return frozenset(
            reason
            for thing, number in there
            if self._word(number) == UNKNOWN
            for reason in self._doubts(pod, thing, number)
        )

    def _doubts(self, pod: Pod, thing: Node | Pod, number: int) -> Iterator[Reason]:
        for a, b in self._attached(pod, thing):
            yield from self._relation.engine.reasons(a, b, together=False, mask=self._bit)
        if self.view.outcome(number).reply.unknown & self._bit:
            yield Reason("reply-unknown", thing.id, "the way back of the reply")

    def admitting(self, pod: Pod, kind: int) -> tuple[str, ...]:
        """The egress rules of policies that let a pod through."""
        node = self.view.kinds[kind].nodes[0]
        asked = self.view.kin(pod), self.view.kin(node)
        if asked not in self._rules:
            found = {
                f"{rule.object}:{rule.rule}"
                for a, b in self._attached(pod, node)
                for rule in self._relation.engine.rules(a, b, together=False, mask=self._bit)
                if rule.gate == "policy-egress"
            }
            self._rules[asked] = tuple(sorted(found))
        return self._rules[asked]

    def _attached(self, src: Pod, dst: Pod | Node) -> Iterator[tuple[Attachment, Attachment]]:
        """The attachments of two things that can speak to each other."""
        for a in member(self._relation, src.id).attachments:
            for b in member(self._relation, dst.id).attachments:
                if of_one_family(a, b):
                    yield a, b


class Target:
    """A TCP port of the nodes of one cluster."""

    def __init__(self, audit: Audit, cluster: Cluster, port: int) -> None:
        self.audit, self.cluster, self.port = audit, cluster, port
        self.title = cluster_name(audit.net.world, cluster.name)
        self._kinds = audit.node_kinds[cluster.name]

    @property
    def nodes(self) -> list[Node]:
        """The nodes that are asked about."""
        return self._kinds.nodes

    @cached_property
    def _real(self) -> _Asked:
        return _Asked(self._kinds.real, self.port)

    @cached_property
    def _specified(self) -> _Asked:
        return _Asked(self._kinds.specified, self.port)

    def ways(self, pods: Iterable[Pod]) -> Iterator[Way]:
        """What is open to pods, or undecided; asked once for those that are alike."""
        for alike in grouped(sorted(pods, key=_in_order), self._sign):
            for answer, nodes in self._answers(alike[0]).items():
                elsewhere = tuple(pod for pod in alike if any(n.name != pod.node for n in nodes))
                if elsewhere:
                    yield Way(elsewhere, tuple(nodes), answer)

    def _sign(self, pod: Pod) -> object:
        """What is shared by pods of a namespace that get the same: what is really said, by which
        policies, and, where that is not known, all that tells them apart."""
        words = self._real.words(pod)
        apart = self._kinds.real.kin(pod) if UNKNOWN in words else None
        return pod.namespace, words, self._kinds.specified.kin(pod), apart

    def _answers(self, pod: Pod) -> dict[Answer, list[Node]]:
        """What there is for a pod, and at which nodes."""
        found: dict[Answer, list[Node]] = {}
        words = zip(self._real.words(pod), self._specified.words(pod), strict=True)
        for kind, (real, specified) in enumerate(words):
            if real != CLOSED:
                answer = self._answer(pod, kind, real, specified)
                found.setdefault(answer, []).extend(self._kinds.all[kind].nodes)
        return {answer: nodes for answer, nodes in found.items() if answer.word != CLOSED}

    def _answer(self, pod: Pod, kind: int, real: str, specified: str) -> Answer:
        if real == OPEN:
            unenforced = specified == CLOSED
            causes = () if unenforced else self._specified.admitting(pod, kind)
            return Answer(OPEN, causes=causes, unenforced=unenforced)
        doubts = self._real.reasons(pod, kind)
        denies = self.audit.net.world.enforcers[pod.cluster].default_deny
        if {doubt.code for doubt in doubts} != {_UNMODELLED} or (specified == OPEN and denies):
            return Answer(UNKNOWN, _needs(doubts))
        return self._as_specified(pod, kind, specified)

    def _as_specified(self, pod: Pod, kind: int, specified: str) -> Answer:
        """The engine in force is not modelled: it denies at least what the specification does, and
        admits what that admits unless it denies by default."""
        if specified == OPEN:
            return Answer(OPEN, causes=self._specified.admitting(pod, kind), specified=True)
        return Answer(specified, _needs(self._specified.reasons(pod, kind)), specified=True)

    def paths(self, way: Way) -> list[dict[str, object]]:
        """The way of one packet, as the definition judges it."""
        world = self.audit.net.world
        ends = endpoint_of(world, way.pod), endpoint(world, way.node.id)
        asked = services(f"tcp/{self.port}")
        found = self.audit.net.outcomes(*ends, asked, specification=way.answer.specified)
        apart = (one for one in found if one.cell.truth.value and not one.together)
        return [self.audit.path(one) for one in islice(apart, 1)]


def _in_order(pod: Pod) -> tuple[str, str]:
    return pod.workload, pod.id


def _needs(reasons: Iterable[Reason]) -> tuple[str, ...]:
    return tuple(sorted({reason.needs for reason in reasons}))
