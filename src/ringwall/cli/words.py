"""Help that several commands share."""

from typing import Final

ENDS: Final = """\b
An ID is one of
  ns/name[Deployment]  a workload; [Kind] where the name alone is not clear
  ns/pod[Pod]          one pod            svc/ns/name  a Service
  node/NAME            a node             i-..., eni-...
  eks-api/CLUSTER      the API server     internet
  10.0.1.5, 203.0.113.0/24
with CLUSTER! or ACCOUNT:REGION! in front where several are loaded.
"""
PORTS: Final = """\b
A PORT is one of tcp/443, tcp/8000-8010, udp/53, sctp/80, icmp, icmp/8,
proto/47, all.
"""
IDS: Final = f"{ENDS}\n{PORTS}"
