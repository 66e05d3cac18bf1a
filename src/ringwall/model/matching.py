"""Whether the rules of a policy gate match one end, and what leaves that open."""

from collections.abc import Callable
from typing import TypeAlias

from ringwall.model.dialects.networkpolicy import resolved
from ringwall.model.gate import Match, Reason, Rule
from ringwall.model.peers import Far, Identity, Spot
from ringwall.model.selectors import NO, PERHAPS, SURELY
from ringwall.space.atoms import ServiceAtoms

Before: TypeAlias = tuple[Spot, tuple[int, int]]
"""Of a packet to a Service: the spot of its address, and the (protocol, port) asked of it."""


def level(far: Far, identity: Identity, spot: Spot) -> int:
    """NO, PERHAPS or SURELY: whether a far side matches an end, whatever the port."""
    if far.anyone:
        return SURELY
    return max(by_pods(far, identity), by_blocks(far, spot))


def by_pods(far: Far, identity: Identity) -> int:
    """The same by its pod peers alone."""
    if identity.sure.isdisjoint(far.pods):
        return NO if identity.may.isdisjoint(far.pods) else PERHAPS
    return SURELY


def by_blocks(far: Far, spot: Spot) -> int:
    """The same by its blocks alone."""
    found = NO
    for block in far.blocks:
        if spot.sure >> block & 1:
            return SURELY
        if spot.may >> block & 1:
            found = PERHAPS
    return found


def matcher(
    atoms: ServiceAtoms, identity: Identity, spot: Spot, before: Before | None = None
) -> Match[Far]:
    """What rules match of the services of one end.

    With ``before``, through a Service whose address is rewritten: a block may be held against
    either side of the rewriting, and where the two differ the match is unknown. Only the port
    after rewriting means anything then.
    """
    numbers = dict(identity.numbers)

    def match(rule: Rule[Far]) -> tuple[int, int]:
        far = rule.far
        found = level(far, identity, spot)
        if before is None and found == NO:
            return 0, 0
        mask = atoms.mask(rule.services)
        if far.named:
            mask |= atoms.mask(resolved(far.named, numbers))
        if before is not None and far.blocks and not far.anyone:
            return _either_side(rule, mask, by_pods(far, identity), spot, before, atoms.full)
        return (mask if found == SURELY else 0), (mask if found else 0)

    return match


def _either_side(
    rule: Rule[Far], mask: int, by_pod: int, spot: Spot, before: Before, full: int
) -> tuple[int, int]:
    """Each block on its own: sure where both sides of the rewriting say yes."""
    surely = mask if by_pod == SURELY else 0
    perhaps = mask if by_pod else 0
    asked_spot, asked = before
    served = rule.services.holds(*asked)
    for block in rule.far.blocks:
        after_sure, after_may = (mask if held >> block & 1 else 0 for held in spot)
        before_sure, before_may = (full if served and h >> block & 1 else 0 for h in asked_spot)
        surely |= after_sure & before_sure
        perhaps |= after_may | before_may
    return surely, perhaps


def unsure(rule: Rule[Far], identity: Identity, spot: Spot, *, rewritten: bool) -> set[Reason]:
    """What leaves open whether a rule matches an end; ``rewritten`` behind a Service's address."""
    far, place = rule.far, str(rule.origin)
    found = set()
    if level(far, identity, spot) == PERHAPS:
        if by_pods(far, identity):
            found.add(_HOST(place) if identity.host_network else _LABEL(place))
        if by_blocks(far, spot):
            found.add(_ADDRESS(place))
    if rewritten and far.blocks:
        found.add(_REWRITTEN(place))
    return found


def _told(code: str, needs: str) -> Callable[[str], Reason]:
    return lambda place: Reason(code, place, needs)


_HOST = _told(
    "host-network-peer",
    "whether a selector matches a pod on the host network is not specified; "
    "the documentation of the network plugin says it",
)
_LABEL = _told(
    "label-made-up",
    "whether a peer matches hangs on a label whose value the controller makes up; "
    "read the running pods: kubectl get pods -A -o json",
)
_ADDRESS = _told(
    "address-not-read",
    "which address the other end has is not known; read the running pods: "
    "kubectl get pods -A -o json",
)
_REWRITTEN = _told(
    "service-rewriting",
    "whether a block is held against a Service's address or its pod's is not specified; "
    "the documentation of the network plugin says it",
)
