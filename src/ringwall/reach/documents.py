"""What the relation says, as it is printed: ``ringwall/reach/v1`` and its grouped form,
``ringwall/diff/v1`` and ``ringwall/what-if/v1``."""

from typing import Annotated, Final

from msgspec import Meta, Struct, structs

from ringwall.reach.answers import Extent, Reply, UnknownOut, Verdict

REACH: Final = "ringwall/reach/v1"
GROUPED: Final = "ringwall/reach-grouped/v1"
DIFF: Final = "ringwall/diff/v1"
WHAT_IF: Final = "ringwall/what-if/v1"

Open = Annotated[str, Meta(pattern="^(allowed|unknown)$")]
Placement = Annotated[str, Meta(pattern="^(together|apart)$")]
Change = Annotated[str, Meta(pattern="^(gained|lost|now-unknown|changed)$")]
Certainty = Annotated[str, Meta(pattern="^(nothing|perhaps|surely)$")]
Ports = dict[str, list[str]]
"""Services by protocol: ``{"TCP": ["80", "8000-8010"], "ICMP": ["8/0"], "PROTO-47": []}``;
``PROTO-OTHER`` is every protocol without a name of its own,
``{"ALL": []}`` alone for every protocol."""


class EnforcerOut(Struct, frozen=True, omit_defaults=True):
    """What enforces policies in a cluster, and what tells; ``problem`` says why it is unclear."""

    name: str
    version: str
    evidence: list[str]
    problem: str = ""


class EndpointOut(Struct, frozen=True, omit_defaults=True):
    """A thing that sends or receives. What does not apply or is not known is left out."""

    kind: str
    cluster: str = ""
    account: str = ""
    region: str = ""
    vpc: str = ""
    parent: str = ""
    key: str = ""
    addresses: list[str] = []
    host_network: bool = False
    labels: dict[str, str] = {}


class BlockOut(Struct, frozen=True):
    """The addresses that an id of no object stands for."""

    cidrs: list[str]


class Head(Struct, frozen=True, kw_only=True):
    """What every answer says first: what was asked, of which facts, and what is not known."""

    schema: str
    tool: str
    digest: str
    scope: list[str]
    assumes: list[str]
    enforcers: dict[str, list[EnforcerOut]]
    unknowns: dict[str, UnknownOut]
    endpoints: dict[str, EndpointOut]
    blocks: dict[str, BlockOut]


class ConnectionOut(Struct, frozen=True, omit_defaults=True):
    """Services that one endpoint reaches at another; pairs that have no row are blocked.

    ``extent`` says whether that holds for all pairs of their members; ``if_placed`` is the verdict
    with the pods in the other placement (on one node, or apart), where it is another one;
    ``because`` names what is not known.
    """

    src: str
    dst: str
    verdict: Open
    extent: Extent
    ports: Ports
    reply: Reply | None = None
    if_placed: Verdict | None = None
    because: list[str] = []


class ReachReport(Head, frozen=True, kw_only=True):
    """``ringwall/reach/v1``: one row for each source, destination, verdict, extent and reply."""

    connections: list[ConnectionOut]


class ClassOut(Struct, frozen=True):
    """Endpoints that reach, and are reached, alike. A workload stands for all of its pods."""

    kind: str
    members: list[str]


class ClassRowOut(Struct, frozen=True, omit_defaults=True):
    """Services that each member of one class reaches at each other member of another.

    ``placement`` is there where it depends on whether the two stand on one node.
    """

    src: str
    dst: str
    verdict: Open
    ports: Ports
    extent: Extent = "all"
    placement: Placement | None = None
    reply: Reply | None = None
    because: list[str] = []


class GroupedReport(Head, frozen=True, kw_only=True):
    """``ringwall/reach-grouped/v1``: the complete relation, between classes of pods, nodes,
    interfaces and addresses."""

    classes: dict[str, ClassOut]
    connections: list[ClassRowOut]


class SideOut(Struct, frozen=True):
    """One of the two things that are compared."""

    digest: str
    scope: list[str]
    assumes: list[str]


class StateOut(Struct, frozen=True, omit_defaults=True):
    """What was, or is, the answer about some services of a pair."""

    verdict: Verdict
    extent: Extent | None = None
    reply: Reply | None = None
    because: list[str] = []


class WitnessOut(Struct, frozen=True):
    """One packet of a difference: a pod, node or address that sends, one that receives, a port."""

    src: str
    dst: str
    port: str


class ChangeOut(Struct, frozen=True):
    """Services of a pair that are answered differently.

    ``gained`` is allowed now, ``lost`` is blocked now, ``now-unknown`` is unknown now and was not;
    ``changed`` has another extent, reply or reason. ``sure`` says of ``gained`` that it was surely
    blocked, of ``lost`` that it was surely allowed.
    """

    src: str
    dst: str
    change: Change
    sure: bool
    ports: Ports
    old: StateOut
    new: StateOut
    witness: WitnessOut


class DiffReport(Struct, frozen=True, kw_only=True):
    """``ringwall/diff/v1``: what changed between two inputs, and nothing that did not.

    ``opens`` and ``closes`` sum it up: ``nothing``, ``perhaps`` or ``surely``.
    """

    schema: str
    tool: str
    old: SideOut
    new: SideOut
    opens: Certainty
    closes: Certainty
    unknowns: dict[str, UnknownOut]
    blocks: dict[str, BlockOut]
    changes: list[ChangeOut]


class WhatIfReport(DiffReport, frozen=True, kw_only=True):
    """``ringwall/what-if/v1``: the same of a change that nobody has made yet, in its words."""

    change: list[str]

    @classmethod
    def of(cls, report: DiffReport, change: list[str]) -> "WhatIfReport":
        """The comparison with the state that a change would make."""
        return cls(**{**structs.asdict(report), "schema": WHAT_IF}, change=change)
