"""A Service's load balancer faces the Internet although nobody asked for that."""

from collections.abc import Iterator

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

RULE = Rule(
    id="lb-internet-by-default",
    title="A load balancer faces the Internet although nobody asked for that",
    severity="high",
    kind="both",
    remediation="say what is meant: service.beta.kubernetes.io/aws-load-balancer-scheme: internal "
    'with loadBalancerClass: service.k8s.aws/nlb, or aws-load-balancer-internal: "true"',
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per Service of type LoadBalancer."""
    for one in each_published(audit, RULE):
        yield one if isinstance(one, Finding) else _judge(one)
    yield from unread(audit, RULE, kinds="service")


def _judge(service: Published) -> Finding:
    if service.scheme == INTERNAL:
        return service.finding(RULE, "pass", "its load balancer is internal")
    if not service.scheme:
        reason = "another controller makes its load balancer, which was not read"
        needs = "aws elbv2 describe-load-balancers, and the Service with its status"
        return service.finding(RULE, "unknown", reason, needs=[needs])
    if service.wish and service.wish != INTERNAL:
        return service.finding(RULE, "pass", "an annotation asks for the Internet")
    _, use = service.visitors
    reason = f"{_why(service)}, and {outlook(use)}"
    return service.finding(RULE, "fail", reason, use, use.severity("high", "medium"))


def _why(service: Published) -> str:
    if service.wish:
        return "its annotations ask for an internal load balancer, and it has one on the Internet"
    scheme = service.note("aws-load-balancer-scheme")
    if service.maker == CLOUD_PROVIDER and scheme:
        return f"{CLOUD_PROVIDER} passes over aws-load-balancer-scheme: {scheme}"
    return "no annotation says whether it is for the Internet"
