"""Pods can fetch the node's role from the instance metadata service."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.blueprints import KINDS, LISTS, Blueprint, Setting, each_blueprint
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.check.unread import unread
from ringwall.check.words import many

RULE = Rule(
    id="node-imds-hop-limit",
    title="Pods can take the node's role from the instance metadata service",
    severity="high",
    kind="pattern",
    remediation="set the hop limit to 1 in the launch template or node class and on running nodes "
    "(aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 1), and give pods "
    "roles of their own",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per blueprint of nodes: launch template, node class, node group."""
    for one in each_blueprint(audit, RULE):
        yield one if isinstance(one, Finding) else _judge(audit, one)
    yield from unread(audit, RULE, LISTS, KINDS)


def _judge(audit: Audit, one: Blueprint) -> Finding:
    limits = [(machine, _limit_of(audit, machine)) for machine in one.machines]
    far = [(machine, limit) for machine, limit in limits if limit is not None and limit > 1]
    stated = sorted(s.where for s in one.settings if _reaches_pods(s))
    if far or stated:
        return _fail(one, far, stated)
    told = all(setting.metadata_off or setting.hop_limit is not None for setting in one.settings)
    if one.settings and told and not one.needs:
        return one.finding(RULE, "pass", "its hop limit is 1, or the metadata service is off")
    if limits and all(limit is not None for _, limit in limits):
        return one.finding(RULE, "pass", "every node made from it has a hop limit of 1")
    if not (one.settings or audit.fabric.present):
        return one.finding(RULE, "not-applicable", "no AWS answer was read, and Nodes do not tell")
    if not (limits or one.states_metadata):
        reason = "EKS sets the metadata service of these nodes, and none of them was read"
        return one.finding(RULE, "not-applicable", reason)
    return _unknown(one, limits)


def _limit_of(audit: Audit, machine: Machine) -> int | None:
    """A node's hop limit, 0 where its metadata service is off, None where it was not read."""
    entry = audit.fabric.instances.get(machine.instance)
    options = entry[1].metadata_options if entry else None
    if options is None:
        return None
    return 0 if options.http_endpoint == "disabled" else options.http_put_response_hop_limit


def _reaches_pods(setting: Setting) -> bool:
    return not setting.metadata_off and (setting.hop_limit or 0) > 1


def _fail(one: Blueprint, far: list[tuple[Machine, int]], stated: list[str]) -> Finding:
    limit = max([s.hop_limit or 0 for s in one.settings if _reaches_pods(s)] + [n for _, n in far])
    who = f"{many(len(far), 'node')} made from it" if far else "what is launched from it"
    reason = f"the hop limit of the metadata service of {who} is {limit}, so that it answers pods"
    return one.finding(
        RULE,
        "fail",
        reason,
        [machine for machine, _ in far],
        hop_limit=limit,
        stated_in=stated,
    )


def _unknown(one: Blueprint, limits: list[tuple[Machine, int | None]]) -> Finding:
    unread = [machine for machine, limit in limits if limit is None]
    if unread:
        one.needs.add("aws ec2 describe-instances")
        reason = "the metadata options of its nodes were not read"
        return one.finding(RULE, "unknown", reason, unread)
    if one.needs:
        return one.finding(RULE, "unknown", "what it says of the metadata service was not read")
    one.needs.add("HttpPutResponseHopLimit in the launch template, or one node made from it")
    reason = "it states no hop limit, so that the AMI and the account's default decide"
    return one.finding(RULE, "unknown", reason)
