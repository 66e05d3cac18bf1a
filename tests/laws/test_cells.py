"""The answer about a set is the answer about each of its members.

A question about a block or a range of ports is asked once in every cell. Here random members of
random questions are asked one by one, and must agree with the cell they lie in.
"""

import ipaddress

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.reach.ids import Span
from ringwall.reach.questions import Answer, Net
from tests.semantics.aws_world import AwsWorld, tcp
from tests.support import net_of

BLOCKS = [
    "0.0.0.0/0", "0.0.0.0/1", "198.51.100.0/24", "198.51.100.128/25", "203.0.113.7/32",
    "10.0.0.0/8", "10.0.1.0/24", "10.0.2.0/24", "10.0.2.5/32",
]  # fmt: skip
PORTS = [1, 22, 79, 80, 81, 443, 8080, 65535]
SAMPLES = [
    "198.51.100.7", "198.51.100.200", "203.0.113.7", "203.0.113.8", "9.9.9.9", "192.0.2.1",
]  # fmt: skip

ranges = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(sorted)


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Pods of two namespaces and policies with overlapping blocks, excepts and port ranges."""
    documents = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {"containers": []},
            "status": {"podIP": ip, "phase": "Running"},
        }
        for name, namespace, ip in (("a", "x", "10.0.1.1"), ("b", "x", "10.0.1.2"),
                                    ("c", "y", "10.0.2.5"))
    ]  # fmt: skip
    for number in range(draw(st.integers(1, 3))):
        low, high = draw(ranges)
        block = ipaddress.IPv4Network(draw(st.sampled_from(BLOCKS)))
        inside = [b for b in map(ipaddress.IPv4Network, BLOCKS)
                  if b.subnet_of(block) and b != block]  # fmt: skip
        holes = draw(st.lists(st.sampled_from(inside), max_size=2)) if inside else []
        rule = {
            "from": [{"ipBlock": {"cidr": str(block), "except": [str(h) for h in holes]}}],
            "ports": [{"port": low, "endPort": high}],
        }
        documents.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"p{number}", "namespace": "x"},
                "spec": {"podSelector": {"matchLabels": {"app": "a"}}, "ingress": [rule]},
            }
        )
    return yaml.safe_dump_all(documents)


def covers(span: Span, text: str) -> bool:
    return span.low <= int(ipaddress.ip_address(text)) <= span.high


def at(answer: Answer, source: str, port: int) -> bool | None:
    """The truth of the one cell that holds a source address and a port."""
    found = [
        o.cell.truth.value
        for o in answer.outcomes
        if o.cell.box.src
        and covers(o.cell.box.src, source)
        and o.cell.box.services.ports[0] <= port <= o.cell.box.services.ports[1]
    ]
    assert len(found) == 1, "every packet lies in exactly one cell"
    return found[0]


@settings(max_examples=150, deadline=None)
@given(policies(), st.sampled_from([*SAMPLES, "10.0.1.2", "10.0.2.5"]), st.sampled_from(PORTS))
def test_policies_a_member_has_the_answer_of_its_cell(text: str, source: str, port: int) -> None:
    net = net_of(text)

    whole = net.ask("0.0.0.0/0", "x/a[Pod]", "tcp/1-65535")
    one = net.ask(source, "x/a[Pod]", f"tcp/{port}")

    assert at(whole, source, port) == one.outcomes[0].cell.truth.value


@st.composite
def public_hosts(draw: st.DrawFn) -> Net:
    """One public host behind an ACL and a group with random rules."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-a", "10.0.1.0/24")
    world.igw("igw-1")
    rule = st.builds(tcp, st.sampled_from(PORTS), st.sampled_from(BLOCKS))
    rules = draw(st.lists(rule, max_size=3))
    world.group("sg-host", ingress=rules)
    world.interface("eni-host", "subnet-a", "10.0.1.10", groups=["sg-host"], public_ip="192.0.2.99")
    return net_of(world.files())


@settings(max_examples=100, deadline=None)
@given(public_hosts(), st.sampled_from(SAMPLES), st.sampled_from(PORTS))
def test_groups_a_member_has_the_answer_of_its_cell(net: Net, source: str, port: int) -> None:
    whole = net.ask("internet", "eni-host", "tcp/1-65535")
    one = net.ask(source, "eni-host", f"tcp/{port}")

    assert at(whole, source, port) == one.outcomes[0].cell.truth.value
