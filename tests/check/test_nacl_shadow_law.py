"""An entry is shadowed exactly where no packet, tried one by one, is decided by it."""

import ipaddress
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringwall.check.audit import Audit
from ringwall.check.rules import nacl_entry_shadowed as rule
from tests.support import net_of

BLOCKS = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.128.0.0/9", "::/0", "2000::/3"]
PROTOCOLS = [-1, 1, 6, 17, 47, 58]
EDGES = [1, 22, 80, 1023, 1024, 65535]
TYPES = [-1, 0, 3, 8]

blocks, protocols = st.sampled_from(BLOCKS), st.sampled_from(PROTOCOLS)
ranges = st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)).map(sorted)
icmp = st.tuples(st.sampled_from(TYPES), st.sampled_from([-1, 0, 4]))


@st.composite
def entry(draw: st.DrawFn) -> dict[str, Any]:
    block, protocol = draw(blocks), draw(protocols)
    found = {
        "Egress": False,
        "Protocol": str(protocol),
        "RuleAction": draw(st.sampled_from(["allow", "deny"])),
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
    }
    if protocol in (6, 17):
        low, high = draw(ranges)
        found["PortRange"] = {"From": low, "To": high}
    if protocol in (1, 58):
        kind, code = draw(icmp)
        found["IcmpTypeCode"] = {"Type": kind, "Code": code}
    return found


def packets() -> list[tuple[Any, int, int]]:
    """An address of every cell, with every service of every cell: what no entry tells apart is
    tried once. ICMP belongs to IPv4 and ICMPv6 to IPv6."""
    addresses = [
        ipaddress.ip_address(text)
        for text in (
            "1.0.0.0",
            "10.0.0.0",
            "10.128.0.0",
            "11.0.0.0",
            "200.0.0.0",
            "1000::",
            "2000::",
        )
    ]
    ports = sorted({p for edge in EDGES for p in (edge - 1, edge, edge + 1) if 1 <= p <= 65535})
    messages = [kind * 256 + code for kind in (0, 3, 8, 9) for code in (0, 4, 5)]
    found = []
    for at in addresses:
        mine = 1 if at.version == 4 else 58
        services = [(6, p) for p in ports] + [(17, p) for p in ports]
        services += [(mine, m) for m in messages] + [(47, 0), (200, 0)]
        found += [(at, protocol, number) for protocol, number in services]
    return found


PACKETS = packets()


def matches(one: dict[str, Any], at: Any, protocol: int, number: int) -> bool:
    block = ipaddress.ip_network(one.get("CidrBlock") or one["Ipv6CidrBlock"])
    if at.version != block.version or at not in block:
        return False
    if one["Protocol"] == "-1":
        return True
    if int(one["Protocol"]) != protocol:
        return False
    if "PortRange" in one:
        return bool(one["PortRange"]["From"] <= number <= one["PortRange"]["To"])
    if "IcmpTypeCode" in one:
        kind, code = one["IcmpTypeCode"]["Type"], one["IcmpTypeCode"]["Code"]
        return kind == -1 or (kind == number >> 8 and code in (-1, number & 0xFF))
    return True


@given(st.lists(entry(), min_size=1, max_size=6))
def test_an_entry_is_found_where_no_packet_meets_it_first(entries: list[dict[str, Any]]) -> None:
    numbered = [{**one, "RuleNumber": 10 * i} for i, one in enumerate(entries, 1)]
    met, possible = set(), set()
    for at, protocol, number in PACKETS:
        hit = [one["RuleNumber"] for one in numbered if matches(one, at, protocol, number)]
        possible.update(hit)
        met.update(hit[:1])
    answer = {
        "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}],
        "NetworkAcls": [
            {
                "NetworkAclId": "acl-1",
                "VpcId": "vpc-1",
                "Associations": [{"SubnetId": "subnet-1"}],
                "Entries": numbered[::-1],
            }
        ],
    }

    found = rule.check(Audit(net_of({"acls.json": json.dumps(answer)})))

    told = {int(f.cause.rpartition(":")[2]) for f in found if f.status == "fail"}
    assert told == possible - met
