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

    @cached_property
    def _real(self) -> "_View":
        """What is so."""
        return _View(self, self.audit.relation)

    @cached_property
    def _specified(self) -> "_View":
        """What would be so if policies were enforced as specified."""
        return _View(self, self.audit.specified)

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
        hosts, views = self.hosts(node), (self._real, self._specified)
        inside = [frozenset(view.kin(pod) for pod in hosts) for view in views]
        return self._real.kin(node), self._specified.kin(node), *inside

    def hosts(self, node: Node) -> list[Pod]:
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
        return pod.namespace, self._real.kin(pod), self._specified.kin(pod)

    def _way(self, pods: tuple[Pod, ...], node: Node) -> Way:
        pod = pods[0]
        real = self._real.word(pod, node)
        if real.word == CLOSED:
            return Way(pods, node, CLOSED)
        specified = self._specified.word(pod, node)
        if real.word == OPEN:
            unenforced = specified.word == CLOSED
            causes = () if unenforced else self._specified.admitting(pod, node)
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
        causes = self._specified.admitting(pod, node) if specified.word == OPEN else ()
        return Way(pods, node, specified.word, _needs(specified), causes, specified=True)

    def paths(self, way: Way) -> list[dict[str, object]]:
        """The way of one packet, as the definition judges it."""
        world = self.audit.net.world
        ends = endpoint_of(world, way.pod), endpoint(world, way.node.id)
        asked = services(f"tcp/{self.port}")
        found = self.audit.net.outcomes(*ends, asked, specification=way.specified)
        apart = (one for one in found if one.cell.truth.value and not one.together)
        return [self.audit.path(one) for one in islice(apart, 1)]


class _View:
    """What one relation says of a target: asked for all pods and nodes at once, and remembered."""

    def __init__(self, target: Target, relation: "Relation") -> None:
        self.target, self.relation = target, relation
        self._kins: dict[str, int] = {}

    def kin(self, thing: Pod | Node) -> int:
        """A number shared by what the relation cannot tell apart."""
        found = self._kins.get(thing.id)
        if found is None:
            found = self._kins[thing.id] = kin(self.relation, thing.id)
        return found

    def word(self, pod: Pod, node: Node) -> Word:
        """The worst that is said of a node or of a pod on its network."""
        things: list[Node | Pod] = [node, *self.target.hosts(node)]
        found = [self._pair(pod, thing) for thing in things]
        if any(one.word == OPEN for one in found):
            return Word(OPEN)
        doubts = [one.reasons for one in found if one.word == UNKNOWN]
        return Word(UNKNOWN, frozenset[Reason]().union(*doubts)) if doubts else Word(CLOSED)

    def _pair(self, pod: Pod, thing: Node | Pod) -> Word:
        outcome, bit = self._outcome(pod, thing), self._bit
        if outcome.must & bit & (outcome.reply.established | outcome.reply.partial):
            return Word(OPEN)
        if not outcome.may & bit & ~outcome.reply.none:
            return Word(CLOSED)
        pairs, reasons = self._attached(pod, thing), self.relation.engine.reasons
        why = [reasons(a, b, together=False, mask=bit) for a, b in pairs]
        if outcome.reply.unknown & bit:
            why.append(frozenset((Reason("reply-unknown", thing.id, "the way back of the reply"),)))
        return Word(UNKNOWN, frozenset[Reason]().union(*why))

    def _outcome(self, pod: Pod, thing: Node | Pod) -> "Outcome":
        """What a pod has with a node, or with a pod on its network, of another node."""
        return self.relation.told[self._table[self.kin(pod)][self.kin(thing)]].outcome

    @cached_property
    def _table(self) -> dict[int, dict[int, int]]:
        """Kin of pods → kin of nodes and of pods on their network → the number of the outcome."""
        nodes = self.target.nodes
        hosts = (pod for node in nodes for pod in self.target.hosts(node))
        things: list[Node | Pod] = [*nodes, *hosts]
        rows = sorted({self.kin(pod) for pod in self.target.cluster.pods})
        columns = sorted({self.kin(thing) for thing in things})
        numbers = self.relation.table(rows, columns, APART).tolist()
        lines = (dict(zip(columns, line, strict=True)) for line in numbers)
        return dict(zip(rows, lines, strict=True))

    @cached_property
    def _bit(self) -> int:
        return 1 << self.relation.atoms.atom_of(TCP, self.target.port)

    def admitting(self, pod: Pod, node: Node) -> tuple[str, ...]:
        """The egress rules of policies that let a pod through."""
        found = {
            f"{rule.object}:{rule.rule}"
            for a, b in self._attached(pod, node)
            for rule in self.relation.engine.rules(a, b, together=False, mask=self._bit)
            if rule.gate == "policy-egress"
        }
        return tuple(sorted(found))

    def _attached(self, src: Pod, dst: Pod | Node) -> Iterator[tuple[Attachment, Attachment]]:
        """The attachments of two things that can speak to each other."""
        for a in member(self.relation, src.id).attachments:
            for b in member(self.relation, dst.id).attachments:
                if of_one_family(a, b):
                    yield a, b


def _another(pod: Pod, nodes: list[Node]) -> Node | None:
    """One of some nodes that a pod is not on."""
    return next((node for node in nodes if node.name != pod.node), None)


def _needs(word: Word) -> tuple[str, ...]:
    return tuple(sorted({reason.needs for reason in word.reasons}))
