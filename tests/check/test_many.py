"""What is asked of many things at once: it is what one by one would tell."""

import gc
import json

import pytest

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import LoadedRule, Rule
from ringwall.check.run import run
from ringwall.discover import load_rule
from ringwall.reach.questions import Net
from ringwall.space.addresses import Addresses
from tests.support import net_of

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def interface(number: int, subnet: str, private: str, **more: object) -> dict[str, object]:
    return {
        "NetworkInterfaceId": f"eni-{number}",
        "VpcId": "vpc-1",
        "SubnetId": subnet,
        "Groups": [{"GroupId": "sg-1"}],
        "PrivateIpAddress": private,
        "PrivateIpAddresses": [
            {
                "PrivateIpAddress": private,
                "Primary": True,
                "Association": {"PublicIp": f"198.51.100.{number}"},
            }
        ],
        **more,
    }


INTERFACES = (
    interface(1, "subnet-a", "10.0.1.10"),
    interface(2, "subnet-b", "10.0.2.10"),
    interface(3, "subnet-b", "10.0.2.11", Ipv4Prefixes=[{"Ipv4Prefix": "10.0.2.32/28"}]),
)


def network(*interfaces: dict[str, object], manifests: str = "") -> Net:
    """Two subnets with public addresses: of the first the routes were not read, the second has a
    way to the Internet."""
    group = {"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": [SSH]}
    routes = [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"},
    ]
    table = {"RouteTableId": "rtb-b", "VpcId": "vpc-1", "Routes": routes}
    entries = [
        {"RuleNumber": 100, "Egress": egress, "Protocol": "-1", "RuleAction": "allow",
         "CidrBlock": "0.0.0.0/0"}
        for egress in (False, True)
    ]  # fmt: skip
    acl = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": True, "Entries": entries}
    placed = [{"SubnetId": subnet} for subnet in ("subnet-a", "subnet-b")]
    subnets = [
        {"SubnetId": "subnet-a", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"},
        {"SubnetId": "subnet-b", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24"},
    ]
    state = {"State": "associated"}
    block = {"CidrBlock": "10.0.0.0/16", "CidrBlockState": state}
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": [block]}
    attached = [{"VpcId": "vpc-1", "State": "available"}]
    files = {
        "Vpcs": [vpc],
        "Subnets": subnets,
        "RouteTables": [table | {"Associations": [{"SubnetId": "subnet-b", "Main": False}]}],
        "InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": attached}],
        "NetworkAcls": [acl | {"Associations": placed}],
        "SecurityGroups": [group | {"IpPermissionsEgress": [ALL]}],
        "NetworkInterfaces": list(interfaces),
    }
    told = {f"{name}.json": json.dumps({name: value}) for name, value in files.items()}
    return net_of(told | ({"cluster.yaml": manifests} if manifests else {}))


# --- interfaces by address ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["10.0.2.0/24"], ["eni-2", "eni-3"]),
        (["10.0.2.10/32"], ["eni-2"]),
        (["10.0.2.11/32", "10.0.1.0/28"], ["eni-1", "eni-3"]),
        (["10.0.1.11/32", "10.0.2.32/28", "::/0"], []),
        (["0.0.0.0/0"], ["eni-1", "eni-2", "eni-3"]),
    ],
)
def test_neighbours_are_found_by_their_private_addresses(
    named: list[str], expected: list[str]
) -> None:
    found = Audit(network(*INTERFACES)).neighbours("vpc-1").at(Addresses.of(*named))

    assert [one.name for one in found] == expected


def test_what_is_delegated_to_neighbours_is_told_apart_from_what_they_hold() -> None:
    audit = Audit(network(*INTERFACES))

    assert audit.neighbours("vpc-1").delegated == Addresses.of("10.0.2.32/28")
    assert audit.neighbours("vpc-2").delegated == Addresses()
    assert audit.neighbours("vpc-2").at(Addresses.everything()) == []


# --- uses of several carriers ---------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_undecided_carrier_hides_no_open_one(order: tuple[int, int]) -> None:
    """The routes of the first subnet were not read; the second is open to the Internet."""
    net = network(*(INTERFACES[i] for i in order))

    (found,) = load_rule("sg-ssh-rdp-internet").check(Audit(net, everything=True))

    assert (found.status, found.severity) == ("fail", "critical")
    assert found.examples == ["eni-2"]
    assert found.evidence["path"].endswith(" -> eni-2 tcp/22")


def test_where_every_carrier_is_undecided_the_first_says_what_is_needed() -> None:
    other = interface(4, "subnet-a", "10.0.1.11")
    net = network(INTERFACES[0], other)

    (found,) = load_rule("sg-ssh-rdp-internet").check(Audit(net, everything=True))

    assert (found.status, found.severity) == ("fail", "high")
    assert found.evidence["path"].startswith("not decidable: ")


# --- pods and nodes -------------------------------------------------------------------------------


def node(name: str, address: str) -> str:
    return f"""\
apiVersion: v1
kind: Node
metadata: {{name: {name}}}
status: {{addresses: [{{type: InternalIP, address: {address}}}]}}
"""


def pod(name: str, on: str, address: str) -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: web}}}}
spec: {{nodeName: {on}, containers: [{{name: web, image: nginx}}]}}
status: {{phase: Running, podIP: {address}}}
"""


def test_pods_that_wait_for_different_things_are_told_apart() -> None:
    """No policy isolates either, and each has an interface of its own, of whose group no rule was
    read: whether it may leave for the other node's SSH is a question of that group."""
    own = [
        interface(number, "subnet-b", f"10.0.2.{number}0", Groups=[{"GroupId": f"sg-{number}"}])
        for number in (5, 6)
    ]
    documents = (
        node("n2", "10.0.2.10"),
        node("n3", "10.0.2.11"),
        pod("web-5", "n2", "10.0.2.50"),
        pod("web-6", "n2", "10.0.2.60"),
    )
    net = network(*INTERFACES[1:], *own, manifests="---\n".join(documents))

    (found,) = load_rule("reach-pod-ssh").check(Audit(net))

    assert found.status == "unknown"
    assert found.examples == ["shop/web-5[Pod]", "shop/web-6[Pod]"]
    needs = " ".join(found.evidence["needs"])
    assert "not every rule of sg-5 was read" in needs
    assert "not every rule of sg-6 was read" in needs


# --- pairs of seats -------------------------------------------------------------------------------


def test_many_pairs_are_answered_as_each_alone() -> None:
    audit = Audit(network(*INTERFACES))
    inside = audit.ways.senders_of(audit.fabric.interfaces.values())
    outside = audit.ways.outside(Addresses.everything())
    pairs = [(a, b) for a in (*inside, *outside) for b in inside if a.interface != b.interface]

    found = audit.ways.pairs(pairs)

    assert found == [audit.ways.pair(*pair) for pair in pairs]
    assert len(set(found)) > 1
    assert audit.ways.pairs([]) == []


# --- garbage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    """It rests while rules run, also where one of them fails."""
    rule = Rule("x-1", title="x", severity="low", kind="pattern", remediation="x")
    seen: list[bool] = []

    def check(_: Audit) -> list[Finding]:
        seen.append(gc.isenabled())
        raise ValueError("no")

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        _, failures = run(Audit(network()), [LoadedRule(rule, check)])
        after = gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()

    assert seen == [False]
    assert after is enabled
    assert [one.where for one in failures] == ["rule x-1"]
