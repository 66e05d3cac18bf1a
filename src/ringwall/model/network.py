"""The whole model of a world: its parts, in the order in which they are built."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Facts, Key
from ringwall.model.attachments import Attachment
from ringwall.model.eks import eks_names, links
from ringwall.model.enforcers.detect import NONE, SPEC, Enforcer, detect_all
from ringwall.model.enforcers.signals import is_sign
from ringwall.model.fabric.fabric import Fabric
from ringwall.model.fabric.pool import Finer
from ringwall.model.holders import Holders, held
from ringwall.model.policies import Policies
from ringwall.model.services import Backends
from ringwall.model.ways_in import WaysIn
from ringwall.model.workloads import At, Workloads
from ringwall.model.workloads import read as read_workloads
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from ringwall.space.services import ICMP, ICMPV6, SERVED, ServiceSet

_RULES: Final = frozenset(
    {
        k8s.NetworkPolicy,
        aws.SecurityGroup,
        aws.SecurityGroupRule,
        aws.NetworkAcl,
        aws.RouteTable,
        aws.PrefixList,
        aws.NatGateway,
        aws.InternetGateway,
        aws.EgressOnlyInternetGateway,
        aws.VpcEndpoint,
        aws.VpcPeeringConnection,
    }
)
_FAMILIES: Final = (ServiceSet.of(ICMP), ServiceSet.of(ICMPV6), SERVED)


class Judged(NamedTuple):
    """The policy gates, and the peers of each, of which it was worked out what they admit; their
    numbers outlive changes."""

    gates: frozenset[int] = frozenset()
    peers: frozenset[int] = frozenset()


class Model:
    """Everything that answers are made from. Masks are of ``atoms``.

    ``eks_names`` gives each cluster's name in EKS, ``links`` the key of its description.
    ``judged`` is set by who works out all there is.
    """

    def __init__(
        self,
        facts: Facts,
        workloads: Workloads,
        names: dict[str, str],
        enforcers: dict[str, Enforcer],
        policies: Policies,
        fabric: Fabric,
        backends: Backends,
        before: "Model | None" = None,
    ) -> None:
        self.facts = facts
        self.workloads = workloads
        self.eks_names = names
        self.links: dict[str, Key] = links(facts, names)
        self.enforcers = enforcers
        self.policies = policies
        self.fabric = fabric
        self.backends = backends
        self.fabric.held = self._held(before)
        self._bind(before)
        self.ways_in = self._ways_in(before)
        self.judged: Judged = before.judged if before else Judged()

    def _held(self, before: "Model | None") -> set[At]:
        if before and before.backends is self.backends:
            return before.fabric.held
        return held(self.workloads)

    def _ways_in(self, before: "Model | None") -> WaysIn:
        if before and before.backends is self.backends:
            return before.ways_in.over(self.atoms)
        pods = range(len(self.workloads.pods))
        ways = {pod: found for pod in pods if (found := self.backends.ways_in(pod))}
        return WaysIn(ways, len(pods), self.atoms)

    def _bind(self, before: "Model | None") -> None:
        """One set of atoms for all parts; those before are only made finer."""
        same = before is not None and before.backends is self.backends
        self._served: frozenset[ServiceSet] = (
            before._served if before and same else frozenset(self.backends.service_sets())
        )
        own = (*self.policies.service_sets(), *self.fabric.service_sets(), *_FAMILIES)
        sets = self._served.union(own)
        finer = None
        if before is None:
            self.atoms, self.interner = ServiceAtoms(sets), Interner()
        elif all(_is_made_of(before.atoms, one) for one in sets - before.atoms.sets):
            self.atoms, self.interner = before.atoms, before.interner
        else:
            self.atoms, remap = before.atoms.refine(sets)
            self.interner, finer = before.interner.copy(), Finer(before.atoms, remap)
            self.interner.remap(remap)
            if self.fabric is before.fabric:
                self.fabric = self.fabric.twin()
        self.policies.bind(self.atoms, self.interner, kept=before is not None)
        self.fabric.bind(self.atoms, finer)

    @cached_property
    def holders(self) -> Holders:
        """Every attachment, and who holds which address."""
        return Holders(self.workloads, self.fabric)

    @property
    def attachments(self) -> list[Attachment]:
        """Every attachment of what was read."""
        return self.holders.attachments

    @cached_property
    def scope(self) -> list[str]:
        """The layers of which at least one object was read."""
        layers = {"aws": self.fabric.present, "kubernetes": bool(self.workloads.clusters)}
        return sorted(name for name, seen in layers.items() if seen)

    @cached_property
    def assumes(self) -> list[str]:
        """What was taken to be so without being read."""
        return sorted({*self.facts.assumes, *self._assumed()})

    def _assumed(self) -> Iterator[str]:
        if "aws" not in self.scope:
            yield "no AWS facts: the AWS layer is taken as open"
        if _gateways(self.facts) and not _public_access_told(self.facts):
            yield "VPC Block Public Access is taken as off: this version does not read it"
        if any(not pod.addresses for pod in self.workloads.pods):
            yield "pods without an address are taken to have a private IPv4 address"
        if "kubernetes" not in self.scope:
            yield "no Kubernetes facts: the Kubernetes layer is taken as open"
        for name, cluster in self.workloads.clusters.items():
            place = f" in cluster {name}" if name else ""
            if self.fabric.present and self.fabric.settings(name) is None:
                yield (
                    "VPC CNI is taken to translate the sources of pods that leave the VPC: its "
                    "settings were not read"
                )
            yield from _of_engine(self.enforcers[name], place)
            for namespace in cluster.known_by_name:
                named = f"namespace {cluster.prefix}{namespace}"
                yield f"{named} is known only by name: it has no labels but its name"

    def rebuild(self, delta: Delta) -> "Model":
        """The model of the changed facts: it answers as ``build`` would of them, but takes over
        what the change cannot touch."""
        facts = self.facts.apply(delta)
        workloads = self.workloads.rebuild(facts, delta)
        enforcers, names = self.enforcers, self.eks_names
        stay = _of_rules(delta) and workloads.clusters.keys() == self.workloads.clusters.keys()
        if not stay:
            names = eks_names(facts, workloads.clusters)
            if names != self.eks_names or _has_signs(delta):
                enforcers = detect_all(facts, names)
        fabric = self._rebuilt_fabric(facts, workloads, names, delta)
        policies = self.policies.rebuild(facts, workloads, enforcers, delta)
        backends = self.backends if stay else Backends(facts, workloads)
        new = Model(facts, workloads, names, enforcers, policies, fabric, backends, self)
        if stay and "holders" in self.__dict__:
            new.holders = self.holders
        return new

    def _rebuilt_fabric(
        self, facts: Facts, workloads: Workloads, names: dict[str, str], delta: Delta
    ) -> Fabric:
        if (names, links(facts, names)) != (self.eks_names, self.links):
            return Fabric(facts, workloads, names, links(facts, names))
        return self.fabric.rebuild(facts, workloads, delta)


def _is_made_of(atoms: ServiceAtoms, services: ServiceSet) -> bool:
    """Whether a set cuts none of the atoms."""
    try:
        atoms.mask(services)
    except ValueError:
        return False
    return True


def _of_rules(delta: Delta) -> bool:
    """Whether a change is of rules alone, so that who holds which address and what enforces
    policies stay as they are, unless it is the first or last that is known of a cluster."""
    return all(type(fact.body) in _RULES for pair in delta.values() for fact in pair if fact)


def _has_signs(delta: Delta) -> bool:
    """Whether a change is of facts that tell what enforces policies."""
    return any(is_sign(fact.body) for pair in delta.values() for fact in pair if fact)


def _gateways(facts: Facts) -> bool:
    kinds = aws.InternetGateway, aws.EgressOnlyInternetGateway
    return any(True for kind in kinds for _ in facts.of(kind))


def _public_access_told(facts: Facts) -> bool:
    """Whether the input holds VPC Block Public Access, which makes every passage unknown."""
    return any(
        gap.code == "kind-not-read" and gap.object.startswith("VpcBlockPublicAccess")
        for gap in facts.gaps
    )


def _of_engine(enforcer: Enforcer, place: str) -> Iterator[str]:
    if enforcer.name == SPEC:
        yield f"policies assumed enforced as specified{place}"
    elif enforcer.name == NONE:
        yield f"policies are ignored{place}: nothing enforces them"


def build(facts: Facts, *, specification: bool = False) -> Model:
    """The model of a world; ``specification``: of its policies alone, as specified, whatever
    enforces them, with the AWS layer left out."""
    if specification:
        facts = _without_aws(facts)
    workloads = read_workloads(facts)
    names = eks_names(facts, workloads.clusters)
    enforcers = detect_all(facts, names)
    if specification:
        enforcers = dict.fromkeys(enforcers, Enforcer(SPEC))
    policies = Policies(facts, workloads, enforcers)
    fabric = Fabric(facts, workloads, names, links(facts, names))
    return Model(facts, workloads, names, enforcers, policies, fabric, Backends(facts, workloads))


def _without_aws(facts: Facts) -> Facts:
    kept = (fact for fact in facts.values() if type(fact.body).__module__ != aws.__name__)
    gaps = (gap for gap in facts.gaps if gap.effect != "fabric")
    return Facts(kept, gaps, facts.warnings, facts.assumes)
