"""Every policy gate of the world, by classes.

Three numbers say all that policies can tell of an attachment: its *gates* (whom it may send to,
who may send to it) and its *peer class* (what the gates of others see of it). The numbers of a
changed model mean what they meant before it.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from ringwall.facts.fact import Delta, Facts, Key
from ringwall.model.attachments import Attachment
from ringwall.model.columns import Columns
from ringwall.model.dialects.networkpolicy import PROTOCOLS, UNDEFINED, Policy, Reader, Way
from ringwall.model.enforcers.detect import SPEC, Enforcer
from ringwall.model.gate import ALLOW, Admission, Reason, Rule
from ringwall.model.gate import reasons as gate_reasons
from ringwall.model.gates import UNPOLICED, Gates, Standings
from ringwall.model.matching import matcher, unsure
from ringwall.model.peers import Blocks, Far, Identity, Ints, Numbered, Peers, PortName, Spot
from ringwall.model.rows import AskedBefore, Bound, Outcomes, Row
from ringwall.model.sights import Sights
from ringwall.model.spaces import Inputs, Place, Space, changed_inputs, inputs, space
from ringwall.model.workloads import Cluster, Workloads
from ringwall.space.addresses import Addresses
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from ringwall.space.services import ServiceSet


class Classes(NamedTuple):
    """For each attachment the numbers of its egress and its ingress gate (-1 where nothing
    polices it) and of its peer class."""

    egress: Ints
    ingress: Ints
    peer: Ints


class Policies:
    """The policy gates of all pods, and what they admit.

    ``bind`` gives the service atoms; what admits and what is admitted can be asked after it.
    """

    def __init__(
        self, facts: Facts, workloads: Workloads, enforcers: Mapping[str, Enforcer]
    ) -> None:
        self._numbered = Numbered()
        self._peers = Peers()
        self._columns = Columns(self._peers)
        self._gates = Gates()
        self._reader = Reader(self._numbered)
        self._sights = Sights(self._peers)
        self._build(facts, workloads, enforcers, None)

    def rebuild(
        self,
        facts: Facts,
        workloads: Workloads,
        enforcers: Mapping[str, Enforcer],
        delta: Delta,
    ) -> "Policies":
        """The gates of changed facts; ``delta`` leads from the facts of this object to them.

        Numbers of gates and peer classes are shared with this object; attachments are classified
        again, as one may have another class now.
        """
        new = object.__new__(Policies)
        new._numbered, new._peers, new._columns = self._numbered, self._peers, self._columns
        new._gates, new._reader = self._gates, self._reader
        new._sights = self._sights.twin()
        touched = frozenset(key.scope for key in delta)
        new._build(facts, workloads, enforcers, self, touched)
        return new

    def _build(
        self,
        facts: Facts,
        workloads: Workloads,
        enforcers: Mapping[str, Enforcer],
        before: "Policies | None",
        touched: frozenset[str] = frozenset(),
    ) -> None:
        """``touched`` are the scopes in which facts differ from those of ``before``."""
        self._workloads = workloads
        self._enforcers = dict(enforcers)
        self._standings = Standings(facts, enforcers)
        self._same = _same_clusters(self, before) if before else frozenset()
        kept = self._same - touched
        self._read: dict[str, list[Policy]] = {
            name: before._read[name] if before and name in kept else self._policies_of(name)
            for name in workloads.clusters
        }
        self._specified = {
            name: policies for name, policies in self._read.items() if enforcers[name].name == SPEC
        }
        self._before = before
        self._bound: Bound | None = None
        self._blocks: Blocks = self._find_blocks(before)
        self._of_pod: tuple[Ints, ...]
        self._find_classes(before)

    def _policies_of(self, cluster: str) -> list[Policy]:
        found = self._workloads.clusters[cluster].policies
        return [self._reader.policy(key, body) for key, body in found.items()]

    def _find_blocks(self, before: "Policies | None") -> Blocks:
        lists = self._specified.values()
        present = frozenset(chain.from_iterable(p.blocks for policies in lists for p in policies))
        if before and before._blocks.present == present:
            return before._blocks
        return Blocks(self._numbered, present, self._peers)

    def _find_classes(self, before: "Policies | None") -> None:
        pods = self._workloads.pods
        self._spaces: dict[Place, Space] = {}
        self._of_pod = tuple(np.zeros(len(pods), np.int32) for _ in range(3))
        if before and before._workloads.pods is pods:
            self._spaces = dict(before._spaces)
            self._of_pod = tuple(array.copy() for array in before._of_pod)
        members = self._workloads.by_namespace()
        for place, given in self._inputs(before).items():
            old = self._spaces.get(place)
            if place in members and (old is None or old.inputs != given):
                made = space(
                    given, pods, members[place], self._numbered, self._peers, self._gates, old
                )
                self._spaces[place] = made
                columns = (made.identities, made.egress, made.ingress)
                for array, column in zip(self._of_pod, columns, strict=True):
                    array[made.profiles.pods] = column[made.profiles.of_pod]

    def _inputs(self, before: "Policies | None") -> dict[Place, Inputs]:
        """The inputs of namespaces that may have changed."""
        policies = chain.from_iterable(self._specified.values())
        self._far_names = frozenset[PortName]().union(*(one.egress_names for one in policies))
        found: dict[Place, Inputs] = {}
        for name, cluster in self._workloads.clusters.items():
            if before and before._far_names == self._far_names and name in self._same:
                found |= self._changed_inputs(cluster, before)
            else:
                found |= inputs(
                    cluster,
                    self._read[name],
                    self._pod_peers(name),
                    self._far_names,
                    self._standings,
                    self._numbered,
                )
        return found

    def _changed_inputs(self, cluster: Cluster, before: "Policies") -> dict[Place, Inputs]:
        """The same of a cluster in which nothing but policies may have changed."""
        name = cluster.name
        old, now = before._read[name], self._read[name]
        if old is now:
            return {}
        numbers = {one.number for one in old} ^ {one.number for one in now}
        return changed_inputs(
            cluster,
            now,
            [one for one in (*old, *now) if one.number in numbers],
            before._pod_peers(name) ^ self._pod_peers(name),
            before._spaces,
            self._numbered,
        )

    def _pod_peers(self, cluster: str) -> frozenset[int]:
        """The pod peers that rules of a cluster name."""
        policies = self._specified.get(cluster, ())
        return frozenset(peer for policy in policies for peer in policy.pod_peers)

    def service_sets(self) -> frozenset[ServiceSet]:
        """Every set of services that a rule or a named port of a pod names."""
        policies = list(chain.from_iterable(self._specified.values()))
        names = frozenset[PortName]().union(
            *(one.ingress_names for one in policies), *(one.egress_names for one in policies)
        )
        resolved = (
            ServiceSet.of(PROTOCOLS[protocol], number)
            for name, protocol in names
            for number in self._workloads.numbers(name, protocol)
        )
        return frozenset((UNDEFINED, *resolved)).union(*(one.services for one in policies))

    def bind(self, atoms: ServiceAtoms, interner: Interner, *, kept: bool = False) -> None:
        """Gives the atoms and the interner that masks are of.

        After ``rebuild`` what is known of unchanged gates is kept if the interner is the same
        object, or, said by ``kept``, a copy of it; its masks may have been rewritten to finer
        atoms.
        """
        old = self._before._bound if self._before else None
        self._before = None
        if old and old.outcomes.interner is interner and old.outcomes.atoms is atoms:
            self._bound = old
        elif old and (kept or old.outcomes.interner is interner):
            self._bound = old.rebound(atoms, interner)
        else:
            self._bound = Bound(self._peers, self._columns, Outcomes(atoms, interner))

    @property
    def atoms(self) -> ServiceAtoms:
        """The service atoms that this is bound to. Raises RuntimeError before ``bind``."""
        return self._ready().outcomes.atoms

    @property
    def interner(self) -> Interner:
        """The interner that this is bound to. Raises RuntimeError before ``bind``."""
        return self._ready().outcomes.interner

    def classify(self, attachments: Sequence[Attachment]) -> Classes:
        """The classes of attachments, in their order."""
        listed = self._sights.listed(attachments)
        identities, egress, ingress = (
            np.where(listed.pod < 0, missing, array[listed.pod] if array.size else missing)
            for array, missing in zip(self._of_pod, (0, UNPOLICED, UNPOLICED), strict=True)
        )
        return Classes(egress, ingress, self._sights.peers(listed, identities, self._blocks))

    def peer_of(self, where: Addresses) -> int:
        """The class of a far end that is no pod and is at one of these addresses. Raises
        ValueError if there are none."""
        return self._peers.peer(0, self._blocks.spot_of(where))

    def egress(self, gate: int, peer: int, before: AskedBefore | None = None) -> Admission:
        """What a gate lets out to a peer class.

        ``before`` says what was asked where the address of a Service is rewritten on the way; only
        the port after rewriting means anything in the answer then.
        """
        bound = self._ready()
        if gate == UNPOLICED:
            return bound.everything
        if before is not None and self._gates.gates[gate].blocks:
            return bound.through(gate, self._gates.gates[gate], peer, before)
        return bound.outcomes.admission(self._row(gate).at(peer))

    def ingress(self, gate: int, peer: int) -> Admission:
        """What a gate lets in from a peer class."""
        return self.egress(gate, peer)

    def egress_row(self, gate: int) -> Row:
        """What a gate lets out, to every peer class; outcomes are those of ``outcome``."""
        return self._row(gate)

    def ingress_row(self, gate: int) -> Row:
        """What a gate lets in, from every peer class; outcomes are those of ``outcome``."""
        return self._row(gate)

    def complete(self) -> None:
        """Works out every row of every gate that pods have: the whole relation, factored."""
        for column in self._of_pod[1:]:
            for gate in np.unique(column).tolist():
                if gate != UNPOLICED:
                    self._row(gate).complete()

    def outcome(self, number: int) -> Admission:
        """The admission that a row's number stands for."""
        return self._ready().outcomes.admission(number)

    def reasons(
        self, direction: Way, gate: int, peer: int, mask: int, before: AskedBefore | None = None
    ) -> frozenset[Reason]:
        """Why services of ``mask`` are neither surely admitted nor surely refused."""
        if gate == UNPOLICED:
            return frozenset()
        bound, identity, spot = self._ready(), *self._end(peer)
        asked = bound.asked(before) if direction == "egress" else None
        match = matcher(bound.outcomes.atoms, identity, spot, asked)

        def why(rule: Rule[Far]) -> frozenset[Reason]:
            return frozenset(unsure(rule, identity, spot, rewritten=asked is not None))

        judged = self._gates.gates[gate].gate
        return gate_reasons(judged, bound.outcomes.atoms.full, match, mask, why)

    def rules(
        self, direction: Way, gate: int, peer: int, mask: int, before: AskedBefore | None = None
    ) -> list[tuple[Key, str, int]]:
        """Every rule that, at least perhaps, admits services of ``mask``, with its place in its
        policy and what it admits of them."""
        if gate == UNPOLICED:
            return []
        bound, identity, spot = self._ready(), *self._end(peer)
        asked = bound.asked(before) if direction == "egress" else None
        match = matcher(bound.outcomes.atoms, identity, spot, asked)
        return [
            (rule.origin, rule.index, hit)
            for tier in self._gates.gates[gate].gate.tiers
            for rule in tier.rules
            if rule.action is ALLOW and rule.origin and (hit := match(rule)[1] & mask)
        ]

    def isolated_by(self, direction: Way, gate: int) -> tuple[Key, ...]:
        """The policies that, at least perhaps, isolate the pods of a gate."""
        if gate == UNPOLICED or self._gates.gates[gate].gate.direction != direction:
            return ()
        return self._gates.gates[gate].isolated_by

    def host_gate(self, cluster: str) -> frozenset[Reason]:
        """Why a cluster's nodes and host-network pods may be policed; empty if nothing says so."""
        return self._standings.hosts(cluster)

    def _ready(self) -> "Bound":
        if self._bound is None:
            raise RuntimeError("the policies are not bound to atoms")
        return self._bound

    def _row(self, gate: int) -> Row:
        bound = self._ready()
        found = bound.rows.get(gate)
        return bound.row(gate, self._gates.gates[gate]) if found is None else found

    def _end(self, peer: int) -> tuple[Identity, Spot]:
        identity, spot = self._peers.classes[peer]
        return self._peers.identities[identity], self._peers.spots[spot]


def _same_clusters(now: Policies, before: Policies) -> frozenset[str]:
    """The clusters in which nothing that classes hang on has changed but policies."""
    if now._workloads.pods is not before._workloads.pods:
        return frozenset()
    if not now._standings.same_gaps(before._standings):
        return frozenset()
    return frozenset(
        name for name, enforcer in now._enforcers.items() if before._enforcers.get(name) == enforcer
    )
