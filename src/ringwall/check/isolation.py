"""Which pods of a namespace no policy selects: the question behind the default-deny rules."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import Space, each_namespace, workload_ids
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.reach.definition.pods import Pod
from ringwall.reach.definition.truth import some


def unselected(
    audit: Audit, rule: Rule, directions: tuple[str, ...], effect: str
) -> Iterator[Finding]:
    """One finding per namespace in which some pod is selected by no policy in some of the
    ``directions``; ``effect`` says what it may do then."""
    return each_namespace(audit, lambda space: _judge(space, rule, directions, effect))


def _judge(space: Space, rule: Rule, directions: tuple[str, ...], effect: str) -> Iterator[Finding]:
    found = {direction: _free(space, direction) for direction in directions}
    free = {direction: pods for direction, (pods, _) in found.items() if pods}
    doubts = space.unread()
    needs = {text for _, texts in found.values() for text in texts}
    if free and not doubts:
        yield _fail(space, rule, free, effect)
    elif free or needs:
        reason = "whether a policy isolates every pod depends on what was not read"
        yield space.undecided(rule, reason, {*doubts, *needs})
    else:
        words = " and for ".join(directions)
        yield space.finding(rule, "pass", f"every pod is isolated for {words}")


def _free(space: Space, direction: str) -> tuple[list[Pod], set[str]]:
    """The pods that surely no policy selects, and what would tell of others."""
    free: list[Pod] = []
    needs: set[str] = set()
    for pod in space.pods:
        truth = some(truth for _, truth in space.audit.isolating(space.cluster, pod, direction))
        needs |= {reason.needs for reason in truth.because}
        if truth.value is False:
            free.append(pod)
    return free, needs


def _fail(space: Space, rule: Rule, free: dict[str, list[Pod]], effect: str) -> Finding:
    pods = [pod for found in free.values() for pod in found]
    open_, whole = len(workload_ids(pods)), len(workload_ids(space.pods))
    whom, words = "it" if open_ == 1 else "them", " or for ".join(free)
    return space.finding(
        rule,
        "fail",
        f"{open_} of {many(whole, 'workload')} may {effect}: no policy selects {whom} for {words}",
        pods=pods,
        evidence={direction: workload_ids(found) for direction, found in free.items()},
    )
