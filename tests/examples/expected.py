"""What the examples must give: worked out by hand from the rules, before the first run.

A finding is (rule, status, severity, cause); the lists hold every finding of status fail or
unknown of the whole audit, after folding, in sorted order.
"""

Finding = tuple[str, str, str, str]
Question = tuple[str, str, str]

AWS = "111122223333:eu-west-1!"

OLD_NODES_GROUP = f"{AWS}sg-042288cdb4887a11b"
OLD_CLUSTER_ID = "sg-0d82f315e80ced7ae"
NEW_CLUSTER_ID = "sg-02d6588f82a781071"
OLD_CLUSTER_GROUP = f"{AWS}{OLD_CLUSTER_ID}"
NEW_CLUSTER_GROUP = f"{AWS}{NEW_CLUSTER_ID}"
OLD_NODE_1 = "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal"
OLD_NODE_2 = "shop-old!node/ip-10-20-1-52.eu-west-1.compute.internal"
OLD_NODE_1_INTERFACE = f"{AWS}eni-0d62d72c873934597"
PUBLIC_1A = f"{AWS}subnet-0597d56503b479ba4"
PUBLIC_1B = f"{AWS}subnet-01e41602c02a5f321"
INTERNET_GATEWAY = "igw-0ef6847a9fe39d17f"
OLD_TEMPLATE = "lt-040fc999eeae37c02"
NETWORK_ACL = "acl-02b2b15b3a41d2937"

SHOP: list[Finding] = [
    # Version 1.30 answers the unauthenticated, 0.0.0.0/0 reaches its endpoint, and the role `view`
    # reads more than discovery; iam-anonymous-binding of the same binding is folded in.
    ("api-anonymous-internet", "fail", "critical", "shop-old!clusterrolebinding/status-board"),
    # Public only: the nodes of shop-old call their own API through the Internet.
    ("api-private-disabled", "fail", "high", f"{AWS}eks-api/shop-old"),
    # Public for one office block of 256 addresses that no ringwall.toml claims.
    ("api-public-enabled", "fail", "medium", f"{AWS}eks-api/shop-new"),
    # 0.0.0.0/0; api-public-enabled of the same endpoint is folded in.
    ("api-public-open-world", "fail", "critical", f"{AWS}eks-api/shop-old"),
    # The audit log of shop-old is off; the VPC's flow log has the default format.
    ("log-flow-format-blind", "fail", "medium", f"{AWS}eks-api/shop-old"),
    ("log-flow-format-blind", "fail", "medium", "fl-0b7e0c1f4d2a95836"),
    # Both nodes of shop-old, from one launch template: hop limit 2, and a public address each.
    ("node-imds-hop-limit", "fail", "high", OLD_TEMPLATE),
    ("node-public-ip", "fail", "high", OLD_TEMPLATE),
    # The CI role; authenticationMode is CONFIG_MAP, so that the ConfigMap is what counts.
    (
        "iam-aws-auth-masters",
        "fail",
        "critical",
        "shop-old!configmap/kube-system/aws-auth:arn:aws:iam::111122223333:role/shop-ci",
    ),
    # Left over from Helm 2: a ServiceAccount bound to cluster-admin.
    ("iam-cluster-admin-bindings", "fail", "high", "shop-old!clusterrolebinding/tiller"),
    # Public address, Internet gateway, open NACL, and a group rule that admits everything.
    ("node-internet-reachable", "fail", "critical", OLD_NODE_1),
    ("node-internet-reachable", "fail", "critical", OLD_NODE_2),
    # `ingress: [{}]`: no peers and no ports.
    ("np-allow-all", "fail", "high", "shop-old!networkpolicy/web/allow-all:ingress[0]"),
    # Egress denied by default, the database allowed, port 53 in neither protocol.
    ("np-dns-blocked", "fail", "high", "shop-old!namespace/checkout"),
    # No policy; default-deny, unselected pods, kubelet and SSH of the namespace are folded in.
    ("np-namespace-none", "fail", "high", "shop-old!namespace/legacy"),
    # Their policies are for ingress only; unselected pods, kubelet and SSH are folded in.
    ("np-no-default-deny-egress", "fail", "high", "shop-new!namespace/catalog"),
    ("np-no-default-deny-egress", "fail", "high", "shop-old!namespace/data"),
    ("np-no-default-deny-egress", "fail", "high", "shop-old!namespace/web"),
    # The only policy selects catalog-api, so catalog-indexer is not isolated.
    ("np-no-default-deny-ingress", "fail", "high", "shop-new!namespace/catalog"),
    # The agent's flag and the ConfigMap both say off; web → db is the witness. That checkout gets
    # to the nodes' kubelets and SSH, which its policies forbid, is folded in.
    ("np-not-enforced", "fail", "critical", "cluster/shop-old"),
    # The debugging rule; ssh, NodePort and non-443 of the same rule are folded in.
    ("sg-all-ports-internet", "fail", "critical", f"{OLD_NODES_GROUP}:ingress:all:0.0.0.0/0"),
    # The whole NodePort range; non-443 of the same rule is folded in.
    (
        "sg-nodeport-range-open",
        "fail",
        "critical",
        f"{OLD_NODES_GROUP}:ingress:tcp/30000-32767:0.0.0.0/0",
    ),
    # Everything from itself, as EKS makes it: pods without a policy for egress get to the nodes.
    ("sg-cluster-self-all", "fail", "medium", f"{OLD_CLUSTER_GROUP}:ingress:all:{OLD_CLUSTER_ID}"),
    ("sg-cluster-self-all", "fail", "medium", f"{NEW_CLUSTER_GROUP}:ingress:all:{NEW_CLUSTER_ID}"),
    # Lift and shift: 128 addresses outside the VPC can use it; non-443 is folded in.
    ("sg-legacy-port", "fail", "medium", f"{OLD_NODES_GROUP}:ingress:tcp/8080:192.0.2.0/25"),
    # "temp debug, remove me", expired on 2024-11-30.
    ("sg-temporary-rule", "fail", "medium", f"{OLD_NODES_GROUP}:ingress:all:0.0.0.0/0"),
    # The nodes among themselves, on every port.
    ("sg-wide-port-range", "fail", "medium", f"{OLD_NODES_GROUP}:ingress:all:sg-042288cdb4887a11b"),
    # One finding per subnet; in each stands a node of shop-old with a public address.
    ("vpc-node-public-subnet", "fail", "high", PUBLIC_1B),
    ("vpc-node-public-subnet", "fail", "high", PUBLIC_1A),
    # Both give public addresses, and the node group of shop-old launches there.
    ("vpc-subnet-auto-public-ip", "fail", "high", PUBLIC_1B),
    ("vpc-subnet-auto-public-ip", "fail", "high", PUBLIC_1A),
]

STANDARD: list[Finding] = [
    # HTTPS to every address outside, which the worker's webhooks need: egress, one port.
    ("np-allow-all", "fail", "low", "standard!networkpolicy/orders/worker-https-out:egress[0]"),
    # The self rule of the cluster group is as EKS makes it. Policies keep every pod from the nodes,
    # as far as VPC CNI enforces them, and that engine is not modelled.
    (
        "sg-cluster-self-all",
        "unknown",
        "medium",
        "444455556666:eu-west-1!sg-037d7e2a060c7fb65:ingress:all:sg-037d7e2a060c7fb65",
    ),
]

# The worst path, as --from, --to and --port, with its verdict and its hops (gate, effect, at).
WORST_PATH: Question = ("internet", OLD_NODE_1, "tcp/22")
WORST_PATH_VERDICT = "allowed"
WORST_PATH_REPLY = "established"
WORST_PATH_HOPS: list[tuple[str, str, str]] = [
    ("internet-gateway", "translate", INTERNET_GATEWAY),  # 203.0.113.21 → 10.20.0.37
    ("nacl-in", "allow", PUBLIC_1A),
    ("security-group-ingress", "allow", OLD_NODE_1_INTERFACE),
]
# The rules (object, index) that decide at the hops that have rules.
WORST_PATH_RULES: dict[str, list[tuple[str, str]]] = {
    "nacl-in": [(NETWORK_ACL, "100")],
    "security-group-ingress": [(OLD_NODES_GROUP, "ingress:all:0.0.0.0/0")],
}

# The web pod that reaches the database: the policy of shop-old forbids it and nothing enforces
# the policy. In shop-new VPC CNI enforces, and a policy selects the pods on both ends.
WEB_TO_DB: Question = ("shop-old!web/web[Deployment]", "shop-old!data/db[StatefulSet]", "tcp/5432")
WEB_TO_DB_VERDICT = "allowed"
WEB_TO_DB_EXTENT = "all"
WEB_TO_DB_NEW: Question = (
    "shop-new!web/web[Deployment]",
    "shop-new!data/db[StatefulSet]",
    "tcp/5432",
)
WEB_TO_DB_NEW_VERDICT = "unknown"
