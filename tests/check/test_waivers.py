"""What a waiver accepts, until when, and what is said to a wrong one."""

from datetime import date, timedelta

import pytest

from ringwall.check import waivers
from ringwall.check.audit import Audit
from ringwall.check.config import Config, parse
from ringwall.check.finding import Excepted, Finding
from ringwall.check.rule import LoadedRule, Rule
from ringwall.check.run import run
from ringwall.discover import governing_ids, load_rules, rule_ids
from ringwall.errors import ConfigError
from tests.check.test_config import AREAS, WORLD
from tests.support import net_of

TODAY = date(2026, 1, 15)
KNOWN = sorted(set(rule_ids()) - governing_ids())


def waiver(rule: str = "np-namespace-none", expires: str = "2026-06-30", **selector: str) -> str:
    """An entry; what it selects by is given in TOML."""
    lines = [f'rule = "{rule}"', 'owner = "platform"', 'reason = "moves, PLAT-1"']
    lines += ['approver = "J. Roe"', f"expires = {expires}"]
    lines += [f"{name} = {text}" for name, text in selector.items()]
    return "\n".join(["[[waiver]]", *lines, ""])


def audited(toml: str, config: str = "", today: date = TODAY) -> list[Finding]:
    chosen = parse(config, "ringwall.toml")
    held = waivers.parse(toml, "waivers.toml", chosen, KNOWN)
    audit = Audit(net_of(WORLD), chosen, everything=True, today=today, waivers=held)
    findings, failures = run(audit, load_rules())
    assert failures == []
    return findings


def accepted(toml: str, config: str = "", today: date = TODAY) -> set[str]:
    """The causes of what is accepted."""
    return {f.cause for f in audited(toml, config, today) if f.status == "excepted"}


RULE = "sg-0abc:ingress:tcp/8443:203.0.113.0/25"
OTHER = "sg-0abc:ingress:tcp/8443:198.51.100.0/24"
GROUP = "sg-non-443-ingress"


@pytest.mark.parametrize(
    ("toml", "causes"),
    [
        (waiver(cause='"namespace/pay"'), {"namespace/pay"}),
        (waiver(cause='"namespace/p"'), set()),
        (waiver(cause='"namespace/*"'), {"namespace/pay", "namespace/shop"}),
        (waiver(cause='"namespace/p?y"'), {"namespace/pay"}),
        (waiver(cause='"namespace/[p]ay"'), set()),
        (waiver(namespace='"pay"'), {"namespace/pay"}),
        (waiver(labels='{ team = "money" }'), {"namespace/pay"}),
        (waiver(labels='{ team = "money", x = "*" }'), set()),
        (waiver(cluster='"shop"'), set()),
        (waiver(cause='"*"', cluster='"*"'), {"namespace/pay", "namespace/shop"}),
        (waiver("np-allow-all", cause='"namespace/pay"'), set()),
        (waiver(GROUP, cause=f'"{RULE}"'), {RULE}),
        (waiver(GROUP, cause='"sg-0abc:ingress:tcp/8443:*"'), {RULE, OTHER}),
        (waiver(GROUP, tags='{ Environment = "dev-*" }'), {RULE, OTHER}),
        (waiver(GROUP, tags='{ Environment = "prod" }'), set()),
        (waiver(cause='"namespace/pay"', namespace='"shop"'), set()),
    ],
)
def test_what_a_waiver_selects(toml: str, causes: set[str]) -> None:
    assert accepted(toml) == causes


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("environment", "prod", None), ("tenant", "money", None), ("criticality", "high", "low")],
)
def test_a_waiver_can_select_by_what_is_configured(name: str, good: str, bad: str | None) -> None:
    assert accepted(waiver(**{name: f'"{good}"'}), AREAS) == {"namespace/pay"}
    if bad:
        assert accepted(waiver(**{name: f'"{bad}"'}), AREAS) == set()


def test_who_accepted_it_why_and_until_when_is_told() -> None:
    (finding,) = (
        f for f in audited("\n" + waiver(cause='"namespace/pay"')) if f.status == "excepted"
    )

    assert finding.exception == Excepted(
        by="waiver",
        reason="moves, PLAT-1",
        source="waivers.toml:2",
        owner="platform",
        approver="J. Roe",
        expires="2026-06-30",
    )
    assert (finding.severity, finding.folded) == (
        "high",
        ["np-no-default-deny-egress", "np-no-default-deny-ingress", "np-pod-unselected"],
    )


@pytest.mark.parametrize(
    ("expires", "holds", "findings"),
    [
        (TODAY - timedelta(days=1), False, ["gov-exception-expired"]),
        (TODAY, True, []),
        (TODAY + timedelta(days=365), True, []),
        (TODAY + timedelta(days=366), False, ["gov-exception-broad"]),
        (date(9999, 12, 31), False, ["gov-exception-broad"]),
        (date(1, 1, 1), False, ["gov-exception-expired"]),
    ],
)
def test_from_when_until_when_a_waiver_holds(
    expires: date, holds: bool, findings: list[str]
) -> None:
    found = audited(waiver(cause='"namespace/pay"', expires=expires.isoformat()))

    assert any(f.status == "excepted" for f in found) is holds
    told = [f.rule for f in found if f.rule.startswith("gov-") and f.status in ("fail", "unknown")]
    assert told == findings


def test_how_far_ahead_a_waiver_may_end_can_be_set() -> None:
    toml = waiver(cause='"namespace/pay"')

    assert accepted(toml, "[thresholds]\nwaiver_days = 165\n") == set()
    assert accepted(toml, "[thresholds]\nwaiver_days = 166\n") == {"namespace/pay"}


def test_the_first_of_two_waivers_accepts_and_the_second_is_not_unused() -> None:
    toml = waiver(cause='"namespace/pay"') + waiver(namespace='"pay"')
    found = audited(toml)

    (finding,) = (f for f in found if f.status == "excepted")
    assert finding.exception is not None
    assert finding.exception.source == "waivers.toml:1"
    assert {f.status for f in found if f.rule == "gov-exception-unused"} == {"pass"}


def test_an_expired_waiver_beside_a_good_one_takes_nothing_from_it() -> None:
    toml = waiver(cause='"namespace/pay"', expires="2025-01-01") + waiver(cause='"namespace/pay"')

    assert accepted(toml) == {"namespace/pay"}


def test_an_unknown_finding_is_not_accepted() -> None:
    policy = "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: x}\n"
    held = waivers.parse(waiver(cause='"namespace/pay"'), "w", Config(), KNOWN)
    world = f"{WORLD['pods.yaml']}---\n{policy}"
    findings, _ = run(Audit(net_of(world), today=TODAY, waivers=held), load_rules())

    (finding,) = (f for f in findings if f.rule == "np-namespace-none" and "pay" in f.cause)
    assert finding.status == "unknown"


def test_whether_a_waiver_of_a_rule_that_crashed_is_used_is_unknown() -> None:
    def broken(audit: Audit) -> list[Finding]:
        raise LookupError("no such luck")

    rules = [one for one in load_rules() if one.rule.governs]
    rules.append(LoadedRule(Rule("np-namespace-none", "t", "high", "reach", "r"), broken))
    held = waivers.parse(waiver(cause='"namespace/pay"'), "w", Config(), KNOWN)
    findings, failures = run(Audit(net_of(WORLD), today=TODAY, waivers=held), rules)

    told = {f.rule: (f.status, f.severity) for f in findings}
    assert told["gov-exception-unused"] == ("unknown", "low")
    assert [failure.where for failure in failures] == ["rule np-namespace-none"]


def test_whether_a_waiver_is_used_is_unknown_where_not_everything_was_read() -> None:
    held = waivers.parse(waiver(cause='"namespace/gone"'), "w", Config(), KNOWN)
    world = {**WORLD, "broken.yaml": "a: ["}
    findings, _ = run(Audit(net_of(world), today=TODAY, waivers=held), load_rules())

    (finding,) = (f for f in findings if f.rule == "gov-exception-unused")
    assert finding.status == "unknown"
    assert finding.evidence["needs"][0].startswith("broken.yaml:2: not valid YAML")


def test_a_waiver_of_a_rule_that_was_not_run_is_not_judged() -> None:
    rules = [one for one in load_rules() if one.rule.governs]
    held = waivers.parse(waiver(cause='"namespace/pay"'), "w", Config(), KNOWN)
    findings, _ = run(Audit(net_of(WORLD), today=TODAY, waivers=held), rules)

    told = {f.rule: f.status for f in findings}
    assert told["gov-exception-unused"] == "not-applicable"


def test_without_waivers_nothing_is_said_of_them() -> None:
    found = [f for f in audited("") if f.rule in governing_ids()]

    assert {(f.status, f.cause) for f in found} == {("not-applicable", "waivers")}


def test_a_severity_of_the_configuration_weighs_the_rules_about_waivers_too() -> None:
    config = '[[severity]]\nrules = ["gov-exception-expired"]\nseverity = "medium"\n'
    found = audited(waiver(cause='"namespace/pay"', expires="2025-01-01"), config)

    (finding,) = (f for f in found if f.rule == "gov-exception-expired")
    assert (finding.status, finding.severity) == ("fail", "medium")


GOOD = waiver(cause='"x"')


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            waiver("np-namespace-non", cause='"x"'),
            ":2: `np-namespace-non` is not a rule; did you m",
        ),
        (waiver("gov-exception-unused", cause='"x"'), ":2: `gov-exception-unused` is not a rule"),
        (waiver(), ":1: a [[waiver]] needs what it is about: cause, cluster, namespace, environ"),
        (
            GOOD.replace('"platform"', '" "'),
            ":3: a [[waiver]] needs owner - at `$.waiver[0].owner`",
        ),
        (GOOD.replace('"J. Roe"', '""'), ":5: a [[waiver]] needs approver - at `$.waiver[0].appr"),
        (GOOD.replace('"moves, PLAT-1"', '""'), ":4: a [[waiver]] needs reason - at `$.waiver[0]"),
        (GOOD.replace('owner = "platform"', ""), ":1: `owner` is missing - at `$.waiver[0]`"),
        (GOOD.replace("expires", "until"), ":6: `until` is no setting; there are rule, owner, re"),
        (GOOD.replace("expires", "expired"), ":6: `expired` is no setting; did you mean `expires`"),
        (waiver(cause='"x"', expires='"soon"'), ":6: write a day, without a time or quotes: 2030"),
        (waiver(cause='"x"', expires="2026-01-01T00:00:00Z"), ":6: write a day, without a time or"),
        (
            waiver(cause='"x"', expires="20260101"),
            ":6: write a day, without a time or quotes: 2030",
        ),
        (waiver(cause='"x"', expires="2026-02-30"), ":6: not valid TOML: invalid date"),
        (waiver(environment='"prd"'), ":7: `prd` is no environment; an [[environment]] of ringwal"),
        (waiver(labels="{ team = 1 }"), ":7: write a text in quotes, not a number - at `$.waiver["),
        ("[waiver]\nrule = 1", ":1: write `[[waiver]]`, for there may be several - at `$.wai"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_path(toml: str, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        waivers.parse(toml, "w.toml", Config(), KNOWN)

    assert str(told.value).startswith(f"w.toml{message}")
    assert "\n" not in str(told.value)
