"""Pods can open the SSH port of nodes."""

from collections.abc import Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.nodes import each_target
from ringwall.check.rule import Rule

RULE = Rule(
    id="reach-pod-ssh",
    title="Pods can open SSH of nodes",
    severity="high",
    kind="reach",
    remediation="isolate the pods for egress, take TCP 22 out of the nodes' group rules, and use "
    "AWS Systems Manager Session Manager instead of SSH",
)
_SSH: Final = 22


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cause; a pod's own node does not count."""
    return each_target(audit, RULE, _SSH, f"SSH (tcp/{_SSH})")
