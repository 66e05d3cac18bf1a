"""``ringwall rules``: what the audit looks for."""

import click

from ringwall.check.finding import SEVERITIES
from ringwall.cli import settings
from ringwall.discover import load_rules, page


@click.group("rules")
def command() -> None:
    """List the rules, or show one rule's page."""


@command.command("list")
def list_() -> None:
    """List every rule, the gravest first: id, severity, what it finds."""
    rules = [loaded.rule for loaded in load_rules()]
    rules.sort(key=lambda rule: (-SEVERITIES.index(rule.severity), rule.id))
    formatter = click.HelpFormatter(width=click.get_current_context().terminal_width)
    formatter.write_dl([(rule.id, f"{rule.severity}: {rule.title}") for rule in rules])
    click.echo(formatter.getvalue(), nl=False)


@command.command("show")
@click.argument("rule_id", metavar="ID")
def show(rule_id: str) -> None:
    """Show a rule's page: what, why, how to fix, when it is wrong, and its test cases."""
    settings.check_rules([rule_id])
    click.echo(page(rule_id), nl=False)
