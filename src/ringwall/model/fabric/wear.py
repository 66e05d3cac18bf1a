"""What a change of groups' rules leaves to be judged again, and what it does not.

A rule concerns only those far sides that it matches. What the groups of an interface admit is laid
out on lines: of a sender's groups by receiver, of each far side that receivers' groups see by who
they are. All that no changed rule matches stays.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from ringwall.model.dialects.security_group import Carried, Edits, Far, match
from ringwall.model.fabric.regions import Regions, Where
from ringwall.model.gate import Rule

Line: TypeAlias = tuple[int, Carried]
"""A far side as groups see it: the region of its address, and the groups that it carries."""

_NONE: Final[frozenset[int]] = frozenset()


class Wear(NamedTuple):
    """By the number of a sender's gate the receivers, and by line the receivers' gates, to be
    judged again."""

    egress: dict[int, frozenset[int]]
    ingress: dict[Line, frozenset[int]]


def wear(
    edits: Edits,
    gates: Sequence[tuple[str, ...] | None],
    fars: Sequence[tuple[Where | None, Carried]],
    lines: Collection[Line],
    regions: Regions,
) -> Wear:
    """What a change wears. ``gates`` are groups by number, ``fars`` receivers by number, ``lines``
    those of ingress; ``regions`` are those after the change."""
    found = Wear({}, {})
    for group, direction in edits:
        rules = edits[group, direction]
        own = frozenset(i for i, names in enumerate(gates) if names and group in names)
        if not own:
            continue
        if direction == "egress":
            hit = frozenset(i for i, far in enumerate(fars) if _matched(rules, *far))
            for gate in own:
                found.egress[gate] = hit | found.egress.get(gate, _NONE)
        else:
            for line in lines:
                if _matched(rules, regions.sample(line[0]), line[1]):
                    found.ingress[line] = own | found.ingress.get(line, _NONE)
    return found


def _matched(rules: Iterable[Rule[Far]], at: Where | None, carried: Carried) -> bool:
    """Whether one of some rules may match a far side; of one of several addresses, or of a region
    that is no more, it is not looked at."""
    return at is None or any(match(rule, at, carried) is not False for rule in rules)
