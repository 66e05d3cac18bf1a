"""A rule calls itself temporary, or its end has passed."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.groups import Ingress, by_anyone, each_rule
from ringwall.check.rule import Rule
from ringwall.facts.aws import Tag

_MARK: Final = re.compile(
    r"(?<![a-z0-9])(temp|tmp|temporary|debug|test|quick[ _-]?fix|remove[ _-]me|todo)(?![a-z0-9])",
    re.IGNORECASE,
)
_END_TAGS: Final = ("expires", "expiry", "ttl")
_TAGS_OF_TOOLS: Final = re.compile(r"aws:|eks:|([a-z0-9-]+\.)*(k8s\.io|k8s\.aws|kubernetes\.io)/")

RULE = Rule(
    id="sg-temporary-rule",
    title="A temporary rule is still there",
    severity="medium",
    kind="pattern",
    remediation="revoke it, or give it a reason and an owner: "
    "aws ec2 update-security-group-rule-descriptions-ingress",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per ingress rule that is marked, itself or through its group."""
    yield from each_rule(audit, RULE, _judge)


def _judge(ingress: Ingress) -> Finding | None:
    marks = [*_marks_of_rule(ingress), *_marks_of_group(ingress)]
    if not marks:
        return None
    use = ingress.used_by_anyone()
    reason = f"{marks[0]}, and {by_anyone(use)}"
    severity = use.severity("medium", "medium")
    return ingress.finding(RULE, "fail", severity, reason, use, marks=marks)


def _marks_of_rule(ingress: Ingress) -> Iterator[str]:
    audit, rule = ingress.audit, ingress.rule
    yield from _words(audit, "its description", rule.description)
    yield from _marks_of_tags(audit, "its tag", rule.tags)


def _marks_of_group(ingress: Ingress) -> Iterator[str]:
    """The name of a cluster, which tools put into names, says nothing about a rule."""
    audit, group = ingress.audit, ingress.group
    if group not in audit.fabric.groups:
        return
    body, cluster = audit.fabric.groups[group][1], audit.scope.cluster_of(group)
    yield from _words(audit, "its group's name", body.group_name, cluster)
    yield from _words(audit, "its group's description", body.description, cluster)
    yield from _marks_of_tags(audit, "its group's tag", body.tags or (), cluster)


def _words(audit: Audit, what: str, text: str, cluster: str = "") -> Iterator[str]:
    said, name = audit.named(text), audit.named(cluster)
    if found := _MARK.search(said.replace(name, "") if name else said):
        yield f"{what} says `{found[0]}`"


def _marks_of_tags(
    audit: Audit, what: str, tags: Iterable[Tag], cluster: str = ""
) -> Iterator[str]:
    for tag in tags:
        if _TAGS_OF_TOOLS.match(tag.key):
            continue
        ends = tag.key.lower() in _END_TAGS
        if ends and (end := _date(audit.named(tag.value))) and end < audit.today:
            yield f"{what} `{tag.key}` says that it ended on {end}"
        yield from _words(audit, f"{what} `{tag.key}`", f"{tag.key} {tag.value}", cluster)


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
