"""What ringwall.toml may say, what each setting does, and what is said to a wrong one."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.check import toml
from ringwall.check.audit import Audit
from ringwall.check.config import Config, check_rules, load, parse
from ringwall.check.finding import Finding
from ringwall.check.run import run
from ringwall.check.toml import value_text
from ringwall.cli.starter import STARTER
from ringwall.discover import load_rules, rule_ids
from ringwall.errors import ConfigError
from tests.support import net_of

PODS = """\
apiVersion: v1
kind: Namespace
metadata: {name: pay, labels: {team: money}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: pay}
spec: {containers: []}
status: {podIP: 10.0.1.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.1.2, phase: Running}
"""
GROUPS = """\
{"SecurityGroups": [
  {"GroupId": "sg-0abc", "GroupName": "nodes", "VpcId": "vpc-0a1", "OwnerId": "111122223333",
   "Tags": [{"Key": "Environment", "Value": "dev-2"}],
   "IpPermissions": [
    {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443,
     "IpRanges": [
      {"CidrIp": "203.0.113.0/25", "Description": "temp"}, {"CidrIp": "198.51.100.0/24"}]}],
   "IpPermissionsEgress": []}]}
"""
WORLD = {"pods.yaml": PODS, "groups.json": GROUPS}


def found(toml: str) -> list[Finding]:
    config = parse(toml, "ringwall.toml")
    findings, failures = run(Audit(net_of(WORLD), config, everything=True), load_rules())
    assert failures == []
    return findings


def one(toml: str, rule: str, cause: str) -> Finding:
    (only,) = (f for f in found(toml) if f.rule == rule and f.cause == cause)
    return only


NAMESPACE = ("np-namespace-none", "namespace/pay")
RULE = ("sg-non-443-ingress", "sg-0abc:ingress:tcp/8443:203.0.113.0/25")
OTHER = ("sg-non-443-ingress", "sg-0abc:ingress:tcp/8443:198.51.100.0/24")


# --- environments and tenants ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "namespace", "group"),
    [
        ('namespaces = ["p?y"]', "prod", ""),
        ('namespaces = ["data", "pa*"]', "prod", ""),
        ('labels = { team = "mon*" }', "prod", ""),
        ('labels = { team = "data" }', "", ""),
        ('tags = { Environment = "dev*" }', "", "prod"),
        ('tags = { Environment = "DEV*" }', "", ""),
        ('names = ["nodes"]', "", "prod"),
        ('clusters = ["*"]', "prod", "prod"),
        ('clusters = ["shop"]', "", ""),
        ('namespaces = ["pay"]\nlabels = { team = "data" }', "", ""),
        ('names = ["[p]ay"]', "", ""),
    ],
)
def test_what_belongs_to_an_environment(selector: str, namespace: str, group: str) -> None:
    toml = f'[[environment]]\nname = "prod"\n{selector}\n'

    assert one(toml, *NAMESPACE).environment == namespace
    assert one(toml, *RULE).environment == group


def test_the_first_environment_counts_and_the_highest_criticality() -> None:
    toml = """
    [[environment]]
    name = "prod"
    criticality = "medium"
    namespaces = ["pay"]
    [[environment]]
    name = "rest"
    criticality = "low"
    clusters = ["*"]
    [[tenant]]
    name = "money"
    criticality = "critical"
    labels = { team = "money" }
    """
    inside, outside = one(toml, *NAMESPACE), one(toml, *RULE)

    assert (inside.environment, inside.tenant, inside.criticality) == ("prod", "money", "critical")
    assert (outside.environment, outside.tenant, outside.criticality) == ("rest", "", "low")


# --- severities -----------------------------------------------------------------------------------


IMPLIED = ["np-no-default-deny-egress", "np-no-default-deny-ingress", "np-pod-unselected"]
EVERY = ("np-namespace-none", *IMPLIED)
"""All that is found about the namespace, so that nothing keeps its own weight."""


def weight(rules: str | Iterable[str], severity: str, more: str = "") -> str:
    named = [rules] if isinstance(rules, str) else list(rules)
    return f'[[severity]]\nrules = {value_text(named)}\nseverity = "{severity}"\n{more}\n'


@pytest.mark.parametrize("severity", ["info", "critical"])
def test_a_severity_is_what_findings_of_a_rule_weigh(severity: str) -> None:
    finding = one(weight(EVERY, severity), *NAMESPACE)

    assert (finding.severity, finding.evidence["configured_severity"]) == (severity, severity)
    assert finding.evidence["pattern_severity"] == "high"


def test_a_lowered_rule_keeps_the_weight_of_what_it_implies() -> None:
    """The one rule was lowered, not the others that say as much of the namespace."""
    finding = one(weight("np-namespace-none", "low"), *NAMESPACE)
    half = one(weight(EVERY[:3], "low") + weight(EVERY[3], "medium"), *NAMESPACE)

    assert (finding.severity, finding.folded) == ("high", IMPLIED)
    assert finding.evidence["configured_severity"] == "low"
    assert finding.evidence["raised_by"] == "np-no-default-deny-egress"
    assert (half.severity, half.evidence["raised_by"]) == ("medium", "np-pod-unselected")


def test_an_implied_rule_raised_raises_what_implies_it() -> None:
    finding = one(weight("np-pod-unselected", "critical"), *NAMESPACE)

    assert (finding.severity, finding.evidence["raised_by"]) == ("critical", "np-pod-unselected")
    assert "configured_severity" not in finding.evidence


def test_what_reach_lowered_is_not_raised() -> None:
    """Nothing carries the group, so that nothing can use its rule: low instead of medium."""
    eni = (
        '{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-0a1", "VpcId": "vpc-0a1", '
        '"SubnetId": "subnet-0a1", "Status": "in-use", "PrivateIpAddress": "10.0.1.10", '
        '"Groups": [{"GroupId": "sg-0def"}]}]}'
    )
    world = {"groups.json": GROUPS, "enis.json": eni}
    for severity, expected in (("critical", "low"), ("info", "info")):
        config = parse(weight("sg-temporary-rule", severity), "ringwall.toml")
        findings, _ = run(Audit(net_of(world), config, everything=True), load_rules())
        (only,) = (f for f in findings if f.rule == "sg-temporary-rule" and f.status == "fail")
        assert only.severity == expected


def test_an_unknown_finding_stays_below_critical() -> None:
    policy = "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: x}\n"
    config = parse(weight("np-namespace-none", "critical"), "ringwall.toml")
    findings, _ = run(Audit(net_of(f"{PODS}---\n{policy}"), config), load_rules())

    (only,) = (f for f in findings if (f.rule, f.cause) == NAMESPACE)
    assert (only.status, only.severity) == ("unknown", "high")


AREAS = """
[[environment]]
name = "prod"
criticality = "high"
namespaces = ["pay"]
[[tenant]]
name = "money"
namespaces = ["pay"]
"""


@pytest.mark.parametrize(
    "limit", ['environments = ["prod"]', 'tenants = ["money"]', 'criticality = ["high"]']
)
def test_a_severity_can_be_limited_to_places(limit: str) -> None:
    toml = AREAS + weight(EVERY, "info", limit)

    assert one(toml, *NAMESPACE).severity == "info"
    assert one(toml, "np-namespace-none", "namespace/shop").severity == "high"


def test_the_first_severity_that_is_about_a_finding_counts() -> None:
    toml = weight(EVERY, "low") + weight(EVERY, "info")

    assert one(toml, *NAMESPACE).severity == "low"


# --- own networks, allowed ingress, labels --------------------------------------------------------

NETWORK = """
[[network]]
name = "office"
cidrs = ["203.0.113.0/24"]
owner = "platform"
purpose = "VPN exit"
"""


def test_a_source_in_an_own_network_is_called_by_its_name() -> None:
    office = {"name": "office", "owner": "platform", "purpose": "VPN exit"}

    assert one(NETWORK, *RULE).evidence["own_networks"] == [office]
    assert "own_networks" not in one(NETWORK, *OTHER).evidence


def test_what_is_allowed_is_found_and_accepted() -> None:
    toml = """
    [[allow]]
    rules = ["sg-non-443-ingress"]
    sources = ["203.0.113.0/24"]
    ports = ["tcp/8443"]
    reason = "console of the office"
    """
    allowed, other = one(toml, *RULE), one(toml, *OTHER)

    assert (allowed.status, other.status) == ("excepted", "fail")
    assert allowed.exception is not None
    assert msgspec.to_builtins(allowed.exception) == {
        "by": "allow",
        "reason": "console of the office",
        "source": "$.allow[0]",
        "owner": "",
        "approver": "",
        "expires": "",
    }


def test_required_labels_are_asked_of_namespaces() -> None:
    toml = '[labels]\nrequired = ["team"]\n'

    assert one(toml, "np-namespace-unlabelled", "namespace/pay").status == "pass"
    assert one(toml, "np-namespace-unlabelled", "namespace/shop").status == "unknown"


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("", ["a", "b", "c"]),
        ('only = ["c", "a"]', ["a", "c"]),
        ('skip = ["b"]', ["a", "c"]),
        ('only = ["a", "b"]\nskip = ["b"]', ["a"]),
    ],
)
def test_which_rules_are_run(choice: str, expected: list[str]) -> None:
    assert parse(f"[rules]\n{choice}\n", "x").rules.of(["a", "b", "c"]) == expected


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("x = [", "x.toml: not valid TOML: invalid value"),
        (
            "\n\nx = 1 2",
            "x.toml:3: not valid TOML: expected newline or end of document after a stat",
        ),
        ("a = " + "[" * 3000, "x.toml: not valid TOML: it nests too deeply"),
        (
            "networks = 1",
            "x.toml:1: `networks` is no setting; did you mean `network`? - at `$.netw",
        ),
        (
            '[[network]]\nname = "a"\n\nciders = []',
            "x.toml:4: `ciders` is no setting; did you mean `cidrs`? - at `$.network[0].ciders`",
        ),
        (
            "[labels]\nxyz = 1",
            "x.toml:2: `xyz` is no setting; there are required - at `$.labels.xyz`",
        ),
        (
            "[thresholds]\npool_nodes = 'x'",
            "x.toml:2: write a number, not a text in quotes - at `$.thr",
        ),
        (
            "[thresholds]\npool_nodes = 0",
            "x.toml:2: write a number that is >= 1 - at `$.threshol",
        ),
        (
            "[thresholds]\nlegacy_ports = [70000]",
            "x.toml:2: write a number that is <= 65535 - at `$",
        ),
        ('[[network]]\nname = " "\ncidrs = ["10.0.0.0/8"]', "x.toml:2: it is empty; write a text"),
        ('[[network]]\nname = "a"\ncidrs = []', "x.toml:3: it is empty; name a CIDR block - at"),
        (
            '# [[network]]\n[[network]]\nname = """\n[[network]]\n"""\ncidrs = [\n"::/0",\n"x"]',
            "x.toml:6: `x` is not a CIDR block - at `$.network[0].cidrs[1]`",
        ),
        (
            '[[tenant]]\nname = "a"',
            "x.toml:1: [[tenant]] `a` does not say what belongs to it: clusters, namespaces,",
        ),
        (
            '[[tenant]]\nname = "a"\ncriticality = "urgent"',
            "x.toml:3: write low, medium, high or critical - at `$.tenant[0].criticality`",
        ),
        (
            AREAS + weight("x", "low", 'environments = ["prd"]'),
            "x.toml:12: `prd` is no environment; did you mean `prod`? - at `$.severity[0].envir",
        ),
        (
            weight("x", "low", 'tenants = ["a"]'),
            "x.toml:4: `a` is no tenant; an [[tenant]] of ringwall.toml makes one - at `$.sev",
        ),
        ('[[severity]]\nrules = []\nseverity = "low"', "x.toml:2: a [[severity]] needs rules - at"),
        (
            '[[allow]]\nrules = ["sg-x"]\nreason = "y"\nports = []',
            "x.toml:4: it is empty; leave it out to mean any - at `$.allow[0].ports`",
        ),
        (
            '[[allow]]\nrules = ["sg-x"]\nreason = "y"\nports = ["http"]',
            "x.toml:4: `http` is not a port; write tcp/443,",
        ),
        (
            '[tags]\nrequired = [""]',
            "x.toml:2: it is empty; write a text - at `$.tags.required[0]`",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_path(toml: str, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        parse(toml, "x.toml")

    assert str(told.value).startswith(message)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            '[rules]\nskip = ["np-allow-al"]',
            "x.toml:2: `np-allow-al` is not a rule; did you mean `np-",
        ),
        ('[rules]\nonly = ["zzz"]', "x.toml:2: `zzz` is not a rule; `ringwall rules list` shows"),
        (weight("sg-ssh", "low"), "x.toml:2: `sg-ssh` is not a rule; "),
    ],
)
def test_a_rule_that_there_is_not_is_said(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(toml)
    config, source = load(tmp_path / "x.toml")

    with pytest.raises(ConfigError) as told:
        check_rules(config, source, rule_ids())

    assert str(told.value).removeprefix(f"{tmp_path}/").startswith(message)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbf[labels]\r\nrequired = ['a']\r\n")

    assert load(tmp_path / "x.toml")[0].labels.required == ("a",)


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"# \xff\n")

    with pytest.raises(ConfigError, match=r"x\.toml: is not UTF-8 text \(byte 2\)$"):
        load(tmp_path / "x.toml")


ODD = "line\nbreak\ttab\x00\x1f\x7f\x85\u202eää\U000e0001"


@pytest.mark.parametrize("value", ["", 'a "b" \\ c', ODD, [1, "a", True], {"a b": "c"}])
def test_what_is_written_reads_the_same(value: object) -> None:
    text = f"x = {value_text(value)}"

    assert tomllib.loads(text) == {"x": value}
    assert text.isprintable()


def test_the_default_says_nothing() -> None:
    assert parse("", "x") == Config()


LINES = [line.removeprefix("# ") for line in STARTER.splitlines()]
SETTINGS = "\n".join(line for line in LINES if line.startswith("[") or " = " in line)
PIECES = st.sampled_from([
    *"[ ] [[ ]] \" \"\"\" ' ''' = . , { } \\ # 1e9 true 2026-01-01 é [waiver] [[allow]]".split(),
    *("\n", "\x00", "\ufeff", "9" * 5000, "a.b = 1\n"),
])  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(SETTINGS)), st.integers(0, 9), PIECES), max_size=6))
@settings(max_examples=300)
def test_whatever_is_spoilt_one_sentence_says_it(edits: list[tuple[int, int, str]]) -> None:
    text = SETTINGS
    for place, cut, piece in edits:
        text = text[:place] + piece + text[place + cut :]
    said = refusal(text)

    assert not said or re.match(r"x\.toml(:\d+)?: \S", said)
    assert "\n" not in said


def refusal(text: str) -> str:
    try:
        parse(text, "x.toml")
    except ConfigError as error:
        return str(error)
    return ""


@given(st.lists(st.sampled_from(['"""', "'''", "a = 1", "[[x]]", "# '", "b = [", "]", "\\"])))
def test_lines_are_those_of_the_file(parts: list[str]) -> None:
    """A table after anything that is valid is found where it stands."""
    text = "\n".join(parts)
    try:
        tomllib.loads(text)
        found = tomllib.loads(f"{text}\n[[waiver]]\nrule = 1\n")
    except tomllib.TOMLDecodeError:
        return
    if len(found.get("waiver", [])) == 1:
        source = toml.Source("x", dict(toml._lines(f"{text}\n[[waiver]]\nrule = 1\n")))
        assert source.place("waiver[0]") == f"x:{text.count(chr(10)) + 2}"
        assert source.place("waiver[0].rule") == f"x:{text.count(chr(10)) + 3}"
