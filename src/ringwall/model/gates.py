"""The policy gates of pods by number: open, unknown as a whole, or made of policies."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ringwall.facts.fact import Facts, Gap
from ringwall.model.columns import PolicyGate
from ringwall.model.dialects.networkpolicy import Policy, Way, gate
from ringwall.model.enforcers.detect import NONE, SPEC, UNCLEAR, Enforcer
from ringwall.model.gate import ALLOW, UNKNOWN, Gate, Reason
from ringwall.model.peers import Far, PortName

UNPOLICED: Final = -1
"""The number of an end that no engine polices: everything is admitted."""

OPEN: Final = 0
"""The number of a policed pod's gate that admits everything."""

_MESH: Final = (
    "authorizationpolicy/",
    "peerauthentication/",
    "requestauthentication/",
    "server/",
    "serverauthorization/",
)
_MESH_ROOT: Final = "istio-system"
_HOSTS: Final = ("hostendpoint/", "ciliumclusterwidenetworkpolicy/")

Numbers = tuple[tuple[PortName, int], ...]


class Selected(NamedTuple):
    """A policy that selects pods, and whether it surely does."""

    policy: Policy
    sure: bool


class Standing(NamedTuple):
    """What holds for every policed pod of a namespace, whatever policies say.

    ``gaps``: policies that were not read. ``engine``: why what policies do is not known. ``off``:
    no engine enforces them. ``deny``: the engine denies pods without policies too.
    """

    gaps: frozenset[Reason] = frozenset()
    engine: frozenset[Reason] = frozenset()
    off: bool = False
    deny: bool = False


class Gates:
    """Gates by number; equal ones share theirs. They only grow."""

    def __init__(self) -> None:
        self.gates: list[PolicyGate] = []
        self._numbers: dict[object, int] = {}
        self._number("open", PolicyGate(_whole(frozenset())))

    def of(
        self, way: Way, standing: Standing, selected: Iterable[Selected], numbers: Numbers
    ) -> int:
        """The gate of a pod in one direction. ``numbers`` are those of its own named ports."""
        if standing.gaps:
            return self._unknown(standing.gaps)
        chosen = [one for one in selected if one.policy.rules(way) is not None]
        if standing.off or not (chosen or standing.deny):
            return OPEN
        if standing.engine:
            return self._unknown(standing.engine)
        if not chosen:
            return OPEN
        return self._specified(way, chosen, numbers if way == "ingress" else ())

    def _specified(self, way: Way, chosen: list[Selected], numbers: Numbers) -> int:
        named = {name for one in chosen for name in one.policy.names(way)}
        own = tuple(pair for pair in numbers if pair[0] in named)
        key = (way, tuple((one.policy.number, one.sure) for one in chosen), own)
        found = self._numbers.get(key)
        if found is None:
            sure = [one.policy for one in chosen if one.sure]
            perhaps = [one.policy for one in chosen if not one.sure]
            isolated_by = tuple(sorted(one.policy.key for one in chosen))
            found = self._number(key, PolicyGate(gate(way, sure, perhaps, dict(own)), isolated_by))
        return found

    def _unknown(self, reasons: frozenset[Reason]) -> int:
        found = self._numbers.get(reasons)
        return self._number(reasons, PolicyGate(_whole(reasons))) if found is None else found

    def _number(self, key: object, made: PolicyGate) -> int:
        self._numbers[key] = len(self.gates)
        self.gates.append(made)
        return self._numbers[key]


def _whole(reasons: frozenset[Reason]) -> Gate[Far]:
    """A gate without rules: open, or unknown for these reasons."""
    end = UNKNOWN if reasons else ALLOW
    return Gate("", "ingress", (), end, because=reasons)


class Standings:
    """What the gaps and engines of an input mean for each namespace."""

    def __init__(self, facts: Facts, enforcers: Mapping[str, Enforcer]) -> None:
        self._enforcers = enforcers
        self._gaps: dict[str, list[Gap]] = {}
        for gap in facts.gaps:
            if gap.effect == "policy":
                self._gaps.setdefault(gap.scope, []).append(gap)

    def same_gaps(self, other: "Standings") -> bool:
        """Whether the same policies were not read."""
        return self._gaps == other._gaps

    def of(self, cluster: str, namespace: str) -> Standing:
        """What holds for the policed pods of one namespace."""
        enforcer = self._enforcers[cluster]
        gaps = [gap for gap in self._gaps.get(cluster, ()) if _concerns(gap, namespace)]
        if enforcer.name == NONE:
            gaps = [gap for gap in gaps if _is_mesh(gap)]
        return Standing(
            gaps=frozenset(map(_reason, gaps)),
            engine=_engine(cluster, enforcer),
            off=enforcer.name == NONE,
            deny=enforcer.default_deny and bool(_engine(cluster, enforcer)),
        )

    def hosts(self, cluster: str) -> frozenset[Reason]:
        """The policies for hosts of a cluster, none of which is read."""
        return frozenset(
            _reason(gap)
            for gap in self._gaps.get(cluster, ())
            if not gap.namespace and gap.object.startswith(_HOSTS)
        )


def _concerns(gap: Gap, namespace: str) -> bool:
    if gap.namespace in ("", namespace):
        return True
    return gap.namespace == _MESH_ROOT and _is_mesh(gap)


def _is_mesh(gap: Gap) -> bool:
    return gap.object.startswith(_MESH)


def _reason(gap: Gap) -> Reason:
    return Reason(gap.code, gap.object, gap.needs)


def _engine(cluster: str, enforcer: Enforcer) -> frozenset[Reason]:
    """Why what an engine makes of policies is not known; empty where it is."""
    if enforcer.name in (NONE, SPEC):
        return frozenset()
    place = f"cluster/{cluster}" if cluster else "cluster"
    if enforcer.name == UNCLEAR:
        needs = f"{enforcer.problem}; read the DaemonSets, pods and settings of its network engine"
        return frozenset((Reason("enforcer-unclear", place, needs),))
    needs = f"what {enforcer.name} makes of policies is not modelled in this version"
    return frozenset((Reason("enforcer-not-modelled", place, needs),))
