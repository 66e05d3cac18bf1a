"""Ids, addresses and blocks: what each of them names, and what is said to a slip."""

import pytest

from ringwall.errors import UsageError
from ringwall.reach.engine.relation import Relation
from tests.reach.relation_cluster import deployment, node, pod, relation, service
from tests.semantics.aws_world import AwsWorld
from tests.support import facts_of

SHOP = relation(
    pod("shop/web-1", "10.0.1.1", owner="ReplicaSet/web", app="web"),
    pod("shop/web-2", "10.0.1.2", owner="ReplicaSet/web", app="web"),
    pod("shop/lone", "10.0.1.3"),
    deployment("shop/api", app="api"),
    service("shop/web", {"app": "web"}, 80, ip="172.20.0.7"),
    node("n1", "10.0.9.1"),
)


@pytest.mark.parametrize(
    ("text", "id_", "kind", "members"),
    [
        ("shop/web[ReplicaSet]", "shop/web[ReplicaSet]", "workload", 2),
        ("shop/web", "shop/web[ReplicaSet]", "workload", 2),
        ("shop/web-1", "shop/web-1[Pod]", "pod", 1),
        ("shop/lone", "shop/lone[Pod]", "pod", 1),
        ("shop/api", "shop/api[Deployment]", "workload", 2),
        ("svc/shop/web", "svc/shop/web", "service", 1),
        ("node/n1", "node/n1", "node", 1),
        ("10.0.1.3", "10.0.1.3", "address", 1),
        ("172.20.0.7", "172.20.0.7", "address", 1),
        ("10.0.1.1/32", "10.0.1.1/32", "block", 1),
        ("10.0.1.9/30", "10.0.1.8/30", "block", 1),
        ("2001:db8::1", "2001:db8::1", "address", 1),
    ],
)
def test_an_id_names_one_thing(text: str, id_: str, kind: str, members: int) -> None:
    found = SHOP.directory.find(text)

    assert (found.id, found.kind, len(found.members)) == (id_, kind, members)


def test_a_block_holds_its_owners_and_the_rest() -> None:
    owners = [m.attachments[0].owner for m in SHOP.directory.find("10.0.1.0/30").members]

    assert owners == ["10.0.1.0", "shop/web-1[Pod]", "shop/web-2[Pod]", "shop/lone[Pod]"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop/wep", "`shop/wep` is nothing that was read; did you mean shop/web[ReplicaSet] or "),
        ("zzz", "`zzz` is nothing that was read; ids look like node/n1, shop/api-0[Pod], "),
        ("10.0.0.0/33", "`10.0.0.0/33` is not a CIDR block: "),
        ("prod!10.0.1.1", "`prod!10.0.1.1`: nothing in `prod` has that address"),
        ("10.0.300.1", "`10.0.300.1` is nothing that was read; "),
    ],
)
def test_a_slip_is_answered_with_what_can_be_written(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        SHOP.directory.find(text)

    assert str(refused.value).startswith(message)


def test_a_service_sends_nothing() -> None:
    with pytest.raises(UsageError, match="is a Service and sends nothing"):
        SHOP.between("svc/shop/web", "shop/lone")


TWO = relation(
    east=[pod("shop/web", "10.0.1.1"), pod("shop/db", "10.0.1.2")],
    west=[pod("shop/web", "10.0.1.1"), pod("shop/job", "10.0.1.3")],
)


def test_a_prefix_can_be_left_out_where_it_is_clear() -> None:
    assert TWO.directory.find("shop/job").id == "west!shop/job[Pod]"
    assert TWO.directory.find("west!shop/web").id == "west!shop/web[Pod]"


def test_an_ambiguous_name_lists_what_it_may_be() -> None:
    with pytest.raises(UsageError) as refused:
        TWO.directory.find("shop/web")

    assert str(refused.value) == (
        "`shop/web` is ambiguous: it may be east!shop/web[Pod], west!shop/web[Pod]; "
        "write one of these"
    )


def test_an_address_in_several_domains_lists_them() -> None:
    with pytest.raises(UsageError) as refused:
        TWO.directory.find("10.0.1.1")

    assert str(refused.value) == (
        "`10.0.1.1` is ambiguous: it may be east!10.0.1.1 (east!shop/web[Pod]), "
        "west!10.0.1.1 (west!shop/web[Pod]); write one of these"
    )
    assert TWO.directory.find("west!10.0.1.1").members[0].attachments[0].cluster == "west"


def machine() -> Relation:
    """A node with a second interface and an unused address, and a database of its own."""
    world = AwsWorld()
    world.vpc("vpc-1", "10.0.0.0/16")
    world.subnet("subnet-1", "10.0.1.0/24")
    world.group("sg-1")
    first = {"groups": ["sg-1"], "instance": "i-1"}
    world.interface("eni-1", "subnet-1", "10.0.1.10", secondary=["10.0.1.11", "10.0.1.12"],
                    public_ip="203.0.113.10", **first)  # type: ignore[arg-type]  # fmt: skip
    world.interface("eni-db", "subnet-1", "10.0.1.200", groups=["sg-1"])
    world.node("n1", "i-1")
    world.objects.append(pod("shop/web", "10.0.1.11", node="n1"))
    return Relation.of(facts_of(world.files()))


def test_an_interface_is_its_addresses_as_who_holds_them() -> None:
    found = machine().directory

    holders = [one.owner for one in found.find("eni-1").members[0].attachments]
    assert holders == ["node/n1", "shop/web[Pod]", "eni-1"]
    assert found.find("i-1").members[0].attachments == found.find("eni-1").members[0].attachments


def test_interfaces_that_nobody_holds_are_endpoints_of_their_own() -> None:
    ids = [one.id for one in machine().directory.objects()]

    assert ids == ["eni-db", "node/n1", "shop/web[Pod]"]


def test_an_address_of_a_vpc_is_named_with_it() -> None:
    found = machine().directory

    assert found.find("vpc-1!10.0.1.12").members[0].attachments[0].owner == "eni-1"
    assert found.find("203.0.113.10").members[0].public
    with pytest.raises(UsageError, match="nothing in `vpc-9` has that address"):
        found.find("vpc-9!10.0.1.12")
