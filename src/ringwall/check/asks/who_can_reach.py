"""``who-can-reach``: everybody who reaches one thing, by who they are."""

from ringwall.check.asks import asked
from ringwall.check.asks.documents import WHO_CAN_REACH, WhoCanReachReport
from ringwall.check.asks.kinds import Kinds
from ringwall.reach.engine import rows as relation_rows
from ringwall.reach.engine.relation import Relation
from ringwall.space.addresses import Addresses


def who_can_reach(
    relation: Relation, dst: str, port: str | None = None, own: Addresses | None = None
) -> WhoCanReachReport:
    """The rows of ``reach --to``, by sender; ``own`` are the user's own networks. Raises
    UsageError."""
    dst = asked.heard(relation, dst)
    question = relation_rows.asked(relation, None, dst, port)
    report = asked.listed(relation, question)
    kinds, ends = Kinds(relation, own or Addresses()), {one.id: one for one in question.sources}
    (target,) = question.destinations
    rows = asked.grouped(report.connections, lambda row: kinds.of_sender(ends[row.src], target))
    rows = asked.in_order(rows, asked.SENDERS)
    above = asked.head(report, rows)
    return WhoCanReachReport(
        schema=WHO_CAN_REACH, **above, to=target.id, port=port or "all", connections=rows
    )
