"""Whether anybody can really use a group's rule: the question behind every group finding."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringwall.check.alike import twins
from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.path import Path
from ringwall.reach.ids import Endpoint, Member, Services, Span, interface_endpoint
from ringwall.reach.questions import Net, Outcome
from ringwall.space.addresses import INTERNET, Addresses

if TYPE_CHECKING:
    from ringwall.check.ways import Seat, Ways

SENDERS: Final = INTERNET | Addresses.of(
    "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"
)
"""Addresses that a packet may come from: the Internet's, and those of private networks."""
COMES_BACK: Final = ("established", "partial")
"""The replies that make a connection."""


@dataclass(frozen=True, slots=True)
class Use:
    """Whether a rule can be used: ``open`` (with a witness), ``closed`` or ``unknown`` (why).

    ``exposed``: the interfaces on which a witness was found.
    """

    word: str
    witness: Outcome | None = None
    exposed: tuple[Interface, ...] = ()
    needs: str = ""

    @property
    def text(self) -> str:
        """One line about the path, for evidence."""
        if self.witness is None:
            return f"not decidable: {self.needs}" if self.needs else "nothing can use it"
        return witness_text(self.witness)

    def severity(self, most: str = "critical", undecided: str = "high") -> str:
        """What a pattern weighs by this: ``most`` needs a witness."""
        return {"open": most, "unknown": undecided}.get(self.word, "low")


CLOSED: Final = Use("closed")


@dataclass(frozen=True, slots=True)
class Door:
    """Some rules of one group, what of their services is asked about, and who carries the group;
    ``untold``: no interface of its VPC was read."""

    net: Net
    rules: frozenset[Key]
    asked: tuple[Services, ...]
    carriers: tuple[Interface, ...]
    untold: bool = False


def witness_text(outcome: Outcome) -> str:
    """An allowed packet in one line: from where, to which place, on which service."""
    path = next(path for path in outcome.cell.paths if path.truth.value)
    first, last = path.hops[0].packet, path.hops[-1]
    return f"{first.src} -> {last.at} {first.service}"


def block_endpoint(source: Addresses) -> Endpoint:
    """A set of addresses as an end of a question."""
    return Endpoint("source", "block", tuple(Member(span=Span(*part)) for part in source.ranges))


def members_endpoint(interfaces: Iterable[Interface]) -> Endpoint:
    """Interfaces as an end of a question."""
    members = tuple(interface_endpoint(interface).members[0] for interface in interfaces)
    return Endpoint("members", "interface", members)


def nameable(interface: Interface) -> bool:
    """Whether a public address can name an interface: without one nothing comes in from there."""
    return bool(interface.public) or any(at.family == 6 for at in interface.private)


def use_from_outside(ways: "Ways", door: Door, source: Addresses, read: Addresses) -> Use:
    """Whether an address of ``source``, none of them in the carriers' VPC, gets to the carriers by
    the rules, and to how many of them; ``read``: the addresses of every VPC that was read."""
    here = {interface.vpc for interface in door.carriers} - {""}
    every = ways.senders_in(source & (SENDERS | read))
    senders = [sender for sender in every if sender.attachment.domain not in here]
    carriers = list(twins(door.carriers))
    found = _uses(ways, door, senders, (alike[0] for alike in carriers))
    uses = list(zip(carriers, found, strict=True))
    witness = next((use.witness for _, use in uses if use.witness), None)
    if witness:
        exposed = tuple(i for alike, use in uses if use.word == "open" for i in alike)
        return Use("open", witness, exposed)
    return worst(use for _, use in uses)


def use_by_members(
    ways: "Ways",
    door: Door,
    members: Iterable[Interface],
    delegated: Addresses,
    named: Addresses | None,
) -> Use:
    """Whether one of some interfaces, or an address of the blocks delegated to them, gets to a
    carrier by the rules, which may be about ``named`` addresses of theirs only; an interface is no
    witness against itself."""
    senders = [*ways.senders_of(members, named), *ways.senders_in(delegated)]
    return worst(_uses(ways, door, senders, ways.examples(door.carriers)))


def worst(uses: Iterable[Use]) -> Use:
    """The first open one, else the first undecided one; nothing is asked beyond an open one."""
    undecided = CLOSED
    for found in uses:
        if found.word == "open":
            return found
        undecided = undecided if undecided.word == "unknown" else found
    return undecided


def _uses(
    ways: "Ways", door: Door, senders: "list[Seat]", carriers: Iterable[Interface]
) -> Iterator[Use]:
    """By carrier the use of it if that is open, else the first undecided one so far."""
    undecided = CLOSED
    for carrier in carriers:
        found = _use(ways, door, senders, carrier, undecided)
        undecided = undecided if found.word == "open" else found
        yield found


def _use(
    ways: "Ways", door: Door, senders: "list[Seat]", carrier: Interface, undecided: Use
) -> Use:
    """The engine says where anything may get in; the definition, by which rule. Of ways that are
    not sure one is asked about: that it is undecided is all that they can tell."""
    for way in ways.into(carrier, senders, door.asked):
        if undecided.word == "unknown" and not way.sure:
            break
        for outcome in door.net.outcomes(*way.ends, way.asked):
            used = [path for path in outcome.cell.paths if goes_by(path, door.rules)]
            if any(path.truth.value and path.reply in COMES_BACK for path in used):
                return Use("open", outcome, (carrier,))
            if undecided.word == "closed" and used:
                undecided = Use("unknown", needs=first_need(used))
    return undecided


def goes_by(path: Path, rules: frozenset[Key]) -> bool:
    """Whether a way is open or undecided, answered, and admitted by one of the rules; one that
    cannot be followed to the group may use any of its rules."""
    if path.truth.value is False or path.reply == "none":
        return False
    if path.truth.value is None and path.arrived is None:
        return True
    return any(rule.object in rules for hop in path.hops for rule in hop.rules)


def first_need(paths: list[Path]) -> str:
    """What would settle the first way: its own doubt, or that of its reply."""
    hops = (hop for path in paths for hop in (*path.hops, *path.reply_hops))
    needs = (reason.needs for hop in hops for reason in hop.truth.because)
    return min(needs, default="the way back of the reply")
