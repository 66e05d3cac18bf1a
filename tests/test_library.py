"""The library is the command line's equal: what a notebook does."""

from pathlib import Path

import pytest

import ringwall
from ringwall.errors import InputError, UsageError
from tests.cli.inputs import PODS, POLICY


@pytest.fixture
def world(tmp_path: Path) -> str:
    (tmp_path / "world.yaml").write_text(PODS + "---\n" + POLICY)
    return str(tmp_path)


def test_a_folder_is_loaded_and_asked(world: str) -> None:
    net = ringwall.load(world)

    report = net.reach(src="shop/db", port="tcp/80")
    answer = net.explain("shop/web", "shop/db", "tcp/5432")

    assert [row.dst for row in report.connections] == ["internet", "shop/web[Pod]"]
    assert answer.verdict == "blocked"


def test_connections_can_be_read_one_by_one(world: str) -> None:
    net = ringwall.load(world)

    rows = net.rows(src="shop/db", port="tcp/80")

    assert list(rows) == net.reach(src="shop/db", port="tcp/80").connections
    assert (rows.count, rows.unknown) == (2, 0)


def test_a_change_is_an_overlay_and_leaves_the_network_as_it_was(world: str) -> None:
    net = ringwall.load(world)

    changed = net.with_change(delete=["networkpolicy/shop/db-from-api"])

    assert changed.explain("shop/web", "shop/db", "tcp/5432").verdict == "allowed"
    assert net.explain("shop/web", "shop/db", "tcp/5432").verdict == "blocked"


def test_the_difference_names_what_the_change_opens(world: str) -> None:
    net = ringwall.load(world)

    report = net.diff(net.with_change(delete=["networkpolicy/shop/db-from-api"]))

    assert (report.opens, report.closes) == ("surely", "nothing")
    assert {row.src for row in report.changes} == {"internet", "shop/web[Pod]"}


def test_questions_that_people_ask_are_asked_of_the_same_relation(world: str) -> None:
    net = ringwall.load(world)

    exposed = {row.dst for row in net.exposed("tcp/80").connections}
    senders = {row.src for row in net.who_can_reach("shop/web", "tcp/80").connections}
    reached = {row.dst for row in net.blast_radius("shop/db").connections}

    assert exposed == {"shop/web[Pod]"}
    assert senders == {"internet", "shop/db[Pod]"}
    assert reached == {"internet", "shop/web[Pod]", "169.254.169.254"}


def test_words_that_mean_nothing_are_refused(world: str) -> None:
    net = ringwall.load(world)

    with pytest.raises(UsageError, match="`shop/x` is nothing that was read"):
        net.reach(src="shop/x")
    with pytest.raises(UsageError, match="is no object that was read"):
        net.with_change(delete=["networkpolicy/shop/x"])
    with pytest.raises(InputError, match="does not exist"):
        ringwall.load("nowhere")


def test_many_packets_are_decided_at_once_with_the_rules_that_admit_them(world: str) -> None:
    net = ringwall.load(world)

    found = net.decide_many(["10.0.1.1", "10.0.1.2"], ["10.0.1.2", "10.0.1.1"], [6, 6], [5432, 80])

    assert list(found.verdict) == [0, 2]
    assert net.resolve("10.0.1.2").owner == "shop/db[Pod]"
