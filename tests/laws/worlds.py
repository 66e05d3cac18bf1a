"""Random worlds, written as a user's files would be: manifests and the answers of ``aws``.

They are small and shaped like real ones: a few namespaces that share labels, workloads with
replicas, named ports, overlapping blocks with exceptions, several groups on an interface, public
and private subnets, both IP families, and now and then something that was not read. Every reader,
default and compiler is therefore under the comparison.
"""

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from tests.semantics.aws_world import (
    AwsWorld,
    Entry,
    Ports,
    Route,
    Rule,
    everything,
    rule,
    tcp,
    udp,
)

Json = dict[str, Any]
T = TypeVar("T")

NAMESPACES: Final = ("shop", "data", "ops")
KEYS: Final = ("app", "tier")
VALUES: Final = ("web", "api", "db")
PORT_NAMES: Final = ("http", "metrics")
PORTS: Final = (53, 80, 443, 5432, 8080)
BLOCKS: Final = (
    "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.0.1.16/28", "10.0.2.0/24",
    "10.0.1.20/32", "172.20.0.0/16", "192.168.0.0/16", "198.51.100.0/24", "198.51.100.128/25",
    "203.0.113.7/32", "0.0.0.0/1",
)  # fmt: skip
BLOCKS_6: Final = ("::/0", "2001:db8::/32", "2001:db8:0:1::/64", "2a00::/16")
PAIRS: Final = 14
"""How many pairs of a world are compared; each for every service at once."""
OUTSIDE: Final = ("203.0.113.7", "198.51.100.200", "9.9.9.9", "192.168.7.7", "10.9.9.9")
ACL_SERVICES: Final[Sequence[tuple[str, Ports]]] = (
    ("tcp", 443), ("tcp", (80, 8080)), ("tcp", (1024, 65535)), ("udp", (1024, 40000)),
    ("all", None), ("icmp", (8, -1)), ("17", None), ("132", None),
)  # fmt: skip
OUTSIDE_6: Final = ("2a00::1", "2600::1")


@dataclass
class World:
    """Files, the ids that a comparison may ask about, and some pairs of them."""

    files: dict[str, str] = field(default_factory=dict)
    senders: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)


class Choices:
    """Hypothesis' draws, in words."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def some(self, options: Sequence[T], most: int, least: int = 0) -> list[T]:
        return [self.one(options) for _ in range(self.number(least, most))]

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def seldom(self, one_in: int) -> bool:
        """True once in so many; False is the simpler choice."""
        return self.number(0, one_in - 1) == one_in - 1


# --- Kubernetes -----------------------------------------------------------------------------------


def labels(choose: Choices) -> dict[str, str]:
    return {key: choose.one(VALUES) for key in KEYS if choose.number(0, 3)}


def selector(choose: Choices) -> Json:
    """All, by label, or by expression; sometimes a label that a controller makes up."""
    kind = choose.number(0, 9)
    if kind == 0:
        return {}
    if kind < 7:
        return {"matchLabels": {choose.one(KEYS): choose.one(VALUES)}}
    key = choose.one((*KEYS, "pod-template-hash", "statefulset.kubernetes.io/pod-name"))
    operator = choose.one(("In", "NotIn", "Exists", "DoesNotExist"))
    need: Json = {"key": key, "operator": operator}
    if operator in ("In", "NotIn"):
        need["values"] = sorted(set(choose.some(VALUES, 2, 1)))
    return {"matchExpressions": [need]}


def namespace_selector(choose: Choices) -> Json:
    if choose.seldom(4):
        return {}
    if choose.number(0, 1):
        name = choose.one(NAMESPACES)
        return {"matchLabels": {"kubernetes.io/metadata.name": name}}
    return {"matchLabels": {"team": choose.one(("red", "blue"))}}


def block_of(choose: Choices, six: bool) -> Json:
    blocks = BLOCKS_6 if six and choose.number(0, 1) else BLOCKS
    cidr = choose.one(blocks)
    whole = ipaddress.ip_network(cidr)
    inside = [b for b in blocks if b != cidr and ipaddress.ip_network(b).subnet_of(whole)]  # type: ignore[arg-type]
    body: Json = {"cidr": cidr}
    if inside and choose.number(0, 1):
        body["except"] = sorted(set(choose.some(inside, 2, 1)))
    return body


def peer(choose: Choices, six: bool) -> Json:
    kind = choose.number(0, 4)
    if kind == 0:
        return {"ipBlock": block_of(choose, six)}
    if kind == 1:
        return {"namespaceSelector": namespace_selector(choose)}
    if kind == 2:
        return {"namespaceSelector": namespace_selector(choose), "podSelector": selector(choose)}
    return {"podSelector": selector(choose)}


def policy_port(choose: Choices) -> Json:
    body: Json = {}
    if choose.number(0, 2):
        body["protocol"] = choose.one(("TCP", "UDP", "SCTP"))
    kind = choose.number(0, 5)
    if kind == 0:
        return body
    if kind == 1:
        return {**body, "port": choose.one(PORT_NAMES)}
    body["port"] = choose.one(PORTS)
    if kind == 2:
        body["endPort"] = body["port"] + choose.one((0, 1, 1000))
    return body


def policy(choose: Choices, number: int, six: bool) -> Json:
    spec: Json = {"podSelector": selector(choose)}
    for direction, word in (("ingress", "from"), ("egress", "to")):
        if choose.number(0, 1 if direction == "ingress" else 2) == 0:
            rules = []
            for _ in range(choose.number(0, 2)):
                body: Json = {}
                if choose.number(0, 4):
                    body[word] = [peer(choose, six) for _ in range(choose.number(1, 2))]
                if choose.number(0, 2):
                    body["ports"] = [policy_port(choose) for _ in range(choose.number(1, 2))]
                rules.append(body)
            spec[direction] = rules
    types = choose.one((None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    if types:
        spec["policyTypes"] = types
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"p{number}", "namespace": choose.one(NAMESPACES)},
        "spec": spec,
    }


def containers(choose: Choices) -> list[Json]:
    ports = [
        {
            "name": name,
            "containerPort": choose.one(PORTS),
            "protocol": choose.one(("TCP", "TCP", "UDP")),
            **({"hostPort": 9999} if choose.seldom(25) else {}),
        }
        for name in PORT_NAMES
        if choose.number(0, 1)
    ]
    return [{"name": "app", "image": "app:1", "ports": ports}]


def pod(
    name: str,
    namespace: str,
    marks: dict[str, str],
    spec: Json,
    ips: Sequence[str],
    owner: Json | None,
) -> Json:
    metadata: Json = {"name": name, "namespace": namespace, "labels": marks}
    if owner:
        metadata["ownerReferences"] = [owner]
    status: Json = {"phase": "Running"}
    if ips:
        status.update(podIP=ips[0], podIPs=[{"ip": ip} for ip in ips])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def owner_of(kind: str, name: str) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": f"uid-{name}",
        "controller": True,
    }


def controller(kind: str, name: str, namespace: str, marks: dict[str, str], spec: Json) -> Json:
    template = {"metadata": {"labels": marks}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": marks}, "template": template},
    }


def service(choose: Choices, number: int) -> Json:
    port: Json = {"port": choose.one((80, 443)), "protocol": choose.one(("TCP", "TCP", "UDP"))}
    target = choose.one((None, *PORTS, *PORT_NAMES))
    if target is not None:
        port["targetPort"] = target
    spec: Json = {"ports": [port], "selector": {choose.one(KEYS): choose.one(VALUES)}}
    kind = choose.number(0, 11)
    if kind == 0:
        spec["clusterIP"] = "None"
    elif kind == 1:
        spec["type"] = choose.one(("NodePort", "LoadBalancer"))
    elif kind == 2:
        spec.update(type="ExternalName", externalName="db.example.com")
    elif kind == 3:
        del spec["selector"]
    if kind not in (0, 2):
        spec["clusterIP"] = f"172.20.0.{number + 10}"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"s{number}", "namespace": choose.one(NAMESPACES)},
        "spec": spec,
    }


def ingress(namespace: str, name: str) -> Json:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"in-{name}", "namespace": namespace},
        "spec": {"rules": [{"http": {"paths": [path]}}]},
    }


def engine_signals(choose: Choices) -> list[Json]:
    """Mostly none; else an engine that is off, not modelled, or a policy kind that is not read."""
    kind = choose.number(0, 19)
    if kind == 1:
        return [
            _daemonset("kube-proxy", []),
            _daemonset("aws-node", ["--enable-network-policy=false"]),
        ]
    if kind == 2:
        return [_daemonset("aws-node", ["--enable-network-policy=true"])]
    if kind == 3:
        return [_daemonset("cilium", [])]
    if kind == 4:
        return [
            {
                "apiVersion": "cilium.io/v2",
                "kind": "CiliumNetworkPolicy",
                "metadata": {"name": "c", "namespace": choose.one(NAMESPACES)},
                "spec": {},
            }
        ]
    if kind == 5:
        return [
            {
                "apiVersion": "security.istio.io/v1",
                "kind": "AuthorizationPolicy",
                "metadata": {"name": "m", "namespace": choose.one((*NAMESPACES, "istio-system"))},
                "spec": {},
            }
        ]
    return []


def _daemonset(name: str, args: list[str]) -> Json:
    marks = {"k8s-app": name}
    agent = {"name": "aws-eks-nodeagent", "image": "agent:v1.2.0", "args": args}
    main = {"name": name, "image": "agent:v1.20.0"}
    spec = {"hostNetwork": True, "containers": [main, agent] if args else [main]}
    return controller("DaemonSet", name, "kube-system", marks, spec)


@dataclass
class Seats:
    """Addresses that pods may take, the nodes they may run on, and what was used."""

    free: list[tuple[str, tuple[str, ...]]]
    nodes: list[tuple[str, str]]


def kubernetes(choose: Choices, world: World, seats: Seats, six: bool) -> list[Json]:
    """Namespaces, two to four workloads, policies and Services."""
    objects: list[Json] = []
    for name in NAMESPACES[: choose.number(1, 3)]:
        marks = {"team": choose.one(("red", "blue"))} if choose.number(0, 2) else {}
        metadata = {"name": name, "labels": marks}
        objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for number in range(choose.number(2, 4)):
        objects += workload(choose, world, seats, f"w{number}")
    for number in range(choose.number(0, 4)):
        objects.append(policy(choose, number, six))
    for number in range(choose.number(0, 2)):
        body = service(choose, number)
        objects.append(body)
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        world.receivers.append(f"svc/{namespace}/{name}")
        if choose.seldom(12):
            objects.append(ingress(namespace, name))
    objects += engine_signals(choose)
    return objects


def workload(choose: Choices, world: World, seats: Seats, name: str) -> list[Json]:
    """A controller with or without its pods, or a bare pod."""
    namespace, marks = choose.one(NAMESPACES), labels(choose)
    spec: Json = {"containers": containers(choose)}
    if choose.seldom(8):
        spec["hostNetwork"] = True
    kind = choose.one(("Pod", "Deployment", "Deployment", "StatefulSet", "DaemonSet"))
    id_ = f"{namespace}/{name}[{kind}]"
    world.senders.append(id_)
    world.receivers.append(id_)
    if kind != "Pod" and choose.seldom(8 if seats.nodes else 3):
        return [controller(kind, name, namespace, marks, spec)]
    made = [] if kind == "Pod" else [controller(kind, name, namespace, marks, spec)]
    for replica in range(1 if kind == "Pod" else choose.number(1, 2)):
        mine = dict(marks)
        if kind == "StatefulSet":
            mine["statefulset.kubernetes.io/pod-name"] = f"{name}-{replica}"
        owner = None if kind == "Pod" else owner_of(kind, name)
        label = name if kind == "Pod" else f"{name}-{replica}"
        ips, body = seat(choose, seats, spec)
        made.append(pod(label, namespace, mine, body, ips, owner))
    return made


def seat(choose: Choices, seats: Seats, spec: Json) -> tuple[tuple[str, ...], Json]:
    """Where a pod runs: on a node with one of its addresses, or nowhere that was told."""
    if spec.get("hostNetwork"):
        if not seats.nodes or choose.seldom(5):
            return (), spec
        node, ip = choose.one(seats.nodes)
        return (ip,), {**spec, "nodeName": node}
    if not seats.free or choose.seldom(15):
        return (), spec
    node, ips = seats.free.pop(choose.number(0, len(seats.free) - 1))
    return ips, ({**spec, "nodeName": node} if node and not choose.seldom(8) else spec)


# --- AWS ------------------------------------------------------------------------------------------


def group_rule(choose: Choices, peers: Sequence[str]) -> Rule:
    chosen = tuple(dict.fromkeys(choose.some(peers, 2, 1)))
    kind = choose.number(0, 9)
    if kind == 0:
        return everything(*chosen)
    if kind == 1:
        return udp((1, 65535), *chosen)
    if kind == 2:
        return rule("icmp", *choose.one(((-1, -1), (8, -1), (8, 0))), *chosen)
    if kind == 3:
        return rule("icmpv6", -1, -1, *chosen)
    if kind == 4:
        return rule(choose.one(("50", "132")), None, None, *chosen)
    if kind == 5:
        return tcp((choose.one(PORTS), 65535), *chosen)
    if kind == 6:
        return tcp((0, 65535), *chosen)
    return tcp(choose.one(PORTS), *chosen)


def acl_entries(choose: Choices, six: bool) -> list[Entry]:
    """Mostly open with some denials before; sometimes closed to client ports."""
    found = []
    for egress in (False, True):
        for number in range(choose.number(0, 3)):
            cidr = choose.one(BLOCKS_6 if six and choose.seldom(3) else BLOCKS)
            protocol, ports = choose.one(ACL_SERVICES)
            action = choose.one(("allow", "deny"))
            found.append(Entry(10 + 10 * number, egress, action, protocol, cidr, ports))
        if choose.number(0, 4):
            found.append(Entry(100, egress, "allow", "all", "0.0.0.0/0", None))
            if six:
                found.append(Entry(101, egress, "allow", "all", "::/0", None))
    return found


def routes(choose: Choices, targets: Sequence[str], six: bool) -> list[Route]:
    """A default route to one of the targets, sometimes more special ones."""
    found: dict[str, Route] = {}
    for destination in ("0.0.0.0/0", *(("::/0",) if six else ())):
        if choose.number(0, 5):
            target = choose.one(targets)
            if destination == "::/0" and target.startswith("nat-"):
                target = choose.one(("igw-1", "eigw-1"))
            state = "blackhole" if choose.seldom(10) else "active"
            found[destination] = Route(destination, target, state)
    if choose.seldom(4):
        destination = choose.one(("198.51.100.0/24", "203.0.113.7/32", "192.168.0.0/16", "pl-1"))
        target = choose.one((*targets, "tgw-1", "pcx-1", "igw-1", "vpce-1", "vpce-1"))
        found[destination] = Route(destination, target)
    return list(found.values())


def towards(choose: Choices, block: str) -> list[Route]:
    """Mostly the route to a peer's block; sometimes to more than it, through another connection, or
    to none."""
    destination = choose.one((block, block, block, "10.0.0.0/8", "192.168.0.0/15"))
    target = choose.one(("pcx-1", "pcx-1", "pcx-1", "pcx-1", "pcx-2"))
    return [Route(destination, target)] if block and choose.number(0, 5) else []


@dataclass
class Peer:
    """The block of another VPC, and whether it has IPv6; no block where there is none."""

    block: str = ""
    six: bool = False

    @property
    def start(self) -> str:
        return self.block.removesuffix(".0.0/16")


def gateways(choose: Choices, made: AwsWorld, six: bool) -> None:
    """Sometimes what routes lead to was read, and sometimes it is of no use."""
    if choose.number(0, 1):
        kind = "GatewayLoadBalancer" if choose.seldom(8) else "Gateway"
        state = "deleted" if choose.seldom(8) else "available"
        made.gateway_endpoint("vpce-1", kind=kind, state=state)
    if six and choose.number(0, 2):
        made.egress_only("eigw-1", state="detached" if choose.seldom(8) else "attached")


def peering(choose: Choices, made: AwsWorld, peer: Peer) -> None:
    """Sometimes a connection to the other VPC, or to one that was not read."""
    if not choose.number(0, 4):
        return
    state = "deleted" if choose.seldom(8) else "active"
    home = ("eu-west-1", choose.one(("eu-west-1", "eu-west-1", "eu-west-1", "us-east-1", "")))
    if choose.seldom(6):
        unread = {"vpc-3": peer.block or "10.9.0.0/16"}
        made.peering("pcx-1", "vpc-1", "vpc-3", state=state, regions=home, unread=unread)
    elif peer.block:
        sides = ("vpc-1", "vpc-2") if choose.number(0, 1) else ("vpc-2", "vpc-1")
        made.peering("pcx-1", *sides, state=state, regions=home)
    if choose.seldom(8):
        made.peering("pcx-2", "vpc-1", "vpc-4", unread={"vpc-4": "10.8.0.0/16"})


def aws(choose: Choices, world: World, six: bool) -> tuple[AwsWorld, Seats]:
    """A VPC with a public and a private subnet, two nodes, a database, an API; perhaps more."""
    made = AwsWorld()
    made.vpc("vpc-1", "10.0.0.0/16", ipv6="2001:db8::/56" if six else None)
    zones = (("subnet-a", "10.0.1.0/24", 1), ("subnet-b", "10.0.2.0/24", 2))
    for name, cidr, number in zones:
        made.subnet(name, cidr, ipv6=f"2001:db8:0:{number}::/64" if six else None)
    if choose.number(0, 4):
        made.igw("igw-1")
    peers = ("sg-1", "sg-2", "sg-3", "pl-1", *BLOCKS, *(BLOCKS_6 if six else ()))
    for name in ("sg-1", "sg-2", "sg-3"):
        incoming = [group_rule(choose, peers) for _ in range(choose.number(0, 3))]
        if choose.number(0, 1):
            incoming.append(everything(choose.one(("sg-1", "sg-2", "10.0.0.0/16"))))
        if choose.number(0, 2):
            made.group(name, incoming)
        else:
            made.group(
                name, incoming, [group_rule(choose, peers) for _ in range(choose.number(0, 2))]
            )
    made.prefix_list("pl-1", "198.51.100.0/24", "10.0.2.0/24", entries_read=not choose.seldom(6))
    targets = ["igw-1"]
    if choose.number(0, 1):
        made.nat("nat-1", "subnet-a", "10.0.1.250", "203.0.113.250")
        targets.append("nat-1")
    peer = Peer()
    if choose.seldom(3):
        peer = Peer(choose.one(("10.9.0.0/16", "192.168.0.0/16")), six and not choose.seldom(3))
    one = [*routes(choose, targets, six), *towards(choose, peer.block)]
    made.route_table("rtb-a", *distinct(one), subnets=["subnet-a"])
    if choose.number(0, 2):
        two = [*routes(choose, targets[::-1], six), *towards(choose, peer.block)]
        made.route_table("rtb-b", *distinct(two), subnets=["subnet-b"])
    gateways(choose, made, six)
    for name in ("subnet-a", "subnet-b"):
        if choose.seldom(3):
            made.acl(f"acl-{name}", *acl_entries(choose, six), subnets=[name])
    seats = machines(choose, made, world, six)
    things(choose, made, world)
    if peer.block:
        other_vpc(choose, made, world, peer)
    peering(choose, made, peer)
    return made, seats


def distinct(routes: list[Route]) -> list[Route]:
    """A table has one route for a destination."""
    return list({one.destination: one for one in routes}.values())


def groups(choose: Choices) -> list[str]:
    return sorted(set(choose.some(("sg-1", "sg-2", "sg-3"), 3, 1)))


def machines(choose: Choices, made: AwsWorld, world: World, six: bool) -> Seats:
    """Nodes with a primary interface, perhaps a second one; pods sit on their other addresses."""
    seats = Seats([], [])
    for number, subnet in enumerate(("subnet-a", "subnet-b"), 1):
        ip, instance, name = f"10.0.{number}.10", f"i-{number}", f"n{number}"
        made.interface(
            f"eni-{number}",
            subnet,
            ip,
            groups=groups(choose),
            instance=instance,
            public_ip=f"203.0.113.{100 + number}" if choose.number(0, 1) else None,
            secondary=[f"10.0.{number}.{host}" for host in (20, 21, 22)],
            prefixes=[f"10.0.{number}.32/28"] if choose.seldom(3) else [],
            ipv6=[f"2001:db8:0:{number}::10"] if six else [],
        )
        if choose.seldom(3):
            made.interface(
                f"eni-{number}x",
                subnet,
                f"10.0.{number}.60",
                groups=groups(choose),
                instance=instance,
                device=1,
                secondary=[f"10.0.{number}.61"],
                kind="branch" if choose.seldom(3) else "interface",
            )
            seats.free.append((name, (f"10.0.{number}.61",)))
        made.node(name, instance)
        seats.nodes.append((name, ip))
        seats.free += [(name, (f"10.0.{number}.{host}",)) for host in (20, 21)]
        seats.free.append((name, (f"10.0.{number}.33",)))  # owned only where the prefix is there
        if six:
            seats.free.append((name, (f"10.0.{number}.22", f"2001:db8:0:{number}::22")))
        world.senders.append(f"node/{name}")
        world.receivers += [f"node/{name}", f"203.0.113.{100 + number}"]
    return seats


def things(choose: Choices, made: AwsWorld, world: World) -> None:
    """A database's interface, the cluster's API with its interfaces."""
    made.interface("eni-db", "subnet-b", "10.0.2.200", groups=groups(choose))
    world.receivers.append("eni-db")
    world.senders.append("eni-db")
    if choose.number(0, 2):
        public = bool(choose.number(0, 2))
        cidrs = sorted(set(choose.some([b for b in BLOCKS if "/0" not in b], 2, 1)))
        made.eks_cluster(
            "prod",
            public=public,
            private=bool(choose.number(0, 1)) or not public,
            public_cidrs=cidrs if choose.number(0, 1) else ("0.0.0.0/0",),
            cluster_group="sg-1",
        )
        if choose.number(0, 3):
            made.control_plane_interface(
                "prod", "eni-cp", "subnet-b", "10.0.2.201", groups=groups(choose)
            )
        world.receivers.append("eks-api/prod")
        world.senders.append("eks-api/prod")


def other_vpc(choose: Choices, made: AwsWorld, world: World, peer: Peer) -> None:
    """Another VPC with one interface, and routes back to the first."""
    made.vpc("vpc-2", peer.block, ipv6="2001:db8:9::/56" if peer.six else None)
    ipv6 = "2001:db8:9:9::/64" if peer.six else None
    made.subnet("subnet-z", f"{peer.start}.9.0/24", vpc="vpc-2", ipv6=ipv6)
    made.group("sg-9", [tcp(choose.one(PORTS), "0.0.0.0/0", "sg-1")], vpc="vpc-2")
    carried = choose.one((("sg-9",), ("sg-1",), ("sg-2", "sg-9")))
    back = towards(choose, "10.0.0.0/16")
    if peer.six and choose.number(0, 1):
        back.append(Route("2001:db8::/56", "pcx-1"))
    made.route_table("rtb-z", *distinct(back), subnets=["subnet-z"], vpc="vpc-2")
    if choose.seldom(4):
        made.acl("acl-z", *acl_entries(choose, peer.six), subnets=["subnet-z"], vpc="vpc-2")
    made.interface(
        "eni-z",
        "subnet-z",
        f"{peer.start}.9.9",
        groups=carried,
        public_ip="203.0.113.99" if choose.number(0, 1) else None,
        ipv6=["2001:db8:9:9::9"] if peer.six else [],
    )
    if choose.number(0, 1):
        made.igw("igw-2", vpc="vpc-2")
    world.receivers += ["eni-z", "203.0.113.99", f"{peer.start}.9.9", f"{peer.start}.7.7"]
    world.senders.append("eni-z")


def settings_of_cni(choose: Choices) -> list[Json]:
    """Sometimes the settings of the VPC CNI's DaemonSet are in the input."""
    if not choose.seldom(5):
        return []
    made = AwsWorld()
    env = choose.one(
        (
            {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"},
            {"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS": "198.51.100.0/24"},
            {"POD_SECURITY_GROUP_ENFORCING_MODE": "standard"},
        )
    )
    made.aws_node(**env)
    return made.objects


def _spoil_a_group(files: dict[str, str]) -> None:
    """One group gets a rule that cannot be read, beside those that can."""
    answer = json.loads(files["aws/describe-security-groups.json"])
    answer["SecurityGroups"][0]["IpPermissions"].append({"IpProtocol": "tcp", "FromPort": "x"})
    files["aws/describe-security-groups.json"] = json.dumps(answer)


_CALLS: Final = (
    "describe-route-tables",
    "describe-network-acls",
    "describe-network-interfaces",
    "describe-security-groups",
    "describe-internet-gateways",
    "describe-vpcs",
    "describe-nat-gateways",
    "describe-vpc-peering-connections",
    "describe-egress-only-internet-gateways",
    "describe-vpc-endpoints",
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world of Kubernetes alone, or of both layers."""
    choose, world = Choices(draw), World()
    six = choose.seldom(3)
    if choose.number(0, 3) == 0:
        free: list[tuple[str, tuple[str, ...]]] = [
            (f"n{1 + i % 2}", (f"10.0.{1 + i % 2}.{20 + i // 2}",)) for i in range(6)
        ]
        objects = kubernetes(choose, world, Seats(free, []), six)
        files = {}
    else:
        made, seats = aws(choose, world, six)
        objects = [*made.objects, *kubernetes(choose, world, seats, six), *settings_of_cni(choose)]
        made.objects = []
        files = made.files()
        if choose.seldom(8):
            _spoil_a_group(files)
        if choose.seldom(6):
            del files[f"aws/{choose.one(_CALLS)}.json"]
    files["k8s/objects.json"] = json.dumps({"kind": "List", "apiVersion": "v1", "items": objects})
    world.files = files
    strangers = ["internet", *choose.some(OUTSIDE, 2), *choose.some(BLOCKS, 1)]
    if six:
        strangers += choose.some(OUTSIDE_6, 1)
    world.senders += strangers
    world.receivers += strangers
    for _ in range(PAIRS):
        world.pairs.append((choose.one(world.senders), choose.one(world.receivers)))
    return world
