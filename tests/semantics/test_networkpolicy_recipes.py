"""The network policy recipes: a small cluster each, and who gets through.

The number in a test's name is the recipe's. Policies stand as their authors would write them, so
that defaulting (no policyTypes, null selectors) is under test as well.
"""

from __future__ import annotations

import pytest

from tests.semantics.fixture_f import (
    EXT,
    KUBE_DNS,
    Manifest,
    dump,
    namespace,
    pod,
    port,
    service,
)
from tests.support import ask

HTTP = (port(80, name="http"),)
DNS = (port(53, "UDP", "dns"), port(53, "TCP", "dns-tcp"))

WEB = pod("default/web", "10.0.0.2", {"app": "web"}, ports=HTTP)
CLIENT = pod("default/client", "10.0.0.3", {"run": "test"}, on="n2", ports=())
STRANGER = pod("foo/stranger", "10.0.9.3", {}, on="n3", ports=())
SPACES = (namespace("default"), namespace("foo"))


def manifest(name: str, spec: str) -> str:
    """A NetworkPolicy of the default namespace, which it does not name."""
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    return f"{head}metadata: {{name: {name}}}\nspec:{spec}"


def verdict(
    objects: tuple[Manifest, ...], policies: str, src: str, dst: str, asked: str = "tcp/80"
) -> str:
    files = {"cluster.yaml": dump(*objects), "policies.yaml": policies}
    return str(ask(files, src, dst, asked).verdict)


# --- ingress -------------------------------------------------------------------------------------

WEB_DENY_ALL = manifest(
    "web-deny-all",
    """
  podSelector:
    matchLabels: {app: web}
  ingress: []
""",
)

SIMPLE = (*SPACES, WEB, CLIENT, STRANGER)


@pytest.mark.parametrize("src", ["default/client[Pod]", "foo/stranger[Pod]", EXT])
def test_01_deny_all_traffic_to_an_application(src: str) -> None:
    assert verdict(SIMPLE, WEB_DENY_ALL, src, "default/web[Pod]") == "blocked"


API = pod("default/api", "10.0.0.4", {"app": "bookstore", "role": "api"}, ports=HTTP)
FRONTEND = pod("default/front", "10.0.0.5", {"app": "bookstore", "role": "frontend"}, on="n2")

API_ALLOW = manifest(
    "api-allow",
    """
  podSelector:
    matchLabels: {app: bookstore, role: api}
  ingress:
  - from:
    - podSelector:
        matchLabels: {app: bookstore}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"), [("default/front[Pod]", "allowed"), ("default/client[Pod]", "blocked")]
)
def test_02_limit_traffic_to_an_application(src: str, expected: str) -> None:
    objects = (*SPACES, API, FRONTEND, CLIENT)
    assert verdict(objects, API_ALLOW, src, "default/api[Pod]") == expected


WEB_ALLOW_ALL = manifest(
    "web-allow-all",
    """
  podSelector:
    matchLabels: {app: web}
  ingress:
  - {}
""",
)


@pytest.mark.parametrize("src", ["default/client[Pod]", "foo/stranger[Pod]"])
def test_02a_allow_all_wins_over_deny_all(src: str) -> None:
    both = f"{WEB_DENY_ALL}---\n{WEB_ALLOW_ALL}"
    assert verdict(SIMPLE, both, src, "default/web[Pod]") == "allowed"


DEFAULT_DENY_ALL = manifest(
    "default-deny-all",
    """
  podSelector: {}
  ingress: []
""",
)


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [
        ("default/client[Pod]", "default/web[Pod]", "blocked"),
        ("foo/stranger[Pod]", "default/web[Pod]", "blocked"),
        (EXT, "default/client[Pod]", "blocked"),
        ("default/client[Pod]", "foo/stranger[Pod]", "allowed"),
    ],
)
def test_03_deny_all_traffic_into_a_namespace(src: str, dst: str, expected: str) -> None:
    assert verdict(SIMPLE, DEFAULT_DENY_ALL, src, dst) == expected


DENY_OTHER_NAMESPACES = manifest(
    "deny-from-other-namespaces",
    """
  podSelector:
    matchLabels:
  ingress:
  - from:
    - podSelector: {}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"), [("default/client[Pod]", "allowed"), ("foo/stranger[Pod]", "blocked")]
)
def test_04_deny_traffic_from_other_namespaces(src: str, expected: str) -> None:
    assert verdict(SIMPLE, DENY_OTHER_NAMESPACES, src, "default/web[Pod]") == expected


WEB_ALLOW_ALL_NAMESPACES = manifest(
    "web-allow-all-namespaces",
    """
  podSelector:
    matchLabels: {app: web}
  ingress:
  - from:
    - namespaceSelector: {}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"), [("secondary/client[Pod]", "allowed"), (EXT, "blocked")]
)
def test_05_allow_traffic_from_all_namespaces(src: str, expected: str) -> None:
    objects = (*SPACES, namespace("secondary"), WEB, pod("secondary/client", "10.0.1.3", {}))
    assert verdict(objects, WEB_ALLOW_ALL_NAMESPACES, src, "default/web[Pod]") == expected


WEB_ALLOW_PROD = manifest(
    "web-allow-prod",
    """
  podSelector:
    matchLabels: {app: web}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {purpose: production}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("prod/client[Pod]", "allowed"),
        ("dev/client[Pod]", "blocked"),
        ("default/client[Pod]", "blocked"),
    ],
)
def test_06_allow_traffic_from_a_namespace(src: str, expected: str) -> None:
    objects = (
        *SPACES,
        namespace("prod", purpose="production"),
        namespace("dev", purpose="testing"),
        WEB,
        CLIENT,
        pod("prod/client", "10.0.1.3", {}),
        pod("dev/client", "10.0.2.3", {}),
    )
    assert verdict(objects, WEB_ALLOW_PROD, src, "default/web[Pod]") == expected


WEB_ALLOW_MONITORING = manifest(
    "web-allow-all-ns-monitoring",
    """
  podSelector:
    matchLabels: {app: web}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {team: operations}
      podSelector:
        matchLabels: {type: monitoring}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("default/plain[Pod]", "blocked"),
        ("default/monitor[Pod]", "blocked"),
        ("other/plain[Pod]", "blocked"),
        ("other/monitor[Pod]", "allowed"),
    ],
)
def test_07_allow_some_pods_of_another_namespace(src: str, expected: str) -> None:
    objects = (
        *SPACES,
        namespace("other", team="operations"),
        WEB,
        pod("default/plain", "10.0.0.6", {}),
        pod("default/monitor", "10.0.0.7", {"type": "monitoring"}),
        pod("other/plain", "10.0.1.6", {}),
        pod("other/monitor", "10.0.1.7", {"type": "monitoring"}),
    )
    assert verdict(objects, WEB_ALLOW_MONITORING, src, "default/web[Pod]") == expected


def test_08_allow_external_traffic() -> None:
    assert verdict(SIMPLE, WEB_ALLOW_ALL, EXT, "default/web[Pod]") == "allowed"


@pytest.mark.parametrize(("asked", "expected"), [("tcp/80", "allowed"), ("tcp/443", "blocked")])
def test_08_variant_allow_external_traffic_to_one_port(asked: str, expected: str) -> None:
    port_80 = WEB_ALLOW_ALL.replace("- {}", "- ports: [{port: 80}]")
    assert verdict(SIMPLE, port_80, EXT, "default/web[Pod]", asked) == expected


API_SERVER = (
    *SPACES,
    pod(
        "default/apiserver",
        "10.0.0.8",
        {"app": "apiserver"},
        ports=(port(8000, name="root"), port(5000, name="api-port")),
    ),
    service("default/apiserver", {"app": "apiserver"}, (8001, 8000), (5001, 5000)),
    pod("default/plain", "10.0.0.6", {}, on="n2"),
    pod("default/monitor", "10.0.0.7", {"role": "monitoring"}, on="n2"),
)

API_ALLOW_5000 = manifest(
    "api-allow-5000",
    """
  podSelector:
    matchLabels: {app: apiserver}
  ingress:
  - ports:
    - port: 5000
    from:
    - podSelector:
        matchLabels: {role: monitoring}
""",
)


@pytest.mark.parametrize("policy_port", ["5000", "api-port"])
@pytest.mark.parametrize(
    ("src", "dst", "asked", "expected"),
    [
        ("default/plain[Pod]", "svc/default/apiserver", "tcp/8001", "blocked"),
        ("default/plain[Pod]", "svc/default/apiserver", "tcp/5001", "blocked"),
        ("default/monitor[Pod]", "svc/default/apiserver", "tcp/8001", "blocked"),
        ("default/monitor[Pod]", "svc/default/apiserver", "tcp/5001", "allowed"),
        ("default/plain[Pod]", "default/apiserver[Pod]", "tcp/8000", "blocked"),
        ("default/plain[Pod]", "default/apiserver[Pod]", "tcp/5000", "blocked"),
        ("default/monitor[Pod]", "default/apiserver[Pod]", "tcp/8000", "blocked"),
        ("default/monitor[Pod]", "default/apiserver[Pod]", "tcp/5000", "allowed"),
    ],
)
def test_09_allow_traffic_only_to_a_port(
    src: str, dst: str, asked: str, expected: str, policy_port: str
) -> None:
    """The policy names the container's port, by number or name, never the Service's."""
    policies = API_ALLOW_5000.replace("port: 5000", f"port: {policy_port}")
    assert verdict(API_SERVER, policies, src, dst, asked) == expected


REDIS_ALLOW_SERVICES = manifest(
    "redis-allow-services",
    """
  podSelector:
    matchLabels: {app: bookstore, role: db}
  ingress:
  - from:
    - podSelector:
        matchLabels: {app: bookstore, role: search}
    - podSelector:
        matchLabels: {app: bookstore, role: api}
    - podSelector:
        matchLabels: {app: inventory, role: web}
""",
)


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("default/inventory-web[Pod]", "allowed"),
        ("default/bookstore-search[Pod]", "allowed"),
        ("default/bookstore-api[Pod]", "allowed"),
        ("default/other[Pod]", "blocked"),
    ],
)
def test_10_allow_traffic_with_several_selectors(src: str, expected: str) -> None:
    pairs = [("inventory", "web"), ("bookstore", "search"), ("bookstore", "api")]
    clients = [
        pod(f"default/{app}-{role}", f"10.0.1.{i}", {"app": app, "role": role}, on="n2")
        for i, (app, role) in enumerate(pairs, 1)
    ]
    labels = {"app": "bookstore", "role": "db"}
    redis = pod("default/db", "10.0.0.9", labels, ports=(port(6379),))
    other = pod("default/other", "10.0.2.1", {"app": "other"})
    objects = (*SPACES, redis, other, *clients)
    assert verdict(objects, REDIS_ALLOW_SERVICES, src, "default/db[Pod]", "tcp/6379") == expected


# --- egress --------------------------------------------------------------------------------------

WITH_DNS = (
    *SPACES,
    namespace("kube-system"),
    pod("kube-system/coredns", "10.0.8.2", KUBE_DNS, on="n2", ports=DNS),
    service(
        "kube-system/kube-dns",
        KUBE_DNS,
        (53, 53, "UDP"),
        (53, 53, "TCP"),
        cluster_ip="172.20.0.10",
    ),
    pod("default/foo", "10.0.0.10", {"app": "foo"}),
    WEB,
    STRANGER,
)

FOO_DENY_EGRESS = manifest(
    "foo-deny-egress",
    """
  podSelector:
    matchLabels: {app: foo}
  policyTypes: [Egress]
  egress: []
""",
)

CLOSED_QUESTIONS = pytest.mark.parametrize(
    ("dst", "asked"),
    [
        ("default/web[Pod]", "tcp/80"),
        ("kube-system/coredns[Pod]", "udp/53"),
        ("svc/kube-system/kube-dns", "udp/53"),
        ("svc/kube-system/kube-dns", "tcp/53"),
        (EXT, "tcp/443"),
    ],
)


@CLOSED_QUESTIONS
def test_11_deny_egress_of_an_application_even_dns(dst: str, asked: str) -> None:
    assert verdict(WITH_DNS, FOO_DENY_EGRESS, "default/foo[Pod]", dst, asked) == "blocked"


ONLY_DNS = """
  podSelector:
    matchLabels: {app: foo}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchLabels: {k8s-app: kube-dns}
    ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
"""

DNS_QUESTIONS = [
    ("kube-system/coredns[Pod]", "udp/53", "allowed"),
    ("kube-system/coredns[Pod]", "tcp/53", "allowed"),
    ("svc/kube-system/kube-dns", "udp/53", "allowed"),
    ("svc/kube-system/kube-dns", "tcp/53", "allowed"),
    (EXT, "tcp/80", "blocked"),
]


@pytest.mark.parametrize(
    ("dst", "asked", "expected"), [*DNS_QUESTIONS, ("default/web[Pod]", "tcp/80", "blocked")]
)
def test_11b_deny_egress_of_an_application_but_dns(dst: str, asked: str, expected: str) -> None:
    policies = manifest("foo-deny-egress", ONLY_DNS)
    assert verdict(WITH_DNS, policies, "default/foo[Pod]", dst, asked) == expected


DEFAULT_DENY_ALL_EGRESS = manifest(
    "default-deny-all-egress",
    """
  policyTypes: [Egress]
  podSelector: {}
  egress: []
""",
)


@CLOSED_QUESTIONS
def test_12_deny_all_egress_of_a_namespace(dst: str, asked: str) -> None:
    assert verdict(WITH_DNS, DEFAULT_DENY_ALL_EGRESS, "default/foo[Pod]", dst, asked) == "blocked"


def test_12_leaves_the_egress_of_other_namespaces_alone() -> None:
    answer = verdict(WITH_DNS, DEFAULT_DENY_ALL_EGRESS, "foo/stranger[Pod]", EXT, "tcp/443")
    assert answer == "allowed"


FOO_DENY_EXTERNAL = manifest("foo-deny-external-egress", ONLY_DNS)


@pytest.mark.parametrize(("dst", "asked", "expected"), DNS_QUESTIONS)
def test_14_deny_external_egress(dst: str, asked: str, expected: str) -> None:
    assert verdict(WITH_DNS, FOO_DENY_EXTERNAL, "default/foo[Pod]", dst, asked) == expected


def test_14_also_closes_the_way_to_other_pods() -> None:
    """The trap: said to deny external traffic only, the policy admits nothing but DNS."""
    answer = verdict(WITH_DNS, FOO_DENY_EXTERNAL, "default/foo[Pod]", "default/web[Pod]")
    assert answer == "blocked"
