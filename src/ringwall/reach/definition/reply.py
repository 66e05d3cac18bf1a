"""Whether replies come back: the stateless gates from the other side, for the client's ports.

Security groups and policies remember what they admitted (aws.md 13, kubernetes.md 1a); network
ACLs do not (17). A sender's port is its own choice: the answer is ``established`` where every
port it may choose comes back, ``none`` where no port does, ``partial`` in between.
"""

from collections import defaultdict

from ringwall.reach.definition import nacl, routes
from ringwall.reach.definition.network import Fabric
from ringwall.reach.definition.packet import ICMP, ICMPV6, WITH_PORTS, Axis, Number, Packet, Service
from ringwall.reach.definition.path import Crossing, Hop, Path
from ringwall.reach.definition.truth import Truth, every
from ringwall.reach.definition.world import World


def judge(world: World, path: Path, packet: Packet) -> None:
    """Fills in a path's reply, from the far end back to the near one."""
    crossings = [hop.crossing for hop in reversed(path.hops) if hop.crossing]
    if not world.fabric.present or not crossings:
        return
    answers: list[str] = []
    if path.arrived is not None:
        hop = routes.way_back(world.fabric, path.arrived.subnet, packet, path.came_by)
        path.reply_hops.append(hop)
        answers.append(_word([hop.truth]))
    segments: dict[tuple[int, int], list[Crossing]] = defaultdict(list)
    for crossing in crossings:
        segments[crossing.packet.clients].append(crossing)
    for clients, gates in segments.items():
        answers.append(_segment(world.fabric, path, clients, gates))
    path.reply = worst(answers)


def worst(answers: list[str]) -> str:
    """One ``none`` decides, then an unknown, then a partial answer."""
    for word in ("none", "unknown", "partial"):
        if word in answers:
            return word
    return "established"


def _segment(fabric: Fabric, path: Path, clients: tuple[int, int], gates: list[Crossing]) -> str:
    """The gates between two translations, for every port that the sender there may have."""
    found: list[Truth] = []
    shown: list[Hop] = []
    port, high = clients
    while port <= high:
        axis = Axis()
        hops = [_back(fabric, gate, Number(port, axis)) for gate in gates]
        truth = every(hop.truth for hop in hops)
        if not shown or (truth.value is not True and all(h.truth.value for h in shown)):
            shown = hops
        found.append(truth)
        port = min((cut for cut in axis.cuts if cut > port), default=high + 1)
    path.reply_hops += shown
    return _word(found)


def _word(truths: list[Truth]) -> str:
    if any(truth.value is None for truth in truths):
        return "unknown"
    if all(truth.value for truth in truths):
        return "established"
    return "partial" if any(truth.value for truth in truths) else "none"


def _back(fabric: Fabric, gate: Crossing, port: Number) -> Hop:
    """The same gate from the other side, for the reply to the packet that passed it."""
    direction, asked = ("in" if gate.direction == "out" else "out"), gate.packet
    answer = Packet(asked.dst, asked.src, _answer(asked.service, port))
    return nacl.judge(fabric, gate.subnet, direction, gate.remote, answer)


def _answer(asked: Service, port: Number) -> Service:
    """A reply goes to the client's port; an echo request is answered by an echo reply (type 0)."""
    if asked.protocol.value in WITH_PORTS:
        return Service(Number(asked.protocol.value), port)
    if asked.protocol.value == ICMP and asked.port.within(8 * 256, 8 * 256 + 255):
        return Service(Number(ICMP), Number(0))
    if asked.protocol.value == ICMPV6 and asked.port.within(128 * 256, 128 * 256 + 255):
        return Service(Number(ICMPV6), Number(129 * 256))  # RFC 4443: echo reply is type 129
    return asked
