"""``waivers.toml``: findings that somebody accepted, each with an owner, a reason and an end.

A waiver holds through the day that ``expires`` names. One that has ended, or ends later than the
configuration lets it, accepts nothing.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ringwall.check import toml
from ringwall.check.causes import Causes
from ringwall.check.config import Config, Criticality, check_area_name, no_rule
from ringwall.check.finding import Excepted, Finding
from ringwall.check.subjects import fit_all, fits, is_pattern
from ringwall.check.toml import Source

PERSONS: Final = ("owner", "reason", "approver")
SELECTORS: Final = ("cause", "cluster", "namespace", "environment", "tenant", "criticality")


class Waiver(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. Everything that it selects by must fit; ``*`` and ``?`` stand for anything."""

    rule: str
    owner: str
    reason: str
    approver: str
    expires: date
    cause: str = ""
    cluster: str = ""
    namespace: str = ""
    environment: str = ""
    tenant: str = ""
    criticality: Criticality = ""
    labels: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def selectors(self) -> dict[str, str]:
        """What it selects by, in words."""
        texts = {name: getattr(self, name) for name in SELECTORS}
        for name, pairs in (("labels", self.labels), ("tags", self.tags)):
            texts[name] = ",".join(f"{key}={value}" for key, value in pairs.items())
        return {name: text for name, text in texts.items() if text}

    @property
    def id(self) -> str:
        """What names it in findings: its rule and what it selects by."""
        said = " ".join(f"{name}={text}" for name, text in self.selectors.items())
        return f"waiver/{self.rule}:{self.cause if self.selectors.keys() == {'cause'} else said}"

    @property
    def is_bounded(self) -> bool:
        """Whether it is held to a part of a cluster: the id in ``cause`` has more than wildcards,
        or a namespace, environment, tenant, label or tag is named."""
        named = bool(re.search(r"\w", self.cause.rpartition("!")[2]))
        return named or not self.selectors.keys() <= {"cause", "cluster", "criticality"}


class WaiverFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    waiver: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A waiver and where it is written (``waivers.toml:12``); ``redacted`` is what is shown of it
    where it must not be shown as it is."""

    waiver: Waiver
    source: str
    redacted: Waiver | None = None

    @property
    def shown(self) -> Waiver:
        """The waiver as findings tell of it."""
        return self.redacted or self.waiver


def load(path: Path, config: Config, known: Collection[str]) -> tuple[Held, ...]:
    """Reads and checks a file of waivers; ``known`` are the ids of the rules that can be waived.
    Raises ConfigError with file and place."""
    return _checked(*toml.load(path, WaiverFile), config, known)


def parse(text: str, name: str, config: Config, known: Collection[str]) -> tuple[Held, ...]:
    """The same of a text."""
    return _checked(*toml.parse(text, name, WaiverFile), config, known)


def _checked(
    file: WaiverFile, source: Source, config: Config, known: Collection[str]
) -> tuple[Held, ...]:
    for i, waiver in enumerate(file.waiver):
        _check(waiver, f"waiver[{i}]", source, config, known)
    return tuple(Held(waiver, source.place(f"waiver[{i}]")) for i, waiver in enumerate(file.waiver))


def _check(
    waiver: Waiver, path: str, source: Source, config: Config, known: Collection[str]
) -> None:
    if waiver.rule not in known:
        raise source.error(f"{path}.rule", no_rule(waiver.rule, known))
    for name in PERSONS:
        if not getattr(waiver, name).strip():
            raise source.error(f"{path}.{name}", f"a [[waiver]] needs {name}")
    if not waiver.selectors:
        raise source.error(
            path,
            "a [[waiver]] needs what it is about: cause, cluster, namespace, environment, "
            "tenant, criticality, labels or tags",
        )
    for kind, name, areas in (
        ("environment", waiver.environment, config.environment),
        ("tenant", waiver.tenant, config.tenant),
    ):
        if name:
            check_area_name(source, f"{path}.{kind}", kind, name, areas)


@dataclass
class Exceptions:
    """Which findings the waivers of one audit are about.

    ``longest`` is how many days ahead a waiver may end. ``ran`` are the rules that were run to
    their end, ``failed`` those that were not; ``findings`` are what they found.
    """

    waivers: tuple[Held, ...]
    today: date
    longest: int
    causes: Causes
    ran: frozenset[str]
    failed: frozenset[str]
    findings: list[Finding]

    def has_ended(self, held: Held) -> bool:
        """Whether a waiver's last day is over."""
        return held.waiver.expires < self.today

    def days_too_long(self, held: Held) -> int:
        """By how many days a waiver ends later than it may."""
        return max(0, (held.waiver.expires - self.today).days - self.longest)

    def holds(self, held: Held) -> bool:
        """Whether a waiver accepts anything today."""
        return not (self.has_ended(held) or self.days_too_long(held))

    def about(self, held: Held, *statuses: str) -> list[Finding]:
        """The findings with one of some statuses that a waiver selects, those that another
        finding implies included."""
        found = [self.findings[i] for i in self._candidates(held.waiver)]
        return [f for f in found if f.status in statuses and self._selects(held, f)]

    def apply(self) -> None:
        """Accepts the failing findings that a waiver selects: by the first one in the file."""
        for held in filter(self.holds, self.waivers):
            for i in self._candidates(held.waiver):
                finding = self.findings[i]
                mine = finding.rule == held.waiver.rule and finding.status == "fail"
                if mine and self._selects(held, finding):
                    self.findings[i] = replace(finding, status="excepted", exception=_of(held))

    def of_rule(self, rule_id: str) -> list[Finding]:
        """What a rule found."""
        found = (self.findings[i] for i in self._by_rule.get(rule_id, ()))
        return [finding for finding in found if finding.rule == rule_id]

    @cached_property
    def judged(self) -> dict[str, set[str]]:
        """Rule → the clusters in which it judged anything, as they are called."""
        found: dict[str, set[str]] = defaultdict(set)
        for finding in self.findings:
            if finding.status != "not-applicable":
                found[finding.rule].add(self.causes.named(finding.cluster))
        return found

    @cached_property
    def _by_rule(self) -> dict[str, list[int]]:
        """Rule → where its findings are, and those that imply it."""
        found: dict[str, list[int]] = defaultdict(list)
        for i, finding in enumerate(self.findings):
            for rule in (finding.rule, *finding.folded):
                found[rule].append(i)
        return found

    @cached_property
    def _by_cause(self) -> dict[tuple[str, str], list[int]]:
        """The same by rule and cause, and by the cause's lasting name."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for rule, places in self._by_rule.items():
            for i in places:
                for name in self.causes.of(self.findings[i]):
                    found[rule, name].append(i)
        return found

    def _candidates(self, waiver: Waiver) -> list[int]:
        """Where findings are that a waiver may be about."""
        if waiver.cause and not is_pattern(waiver.cause):
            return self._by_cause.get((waiver.rule, waiver.cause), [])
        return self._by_rule.get(waiver.rule, [])

    def _selects(self, held: Held, finding: Finding) -> bool:
        waiver = held.waiver
        names = self.causes.of(finding)
        if waiver.cause and not any(waiver.cause == n or fits(waiver.cause, n) for n in names):
            return False
        if waiver.cluster and not fits(waiver.cluster, self.causes.named(finding.cluster)):
            return False
        for wanted, found in (
            (held.shown.environment, finding.environment),
            (held.shown.tenant, finding.tenant),
            (waiver.criticality, finding.criticality),
        ):
            if wanted and wanted != found:
                return False
        return self._fits_subject(waiver, finding)

    def _fits_subject(self, waiver: Waiver, finding: Finding) -> bool:
        if not (waiver.namespace or waiver.labels or waiver.tags):
            return True
        subject = self.causes.subject(finding)
        if waiver.namespace and not fits(waiver.namespace, subject.namespace):
            return False
        return fit_all(waiver.labels, subject.labels) and fit_all(waiver.tags, subject.tags)


def _of(held: Held) -> Excepted:
    waiver = held.shown
    return Excepted(
        by="waiver",
        reason=waiver.reason,
        source=held.source,
        owner=waiver.owner,
        approver=waiver.approver,
        expires=waiver.expires.isoformat(),
    )
