"""Reads the cases of a rule's page: its fenced inputs, and the findings they must give."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ringwall.discover import page

PAGES = Path(__file__).parents[2] / "docs" / "rules"
_FENCE = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass
class Case:
    """One case of a page."""

    rule: str
    title: str
    files: dict[str, str] = field(default_factory=dict)
    config: str = ""
    waivers: str = ""
    expected: list[str] | None = None


def cases(rule: str) -> list[Case]:
    """Every case below a page's ``## Cases``."""
    body = page(rule).partition("\n## Cases")[2]
    return [_case(rule, section) for section in re.split(r"^### ", body, flags=re.MULTILINE)[1:]]


def _case(rule: str, section: str) -> Case:
    case = Case(rule, section.partition("\n")[0].strip())
    for number, (language, name, text) in enumerate(_FENCE.findall(section), 1):
        if language == "findings":
            case.expected = [line.strip() for line in text.splitlines() if line.strip()]
        elif language == "toml" and name.strip() == "waivers.toml":
            case.waivers = text
        elif language == "toml":
            case.config = text
        elif language in ("yaml", "json"):
            case.files[name.strip() or f"input-{number}.{language}"] = text
    return case
