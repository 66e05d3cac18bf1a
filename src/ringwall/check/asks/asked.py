"""A question's rows, each in its group, and what stands above them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from msgspec import structs

from ringwall.check.asks import documents as groups
from ringwall.check.asks.documents import AskedOut, CountOut
from ringwall.check.asks.kinds import Kind
from ringwall.errors import UsageError
from ringwall.reach.documents import ConnectionOut, ReachReport
from ringwall.reach.engine.endpoints import Endpoint
from ringwall.reach.engine.judge import ALLOWED, UNKNOWN
from ringwall.reach.engine.outside import BLOCK_ID
from ringwall.reach.engine.relation import Relation
from ringwall.reach.engine.rows import Asked, Rows
from ringwall.reach.engine.table import LIMIT

REACHED: Final = (
    groups.DATA_STORES, groups.KUBELET, groups.METADATA, groups.API_SERVERS, groups.BALANCERS,
    groups.NODES, groups.WORKLOADS, groups.INTERFACES, groups.INTERNET, groups.OWN, groups.OUTSIDE,
    groups.LINK_LOCAL,
)  # fmt: skip
"""The groups of what is reached, gravest first."""
SENDERS: Final = (
    groups.INTERNET, groups.OWN, groups.OUTSIDE, groups.OTHER_VPCS, groups.NODES, groups.WORKLOADS,
    groups.API_SERVERS, groups.BALANCERS, groups.DATA_STORES, groups.INTERFACES,
    groups.LINK_LOCAL,
)  # fmt: skip
"""The groups of who sends, those from farthest away first."""


def heard(relation: Relation, text: str) -> str:
    """The id that a question is asked with. Answers about instances may leave out the account that
    answers about their interfaces state: then it is the id with the account. Raises UsageError
    where nothing that was read has that id, or an address by it."""
    if text.startswith(BLOCK_ID) or _attached(found := relation.directory.find(text)):
        return text
    scoped = [id_ for id_ in relation.directory.ids if id_.endswith(f"!{found.id}")]
    named = [id_ for id_ in scoped if _attached(relation.directory.find(id_))]
    if len(named) > 1:
        names = ", ".join(named)
        raise UsageError(f"`{text}` is ambiguous: it may be {names}; write one of these")
    if not named:
        raise UsageError(
            f"no interface of `{text}` was read, so that nothing can be said of it; add what "
            "aws ec2 describe-network-interfaces prints"
        )
    return named[0]


def _attached(endpoint: Endpoint) -> bool:
    return any(member.attachments for member in endpoint.members)


def listed(relation: Relation, question: Asked) -> ReachReport:
    """The rows of a question, as ``reach`` lists them. Raises UsageError for too many of them."""
    rows = Rows(relation, question, LIMIT)
    return structs.replace(rows.document, connections=list(rows))


def grouped(
    rows: Iterable[ConnectionOut], kind_of: Callable[[ConnectionOut], Kind]
) -> list[AskedOut]:
    """Rows with the groups that they belong to."""
    return [
        AskedOut(**structs.asdict(row), **kind_of(row)._asdict())  # as the fields are named
        for row in rows
    ]


def in_order(rows: Iterable[AskedOut], order: Sequence[str]) -> list[AskedOut]:
    """Rows by their groups, else as they came."""
    return sorted(rows, key=lambda row: order.index(row.group))


def head(report: ReachReport, rows: Sequence[AskedOut]) -> dict[str, Any]:
    """The fields of :class:`AskedReport` but its schema."""
    fields = structs.asdict(report)
    del fields["connections"], fields["schema"]
    return {**fields, "counts": _counts(rows)}


def _counts(rows: Sequence[AskedOut]) -> dict[str, CountOut]:
    """By group, in the order of the rows."""
    return {
        group: CountOut(*(_count(rows, group, verdict) for verdict in (ALLOWED, UNKNOWN)))
        for group in dict.fromkeys(row.group for row in rows)
    }


def _count(rows: Sequence[AskedOut], group: str, verdict: str) -> int:
    return sum(row.group == group and row.verdict == verdict for row in rows)
