"""Redaction of texts, messages and facts: what stays, what goes, and what must not be lost."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, inspect

import ringwall.collect
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Fact, Facts, Gap, Key, Oddity, Origin
from ringwall.facts.redact import Redactor
from ringwall.facts.vocabulary import PUBLISHED, SENTENCES, fields
from ringwall.facts.words import PRIVATE
from tests.facts.test_privacy_marks import structs

KEY = b"a key that is long enough"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(KEY)


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "default",
        "kube-system/aws-node",
        "kube-system/coredns",
        "k8s-app",
        "app.kubernetes.io/name",
        "system:masters",
        "system:public-info-viewer",
        "eks:addon-manager",
        "eusc-de-east-1",
        "use1-az1",
        "2026-05-01T10:00:00Z",
        "2026-05-01 10:00:00",
        "XXX",
        "RDSNetworkInterface",
        "Network interface for DBProxy",
        "DO NOT DELETE - Amazon MSK network interface for cluster ",
        "EFS mount target for ",
        "AWS Lambda VPC ENI",
        "VPC Endpoint Interface ",
        "eu-west-1a",
        "us-gov-east-1",
        "internet-facing",
        "*",
        "8080",
        "2026-05-01",
        "0.0.0.0/0",
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "",
    ],
)
def test_what_is_published_stays(redactor: Redactor, text: str) -> None:
    assert redactor.text(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("payments", r"N"),
        ("payments/checkout", r"N/N"),
        ("shop!payments/checkout[Deployment]", r"N!N/N\[Deployment\]"),
        ("111122223333:eu-west-1", r"\d{12}:eu-west-1"),
        ("arn:aws:iam::111122223333:role/Deployer", r"arn:aws:iam::\d{12}:role/NN"),
        ("arn:aws:eks:eu-west-1:111122223333:blue", r"arn:aws:eks:eu-west-1:\d{12}:N"),
        ("sg-0123456789abcdef0", r"sg-[0-9a-f]{17}"),
        ("i-01234567", r"i-[0-9a-f]{8}"),
        ("aws:///eu-west-1a/i-0123456789abcdef0", r"aws:///eu-west-1a/i-[0-9a-f]{17}"),
        ("kubernetes.io/cluster/shop", r"kubernetes.io/cluster/N"),
        ("Amazon EKS shop", r"Amazon EKS N"),
        ("ELB app/k8s-shop-web/50dc6c495c0c9188", r"ELB app/N/N"),
        ("system:serviceaccount:payments:robot", r"system:serviceaccount:N:N"),
        ("system:node:worker-one", r"system:node:N"),
        ("system:acme:joe", r"system:N:N"),
        ("eks:acme-bank", r"eks:N"),
        ("1111-2222-3333", r"\d{4}-\d{4}-\d{4}"),
        ("1111 2222 3333", r"\d{4} \d{4} \d{4}"),
        ("SG-0123456789ABCDEF0", r"SG-[0-9A-Fa-f]{17}"),
        ("ip-10-0-1-5.eu-west-1.compute.internal", r"ip-10-\d+-1-5.eu-west-1.compute.internal"),
        ("web-7d4b9c8f6-x2k9v", r"N-[b-z2-9]{9}-[b-z2-9]{5}"),
        ("web-0", r"N-0"),
        ("redis temporary", r"N temporary"),
        ("web-temp", r"N-temp"),
        ("Ask Bob about it", r"NN"),
        ("4711000", r"\d{7}"),
        ("role/crew-*", r"role/N-\*"),
        (
            "9d2f4a10-3c5e-4f6a-8b7c-0123456789ab",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ),
    ],
)
def test_of_other_texts_the_form_stays(redactor: Redactor, text: str, left: str) -> None:
    name = r"[a-z]{5}-[a-z]{5}-[a-z]{5}"
    pattern = left.replace("NN", f"(?i:{name})").replace("N", name)

    found = redactor.text(text)

    assert re.fullmatch(pattern, found)
    assert found != text


@given(st.text(max_size=40))
def test_who_redacted_a_text_knows_what_it_was(text: str) -> None:
    redactor = Redactor(KEY)

    assert redactor.original(redactor.text(text)) == text


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)


@given(names, names)
def test_a_name_has_one_stand_in_alone_and_in_an_id(namespace: str, name: str) -> None:
    redactor = Redactor(KEY)
    parts = redactor.text(namespace), redactor.text(name)

    assert redactor.text(f"shop!{namespace}/{name}[Pod]").partition("!")[2] == "/".join(
        (parts[0], f"{parts[1]}[Pod]")
    )


@given(st.lists(names, unique=True, max_size=30))
def test_different_names_stay_different(many: list[str]) -> None:
    redactor = Redactor(KEY)

    assert len({redactor.text(name) for name in many}) == len(many)


def test_a_replica_set_is_still_called_after_its_template_hash(redactor: Redactor) -> None:
    replica_set, digest = redactor.text("web-api-7d4b9c8f6"), redactor.text("7d4b9c8f6")

    assert replica_set == f"{redactor.text('web-api')}-{digest}"


def test_the_name_of_a_port_is_one_still(redactor: Redactor) -> None:
    found = redactor.port_name("grpc-internal-1")

    assert re.fullmatch(r"[a-z]{15}", found)
    assert redactor.port_name("https") == "https"


@pytest.mark.parametrize(
    "text", ["10.0.0.999", "198.51.*", "198.51.100.*", "1.2.3.4/99", "fe80:::1"]
)
def test_what_only_looks_like_an_address_goes_too(redactor: Redactor, text: str) -> None:
    assert not set(re.findall(r"[0-9a-f]{3,}", text)) & set(
        re.findall(r"[0-9a-f]{3,}", redactor.text(text))
    )


# --- messages -------------------------------------------------------------------------------------


def test_a_message_keeps_its_own_words_and_loses_what_it_quotes(redactor: Redactor) -> None:
    said = "dump/payroll.yaml:3: NetworkPolicy payroll/salaries is not valid: `salaries` is no port"

    found = redactor.sentence(said)

    name = r"\w{5}-\w{5}-\w{5}"
    place, policy = rf"{name}/{name}\.yaml:3", f"NetworkPolicy {name}/{name}"
    assert re.fullmatch(f"{place}: {policy} is not valid: `{name}` is no port", found)


@pytest.mark.parametrize(
    "text",
    [
        "expected `int`, got `str` - at `$.spec.ports[0].targetPort`",
        "`FromPort` is missing",
        "a.json#/SecurityGroups/0/IpPermissions/1: it has no GroupId",
    ],
)
def test_a_message_keeps_the_fields_that_it_names(redactor: Redactor, text: str) -> None:
    assert redactor.sentence(text) == text


def test_a_file_has_one_name_in_its_origin_and_in_messages(redactor: Redactor) -> None:
    origin = Origin("files/read/data.json", pointer="/items/0")
    gap = Gap("unreadable-file", "input", origin.file, f"{origin}: it is empty", origin=origin)

    found = redactor.struct(gap)

    assert found.origin is not None
    assert found.needs == f"{found.origin}: it is empty"
    assert found.object == found.origin.file


def messages() -> Iterator[str]:
    """The words of the messages that readers write, as their source has them."""
    (folder,) = ringwall.collect.__path__
    for file in sorted(Path(folder).rglob("*.py")):
        if file.name != "commands.py":  # a script, and no message
            yield from _strings(ast.parse(file.read_text()))


def _strings(tree: ast.AST) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    docs = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_every_word_of_our_messages_is_known() -> None:
    """A word that is missing here would come out of redaction as a stand-in."""
    known = PUBLISHED | SENTENCES | {field.lower() for field in fields()}
    sentences = [text for text in messages() if re.search(r"[a-z]{2} [a-z]{2}[^\\[]*$", text)]
    words = {word.lower() for text in sentences for word in re.findall(r"[A-Za-z]{2,}", text)}
    parts = {part for word in known for part in re.split(r"[^a-z]", word)}

    assert len(sentences) > 100
    assert sorted(words - known - parts) == []


# --- facts ----------------------------------------------------------------------------------------


def filled(kind: type[Struct]) -> Struct:
    """An object of a type, with ``zebra`` in every text that is private."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return kind(**{field.name: sample(field.type) for field in info.fields})


def sample(info: inspect.Type) -> Any:
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            private = extra is not None and extra.get(PRIVATE)
            return sample(inner) if private else public(inner)
        case inspect.StrType():
            return "zebra"
        case inspect.StructType(cls=cls):
            return filled(cls)
        case inspect.VarTupleType(item_type=item):
            return (sample(item),)
        case inspect.TupleType(item_types=items):
            return tuple(map(sample, items))
        case inspect.DictType(key_type=key, value_type=value):
            return {sample(key): sample(value)}
        case inspect.UnionType(types=types):
            return sample(max(types, key=lambda one: isinstance(bare(one), inspect.StrType)))
        case _:
            return public(info)


def bare(info: inspect.Type) -> inspect.Type:
    return info.type if isinstance(info, inspect.Metadata) else info


def public(info: inspect.Type) -> Any:
    match info:
        case inspect.StrType():
            return "word"
        case inspect.IntType() | inspect.FloatType():
            return 1
        case inspect.BoolType():
            return True
        case _:
            return None


@pytest.mark.parametrize("kind", [*structs(aws), *structs(k8s)], ids=lambda kind: kind.__name__)
def test_no_private_text_of_a_fact_stays(kind: type[Struct], redactor: Redactor) -> None:
    before = msgspec.json.encode(filled(kind))

    after = msgspec.json.encode(redactor.struct(filled(kind)))

    assert b"zebra" not in after
    assert after.count(b"word") == before.count(b"word")


def test_the_samples_hold_what_the_test_looks_for() -> None:
    assert msgspec.json.encode(filled(aws.SecurityGroupRule)).count(b"zebra") > 5
    assert msgspec.json.encode(filled(k8s.Pod)).count(b"zebra") > 10


def test_facts_keep_everything_but_words(redactor: Redactor) -> None:
    key = Key("shop", "namespace", "payments")
    body = k8s.Namespace(k8s.ObjectMeta("payments", labels={"team": "blue"}))
    origin = Origin("payments.yaml", 3)
    facts = Facts(
        [Fact(key, body, (origin,))],
        [Gap("kind-not-read", "policy", "tier/payments", "read payments", "shop", "payments")],
        [Oddity("`payments` is twice here", origin)],
        ["`payments` is read in 2 versions"],
    )
    text = redactor.text

    found = redactor.facts(facts)

    name = text("payments")
    assert list(found) == [Key(text("shop"), "namespace", name)]
    assert found[Key(text("shop"), "namespace", name)].body == k8s.Namespace(
        k8s.ObjectMeta(name, labels={"team": text("blue")})
    )
    assert found.gaps[0].object == f"tier/{name}"
    assert (found.gaps[0].scope, found.gaps[0].namespace) == (text("shop"), name)
    assert found.warnings == (Oddity(f"`{name}` is twice here", Origin(f"{name}.yaml", 3)),)
    assert found.assumes == (f"`{name}` is read in 2 versions",)


def test_a_rule_is_called_after_the_stand_in_of_its_block(redactor: Redactor) -> None:
    key = Key("", "sgrule", "sg-1:ingress:tcp/22:2001:db8:7::/48")

    found = redactor.key(key).name

    assert found == ":".join(
        (redactor.text("sg-1"), "ingress", "tcp/22", redactor.text("2001:db8:7::/48"))
    )
