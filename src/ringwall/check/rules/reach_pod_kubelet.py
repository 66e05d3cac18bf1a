"""Pods can open the kubelet's port of nodes."""

from collections.abc import Iterator
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.nodes import each_target
from ringwall.check.rule import Rule

RULE = Rule(
    id="reach-pod-kubelet",
    title="Pods can open the kubelet of nodes",
    severity="high",
    kind="reach",
    remediation="isolate the pods for egress, and admit only what they need: no rule that holds "
    "the nodes' addresses on TCP 10250",
)
_KUBELET: Final = 10250
_NEED_IT: Final = (
    "amazon-cloudwatch/cloudwatch-agent*",
    "datadog/datadog*",
    "monitoring/*prometheus*",
    "prometheus/*prometheus*",
)
"""Monitoring that asks every kubelet: metrics-server in kube-system does too, which is the
system's own."""


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per cause; a pod's own node does not count."""
    return each_target(audit, RULE, _KUBELET, f"the kubelet (tcp/{_KUBELET})", _NEED_IT)
