"""The verdicts that a careful reader of microservices-demo's policies expects.

Written from the manifests before the first run: `deny-all` isolates every pod both ways; each
service's own policy opens all egress and one ingress rule; the load generator has no ingress rule.
"""

import pytest

from ringwall.collect.files.tree import read
from ringwall.reach.questions import Net
from tests.real.corpus import RECORDED

FILE = RECORDED / "microservices-demo" / "rendered-base-with-network-policies.yaml"

PORTS = {
    "adservice": 9555,
    "cartservice": 7070,
    "checkoutservice": 5050,
    "currencyservice": 7000,
    "emailservice": 8080,
    "frontend": 8080,
    "paymentservice": 50051,
    "productcatalogservice": 3550,
    "recommendationservice": 8080,
    "redis-cart": 6379,
    "shippingservice": 50051,
}
CLIENTS = {
    "adservice": {"frontend"},
    "cartservice": {"frontend", "checkoutservice"},
    "checkoutservice": {"frontend"},
    "currencyservice": {"frontend", "checkoutservice"},
    "emailservice": {"checkoutservice"},
    "paymentservice": {"checkoutservice"},
    "productcatalogservice": {"frontend", "checkoutservice", "recommendationservice"},
    "recommendationservice": {"frontend"},
    "redis-cart": {"cartservice"},
    "shippingservice": {"frontend", "checkoutservice"},
}
EVERYONE = sorted([*PORTS, "loadgenerator"])


@pytest.fixture(scope="module")
def demo() -> Net:
    return Net(read([str(FILE)])[0])


def verdict(net: Net, src: str, dst: str, port: str) -> str:
    answer = net.ask(f"default/{src}[Deployment]", f"default/{dst}[Deployment]", port)
    return answer.verdict if answer.extent in (None, "all") else f"{answer.verdict}/some"


@pytest.mark.parametrize("server", sorted(CLIENTS))
def test_a_service_is_open_to_its_clients_only(demo: Net, server: str) -> None:
    port = f"tcp/{PORTS[server]}"

    for client in EVERYONE:
        expected = "allowed" if client in CLIENTS[server] else "blocked"
        assert verdict(demo, client, server, port) == expected, f"{client} -> {server}"


@pytest.mark.parametrize("server", sorted(CLIENTS))
def test_a_client_is_let_in_on_the_one_port_only(demo: Net, server: str) -> None:
    for client in CLIENTS[server]:
        assert verdict(demo, client, server, f"tcp/{PORTS[server] + 1}") == "blocked"
        assert verdict(demo, client, server, f"udp/{PORTS[server]}") == "blocked"


def test_the_frontend_is_open_to_all_and_the_load_generator_to_nobody(demo: Net) -> None:
    for client in EVERYONE:
        assert verdict(demo, client, "frontend", "tcp/8080") == "allowed"
        assert verdict(demo, client, "loadgenerator", "tcp/8080") == "blocked"
    assert demo.ask("internet", "default/frontend", "tcp/8080").verdict == "allowed"
    assert demo.ask("internet", "default/redis-cart", "tcp/6379").verdict == "blocked"


def test_services_lead_to_their_target_ports(demo: Net) -> None:
    """emailservice listens on 8080 behind its Service's port 5000."""
    email = "svc/default/emailservice"

    assert demo.ask("default/checkoutservice", email, "tcp/5000").verdict == "allowed"
    assert demo.ask("default/checkoutservice", email, "tcp/8080").verdict == "blocked"
    assert demo.ask("default/frontend", email, "tcp/5000").verdict == "blocked"


def test_everyone_may_leave(demo: Net) -> None:
    for client in EVERYONE:
        assert demo.ask(f"default/{client}", "198.51.100.7", "tcp/443").verdict == "allowed"
