"""Who holds an address, and what is said of those that nobody does."""

import pytest
from hypothesis import HealthCheck, given, settings

from ringwall.errors import UsageError
from ringwall.reach.engine.compose import Engine
from ringwall.reach.engine.many import resolve
from ringwall.space.addresses import INTERNET, Addresses
from tests.laws.worlds import World, worlds
from tests.reach.engine_asked import Asked, told
from tests.semantics.aws_world import ANYWHERE, AwsWorld, everything, route, tcp
from tests.semantics.fixture_f import fixture, from_block, into_a, pod, service
from tests.semantics.test_aws_pods import two_nodes

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def owner(engine: Engine, address: str) -> str:
    one = resolve(engine, address)
    return f"{one.kind} {one.owner}"


# --- one address ----------------------------------------------------------------------------------


def test_an_address_is_its_pods_else_its_nodes_else_its_interfaces() -> None:
    engine = Asked(two_nodes(prefixes=("10.0.1.64/28",)).files()).engine

    assert owner(engine, "10.0.1.11") == "pod default/on-a[Pod]"
    assert owner(engine, "10.0.1.10") == "node node/n1"
    assert owner(engine, "10.0.1.20") == "node node/n1"  # the host's own, on the other interface
    assert owner(engine, "10.0.1.22") == "interface eni-1b"
    assert owner(engine, "10.0.1.70") == "interface eni-1b"  # of its delegated block
    assert owner(engine, "10.0.1.200") == "unowned 10.0.1.200"
    assert owner(engine, "10.9.0.1") == "outside 10.9.0.1"


def test_a_pod_on_the_host_network_leaves_its_address_to_the_node() -> None:
    host = pod("x/h", "10.9.0.1", {}, host_network=True)
    engine = Asked(fixture(host)).engine

    assert owner(engine, "10.9.0.1") == "node node/n1"
    assert [one.owner for one in engine.owner(4, 0x0A090001)] == ["node/n1"]


def test_a_cluster_address_is_its_services() -> None:
    engine = Asked(fixture(service("x/s", {"pod": "a"}, (80, 80)))).engine

    assert owner(engine, "172.20.0.50") == "service svc/x/s"


def public_node() -> AwsWorld:
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.igw("igw-1")
    world.route_table("rtb", route(ANYWHERE, "igw-1"), main=True)
    world.group("sg", ingress=[tcp(443, ANYWHERE)])
    world.interface("eni-1", "subnet-1", "10.0.1.10", groups=["sg"], public_ip="203.0.113.10",
                    instance="i-1")  # fmt: skip
    world.node("n1", "i-1")
    return world


def test_a_public_address_is_the_node_behind_it_and_is_reached_from_the_internet() -> None:
    world = Asked(public_node().files())

    assert owner(world.engine, "203.0.113.10") == "node node/n1"
    assert world.verdict("198.51.100.7", "203.0.113.10", "tcp/443") == "allowed"
    assert world.verdict("198.51.100.7", "203.0.113.10", "tcp/22") == "blocked"
    held = world.engine.attachments_in(Addresses.of("203.0.113.10/32"))
    assert [(one.owner, list(part.blocks())) for one, part in held] == [
        ("node/n1", ["203.0.113.10/32"])
    ]
    assert not any(part & Addresses.of("203.0.113.10/32") for _, part in world.engine.outside())


def test_an_address_in_two_vpcs_must_be_told_apart() -> None:
    world = public_node()
    world.vpc("vpc-2", "10.0.0.0/16")
    world.subnet("subnet-2", "10.0.1.0/24")
    world.group("sg-2", ingress=[everything(ANYWHERE)])
    world.interface("eni-2", "subnet-2", "10.0.1.10", groups=["sg-2"])
    engine = Asked(world.files()).engine

    with pytest.raises(UsageError, match=r"vpc-1!10\.0\.1\.10 \(node/n1\), vpc-2!10\.0\.1\.10"):
        resolve(engine, "10.0.1.10")
    assert resolve(engine, "vpc-2!10.0.1.10").owner == "eni-2"
    assert resolve(engine, "10.0.1.10", "vpc-1").owner == "node/n1"


def test_a_domain_that_was_not_read_is_refused() -> None:
    engine = Asked(public_node().files()).engine

    with pytest.raises(UsageError, match="`vpc-9` is no VPC or cluster"):
        resolve(engine, "vpc-9!10.0.1.10")


def test_a_cluster_is_a_domain_too() -> None:
    files = public_node().files()
    files["clusters/prod/objects.json"] = files.pop("kubernetes/objects.json")
    engine = Asked(files).engine

    for domain in ("prod", "vpc-1"):
        assert resolve(engine, f"{domain}!10.0.1.10").owner == "prod!node/n1"
        assert resolve(engine, "10.0.1.99", domain).kind == "unowned"


@pytest.mark.parametrize("text", ["10.0.1", "web", "10.0.1.10/32", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        resolve(Asked(fixture()).engine, text)


# --- many addresses -------------------------------------------------------------------------------


def test_outside_are_the_addresses_that_some_rule_tells_apart() -> None:
    world = Asked(fixture(into_a(from_block("198.51.100.0/24", "198.51.100.128/25"))))
    named = [part for _, part in world.engine.outside() if part <= INTERNET]

    assert Addresses.of("198.51.100.0/25") in named
    assert sum(1 for part in named if part.size(4)) == 2  # and all the rest


def test_all_blocks_of_one_prefix_list_are_alike() -> None:
    world = public_node()
    world.prefix_list("pl-offices", "198.51.100.0/24", "192.0.2.0/24")
    world.group("sg-listed", ingress=[tcp(22, "pl-offices")])
    world.interface("eni-2", "subnet-1", "10.0.1.20", groups=["sg-listed"], public_ip="203.0.113.9")
    parts = [part for _, part in Asked(world.files()).engine.outside() if part <= INTERNET]

    assert Addresses.of("198.51.100.0/24", "192.0.2.0/24") in parts
    assert sum(1 for part in parts if part.size(4)) == 2


@LAW
@given(worlds())
def test_everything_outside_is_named_once_and_public_addresses_apart(world: World) -> None:
    engine = Asked(world.files).engine
    seen = Addresses()
    for one, part in engine.outside():
        assert (one.family, one.address) == part.lowest()
        assert not part & seen
        assert part <= INTERNET or not part & INTERNET
        seen |= part
    fabric = engine.model.fabric
    for vpc in fabric.domains:
        assert not seen & fabric.vpc_blocks(vpc)
    assert {one.kind for one, _ in engine.attachments_in(seen)} <= {"outside"}


@LAW
@given(worlds())
def test_a_set_of_addresses_is_covered_by_what_is_in_it(world: World) -> None:
    engine = Asked(world.files).engine
    for where in (Addresses.of("10.0.0.0/23"), Addresses.of("0.0.0.0/0"), Addresses.of("::/0")):
        found = engine.attachments_in(where)
        parts = Addresses(piece for _, part in found for piece in part.ranges)

        assert parts == where
        assert all(part <= where for _, part in found)
        assert found == sorted(found, key=lambda item: item[1].lowest() or (0, 0))


@LAW
@given(worlds())
def test_what_is_said_to_be_alike_is(world: World) -> None:
    """The lowest and the highest address of each part are answered alike."""
    engine = Asked(world.files).engine
    others = engine.model.attachments
    for one, part in engine.attachments_in(Addresses.everything()):
        family, _, high = part.ranges[-1]
        if one.kind not in ("outside", "unowned"):
            continue
        (last,) = (end for end in engine.owner(family, high, one.domain) if end.kind == one.kind)
        for other in others:
            for ends, rivals in (((one, other), (last, other)), ((other, one), (other, last))):
                mine, theirs = (engine.pair(*pair, together=False) for pair in (ends, rivals))
                assert told(engine, mine) == told(engine, theirs)
