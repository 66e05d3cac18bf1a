"""The report as one HTML page: no script, nothing from the network, every text escaped.

What comes from the input passes ``printable`` and then the template's escaping; the style sheet is
the only thing that does not, and the page's policy admits it by its hash and nothing else.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ringwall.check.finding import SEVERITIES, Finding
from ringwall.facts.fact import UNREADABLE
from ringwall.reach.answers import PathOut
from ringwall.reach.engine.relation import Relation
from ringwall.reach.questions import Net
from ringwall.report import trace
from ringwall.report.catalog import Catalog, title
from ringwall.report.escape import printable
from ringwall.report.html.drawing import drawing
from ringwall.report.html.exposure import drawn, exposure
from ringwall.report.html.matrix import matrix
from ringwall.report.outputs import AuditReport
from ringwall.report.places import PlaceOut, place_of
from ringwall.report.table import cluster_line, summary

_HERE: Final = Path(__file__).parent
_FINDINGS: Final = 200
_NOTES: Final = 100
_MEMBERS: Final = 12
_LONGEST: Final = 600
_TOLD_ELSEWHERE: Final = frozenset(("path", "paths", "pattern_severity", "judged", "needs"))


class Told(NamedTuple):
    """A finding as the page shows it."""

    finding: Finding
    word: str
    title: str
    line: str
    paths: list[PathOut]
    place: PlaceOut | None
    members: list[str]
    more: int
    evidence: list[tuple[str, str]]
    judged: str
    needs: str
    worst: str


class Group(NamedTuple):
    """The findings of one severity, or the unknown ones."""

    word: str
    findings: list[Told]


class ByRule(NamedTuple):
    """How often a rule speaks, at which worst severity, in which clusters."""

    rule: str
    title: str
    word: str
    findings: int
    clusters: str


class Notes(NamedTuple):
    """Some sentences, how many more there are, and which command has them all."""

    texts: list[str]
    more: int
    where: str


def render(report: AuditReport, catalog: Catalog, relation: Relation, at: datetime) -> str:
    """The page. ``relation`` is that of the facts which the report is about, ``at`` is when."""
    told = [finding for finding in report.findings if finding.status in ("fail", "unknown")]
    exposed = exposure(relation, Net(relation.facts))
    pictured = drawn(exposed.reached)
    pairs = matrix(relation)
    unknown = sorted({*exposed.because, *pairs.because})
    style = Markup(_HERE.joinpath("style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own
    return _environment().get_template("report.html.j2").render(
        report=report,
        at=f"{at:%Y-%m-%d %H:%M} UTC",
        style=style,
        style_hash=_hash(style),
        summary=summary(report.findings),
        tiles=_tiles(report.findings),
        clusters=[cluster_line(c, report.enforcers.get(c.name, [])) for c in report.clusters],
        rules=_by_rule(told, catalog),
        exposed=exposed,
        pictured=pictured,
        drawing=drawing(pictured),
        matrix=pairs,
        groups=_groups(told[:_FINDINGS], report, catalog),
        untold=max(len(told) - _FINDINGS, 0),
        excepted=_notes(_excepted(report.findings)),
        unseen=_unseen(report, unknown),
    )  # fmt: skip


def _environment() -> Environment:
    """Templates whose every value is made printable, then escaped; a slip in a name is an error."""
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: Any) -> Any:
    return value if isinstance(value, Markup) else printable(str(value))


def _hash(style: str) -> str:
    """What a Content-Security-Policy calls this very style sheet."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _tiles(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """The words and numbers on top: severities from the worst, then what did not fail."""
    fails = Counter(finding.severity for finding in findings if finding.status == "fail")
    statuses = Counter(finding.status for finding in findings)
    tiles = [(severity, fails[severity]) for severity in reversed(SEVERITIES)]
    return [*tiles, *((word, statuses[word]) for word in ("unknown", "excepted", "pass"))]


def _by_rule(told: Iterable[Finding], catalog: Catalog) -> list[ByRule]:
    """Every rule that speaks, in the order of its worst finding."""
    found: dict[str, list[Finding]] = {}
    for finding in told:
        found.setdefault(finding.rule, []).append(finding)
    return [
        ByRule(
            rule,
            title(catalog, rule),
            _word(mine[0]),
            len(mine),
            _listed(sorted({finding.cluster for finding in mine} - {""})),
        )
        for rule, mine in found.items()
    ]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MEMBERS
    return ", ".join(names[:_MEMBERS]) + (f" and {more} more" if more > 0 else "")


def _word(finding: Finding) -> str:
    return finding.severity if finding.status == "fail" else finding.status


def _groups(told: Iterable[Finding], report: AuditReport, catalog: Catalog) -> list[Group]:
    return [
        Group(word, [_told(finding, report, catalog) for finding in some])
        for word, some in groupby(told, key=_word)
    ]


def _told(finding: Finding, report: AuditReport, catalog: Catalog) -> Told:
    members = [] if finding.objects == [finding.cause] else finding.objects
    needs = finding.evidence.get("needs", "")
    return Told(
        finding,
        _word(finding),
        title(catalog, finding.rule),
        trace.line(finding),
        trace.paths(finding),
        place_of(report.sources, finding),
        members[:_MEMBERS],
        max(len(members) - _MEMBERS, 0),
        [(name, _short(value)) for name, value in sorted(finding.evidence.items())
         if name not in _TOLD_ELSEWHERE and value not in ("", None, [], {})],
        str(finding.evidence.get("judged", "")),
        needs if isinstance(needs, str) else "; ".join(map(str, needs)),
        _worst(finding),
    )  # fmt: skip


def _worst(finding: Finding) -> str:
    """The catalog's severity, where the finding's is another."""
    pattern = finding.evidence.get("pattern_severity", finding.severity)
    return "" if pattern == _word(finding) else str(pattern)


def _short(value: object) -> str:
    """A value of the evidence, as far as it is readable."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = _listed(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… (the JSON has all of it)"


def _excepted(findings: Iterable[Finding]) -> Iterable[str]:
    for one in findings:
        if one.status == "excepted":
            why = one.exception.told if one.exception else one.reason
            yield f"{one.severity} {one.rule}: {one.cause}: {why}"


def _unseen(report: AuditReport, unknown: list[str]) -> list[tuple[str, Notes]]:
    """What was not seen or is taken for granted, by what it is."""
    needs = [f"{f.rule}: {f.cause}: {f.reason}" for f in report.findings if f.status == "unknown"]
    left_out = [f"{count} {kind}" for kind, count in report.left_out.items()]
    found = [
        ("Failed", _notes(f"{one.where}: {one.error}" for one in report.failed)),
        ("Not read", _notes(gap.needs for gap in report.gaps if gap.code != UNREADABLE)),
        ("Reach that is unknown", _notes(unknown, "ringwall reach --format json")),
        ("Rules that could not decide", _notes(needs)),
        ("Assumed", _notes(report.assumes)),
        ("Odd", _notes(f"{one.source}: {one.message}" for one in report.warnings)),
        ("Left out, as not about the network", _notes(left_out)),
    ]
    return [(name, notes) for name, notes in found if notes.texts]


def _notes(texts: Iterable[str], where: str = "ringwall audit --format json") -> Notes:
    every = list(texts)
    return Notes(every[:_NOTES], max(len(every) - _NOTES, 0), where)
