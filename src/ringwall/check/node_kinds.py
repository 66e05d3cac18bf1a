"""The nodes of a cluster as its pods meet them: which of them the engine cannot tell apart, and
what it says, over all services, of pods and nodes that are not one beside the other.

Pods are told apart by far more than what they get of nodes: their outcomes are few. What is asked
about a port is asked once for each of these.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from ringwall.check.alike import grouped, kin
from ringwall.reach.definition.pods import Cluster, Node, Pod
from ringwall.reach.engine.placement import APART

if TYPE_CHECKING:
    from ringwall.check.audit import Audit
    from ringwall.reach.engine.relation import Relation
    from ringwall.reach.engine.ways import Outcome

_COMPUTE_TYPE: Final = "eks.amazonaws.com/compute-type"
Line = tuple[tuple[int, ...], ...]


class Kind(NamedTuple):
    """Nodes that the engine cannot tell apart, and what has the address of the first: itself, and
    the pods on its network."""

    nodes: tuple[Node, ...]
    things: tuple[Node | Pod, ...]


class View:
    """What one relation says of the pods and the nodes of a cluster."""

    def __init__(self, relation: "Relation", kinds: "NodeKinds") -> None:
        self.relation = relation
        self._kinds = kinds
        self._kins: dict[str, int] = {}

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of nodes, in order."""
        return self._kinds.all

    def kin(self, thing: Pod | Node) -> int:
        """A number shared by what the relation cannot tell apart, but for where it stands."""
        found = self._kins.get(thing.id)
        if found is None:
            found = self._kins[thing.id] = kin(self.relation, thing.id)
        return found

    def line(self, pod: Pod) -> Line:
        """By kind of nodes: the numbers of the outcomes of a pod with what is there, in order."""
        return self._lines[self.kin(pod)]

    def outcome(self, number: int) -> "Outcome":
        """The outcome of a number."""
        return self.relation.told[number].outcome

    @cached_property
    def _lines(self) -> dict[int, Line]:
        """The same by kin of pods; equal ones are one."""
        there = [tuple(map(self.kin, kind.things)) for kind in self.kinds]
        rows = sorted({self.kin(pod) for pod in self._kinds.cluster.pods})
        columns = sorted({number for numbers in there for number in numbers})
        table = self.relation.table(rows, columns, APART).tolist()
        known: dict[tuple[int, ...], Line] = {}
        for row in {tuple(row) for row in table}:
            at = dict(zip(columns, row, strict=True))
            known[row] = tuple(tuple(at[number] for number in numbers) for numbers in there)
        return {number: known[tuple(row)] for number, row in zip(rows, table, strict=True)}


class NodeKinds:
    """The nodes of one cluster that pods of others can run beside: none of Fargate's, which have
    one pod."""

    def __init__(self, audit: "Audit", cluster: Cluster) -> None:
        self._audit, self.cluster = audit, cluster

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes, in order of id."""
        every = self.cluster.nodes.values()
        kept = (node for node in every if node.labels.get(_COMPUTE_TYPE) != "fargate")
        return sorted(kept, key=lambda node: node.id)

    @cached_property
    def real(self) -> View:
        """What is really so."""
        return View(self._audit.relation, self)

    @cached_property
    def specified(self) -> View:
        """What policies say, as specified."""
        return View(self._audit.specified, self)

    @cached_property
    def all(self) -> list[Kind]:
        """The nodes by kind."""
        found = (tuple(nodes) for nodes in grouped(self.nodes, self._kind))
        return [Kind(nodes, (nodes[0], *self._hosts(nodes[0]))) for nodes in found]

    def _kind(self, node: Node) -> object:
        views, hosts = (self.real, self.specified), self._hosts(node)
        return *(view.kin(node) for view in views), *(
            frozenset(map(view.kin, hosts)) for view in views
        )

    def _hosts(self, node: Node) -> Iterable[Pod]:
        """The pods on a node's network, or perhaps: they have its address, and engines may take
        it for theirs (kubernetes.md 1c, "hostNetwork pods")."""
        return [*self._on_hosts.get(node.name, ()), *self._on_hosts.get("", ())]

    @cached_property
    def _on_hosts(self) -> dict[str, list[Pod]]:
        """Node → the pods on its network, one of those that are alike."""
        found: dict[str, list[Pod]] = {}
        pods = (pod for pod in self.cluster.pods if pod.host_network)
        for pod, *_ in grouped(pods, self._place):
            found.setdefault(pod.node, []).append(pod)
        return found

    def _place(self, pod: Pod) -> object:
        return pod.node, pod.namespace, self.real.kin(pod), self.specified.kin(pod)
