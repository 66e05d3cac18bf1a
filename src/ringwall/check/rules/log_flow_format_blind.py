"""What is logged today will not tell later which pod a connection belonged to."""

import re
from collections.abc import Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.unread import unread
from ringwall.facts import aws
from ringwall.facts.fact import Key

_NEEDED: Final = ("pkt-srcaddr", "pkt-dstaddr", "flow-direction", "tcp-flags")
"""Fields without which a record does not tell the pods, nor who began: `srcaddr` and `dstaddr` are
the primary address of an interface, whichever pod on it was meant."""
_FIELD: Final = re.compile(r"\$\{([a-z0-9-]+)\}")
_FULL: Final = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} "
    "${pkt-srcaddr} ${pkt-dstaddr} ${flow-direction} ${tcp-flags}"
)

RULE = Rule(
    id="log-flow-format-blind",
    title="Logs that are kept now cannot tell later which pods talked",
    severity="medium",
    kind="pattern",
    remediation="make a flow log whose format has pkt-srcaddr, pkt-dstaddr, flow-direction and "
    "tcp-flags (aws ec2 create-flow-logs --log-format), and turn the audit log on: aws eks "
    "update-cluster-config --logging",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per flow log of a cluster's VPC, and one per cluster about its audit log."""
    vpcs = _vpcs(audit)
    if not (vpcs or audit.fabric.eks):
        yield RULE.finding("not-applicable", "aws", reason="no VPC of a cluster was read")
    for vpc in sorted(vpcs):
        yield from _of_vpc(audit, vpc)
    for key, cluster in audit.fabric.eks.items():
        yield _audit_log(key, cluster)
    if any(True for _ in audit.facts.of(aws.FlowLog)):
        yield from unread(audit, RULE, "FlowLogs")


def _vpcs(audit: Audit) -> set[str]:
    found = {cluster.resources_vpc_config.vpc_id for cluster in audit.fabric.eks.values()}
    found |= {interface.vpc for interface in audit.scope.node_interfaces}
    return (found | audit.fabric.vpcs.keys() if audit.scope.is_whole else found) - {""}


# --- flow logs ------------------------------------------------------------------------------------


def _of_vpc(audit: Audit, vpc: str) -> Iterator[Finding]:
    """A flow log that tells everything of the whole VPC makes up for the others."""
    every = dict(audit.facts.of(aws.FlowLog))
    logs = {key: log for key, log in every.items() if _vpc_of(audit, log.resource_id) == vpc}
    full = [log for log in logs.values() if log.resource_id == vpc and not _missing(log)]
    entry = audit.fabric.vpcs.get(vpc)
    cause = str(entry[0]) if entry else vpc
    if full:
        reason = f"{full[0].flow_log_id} tells the pods of the whole VPC"
        yield _finding("pass", cause, reason)
    elif logs:
        yield from (_judge(key, log) for key, log in logs.items())
    elif every:
        yield _finding("not-applicable", cause, "no flow log is kept of it")
    else:
        reason = "no flow log of it was read; if there is none, nothing is kept at all"
        refused = [gap.needs for gap in audit.facts.gaps if gap.kind == "FlowLogs"]
        yield _finding("unknown", cause, reason, needs=refused or ["aws ec2 describe-flow-logs"])


def _vpc_of(audit: Audit, resource: str) -> str:
    """The VPC of what a flow log is about."""
    if resource in audit.fabric.subnets:
        return audit.fabric.subnets[resource][1].vpc_id
    interface = audit.fabric.interfaces.get(resource)
    return interface.vpc if interface else resource


def _missing(log: aws.FlowLog) -> list[str]:
    """The fields that it lacks; all of them where its format was not read."""
    told = _FIELD.findall(log.log_format)
    return [name for name in _NEEDED if name not in told]


def _judge(key: Key, log: aws.FlowLog) -> Finding:
    missing = _missing(log)
    if not log.log_format:
        needs = [f"aws ec2 describe-flow-logs --flow-log-ids {log.flow_log_id}"]
        return _finding("unknown", str(key), "its format was not read", needs=needs)
    if missing:
        reason = f"its records of {log.resource_id} lack {', '.join(missing)}"
        return _finding("fail", str(key), reason, missing, format=log.log_format, better=_FULL)
    return _finding("pass", str(key), "its records tell pods and who began")


def _finding(
    status: str, cause: str, reason: str, examples: list[str] | None = None, **evidence: object
) -> Finding:
    return RULE.finding(
        status,
        cause,
        reason=reason,
        objects=[cause],
        count=max(1, len(examples or [])),
        examples=examples or [cause],
        evidence=evidence,
    )


# --- the audit log --------------------------------------------------------------------------------


def _audit_log(key: Key, cluster: aws.Cluster) -> Finding:
    """Changes of the status of pods, which tell their addresses, are in the audit log."""
    status, reason, needs = "pass", "the audit log keeps the addresses that pods had", ""
    if cluster.logging is None or cluster.logging.cluster_logging is None:
        status, reason = "unknown", "whether the audit log is kept was not read"
        needs = f"aws eks describe-cluster --name {cluster.name}"
    elif not any(s.enabled and "audit" in (s.types or ()) for s in cluster.logging.cluster_logging):
        status = "fail"
        reason = "the audit log is off: which pod had an address cannot be told afterwards"
    return RULE.finding(
        status,
        str(key),
        reason=reason,
        cluster=cluster.name,
        objects=[str(key)],
        examples=["audit"],
        evidence={"needs": [needs]} if needs else {},
    )
