"""A large cluster as facts in memory, seeded: namespaces of about 200 pods and their policies."""

import random
from collections.abc import Iterator

from ringwall.facts import k8s
from ringwall.facts.fact import Fact, Facts, Key, Origin

ORIGIN = (Origin("many"),)
PORTS = ((80, "http"), (443, "https"), (8080, "web"), (5432, "postgres"), (9090, "metrics"))


def facts(pods: int, policies: int, seed: int = 7) -> Facts:
    """A cluster of so many pods, and so many policies over its namespaces."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, nothing secret
    spaces = max(1, pods // 200)
    return Facts(
        [
            *_namespaces(spaces),
            *_nodes(max(2, pods // 50)),
            *_pods(pods, spaces, rng),
            *_policies(policies, spaces, rng),
        ]
    )


def fact(kind: str, name: str, body: k8s._Object) -> Fact:
    return Fact(Key("", kind, name), body, ORIGIN)


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _namespaces(spaces: int) -> Iterator[Fact]:
    for i in range(spaces):
        labels = {"team": f"team-{i % 20}", "stage": "prod" if i % 3 else "test"}
        yield fact("namespace", f"ns-{i}", k8s.Namespace(k8s.ObjectMeta(f"ns-{i}", labels=labels)))


def _nodes(count: int) -> Iterator[Fact]:
    for i in range(count):
        at = k8s.NodeAddress("InternalIP", address(1 << 22 | i))
        yield fact(
            "node",
            f"node-{i}",
            k8s.Node(k8s.ObjectMeta(f"node-{i}"), status=k8s.NodeStatus((at,))),
        )


def _pods(count: int, spaces: int, rng: random.Random) -> Iterator[Fact]:
    for i in range(count):
        space, app = f"ns-{i % spaces}", f"app-{i // spaces // 5}"
        name = f"{app}-{i:x}"
        labels = {
            "app.kubernetes.io/name": app,
            "app.kubernetes.io/instance": f"{app}-{space}",
            "app.kubernetes.io/component": ("web", "api", "db", "worker")[i // spaces % 4],
            "app.kubernetes.io/part-of": space,
            "app.kubernetes.io/version": f"1.{i % 7}",
            "pod-template-hash": f"{i % spaces * 1000 + i // spaces // 5:x}",
        }
        number, word = PORTS[i // spaces // 5 % len(PORTS)]
        owner = k8s.OwnerReference("ReplicaSet", f"{app}-{labels['pod-template-hash']}", "", True)
        yield fact(
            "pod",
            f"{space}/{name}",
            k8s.Pod(
                k8s.ObjectMeta(name, space, labels, owner_references=(owner,)),
                k8s.PodSpec(
                    (k8s.Container("main", (k8s.ContainerPort(number, word),)),),
                    node_name=f"node-{rng.randrange(max(2, count // 50))}",
                ),
                k8s.PodStatus("Running", address(i), (k8s.PodIP(address(i)),)),
            ),
        )


def _policies(count: int, spaces: int, rng: random.Random) -> Iterator[Fact]:
    for i in range(count):
        space, name = f"ns-{i % spaces}", f"policy-{i}"
        spec = SPECS[i // spaces % len(SPECS)](space, rng)
        yield fact(
            "networkpolicy",
            f"{space}/{name}",
            k8s.NetworkPolicy(k8s.ObjectMeta(name, space), spec),
        )


def _app(rng: random.Random) -> k8s.LabelSelector:
    return k8s.LabelSelector({"app.kubernetes.io/name": f"app-{rng.randrange(40)}"})


def _ports(*ports: int | str, protocol: str = "TCP") -> tuple[k8s.PolicyPort, ...]:
    return tuple(k8s.PolicyPort(protocol, port) for port in ports)


def _deny(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    return k8s.NetworkPolicySpec(policy_types=("Ingress", "Egress"))


def _same(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    rule = k8s.IngressPolicyRule((k8s.Peer(k8s.LabelSelector()),))
    return k8s.NetworkPolicySpec(ingress=(rule,), policy_types=("Ingress",))


def _dns(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    everyone = k8s.Peer(namespace_selector=k8s.LabelSelector())
    rule = k8s.EgressPolicyRule((everyone,), (*_ports(53), *_ports(53, protocol="UDP")))
    return k8s.NetworkPolicySpec(egress=(rule,), policy_types=("Egress",))


def _from_app(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    rule = k8s.IngressPolicyRule(
        (k8s.Peer(_app(rng)),), _ports(rng.choice(("http", "web", "metrics")), 8443)
    )
    return k8s.NetworkPolicySpec(_app(rng), ingress=(rule,), policy_types=("Ingress",))


def _from_team(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    team = k8s.LabelSelector({"team": f"team-{rng.randrange(20)}"})
    rule = k8s.IngressPolicyRule(
        (k8s.Peer(_app(rng), team),), _ports(rng.choice((80, 443, 5432, 9090)))
    )
    return k8s.NetworkPolicySpec(_app(rng), ingress=(rule,), policy_types=("Ingress",))


def _to_app(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    rule = k8s.EgressPolicyRule((k8s.Peer(_app(rng)),), _ports("postgres", 6379))
    return k8s.NetworkPolicySpec(_app(rng), egress=(rule,), policy_types=("Egress",))


def _to_world(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    block = k8s.IPBlock("0.0.0.0/0", ("10.0.0.0/8", "172.16.0.0/12"))
    rule = k8s.EgressPolicyRule((k8s.Peer(ip_block=block),), _ports(443))
    return k8s.NetworkPolicySpec(_app(rng), egress=(rule,), policy_types=("Egress",))


def _to_partner(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    cidr = f"{rng.randrange(11, 100)}.{rng.randrange(256)}.{rng.randrange(256)}.0/24"
    port = k8s.PolicyPort("TCP", 8000, 8000 + rng.randrange(20))
    rule = k8s.EgressPolicyRule((k8s.Peer(ip_block=k8s.IPBlock(cidr)),), (port,))
    return k8s.NetworkPolicySpec(_app(rng), egress=(rule,), policy_types=("Egress",))


def _from_subnet(space: str, rng: random.Random) -> k8s.NetworkPolicySpec:
    block = k8s.IPBlock(f"10.{rng.randrange(2)}.{rng.randrange(256)}.0/24")
    rule = k8s.IngressPolicyRule((k8s.Peer(ip_block=block),), _ports(9090))
    return k8s.NetworkPolicySpec(_app(rng), ingress=(rule,), policy_types=("Ingress",))


SPECS = (
    _deny,
    _same,
    _dns,
    _from_app,
    _from_app,
    _from_team,
    _to_app,
    _to_world,
    _to_partner,
    _from_subnet,
)
