"""One way of a packet, and several ways of one pair united."""

from collections.abc import Iterable
from typing import NamedTuple

from ringwall.model.attachments import Attachment
from ringwall.model.fabric.pool import Reply
from ringwall.model.gate import Admission


class Outcome(NamedTuple):
    """What one pair of attachments lets through, as masks over the shared service atoms.

    ``reply`` parts ``may``: how each service that is perhaps let through is answered. Where there
    are several ways it is the best reply among those that have the pair's verdict.
    """

    must: int
    may: int
    reply: Reply

    def within(self, mask: int) -> "Outcome":
        """Only these services."""
        return Outcome(self.must & mask, self.may & mask, parted(self.reply, mask))

    def through(self, gate: Admission) -> "Outcome":
        """Behind one more gate."""
        return Outcome(
            self.must & gate.must, self.may & gate.may, parted(self.reply, self.may & gate.may)
        )


BLOCKED = Outcome(0, 0, Reply(0, 0, 0, 0))


def parted(reply: Reply, mask: int) -> Reply:
    """The replies of the services of ``mask``."""
    return Reply(
        reply.established & mask, reply.partial & mask, reply.none & mask, reply.unknown & mask
    )


def passing(must: int, may: int, reply: Reply) -> Outcome:
    """A way of which ``reply`` also tells of services that do not pass."""
    return Outcome(must, may, parted(reply, may))


def answered(must: int, may: int) -> Outcome:
    """A way on which every answer comes back."""
    return Outcome(must, may, Reply(may, 0, 0, 0))


def united(ways: Iterable[Outcome]) -> Outcome:
    """Any of the ways will do; the best reply among those with the verdict of all counts."""
    some = [way for way in ways if way.may]
    if len(some) < 2:
        return some[0] if some else BLOCKED
    must = may = 0
    for way in some:
        must |= way.must
        may |= way.may
    established = partial = none = unknown = 0
    for way in some:
        mine = way.must | (way.may & ~must)
        established |= way.reply.established & mine
        partial |= way.reply.partial & mine
        none |= way.reply.none & mine
        unknown |= way.reply.unknown & mine
    partial &= ~established
    unknown &= ~(established | partial)
    none &= ~(established | partial | unknown)
    return Outcome(must, may, Reply(established, partial, none, unknown))


def alternatives(ways: Iterable[Outcome]) -> Outcome:
    """One packet of which it is not known which of the ways it takes: it surely passes if it does
    by each, and perhaps if it does by one. Answers that do not come by each are partial."""
    some = list(ways)
    must = may = some[0].must if some else 0
    for way in some:
        must &= way.must
        may |= way.may
    told = [parted(way.reply, way.may) for way in some]
    established = partial = none = unknown = 0
    for reply in told:
        established |= reply.established
        partial |= reply.partial
        none |= reply.none
        unknown |= reply.unknown
    partial = (partial | (established & none)) & ~unknown
    established &= ~(partial | none | unknown)
    none &= ~(partial | unknown)
    return Outcome(must, may, Reply(established, partial, none, unknown))


def of_one_family(a: Attachment, b: Attachment) -> bool:
    """Whether packets can go between two attachments. Without an address a pod has some IPv4 one;
    a Service without an address has whatever its pods have."""
    if 0 in (a.family, b.family) and "service" in (a.kind, b.kind):
        return True
    return (a.family == 6) == (b.family == 6)
