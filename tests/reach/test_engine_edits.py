"""Edits of one cluster and its VPC, one by one and one upon another: after each the model answers
as one that is built anew, and the one before it as before."""

from collections.abc import Callable

import pytest

from ringwall.facts.fact import Delta, Facts, Key, inverse
from ringwall.model.network import Model, build
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.whole import complete
from tests.reach.test_engine_rebuild import answers, same
from tests.semantics.aws_world import AwsWorld, Rule, everything, tcp
from tests.semantics.fixture_f import (
    Manifest,
    from_block,
    from_pods,
    namespace,
    pods,
    policy,
    service,
    to_block,
)
from tests.semantics.fixture_f import tcp as port
from tests.support import facts_of

Edit = Callable[[AwsWorld], None]


def cluster() -> AwsWorld:
    """Two nodes with two pods each, shop and ops, and a policy and a Service."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.igw("igw-1", vpc="vpc-1")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.subnet("subnet-2", "10.0.2.0/24")
    world.group("sg-nodes", ingress=[tcp((80, 90), "10.0.0.0/8"), everything("sg-db")])
    world.group("sg-db", ingress=[tcp(5432, "sg-nodes"), tcp(22, "198.51.100.0/24")])
    world.interface("eni-db", "subnet-2", "10.0.2.99", groups=["sg-db"])
    for n in (1, 2):
        held = [f"10.0.{n}.11", f"10.0.{n}.12"]
        world.interface(f"eni-{n}", f"subnet-{n}", f"10.0.{n}.10", groups=["sg-nodes"],
                        instance=f"i-{n}", secondary=held)  # fmt: skip
        world.node(f"n{n}", f"i-{n}")
        for ns, ip in zip(("shop", "ops"), held, strict=True):
            world.pod(f"p{n}", ip, f"n{n}", namespace=ns, labels={"app": f"a{n}"})
    world.service("web", "172.20.0.10", 80, 85, {"app": "a1"}, namespace="shop")
    inside = [from_pods({}, ports=[port(85)]), {"from": [{"namespaceSelector": pods(team="ops")}]}]
    world.objects.append(policy("shop", "inside", {}, ingress=inside, types=["Ingress"]))
    return world


def added(*objects: Manifest) -> Edit:
    return lambda world: world.objects.extend(objects)


def replaced(kind: str, **spec: object) -> Edit:
    def edit(world: AwsWorld) -> None:
        (one,) = (one for one in world.objects if one["kind"] == kind)
        world.objects[world.objects.index(one)] = {**one, "spec": {**one["spec"], **spec}}

    return edit


def gone(kind: str) -> Edit:
    def edit(world: AwsWorld) -> None:
        world.objects[:] = [one for one in world.objects if one["kind"] != kind]

    return edit


def into(group: str, *rules: Rule) -> Edit:
    """The ingress rules of a group, in place of those before."""
    return lambda world: _rewrite(world, group, "IpPermissions", rules)


def from_(group: str, *rules: Rule) -> Edit:
    """The same of its egress rules."""
    return lambda world: _rewrite(world, group, "IpPermissionsEgress", rules)


def _rewrite(world: AwsWorld, group: str, field: str, rules: tuple[Rule, ...]) -> None:
    other = AwsWorld()
    other.group(group, ingress=rules, egress=rules, vpc="vpc-1")
    (old,) = (one for one in world.groups if one["GroupId"] == group)
    old[field] = other.groups[0][field]


def ungrouped(world: AwsWorld) -> None:
    world.groups[:] = [one for one in world.groups if one["GroupId"] != "sg-db"]


def config_map(world: AwsWorld) -> None:
    data = {"enable-network-policy-controller": "false"}
    metadata = {"name": "amazon-vpc-cni", "namespace": "kube-system"}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    world.objects.append(made)


def out(*rules: Manifest) -> Manifest:
    return policy("ops", "out", {}, egress=list(rules), types=["Egress"])


EDITS: dict[str, Edit] = {
    "the first policy of a namespace": added(out(to_block("10.0.1.0/24"))),
    "a port that cuts": replaced("NetworkPolicy", ingress=[{"ports": [port(4711)]}]),
    "ports that cut nothing": replaced("NetworkPolicy", ingress=[{"ports": [port(85), port(80)]}]),
    "a block": replaced("NetworkPolicy", ingress=[from_block("10.0.2.0/28", "10.0.2.11/32")]),
    "a block around a node": replaced("NetworkPolicy", ingress=[from_block("10.0.2.10/32")]),
    "a port by name": added(policy("ops", "named", {}, ingress=[{"ports": [port("http")]}])),
    "other pods": replaced("NetworkPolicy", podSelector=pods(app="a2")),
    "a namespace's labels": added(namespace("ops", team="ops")),
    "a pod": lambda world: world.pod("p3", "10.0.1.13", "n1", namespace="shop"),
    "an engine": lambda world: world.aws_node(),
    "a switch": config_map,
    "a Service": added(service("ops/s", {"app": "a2"}, (80, 85))),
    "a way in": replaced("Service", type="NodePort"),
    "no Service": gone("Service"),
    "no policy": gone("NetworkPolicy"),
    "a rule for nobody": into("sg-db", tcp(5432, "sg-nodes"), tcp(22, "10.77.0.0/24")),
    "a rule for some": into("sg-nodes", tcp((80, 90), "10.0.0.0/8", "10.0.1.12/32")),
    "a rule for a node": into("sg-db", tcp(4712, "10.0.1.10/32")),
    "a rule for members": into("sg-db", tcp(443, "sg-db")),
    "no rules": into("sg-nodes"),
    "a rule outwards": from_("sg-nodes", tcp(443, "sg-db"), tcp(80, "10.0.2.0/24")),
    "nothing outwards": from_("sg-db"),
    "no group": ungrouped,
}


def difference(old: Facts, new: Facts) -> Delta:
    assert old.gaps == new.gaps

    def body(facts: Facts, key: Key) -> object:
        return facts[key].body if key in facts else None

    keys = sorted({*old, *new})
    return {key: (old.get(key), new.get(key)) for key in keys if body(old, key) != body(new, key)}


def worked_out(model: Model) -> Model:
    """All that is remembered of a model is known before it is changed."""
    engine = Engine(model)
    complete(engine)
    list(answers(engine))
    return model


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_and_back(name: str) -> None:
    world = cluster()
    facts = facts_of(world.files())
    EDITS[name](world)
    delta = difference(facts, facts_of(world.files()))
    model = worked_out(build(facts))

    assert delta
    changed = worked_out(model.rebuild(delta))
    same(changed, build(facts.apply(delta)))
    same(changed.rebuild(inverse(delta)), build(facts))
    same(model, build(facts))


@pytest.mark.parametrize("names", [list(EDITS), list(reversed(EDITS))], ids=["down", "up"])
def test_one_edit_upon_another_and_all_of_them_back(names: list[str]) -> None:
    model, done = worked_out(build(facts_of(cluster().files()))), list[Delta]()
    before = list(answers(Engine(model)))
    made = model
    for name in names:
        world = cluster()
        EDITS[name](world)
        there = difference(model.facts, facts_of(world.files()))
        delta = {key: (made.facts.get(key), new) for key, (_, new) in there.items()}
        made = worked_out(made.rebuild(delta))
        done.append(delta)
        same(made, build(made.facts))
    for delta in reversed(done):
        made = made.rebuild(inverse(delta))

    assert list(answers(Engine(model))) == before
    same(made, model)


def edited(name: str) -> tuple[Model, Model]:
    """A model, and what an edit makes of it."""
    world = cluster()
    model = worked_out(build(facts_of(world.files())))
    EDITS[name](world)
    return model, model.rebuild(difference(model.facts, facts_of(world.files())))


def test_ports_that_cut_no_atom_need_no_new_ones() -> None:
    model, changed = edited("ports that cut nothing")
    assert changed.atoms is model.atoms
    model, changed = edited("a port that cuts")
    assert len(changed.atoms) > len(model.atoms)


def test_policies_leave_the_network_as_it_is() -> None:
    model, changed = edited("no policy")
    assert changed.fabric is model.fabric
    model, changed = edited("a block around a node")
    assert changed.fabric is not model.fabric


def test_what_enforces_is_looked_for_again_only_where_something_tells_of_it() -> None:
    for name, again in (("a pod", False), ("a Service", False), ("a switch", True)):
        model, changed = edited(name)
        assert (changed.enforcers is not model.enforcers) is again


@pytest.mark.parametrize(
    ("name", "kept"), [("a rule for nobody", True), ("no rules", False), ("no group", False)]
)
def test_a_rule_touches_only_the_rows_that_it_matches(name: str, kept: bool) -> None:
    model, changed = edited(name)
    listed = model.holders.attachments
    party = int(model.fabric.classify(listed)[0])

    assert int(changed.fabric.classify(listed)[0]) == party
    old, new = model.fabric.row(party), changed.fabric.row(party)
    assert (old.tolist() == new[: len(old)].tolist()) is kept


def test_what_is_asked_later_of_the_model_before_stays_there() -> None:
    world = cluster()
    model = build(facts_of(world.files()))
    ends = model.holders.of("ops/p1[Pod]")[0], model.holders.of("shop/p1[Pod]")[0]
    Engine(model).pair(*ends, together=False)
    added(out({"ports": [port(4711)]}))(world)
    changed = model.rebuild(difference(model.facts, facts_of(world.files())))

    worked_out(model)

    assert changed.atoms is not model.atoms
    same(changed, build(changed.facts))
