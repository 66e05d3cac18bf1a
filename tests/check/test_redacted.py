"""An audit of redacted facts finds what an audit of the facts finds, under other names."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringwall import pipeline
from ringwall.check import waivers
from ringwall.check.config import Config, parse
from ringwall.check.finding import Finding
from ringwall.check.waivers import Held
from ringwall.facts.redact import Redactor
from ringwall.pipeline import Reading
from ringwall.report.outputs import AuditReport
from tests.check.test_config import WORLD
from tests.check.test_waivers import GROUP, KNOWN, OTHER, RULE, waiver
from tests.real.corpus import RECORDED
from tests.support import facts_of

EXAMPLES = Path(__file__).parents[2] / "examples"
KEY = b"a key that is long enough"
SOON = str(datetime.now(UTC).date() + timedelta(days=30))
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: world, namespace: shop}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
"""
FILES = {**WORLD, "policy.yaml": POLICY}


def kinds(report: AuditReport, redactor: Redactor | None = None) -> Counter[tuple[object, ...]]:
    """What was found, redacted afterwards where there is a redactor. A waiver is called after its
    rule and what it selects by, which is no name."""

    def said(text: str) -> str:
        return redactor.text(text) if redactor else text

    return Counter(
        (f.rule, f.status, f.severity, f.count, tuple(f.folded), said(f.cluster), said(f.cause))
        if not f.cause.startswith("waiver/")
        else (f.rule, f.status, f.severity, f.count)
        for f in report.findings
    )


@pytest.mark.parametrize(
    "target", [EXAMPLES / "shop", EXAMPLES / "standard", RECORDED / "cloud-custodian"], ids=str
)
def test_redacted_facts_have_the_findings_that_they_had(target: Path) -> None:
    reading, redactor = pipeline.read([str(target)]), Redactor(KEY)

    redacted = pipeline.audit(reading.redacted(redactor))

    assert kinds(redacted) == kinds(pipeline.audit(reading), redactor)
    assert redacted.failed == []


# --- what is configured keeps its meaning ---------------------------------------------------------


def both(toml: str = "", waived: str = "") -> tuple[AuditReport, AuditReport, Redactor]:
    """The report of a world, that of the redacted world, and what redacted it."""
    config, redactor = parse(toml, "ringwall.toml"), Redactor(KEY)
    held = waivers.parse(waived, "waivers.toml", config, KNOWN)
    reading = Reading(facts_of(FILES), {})
    return told(reading, config, held), told(reading.redacted(redactor), config, held), redactor


def told(reading: Reading, config: Config, held: tuple[Held, ...]) -> AuditReport:
    return pipeline.audit(
        reading, config, everything=True, config_file="ringwall.toml", waivers=held
    )


def accepted(report: AuditReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.status == "excepted"]


@pytest.mark.parametrize(
    "selector",
    [
        {"cause": '"namespace/pay"'},
        {"cause": '"namespace/p?y"'},
        {"cause": '"names*/*"'},
        {"namespace": '"pa*"'},
        {"labels": '{ team = "mon*" }'},
        {"rule": GROUP, "cause": f'"{RULE}"'},
        {"rule": GROUP, "cause": '"sg-0abc:*:198.51.*"'},
        {"rule": GROUP, "tags": '{ Environment = "dev-?" }'},
        {"rule": GROUP, "cause": f'"{OTHER}"'},
    ],
    ids=str,
)
def test_a_waiver_accepts_what_it_accepts_without_redaction(selector: dict[str, str]) -> None:
    plain, redacted, redactor = both(waived=waiver(expires=SOON, **selector))

    causes = [redactor.text(finding.cause) for finding in accepted(plain)]
    assert causes
    assert sorted(finding.cause for finding in accepted(redacted)) == sorted(causes)
    assert kinds(redacted) == kinds(plain, redactor)


def test_a_waiver_for_a_rule_of_a_policy_is_found_by_what_the_rule_said() -> None:
    """The lasting name of such a cause is a digest of the rule, which redaction changes."""
    plain, _, _ = both()
    open_ = [f for f in plain.findings if f.rule == "np-allow-all" and f.status == "fail"]
    (subject,) = {finding.subject for finding in open_}

    _, redacted, _ = both(waived=waiver("np-allow-all", SOON, cause=f'"{subject}"'))

    assert subject.startswith("networkpolicy/shop/world:ingress:")
    assert [finding.rule for finding in accepted(redacted)] == ["np-allow-all"]
    assert accepted(redacted)[0].subject != subject


AREAS = """
[[environment]]
name = "production"
criticality = "high"
namespaces = ["p?y"]
[[tenant]]
name = "Treasury"
tags = { Environment = "dev*" }
[[severity]]
rules = ["np-namespace-none"]
severity = "low"
environments = ["production"]
"""


def test_areas_and_severities_are_those_without_redaction() -> None:
    plain, redacted, redactor = both(AREAS)

    def areas(report: AuditReport) -> Counter[tuple[str, ...]]:
        return Counter((f.rule, f.environment, f.tenant, f.criticality) for f in report.findings)

    expected = Counter(
        (rule, redactor.text(environment), redactor.text(tenant), criticality)
        for rule, environment, tenant, criticality in areas(plain).elements()
    )
    assert areas(redacted) == expected
    assert redactor.text("production") in {f.environment for f in redacted.findings}
    assert kinds(redacted) == kinds(plain, redactor)


NETWORKS = """
[[network]]
name = "head office"
cidrs = ["203.0.113.0/24"]
owner = "Jane"
[[allow]]
rules = ["sg-non-443-ingress"]
sources = ["198.51.100.0/24"]
reason = "agreed with Acme"
[tags]
required = ["CostCenter2"]
justification = ["ENVIRONMENT"]
[labels]
required = ["team"]
"""


def test_networks_allow_lists_and_required_tags_are_those_without_redaction() -> None:
    plain, redacted, redactor = both(NETWORKS)

    assert kinds(redacted) == kinds(plain, redactor)
    assert kinds(plain) != kinds(both()[0])


def test_nothing_of_the_configuration_is_shown_as_it_is() -> None:
    waived = waiver("np-namespace-none", SOON, cause='"namespace/pay"')

    _, redacted, _ = both(AREAS + NETWORKS, waived)

    shown = repr(redacted)
    for private in "production Treasury office Jane Acme CostCenter2 PLAT-1 Roe platform".split():
        assert private not in shown
