"""Which pods stand behind a Service, and what may bring traffic into a pod."""

from typing import Any

import pytest

from ringwall.model.services import Backends
from ringwall.model.workloads import read
from ringwall.space.services import UNIVERSE, ServiceSet
from tests.reach.test_workloads import controller, pod, text
from tests.support import facts_of

Json = dict[str, Any]


def service(*ports: Json, selector: Json | None = None, **spec: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "shop"},
        "spec": {
            "selector": {"app": "a"} if selector is None else selector,
            "ports": list(ports) or [{"port": 80}],
            **spec,
        },
    }


class World:
    def __init__(self, *objects: Json) -> None:
        facts = facts_of(text(*objects))
        self.workloads = read(facts)
        self.backends = Backends(facts, self.workloads)
        self.cluster = self.workloads.clusters[""]

    def behind(self) -> dict[tuple[int, int], list[tuple[str, int, bool]]]:
        ((key, body),) = self.cluster.services.items()
        return {
            port: [(self.name(one.pod), one.target, one.surely) for one in found]
            for port, found in self.backends.backends("", key, body).items()
        }

    def name(self, i: int) -> str:
        return self.workloads.pods[i].id.removeprefix("shop/").removesuffix("[Pod]")

    def ways(self, name: str) -> list[tuple[ServiceSet, str, str]]:
        (i,) = (i for i, one in enumerate(self.workloads.pods) if self.name(i) == name)
        return [
            (way.services, way.reason.code, way.reason.object) for way in self.backends.ways_in(i)
        ]


def server(name: str, number: int = 8080, **more: Any) -> Json:
    port = {"containerPort": number, "name": "web", **more.pop("port", {})}
    return {
        **pod(name, labels={"app": "a"}, **more),
        "spec": {"containers": [{"name": "main", "ports": [port]}], **more},
    }


@pytest.mark.parametrize(
    ("port", "target"),
    [
        ({"port": 80}, 80),
        ({"port": 80, "targetPort": 0}, 80),
        ({"port": 80, "targetPort": "0"}, 80),
        ({"port": 80, "targetPort": 8000}, 8000),
        ({"port": 80, "targetPort": "8000"}, 8000),
        ({"port": 80, "targetPort": "web"}, 8080),
    ],
)
def test_the_target_port_of_a_pod(port: Json, target: int) -> None:
    assert World(server("a"), service(port)).behind() == {(6, 80): [("a", target, True)]}


@pytest.mark.parametrize(
    "port",
    [
        {"port": 80, "targetPort": "metrics"},
        {"port": 80, "targetPort": "web", "protocol": "UDP"},
    ],
)
def test_a_pod_without_the_target_port_is_not_behind_the_service(port: Json) -> None:
    assert list(World(server("a"), service(port)).behind().values()) == [[]]


def test_each_pod_has_its_own_number_for_a_name() -> None:
    world = World(server("a", 8080), server("b", 9090), service({"port": 80, "targetPort": "web"}))

    assert world.behind() == {(6, 80): [("a", 8080, True), ("b", 9090, True)]}


def test_pods_of_other_namespaces_and_labels_are_not_behind_it() -> None:
    elsewhere = server("x")
    elsewhere["metadata"]["namespace"] = "data"

    assert World(pod("other"), elsewhere, service()).behind() == {(6, 80): []}


def test_a_label_that_is_made_up_selects_perhaps() -> None:
    world = World(controller("Deployment", "web"), service(selector={"pod-template-hash": "5d9"}))

    assert world.behind() == {(6, 80): [("web-0", 80, False), ("web-1", 80, False)]}
    ((key, body),) = world.cluster.services.items()
    (backends,) = world.backends.backends("", key, body).values()
    assert {one.code for backend in backends for one in backend.reasons} == {"label-made-up"}


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (service(), None),
        (service(selector={}), "no-selector"),
        (service(type="ExternalName", externalName="example.com"), "external-name"),
    ],
)
def test_what_is_not_known_about_a_service_is_said(made: Json, code: str | None) -> None:
    world = World(made)
    ((key, body),) = world.cluster.services.items()

    reason = world.backends.unknown(key, body)

    assert (reason and reason.code) == code
    if code:
        assert world.backends.selected("", body) == []


# --- ways in -------------------------------------------------------------------------------------

INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "i", "namespace": "shop"},
    "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "s"}}}]}}]},
}
TARGET = {"port": 80, "targetPort": "web"}


@pytest.mark.parametrize(
    "objects",
    [
        [service(TARGET, type="LoadBalancer")],
        [service(TARGET, type="NodePort")],
        [service(TARGET, externalIPs=["203.0.113.9"])],
        [service(TARGET), INGRESS],
    ],
    ids=["load balancer", "node port", "external address", "ingress"],
)
def test_a_service_that_is_open_to_the_outside_is_a_way_to_its_target_port(
    objects: list[Json],
) -> None:
    world = World(server("a"), pod("b"), *objects)

    assert world.ways("a") == [
        (ServiceSet.of(6, 8080), "way-in-not-followed", "svc/shop/s"),
    ]
    assert world.ways("b") == []


def test_an_ingress_names_services_of_its_own_namespace() -> None:
    elsewhere = {**INGRESS, "metadata": {"name": "i", "namespace": "data"}}

    assert World(server("a"), service(), elsewhere).ways("a") == []
    assert World(server("a"), service()).ways("a") == []


def test_a_host_port_is_a_way_to_its_container_port() -> None:
    world = World(server("a", port={"hostPort": 9999, "protocol": "UDP"}))

    assert world.ways("a") == [(ServiceSet.of(17, 8080), "way-in-not-followed", "shop/a[Pod]")]


def test_a_pod_on_the_host_network_has_no_way_of_its_own() -> None:
    world = World(server("a", hostNetwork=True), service(TARGET, type="NodePort"))

    assert world.ways("a") == []


def test_an_object_that_is_not_read_is_a_way_to_everything_of_its_namespace() -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "shop"},
    }
    elsewhere = pod("x")
    elsewhere["metadata"]["namespace"] = "data"
    world = World(pod("b"), elsewhere, route)

    assert world.ways("b") == [(UNIVERSE, "kind-not-read", "httproute/shop/r")]
    assert world.backends.ways_in(0) == ()


def test_every_port_of_a_service_and_every_way_cuts_the_services() -> None:
    world = World(server("a"), service(TARGET, type="NodePort"))

    assert list(world.backends.service_sets()) == [ServiceSet.of(6, 80), ServiceSet.of(6, 8080)]
