"""Small inputs, each for what an audit says of it."""

import json


def api(public: bool | None, *blocks: str) -> str:
    """The EKS answer of a cluster whose public endpoint is on, off or not told."""
    config: dict[str, object] = {"vpcId": "vpc-0abc", "endpointPrivateAccess": True}
    if public is not None:
        config |= {"endpointPublicAccess": public, "publicAccessCidrs": list(blocks)}
    return json.dumps({"cluster": {"name": "shop", "resourcesVpcConfig": config}})


WORLD = "0.0.0.0/0"
OPEN = api(True, WORLD)
OFF = api(False)
UNTOLD = api(None)

PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
status: {podIP: 10.0.1.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: []}
status: {podIP: 10.0.1.2, phase: Running}
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db-from-api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: api}}}]
"""

TWO_VERSIONS = PODS + "---\n" + PODS.replace("10.0.1.2", "10.0.1.3")
BROKEN_YAML = "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"
