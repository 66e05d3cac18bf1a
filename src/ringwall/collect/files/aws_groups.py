"""Security groups and their rules, from either of the two calls that tell of them.

``describe-security-groups`` holds a group with its rules folded into permissions;
``describe-security-group-rules`` holds each rule with its id and tags. One rule told by both is
one fact: what one answer leaves out, the other fills in.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple

from ringwall.collect.files.aws_place import (
    BAD,
    Place,
    Raw,
    adopted,
    canonical,
    complement,
    scopes_read,
)
from ringwall.collect.files.aws_rules import (
    DIRECTIONS,
    PEERS,
    Service,
    listed,
    permitted,
    rule_key,
    service_of,
)
from ringwall.collect.files.validate import widened
from ringwall.collect.intake import Intake
from ringwall.facts.aws import SecurityGroup, SecurityGroupRule
from ringwall.facts.fact import Key, Origin

_LISTED: Final = ("listed-rule", "listed-rule-of-page")


# --- describe-security-groups --------------------------------------------------------------------


def read_group(raw: Raw, place: Place) -> None:
    """One group with its permissions."""
    body = place.read(raw, SecurityGroup, raw.get("GroupId"))
    if body is None:
        return
    key = Key(place.scope(raw), "sg", body.group_id)
    place.intake.fact(key, body, place.origin)
    group = _Group(key)
    whole = [group.permissions(raw, name, place) for name in DIRECTIONS]
    if all(whole):
        place.intake.piece("all-rules", key, None, place.origin, group.mark)


class _Group:
    """The permissions of one group, as one answer folds them."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._rules: set[str] = set()

    @property
    def mark(self) -> str:
        """What names the set of rules that were read: equal sets have equal marks."""
        return hashlib.sha256("\n".join(sorted(self._rules)).encode()).hexdigest()[:16]

    def permissions(self, raw: Raw, name: str, place: Place) -> bool:
        """Reads one direction; False where not all of it could be read."""
        permissions = raw.get(name)
        if permissions is None:
            return False
        if not isinstance(permissions, list):
            place.below(name).invalid(str(self._key), f"`{name}` is not a list")
            return False
        read = [
            self._permission(one, DIRECTIONS[name], place.below(name, i))
            for i, one in enumerate(permissions)
        ]
        return all(read)

    def _permission(self, raw: Any, direction: str, place: Place) -> bool:
        try:
            service = service_of(raw)
        except BAD as error:
            place.invalid(str(self._key), str(error))
            return False
        whole = True
        for name in PEERS:
            peers = raw.get(name) or []
            if not isinstance(peers, list):
                place.below(name).invalid(str(self._key), f"`{name}` is not a list")
                whole = False
                continue
            for i, peer in enumerate(peers):
                at = place.below(name, i)
                whole &= self._permitted(direction, service, name, peer, at)
        return whole

    def _permitted(
        self, direction: str, service: Service, name: str, peer: object, place: Place
    ) -> bool:
        """One source or destination of a permission: one rule."""
        try:
            rule = permitted(self._key.name, direction, service, name, peer)
        except BAD as error:
            place.invalid(str(self._key), str(error))
            return False
        _say_widened(peer, ("CidrIp", "CidrIpv6"), place)
        self._rules.add(rule.text)
        place.intake.piece("group-rule", rule_key(self._key.scope, rule), rule, place.origin)
        return True


# --- describe-security-group-rules ---------------------------------------------------------------


def read_rule(raw: Raw, place: Place) -> None:
    """One rule with its id."""
    group = raw.get("GroupId")
    scope = place.scope(raw)
    try:
        rule = listed(raw)
    except BAD as error:
        if isinstance(group, str) and group:
            key = Key(scope, "sg", group)
            place.intake.piece("broken-rule", key, None, place.origin)
            place.invalid(str(key), f"a rule of this group: {error}")
        else:
            place.invalid(raw.get("SecurityGroupRuleId"), str(error))
        return
    _say_widened(raw, ("CidrIpv4", "CidrIpv6"), place)
    role = "listed-rule-of-page" if place.partial else "listed-rule"
    place.intake.piece(role, rule_key(scope, rule), rule, place.origin)


def _say_widened(raw: object, names: tuple[str, ...], place: Place) -> None:
    """Warns of a rule whose block has bits beyond its prefix; the rule is valid."""
    blocks = map(raw.get, names) if isinstance(raw, Mapping) else ()
    for text in filter(None, blocks):
        if odd := widened(text):
            place.intake.warn(odd, place.origin)


# --- all of them ---------------------------------------------------------------------------------


def finish(intake: Intake) -> None:
    """Adds what only the whole input tells: rules with both answers' words, missing ones."""
    scopes = scopes_read(intake, SecurityGroup)
    places = _places(intake)
    _add_rules(intake, scopes)
    _add_groups_known_by_rules(intake, scopes, places)
    _say_unread(intake, scopes, places)
    _say_different(intake)


class _Seen(NamedTuple):
    """Where a group was told of, under which key, and in which list."""

    key: Key
    origin: Origin
    kind: str


def _all_listed(intake: Intake) -> Iterator[tuple[Key, SecurityGroupRule, Origin]]:
    return chain.from_iterable(intake.parts(role, SecurityGroupRule) for role in _LISTED)


def _places(intake: Intake) -> dict[str, _Seen]:
    """Group → the first place that tells of it."""
    seen = [_Seen(key, origin, "SecurityGroups") for key, _, origin in intake.bodies(SecurityGroup)]
    listed = [
        (Key(key.scope, "sg", rule.group_id), origin) for key, rule, origin in _all_listed(intake)
    ]
    listed += [(key, origin) for key, _, origin, _ in intake.pieces("broken-rule")]
    seen += [_Seen(key, origin, "SecurityGroupRules") for key, origin in listed]
    return {one.key.name: one for one in sorted(seen, reverse=True)}


def _add_rules(intake: Intake, scopes: dict[str, set[str]]) -> None:
    versions: dict[Key, list[tuple[SecurityGroupRule, Origin]]] = defaultdict(list)
    for key, rule, origin in intake.parts("group-rule", SecurityGroupRule):
        versions[key].append((rule, origin))
    for key, rule, origin in _all_listed(intake):
        scope = adopted(scopes, rule.group_id, key.scope)
        versions[key._replace(scope=scope)].append((rule, origin))
    for key, found in versions.items():
        body = complement(sorted((rule for rule, _ in found), key=_with_id_first))
        for _, origin in found:
            intake.fact(key, body, origin)


def _add_groups_known_by_rules(
    intake: Intake, scopes: dict[str, set[str]], places: dict[str, _Seen]
) -> None:
    for group, seen in places.items():
        if group not in scopes:
            intake.fallback(seen.key, SecurityGroup(group), seen.origin)


def _say_unread(intake: Intake, scopes: dict[str, set[str]], places: dict[str, _Seen]) -> None:
    known = {key.name for key, _, _, _ in intake.pieces("all-rules")} | _listed_whole(intake)
    for group, seen in places.items():
        if group in known:
            continue
        place = Place(seen.origin, intake, seen.kind)
        key = seen.key._replace(scope=adopted(scopes, group, seen.key.scope))
        needs = (
            f"{place}: not every rule of `{key}` could be read; "
            "add the answer of aws ec2 describe-security-group-rules"
        )
        place.gap("rules-not-read", str(key), needs)


def _listed_whole(intake: Intake) -> set[str]:
    """The groups of which rules are listed, none of them broken or perhaps on a further page."""
    listed, cut = (
        {rule.group_id for _, rule, _ in intake.parts(role, SecurityGroupRule)} for role in _LISTED
    )
    return listed - cut - {key.name for key, _, _, _ in intake.pieces("broken-rule")}


def _say_different(intake: Intake) -> None:
    versions: dict[Key, dict[str, list[Origin]]] = defaultdict(lambda: defaultdict(list))
    for key, _, origin, mark in intake.pieces("all-rules"):
        versions[key][mark].append(origin)
    for key, found in versions.items():
        if len(found) == 1:
            continue
        first, *others = sorted(min(origins) for origins in found.values())
        for origin in others:
            intake.warn(
                f"`{key}` has other rules here than in {first}; the rules of both are used",
                origin,
            )
        intake.assume(f"`{key}` is read with {len(found)} sets of rules, all of which are used")


def _with_id_first(rule: SecurityGroupRule) -> tuple[bool, bytes]:
    return not rule.rule_id, canonical(rule)
