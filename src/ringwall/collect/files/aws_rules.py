"""One security-group rule in the words of the facts, from either of the two spellings of AWS."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ringwall.collect.files.aws_place import Raw, canonical_cidr, convert
from ringwall.facts.aws import (
    IpPermission,
    IpRange,
    Ipv6Range,
    PrefixListId,
    SecurityGroupRule,
    Tag,
    UserIdGroupPair,
)
from ringwall.facts.fact import Key

DIRECTIONS: Final = {"IpPermissions": "ingress", "IpPermissionsEgress": "egress"}
"""The lists of a group's permissions, and the direction of their rules."""
_PROTOCOLS: Final = {
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "58": "icmpv6",
    "all": "-1",
    "gre": "47",
    "esp": "50",
    "ah": "51",
    "sctp": "132",
}
PEERS: Final[dict[str, type[Struct]]] = {
    "IpRanges": IpRange,
    "Ipv6Ranges": Ipv6Range,
    "PrefixListIds": PrefixListId,
    "UserIdGroupPairs": UserIdGroupPair,
}
"""The lists of a permission's sources or destinations: each of their items makes one rule."""


class _ListedRule(Struct, frozen=True, rename="pascal"):
    """One rule as ``describe-security-group-rules`` lists it."""

    group_id: str
    is_egress: bool
    ip_protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: str = ""
    cidr_ipv6: str = ""
    prefix_list_id: str = ""
    referenced_group_info: UserIdGroupPair | None = None
    security_group_rule_id: str = ""
    description: str = ""
    tags: tuple[Tag, ...] = ()


class Service(NamedTuple):
    """A protocol with its ports, or ICMP type and code, in one spelling."""

    protocol: str
    from_port: int
    to_port: int


class _Peer(NamedTuple):
    peer: str
    description: str = ""
    peer_account: str = ""
    peering: str = ""
    peering_status: str = ""


def rule_key(scope: str, rule: SecurityGroupRule) -> Key:
    """What names a rule: its group, direction, service and peer."""
    return Key(scope, "sgrule", f"{rule.group_id}:{rule.text}")


def permitted(
    group: str, direction: str, service: Service, name: str, peer: object
) -> SecurityGroupRule:
    """The rule that a permission makes of one item of its list ``name``. Raises one of ``BAD``."""
    found = _peer(convert(peer, PEERS[name], addresses=False))
    return _fact(group, direction, service, found)


def listed(raw: Raw) -> SecurityGroupRule:
    """A rule of ``describe-security-group-rules``. Raises one of ``BAD``."""
    return _rule(convert(raw, _ListedRule))


def check(rule: SecurityGroupRule) -> None:
    """Raises ValueError for a rule that no answer could have given."""
    told = (rule.protocol, rule.from_port, rule.to_port)
    if _service(*told) != told or rule.direction not in DIRECTIONS.values():
        raise ValueError(f"`{rule.text}` is not a rule in the words of the facts")
    if not rule.peer.startswith(("sg-", "pl-")) and canonical_cidr(rule.peer) != rule.peer:
        raise ValueError(f"`{rule.peer}` is not a block in canonical text")


def _rule(listed: _ListedRule) -> SecurityGroupRule:
    """A listed rule in the words of the facts. Raises ValueError."""
    if not listed.group_id:
        raise ValueError("it has no GroupId")
    peers = [
        *([IpRange(listed.cidr_ipv4)] if listed.cidr_ipv4 else []),
        *([Ipv6Range(listed.cidr_ipv6)] if listed.cidr_ipv6 else []),
        *([PrefixListId(listed.prefix_list_id)] if listed.prefix_list_id else []),
        *([listed.referenced_group_info] if listed.referenced_group_info else []),
    ]
    if len(peers) != 1:
        raise ValueError("it does not name exactly one source or destination")
    return replace(
        _fact(
            listed.group_id,
            "egress" if listed.is_egress else "ingress",
            _service(listed.ip_protocol, listed.from_port, listed.to_port),
            _peer(peers[0])._replace(description=listed.description),
        ),
        rule_id=listed.security_group_rule_id,
        tags=listed.tags,
    )


def _fact(group: str, direction: str, service: Service, peer: _Peer) -> SecurityGroupRule:
    return SecurityGroupRule(
        group_id=group,
        direction=direction,
        protocol=service.protocol,
        from_port=service.from_port,
        to_port=service.to_port,
        peer=peer.peer,
        description=peer.description,
        peer_account=peer.peer_account,
        peering=peer.peering,
        peering_status=peer.peering_status,
    )


def _peer(source: Struct) -> _Peer:
    """The source or destination of a rule, in the words of the facts. Raises ValueError."""
    match source:
        case IpRange():
            return _Peer(canonical_cidr(source.cidr_ip), source.description)
        case Ipv6Range():
            return _Peer(canonical_cidr(source.cidr_ipv6), source.description)
        case PrefixListId():
            return _Peer(_id(source.prefix_list_id, "pl-", "prefix list"), source.description)
        case UserIdGroupPair():
            return _Peer(
                _id(source.group_id, "sg-", "security group"),
                source.description,
                source.user_id,
                source.vpc_peering_connection_id,
                source.peering_status,
            )
    raise TypeError(type(source))


def _id(text: str, prefix: str, what: str) -> str:
    if not text.startswith(prefix):
        raise ValueError(f"`{text}` is not the id of a {what}")
    return text


def service_of(permission: Any) -> Service:
    """The protocol and ports of a permission. Raises one of ``BAD``."""
    if not isinstance(permission, Mapping):
        raise ValueError("a permission is not an object")
    own = {name: value for name, value in permission.items() if name not in PEERS}
    base = convert(own, IpPermission)
    return _service(base.ip_protocol, base.from_port, base.to_port)


def _service(protocol: str, low: int | None, high: int | None) -> Service:
    """Protocol and ports (or ICMP type and code) in one spelling. Raises ValueError."""
    name = _protocol(protocol.lower())
    if name in ("tcp", "udp"):
        return Service(name, *_ports(low, high))
    if name in ("icmp", "icmpv6"):
        return Service(name, *_type_and_code(low, high))
    return Service(name, -1, -1)


def _protocol(text: str) -> str:
    name = _PROTOCOLS.get(text, text)
    if name in ("-1", "tcp", "udp", "icmp", "icmpv6"):
        return name
    if not (name.isascii() and name.isdecimal() and int(name) <= 255):
        raise ValueError(f"`{text}` is not a protocol")
    number = str(int(name))
    return _PROTOCOLS.get(number, number)


def _ports(low: int | None, high: int | None) -> tuple[int, int]:
    """Both absent or -1 stand for the whole range."""
    if low in (None, -1) and high in (None, -1):
        return 0, 65535
    if low is None or high is None or not 0 <= low <= high <= 65535:
        raise ValueError(f"`{low}` to `{high}` is not a range of ports")
    return low, high


def _type_and_code(kind: int | None, code: int | None) -> tuple[int, int]:
    """Absent and -1 stand for any; a code means nothing without its type."""
    if kind is None or kind == -1:
        return -1, -1
    code = -1 if code is None else code
    if not (0 <= kind <= 255 and -1 <= code <= 255):
        raise ValueError(f"`{kind}` and `{code}` are not an ICMP type and code")
    return kind, code
