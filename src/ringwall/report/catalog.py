"""What rules say of themselves, for formats that carry it beside the findings."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from ringwall.check.rule import Rule

_LINK: Final = re.compile(r"\[([^\]]+)\]\([a-z0-9-]+\.md\)")


class Described(NamedTuple):
    """A rule, and its page in Markdown."""

    rule: Rule
    page: str

    @property
    def help(self) -> str:
        """The page without its title and its cases; links to other pages are their words."""
        text = self.page.partition("\n## Cases\n")[0]
        body = text.partition("\n")[2] if text.startswith("# ") else text
        return _LINK.sub(r"`\1`", body).strip()


Catalog: TypeAlias = Mapping[str, Described]
"""Rules by id."""


def title(catalog: Catalog, rule: str) -> str:
    """A rule's title; its id where it is not described."""
    return catalog[rule].rule.title if rule in catalog else rule
