"""Blocks, ports, protocols and numbers that no API would take, and what YAML makes of a word."""

import json
from typing import Any

import pytest

from ringwall.collect.files import tree
from ringwall.collect.files.scalars import plain
from ringwall.collect.intake import Intake
from ringwall.facts import k8s
from ringwall.facts.fact import Facts
from tests.collect.halves import answer

Json = dict[str, Any]
GOOD: Json = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "good", "namespace": "shop"},
    "spec": {},
}


def facts_of(document: Any, name: str = "a.json") -> Facts:
    """The facts of a document beside a good pod; whatever they are, they can be judged."""
    intake = Intake()
    tree.read_text(json.dumps(document).encode(), name, intake)
    tree.read_text(json.dumps(GOOD).encode(), "good.json", intake)
    facts, _ = tree.settled(intake)
    assert "pod/shop/good" in map(str, facts)
    assert answer(facts)
    return facts


def refused(document: Any) -> str:
    """What is said of an object that is not taken; nothing else is missing."""
    facts = facts_of(document)
    assert len(facts) == 1
    (gap,) = facts.gaps
    assert gap.code == "invalid-object"
    return gap.needs


def kubernetes(version: str, kind: str, **spec: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}


def policy(**rule: Any) -> Json:
    return kubernetes("networking.k8s.io/v1", "NetworkPolicy", podSelector={}, ingress=[rule])


def block(cidr: str, *but: str) -> Json:
    return policy(**{"from": [{"ipBlock": {"cidr": cidr, "except": list(but)}}]})


# --- blocks in policies --------------------------------------------------------------------------

BAD_BLOCKS = [
    "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "", "10.0.0/8", "10.0.0.0", " 10.0.0.0/8",
    "10.0.0.0/8 ", "10.0.0.0 /8", "256.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/8.0",
    "::/129", ":::/8", "fe80::1%eth0/64", "1" * 9999 + "/8", "10.0.0.0/" + "8" * 9999,
    "\u0661\u0660.0.0.0/8", "10.0.0.0\n/8", "*", "any",
    "010.0.0.0/8",  # decimal to some, octal to others
    "::ffff:10.0.0.0/104", "::ffff:a00:0/104",  # IPv4 to some, IPv6 to others
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_BLOCKS, ids=lambda text: ascii(text[:30]))
def test_a_block_that_is_none_is_refused_with_its_place(text: str) -> None:
    """Leading zeros and IPv4 in IPv6: KEP-4858, since engines read them differently."""
    peer = refused(block(text))
    hole = refused(block("10.0.0.0/7", text))

    assert "is not a CIDR block - at `$.spec.ingress[0].from[0].ipBlock.cidr`" in peer
    assert "is not a CIDR block - at `$.spec.ingress[0].from[0].ipBlock.except[0]`" in hole


@pytest.mark.parametrize(
    ("text", "read", "single"),
    [
        ("10.1.2.3/8", "10.0.0.0/8", "10.1.2.3/32"),
        ("10.1.2.3/0", "0.0.0.0/0", "10.1.2.3/32"),
        ("192.0.2.1/31", "192.0.2.0/31", "192.0.2.1/32"),
        ("2001:DB8::1/32", "2001:db8::/32", "2001:db8::1/128"),
    ],
)
def test_bits_beyond_a_prefix_are_said_and_read_as_the_block(
    text: str, read: str, single: str
) -> None:
    """GetWarningsForCIDR, kubernetes ``apimachinery/pkg/util/validation/ip.go``."""
    facts = facts_of(block(text))

    assert facts.gaps == ()
    (odd,) = facts.warnings
    place = "a.json#/spec/ingress/0/from/0/ipBlock/cidr"
    assert (str(odd.origin), odd.message) == (
        place,
        f"`{text}` has bits beyond its prefix and is read as `{read}`; "
        f"write that, or `{single}` for one address",
    )


def test_bits_beyond_the_prefix_of_an_exception_are_said_too() -> None:
    (odd,) = facts_of(block("10.0.0.0/8", "10.1.0.0/16", "10.2.3.4/16")).warnings

    assert str(odd.origin) == "a.json#/spec/ingress/0/from/0/ipBlock/except/1"


def test_in_yaml_they_are_said_with_their_line() -> None:
    intake = Intake()
    text = "\n".join([
        "apiVersion: networking.k8s.io/v1", "kind: NetworkPolicy", "metadata: {name: p}",
        "spec:", "  podSelector: {}", "  egress:", "  - to:", "    - ipBlock:",
        "        cidr: 10.0.0.0/8", "        except: [10.1.0.0/16,", "          10.2.3.4/16]", "",
    ])  # fmt: skip
    tree.read_text(f"# policies\n---\n{text}".encode(), "a.yaml", intake)

    (odd,) = intake.facts().warnings

    assert (odd.origin.file, odd.origin.line) == ("a.yaml", 13)


@pytest.mark.parametrize(
    "text", ["10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "::/0", "2001:DB8::/32"]
)
def test_of_a_whole_block_nothing_is_said(text: str) -> None:
    facts = facts_of(block(text))

    assert (facts.gaps, facts.warnings) == ((), ())


# --- blocks in answers of AWS --------------------------------------------------------------------


def group(cidr: str, **permission: Any) -> Json:
    one = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": cidr}]}
    rules = {"IpPermissions": [one | permission], "IpPermissionsEgress": []}
    return {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", **rules}]}


def listed(cidr: str) -> Json:
    rule = {"GroupId": "sg-1", "IsEgress": False, "IpProtocol": "-1", "CidrIpv4": cidr}
    return {"SecurityGroupRules": [rule]}


def table(cidr: str) -> Json:
    routes = [{"DestinationCidrBlock": cidr, "GatewayId": "local"}]
    return {"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": routes}]}


def acl(**entry: Any) -> Json:
    one = {
        "RuleNumber": 1, "Protocol": "6", "RuleAction": "allow", "Egress": False,
        "CidrBlock": "0.0.0.0/0", **entry,
    }  # fmt: skip
    return {"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Entries": [one]}]}


ANSWERS = {
    "a permission": (group, "/SecurityGroups/0/IpPermissions/0/IpRanges/0"),
    "a listed rule": (listed, "/SecurityGroupRules/0"),
    "a route": (table, "/RouteTables/0"),
    "an entry": (lambda cidr: acl(CidrBlock=cidr), "/NetworkAcls/0"),
    "a VPC": (lambda cidr: {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": cidr}]}, "/Vpcs/0"),
}


@pytest.mark.parametrize(("make", "pointer"), ANSWERS.values(), ids=ANSWERS)
def test_bits_beyond_a_prefix_in_an_answer_are_said(make: Any, pointer: str) -> None:
    """AWS itself clears them: EC2 API reference, AuthorizeSecurityGroupIngress, ``CidrIp``."""
    (odd,) = facts_of(make("10.1.2.3/8")).warnings

    assert str(odd.origin) == f"a.json#{pointer}"
    assert odd.message.startswith(
        "`10.1.2.3/8` has bits beyond its prefix and is read as `10.0.0.0/8`"
    )


BAD_ANSWERS = [text for text in BAD_BLOCKS if text not in ("", "10.0.0.0") and "::ffff" not in text]


@pytest.mark.parametrize(("make", "pointer"), ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("text", BAD_ANSWERS, ids=lambda text: ascii(text[:30]))
def test_a_block_that_is_none_in_an_answer_is_told(make: Any, pointer: str, text: str) -> None:
    facts = facts_of(make(text))

    place = f"a.json#{pointer}: "
    assert any(gap.needs.startswith(place) and "CIDR" in gap.needs for gap in facts.gaps)


@pytest.mark.parametrize("mask", ["255.0.0.0", "0.255.255.255"])
@pytest.mark.parametrize("make", [ANSWERS["a route"][0], ANSWERS["a VPC"][0]])
def test_a_mask_is_no_length_of_a_prefix(make: Any, mask: str) -> None:
    assert "has a mask in place of the length of its prefix" in refused(make(f"10.0.0.0/{mask}"))


# --- ports, protocols, ICMP ----------------------------------------------------------------------

BAD_PORTS = [-2, 65536, 1 << 31, 1 << 64, 10**30, 1.5, 1e3, True, "80 ", " 80", "-1", "x" * 16, []]


def service(**port: Any) -> Json:
    return kubernetes("v1", "Service", type="NodePort", ports=[{"port": 80, **port}])


def container(**port: Any) -> Json:
    return kubernetes("v1", "Pod", containers=[{"ports": [{"containerPort": 80, **port}]}])


def ingress(number: object) -> Json:
    backend = {"service": {"name": "s", "port": {"number": number}}}
    paths = {"http": {"paths": [{"backend": backend}]}}
    return kubernetes("networking.k8s.io/v1", "Ingress", rules=[paths])


PORTS = {
    "of a policy": (lambda port: policy(ports=[{"port": port}]), "ingress[0].ports[0].port"),
    "of a target": (lambda port: service(targetPort=port), "ports[0].targetPort"),
    "of a Service": (lambda port: service(port=port), "ports[0].port"),
    "of a node": (lambda port: service(nodePort=port), "ports[0].nodePort"),
    "of a container": (lambda port: container(containerPort=port), "ports[0].containerPort"),
    "of a host": (lambda port: container(hostPort=port), "containers[0].ports[0].hostPort"),
    "of an Ingress": (ingress, "paths[0].backend.service.port.number"),
}


@pytest.mark.parametrize(("make", "place"), PORTS.values(), ids=PORTS)
@pytest.mark.parametrize("port", BAD_PORTS, ids=lambda port: ascii(port)[:20])
def test_a_port_that_is_none_is_refused_with_its_place(make: Any, place: str, port: object) -> None:
    assert f"{place}`; correct it" in refused(make(port))


@pytest.mark.parametrize("target", [0, "", None, 1, 65535, "web", "8080"])
def test_a_target_port_that_is_one_or_unset_is_taken(target: object) -> None:
    assert facts_of(service(targetPort=target)).gaps == ()


@pytest.mark.parametrize("replicas", [-1, 1 << 31, 10**30, 1.5, "2"])
def test_a_number_of_replicas_that_is_none_is_refused(replicas: object) -> None:
    needs = refused(kubernetes("apps/v1", "Deployment", replicas=replicas, template={}))

    assert "at `$.spec.replicas`" in needs


@pytest.mark.parametrize(
    ("protocol", "low", "high", "problem"),
    [
        ("tcp", -2, 80, "`-2` to `80` is not a range of ports"),
        ("tcp", 90, 80, "`90` to `80` is not a range of ports"),
        ("tcp", 80, 65536, "`80` to `65536` is not a range of ports"),
        ("tcp", -1, 80, "`-1` to `80` is not a range of ports"),
        ("udp", 80, None, "`80` to `None` is not a range of ports"),
        ("tcp", 10**30, 10**30, "is not a range of ports"),
        ("tcp", "80 ", 80, "Expected `int | null`, got `str` - at `$.FromPort`"),
        ("tcp", 1e3, 1e3, "Expected `int | null`, got `float` - at `$.FromPort`"),
        ("icmp", 256, 0, "`256` and `0` are not an ICMP type and code"),
        ("icmp", 3, 256, "`3` and `256` are not an ICMP type and code"),
        ("icmpv6", -2, -1, "`-2` and `-1` are not an ICMP type and code"),
        ("foo", 1, 2, "`foo` is not a protocol"),
        ("256", 1, 2, "`256` is not a protocol"),
        ("-2", 1, 2, "`-2` is not a protocol"),
        ("\u0663", 1, 2, "` is not a protocol"),
        ("", 1, 2, "`` is not a protocol"),
        (6, 1, 2, "Expected `str`, got `int` - at `$.IpProtocol`"),
    ],
)
def test_a_permission_that_says_nothing_clear_is_told(
    protocol: object, low: object, high: object, problem: str
) -> None:
    facts = facts_of(group("0.0.0.0/0", IpProtocol=protocol, FromPort=low, ToPort=high))

    assert any(problem in gap.needs for gap in facts.gaps)
    assert any(gap.code == "rules-not-read" for gap in facts.gaps)


def test_half_of_any_icmp_is_any() -> None:
    """A code means nothing without its type (EC2, IpPermission)."""
    facts = facts_of(group("0.0.0.0/0", IpProtocol="icmp", FromPort=-1, ToPort=5))

    assert "sg-1:ingress:icmp:0.0.0.0/0" in [key.name for key in facts]


@pytest.mark.parametrize(
    "entry",
    [
        {"PortRange": {"From": -2, "To": 70}},
        {"PortRange": {"From": 80, "To": 70}},
        {"PortRange": {"From": 0, "To": 65536}},
        {"PortRange": {"From": -1, "To": -1}},
        {"Protocol": "017", "PortRange": {"From": 80, "To": 70}},
        {"Protocol": "1", "IcmpTypeCode": {"Type": 300, "Code": 5}},
        {"Protocol": "58", "IcmpTypeCode": {"Type": -2, "Code": 5}},
        {"Protocol": "999"},
        {"Protocol": "tcp"},
        {"Protocol": "\u0663"},
    ],
    ids=str,
)
def test_an_entry_that_says_nothing_clear_is_told(entry: Json) -> None:
    assert refused(acl(**entry)).startswith("a.json#/NetworkAcls/0: `acl-1` is not valid: ")


def test_ports_of_a_protocol_that_has_none_are_not_looked_at() -> None:
    facts = facts_of(acl(Protocol="-1", PortRange={"From": 80, "To": 70}))

    assert facts.gaps == ()


# --- numbers -------------------------------------------------------------------------------------


def test_a_number_beyond_any_float_costs_only_its_object() -> None:
    bad = json.dumps(service(port="BAD")).replace('"BAD"', "1e400")
    intake = Intake()
    listed = f'{{"apiVersion": "v1", "kind": "List", "items": [{bad}, {json.dumps(GOOD)}]}}'
    tree.read_text(listed.encode(), "a.json", intake)

    facts = intake.facts()

    (gap,) = facts.gaps
    assert gap.needs.startswith("a.json#/items/0: service/default/x is not valid: Expected `int`")
    assert list(map(str, facts)) == ["pod/shop/good"]


@pytest.mark.parametrize("digits", ["1" * 5001, "-" + "9" * 5001, "1" * 30, "-0.0", "1e-400"])
def test_numbers_that_fit_nothing_where_nobody_looks_cost_nothing(digits: str) -> None:
    text = json.dumps({**GOOD, "status": {"x": "BAD"}}).replace('"BAD"', digits)
    intake = Intake()
    tree.read_text(text.encode(), "a.json", intake)

    assert (len(intake.facts()), intake.facts().gaps) == (1, ())


def test_a_version_of_very_many_digits_is_none() -> None:
    versions = [{**GOOD["metadata"], "resourceVersion": text} for text in ("9" * 5000, "7")]
    labels = [{"labels": {"a": "b"}}, {}]
    intake = Intake()
    for number, (version, label) in enumerate(zip(versions, labels, strict=True)):
        text = json.dumps({**GOOD, "metadata": version | label})
        tree.read_text(text.encode(), f"{number}.json", intake)

    (fact,) = intake.facts().values()

    assert isinstance(fact.body, k8s.Pod)
    assert fact.body.metadata.resource_version == "7"


INF = float("inf")
WORDS: list[tuple[str, object]] = [
    # goyaml.v2, resolve.go: the table of words
    *((text, True) for text in "yes Yes YES true True TRUE on On ON".split()),
    *((text, False) for text in "no No NO false False FALSE off Off OFF".split()),
    *((text, None) for text in ("", "~", "null", "Null", "NULL")),
    (".inf", INF), ("+.INF", INF), ("-.Inf", -INF),
    # strconv.ParseInt of base 0, underscores taken out
    ("0", 0), ("-0", 0), ("7", 7), ("+7", 7), ("-7", -7), ("010", 8), ("0o10", 8), ("00", 0),
    ("0x1F", 31), ("-0X1f", -31), ("0b101", 5), ("1_000", 1000), ("0x_ff", 255), ("_1", "_1"),
    (str((1 << 64) - 1), (1 << 64) - 1),
    # yamlStyleFloat; Go writes one that is whole as an integer
    ("1.5", 1.5), (".5", 0.5), ("1.", 1), ("1e3", 1000), ("1E+3", 1000), ("-1e-1", -0.1),
    ("08", 8), ("09.5", 9.5), ("1e30", 1e30), (str(1 << 64), float(1 << 64)),
    # beyond a float: text (ParseFloat fails); an integer beyond 64 bits fits no field, nor here
    ("1e400", "1e400"), ("-1e999", "-1e999"), ("1" * 5000, INF), ("0x" + "f" * 5000, INF),
    # text
    ("2024-01-01", "2024-01-01"), ("1:30", "1:30"), ("=", "="), ("<<", "<<"), ("yES", "yES"),
    ("0x", "0x"), ("0b2", "0b2"), ("0o8", "0o8"), ("1e", "1e"), ("1.2.3", "1.2.3"), (".", "."),
    ("y", "y"), ("N", "N"), ("-", "-"), ("+", "+"), ("1 ", "1 "), ("\u0661", "\u0661"),
    ("1\n", "1\n"), ("._5", "._5"),
    ("10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.1", "192.0.2.1"), ("80:80", "80:80"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), WORDS, ids=lambda part: ascii(part)[:20])
def test_a_plain_word_means_what_kubernetes_reads(text: str, value: object) -> None:
    found = plain(text)

    assert (type(found), found) == (type(value), value)


def test_a_letter_that_kubernetes_reads_as_a_boolean_is_said() -> None:
    """``kubectl`` refuses this pod: cannot unmarshal bool into field of type string."""
    intake = Intake()
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: y\n  labels: {n: 'n', a: N}\nspec: {}\n"
    tree.read_text(text.encode(), "a.yaml", intake)

    facts = intake.facts()

    (fact,) = facts.values()
    assert isinstance(fact.body, k8s.Pod)
    assert (fact.body.metadata.name, fact.body.metadata.labels) == ("y", {"n": "n", "a": "N"})
    said = "without quotes is a boolean to Kubernetes and read as text here; quote it"
    assert {(str(odd.origin), odd.message) for odd in facts.warnings} == {
        ("a.yaml:4", f"`y` {said}"),
        ("a.yaml:5", f"`n` {said}"),
        ("a.yaml:5", f"`N` {said}"),
    }


def test_no_number_is_one() -> None:
    assert str(plain(".nan")) == "nan"


@pytest.mark.parametrize(
    ("key", "text"), [("1", "1"), ("010", "8"), ("yes", "true"), ("off", "false"), ("1.5", "1.5")]
)
def test_a_key_is_text_as_kubernetes_writes_it(key: str, text: str) -> None:
    """convertToJSONableObject in sigs.k8s.io/yaml."""
    intake = Intake()
    labels = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{{key}: a}}}}\nspec: {{}}\n"
    tree.read_text(labels.encode(), "a.yaml", intake)

    (fact,) = intake.facts().values()

    assert isinstance(fact.body, k8s.Pod)
    assert fact.body.metadata.labels == {text: "a"}
