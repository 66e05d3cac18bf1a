"""``ringwall rules``: the catalog, on the command line."""

from ringwall.discover import page, rule_ids
from tests.cli.conftest import Ringwall


def test_every_rule_is_listed_the_gravest_first(ringwall: Ringwall) -> None:
    out = ringwall("rules", "list").out

    shown = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert sorted(shown) == rule_ids()
    assert out.index("critical: ") < out.index("high: ")


def test_a_rules_page_is_shown_as_it_is(ringwall: Ringwall) -> None:
    assert ringwall("rules", "show", "np-allow-all").out == page("np-allow-all")


def test_the_commands_that_collect_are_printed(ringwall: Ringwall) -> None:
    result = ringwall("collect", "--print-commands", "--cluster", "shop", "--region", "eu-west-1")

    assert result.out.startswith("#!/bin/sh\n")
    assert "aws --region eu-west-1 ec2 describe-vpcs" in result.out
    assert result.code == 0
