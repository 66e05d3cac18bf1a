"""Endpoints of many members: the relation judges kins, the definition every two members.

The oracle looks at each pair of distinct members and each placement that it may have.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ringwall.model.attachments import Attachment
from ringwall.reach.engine.endpoints import Endpoint, Member
from ringwall.reach.engine.grid import Grid
from ringwall.reach.engine.judge import Part, Told, judge
from tests.reach.relation_world import ATOMS, WITHIN, TableEngine, allowed, endpoint, everything

CLASSES = (1, 2)
LEVELS = [allowed(0), allowed(1), allowed(3), allowed(1, 6), allowed(ATOMS.full)]


@st.composite
def engines(draw: st.DrawFn) -> TableEngine:
    table = {
        key: draw(st.sampled_from(LEVELS))
        for key in product((*CLASSES, 9), (*CLASSES, 9), (False, True))
    }
    return TableEngine(table)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[TableEngine, list[Endpoint]]:
    """A few workloads, sometimes a DaemonSet or one pod of them, and an address outside."""
    engine = draw(engines())
    found = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("Deployment", "Deployment", "DaemonSet")))
        members = [
            engine.pod(
                f"shop/w{number}[{kind}]",
                draw(st.sampled_from(CLASSES)),
                draw(st.sampled_from(("", "n1", "n2"))),
                family=draw(st.sampled_from((4, 4, 4, 6))),
            )
            for _ in range(draw(st.integers(1, 4)))
        ]
        found.append(endpoint(f"shop/w{number}[{kind}]", *members))
        if draw(st.booleans()):
            found.append(endpoint(f"shop/w{number}-0[Pod]", members[0], kind="pod"))
    outside = Attachment("203.0.113.7", "outside", 4, 9)
    found.append(endpoint("203.0.113.7", Member((outside,)), kind="address"))
    return engine, found


def one_by_one(engine: TableEngine, src: Endpoint, dst: Endpoint) -> tuple[Part, ...]:
    pairs = [(a, b) for a, b in product(src.members, dst.members) if a != b]
    now: list[Told | None] = []
    moved: list[Told | None] = []
    for a, b in pairs:
        nodes = _places(engine, a, b)
        now += [told(engine, a, b, here) for here in nodes]
        moved += [told(engine, a, b, here) for here in _moved(engine, a, b, nodes)]
    for a in src.members:
        if a in dst.members and (a.pod < 0 or not pairs):
            family = a.attachments[0].family
            now.append(Told(everything(family), WITHIN[family]))
            moved.append(now[-1])
    return judge(_fitting(now), _fitting(moved), ATOMS.full)


def told(engine: TableEngine, a: Member, b: Member, together: bool) -> Told | None:
    one, other = a.attachments[0], b.attachments[0]
    if one.family != other.family:
        return None
    outcome = engine.table[one.address, other.address, together].within(WITHIN[one.family])
    return Told(outcome, WITHIN[one.family])


def _fitting(found: Sequence[Told | None]) -> list[Told]:
    return [one for one in found if one is not None] or [Told(allowed(0))]


def _places(engine: TableEngine, a: Member, b: Member) -> list[bool]:
    if a.pod < 0 or b.pod < 0:
        return [False]
    if a.node and b.node:
        return [a.node == b.node]
    return [False] if _daemon(engine, a, b) else [False, True]


def _moved(engine: TableEngine, a: Member, b: Member, nodes: list[bool]) -> list[bool]:
    if a.pod < 0 or b.pod < 0 or not (a.node and b.node):
        return nodes
    return [False] if _daemon(engine, a, b) else [not nodes[0]]


def _daemon(engine: TableEngine, a: Member, b: Member) -> bool:
    pods = engine.model.workloads.pods
    mine, theirs = pods[a.pod].workload, pods[b.pod].workload
    return mine == theirs and mine.endswith("[DaemonSet]")


def bare(parts: Sequence[Part]) -> Iterator[tuple[object, ...]]:
    return (one[:5] for one in parts)


@given(worlds())
def test_kins_give_the_answer_of_every_pair_of_members(
    world: tuple[TableEngine, list[Endpoint]],
) -> None:
    engine, endpoints = world
    relation = engine.relation()

    for src, dst in product(endpoints, endpoints):
        found = relation.parts(relation.mix(src, dst))
        assert list(bare(found)) == list(bare(one_by_one(engine, src, dst)))


@given(worlds())
def test_a_row_of_the_grid_is_every_pair_of_it(
    world: tuple[TableEngine, list[Endpoint]],
) -> None:
    engine, endpoints = world
    relation = engine.relation()
    grid = Grid(relation, endpoints, endpoints)

    for src, row in zip(endpoints, grid.rows(), strict=True):
        for dst, number in zip(endpoints, row.tolist(), strict=True):
            assert relation.parts(grid.mixes[number]) == relation.parts(relation.mix(src, dst))


def test_what_moving_some_pods_does_is_told_beside_others_whose_node_is_not_known() -> None:
    """Bit 0 passes to the first pod on the same node alone, bit 1 to the second."""
    levels = {(1, 2, True): 1, (1, 2, False): 0, (1, 3, True): 2, (1, 3, False): 0}
    engine = TableEngine({key: allowed(mask) for key, mask in levels.items()})
    src = endpoint("a", engine.pod("a", 1, "n1"))
    dst = endpoint("b", engine.pod("b", 2, "n1"), engine.pod("b", 3))
    relation = engine.relation()
    grid = Grid(relation, [src], [dst])

    for mix in (relation.mix(src, dst), grid.mixes[int(grid.row(0)[0])]):
        found = {part.services: part.if_placed for part in relation.parts(mix) if part.open}
        assert found == {1: "blocked", 2: None}


def test_a_thousand_equal_pods_cost_what_two_cost() -> None:
    def asked(pods: int) -> int:
        engine = TableEngine({key: allowed(1) for key in product((1, 2), (1, 2), (False, True))})
        src = endpoint("a", *(engine.pod("a", 1, f"n{i % 7}") for i in range(pods)))
        dst = endpoint("b", *(engine.pod("b", 2, f"n{i % 5}") for i in range(pods)))
        engine.relation().mix(src, dst)
        return engine.asked

    assert asked(1000) == asked(2)


def test_a_pod_alone_is_asked_about_itself() -> None:
    engine = TableEngine({(1, 1, False): allowed(0), (1, 1, True): allowed(0)})
    alone = endpoint("a", engine.pod("a", 1))
    two = endpoint("b", engine.pod("b", 1), engine.pod("b", 1))
    relation = engine.relation()

    assert relation.parts(relation.mix(alone, alone))[0][1:3] == ("allowed", "all")
    assert relation.parts(relation.mix(two, two))[0].verdict == "blocked"


def test_members_of_the_other_family_are_left_out_where_some_fit() -> None:
    engine = TableEngine({(1, 1, together): allowed(ATOMS.full) for together in (False, True)})
    both = endpoint("a", engine.pod("a", 1, family=4), engine.pod("a", 1, family=6))
    four, six = (endpoint(f"v{family}", engine.pod("b", 1, family=family)) for family in (4, 6))
    relation = engine.relation()

    assert relation.parts(relation.mix(both, four))[0][1:3] == ("allowed", "all")
    assert relation.parts(relation.mix(four, six))[0].verdict == "blocked"
