"""Finds what stands in folders: rules. A folder listing is the only registry."""

from importlib import import_module
from pathlib import Path

from ringwall.check import rules
from ringwall.check.rule import LoadedRule


def rule_ids() -> list[str]:
    """The id of every rule, in order: its file's name."""
    folder = Path(next(iter(rules.__path__)))
    names = (file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    return sorted(name.replace("_", "-") for name in names)


def governing_ids() -> frozenset[str]:
    """The rules about what is accepted of other rules' findings."""
    return frozenset(rule_id for rule_id in rule_ids() if load_rule(rule_id).rule.governs)


def load_rule(rule_id: str) -> LoadedRule:
    """One rule from its file."""
    module = import_module(f"{rules.__name__}.{rule_id.replace('-', '_')}")
    return LoadedRule(module.RULE, module.check)


def load_rules() -> list[LoadedRule]:
    """Every rule, in order of id."""
    return [load_rule(rule_id) for rule_id in rule_ids()]


def page(rule_id: str) -> str:
    """A rule's page, in Markdown."""
    here = Path(__file__).parent
    shipped = here / "pages" / f"{rule_id}.md"
    source = here.parent.parent / "docs" / "rules" / f"{rule_id}.md"
    return (shipped if shipped.exists() else source).read_text(encoding="utf-8")
