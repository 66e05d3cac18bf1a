"""What the examples must give: worked out by hand from the rules, before the first run.

A finding is (rule, status, severity, cause); the lists hold every finding of status fail or
unknown of the whole audit, after folding, in sorted order.
"""

Finding = tuple[str, str, str, str]
Question = tuple[str, str, str]

AWS = "111122223333:eu-west-1!"

OLD_NODES_GROUP = f"{AWS}sg-042288cdb4887a11b"
OLD_NODE_1 = "shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal"
OLD_NODE_2 = "shop-old!node/ip-10-20-1-52.eu-west-1.compute.internal"
OLD_NODE_1_INTERFACE = f"{AWS}eni-0d62d72c873934597"
PUBLIC_1A = f"{AWS}subnet-0597d56503b479ba4"
PUBLIC_1B = f"{AWS}subnet-01e41602c02a5f321"
INTERNET_GATEWAY = "igw-0ef6847a9fe39d17f"
NETWORK_ACL = "acl-02b2b15b3a41d2937"

SHOP: list[Finding] = [
    # Public only: the nodes of shop-old call their own API through the Internet.
    ("api-private-disabled", "fail", "high", f"{AWS}eks-api/shop-old"),
    # Public for one office block of 256 addresses that no ringwall.toml claims.
    ("api-public-enabled", "fail", "medium", f"{AWS}eks-api/shop-new"),
    # 0.0.0.0/0; api-public-enabled of the same endpoint is folded in.
    ("api-public-open-world", "fail", "critical", f"{AWS}eks-api/shop-old"),
    # Public address, Internet gateway, open NACL, and a group rule that admits everything.
    ("node-internet-reachable", "fail", "critical", OLD_NODE_1),
    ("node-internet-reachable", "fail", "critical", OLD_NODE_2),
    # `ingress: [{}]`: no peers and no ports.
    ("np-allow-all", "fail", "high", "shop-old!networkpolicy/web/allow-all:ingress[0]"),
    # Egress denied by default, the database allowed, port 53 in neither protocol.
    ("np-dns-blocked", "fail", "high", "shop-old!namespace/checkout"),
    # No policy; np-no-default-deny-ingress of the same namespace is folded in.
    ("np-namespace-none", "fail", "high", "shop-old!namespace/legacy"),
    # The only policy selects catalog-api, so catalog-indexer is not isolated.
    ("np-no-default-deny-ingress", "fail", "high", "shop-new!namespace/catalog"),
    # The agent's flag and the ConfigMap both say off; web → db is the witness.
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
    # Lift and shift: 128 addresses outside the VPC can use it, so it is medium and not low.
    ("sg-non-443-ingress", "fail", "medium", f"{OLD_NODES_GROUP}:ingress:tcp/8080:192.0.2.0/25"),
    # "temp debug, remove me", expired on 2024-11-30.
    ("sg-temporary-rule", "fail", "medium", f"{OLD_NODES_GROUP}:ingress:all:0.0.0.0/0"),
    # One finding per subnet; in each stands a node of shop-old with a public address.
    ("vpc-node-public-subnet", "fail", "high", PUBLIC_1B),
    ("vpc-node-public-subnet", "fail", "high", PUBLIC_1A),
]

STANDARD: list[Finding] = [
    # HTTPS to every address outside, which the worker's webhooks need: egress, one port.
    ("np-allow-all", "fail", "low", "standard!networkpolicy/orders/worker-https-out:egress[0]"),
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
