"""Reports made by hand, some of them from names that mean harm."""

import re
from datetime import UTC, datetime
from typing import Any

from ringwall.check.finding import Finding, fingerprint
from ringwall.check.rule import Rule
from ringwall.check.run import Failure
from ringwall.report.catalog import Catalog, Described
from ringwall.report.outputs import AUDIT, AuditReport, ClusterOut, GapOut, WarningOut
from ringwall.report.places import PlaceOut

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POLICY = "shop!networkpolicy/web/allow-all:ingress[0]"
GROUP = "111122223333:eu-west-1!sg-0abc:ingress:tcp/22:0.0.0.0/0"
HOSTILE = (
    "<script>alert(1)</script>]]>-->&\"'\x1b[2J\u202e\x00\n::error::no%0A|`*_@team {0} "
    "[x](javascript:y) \udce9 \ufffe \\| </style></svg>"
)
"""A name with everything that some format would act upon."""
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
"""What a terminal would act upon, beside line breaks."""

HOP: dict[str, Any] = {
    "at": "igw-0abc",
    "stage": "forward",
    "gate": "internet-gateway",
    "effect": "translate",
    "rules": [],
    "isolated_by": [],
    "default": False,
    "packet": {"src": "1.0.0.0", "dst": "10.0.0.1", "port": "tcp/22"},
    "note": "destination becomes 10.0.0.1",
    "because": [],
}
ADMITTED: dict[str, Any] = {
    **HOP,
    "at": "111122223333:eu-west-1!eni-0abc",
    "stage": "interface",
    "gate": "security-group-ingress",
    "effect": "allow",
    "rules": [
        {
            "object": "111122223333:eu-west-1!sg-0abc",
            "index": "ingress:tcp/22:0.0.0.0/0",
            "source": "aws/rules.json#/SecurityGroupRules/0",
            "id": "sgr-0abc",
            "description": "temp",
        }
    ],
    "note": "",
}
PATH: dict[str, Any] = {
    "verdict": "allowed",
    "hops": [HOP, ADMITTED],
    "reply_hops": [],
    "reply": "established",
    "note": "",
}


def finding(status: str = "fail", severity: str = "high", **changed: Any) -> Finding:
    """A finding about a policy, with whatever else is said of it."""
    said: dict[str, Any] = {
        "rule": "np-allow-all",
        "status": status,
        "severity": severity,
        "confidence": "high",
        "cluster": "shop",
        "cause": POLICY,
        "objects": ["shop!networkpolicy/web/allow-all", "shop!web/web[Deployment]"],
        "count": 1,
        "examples": [],
        "evidence": {"pattern_severity": severity},
        "reason": "it names no peer, which means every one",
        "remediation": "name the peers",
        "fingerprint": "",
    } | changed
    said["fingerprint"] = fingerprint(said["rule"], said["cluster"], said["cause"])
    return Finding(**said)


def exposed(**changed: Any) -> Finding:
    """A finding about a group's rule, with the way of a packet."""
    said: dict[str, Any] = {
        "severity": "critical",
        "rule": "sg-ssh-rdp-internet",
        "cause": GROUP,
        "objects": ["111122223333:eu-west-1!sg-0abc", "111122223333:eu-west-1!eni-0abc"],
        "evidence": {"pattern_severity": "critical", "paths": [PATH]},
        "reason": "SSH is open to 0.0.0.0/0",
    }
    return finding(**said | changed)


def report(*findings: Finding, **changed: Any) -> AuditReport:
    """A report of some findings."""
    said: dict[str, Any] = {
        "schema": AUDIT,
        "tool": "ringwall 0.1.0",
        "digest": "sha256:00",
        "scope": ["aws", "kubernetes"],
        "assumes": ["VPC Block Public Access is taken as off"],
        "config": None,
        "clusters": [ClusterOut("shop", "", 2, 3, 1)],
        "enforcers": {},
        "findings": list(findings),
        "since": None,
        "gone": [],
        "recorded": None,
        "sources": {POLICY: PlaceOut("k8s/policies.yaml", 12)},
        "failed": [Failure("broken.yaml:4", "not valid YAML")],
        "gaps": [GapOut("kind-not-read", "policy", "x", "read CiliumNetworkPolicies", "x.yaml:1")],
        "warnings": [WarningOut("told twice", "y.yaml:1")],
        "left_out": {"Secret": 2},
    }
    return AuditReport(**said | changed)


def of_every_status() -> AuditReport:
    """One finding of each status."""
    return report(
        exposed(),
        finding(),
        finding("unknown", cause="shop!namespace/a", reason="no rules were read"),
        finding("excepted", cause="shop!namespace/b", reason="accepted until 2027-01-01"),
        finding("pass", cause="shop!namespace/c"),
        finding("not-applicable", cause="shop!namespace/d"),
    )


def hostile() -> AuditReport:
    """Everything that comes from the input is HOSTILE."""
    named = {**HOP, "at": HOSTILE, "note": HOSTILE}
    named["packet"] = {"src": HOSTILE, "dst": HOSTILE, "port": "tcp/22"}
    ruled = {**ADMITTED, "rules": [{**ADMITTED["rules"][0], "object": HOSTILE, "index": HOSTILE}]}
    path = {**PATH, "hops": [named, ruled], "note": HOSTILE}
    return report(
        *(
            finding(
                status,
                cluster=HOSTILE,
                cause=f"{HOSTILE}{status}",
                objects=[HOSTILE, f"=cmd|{HOSTILE}"],
                evidence={"pattern_severity": "high", "paths": [path], "x": [HOSTILE]},
                reason=HOSTILE,
                remediation=HOSTILE,
            )
            for status in ("fail", "unknown", "excepted", "pass")
        ),
        assumes=[HOSTILE],
        clusters=[ClusterOut(HOSTILE, HOSTILE, 1, 1, 1)],
        sources={HOSTILE: PlaceOut(f"a/{HOSTILE}.yaml", 3)},
        failed=[Failure(HOSTILE, HOSTILE)],
        gaps=[GapOut("x", "policy", HOSTILE, HOSTILE, HOSTILE)],
        warnings=[WarningOut(HOSTILE, HOSTILE)],
        left_out={HOSTILE: 1},
    )


def many(count: int = 10_000) -> AuditReport:
    """More findings than anybody reads."""
    return report(
        *(exposed(cause=f"{GROUP}/{number}") for number in range(count // 2)),
        *(finding(cause=f"shop!namespace/n{number}") for number in range(count // 2)),
    )


def catalog(**pages: str) -> Catalog:
    """What two rules say of themselves."""
    rules = [
        Rule("np-allow-all", "A policy rule admits everybody", "high", "pattern", "name the peers"),
        Rule("sg-ssh-rdp-internet", "SSH is open", "critical", "both", "revoke the rule"),
    ]
    page = "# id\n\nFinds [another](np-x.md).\n\n## How to fix\n\nSo.\n\n## Cases\n\nnot here\n"
    return {rule.id: Described(rule, pages.get(rule.id, page)) for rule in rules}
