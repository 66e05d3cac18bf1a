"""What must not change an answer, and what may change it in one direction only.

Each law holds a random world beside a changed one (see ``tests/laws/worlds.py``). Where an order is
changed inside an object the digest of the facts differs, and is left out of the comparison.
"""

import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ringwall.facts import aws, k8s
from ringwall.facts.fact import Delta, Fact, Facts, Key, inverse
from ringwall.net import Net
from ringwall.reach.documents import ConnectionOut, ReachReport, StateOut
from ringwall.reach.engine.compose import Engine
from ringwall.report.json import render
from ringwall.space.services import SERVED, ServiceSet
from tests.laws.share import Record, Share
from tests.laws.worlds import KEYS, NAMESPACES, VALUES, World, worlds
from tests.support import facts_of, services_of

EXAMPLES: Final = max(10, int(os.environ.get("RINGWALL_WORLDS", "2000")) // 20)
ICMP: Final = ServiceSet.parse("icmp icmpv6")
law = settings(
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def net(world: World) -> Net:
    return Net(facts_of(world.files))


def seen(asked: Net) -> bool:
    """Whether a world has both a pair that is open and one that is blocked, for some service."""
    report = asked.reach()
    opened = any(row.verdict == "allowed" for row in report.connections)
    found = answers(report.connections)
    inner = [id_ for id_, one in report.endpoints.items() if one.kind not in ("internet", "block")]
    whole = [pair for pair, parts in found.items() if union(parts.values()) >= SERVED - ICMP]
    return opened and len(whole) < len(inner) * len(report.endpoints)


def union(sets: Iterable[ServiceSet]) -> ServiceSet:
    return ServiceSet(span for one in sets for span in one.ranges)


# --- order ----------------------------------------------------------------------------------------


def test_the_order_of_files_and_objects_is_not_in_the_output(record_property: Record) -> None:
    share = Share("order of files and objects")

    @law
    @given(worlds(), st.randoms(use_true_random=False))
    def holds(world: World, chance: random.Random) -> None:
        names = list(world.files)
        chance.shuffle(names)
        other = World(
            {name: json.dumps(_objects_shuffled(world.files[name], chance)) for name in names}
        )
        before, after = net(world), net(other)
        assert placeless(before) == placeless(after)
        share.count(seen(before))

    holds()
    share.close(record_property)


def test_the_order_of_rules_is_not_in_the_output(record_property: Record) -> None:
    share = Share("order of rules")

    @law
    @given(worlds(), st.randoms(use_true_random=False))
    def holds(world: World, chance: random.Random) -> None:
        other = World({
            name: json.dumps(_shuffled(json.loads(text), chance))
            for name, text in world.files.items()
        })  # fmt: skip
        before, after = net(world), net(other)
        assert without_digest(before) == without_digest(after)
        share.count(seen(before))

    holds()
    share.close(record_property)


_LISTS: Final = (
    "items", "ingress", "egress", "from", "to", "ports", "except", "matchExpressions", "values",
    "Entries", "Routes", "IpPermissions", "IpPermissionsEgress", "IpRanges", "Groups",
    "SecurityGroups", "NetworkInterfaces", "Subnets", "RouteTables", "NetworkAcls", "Vpcs",
    "Associations", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds", "publicAccessCidrs",
)  # fmt: skip


def _objects_shuffled(text: str, chance: random.Random) -> Any:
    """The objects of a file, in another order."""
    body = json.loads(text)
    for name, value in body.items():
        if isinstance(value, list) and name != "Entries":  # those are of one object
            chance.shuffle(value)
    return body


def _shuffled(value: Any, chance: random.Random, name: str = "") -> Any:
    """Every list whose order means nothing, in another order. A container's ports keep theirs: the
    first of a name counts."""
    if isinstance(value, dict):
        return {key: _shuffled(item, chance, key) for key, item in value.items()}
    if isinstance(value, list):
        found = [_shuffled(item, chance) for item in value]
        if name in _LISTS and not any("containerPort" in item for item in found if item):
            chance.shuffle(found)
        return found
    return value


def placeless(asked: Net) -> str:
    """The output without the places of objects in their files, which are what is moved."""
    return re.sub(r"#/[A-Za-z]+/\d+", "", render(asked.reach()))


def without_digest(asked: Net) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(placeless(asked))
    del body["digest"]
    return body


# --- names ----------------------------------------------------------------------------------------

_NEW: Final = {
    **{name: f"{name}-x" for name in NAMESPACES},
    **{key: f"example.com/{key}" for key in (*KEYS, "team")},
    **{value: f"{value}-v" for value in (*VALUES, "red", "blue")},
}


def test_renaming_namespaces_and_labels_renames_the_answer_and_nothing_else(
    record_property: Record,
) -> None:
    share = Share("renaming")

    @law
    @given(worlds())
    def holds(world: World) -> None:
        other = World({
            name: json.dumps(_renamed(json.loads(text))) if name.startswith("k8s/") else text
            for name, text in world.files.items()
        })  # fmt: skip
        before, after = net(world), net(other)
        assert _comparable(before, _NEW) == _comparable(after, {})
        share.count(seen(before))

    holds()
    share.close(record_property)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_NEW.get(key, key) if key in (*KEYS, "team") else key: _renamed(item)
                for key, item in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    return _NEW.get(value, value) if isinstance(value, str) else value


def _comparable(asked: Net, new: dict[str, str]) -> list[str]:
    """The rows with their reasons, renamed and sorted."""
    report = asked.reach()

    def named(text: str) -> str:
        for old, now in new.items():
            if old in NAMESPACES:
                text = text.replace(f"{old}/", f"{now}/")
        return text

    rows = []
    for row in report.connections:
        because = sorted(report.unknowns[id_].code for id_ in row.because)
        ends = [_cidrs(report.blocks, named(id_)) for id_ in (row.src, row.dst)]
        rest = (row.verdict, row.extent, row.ports, row.reply, row.if_placed, because)
        rows.append(f"{ends} {rest}")
    return sorted(rows)


def _cidrs(blocks: dict[str, Any], id_: str) -> str:
    return str(blocks[id_].cidrs) if id_.startswith("block/") else id_


# --- nothing changes ------------------------------------------------------------------------------


def test_nothing_differs_from_itself(record_property: Record) -> None:
    share = Share("diff X X")

    @law
    @given(worlds())
    def holds(world: World) -> None:
        one, other = net(world), net(world)
        report = one.diff(other)
        assert (report.changes, report.opens, report.closes) == ([], "nothing", "nothing")
        share.count(seen(one))

    holds()
    share.close(record_property)


def test_folding_the_rows_of_pods_gives_those_of_workloads(record_property: Record) -> None:
    share = Share("fold and unfold")

    @law
    @given(worlds())
    def holds(world: World) -> None:
        asked = net(world)
        workload = {pod.id: pod.workload for pod in asked.relation.engine.model.workloads.pods}
        unfolded, folded = asked.reach(pods=True), asked.reach()
        ids = list(unfolded.endpoints)
        speak = {id_: families(unfolded, id_) for id_ in ids}
        together = _folded(answers(unfolded.connections), speak, workload)
        assert together == answers(folded.connections)
        share.count(seen(asked))

    holds()
    share.close(record_property)


Answers = dict[tuple[str, str], dict[tuple[str, str], ServiceSet]]


def answers(rows: Iterable[ConnectionOut]) -> Answers:
    """(verdict, extent) → services, of every pair that has a row; without the ICMP of either
    family, which only some members of a pair may speak."""
    found: Answers = defaultdict(dict)
    for row in rows:
        parts, words = found[row.src, row.dst], (row.verdict, row.extent)
        if services := services_of(row.ports) - ICMP:
            parts[words] = parts.get(words, ServiceSet()) | services
    return {pair: parts for pair, parts in found.items() if parts}


def families(report: ReachReport, id_: str) -> set[int]:
    """The IP families of an endpoint; a pod or node without an address is taken to have IPv4."""
    if id_ == "internet":
        return {4, 6}
    block, one = report.blocks.get(id_), report.endpoints.get(id_)
    texts = block.cidrs if block else one.addresses if one and one.addresses else [id_]
    return {6 if ":" in text.rpartition("!")[2] else 4 for text in texts}


def _folded(pods: Answers, speak: dict[str, set[int]], workload: dict[str, str]) -> Answers:
    """What the answers of pods say of their workloads: must and may, for all pairs and for some;
    pairs without a common family are left out."""
    ids = list(speak)
    grouped: dict[tuple[str, str], list[dict[tuple[str, str], ServiceSet]]] = defaultdict(list)
    outside = {id_ for id_ in ids if id_ not in workload}
    for src in ids:
        for dst in ids:
            if {src, dst} <= outside and (src, dst) not in pods:
                continue
            ends = workload.get(src, src), workload.get(dst, dst)
            if src == dst and (src in workload or src in outside):
                continue
            if speak[src] & speak[dst]:
                grouped[ends].append(pods.get((src, dst), {}))
    folded = {pair: _judged(members) for pair, members in grouped.items()}
    return {pair: parts for pair, parts in folded.items() if parts}


def _judged(members: list[dict[tuple[str, str], ServiceSet]]) -> dict[tuple[str, str], ServiceSet]:
    none = ServiceSet()
    must_all = may_all = SERVED - ICMP
    must = may = none
    for parts in members:
        surely = parts.get(("allowed", "all"), none)
        somewhere = surely | parts.get(("allowed", "some"), none)
        perhaps = somewhere | parts.get(("unknown", "all"), none)
        must_all, must = must_all & surely, must | somewhere
        may_all &= perhaps
        may |= perhaps | parts.get(("unknown", "some"), none)
    found = {
        ("allowed", "all"): must_all,
        ("allowed", "some"): must - must_all,
        ("unknown", "all"): (may_all & may) - must,
        ("unknown", "some"): (may - may_all) - must,
    }
    return {words: services for words, services in found.items() if services}


# --- changes --------------------------------------------------------------------------------------


def some_change(facts: Facts, chance: random.Random) -> Delta:
    """One or two objects deleted, or one with the body of another of its kind."""
    keys = [key for key, fact in facts.items() if not isinstance(fact.body, aws.Vpc)]
    delta: Delta = {}
    for key in chance.sample(keys, min(len(keys), chance.randint(1, 2))):
        old = facts[key]
        alike = [facts[k] for k in keys if k.kind == key.kind and k != key]
        if alike and chance.random() < 0.4 and isinstance(old.body, k8s.NetworkPolicy):
            other = chance.choice(alike).body
            body = type(old.body)(old.body.metadata, other.spec)  # type: ignore[attr-defined]
            delta[key] = (old, type(old)(key, body, old.origins))
        else:
            delta[key] = (old, None)
    return delta


def test_a_rebuilt_network_answers_as_one_built_anew(record_property: Record) -> None:
    share = Share("rebuild(delta) = build, delta then inverse = nothing")

    @law
    @given(worlds(), st.randoms(use_true_random=False))
    def holds(world: World, chance: random.Random) -> None:
        before = net(world)
        said = render(before.reach())
        delta = some_change(before.facts, chance)
        rebuilt, anew = before.with_change(delta), Net(before.facts.apply(delta))
        assert render(rebuilt.reach()) == render(anew.reach())
        assert render(rebuilt.with_change(inverse(delta)).reach()) == said
        assert render(before.reach()) == said, "the network that was changed stays as it was"
        share.count(seen(before))

    holds()
    share.close(record_property)


def test_adding_an_allow_rule_where_a_policy_already_isolates_removes_nothing(
    record_property: Record,
) -> None:
    share = Share("an allow rule more removes nothing (spec)")

    @law
    @given(worlds(), st.randoms(use_true_random=False))
    def holds(world: World, chance: random.Random) -> None:
        before = net(world)
        change = _one_rule_more(before.facts, chance)
        if change is None:
            return
        report = before.diff(before.with_change(change))
        assert [row for row in report.changes if rank(row.new) < rank(row.old)] == []
        share.count(seen(before))

    holds()
    share.close(record_property)


_RANKS: Final = ("blocked None", "unknown some", "unknown all", "allowed some", "allowed all")


def rank(state: StateOut) -> int:
    """How much an answer lets through: more must and more may is never a lower rank."""
    return _RANKS.index(f"{state.verdict} {state.extent}")


def _one_rule_more(facts: Facts, chance: random.Random) -> Delta | None:
    """A policy with one rule more, taken from another, in a direction that it isolates."""
    found: list[tuple[Key, str]] = []
    for key, policy in facts.of(k8s.NetworkPolicy):
        types = policy.spec.policy_types or (
            ("Ingress", "Egress") if policy.spec.egress else ("Ingress",)
        )
        found += [(key, name.lower()) for name in types]
    if not found:
        return None
    key, direction = chance.choice(found)
    policy = _policy(facts, key)
    pool = [
        rule
        for _, other in facts.of(k8s.NetworkPolicy)
        for rule in getattr(other.spec, direction) or ()
    ]
    peer = k8s.Peer(pod_selector=k8s.LabelSelector())
    kind = k8s.IngressPolicyRule if direction == "ingress" else k8s.EgressPolicyRule
    rules = (
        *(getattr(policy.spec, direction) or ()),
        chance.choice(pool) if pool else kind((peer,)),
    )
    return _with_rules(facts, key, direction, rules)


def _policy(facts: Facts, key: Key) -> k8s.NetworkPolicy:
    body = facts[key].body
    assert isinstance(body, k8s.NetworkPolicy)
    return body


def _with_rules(facts: Facts, key: Key, direction: str, rules: tuple[Any, ...]) -> Delta:
    """A policy with other rules in one direction; it isolates as it did."""
    policy = _policy(facts, key)
    spec = policy.spec
    types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
    ingress = rules if direction == "ingress" else spec.ingress
    egress = rules if direction == "egress" else spec.egress
    body = k8s.NetworkPolicy(
        policy.metadata, k8s.NetworkPolicySpec(spec.pod_selector, ingress, egress, types)
    )
    return {key: (facts[key], Fact(key, body, facts[key].origins))}


def test_deleting_a_rule_that_decides_for_no_packet_changes_nothing(
    record_property: Record,
) -> None:
    share = Share("a rule that decides for no packet")
    deleted = []

    @law
    @given(worlds())
    def holds(world: World) -> None:
        before = net(world)
        said = _inner(before)
        for idle in _idle(before):
            deleted.append(idle)
            assert _inner(before.with_change(idle)) == said
        share.count(seen(before))

    holds()
    share.close(record_property)
    assert deleted, "no world had an idle rule"


def _inner(asked: Net) -> list[ConnectionOut]:
    """The rows between things that have an id of their own: which blocks there are follows from
    what rules name."""
    report = asked.reach()
    return [
        structs.replace(row, because=[])
        for row in report.connections
        if not {row.src, row.dst} & (report.blocks.keys() - {"internet"})
    ]


def _idle(asked: Net) -> list[Delta]:
    """The deletion of each rule of a policy or group that admits no packet of any pair."""
    deciding = _deciding(asked.relation.engine)
    found: list[Delta] = []
    for key, policy in asked.facts.of(k8s.NetworkPolicy):
        for direction in ("ingress", "egress"):
            rules = getattr(policy.spec, direction) or ()
            for number in range(len(rules)):
                if (key, f"{direction}[{number}]") not in deciding:
                    rest = (*rules[:number], *rules[number + 1 :])
                    found.append(_with_rules(asked.facts, key, direction, rest))
    apis = list(asked.facts.of(aws.Cluster))  # which group rules lead to an API is not told
    for key, rule in () if apis else asked.facts.of(aws.SecurityGroupRule):
        group = key._replace(kind="sg", name=rule.group_id)
        if (group, rule.text) not in deciding:
            found.append({key: (asked.facts[key], None)})
    return found


def _deciding(engine: Engine) -> set[tuple[Key, str]]:
    """Every rule that admits some packet of some pair, in either placement."""
    outside = [one for one, _ in engine.outside()]
    everyone = [*engine.model.attachments, *outside]
    return {
        (rule.object, rule.rule)
        for src in everyone
        for dst in everyone
        for together in (False, True)
        if src.kind != "service"
        for rule in engine.rules(src, dst, together=together, mask=engine.model.atoms.full)
    }
