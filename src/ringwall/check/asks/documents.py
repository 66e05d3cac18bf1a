"""The answers to people's questions, as they are printed: ``ringwall/exposed/v1``,
``ringwall/who-can-reach/v1``, ``ringwall/blast-radius/v1`` and ``ringwall/rule-use/v1``."""

from typing import Annotated, Final

from msgspec import Meta, Struct, field

from ringwall.reach.answers import PathOut, RuleOut, UnknownOut
from ringwall.reach.documents import (
    BlockOut,
    Certainty,
    ChangeOut,
    ConnectionOut,
    Head,
    Ports,
    WitnessOut,
)

EXPOSED: Final = "ringwall/exposed/v1"
WHO_CAN_REACH: Final = "ringwall/who-can-reach/v1"
BLAST_RADIUS: Final = "ringwall/blast-radius/v1"
RULE_USE: Final = "ringwall/rule-use/v1"

API_SERVERS: Final = "api-servers"
BALANCERS: Final = "load-balancers"
DATA_STORES: Final = "data-stores"
INTERFACES: Final = "interfaces"
INTERNET: Final = "internet"
KUBELET: Final = "kubelet"
LINK_LOCAL: Final = "link-local"
METADATA: Final = "instance-metadata"
NODES: Final = "nodes"
OTHER_VPCS: Final = "other-vpcs"
OUTSIDE: Final = "networks-outside"
OWN: Final = "own-networks"
WORKLOADS: Final = "workloads"

Group = Annotated[
    str,
    Meta(
        pattern="^(api-servers|load-balancers|data-stores|interfaces|internet|kubelet|"
        "instance-metadata|link-local|nodes|other-vpcs|networks-outside|own-networks|workloads)$"
    ),
]
Because = Annotated[
    str,
    Meta(pattern="^(needed|others-admit|not-decided|blocked-elsewhere|no-carrier|no-sender)$"),
]


class AskedOut(ConnectionOut, frozen=True, omit_defaults=True, kw_only=True):
    """A row of the relation, and to which group of the answer it belongs.

    ``what`` names the service of AWS behind an interface, and ``told_by`` what tells so;
    ``through`` names the ways of ``ways`` that it goes by.
    """

    group: Group
    what: str = ""
    told_by: str = ""
    through: list[str] = field(default_factory=list)


class WayOut(Struct, frozen=True):
    """One way of some services: a packet that goes by it, and its hops. Things that the rules do
    not tell apart share the way of one of them."""

    ports: Ports
    witness: WitnessOut
    path: PathOut


class CountOut(Struct, frozen=True):
    """How many rows of a group are allowed, and how many are unknown."""

    allowed: int
    unknown: int


class AskedReport(Head, frozen=True, kw_only=True):
    """What all answers about connections have: how many there are in each group."""

    counts: dict[str, CountOut]


class ExposedReport(AskedReport, frozen=True, kw_only=True):
    """``ringwall/exposed/v1``: what the Internet reaches, grouped by what is reached."""

    port: str
    ways: dict[str, WayOut]
    connections: list[AskedOut]


class WhoCanReachReport(AskedReport, frozen=True, kw_only=True):
    """``ringwall/who-can-reach/v1``: who reaches one thing, grouped by who sends."""

    to: str
    port: str
    connections: list[AskedOut]


class BlastRadiusReport(AskedReport, frozen=True, kw_only=True, rename={"from_": "from"}):
    """``ringwall/blast-radius/v1``: what one thing reaches, grouped by what is reached. Group
    ``kubelet`` tells tcp/10250 of nodes once more."""

    from_: str
    connections: list[AskedOut]


class WhyOut(Struct, frozen=True, omit_defaults=True):
    """What becomes of packets that a rule admits, and one that shows it.

    ``needed``: only this rule admits them; ``others-admit``: ``rules`` do so too;
    ``blocked-elsewhere``: ``rules`` or ``text`` stop them; ``no-carrier`` and ``no-sender``: there
    are none.
    """

    because: Because
    text: str
    witness: WitnessOut | None = None
    rules: list[RuleOut] = []


class RuleUseReport(Struct, frozen=True, kw_only=True):
    """``ringwall/rule-use/v1``: what only one security-group rule opens.

    ``opens`` sums it up, and ``changes`` are what would be lost without the rule, as
    ``ringwall/diff/v1`` has them (each with what it is now as ``old``); ``why`` says what becomes
    of the rule's packets where nothing would be lost for sure.
    """

    schema: str
    tool: str
    digest: str
    scope: list[str]
    assumes: list[str]
    rule: RuleOut
    carriers: list[str]
    opens: Certainty
    unknowns: dict[str, UnknownOut]
    blocks: dict[str, BlockOut]
    why: list[WhyOut]
    changes: list[ChangeOut]
