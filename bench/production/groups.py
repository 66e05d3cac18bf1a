"""Security groups and their rules, told by both calls that tell of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from production.plan import NODE_SUBNETS, POD_SUBNETS, Plan, Workload
from production.policies import BALANCERS, DATABASES, OFFICES, PARTNERS
from production.words import ACCOUNT, CLUSTER, REGION, Draw, tags

_ALL: Final = ("-1", -1, -1)
_ANYWHERE: Final = "0.0.0.0/0"
_SERVICES: Final = (
    *(
        ("tcp", port, port)
        for port in (22, 80, 443, 3306, 5432, 6379, 8080, 8443, 9090, 9100, 9200)
    ),
    *(("tcp", low, low + width) for low in (1024, 8000, 9000, 30000) for width in (10, 99, 999)),
    *(("udp", port, port) for port in (53, 123, 514, 8472)),
    ("udp", 33434, 33534),
    ("tcp", 0, 65535),
    ("icmp", 8, -1),
    ("icmp", -1, -1),
)
_RULES_PER_GROUP: Final = 150


class Rule(NamedTuple):
    """One rule of a group. ``peer`` is a block, ``sg-…`` or ``pl-…``."""

    egress: bool
    protocol: str
    low: int
    high: int
    peer: str


@dataclass(slots=True, eq=False)
class Group:
    """A security group; its rules are kept in the order in which they were made, each once."""

    id: str
    name: str
    description: str
    rules: dict[Rule, str] = field(default_factory=dict)

    @property
    def identifier(self) -> dict[str, str]:
        """How an interface names it."""
        return {"GroupId": self.id, "GroupName": self.name}

    def allow(self, service: tuple[str, int, int], peer: str, *, egress: bool = False) -> None:
        """Adds a rule."""
        self.rules.setdefault(Rule(egress, *service, peer), "")


class Groups:
    """The groups of the VPC; together they have at least ``total`` rules."""

    def __init__(self, plan: Plan, total: int, lists: list[str]) -> None:
        self._draw = Draw(f"{plan.draw.random()} groups")
        self._vpc_blocks = [*NODE_SUBNETS, *POD_SUBNETS]
        name = f"eks-cluster-sg-{CLUSTER}-3390482217"
        self.cluster = self._group(name, "EKS created security group")
        self.default = self._group("default", "default VPC security group")
        self.common = self._group(f"{CLUSTER}-nodes", "nodes without the cluster's group")
        self.balancer = self._group(f"{CLUSTER}-balancer", "load balancers")
        self.endpoints = self._group(f"{CLUSTER}-endpoints", "interface endpoints")
        self.nodes = [
            self._group(f"{CLUSTER}-group-{i}", f"nodes of group-{i}")
            for i in range(plan.node_groups)
        ]
        apps = max(2, total // _RULES_PER_GROUP - plan.node_groups - 5)
        self.databases = [self._group(f"db-{i}", "databases") for i in range(1 + apps // 2)]
        self.pods = [self._group(f"app-{i}", "pods of their own") for i in range(1 + apps // 2)]
        self._found()
        self._fill(total, lists)

    @property
    def all(self) -> list[Group]:
        """Every group."""
        first = [self.cluster, self.default, self.common, self.balancer, self.endpoints]
        return [*first, *self.nodes, *self.databases, *self.pods]

    def of_node_group(self, group: int, *, restricted: bool) -> list[dict[str, str]]:
        """The groups on the interfaces of a node group."""
        shared = self.common if restricted else self.cluster
        return [shared.identifier, self.nodes[group].identifier]

    def of_pods(self, workload: Workload) -> Group:
        """The group on the interfaces of a workload's pods, where they have their own."""
        return self.pods[int(workload.uid[:8], 16) % len(self.pods)]

    def described(self, vpc: str) -> Iterator[dict[str, Any]]:
        """``SecurityGroups`` of ``aws ec2 describe-security-groups``."""
        for group in self.all:
            yield {
                "Description": group.description,
                "GroupId": group.id,
                "GroupName": group.name,
                "IpPermissions": _permissions(group, egress=False),
                "IpPermissionsEgress": _permissions(group, egress=True),
                "OwnerId": ACCOUNT,
                "SecurityGroupArn": _arn("security-group", group.id),
                "Tags": tags(Name=group.name),
                "VpcId": vpc,
            }

    def listed(self) -> Iterator[dict[str, Any]]:
        """``SecurityGroupRules`` of ``aws ec2 describe-security-group-rules``."""
        for group in self.all:
            for rule, description in group.rules.items():
                name = self._draw.id("sgr")
                shown = {
                    "FromPort": rule.low,
                    "GroupId": group.id,
                    "GroupOwnerId": ACCOUNT,
                    "IpProtocol": rule.protocol,
                    "IsEgress": rule.egress,
                    "SecurityGroupRuleArn": _arn("security-group-rule", name),
                    "SecurityGroupRuleId": name,
                    "Tags": [],
                    "ToPort": rule.high,
                    **_listed_peer(rule.peer),
                }
                yield {**shown, "Description": description} if description else shown

    # --- which rules there are -------------------------------------------------------------------

    def _group(self, name: str, description: str) -> Group:
        return Group(self._draw.id("sg"), name, description)

    def _found(self) -> None:
        """The rules without which nothing would work."""
        for group in (self.cluster, self.default, self.common):
            group.allow(_ALL, group.id)
            group.allow(_ALL, _ANYWHERE, egress=True)
        self.cluster.allow(_ALL, self.common.id)
        self.cluster.allow(("tcp", 1024, 65535), self.balancer.id)
        self.common.allow(("tcp", 1025, 65535), self.cluster.id)
        for port in (80, 443):
            self.balancer.allow(("tcp", port, port), _ANYWHERE)
        self.balancer.allow(_ALL, _ANYWHERE, egress=True)
        for block in self._vpc_blocks:
            self.endpoints.allow(("tcp", 443, 443), block)
        for group in self.nodes:
            group.allow(("tcp", 10250, 10250), self.cluster.id)
        for group in self.databases:
            group.allow(("tcp", 5432, 5432), self.cluster.id)
        for group in self.pods:
            group.allow(("tcp", 8080, 8080), self.cluster.id)
            group.allow(("udp", 53, 53), self.cluster.id, egress=True)
            group.allow(("tcp", 443, 443), _ANYWHERE, egress=True)
        for group in self.pods:
            self.cluster.allow(("udp", 53, 53), group.id)

    def _fill(self, total: int, lists: list[str]) -> None:
        """What years of tickets leave behind."""
        grown = [self.common, self.endpoints, *self.nodes, *self.databases, *self.pods]
        weights = [self._draw.choice((1, 1, 2, 4)) for _ in grown]
        have = sum(len(group.rules) for group in self.all)
        while have < total:
            group = self._draw.choices(grown, weights)[0]
            before = len(group.rules)
            # Groups of nodes let everything out already (see `_found`), as most do.
            egress = self._draw.random() < 0.2
            service = self._draw.choice(_SERVICES)
            rule = Rule(egress, *service, self._peer(group, lists))
            ticket = f"NET-{self._draw.randint(1000, 9999)}"
            group.rules.setdefault(rule, ticket)
            have += len(group.rules) - before

    def _peer(self, group: Group, lists: list[str]) -> str:
        draw = self._draw
        chance = draw.random()
        if chance < 0.25:
            return draw.choice([other for other in self.all if other is not group]).id
        if chance < 0.33:
            return draw.choice(lists)
        if chance < 0.55:
            return f"{draw.address(OFFICES)}/32"
        if chance < 0.75:
            return draw.subnet(OFFICES, draw.choice((16, 20, 24, 28)))
        if chance < 0.85:
            return draw.subnet(PARTNERS, draw.choice((24, 28, 32)))
        return draw.choice([*self._vpc_blocks, *DATABASES, *BALANCERS])


def _permissions(group: Group, *, egress: bool) -> list[dict[str, Any]]:
    """One direction's rules, folded by protocol and ports as the API does."""
    folded: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule, description in group.rules.items():
        if rule.egress != egress:
            continue
        service = (rule.protocol, rule.low, rule.high)
        permission = folded.get(service)
        if permission is None:
            permission = folded[service] = _empty(*service)
        kind, peer = _folded_peer(rule.peer)
        permission[kind].append({**peer, "Description": description} if description else peer)
    return list(folded.values())


def _empty(protocol: str, low: int, high: int) -> dict[str, Any]:
    ports = {} if protocol == "-1" else {"FromPort": low, "ToPort": high}
    lists: dict[str, list[Any]] = {
        "IpRanges": [],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }
    return {"IpProtocol": protocol, **ports, **lists}


def _folded_peer(peer: str) -> tuple[str, dict[str, str]]:
    if peer.startswith("sg-"):
        return "UserIdGroupPairs", {"GroupId": peer, "UserId": ACCOUNT}
    if peer.startswith("pl-"):
        return "PrefixListIds", {"PrefixListId": peer}
    return "IpRanges", {"CidrIp": peer}


def _listed_peer(peer: str) -> dict[str, Any]:
    if peer.startswith("sg-"):
        return {"ReferencedGroupInfo": {"GroupId": peer, "UserId": ACCOUNT}}
    if peer.startswith("pl-"):
        return {"PrefixListId": peer}
    return {"CidrIpv4": peer}


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{name}"
