"""Findings in a format; each format is imported when it is asked for."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ringwall.discover import load_rule, page, rule_ids
from ringwall.errors import UsageError
from ringwall.facts.fact import Facts
from ringwall.report.catalog import Catalog, Described
from ringwall.report.outputs import AuditReport
from ringwall.report.page import Look

_EPOCH: Final = "SOURCE_DATE_EPOCH"


@dataclass(frozen=True, slots=True)
class Telling:
    """A report, and what else a format may need: how to draw, the facts, and when it is."""

    report: AuditReport
    look: Look
    facts: Facts
    at: datetime


def text(report: AuditReport, format_: str, look: Look, facts: Facts, at: datetime) -> str:
    """The report in one of ``FORMATS``."""
    return FORMATS[format_](Telling(report, look, facts, at))


def moment() -> datetime:
    """Now; or what ``SOURCE_DATE_EPOCH`` says, so that output can be made again to the byte.

    Raises UsageError where that is no time.
    """
    said = os.environ.get(_EPOCH)
    if not said:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(said), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"`{said}` in {_EPOCH} is no time; write seconds since 1970, or unset it"
        ) from None


def _catalog(report: AuditReport) -> Catalog:
    """The rules that the report names."""
    named = {finding.rule for finding in report.findings} & set(rule_ids())
    return {id_: Described(load_rule(id_).rule, page(id_)) for id_ in sorted(named)}


def _table(told: Telling) -> str:
    from ringwall.report import table

    return table.audit(told.report, told.look)


def _json(told: Telling) -> str:
    from ringwall.report import json

    return json.render(told.report)


def _sarif(told: Telling) -> str:
    from ringwall.report import sarif

    return sarif.render(told.report, _catalog(told.report))


def _junit(told: Telling) -> str:
    from ringwall.report import junit

    return junit.render(told.report)


def _ocsf(told: Telling) -> str:
    from ringwall.report import ocsf

    return ocsf.render(told.report, _catalog(told.report), told.at)


def _csv(told: Telling) -> str:
    from ringwall.report import spreadsheet

    return spreadsheet.render(told.report)


def _markdown(told: Telling) -> str:
    from ringwall.report import markdown

    return markdown.render(told.report)


def _github(told: Telling) -> str:
    from ringwall.report import github

    return github.render(told.report)


def _html(told: Telling) -> str:
    from ringwall.reach.engine.relation import Relation
    from ringwall.report.html import page as html

    return html.render(told.report, _catalog(told.report), Relation.of(told.facts), told.at)


FORMATS: Final[dict[str, Callable[[Telling], str]]] = {
    "table": _table,
    "json": _json,
    "sarif": _sarif,
    "junit": _junit,
    "ocsf": _ocsf,
    "csv": _csv,
    "md": _markdown,
    "github": _github,
    "html": _html,
}
"""Every format, by its name."""
