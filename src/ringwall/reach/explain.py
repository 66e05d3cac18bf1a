"""One question, its answer, and every step of the packets that show it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ringwall.collect.files.lines import locate
from ringwall.facts import aws
from ringwall.facts.fact import Facts
from ringwall.reach.answers import (
    Explanation,
    HopOut,
    PacketOut,
    PartOut,
    PathOut,
    RuleOut,
    UnknownOut,
    service_text,
)
from ringwall.reach.cells import Box
from ringwall.reach.definition.path import Hop, Path, Rule
from ringwall.reach.definition.truth import Reason
from ringwall.reach.ids import Endpoint, Member, Span, block_text
from ringwall.reach.questions import Answer, Net, Outcome

SCHEMA = "ringwall/explain/v1"
_STAGES = {
    "policy-egress": "workload-egress",
    "policy-ingress": "workload-ingress",
    "service": "pre-DNAT",
    "security-group-egress": "interface",
    "security-group-ingress": "interface",
    "interface": "interface",
    "nacl-in": "subnet",
    "nacl-out": "subnet",
}
_WORDS = {True: "allowed", False: "blocked", None: "unknown"}
_MOST_PARTS = 200


def explain(net: Net, src: str, dst: str, port: str) -> Explanation:
    """Answers one question with every hop and gate. Raises UsageError."""
    return explained(net, net.ask(src, dst, port), port)


def explained(net: Net, answer: Answer, port: str) -> Explanation:
    """The explanation of an answer: a witness for each verdict that its parts have."""
    shown = [o for o in (answer.first(value) for value in (True, None, False)) if o]
    writer = _Writer(net.world.facts, (path for o in shown for path in o.cell.paths))
    blocked = answer.verdict == "blocked"
    every = [path for o in answer.outcomes for path in o.cell.paths] if blocked else []
    return Explanation(
        schema=SCHEMA,
        from_=answer.src.id,
        to=answer.dst.id,
        port=port,
        verdict=answer.verdict,
        extent=answer.extent,
        if_placed=_if_placed(net, answer),
        reply=answer.reply,
        scope=net.world.scope,
        assumes=sorted({*net.world.assumes(_clusters(answer)), *_taken_for_granted(shown)}),
        unknowns=writer.unknowns,
        parts=_parts(answer),
        paths=[writer.path(path) for o in shown for path in o.cell.paths],
        blocked_by=_unique(writer.hop(h) for p in every for h in p.hops if h.effect == "block"),
    )


def deciding_path(net: Net, outcome: Outcome) -> PathOut:
    """The first way of an outcome that has the outcome's verdict."""
    wanted = outcome.cell.truth.value
    found = [path for path in outcome.cell.paths if path.truth.value is wanted]
    path = (found or list(outcome.cell.paths))[0]
    return _Writer(net.world.facts).path(path)


def _if_placed(net: Net, answer: Answer) -> str | None:
    """The verdict with the pods on other nodes, where it differs."""
    other = net.ask_placed_otherwise(answer)
    if other is None or (other.verdict, other.extent) == (answer.verdict, answer.extent):
        return None
    return other.verdict if other.extent in (None, "all") else f"{other.verdict}/some"


def _clusters(answer: Answer) -> set[str]:
    """The clusters that a question concerns."""
    found: set[str] = set()
    for outcome in answer.outcomes:
        for path in outcome.cell.paths:
            found.update(key.scope for hop in path.hops for key in hop.isolated_by)
        for member in (outcome.src, outcome.dst):
            found.update(p.cluster for p in member.parties if p.cluster is not None)
    return found


def _taken_for_granted(shown: list[Outcome]) -> Iterable[str]:
    for outcome in shown:
        for path in outcome.cell.paths:
            for hop in path.hops:
                if any(at.among for at in (hop.packet.src, hop.packet.dst)) and hop.isolated_by:
                    yield "pods without an address are taken to have a private IPv4 address"


def _parts(answer: Answer) -> list[PartOut]:
    """The parts of a question about a set, where they do not all have one answer."""
    parts = [_Part(o.src, o.dst, o.cell.box, o.cell.truth.value, _why(answer, o))
             for o in answer.outcomes]  # fmt: skip
    if len({part.value for part in parts}) < 2:
        return []
    for axis in ("src", "dst", "ports"):
        parts = _joined(parts, axis)
    found = [
        PartOut(
            _name(answer.src, part.src, part.box.src),
            _name(answer.dst, part.dst, part.box.dst),
            service_text(part.box.services.protocols, part.box.services.ports),
            _WORDS[part.value],
            part.why,
        )
        for part in parts
    ]
    return list(dict.fromkeys(found))[:_MOST_PARTS]


@dataclass(frozen=True, slots=True)
class _Part:
    """A box with one answer."""

    src: Member
    dst: Member
    box: Box
    value: bool | None
    why: str


def _joined(parts: list[_Part], axis: str) -> list[_Part]:
    """Boxes of one answer that differ along one axis only, and touch there, made one."""
    lines: dict[object, list[_Part]] = {}
    for part in parts:
        here, there = id(part.src), id(part.dst)
        rest = (here, there, part.value, part.why, part.box.with_range(axis, 0, 0))
        lines.setdefault(rest, []).append(part)
    found = []
    for line in lines.values():
        line.sort(key=lambda part: part.box.range(axis))
        last = line[0]
        for part in line[1:]:
            (low, high), (start, end) = last.box.range(axis), part.box.range(axis)
            if start <= high + 1:
                last = replace(last, box=last.box.with_range(axis, low, max(high, end)))
            else:
                found.append(last)
                last = part
        found.append(last)
    return found


def _name(whole: Endpoint, member: Member, span: Span | None) -> str:
    if span is not None:
        return block_text(span)
    return member.parties[0].id if len(whole.members) > 1 else whole.id


def _why(answer: Answer, outcome: Outcome) -> str:
    """What tells this part from the others: replica, address, port or placement."""
    pairs = {(id(o.src), id(o.dst)) for o in answer.outcomes}
    placements = {
        o.together for o in answer.outcomes if o.src is outcome.src and o.dst is outcome.dst
    }
    if len(placements) > 1:
        return "placement: on one node" if outcome.together else "placement: on two nodes"
    boxes = {o.cell.box for o in answer.outcomes}
    if len({(box.src, box.dst) for box in boxes}) > 1:
        return "address"
    if len({box.services for box in boxes}) > 1:
        return "port"
    return "replica" if len(pairs) > 1 else ""


def _unique(hops: Iterable[HopOut]) -> list[HopOut]:
    """Each gate once, as it was first met."""
    found: dict[tuple[str, str, str], HopOut] = {}
    for hop in hops:
        found.setdefault((hop.at, hop.gate, str(hop.rules)), hop)
    return list(found.values())


class _Writer:
    """Turns hops into what is printed; the unknowns of ``paths`` get an id each, others are
    written out where they stand."""

    def __init__(self, facts: Facts, paths: Iterable[Path] = ()) -> None:
        self.facts = facts
        reasons = {
            reason
            for path in paths
            for hop in (*path.hops, *path.reply_hops)
            for reason in hop.truth.because
        }
        self.ids = {reason: f"u{i}" for i, reason in enumerate(sorted(reasons), 1)}

    @property
    def unknowns(self) -> dict[str, UnknownOut]:
        return {id_: UnknownOut(r.code, r.object, r.needs) for r, id_ in self.ids.items()}

    def path(self, path: Path) -> PathOut:
        blocked = path.truth.value is False
        return PathOut(
            verdict=_WORDS[path.truth.value],
            hops=[self.hop(hop) for hop in path.hops],
            reply_hops=[] if blocked else [self.hop(hop) for hop in path.reply_hops],
            reply=None if blocked else path.reply,
            note=path.note,
        )

    def hop(self, hop: Hop) -> HopOut:
        packet = hop.packet
        return HopOut(
            at=hop.at,
            stage=_STAGES.get(hop.gate, "forward"),
            gate=hop.gate,
            effect=hop.effect,
            rules=[rule_out(self.facts, rule) for rule in hop.rules],
            isolated_by=[str(key) for key in hop.isolated_by],
            default=hop.default,
            packet=PacketOut(str(packet.src), str(packet.dst), str(packet.service)),
            note=hop.note,
            because=sorted(self._id(reason) for reason in hop.truth.because),
        )

    def _id(self, reason: Reason) -> str:
        return self.ids.get(reason, f"{reason.code}: {reason.needs}")


def rule_out(facts: Facts, rule: Rule) -> RuleOut:
    """A rule as it is printed: of which object, which of its rules, and where that stands."""
    fact = facts.get(rule.object)
    if fact is None:
        return RuleOut(str(rule.object), rule.index, "")
    body = fact.body
    source = locate(fact.origins[0], rule.pointer)
    if isinstance(body, aws.SecurityGroupRule):
        group = rule.object._replace(kind="sg", name=body.group_id)
        return RuleOut(str(group), rule.index, source, body.rule_id, body.description)
    return RuleOut(str(rule.object), rule.index, source)
