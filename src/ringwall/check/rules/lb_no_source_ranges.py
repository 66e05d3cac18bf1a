"""A Service's load balancer takes connections from the whole Internet."""

from collections.abc import Iterator

from ringwall.check.admitted import blocks_of, is_internet
from ringwall.check.audit import Audit
from ringwall.check.balancers import (
    CLOUD_PROVIDER,
    INTERNAL,
    Published,
    each_published,
    outlook,
)
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.unread import unread
from ringwall.space.addresses import Addresses

_GROUPS = "aws-load-balancer-security-groups"
_LISTS = "aws-load-balancer-security-group-prefix-lists"

RULE = Rule(
    id="lb-no-source-ranges",
    title="A load balancer takes connections from the whole Internet",
    severity="high",
    kind="both",
    remediation="name the sources: spec.loadBalancerSourceRanges, or a prefix list; or make the "
    "load balancer internal",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per Service of type LoadBalancer."""
    for one in each_published(audit, RULE):
        yield one if isinstance(one, Finding) else _judge(one)
    yield from unread(audit, RULE, kinds="service")


def _judge(service: Published) -> Finding:
    if service.scheme == INTERNAL:
        return service.finding(RULE, "pass", "its load balancer is internal")
    sources = _sources(service)
    unread = [name for name in sources if name.startswith("pl-")]
    bad = [text for text in sources if text not in unread and not _is_block(text)]
    if bad:
        needs = f"correct `{bad[0]}` among its source ranges, which is no block of addresses"
        return service.finding(RULE, "unknown", "its source ranges are not valid", needs=[needs])
    named = Addresses.of(*(text for text in sources if text not in unread))
    if is_internet(named - service.audit.own_networks) or not sources:
        return _open(service, sources)
    if unread:
        needs = f"aws ec2 get-managed-prefix-list-entries --prefix-list-id {unread[0]}"
        reason = f"the entries of {unread[0]} were not read"
        return service.finding(RULE, "unknown", reason, needs=[needs], sources=sources)
    reason = "it names its sources, which are not the Internet"
    return service.finding(RULE, "pass", reason, sources=sources)


def _sources(service: Published) -> list[str]:
    """The blocks that it asks to admit, as who makes it reads them; of a prefix list that was not
    read, its id."""
    lists = _listed(service.note(_LISTS)) if service.maker != CLOUD_PROVIDER else []
    if service.note(_GROUPS) and service.maker != CLOUD_PROVIDER:
        return []  # its controller then looks at neither ranges nor lists
    told = service.body.spec.load_balancer_source_ranges
    ranges = list(told or _listed(service.note("load-balancer-source-ranges")))
    for name in lists:
        blocks = blocks_of(service.audit.net, name)
        ranges += [name] if blocks is None else blocks
    return ranges


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_block(text: str) -> bool:
    try:
        Addresses.of(text)
    except ValueError:
        return False
    return True


def _open(service: Published, sources: list[str]) -> Finding:
    """Groups of the load balancer may admit only some, whatever the Service says."""
    surely, use = service.visitors
    groups = service.note(_GROUPS)
    if use.word == "open" and not is_internet(surely):
        reason = "the groups of its load balancer admit only some addresses of the Internet"
        return service.finding(RULE, "pass", reason, use)
    if not service.scheme or (groups and use.word == "unknown"):
        reason = "what its load balancer admits was not read"
        return service.finding(RULE, "unknown", reason, use, needs=[use.needs])
    said = "its source ranges are the Internet" if sources else "it names no source ranges"
    reason = f"{said}, and {outlook(use)}"
    severity = use.severity("high", "medium")
    return service.finding(RULE, "fail", reason, use, severity, sources=sources[:20])
