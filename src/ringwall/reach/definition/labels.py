"""Label selectors, three-valued where a label exists and its value is made up later.

Source: kubernetes ``apimachinery/pkg/labels/selector.go`` ``Requirement.Matches``.
"""

from collections.abc import Iterator

from ringwall.facts.k8s import LabelSelector, Requirement
from ringwall.reach.definition.truth import NO, YES, Truth, every, known, unknown


def selects(
    selector: LabelSelector | None,
    labels: dict[str, str],
    open_labels: frozenset[str] = frozenset(),
) -> Truth:
    """Whether all of a selector's requirements hold; none at all selects everything."""
    return every(_holds(need, labels, open_labels) for need in _requirements(selector))


def _requirements(selector: LabelSelector | None) -> Iterator[Requirement]:
    if selector is None:
        return
    for key, value in (selector.match_labels or {}).items():
        yield Requirement(key, "In", (value,))
    yield from selector.match_expressions or ()


def _holds(need: Requirement, labels: dict[str, str], open_labels: frozenset[str]) -> Truth:
    exists = need.key in labels or need.key in open_labels
    match need.operator:
        case "Exists":
            return known(exists)
        case "DoesNotExist":
            return known(not exists)
        case "In":
            return _in(need, labels) if need.key not in open_labels else _made_up(need)
        case "NotIn":
            if need.key in open_labels:
                return _made_up(need)
            return ~_in(need, labels)  # a missing key matches NotIn (selector.go, case 4)
    raise AssertionError(need.operator)  # refused when the policy was read


def _in(need: Requirement, labels: dict[str, str]) -> Truth:
    """The key must exist (selector.go, case 2), also for an empty value."""
    return YES if need.key in labels and labels[need.key] in (need.values or ()) else NO


def _made_up(need: Requirement) -> Truth:
    return unknown(
        "label-made-up",
        need.key,
        f"the pods' value of label {need.key}: kubectl get pods -A -o json",
    )
