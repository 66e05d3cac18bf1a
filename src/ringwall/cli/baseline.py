"""``ringwall baseline``: what is found today becomes waivers, each with an owner and an end."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from ringwall import pipeline
from ringwall.check import config
from ringwall.check.finding import Finding
from ringwall.check.toml import value_text
from ringwall.check.words import many
from ringwall.cli import deliver, exits, say, settings
from ringwall.cli.settings import Settings
from ringwall.discover import governing_ids
from ringwall.errors import UsageError
from ringwall.report.escape import printable
from ringwall.report.outputs import AuditReport

_DAYS: Final = re.compile(r"(\d{1,6})d")
_EXAMPLES: Final = """\b
Examples:
  ringwall baseline dump -o waivers.toml --owner platform --approver "J. Roe" \\
    --reason "there before Ringwall, PLAT-123" --expires 90d

\b
Then, at the top of ringwall.toml:
  waivers = "waivers.toml"

\b
Exit codes:
  0  the waivers are written
  2  wrong usage or configuration
  3  a file or rule failed: nothing is written, for it could not be all
"""


@click.command("baseline", epilog=_EXAMPLES)
@deliver.targets
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="Write to FILE, which must be new."
)
@click.option("--owner", required=True, metavar="TEXT", help="Who has to mend it.")
@click.option("--approver", required=True, metavar="TEXT", help="Who accepts it until then.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is accepted.")
@click.option(
    "--expires", required=True, metavar="DATE|DAYS", help="The last day: 2030-06-30, or 90d."
)
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="The configuration [default: ringwall.toml nearby].",
)
@click.option("--all", "everything", is_flag=True, help="Judge also what no cluster touches.")
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Accept of this rule only; repeatable."
)
def command(
    targets: tuple[str, ...],
    output: str,
    owner: str,
    approver: str,
    reason: str,
    expires: str,
    config_file: str | None,
    everything: bool,
    rules: tuple[str, ...],
) -> int:
    """Accept what is found today, with an owner and an end.

    Writes one waiver for the exact cause of each failing finding. What is accepted already, and
    what is unknown, is left out.
    """
    deliver.check_new(output)
    settings.check_rules(rules)
    chosen = settings.settings(targets, config_file, waivers_due=False)
    persons = {"owner": owner, "reason": reason, "approver": approver}
    _check_persons(persons)
    end = _end(expires, chosen)
    report = _audited(targets, chosen, rules, everything=everything)
    if report.failed:
        return exits.FAILED
    text, count = _file(report.findings, persons, end)
    deliver.put_new(text, output)
    click.echo(f"{printable(output)}: {many(count, 'waiver')} until {end}")
    _say_if_not_named(chosen, output)
    return exits.OK


def _check_persons(persons: dict[str, str]) -> None:
    for name, text in persons.items():
        if not text.strip():
            raise UsageError(f"`--{name}` is empty; a waiver needs it")


def _audited(
    targets: tuple[str, ...], chosen: Settings, rules: tuple[str, ...], *, everything: bool
) -> AuditReport:
    reading = pipeline.read(targets)
    say.oddities(reading.facts)
    report = pipeline.audit(
        reading, chosen.config, rules=rules, everything=everything, waivers=chosen.waivers
    )
    for failure in report.failed:
        say.error(f"{failure.where} failed: {failure.error}")
    return report


def _end(text: str, chosen: Settings) -> date:
    """The last day of the waivers. Raises UsageError."""
    today = datetime.now(UTC).date()
    found = _DAYS.fullmatch(text)
    try:
        end = today + timedelta(int(found[1])) if found else date.fromisoformat(text)
    except (ValueError, OverflowError):
        hint = "write a day as 2030-06-30, or a number of days as 90d"
        raise UsageError(f"`--expires {text}` is no day; {hint}") from None
    longest = chosen.config.thresholds.waiver_days
    if end < today:
        raise UsageError(f"`--expires {text}` is over; today is {today}")
    if (end - today).days > longest:
        most = f"{many(longest, 'day')} ahead (waiver_days of [thresholds] in ringwall.toml)"
        raise UsageError(f"`--expires {text}` is {end}; a waiver ends at most {most}")
    return end


def _file(findings: list[Finding], persons: dict[str, str], end: date) -> tuple[str, int]:
    """The file, and how many waivers it holds: one for all findings that have one lasting name."""
    governing = governing_ids()
    failing = [f for f in findings if f.status == "fail" and f.rule not in governing]
    chosen = {(f.rule, f.cluster, f.subject): f for f in reversed(failing)}
    lines = [
        "# Written by `ringwall baseline`: findings accepted as they were, each until its end."
    ]
    for _, finding in sorted(chosen.items()):
        lines += ["", f"# {finding.severity}: {printable(finding.reason)}", "[[waiver]]"]
        lines += _entry(finding, persons)
        lines.append(f"expires = {end}")
    return "\n".join(lines) + "\n", len(chosen)


def _entry(finding: Finding, persons: dict[str, str]) -> Iterator[str]:
    where = {"cluster": finding.cluster} if finding.cluster else {}
    fields = {"rule": finding.rule, "cause": finding.subject, **where, **persons}
    for name, text in fields.items():
        yield f"{name} = {value_text(text)}"


def _say_if_not_named(chosen: Settings, output: str) -> None:
    named = chosen.waivers_file
    if named and Path(named).resolve() == Path(output).resolve():
        return
    file = chosen.file or config.FILE
    beside = os.path.relpath(output, Path(file).parent)
    say.warning(f"it counts once `{file}` names it, at its top: waivers = {value_text(beside)}")
