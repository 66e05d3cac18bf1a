"""Security groups and their rules, from either of the two calls that tell of them.

``describe-security-groups`` holds a group with its rules folded into permissions;
``describe-security-group-rules`` holds each rule with its id and tags. One rule told by both is
one fact: what one answer leaves out, the other fills in.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ringwall.collect.files.aws_place import (
    BAD,
    Place,
    Raw,
    adopted,
    canonical,
    canonical_cidr,
    complement,
    convert,
    scopes_read,
)
from ringwall.collect.intake import Intake
from ringwall.facts.aws import (
    IpPermission,
    IpRange,
    Ipv6Range,
    PrefixListId,
    SecurityGroup,
    SecurityGroupRule,
    Tag,
    UserIdGroupPair,
)
from ringwall.facts.fact import Key, Origin

_DIRECTIONS: Final = {"IpPermissions": "ingress", "IpPermissionsEgress": "egress"}
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
_PEERS: Final[dict[str, type[Struct]]] = {
    "IpRanges": IpRange,
    "Ipv6Ranges": Ipv6Range,
    "PrefixListIds": PrefixListId,
    "UserIdGroupPairs": UserIdGroupPair,
}


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


class _Service(NamedTuple):
    protocol: str
    from_port: int
    to_port: int


class _Peer(NamedTuple):
    peer: str
    description: str = ""
    peer_account: str = ""
    peering: str = ""


class _Told(NamedTuple):
    """One rule as one answer tells it; ``listed`` means by ``describe-security-group-rules``."""

    scope: str
    listed: bool
    rule: SecurityGroupRule
    origin: Origin


class Groups:
    """The groups and rules read so far; what needs all of them is said in :meth:`finish`."""

    def __init__(self) -> None:
        self._told: list[_Told] = []
        self._places: dict[str, list[tuple[Key, Place]]] = defaultdict(list)
        self._whole: set[str] = set()  # every permission was read
        self._broken: set[str] = set()  # a listed rule was not
        self._cut: set[str] = set()  # more listed rules may be on further pages
        self._versions: dict[Key, dict[frozenset[str], list[Origin]]] = defaultdict(dict)

    # describe-security-groups

    def read_group(self, raw: Raw, place: Place) -> None:
        """One group with its permissions."""
        body = place.read(raw, SecurityGroup, raw.get("GroupId"))
        if body is None:
            return
        key = Key(place.scope(raw), "sg", body.group_id)
        place.intake.fact(key, body, place.origin)
        self._places[body.group_id].append((key, place))
        before = len(self._told)
        whole = [self._permissions(key, raw, name, place) for name in _DIRECTIONS]
        if all(whole):
            self._whole.add(body.group_id)
            rules = frozenset(told.rule.text for told in self._told[before:])
            self._versions[key].setdefault(rules, []).append(place.origin)

    def _permissions(self, key: Key, raw: Raw, name: str, place: Place) -> bool:
        """Reads one direction; False where not all of it could be read."""
        permissions = raw.get(name)
        if permissions is None:
            return False
        if not isinstance(permissions, list):
            place.below(name).invalid(str(key), f"`{name}` is not a list")
            return False
        read = [
            self._permission(key, one, _DIRECTIONS[name], place.below(name, i))
            for i, one in enumerate(permissions)
        ]
        return all(read)

    def _permission(self, key: Key, raw: Any, direction: str, place: Place) -> bool:
        try:
            service = _service_of(raw)
        except BAD as error:
            place.invalid(str(key), str(error))
            return False
        whole = True
        for name in _PEERS:
            peers = raw.get(name) or []
            if not isinstance(peers, list):
                place.below(name).invalid(str(key), f"`{name}` is not a list")
                whole = False
                continue
            for i, peer in enumerate(peers):
                at = place.below(name, i)
                whole &= self._permitted(key, direction, service, _PEERS[name], peer, at)
        return whole

    def _permitted(
        self,
        key: Key,
        direction: str,
        service: _Service,
        kind: type[Struct],
        raw: Any,
        place: Place,
    ) -> bool:
        """One source or destination of a permission: one rule."""
        try:
            peer = _peer(convert(raw, kind, addresses=False))
        except BAD as error:
            place.invalid(str(key), str(error))
            return False
        rule = _fact(key.name, direction, service, peer)
        self._told.append(_Told(key.scope, False, rule, place.origin))
        return True

    # describe-security-group-rules

    def read_rule(self, raw: Raw, place: Place) -> None:
        """One rule with its id."""
        group = raw.get("GroupId")
        scope = place.scope(raw)
        try:
            listed = convert(raw, _ListedRule)
            rule = _rule(listed)
        except BAD as error:
            if isinstance(group, str) and group:
                self._broken.add(group)
                self._places[group].append((Key(scope, "sg", group), place))
                where = f"a rule of this group: {error}"
                place.invalid(str(Key(scope, "sg", group)), where)
            else:
                place.invalid(raw.get("SecurityGroupRuleId"), str(error))
            return
        if place.partial:
            self._cut.add(rule.group_id)
        self._told.append(_Told(scope, True, rule, place.origin))
        key = Key(scope, "sg", rule.group_id)
        self._places[rule.group_id].append((key, place))

    # all of them

    def finish(self, intake: Intake) -> None:
        """Adds what only the whole input tells: rules with both answers' words, missing ones."""
        scopes = scopes_read(intake, SecurityGroup)
        self._add_rules(intake, scopes)
        self._add_groups_known_by_rules(intake, scopes)
        self._say_unread(scopes)
        self._say_different(intake)

    def _add_rules(self, intake: Intake, scopes: dict[str, set[str]]) -> None:
        versions: dict[Key, list[_Told]] = defaultdict(list)
        for told in self._told:
            scope = told.scope
            if told.listed:
                scope = adopted(scopes, told.rule.group_id, scope)
            name = f"{told.rule.group_id}:{told.rule.text}"
            versions[Key(scope, "sgrule", name)].append(told)
        for key, found in versions.items():
            rules = sorted((told.rule for told in found), key=_with_id_first)
            body = complement(rules)
            for told in found:
                intake.fact(key, body, told.origin)

    def _add_groups_known_by_rules(self, intake: Intake, scopes: dict[str, set[str]]) -> None:
        for group, places in self._places.items():
            if group not in scopes:
                key, place = min(places, key=lambda found: (found[0], found[1].origin))
                intake.fallback(key, SecurityGroup(group), place.origin)

    def _say_unread(self, scopes: dict[str, set[str]]) -> None:
        listed = {told.rule.group_id for told in self._told if told.listed}
        listed -= self._broken | self._cut
        for group, places in self._places.items():
            if group in self._whole or group in listed:
                continue
            key, place = min(places, key=lambda found: (found[0], found[1].origin))
            key = key._replace(scope=adopted(scopes, group, key.scope))
            needs = (
                f"{place}: not every rule of `{key}` could be read; "
                "add the answer of aws ec2 describe-security-group-rules"
            )
            place.gap("rules-not-read", str(key), needs)

    def _say_different(self, intake: Intake) -> None:
        for key, versions in self._versions.items():
            if len(versions) == 1:
                continue
            first, *others = sorted(min(origins) for origins in versions.values())
            for origin in others:
                intake.warn(
                    f"`{key}` has other rules here than in {first}; the rules of both are used",
                    origin,
                )
            intake.assume(
                f"`{key}` is read with {len(versions)} sets of rules, all of which are used"
            )


def _with_id_first(rule: SecurityGroupRule) -> tuple[bool, bytes]:
    return not rule.rule_id, canonical(rule)


# --- one spelling --------------------------------------------------------------------------------


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


def _fact(group: str, direction: str, service: _Service, peer: _Peer) -> SecurityGroupRule:
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
            )
    raise TypeError(type(source))


def _id(text: str, prefix: str, what: str) -> str:
    if not text.startswith(prefix):
        raise ValueError(f"`{text}` is not the id of a {what}")
    return text


def _service_of(permission: Any) -> _Service:
    """The protocol and ports of a permission. Raises one of ``BAD``."""
    if not isinstance(permission, Mapping):
        raise ValueError("a permission is not an object")
    own = {name: value for name, value in permission.items() if name not in _PEERS}
    base = convert(own, IpPermission)
    return _service(base.ip_protocol, base.from_port, base.to_port)


def _service(protocol: str, low: int | None, high: int | None) -> _Service:
    """Protocol and ports (or ICMP type and code) in one spelling. Raises ValueError."""
    name = _protocol(protocol.lower())
    if name in ("tcp", "udp"):
        return _Service(name, *_ports(low, high))
    if name in ("icmp", "icmpv6"):
        return _Service(name, *_type_and_code(low, high))
    return _Service(name, -1, -1)


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
