"""Audits and explanations as text for people."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ringwall.check.finding import SEVERITIES, Finding
from ringwall.check.words import many
from ringwall.facts.fact import UNREADABLE
from ringwall.reach.answers import Explanation, HopOut, PacketOut, PartOut, PathOut
from ringwall.report import trace
from ringwall.report.configured import accepted, age, compared, config_text, gone, placed, title
from ringwall.report.outputs import AuditReport, ClusterOut, EnforcerOut
from ringwall.report.page import Look, Page

_STYLES: Final = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
    "unknown": "magenta",
    "block": "red",
    "blocked": "bold",
    "allow": "green",
    "allowed": "bold",
    "translate": "cyan",
}
_ASSUMED: Final = "policies assumed enforced as specified"
_MORE: Final = "ringwall rules show RULE tells why, how to fix, and when it is wrong"
_WAYS_SHOWN: Final = 3
_MEMBERS_SHOWN: Final = 8


def audit(report: AuditReport, look: Look) -> str:
    """An audit: what it stands on, findings from the worst down, unknowns, what is missing."""
    page = Page(look)
    _head(page, report)
    told = [f for f in report.findings if f.status in ("fail", "unknown")]
    for before, finding in zip([None, *told], told, strict=False):
        page.gap()
        _finding(page, finding, again=before is not None and before.rule == finding.rule)
        age(page, report, finding)
    for finding in report.findings:
        if finding.status == "excepted":
            page.gap()
            accepted(page, finding)
            age(page, report, finding)
    for one in report.gone:
        page.gap()
        gone(page, one)
    if look.verbose:
        _others(page, report.findings)
    page.gap()
    _tail(page, report)
    return page.text


def _head(page: Page, report: AuditReport) -> None:
    assumed = _assumed_first(page, report.assumes)
    page.write(summary(report.findings), style="bold")
    page.gap()
    for cluster in report.clusters:
        engines = report.enforcers.get(cluster.name, [])
        page.write(cluster_line(cluster, engines), label="cluster", indent=9)
    if report.config:
        page.write(config_text(report.config), label="config", indent=9)
    compared(page, report)
    for text in report.assumes:
        if text not in assumed:
            page.write(text, label="assumed", indent=9)


def _assumed_first(page: Page, assumes: list[str]) -> list[str]:
    """What must not be missed stands on the first line; it need not be said again."""
    assumed = [text for text in assumes if text.startswith(_ASSUMED)]
    for text in assumed:
        page.write(text, style="yellow")
    return assumed


def summary(findings: list[Finding]) -> str:
    """How many findings there are, by severity, and how many are unknown."""
    severities = Counter(f.severity for f in findings if f.status == "fail")
    parts = ", ".join(f"{severities[s]} {s}" for s in reversed(SEVERITIES) if severities[s])
    said = f"{many(severities.total(), 'finding')}: {parts}" if parts else "no findings"
    counts = Counter(f.status for f in findings)
    more = [f"{counts[word]} {word}" for word in ("unknown", "excepted") if counts[word]]
    return "; ".join([said, *more])


def cluster_line(cluster: ClusterOut, engines: list[EnforcerOut]) -> str:
    """A cluster in one line: how much of it was read, and what enforces its policies."""
    if not engines:
        return f"{cluster.name}: only its EKS settings, no Kubernetes objects"
    said = {
        "none": "nothing enforces policies",
        "spec": "policies taken as specified",
        "unclear": f"what enforces policies is unclear: {engines[0].problem}",
    }
    versions = {e.name: f" (agent {e.version})" if e.version else "" for e in engines}
    name = " and ".join(f"{name}{version}" for name, version in versions.items())
    counts = ", ".join(
        (
            many(cluster.nodes, "node"),
            many(cluster.workloads, "workload"),
            many(cluster.policies, "network policy"),
        )
    )
    title = cluster.name or cluster.eks.rpartition("/")[2]
    policed = said.get(engines[0].name, f"policies enforced by {name}")
    return f"{title}{': ' if title else ''}{counts}; {policed}"


def _finding(page: Page, finding: Finding, *, again: bool) -> None:
    """``again``: the finding above is of the same rule, its remedy need not be repeated."""
    word = finding.severity if finding.status == "fail" else finding.status
    said = title(finding) + _differs(finding)
    page.write(said, label=word.upper(), indent=10, style=_STYLES[word])
    page.write(finding.cause, indent=2)
    page.write(finding.reason, indent=2)
    placed(page, finding)
    if judged := finding.evidence.get("judged"):
        page.write(str(judged), label="  judged", indent=9)
    if path := trace.line(finding):
        page.write(path, label="  path", indent=9)
    if where := _where(finding):
        page.write(where, label="  where", indent=9)
    if finding.folded:
        page.write(", ".join(finding.folded), label="  also", indent=9)
    if finding.status == "unknown" and (needs := finding.evidence.get("needs")):
        listed = [needs] if isinstance(needs, str) else needs
        page.write("; ".join(map(str, listed)), label="  needs", indent=9)
    else:
        page.write("as above" if again else finding.remediation, label="  fix", indent=9)


def _differs(finding: Finding) -> str:
    """The catalog's severity, where reach lowered it or the configuration says another, and what
    it weighs as much as where it speaks for something graver."""
    evidence = finding.evidence
    pattern = evidence.get("pattern_severity", finding.severity)
    lowered = finding.status == "unknown" or SEVERITIES.index(pattern) > finding.rank
    said = [f"{pattern} at worst"] if lowered else []
    if "configured_severity" in evidence:
        said = [f"{pattern} in the catalog", f"{evidence['configured_severity']} configured"]
    if "raised_by" in evidence:
        said.append(f"as grave as {evidence['raised_by']}")
    return f"  ({', '.join(said)})" if said else ""


def _where(finding: Finding) -> str:
    """Some of the things concerned, unless that is the cause alone."""
    members = finding.examples or finding.objects[:3]
    if members in ([], [finding.cause]):
        return f"{finding.count} in all" if finding.count > 1 else ""
    more = finding.count - len(members)
    between = "; " if any(" " in member for member in members) else ", "
    return between.join(members) + (f" and {more} more" if more > 0 else "")


def _others(page: Page, findings: Iterable[Finding]) -> None:
    for finding in findings:
        if finding.status in ("pass", "not-applicable"):
            page.gap()
            page.write(f"{finding.status}  {finding.rule}  {finding.cluster}".rstrip())
            page.write(finding.cause, indent=2)
            page.write(finding.reason, indent=2)


def _tail(page: Page, report: AuditReport) -> None:
    counts = Counter(f.status for f in report.findings)
    words = ("fail", "unknown", "excepted", "pass", "not-applicable")
    page.write(", ".join(f"{counts[word]} {word}" for word in words), label="status", indent=9)
    for failure in report.failed:
        text = f"{failure.where}: {failure.error}"
        page.write(text, label="failed", indent=9, style="red")
    for gap in report.gaps:
        if gap.code != UNREADABLE:
            page.write(gap.needs, label="not read", indent=9)
    for odd in report.warnings:
        page.write(f"{odd.source}: {odd.message}", label="odd", indent=9)
    if report.left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.left_out.items())
        page.write(f"{kinds} (not about the network)", label="left out", indent=9)
    if any(f.status in ("fail", "unknown") for f in report.findings):
        page.write(_MORE, label="more", indent=9)


def explain(answer: Explanation, look: Look) -> str:
    """One question: the verdict, why, and every step of the packets that show it."""
    page = Page(look)
    taken = _assumed_first(page, answer.assumes)
    page.write(_verdict(answer), style=_STYLES[answer.verdict])
    page.write(answer.from_, label="from", indent=9)
    page.write(answer.to, label="to", indent=9)
    page.write(answer.port, label="port", indent=9)
    for text in answer.assumes:
        if text not in taken:
            page.write(text, label="assumed", indent=9)
    _reasons(page, answer)
    if answer.parts:
        page.gap()
        _parts(page, answer.parts)
    _ways(page, answer)
    return page.text


def _verdict(answer: Explanation) -> str:
    extent = {"all": "in every case", "some": "in some cases"}.get(answer.extent or "", "")
    replies = {
        "established": "",
        "partial": "only some replies come back",
        "none": "no reply comes back",
        "unknown": "whether replies come back is unknown",
    }
    placed = f"with the pods placed otherwise: {answer.if_placed}" if answer.if_placed else ""
    said = [extent, replies[answer.reply or "established"], placed]
    return ", ".join([answer.verdict.upper(), *filter(None, said)])


def _reasons(page: Page, answer: Explanation) -> None:
    if answer.blocked_by:
        page.gap()
        page.write("blocked by", style="bold")
        for hop in answer.blocked_by:
            _hop(page, hop, "  -")
    if answer.unknowns:
        page.gap()
        page.write("not known", style="bold")
        for name, unknown in answer.unknowns.items():
            page.write(f"{unknown.object}: {unknown.needs}", label=f"  {name}", indent=6)


def _parts(page: Page, parts: list[PartOut]) -> None:
    """The parts, those of one verdict and pair together."""
    page.write("the answer differs", style="bold")
    found: dict[tuple[str, str], list[PartOut]] = {}
    for part in parts:
        found.setdefault((part.verdict, part.why), []).append(part)
    for (verdict, why), some in found.items():
        label = f"{verdict}, by {why}" if why else verdict
        page.write(label, indent=2, style=_STYLES[verdict])
        for name in ("from_", "to", "port"):
            members = list(dict.fromkeys(getattr(part, name) for part in some))
            page.write(_listed(members), label=f"    {name.rstrip('_')}", indent=9)


def _listed(members: list[str]) -> str:
    more = len(members) - _MEMBERS_SHOWN
    return ", ".join(members[:_MEMBERS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _ways(page: Page, answer: Explanation) -> None:
    """One open way is enough: where the answer is allowed throughout, blocked ones beside it are
    only counted."""
    throughout = answer.verdict == "allowed" and answer.extent == "all"
    ways = [way for way in answer.paths if not (throughout and way.verdict == "blocked")]
    shown: Counter[str] = Counter()
    for way in ways:
        shown[way.verdict] += 1
        if shown[way.verdict] <= _WAYS_SHOWN:
            page.gap()
            _way(page, way, shown.total(), len(ways))
    hidden = sum(max(count - _WAYS_SHOWN, 0) for count in shown.values())
    hidden += len(answer.paths) - len(ways)
    if hidden:
        page.gap()
        page.write(f"not shown: {many(hidden, 'more way')}; --format json has them all")


def _way(page: Page, way: PathOut, number: int, of: int) -> None:
    title = f"way {number} of {of}: {way.verdict}" if of > 1 else "the way of the packet"
    page.write(title, style="bold")
    if way.note:
        page.write(way.note, indent=2)
    _steps(page, way.hops)
    if way.reply_hops:
        page.write(f"its reply: {way.reply}", style="bold")
        _steps(page, way.reply_hops)


def _steps(page: Page, hops: list[HopOut]) -> None:
    """Hop by hop, with the packet wherever it looks different from before."""
    packet: PacketOut | None = None
    for step, hop in enumerate(hops, 1):
        if hop.packet != packet:
            packet = hop.packet
            page.write(f"{packet.src} → {packet.dst} {packet.port}", indent=2, style="dim")
        _hop(page, hop, f"{step:3}")


def _hop(page: Page, hop: HopOut, lead: str) -> None:
    label = f"{lead}  {hop.effect:<9}  "
    said = f"{hop.gate}: {hop.note}" if hop.note else hop.gate
    page.write(said, label=label, indent=len(label), style=_STYLES[hop.effect])
    page.write(hop.at, label="     at", indent=8)
    for rule in hop.rules:
        page.write(trace.rule_text(hop, rule), label="     by", indent=8)
    if hop.isolated_by and hop.effect == "block":
        page.write("these isolate the pod, and no rule admits it", indent=8)
    elif hop.isolated_by and not hop.rules:
        page.write(f"isolated by {', '.join(hop.isolated_by)}", indent=8)
    if hop.because:
        page.write(f"not known: {', '.join(hop.because)}", indent=8)
