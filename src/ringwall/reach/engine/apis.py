"""API endpoints of EKS clusters, as destinations and as senders (aws.md 44, 47, 49)."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.api import ApiWay
from ringwall.model.gate import Admission, Reason
from ringwall.model.holders import of_interface
from ringwall.model.network import Model
from ringwall.reach.engine.classes import Classes, Profile
from ringwall.reach.engine.join import Join
from ringwall.reach.engine.ways import Outcome, alternatives, answered, passing, united


class Pair(Protocol):
    """What answers about any two attachments."""

    def __call__(self, a: Attachment, b: Attachment, *, together: bool) -> Outcome:
        """The answer about ``a`` as sender and ``b`` as receiver."""


class Into(NamedTuple):
    """One way to an endpoint: the network's, what the sender's policies see, and both together."""

    way: ApiWay
    peer: int
    outcome: Outcome


class Apis:
    """Answers about API endpoints."""

    def __init__(self, model: Model, classes: Classes, join: Join) -> None:
        self._model, self._classes, self._join = model, classes, join

    def into(self, a: Attachment, b: Attachment) -> Outcome:
        """What passes to an endpoint."""
        ways = list(self.ways(a, b))
        known = [one.outcome for one in ways if not one.way.alternative]
        unknown = [one.outcome for one in ways if one.way.alternative]
        return united([*known, alternatives(unknown)])

    def ways(self, a: Attachment, b: Attachment) -> Iterator[Into]:
        """The ways to an endpoint, behind the sender's policies."""
        assert b.key is not None  # noqa: S101 - an endpoint's attachment has its key
        src = self._classes.profile(self._classes.of(a))
        policies, within = self._model.policies, self._join.within(b.family)
        for way in self._model.fabric.to_api(src.fabric, b.key):
            peer = policies.peer_of(way.far) if src.egress > 0 else 0
            outcome = passing(way.must, way.may, way.reply).within(within)
            if src.egress > 0:
                outcome = outcome.through(policies.egress(src.egress, peer))
            if src.gated:
                outcome = outcome.through(Admission(0, self._model.atoms.full))
            yield Into(way, peer, outcome)

    def out(self, a: Attachment, b: Attachment, pair: Pair) -> Outcome:
        """What an endpoint sends: from any of its control plane's interfaces."""
        senders = self.senders(a, b)
        if not senders:
            return answered(0, self._join.within(b.family or a.family))
        return united(pair(one, b, together=False) for one in senders)

    def senders(self, a: Attachment, b: Attachment) -> list[Attachment]:
        """The control plane's interfaces of an endpoint, each at its first address of a family."""
        assert a.key is not None  # noqa: S101
        family = 6 if (b.family or a.family) == 6 else 4
        found = []
        for one in self._model.fabric.control_plane(a.key):
            value = one.first_of(family)
            if value is not None:
                found.append(of_interface(one, (family, value)))
        return found

    def reasons(self, a: Attachment, b: Attachment, mask: int) -> frozenset[Reason]:
        """Why services of ``mask`` may or may not pass to an endpoint."""
        assert b.key is not None  # noqa: S101
        src = self._classes.profile(self._classes.of(a))
        found: set[Reason] = set()
        if mask:
            found |= self._model.fabric.api_reasons(src.fabric, b.key)
        ways = list(self.ways(a, b))
        for one in ways:
            found |= self._by_policies(src, a.cluster, one, mask)
        if len({one.outcome[:2] for one in ways if one.way.alternative}) > 1:
            found.add(_which(b))
        return frozenset(found)

    def _by_policies(
        self, src: Profile, cluster: str | None, one: Into, mask: int
    ) -> frozenset[Reason]:
        found = frozenset[Reason]()
        if src.gated:
            found |= self._model.policies.host_gate(cluster or "")
        if src.egress > 0:
            open_ = mask & one.outcome.may
            found |= self._model.policies.reasons("egress", src.egress, one.peer, open_)
        return found


def not_read(a: Attachment) -> Reason:
    """Why it is not known what an endpoint sends."""
    needs = "the control plane's interfaces: add the answer of aws ec2 describe-network-interfaces"
    return Reason("control-plane-not-read", a.owner, needs)


def _which(b: Attachment) -> Reason:
    """Why a way that is open to some public addresses only is not known."""
    needs = "the public addresses of the endpoint, which are not among the facts"
    return Reason("endpoint-address-not-known", b.owner, needs)
