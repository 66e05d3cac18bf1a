"""Why a pair is not known, and which rules admit a packet: each gate is asked once more."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ringwall.facts.fact import Key
from ringwall.model.attachments import Attachment
from ringwall.model.gate import Reason
from ringwall.model.network import Model
from ringwall.model.rows import AskedBefore
from ringwall.reach.engine.apis import Apis, not_read
from ringwall.reach.engine.classes import NO_WAYS, Classes
from ringwall.reach.engine.join import Join, is_itself
from ringwall.reach.engine.serving import Hop, Serving


class Admitting(NamedTuple):
    """A rule that, at least perhaps, admits a packet: at which gates (``policy-egress``,
    ``network``, ``policy-ingress``), of which object, and which of its rules."""

    gate: str
    object: Key
    rule: str


_GATES: Final = ("policy-egress", "network", "policy-ingress")


def in_order(rules: Iterable[Admitting]) -> list[Admitting]:
    """Each rule once, as packets meet their gates."""
    return sorted(set(rules), key=lambda one: (_GATES.index(one.gate), *one[1:]))


class _Gates(NamedTuple):
    """The classes that stand on a direct way; a gate of 0 admits everything. ``crossing`` is the
    number of what the network does; a pod's way to ``itself`` does not lead there."""

    egress: int
    far: int
    src: int
    dst: int
    together: bool
    itself: bool
    crossing: int
    ingress: int
    near: int
    hosts: tuple[str, ...]
    ways: int


class Why:
    """Reasons and rules of any two attachments."""

    def __init__(
        self, model: Model, classes: Classes, join: Join, serving: Serving, apis: Apis
    ) -> None:
        self._model, self._classes, self._join = model, classes, join
        self._serving, self._apis = serving, apis

    # --- reasons ------------------------------------------------------------------------------

    def reasons(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> frozenset[Reason]:
        """Why services of ``mask`` are not decided."""
        if not mask or not self._serving.meets(a, b):
            return frozenset()
        if b.kind == "service":
            return self._of_service(a, b, together=together, mask=mask)
        if a.kind == "api":
            senders = self._apis.senders(a, b)
            found = (self.reasons(one, b, together=False, mask=mask) for one in senders)
            return frozenset().union(*found) if senders else frozenset({not_read(a)})
        if b.kind == "api":
            return self._apis.reasons(a, b, mask)
        return self._direct(a, b, together=together, mask=mask)

    def _direct(
        self,
        a: Attachment,
        b: Attachment,
        *,
        together: bool,
        mask: int,
        before: AskedBefore | None = None,
    ) -> frozenset[Reason]:
        at, policies = self._gates(a, b, together, before), self._model.policies
        found = set(self._model.ways_in.reasons(at.ways, mask))
        open_ = mask & self._may(at, before)
        if open_:
            for cluster in at.hosts:
                found |= policies.host_gate(cluster)
            if not at.itself:
                found |= self._model.fabric.reasons(at.src, at.dst, open_, together=at.together)
            if at.egress > 0:
                found |= policies.reasons("egress", at.egress, at.far, open_, before)
            if at.ingress > 0:
                found |= policies.reasons("ingress", at.ingress, at.near, open_)
        return frozenset(found)

    def _of_service(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> frozenset[Reason]:
        refused = self._serving.refused(a, b)
        if refused is not None:
            return refused
        found: set[Reason] = set()
        for hop in self._serving.hops(a, b, together=together):
            way = self._serving.way(a, hop)
            if mask & way.may & ~way.must:
                found |= self._of_hop(a, b, hop, mask)
        return frozenset(found)

    def _of_hop(self, a: Attachment, b: Attachment, hop: Hop, mask: int) -> frozenset[Reason]:
        step = hop.step
        if hop.hairpin:
            return step.reasons | {_hairpin(b)}
        target = mask if step.before is None else step.target
        direct = self._direct(a, hop.pod, together=hop.together, mask=target, before=step.before)
        return step.reasons | direct

    # --- rules --------------------------------------------------------------------------------

    def rules(self, a: Attachment, b: Attachment, *, together: bool, mask: int) -> list[Admitting]:
        """Every rule that at least perhaps admits services of ``mask``, in order."""
        if not mask or not self._serving.meets(a, b):
            return []
        return in_order(self._admitting(a, b, together=together, mask=mask))

    def _admitting(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> Iterable[Admitting]:
        if b.kind == "service":
            yield from self._behind_service(a, b, together=together, mask=mask)
        elif a.kind == "api":
            for one in self._apis.senders(a, b):
                yield from self._admitting(one, b, together=False, mask=mask)
        elif b.kind == "api":
            yield from self._to_api(a, b, mask)
        else:
            yield from self._on_way(a, b, together=together, mask=mask)

    def _behind_service(
        self, a: Attachment, b: Attachment, *, together: bool, mask: int
    ) -> Iterator[Admitting]:
        if self._serving.refused(a, b) is not None:
            return
        for hop in self._serving.hops(a, b, together=together):
            step = hop.step
            if not hop.hairpin and mask & step.asked:
                target = mask if step.before is None else step.target
                yield from self._on_way(
                    a, hop.pod, together=hop.together, mask=target, before=step.before
                )

    def _on_way(
        self,
        a: Attachment,
        b: Attachment,
        *,
        together: bool,
        mask: int,
        before: AskedBefore | None = None,
    ) -> Iterator[Admitting]:
        at, policies = self._gates(a, b, together, before), self._model.policies
        open_ = mask & self._may(at, before)
        if not open_ or at.itself:
            return
        out = policies.rules("egress", at.egress, at.far, open_, before) if at.egress > 0 else ()
        network = self._model.fabric.rules(at.src, at.dst, open_, together=at.together)
        into = policies.rules("ingress", at.ingress, at.near, open_) if at.ingress > 0 else ()
        for gate, found in zip(_GATES, (out, network, into), strict=True):
            yield from (Admitting(gate, key, index) for key, index, _ in found)

    def _to_api(self, a: Attachment, b: Attachment, mask: int) -> Iterator[Admitting]:
        src = self._classes.profile(self._classes.of(a))
        for one in self._apis.ways(a, b):
            if src.egress > 0 and mask & one.outcome.may:
                found = self._model.policies.rules("egress", src.egress, one.peer, mask)
                yield from (Admitting("policy-egress", key, index) for key, index, _ in found)

    # --- the gates on a way -------------------------------------------------------------------

    def _gates(
        self, a: Attachment, b: Attachment, together: bool, before: AskedBefore | None
    ) -> _Gates:
        itself = is_itself(a, b, before)
        src = self._classes.profile(self._classes.of(a))
        dst = self._classes.profile(self._classes.of(b))
        crossing = self._join.crossing(src.fabric, dst.fabric, together=together, itself=itself)
        told = ((a, src), (b, dst))
        hosts = dict.fromkeys(one.cluster or "" for one, profile in told if profile.gated)
        return _Gates(
            egress=0 if itself or (together and dst.host) else src.egress,
            far=dst.peer,
            src=src.fabric,
            dst=dst.fabric,
            together=together,
            itself=itself,
            crossing=crossing,
            ingress=0 if itself or (together and src.host) else dst.ingress,
            near=self._join.seen_as(src, crossing),
            hosts=tuple(hosts),
            ways=dst.ways if src.cluster != dst.cluster else NO_WAYS,
        )

    def _may(self, at: _Gates, before: AskedBefore | None) -> int:
        """What passes all gates of a direct way, at least perhaps."""
        policies = self._model.policies
        may = self._join.through(at.crossing).may
        if at.egress > 0:
            may &= policies.egress(at.egress, at.far, before).may
        if at.ingress > 0:
            may &= policies.ingress(at.ingress, at.near).may
        return may


def _hairpin(service: Attachment) -> Reason:
    needs = "what its network engine does with a pod that comes back to itself through a Service"
    return Reason("hairpin", service.owner, needs)
