"""``ringwall audit``: every rule over the targets, worst finding first."""

from datetime import datetime

import click

from ringwall import pipeline
from ringwall.check.finding import SEVERITIES
from ringwall.cli import deliver, exits, findings, redacting, say, settings
from ringwall.report.outputs import AuditReport, aged
from ringwall.track import ledger

_EXITS = """\b
Exit codes:
  0  nothing at or above --fail-on
  1  findings
  2  wrong usage or configuration
  3  a file or rule failed, results are partial
  4  only unknowns, with --strict-unknown
"""


@click.command("audit", epilog=_EXITS)
@deliver.options(*findings.FORMATS)
@click.option(
    "--fail-on",
    type=click.Choice([*reversed(SEVERITIES), exits.NEVER]),
    default="high",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option("--strict-unknown", is_flag=True, help="Exit with 4 where only unknowns remain.")
@click.option("--all", "everything", is_flag=True, help="Judge also what no cluster touches.")
@settings.option
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Run this rule only; repeatable."
)
@click.option(
    "--since", metavar="TARGET", help="Say what is new, kept and gone since this earlier state."
)
@click.option(
    "--record", metavar="DIR", help="Add what is found to the ledger in DIR, and show ages by it."
)
@redacting.options
@click.option("-v", "--verbose", is_flag=True, help="List also what passed.")
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    fail_on: str,
    strict_unknown: bool,
    everything: bool,
    config: str | None,
    rules: tuple[str, ...],
    since: str | None,
    record: str | None,
    redact: bool,
    redact_key: str | None,
    verbose: bool,
) -> int:
    """Find what is open that should not be, worst first."""
    deliver.check(output)
    deliver.check_stdin(*targets, *([since] if since else []))
    if record is not None:
        ledger.check(record)
    moment = findings.moment()
    settings.check_rules(rules)
    chosen = settings.settings(targets, config)
    redactor = redacting.redactor(redact, redact_key, targets, output)
    earlier = [[since]] if since else []
    reading, *before = pipeline.read_each(targets, *earlier, redactor=redactor)
    say.oddities(reading.facts)
    report = pipeline.audit(
        reading,
        chosen.config,
        rules=rules,
        everything=everything,
        config_file=chosen.file,
        waivers=chosen.waivers,
        since=(since, before[0]) if since else None,
    )
    if record is not None:
        report = _aged(report, record, reading.said(record), moment)
    drawn = deliver.look(output, verbose=verbose)
    deliver.put(findings.text(report, format_, drawn, reading.facts, moment), output)
    _say_what_is_open(report)
    if record is not None:
        pipeline.record(record, report, moment)
    return exits.of_audit(report, fail_on, strict_unknown=strict_unknown)


def _aged(report: AuditReport, folder: str, shown: str, now: datetime) -> AuditReport:
    """The report with the ages that the ledger tells; what it cannot tell is said."""
    history = pipeline.history(folder)
    for problem in history.problems:
        say.warning(problem)
    return aged(report, shown, history, now)


def _say_what_is_open(report: AuditReport) -> None:
    """Unknowns and failures must not be missed where only the exit code is looked at."""
    unknown = sum(finding.status == "unknown" for finding in report.findings)
    if unknown:
        say.warning(f"{unknown} {'finding is' if unknown == 1 else 'findings are'} unknown")
    for failure in report.failed:
        if failure.where.startswith("rule "):
            say.error(f"{failure.where} failed: {failure.error}")
