"""What there is: namespaces, workloads, pods, nodes and their interfaces, and where each one is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from itertools import cycle, islice
from typing import Final

from production.words import APPS, TEAMS, Draw, dns_name

PODS_PER_NODE: Final = 30
PODS_PER_NAMESPACE: Final = 200
PODS_PER_GROUP: Final = 2_500
MOST_PODS: Final = 120_000  # more do not fit into the subnets
ADDRESSES_PER_INTERFACE: Final = 15  # of an m5.xlarge

NODE_SUBNETS: Final = ("10.0.64.0/18", "10.0.128.0/18", "10.0.192.0/18")
POD_SUBNETS: Final = ("100.64.0.0/16", "100.65.0.0/16", "100.66.0.0/16")

Port = tuple[str, int, str]  # name, number, protocol

_TCP: Final = "TCP"
_HTTP: Final = (8080, 8080, 8080, 8080, 3000, 5000, 8000, 8443)
_DEPLOYED: Final[dict[str, tuple[Port, ...]]] = {
    "web": (("http", 8080, _TCP), ("metrics", 9090, _TCP)),
    "api": (("http", 8080, _TCP), ("grpc", 9000, _TCP), ("metrics", 9090, _TCP)),
    "worker": (("metrics", 9090, _TCP),),
    "scheduler": (("http", 8080, _TCP),),
    "gateway": (("http", 8080, _TCP), ("admin", 8001, _TCP)),
    "relay": (("http", 8080, _TCP), ("syslog", 5514, "UDP")),
}
_STATEFUL: Final[dict[str, tuple[Port, ...]]] = {
    "cache": (("redis", 6379, _TCP), ("metrics", 9121, _TCP)),
    "queue": (("amqp", 5672, _TCP), ("http", 15672, _TCP), ("epmd", 4369, _TCP)),
    "store": (("postgres", 5432, _TCP), ("metrics", 9187, _TCP)),
}
_REPLICAS: Final = ((1, 2, 3, 4, 6, 8, 12, 20), (20, 30, 22, 8, 8, 6, 4, 2))


@dataclass(slots=True, eq=False)
class Namespace:
    """A namespace, its labels and what runs there."""

    name: str
    team: str
    labels: dict[str, str]
    workloads: "list[Workload]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Workload:
    """A controller: what its pods look like. ``hash`` is the pod-template-hash of its revision."""

    kind: str
    namespace: Namespace
    name: str
    labels: dict[str, str]
    ports: tuple[Port, ...]
    uid: str
    hash: str = ""
    host_network: bool = False
    branch: bool = False
    pods: "list[Pod]" = field(default_factory=list)

    @property
    def component(self) -> str:
        """Its part of the application: ``api``, ``worker`` …"""
        return self.labels["app.kubernetes.io/component"]

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which its controller, its Service and policies select it."""
        names = [f"app.kubernetes.io/{name}" for name in ("name", "instance", "component")]
        return {name: self.labels[name] for name in names}


@dataclass(slots=True, eq=False)
class Interface:
    """An interface of a node: its own address first, and what it holds for pods.

    ``owner`` is set on a branch, which belongs to one pod of that workload alone.
    """

    id: str
    zone: int
    kind: str
    subnet: str
    device: int
    addresses: list[str]
    prefixes: list[str] = field(default_factory=list)
    owner: "Workload | None" = None


@dataclass(slots=True, eq=False)
class Node:
    """A machine: its node group, zone, interfaces and pods."""

    number: int
    group: int
    zone: int
    instance: str
    interfaces: list[Interface]
    pods: "list[Pod]" = field(default_factory=list)
    free: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Its InternalIP."""
        return self.interfaces[0].addresses[0]

    @property
    def name(self) -> str:
        """Its name, as EC2 names it."""
        return dns_name(self.address)


@dataclass(slots=True, eq=False)
class Pod:
    """A pod. One that is finished holds no address any more."""

    name: str
    workload: Workload
    index: int
    node: Node
    address: str = ""
    finished: bool = False


class Plan:
    """Everything, for a number of live pods; equal arguments give equal plans."""

    def __init__(self, pods: int, seed: int) -> None:
        """Raises ValueError for more pods than the subnets hold."""
        if not 100 <= pods <= MOST_PODS:
            raise ValueError(f"`{pods}` is not a number of pods from 100 to {MOST_PODS}")
        self.size = pods
        self.draw = Draw(seed)
        self.node_groups = min(40, 3 + pods // PODS_PER_GROUP)
        self._taken: set[tuple[Namespace, str]] = set()
        self._hosts = [_hosts(block, 4) for block in NODE_SUBNETS]
        # The first sixteenth of a subnet holds the interfaces' own addresses, the rest prefixes.
        sixteenths = [list(IPv4Network(block).subnets(new_prefix=20)) for block in POD_SUBNETS]
        self._owns = [_hosts(str(first), 4) for first, *_ in sixteenths]
        self._blocks = [_blocks(rest) for _, *rest in sixteenths]
        self.nodes = [self._node(number) for number in range(max(3, -(-pods // PODS_PER_NODE)))]
        self._next_node = cycle(self.draw.sample(self.nodes, len(self.nodes)))
        self.system = _system()
        self.tenants = _tenants(max(3, pods // PODS_PER_NAMESPACE), self.draw)
        self._run_system()
        self._run_tenants()
        for node in self.nodes:
            self._give_addresses(node)

    @property
    def namespaces(self) -> list[Namespace]:
        """All of them, the system's first."""
        return [*self.system, *self.tenants]

    @property
    def workloads(self) -> Iterator[Workload]:
        """All of them, by namespace."""
        return (workload for namespace in self.namespaces for workload in namespace.workloads)

    def custom_networking(self, group: int) -> bool:
        """Whether pods of this node group have interfaces in subnets of their own."""
        return group % 5 != 1

    def restricted(self, group: int) -> bool:
        """Whether this node group does without the cluster's own security group."""
        return group % 3 == 2

    # --- nodes -----------------------------------------------------------------------------------

    def _node(self, number: int) -> Node:
        zone, group = number % 3, number // 3 % self.node_groups
        primary = self._interface(zone, device=0)
        return Node(number, group, zone, self.draw.id("i"), [primary])

    def _interface(self, zone: int, *, device: int, kind: str = "interface") -> Interface:
        subnet, address = NODE_SUBNETS[zone], next(self._hosts[zone])
        return Interface(self.draw.id("eni"), zone, kind, subnet, device, [address])

    def _give_addresses(self, node: Node) -> None:
        """Each pod that needs one gets an address that one of its node's interfaces holds."""
        for pod in node.pods:
            if pod.finished:
                continue
            if pod.workload.host_network:
                pod.address = node.address
            elif pod.workload.branch:
                pod.address = self._branch(node, pod.workload)
            else:
                pod.address = self._pod_address(node)

    def _pod_address(self, node: Node) -> str:
        if not node.free:
            delegate = self.custom_networking(node.group)
            node.free = self._prefix(node) if delegate else self._secondary(node)
        return node.free.pop(0)

    def _prefix(self, node: Node) -> list[str]:
        """A block of 16 addresses, delegated to an interface in the zone's subnet for pods."""
        subnet, block = POD_SUBNETS[node.zone], next(self._blocks[node.zone])
        held = next((face for face in node.interfaces if face.subnet == subnet), None)
        if held is None:
            own = [next(self._owns[node.zone])]
            held = Interface(self.draw.id("eni"), node.zone, "interface", subnet, 1, own)
            node.interfaces.append(held)
        held.prefixes.append(str(block))
        return [str(address) for address in block]

    def _secondary(self, node: Node) -> list[str]:
        """The secondary addresses of the primary interface, then of one interface more each."""
        face = node.interfaces[0]
        if len(face.addresses) > 1:
            face = self._interface(node.zone, device=len(node.interfaces))
            node.interfaces.append(face)
        more = list(islice(self._hosts[node.zone], ADDRESSES_PER_INTERFACE - 1))
        face.addresses += more
        return more

    def _branch(self, node: Node, owner: Workload) -> str:
        """An interface of the pod's own, below a trunk of the node."""
        if not any(face.kind == "trunk" for face in node.interfaces):
            device = len(node.interfaces) + 1
            node.interfaces.append(self._interface(node.zone, device=device, kind="trunk"))
        face = self._interface(node.zone, device=0, kind="branch")
        face.owner = owner
        node.interfaces.append(face)
        return face.addresses[0]

    # --- what runs -------------------------------------------------------------------------------

    def _run_system(self) -> None:
        kube, monitoring, ingress = self.system
        dns = (("dns", 53, "UDP"), ("dns-tcp", 53, _TCP), ("metrics", 9153, _TCP))
        self._start("Deployment", kube, "coredns", "dns", dns, 2, {"k8s-app": "kube-dns"})
        self._start("DaemonSet", kube, "csi-secrets-store", "driver", ())
        prometheus = (("web", 9090, _TCP),)
        self._start("StatefulSet", monitoring, "prometheus", "server", prometheus, 2)
        exporter = (("metrics", 9100, _TCP),)
        self._start("DaemonSet", monitoring, "node-exporter", "exporter", exporter, host=True)
        self._start("DaemonSet", monitoring, "fluent-bit", "agent", (("http", 2020, _TCP),))
        web = (("http", 80, _TCP), ("https", 443, _TCP), ("metrics", 10254, _TCP))
        self._start("Deployment", ingress, "ingress-nginx", "controller", web, 3)

    def _run_tenants(self) -> None:
        running = sum(not pod.finished for node in self.nodes for pod in node.pods)
        left = self.size - running
        names = {place: app_names(self.draw) for place in self.tenants}
        for number, place in enumerate(cycle(self.tenants)):
            if left <= 0:
                return
            left -= self._run(place, *next(names[place]), left, branch=number % 100 == 7)

    def _run(self, where: Namespace, app: str, component: str, most: int, *, branch: bool) -> int:
        """Starts one workload of a tenant; the number of live pods that it added."""
        if component == "report":
            self._start("CronJob", where, app, component, (), 1)
            return 1
        kind, wanted = "StatefulSet", 3
        if component in _DEPLOYED:
            kind, wanted = "Deployment", self.draw.choices(*_REPLICAS)[0]
        replicas, ports = min(most, wanted), ports_of(component, self.draw)
        self._start(kind, where, app, component, ports, replicas, branch=branch)
        return replicas

    def _start(
        self,
        kind: str,
        where: Namespace,
        app: str,
        component: str,
        ports: tuple[Port, ...],
        replicas: int = 0,
        labels: dict[str, str] | None = None,
        *,
        host: bool = False,
        branch: bool = False,
    ) -> None:
        workload = described(kind, where, app, component, ports, self.draw)
        workload.labels |= labels or {}
        workload.host_network, workload.branch = host, branch
        where.workloads.append(workload)
        finished = 2 if kind == "CronJob" else 0
        count = len(self.nodes) if kind == "DaemonSet" else replicas + finished
        for index in range(count):
            node = self.nodes[index] if kind == "DaemonSet" else next(self._next_node)
            name = self._pod_name(workload, index)
            pod = Pod(name, workload, index, node, finished=index < finished)
            workload.pods.append(pod)
            node.pods.append(pod)

    def _pod_name(self, workload: Workload, index: int) -> str:
        """A name that no other pod has: generated ones meet now and then."""
        while True:
            name = _generated(workload, index, self.draw)
            if (workload.namespace, name) not in self._taken:
                self._taken.add((workload.namespace, name))
                return name


def described(
    kind: str,
    where: Namespace,
    app: str,
    component: str,
    ports: tuple[Port, ...],
    draw: Draw,
) -> Workload:
    """A workload with the labels that a Helm chart gives; it has no pods yet."""
    version = f"{draw.randint(1, 4)}.{draw.randint(0, 30)}.{draw.randint(0, 9)}"
    labels = {
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": f"{where.name}-{app}",
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/version": version,
        "app.kubernetes.io/part-of": where.team,
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"{app}-{version}",
        "tier": "backend" if ports and component not in ("web", "gateway") else "frontend",
    }
    name = app if component in ("dns", "driver", "exporter", "agent") else f"{app}-{component}"
    return Workload(kind, where, name, labels, ports, draw.uid(), hash=draw.suffix(10))


def ports_of(component: str, draw: Draw) -> tuple[Port, ...]:
    """The ports of a component; which one ``http`` is differs."""
    http = draw.choice(_HTTP)
    ports = (_DEPLOYED | _STATEFUL)[component]
    deployed = component in _DEPLOYED
    return tuple((n, http if n == "http" and deployed else p, t) for n, p, t in ports)


def namespace(name: str, team: str, environment: str = "production") -> Namespace:
    """A namespace with its labels."""
    labels = {
        "kubernetes.io/metadata.name": name,
        "team": team,
        "environment": environment,
        "pod-security.kubernetes.io/enforce": "baseline",
    }
    return Namespace(name, team, labels)


def _system() -> list[Namespace]:
    names = ("kube-system", "monitoring", "ingress-nginx")
    return [namespace(name, "platform", "system") for name in names]


def _tenants(count: int, draw: Draw) -> list[Namespace]:
    environments = ("production", "production", "production", "staging")
    found = []
    for number in range(count):
        team = TEAMS[number % len(TEAMS)]
        name = f"{team}-{number // len(TEAMS)}" if count > len(TEAMS) else team
        found.append(namespace(name, team, draw.choice(environments)))
    return found


def app_names(draw: Draw) -> Iterator[tuple[str, str]]:
    """Application and component of a namespace's workloads, never the same twice."""
    turn = 0
    while True:
        for app in draw.sample(APPS, len(APPS)):
            for component in _components(draw):
                yield (f"{app}-{turn}" if turn else app), component
        turn += 1


def _components(draw: Draw) -> list[str]:
    """What one application consists of."""
    deployed = draw.sample(list(_DEPLOYED), draw.randint(2, 4))
    stateful = [draw.choice(list(_STATEFUL))] if draw.random() < 0.4 else []
    return [*deployed, *stateful, *(["report"] if draw.random() < 0.2 else [])]


def _generated(workload: Workload, index: int, draw: Draw) -> str:
    if workload.kind == "StatefulSet":
        return f"{workload.name}-{index}"
    if workload.kind == "DaemonSet":
        return f"{workload.name}-{draw.suffix()}"
    if workload.kind == "CronJob":
        return f"{workload.name}-{29_000_000 + 60 * index}-{draw.suffix()}"
    return f"{workload.name}-{workload.hash}-{draw.suffix()}"


def _blocks(networks: list[IPv4Network]) -> Iterator[IPv4Network]:
    """The blocks that are delegated, in order."""
    return (block for network in networks for block in network.subnets(new_prefix=28))


def _hosts(block: str, skip: int) -> Iterator[str]:
    """The addresses of a subnet, without those that AWS keeps."""
    network = IPv4Network(block)
    first = int(network.network_address)
    return (str(IPv4Address(first + i)) for i in range(skip, network.num_addresses - 1))
