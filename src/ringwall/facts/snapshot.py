"""What was read, kept: the content of a snapshot.

A snapshot holds what each place tells of each object, before several tellings are made one fact:
only so can halves that were collected apart be put together as if they had been read at once.
All of it is sets, so that merging is their union, in any order and grouping.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Final

import msgspec
from msgspec import Struct

from ringwall import __version__
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Facts, Gap, Key, Oddity, Origin
from ringwall.facts.words import Account, Name, ResourceId, Sentence, Word

SNAPSHOT: Final = "ringwall/snapshot/v1"
TOOL: Final = f"ringwall {__version__}"

FACT: Final = ""
"""The role of an object that is a fact by itself."""
ROLES: Final[dict[str, type[Struct] | None]] = {
    "interface-of-instance": aws.NetworkInterface,
    "group-rule": aws.SecurityGroupRule,
    "listed-rule": aws.SecurityGroupRule,
    "listed-rule-of-page": aws.SecurityGroupRule,
    "all-rules": None,
    "broken-rule": None,
    "prefix-list": aws.PrefixList,
}
"""What waits for other answers before it is a fact, and the type of its body.

``interface-of-instance``: an interface as its instance tells it; used where no answer is its own.
``group-rule``, ``listed-rule``, ``listed-rule-of-page``: one rule as its group holds it, as it is
listed by itself, and the same where more of the list was not read; what one leaves out the other
fills in. ``all-rules``: every rule of this group was read (``mark`` names the set);
``broken-rule``: one was not. ``prefix-list``: one call names a list, another tells its entries.
"""
EFFECTS: Final = frozenset(("policy", "traffic", "fabric", "input"))
"""What a gap may move (see :class:`ringwall.facts.fact.Gap`)."""


class Told(Struct, frozen=True, gc=False):
    """One object as one place tells it."""

    key: Key
    body: Struct | None
    origin: Origin
    role: Word = FACT
    mark: ResourceId = ""


class Making(Struct, frozen=True, omit_defaults=True):
    """One reading of targets: when (UTC), by which tool, what its facts digest to, and how many
    objects that do not concern the network it left out, by kind."""

    at: Word
    tool: Word
    digest: Word
    left_out: dict[Sentence, int] = {}


class Snapshot(Struct, frozen=True):
    """What was told, what could not be read, what was odd, and the readings that gave it."""

    told: tuple[Told, ...] = ()
    gaps: tuple[Gap, ...] = ()
    warnings: tuple[Oddity, ...] = ()
    made: tuple[Making, ...] = ()


class Manifest(Struct, frozen=True):
    """``ringwall/snapshot/v1``: what stands in ``manifest.json``.

    ``counts`` is of facts by kind; ``members`` gives the SHA-256 of every other file in the zip.
    """

    schema: str
    tool: str
    digest: str
    made: list[Making]
    accounts: list[Account]
    regions: list[Word]
    clusters: list[Name]
    counts: dict[Word, int]
    members: dict[str, str]


class Identities(Struct, frozen=True):
    """Whose network it is: AWS accounts, regions, clusters by name; each sorted."""

    accounts: list[Account]
    regions: list[Word]
    clusters: list[Name]


def digest(facts: Facts) -> str:
    """What names a set of facts: the same objects give the same digest, wherever they were read."""
    found = hashlib.sha256()
    for key, fact in facts.items():
        found.update(canonical([key, fact.body]) + b"\n")
    return f"sha256:{found.hexdigest()}"


def canonical(value: object) -> bytes:
    """The same bytes for the same content."""
    return msgspec.json.encode(value, order="sorted")


def merged(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Everything that any of them holds."""
    given = tuple(snapshots)
    return Snapshot(
        told=tuple(chain.from_iterable(one.told for one in given)),
        gaps=tuple(chain.from_iterable(one.gaps for one in given)),
        warnings=tuple(chain.from_iterable(one.warnings for one in given)),
        made=tuple(chain.from_iterable(one.made for one in given)),
    )


def distinct(made: Iterable[Making]) -> list[Making]:
    """Readings, each once, in a fixed order: the same one may have come on two ways."""
    return [one for _, one in sorted({canonical(one): one for one in made}.items())]


def left_out(made: Iterable[Making]) -> dict[str, int]:
    """How many objects were left out in all, by kind."""
    found: Counter[str] = Counter()
    for making in distinct(made):
        found.update(making.left_out)
    return dict(sorted(found.items()))


def counts(facts: Facts) -> dict[str, int]:
    """How many facts there are, by kind."""
    return dict(sorted(Counter(key.kind for key in facts).items()))


def identities(facts: Facts) -> Identities:
    """The accounts, regions and clusters that the objects themselves are of."""
    accounts: set[str] = set()
    regions: set[str] = set()
    clusters: set[str] = set()
    for key, fact in facts.items():
        if type(fact.body).__module__ == k8s.__name__:
            clusters.add(key.scope)
        else:
            account, _, region = key.scope.partition(":")
            accounts |= {account, _owner(fact.body)}
            regions.add(region)
            clusters.add(key.name if isinstance(fact.body, aws.Cluster) else "")
    return Identities(*(sorted(found - {""}) for found in (accounts, regions, clusters)))


def _owner(body: Struct) -> Account:
    owner: Account = getattr(body, "owner_id", "")
    return owner if len(owner) == 12 and owner.isdecimal() else ""
