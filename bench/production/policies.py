"""Network policies as teams write them, namespace by namespace."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from production.plan import Namespace, Workload
from production.words import Draw

Spec = dict[str, Any]

_TEMPLATES: "list[Callable[[_Author], Spec | None]]" = []
_PRIVATE: Final = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
DATABASES: Final = ("10.0.12.0/24", "10.0.13.0/24", "10.0.14.0/24")
BALANCERS: Final = ("10.0.0.0/22", "10.0.4.0/22", "10.0.8.0/22")
OFFICES: Final = "10.200.0.0/13"
PARTNERS: Final = "198.18.0.0/15"


def policies(namespaces: Sequence[Namespace], total: int, seed: str) -> Iterator[dict[str, Any]]:
    """``total`` policies, spread evenly over the namespaces.

    Each namespace begins with those that everyone has: deny by default, allow inside, and DNS where
    egress is denied too.
    """
    draw = Draw(seed)
    for i, place in enumerate(namespaces):
        share = total * (i + 1) // len(namespaces) - total * i // len(namespaces)
        author = _Author(place, namespaces, draw)
        for name, spec in author.write(share):
            metadata = {"name": name, "namespace": place.name}
            labels = {"app.kubernetes.io/managed-by": "Helm", "team": place.team}
            yield {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {**metadata, "labels": labels},
                "spec": spec,
            }


class _Author:
    """Who writes the policies of one namespace."""

    def __init__(self, place: Namespace, others: Sequence[Namespace], draw: Draw) -> None:
        self.place, self.draw = place, draw
        self.others = [other for other in others if other is not place and other.workloads]

    def write(self, share: int) -> Iterator[tuple[str, Spec]]:
        types = ["Ingress", "Egress"] if self.draw.random() < 0.7 else ["Ingress"]
        first = [
            ("default-deny", {"podSelector": {}, "policyTypes": types}),
            ("allow-same-namespace", _inside(types)),
        ]
        if "Egress" in types:
            first.append(("allow-dns", _DNS))
        yield from first[:share]
        numbers, written = count(self.draw.randrange(len(_TEMPLATES))), len(first)
        while written < share:
            number = next(numbers)
            template = _TEMPLATES[number % len(_TEMPLATES)]
            spec = template(self)
            # Where egress is open, a policy for it would close it.
            if spec is not None and set(spec["policyTypes"]) <= set(types):
                name = template.__name__.strip("_").replace("_", "-")
                yield f"{name}-{number}", spec
                written += 1

    def workload(self) -> Workload:
        """One of the namespace's own that has a port."""
        return self.draw.choice([one for one in self.place.workloads if one.ports])

    def with_port(self, name: str) -> Workload | None:
        """One of its own that has a port of this name."""
        found = [one for one in self.place.workloads if name in (port[0] for port in one.ports)]
        return self.draw.choice(found) if found else None

    def peer(self) -> Workload:
        """A workload of another namespace."""
        place = self.draw.choice(self.others)
        return self.draw.choice([one for one in place.workloads if one.ports])


def _template(
    write: Callable[[_Author], Spec | None],
) -> Callable[[_Author], Spec | None]:
    _TEMPLATES.append(write)
    return write


# --- selectors and ports -------------------------------------------------------------------------


def _by_labels(workload: Workload, *names: str) -> Spec:
    wanted = [f"app.kubernetes.io/{name}" for name in names or ("name", "instance")]
    return {"matchLabels": {name: workload.labels[name] for name in wanted}}


def _named(place: Namespace) -> Spec:
    return {"matchLabels": {"kubernetes.io/metadata.name": place.name}}


def _pods_of(workload: Workload) -> Spec:
    selector = _by_labels(workload, "name", "component")
    return {"namespaceSelector": _named(workload.namespace), "podSelector": selector}


def _port(port: int | str, protocol: str = "TCP") -> Spec:
    return {"port": port, "protocol": protocol}


def _block(cidr: str, *holes: str) -> Spec:
    return {"ipBlock": {"cidr": cidr, "except": list(holes)} if holes else {"cidr": cidr}}


def _ingress(selector: Spec, sources: list[Spec], ports: list[Spec]) -> Spec:
    rule: Spec = {"from": sources} if sources else {}
    if ports:
        rule["ports"] = ports
    return {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [rule]}


def _egress(selector: Spec, targets: list[Spec], ports: list[Spec]) -> Spec:
    rule = {"to": targets, "ports": ports}
    return {"podSelector": selector, "policyTypes": ["Egress"], "egress": [rule]}


def _inside(types: list[str]) -> Spec:
    spec: Spec = {"podSelector": {}, "policyTypes": types}
    spec["ingress"] = [{"from": [{"podSelector": {}}]}]
    if "Egress" in types:
        spec["egress"] = [{"to": [{"podSelector": {}}]}]
    return spec


_DNS: Final[Spec] = _egress(
    {},
    [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    [_port(53, "UDP"), _port(53)],
)


# --- what is asked for again and again -----------------------------------------------------------


@_template
def _from_client(author: _Author) -> Spec:
    workload = author.workload()
    _, number, protocol = author.draw.choice(workload.ports)
    sources = [_pods_of(author.peer()) for _ in range(author.draw.randint(1, 3))]
    return _ingress(_by_labels(workload, "name", "component"), sources, [_port(number, protocol)])


@_template
def _metrics(_: _Author) -> Spec:
    place = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    server = {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
    source = {"namespaceSelector": place, "podSelector": server}
    return _ingress({}, [source], [_port("metrics")])


@_template
def _to_database(author: _Author) -> Spec:
    blocks = [_block(cidr) for cidr in DATABASES[: author.draw.randint(1, 3)]]
    ports = [_port(author.draw.choice((5432, 3306, 6379)))]
    return _egress(_by_labels(author.workload()), blocks, ports)


@_template
def _to_internet(author: _Author) -> Spec:
    everyone = _block("0.0.0.0/0", *_PRIVATE, "169.254.0.0/16")
    return _egress(_by_labels(author.workload(), "name", "component"), [everyone], [_port(443)])


@_template
def _from_balancer(author: _Author) -> Spec | None:
    workload = author.with_port("http")
    if workload is None:
        return None
    selector = _by_labels(workload, "name", "component")
    return _ingress(selector, [_block(cidr) for cidr in BALANCERS], [_port("http")])


@_template
def _to_service(author: _Author) -> Spec:
    peer = author.peer()
    name, number, protocol = author.draw.choice(peer.ports)
    port = name if author.draw.random() < 0.3 else number
    return _egress(_by_labels(author.workload()), [_pods_of(peer)], [_port(port, protocol)])


@_template
def _range(author: _Author) -> Spec:
    low = author.draw.choice((1024, 8000, 9000, 30000, 32768))
    ports = [{**_port(low), "endPort": low + author.draw.choice((10, 99, 767))}]
    return _ingress(_by_labels(author.workload()), [_pods_of(author.peer())], ports)


@_template
def _from_team(author: _Author) -> Spec:
    teams = sorted({author.place.team, *(author.peer().namespace.team for _ in range(2))})
    places = {"matchExpressions": [{"key": "team", "operator": "In", "values": teams}]}
    frontends = {
        "matchExpressions": [
            {"key": "tier", "operator": "NotIn", "values": ["backend"]},
            {"key": "app.kubernetes.io/name", "operator": "Exists"},
        ]
    }
    source = {"namespaceSelector": places, "podSelector": frontends}
    return _ingress(_by_labels(author.workload(), "instance"), [source], [_port(8080), _port(8443)])


@_template
def _from_office(author: _Author) -> Spec:
    block = author.draw.subnet(OFFICES, 20)
    hole = author.draw.subnet(block, 24)
    return _ingress(_by_labels(author.workload()), [_block(block, hole)], [_port(443), _port(8443)])


@_template
def _to_partner(author: _Author) -> Spec:
    block = author.draw.subnet(PARTNERS, author.draw.choice((24, 26, 28, 32)))
    return _egress(_by_labels(author.workload()), [_block(block)], [_port(443)])


@_template
def _components(author: _Author) -> Spec:
    wanted = sorted({author.workload().component, author.workload().component})
    part = {"key": "app.kubernetes.io/component", "operator": "In", "values": wanted}
    everywhere: Spec = {"namespaceSelector": {"matchLabels": {"environment": "production"}}}
    return _ingress({"matchExpressions": [part]}, [everywhere], [_port("http"), _port(9000)])


@_template
def _from_ingress_controller(author: _Author) -> Spec | None:
    workload = author.with_port("http")
    if workload is None:
        return None
    number = next(port for name, port, _ in workload.ports if name == "http")
    place = {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}
    selector = _by_labels(workload, "name", "component")
    return _ingress(selector, [{"namespaceSelector": place}], [_port(number)])
