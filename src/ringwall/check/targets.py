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

from ringwall.check.alike import grouped, kin, member
from ringwall.check.audit import Audit
from ringwall.check.namespaces import cluster_name, endpoint_of
from ringwall.model.attachments import Attachment
from ringwall.model.gate import Reason
from ringwall.reach.definition.packet import TCP
from ringwall.reach.definition.pods import Cluster, Node, Pod
from ringwall.reach.engine.placement import APART
from ringwall.reach.engine.ways import of_one_family
from ringwall.reach.ids import endpoint, services

if TYPE_CHECKING:
    from ringwall.reach.engine.relation import Relation
    from ringwall.reach.engine.ways import Outcome

OPEN, UNKNOWN, CLOSED = "open", "unknown", "closed"
_UNMODELLED: Final = "enforcer-not-modelled"
_COMPUTE_TYPE: Final = "eks.amazonaws.com/compute-type"


class Word(NamedTuple):
    """What one relation says of a pod and a node: open, closed, or unknown and why."""

    word: str
    reasons: frozenset[Reason] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """What pods that are alike get of a node that none of them is on.

    ``causes`` are the policy rules that let them, none where no policy isolates them;
    ``specified`` says that policies count as specified, ``unenforced`` that nothing enforces them.
    """

    pods: tuple[Pod, ...]
    node: Node
    word: str
    needs: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    specified: bool = False
    unenforced: bool = False

    @property
    def pod(self) -> Pod:
        """The pod that stands for all."""
        return self.pods[0]

    @property
    def is_open(self) -> bool:
        """Whether they surely get there."""
        return self.word == OPEN


class Target:
    """A TCP port of the nodes of one cluster."""

    def __init__(self, audit: Audit, cluster: Cluster, port: int) -> None:
        self.audit, self.cluster, self.port = audit, cluster, port
        self.title = cluster_name(audit.net.world, cluster.name)
        self._kins: dict[tuple[int, str], int] = {}
        self._tables: dict[int, dict[int, dict[int, int]]] = {}

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes that pods of others can run beside: none of Fargate's, which have one pod."""
        every = self.cluster.nodes.values()
        kept = (node for node in every if node.labels.get(_COMPUTE_TYPE) != "fargate")
        return sorted(kept, key=lambda node: node.id)

    @cached_property
    def _kinds(self) -> list[list[Node]]:
        """The nodes that the engine cannot tell apart."""
        return grouped(self.nodes, self._kind_of_node)

    def _kind_of_node(self, node: Node) -> object:
        hosts = self._hosts(node)
        relations = self.audit.relation, self.audit.specified
        inside = [frozenset(self._kin(one, pod.id) for pod in hosts) for one in relations]
        return self._kin(self.audit.relation, node.id), *inside

    def _hosts(self, node: Node) -> list[Pod]:
        """The pods on a node's network, or perhaps: they have its address, and engines may take
        it for theirs (kubernetes.md 1c, "hostNetwork pods")."""
        return [*self._on_hosts.get(node.name, ()), *self._on_hosts.get("", ())]

    @cached_property
    def _on_hosts(self) -> dict[str, list[Pod]]:
        """Node → the pods on its network, one of those that are alike."""
        found: dict[str, list[Pod]] = {}
        pods = (pod for pod in self.cluster.pods if pod.host_network)
        for pod, *_ in grouped(pods, lambda pod: (pod.node, self._kind(pod))):
            found.setdefault(pod.node, []).append(pod)
        return found

    def ways(self, pods: Iterable[Pod]) -> Iterator[Way]:
        """What is open to pods, or undecided; asked once for those that are alike."""
        for alike in grouped(pods, self._kind):
            for nodes in self._kinds:
                elsewhere = [pod for pod in alike if _another(pod, nodes)]
                if elsewhere and (node := _another(elsewhere[0], nodes)):
                    way = self._way(tuple(elsewhere), node)
                    if way.word != CLOSED:
                        yield way

    def _kind(self, pod: Pod) -> object:
        """What is shared by pods of a namespace that are answered alike."""
        relations = self.audit.relation, self.audit.specified
        return pod.namespace, *(self._kin(one, pod.id) for one in relations)

    def _way(self, pods: tuple[Pod, ...], node: Node) -> Way:
        pod = pods[0]
        real = self._word(self.audit.relation, pod, node)
        if real.word == CLOSED:
            return Way(pods, node, CLOSED)
        specified = self._word(self.audit.specified, pod, node)
        if real.word == OPEN:
            unenforced = specified.word == CLOSED
            causes = () if unenforced else self._admitting(pod, node)
            return Way(pods, node, OPEN, causes=causes, unenforced=unenforced)
        if {reason.code for reason in real.reasons} != {_UNMODELLED}:
            return Way(pods, node, UNKNOWN, _needs(real))
        return self._as_specified(pods, node, specified, real)

    def _as_specified(self, pods: tuple[Pod, ...], node: Node, specified: Word, real: Word) -> Way:
        """The engine in force is not modelled: it denies at least what the specification does, and
        admits what that admits unless it denies by default."""
        pod = pods[0]
        denies = self.audit.net.world.enforcers[pod.cluster].default_deny
        if specified.word == OPEN and denies:
            return Way(pods, node, UNKNOWN, _needs(real))
        causes = self._admitting(pod, node) if specified.word == OPEN else ()
        return Way(pods, node, specified.word, _needs(specified), causes, specified=True)

    def _word(self, relation: "Relation", pod: Pod, node: Node) -> Word:
        """The worst that is said of a node or of a pod on its network."""
        things: list[Node | Pod] = [node, *self._hosts(node)]
        found = [self._pair(relation, pod, thing) for thing in things]
        if any(one.word == OPEN for one in found):
            return Word(OPEN)
        doubts = [one.reasons for one in found if one.word == UNKNOWN]
        return Word(UNKNOWN, frozenset[Reason]().union(*doubts)) if doubts else Word(CLOSED)

    def _pair(self, relation: "Relation", pod: Pod, thing: Node | Pod) -> Word:
        outcome, bit = self._outcome(relation, pod, thing), self._bit(relation)
        if outcome.must & bit & (outcome.reply.established | outcome.reply.partial):
            return Word(OPEN)
        if not outcome.may & bit & ~outcome.reply.none:
            return Word(CLOSED)
        pairs = _attached(relation, pod, thing)
        why = [relation.engine.reasons(a, b, together=False, mask=bit) for a, b in pairs]
        if outcome.reply.unknown & bit:
            why.append(frozenset((Reason("reply-unknown", thing.id, "the way back of the reply"),)))
        return Word(UNKNOWN, frozenset[Reason]().union(*why))

    def _outcome(self, relation: "Relation", pod: Pod, thing: Node | Pod) -> "Outcome":
        """What a pod has with a node, or with a pod on its network, of another node."""
        i, j = self._kin(relation, pod.id), self._kin(relation, thing.id)
        return relation.told[self._table(relation)[i][j]].outcome

    def _table(self, relation: "Relation") -> dict[int, dict[int, int]]:
        """Kin of pods → kin of nodes and of pods on their network → the number of the outcome."""
        found = self._tables.get(id(relation))
        if found is None:
            pods = {self._kin(relation, pod.id) for pod in self.cluster.pods}
            hosts = [pod for node in self.nodes for pod in self._hosts(node)]
            things: list[Node | Pod] = [*self.nodes, *hosts]
            rows, columns = sorted(pods), sorted({self._kin(relation, one.id) for one in things})
            numbers = relation.table(rows, columns, APART).tolist()
            lines = (dict(zip(columns, line, strict=True)) for line in numbers)
            found = self._tables[id(relation)] = dict(zip(rows, lines, strict=True))
        return found

    def _kin(self, relation: "Relation", thing: str) -> int:
        asked = id(relation), thing
        if asked not in self._kins:
            self._kins[asked] = kin(relation, thing)
        return self._kins[asked]

    def _bit(self, relation: "Relation") -> int:
        return 1 << relation.atoms.atom_of(TCP, self.port)

    def _admitting(self, pod: Pod, node: Node) -> tuple[str, ...]:
        """The egress rules of policies that let a pod through."""
        relation = self.audit.specified
        bit = self._bit(relation)
        found = {
            f"{rule.object}:{rule.rule}"
            for a, b in _attached(relation, pod, node)
            for rule in relation.engine.rules(a, b, together=False, mask=bit)
            if rule.gate == "policy-egress"
        }
        return tuple(sorted(found))

    def paths(self, way: Way) -> list[dict[str, object]]:
        """The way of one packet, as the definition judges it."""
        world = self.audit.net.world
        ends = endpoint_of(world, way.pod), endpoint(world, way.node.id)
        asked = services(f"tcp/{self.port}")
        found = self.audit.net.outcomes(*ends, asked, specification=way.specified)
        apart = (one for one in found if one.cell.truth.value and not one.together)
        return [self.audit.path(one) for one in islice(apart, 1)]


def _attached(
    relation: "Relation", src: Pod, dst: Pod | Node
) -> Iterator[tuple[Attachment, Attachment]]:
    """The attachments of two things that can speak to each other."""
    for a in member(relation, src.id).attachments:
        for b in member(relation, dst.id).attachments:
            if of_one_family(a, b):
                yield a, b


def _another(pod: Pod, nodes: list[Node]) -> Node | None:
    """One of some nodes that a pod is not on."""
    return next((node for node in nodes if node.name != pod.node), None)


def _needs(word: Word) -> tuple[str, ...]:
    return tuple(sorted({reason.needs for reason in word.reasons}))
