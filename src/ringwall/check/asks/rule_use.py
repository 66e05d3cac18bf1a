"""``rule-use``: what only one security-group rule opens: the relation with it, less that without.

Where nothing is lost without it, packets that it admits are put to the definition, which tells the
rules that admit them too, or the gate that stops them.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice, product
from typing import Final, NamedTuple

from msgspec import structs

from ringwall.check.admitted import services_in, services_of, source_of
from ringwall.check.asks.documents import RULE_USE, RuleUseReport, WhyOut
from ringwall.check.asks.ways import end_of
from ringwall.collect import change
from ringwall.errors import UsageError
from ringwall.facts import aws
from ringwall.facts.fact import Delta, Facts, Key
from ringwall.reach import compare
from ringwall.reach.answers import HopOut, PathOut, RuleOut
from ringwall.reach.definition.path import Rule
from ringwall.reach.documents import WitnessOut
from ringwall.reach.engine.endpoints import Member
from ringwall.reach.engine.relation import Relation
from ringwall.reach.explain import deciding_path, rule_out
from ringwall.reach.ids import services
from ringwall.reach.questions import Net
from ringwall.space.addresses import Addresses
from ringwall.space.services import ServiceSet

_PAIRS: Final = 1024
"""So many pairs of unlike members are looked at for packets that the rule admits."""
_EXPLAINED: Final = 16
"""So many packets of each verdict are put to the definition."""
_SHOWN: Final = 20
_TRUTHS: Final = (True, None, False)
_INGRESS: Final = "ingress"
_STOPPED: Final = "blocked-elsewhere"
_ORDER: Final = ("needed", "others-admit", "not-decided", _STOPPED)


def revoked(facts: Facts, word: str) -> Delta:
    """The change that takes away one rule, named by its ``sgr-…`` id or as ``sg-…:ingress:tcp/22:
    0.0.0.0/0``. Raises UsageError where no rule, or more than one, has that name."""
    prefix, _, bare = word.rpartition("!")
    if bare.startswith("sgr-"):
        return change.asked(facts, revoke=[word]).delta
    known = [key for key, _ in _rules(facts)]
    found = [key for key in known if key.name == bare and prefix in ("", key.scope)]
    if len(found) > 1:
        names = ", ".join(sorted(map(str, found)))
        raise UsageError(f"`{word}` is ambiguous: it may be {names}; write one of these")
    if not found:
        near = get_close_matches(bare, [key.name for key in known], cutoff=0.8)
        hint = f"did you mean {' or '.join(near)}?" if near else "write sgr-… as AWS lists it, or "
        hint += "" if near else "sg-…:ingress:tcp/22:0.0.0.0/0"
        raise UsageError(f"`{word}` is no rule that was read; {hint}")
    return {found[0]: (facts[found[0]], None)}


def _rules(facts: Facts) -> Iterable[tuple[Key, aws.SecurityGroupRule]]:
    return facts.of(aws.SecurityGroupRule)


def rule_use(net: Net, before: Relation, after: Relation, key: Key) -> RuleUseReport:
    """What only a rule opens: ``before`` is the relation with it, ``after`` without. Raises
    UsageError where that is too much to list."""
    lost = compare.diff(before, after)
    use = _Use(net, before, key)
    return RuleUseReport(
        schema=RULE_USE,
        tool=lost.tool,
        digest=lost.old.digest,
        scope=lost.old.scope,
        assumes=lost.old.assumes,
        rule=rule_out(before.facts, Rule(key, use.rule.text)),
        carriers=use.carriers,
        opens=lost.closes,
        unknowns=lost.unknowns,
        blocks=lost.blocks,
        why=[] if lost.closes == "surely" else use.why(),
        changes=lost.changes,
    )


class _Packet(NamedTuple):
    """One that the rule admits, if it gets to the rule."""

    src: Member
    dst: Member
    port: str
    truth: bool | None


class _Use:
    """Packets that a rule admits, and what becomes of them."""

    def __init__(self, net: Net, relation: Relation, key: Key) -> None:
        self._net, self._relation, self._key = net, relation, key
        self.rule = next(rule for one, rule in _rules(relation.facts) if one == key)
        self._services = services_in(services_of(self.rule))

    @property
    def carriers(self) -> list[str]:
        """The interfaces with its group."""
        return self._with(self.rule.group_id)

    def _with(self, group: str) -> list[str]:
        interfaces = self._relation.engine.model.fabric.interfaces.values()
        return sorted(str(one.key) for one in interfaces if group in (one.groups or ()))

    def why(self) -> list[WhyOut]:
        """What becomes of its packets, each answer once with one packet."""
        if not self.carriers:
            text = f"no interface that was read has {self.rule.group_id}"
            return [WhyOut("no-carrier", text)]
        far = self._far()
        if isinstance(far, WhyOut):
            return [far]
        packets = list(islice(self._packets(far), _PAIRS))
        by_truth = {value: [one for one in packets if one.truth is value] for value in _TRUTHS}
        found = [one for value in (True, None) for one in self._answers(by_truth[value])]
        found = found or self._answers(by_truth[False])
        return sorted(found, key=lambda one: _ORDER.index(one.because))[:_SHOWN]

    def _answers(self, packets: Iterable[_Packet]) -> list[WhyOut]:
        """What the definition says of the first packets, each answer once."""
        found: dict[str, WhyOut] = {}
        for packet in islice(packets, _EXPLAINED):
            if one := self._shown(packet):
                found.setdefault(repr(structs.replace(one, witness=None)), one)
        return list(found.values())

    def _far(self) -> list[Member] | WhyOut:
        """The ends that it names, or why there are none."""
        peer = self.rule.peer
        if peer.startswith("sg-"):
            ids = self._with(peer)
            if ids:
                return self._members(ids)
            return WhyOut("no-sender", f"no interface that was read has {peer}, which it names")
        addresses = source_of(self._net, self.rule)
        if addresses is None:
            needs = f"aws ec2 get-managed-prefix-list-entries --prefix-list-id {peer}"
            return WhyOut("not-decided", f"the entries of {peer} were not read: {needs}")
        return self._alike(self._holding(addresses))

    def _holding(self, addresses: Addresses) -> Iterator[Member]:
        """Who holds addresses, and by class those that nobody holds."""
        for block in addresses.blocks():
            yield from self._relation.directory.find(block).members

    def _members(self, interfaces: Iterable[str]) -> list[Member]:
        find = self._relation.directory.find
        return self._alike(member for id_ in interfaces for member in find(id_).members)

    def _alike(self, members: Iterable[Member]) -> list[Member]:
        """Members, two of those that are alike: one may be the other end itself."""
        found: dict[object, list[Member]] = {}
        for member in members:
            found.setdefault((self._relation.kin(member), member.node), []).append(member)
        return [member for some in found.values() for member in some[:2]]

    def _packets(self, far: list[Member]) -> Iterator[_Packet]:
        """A packet of each pair that lets it through, perhaps or surely, or else of no avail."""
        near = self._members(self.carriers)
        pairs = product(far, near) if self.rule.direction == _INGRESS else product(near, far)
        services_ = self._relation.atoms.services
        for src, dst in pairs:
            if src.itself == dst.itself or not src.attachments or not dst.attachments:
                continue
            must = may = 0
            for told in self._relation.tell(src, dst):
                must, may = must | told.outcome.must, may | told.outcome.may
            for truth, mask in ((True, must), (None, may & ~must)):
                if open_ := services_(mask) & self._services:
                    yield _Packet(src, dst, _port(open_), truth)
            if shut := self._services - services_(may):
                yield _Packet(src, dst, _port(shut), False)

    def _shown(self, packet: _Packet) -> WhyOut | None:
        """What the definition says of a packet."""
        src, dst = (end_of(self._net, one) for one in (packet.src, packet.dst))
        found = self._net.outcomes(src, dst, services(packet.port))
        outcome = next((one for one in found if one.cell.truth.value is packet.truth), None)
        if outcome is None:
            return None
        path = deciding_path(self._net, outcome)
        witness = WitnessOut(src.id, dst.id, packet.port)
        if packet.truth is False:
            hop = next(one for one in path.hops if one.effect == "block")
            return WhyOut(_STOPPED, _stop(hop), witness, hop.rules)
        others = self._beside(path)
        if others is None:
            return None
        if packet.truth is None:
            doubts = sorted({doubt for hop in path.hops for doubt in hop.because})
            return WhyOut("not-decided", "; ".join(doubts), witness, others)
        if others:
            return WhyOut("others-admit", "these admit it too", witness, others)
        return WhyOut("needed", "only this rule admits it", witness)

    def _beside(self, path: PathOut) -> list[RuleOut] | None:
        """The other rules that admit a packet where this one does; None where this one does not."""
        for hop in path.hops:
            if any(self._is_it(rule) for rule in hop.rules):
                return [rule for rule in hop.rules if not self._is_it(rule)]
        return None

    def _is_it(self, rule: RuleOut) -> bool:
        group = self._key._replace(kind="sg", name=self.rule.group_id)
        return (rule.object, rule.index) == (str(group), self.rule.text)


def _stop(hop: HopOut) -> str:
    """A gate that blocks, in words."""
    because = f" ({hop.note})" if hop.note else ""
    isolated = f", isolated by {', '.join(hop.isolated_by)}" if hop.isolated_by else ""
    return f"{hop.gate} at {hop.at} blocks it{because}{isolated}"


def _port(found: ServiceSet) -> str:
    """The most telling of some services, in the words of ``--port``."""
    return ServiceSet.of(*found.witness()).words()[0]
