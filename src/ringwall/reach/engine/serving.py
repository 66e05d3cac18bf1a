"""Services as destinations: the pods behind them, and what passes to each.

A packet to a port of a Service goes to one of its pods, at the port that it is sent on to. Any pod
will do, so the ways are united.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ringwall.facts import k8s
from ringwall.facts.fact import Key
from ringwall.model.attachments import Attachment
from ringwall.model.fabric.pool import Reply
from ringwall.model.gate import Admission, Reason
from ringwall.model.network import Model
from ringwall.model.rows import AskedBefore
from ringwall.model.services import HEADLESS
from ringwall.reach.engine.classes import Classes
from ringwall.reach.engine.join import Join
from ringwall.reach.engine.ways import BLOCKED, Outcome, answered, of_one_family, united

_DAEMON: Final = "[DaemonSet]"
_NO_DOUBT: Final[frozenset[Reason]] = frozenset()


class Step(NamedTuple):
    """The rewriting of packets for one port of a Service to one pod behind it, by number.

    ``asked`` is that port as a mask, ``target`` the pod's; both everything for a Service without
    an address, which rewrites nothing (``before`` is None then). ``sure`` is False where it is not
    known whether the Service has that pod.
    """

    pod: int
    asked: int
    target: int
    sure: bool
    before: AskedBefore | None
    reasons: frozenset[Reason]


class Hop(NamedTuple):
    """One way on to an address of that pod. ``hairpin`` says that it comes back to its sender, at
    another address than it was sent to."""

    step: Step
    pod: Attachment
    together: bool
    hairpin: bool


class Serving:
    """Answers about Services."""

    def __init__(self, model: Model, classes: Classes, join: Join) -> None:
        self._model, self._classes, self._join = model, classes, join

    def pair(self, a: Attachment, b: Attachment, *, together: bool) -> Outcome:
        """What passes to a Service; ``together`` places pods of whose nodes one is not known."""
        full = self._join.within(a.family or b.family)
        refused = self.refused(a, b)
        if refused is not None:
            return answered(0, full) if refused else BLOCKED
        ways = {self._alike(hop): hop for hop in self.hops(a, b, together=together)}
        return united(self.way(a, hop) for hop in ways.values())

    def meets(self, a: Attachment, b: Attachment) -> bool:
        """Whether packets can go between two attachments: they are of one family, or something
        brings senders from outside to a Service, which may well be of both families."""
        if of_one_family(a, b):
            return True
        return b.kind == "service" and a.cluster != b.cluster and bool(self.refused(a, b))

    def refused(self, a: Attachment, b: Attachment) -> frozenset[Reason] | None:
        """Why it is not known what a Service does with a sender, empty if it surely has nothing for
        it; None if its pods decide."""
        body, key = self._body(b), b.key
        assert key is not None  # noqa: S101 - a Service's attachment has its key
        if a.cluster != b.cluster:
            reason = self._model.backends.exposed(b.cluster or "", key, body)
        else:
            reason = self._model.backends.unknown(key, body)
            if reason is None:
                return None
        return frozenset({reason} if reason else ())

    def hops(self, a: Attachment, b: Attachment, *, together: bool) -> Iterator[Hop]:
        """The ways on from a Service of the sender's cluster, to each pod behind each port."""
        body, atoms = self._body(b), self._model.atoms
        assert b.key is not None  # noqa: S101
        if body.spec.cluster_ip == HEADLESS:
            for number, sure in self._model.backends.selected(b.cluster or "", body):
                doubt = _NO_DOUBT if sure else _not_sure(b.key)
                step = Step(number, atoms.full, atoms.full, sure, None, doubt)
                yield from self._hops(a, step, together)
            return
        spot = self._classes.profile(self._classes.of(b)).peer
        for port, pods in self._model.backends.backends(b.cluster or "", b.key, body).items():
            asked = 1 << atoms.atom_of(*port)
            for number, target, sure, doubt in pods:
                at = 1 << atoms.atom_of(port[0], target)
                step = Step(number, asked, at, sure, (spot, port), doubt)
                yield from self._hops(a, step, together)

    def _hops(self, a: Attachment, step: Step, together: bool) -> Iterator[Hop]:
        """To each address that a pod has of the sender's family."""
        itself = a.pod == step.pod
        hairpin = (
            itself and step.before is not None and self._model.workloads.pods[step.pod].policed
        )
        for one in self._model.holders.of_pod(step.pod):
            if (one.family == 6) == (a.family == 6):
                yield Hop(step, one, itself or self.near(a, one, together), hairpin)

    def near(self, a: Attachment, pod: Attachment, together: bool) -> bool:
        """Whether a pod behind a Service is on the sender's node; ``together`` says so where one
        of the nodes is not known. Two pods of one DaemonSet never are."""
        if a.node and pod.node:
            return a.node == pod.node
        if a.pod < 0 or not together:
            return together
        pods = self._model.workloads.pods
        workload = pods[a.pod].workload
        return workload != pods[pod.pod].workload or not workload.endswith(_DAEMON)

    def way(self, a: Attachment, hop: Hop) -> Outcome:
        """What passes on one of the ways, as services of the Service."""
        step = hop.step
        if hop.hairpin:
            found = answered(0, self._join.within(a.family))
        else:
            found = self._join.pair(a, hop.pod, together=hop.together, before=step.before)
        if not step.sure:
            found = found.through(Admission(0, self._model.atoms.full))
        return found if step.before is None else _renamed(found, step.target, step.asked)

    def _alike(self, hop: Hop) -> tuple[object, ...]:
        """What says that two ways of one sender are the same."""
        return self._classes.of(hop.pod), hop.together, hop.hairpin, *hop.step[1:5]

    def _body(self, b: Attachment) -> k8s.Service:
        assert b.key is not None  # noqa: S101
        return self._model.workloads.clusters[b.cluster or ""].services[b.key]


def _renamed(found: Outcome, target: int, asked: int) -> Outcome:
    """What passes on a pod's port, as the Service's port."""
    must, may = (asked if mask & target else 0 for mask in found[:2])
    return Outcome(must, may, Reply(*(asked if mask & target else 0 for mask in found.reply)))


def _not_sure(key: Key) -> frozenset[Reason]:
    needs = (
        "whether it selects a pod hangs on a label whose value the controller makes up; "
        "read the running pods: kubectl get pods -A -o json"
    )
    return frozenset({Reason("label-made-up", str(key), needs)})
