"""Text that is not what it should be: one located sentence each, and the file beside it is read."""

import gc
import json
from pathlib import Path
from typing import Any

import pytest

from ringwall.collect import change
from ringwall.collect.files import json_text, loader, tree
from ringwall.collect.files.tree import read_data, read_text
from ringwall.collect.intake import Intake
from ringwall.facts import k8s
from ringwall.facts.fact import Facts, Gap

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {}\n"
OBJECT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {},
}
AS_JSON = json.dumps(OBJECT)
BESIDE = POD.replace("web", "beside")


def facts_of(data: bytes | str, name: str) -> Facts:
    """The facts of one file, and of another that must never suffer from it."""
    intake = Intake()
    read_data(data.encode() if isinstance(data, str) else data, name, intake)
    read_data(BESIDE.encode(), "beside.yaml", intake)
    facts, _ = tree.settled(intake)
    assert "pod/shop/beside" in map(str, facts)
    for sentence in (*(gap.needs for gap in facts.gaps), *(w.message for w in facts.warnings)):
        assert sentence.isprintable()
    return facts


def gap_of(data: bytes | str, name: str) -> Gap:
    """The one thing that could not be read, which was all of the file."""
    facts = facts_of(data, name)
    (gap,) = facts.gaps
    assert len(facts) == 1
    return gap


def keys(facts: Facts) -> list[str]:
    return [str(key) for key in facts if key.name != "shop/beside"]


# --- encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
@pytest.mark.parametrize(("name", "text"), [("a.yaml", POD), ("a.json", AS_JSON)])
def test_text_is_read_in_every_encoding_that_its_first_bytes_say(
    codec: str, name: str, text: str
) -> None:
    facts = facts_of(text.encode(codec), name)

    assert (keys(facts), facts.gaps, facts.warnings) == (["pod/shop/web"], (), ())


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\0\0\xfe\xff"])
def test_the_other_order_of_bytes_is_read_too(mark: bytes) -> None:
    codec = "utf-16-be" if len(mark) == 2 else "utf-32-be"

    assert keys(facts_of(mark + POD.encode(codec), "a.yaml")) == ["pod/shop/web"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(("name", "text"), [("a.yaml", POD), ("a.json", AS_JSON)])
def test_wide_text_without_a_mark_is_named_and_not_guessed(
    codec: str, name: str, text: str
) -> None:
    gap = gap_of(text.encode(codec), name)

    seems = "seems to be UTF-16 or UTF-32 text without its mark; save it as UTF-8"
    assert gap.needs == f"{name}: {seems}"


BAD_TEXT = {
    "latin-1": (b"a: 1\nk: caf\xe9\n", "a.yaml", "a.yaml:2: is not UTF-8 text (byte 11); "),
    "latin-1 JSON": (b'{"k":\n"caf\xe9"}', "a.json", "a.json:2: is not UTF-8 text (byte 10); "),
    "half of UTF-16": (POD.encode("utf-16") + b"x", "a.yaml", "a.yaml: is not the UTF-16 text "),
    "every byte": (bytes(range(256)), "a.yaml", "a.yaml: is not text but binary data; leave it"),
    "a surrogate": (b"k: \xed\xa0\x80", "a.yaml", "a.yaml:1: is not UTF-8 text (byte 3); "),
    "NUL": (b"a: 1\nb: \0\n", "a.yaml", "a.yaml:2: not valid YAML: it holds characters that no"),
    "NUL in JSON": (b'{"a": "\0"}', "a.json", "a.json:1: is not valid JSON: invalid character"),
    "a bell": (b"a: \x07\n", "a.yaml", "a.yaml:1: not valid YAML: it holds characters that no"),
    "zeros": (bytes(100), "a.yaml", "a.yaml:1: not valid YAML: it holds characters that no YAML"),
}


@pytest.mark.parametrize(("data", "name", "start"), BAD_TEXT.values(), ids=BAD_TEXT)
def test_what_is_not_text_is_told_with_its_line(data: bytes, name: str, start: str) -> None:
    assert gap_of(data, name).needs.startswith(start)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["pods.json", "pods.yaml"])
def test_an_empty_file_is_said_to_be_empty(data: bytes, name: str) -> None:
    facts = facts_of(data, name)

    (warning,) = facts.warnings
    assert warning.message == "this file is empty; collect it again or leave it out"
    assert (warning.origin.file, facts.gaps) == (name, ())


def test_comments_alone_are_no_empty_file() -> None:
    assert facts_of("# to be written\n---\n", "a.yaml").warnings == ()


# --- JSON that is YAML, and the reverse ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", POD), ("a.yaml", AS_JSON), ("a.yml", f"\n\t{AS_JSON}")]
)
def test_the_content_decides_what_a_file_is(name: str, text: str) -> None:
    facts = facts_of(text, name)

    assert (keys(facts), facts.gaps) == (["pod/shop/web"], ())


BAD_JSON = {
    "YAML in braces": ("{apiVersion: v1}", "a.json:1: is not valid JSON: object keys must be"),
    "a comma too many": ('{"a":\n[1,\n]}', "a.json:3: is not valid JSON: trailing comma in"),
    "cut off": (AS_JSON[:60], "a.json: is not valid JSON: it ends too early; copy or collect it"),
    "two texts": (f"{AS_JSON}\n{AS_JSON}", "a.json:2: holds more than one JSON text; give each"),
    "no number": ('{"a": NaN}', "a.json:1: is not valid JSON: invalid character (byte 6)"),
    "no number beside a large one": ('[1e999,\nInfinity]', "a.json: is not valid JSON: `infinity`"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "start"), BAD_JSON.values(), ids=BAD_JSON)
def test_bad_json_is_told_with_its_line(text: str, start: str) -> None:
    assert gap_of(text, "a.json").needs.startswith(start)


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\uD83D", "\\ud83d\\ud83d\\ude00"])
def test_half_of_a_surrogate_pair_costs_nothing(half: str) -> None:
    """Go's decoder reads U+FFFD for each half."""
    labels = {"metadata": {"name": "web", "namespace": "shop", "labels": {"a": "HALF"}}}
    text = json.dumps(OBJECT | labels).replace("HALF", half)

    facts = facts_of(text, "a.json")

    body = next(fact.body for key, fact in facts.items() if key.name == "shop/web")
    assert isinstance(body, k8s.Pod)
    assert (body.metadata.labels or {})["a"].replace("😀", "") == "\ufffd"


def test_what_only_looks_like_half_of_a_pair_is_kept() -> None:
    labels = {"metadata": {"name": "web", "namespace": "shop", "labels": {"a": "\\ud800 😀"}}}

    facts = facts_of(json.dumps(OBJECT | labels), "a.json")

    (body,) = (fact.body for key, fact in facts.items() if key.name == "shop/web")
    assert isinstance(body, k8s.Pod)
    assert body.metadata.labels == {"a": "\\ud800 😀"}


# --- keys that stand twice -----------------------------------------------------------------------


def warned(data: str, name: str) -> list[tuple[str, str]]:
    """The places and keys that a file's warnings name; all of it is read."""
    facts = facts_of(data, name)
    assert (keys(facts), facts.gaps) == (["pod/shop/web"], ())
    for odd in facts.warnings:
        assert odd.message.endswith(
            "` stands twice in one object, of which the last counts; keep one"
        )
    return [(str(odd.origin), odd.message.split("`")[1]) for odd in facts.warnings]


def test_a_key_that_stands_twice_in_json_is_told_and_the_last_counts() -> None:
    text = AS_JSON.replace('"namespace"', '"namespace": "other", "namespace"')

    assert warned(text, "a.json") == [("a.json#/metadata", "namespace")]


def test_so_is_one_in_an_item_of_a_list_whatever_the_spelling() -> None:
    text = f'{{"apiVersion": "v1", "kind": "List", "items": [{AS_JSON}]}}'

    assert warned(text.replace('"spec"', '"spec" : {"a/b~": {}},\n"sp\\u0065c"'), "a.json") == [
        ("a.json#/items/0", "spec")
    ]


def test_a_colon_written_as_an_escape_hides_no_second_key() -> None:
    text = AS_JSON.replace('"spec": {}', '"spec": {"a": 1}, "spec": {"x": "\\u003a\\u003A"}')

    assert warned(text, "a.json") == [("a.json", "spec")]


def test_a_key_that_stands_twice_in_yaml_is_told_with_its_line() -> None:
    text = f"# a pod\n---\n{POD}spec: {{nodeName: x}}\n"

    assert warned(text, "a.yaml") == [("a.yaml:7", "spec")]


def test_so_is_one_that_is_quoted_or_flows() -> None:
    text = POD.replace("shop}", "shop, labels: {a: b, 'a': c}}").replace("spec:", "'spec':")

    assert warned(text + "spec: {}\n", "a.yaml") == [("a.yaml:3", "a"), ("a.yaml:5", "spec")]


def test_a_merge_that_overrides_what_stands_above_it_is_told() -> None:
    """As go-yaml v2 reads it (``decode.go``, ``mapping``), a merge is a place like any other."""
    text = POD.replace("{name: web, namespace: shop}", "{name: web, namespace: other, <<: *m}")

    assert warned(f"x: &m {{namespace: shop}}\n{text}", "a.yaml") == [("a.yaml:4", "namespace")]


def test_a_key_that_overrides_what_is_merged_is_what_merging_is_for() -> None:
    text = POD.replace("{name: web, namespace: shop}", "{<<: [*m, *n], name: web, namespace: shop}")

    facts = facts_of(f"x: &m {{name: x, uid: u}}\nz: &n {{name: z, uid: v}}\n{text}", "a.yaml")

    (body,) = (fact.body for key, fact in facts.items() if key.name == "shop/web")
    assert isinstance(body, k8s.Pod)
    assert (body.metadata.uid, facts.warnings) == ("u", ())


@pytest.mark.parametrize("prefilter", [True, False])
def test_keys_that_stand_twice_in_what_is_not_ours_are_not_told(prefilter: bool) -> None:
    other = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b, a: c}\n"
    intake = Intake()
    read_text(f"a: 1\na: 2\n---\n{other}".encode(), "values.yaml", intake, prefilter=prefilter)

    assert intake.facts().warnings == ()


def test_of_a_change_they_are_told_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{POD}spec: {{}}\n")

    applied = change.asked(Facts(), apply=[str(tmp_path / "a.yaml")])

    (odd,) = applied.assumes
    assert odd.startswith(f"{tmp_path}/a.yaml:5: `spec` stands twice in one object, of which the")


def test_the_lines_of_what_is_merged_are_those_where_it_is_written() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
        "x: &deny\n  podSelector: {}\n  ingress:\n  - ports: [{port: 80}]\n"
        "spec:\n  <<: *deny\n"
    )

    (fact,) = (fact for fact in facts_of(text, "a.yaml").values() if fact.key.name == "default/p")

    lines = {"/spec/podSelector": 5, "/spec/ingress/0": 7}
    assert dict(fact.origins[0].parts) == lines


def test_no_key_that_stands_twice_is_no_warning() -> None:
    text = AS_JSON.replace("{}", '{"a": "x:y:z", "b": {"a": [":", {"a": "\\":"}]}}')

    assert warned(text, "a.json") == []


def test_of_very_many_keys_that_stand_twice_some_are_told_and_the_rest_counted() -> None:
    twice = ", ".join(f'"k{i}": 1, "k{i}": 2' for i in range(1000))

    facts = facts_of(AS_JSON.replace("{}", f"{{{twice}}}"), "a.json")

    assert len(facts.warnings) == 101
    assert any(
        "900 more things are odd like this; correct them" in odd.message for odd in facts.warnings
    )


# --- bounds --------------------------------------------------------------------------------------

DEEP = 100_000
DEEP_YAML = {
    "brackets": "[" * DEEP,
    "closed brackets": "[" * DEEP + "]" * DEEP,
    "braces": "{a: " * DEEP,
    "dashes": "- " * DEEP + "x",
    "questions": "? " * DEEP + "x",
    "brackets that a comment seems to close": "# " + "]" * DEEP + "\na: " + "[" * DEEP,
    "brackets that a text seems to close": "- '" + "]" * DEEP + "'\n- " + "[" * DEEP,
    "indentation": "".join(" " * i + "a:\n" for i in range(1000)),
    "aliases of what is deep": "".join(
        f"- &a{i} " + "[" * 150 + (f"*a{i - 1}" if i else "") + "]" * 150 + "\n" for i in range(9)
    ),
}


@pytest.mark.parametrize("text", DEEP_YAML.values(), ids=DEEP_YAML)
def test_yaml_that_nests_too_deeply_is_one_sentence(text: str) -> None:
    gap = gap_of(text, "a.yaml")

    assert gap.needs.endswith(
        "not valid YAML: it nests too deeply (more than 200 levels); correct it"
    )


@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP])
def test_json_that_nests_too_deeply_is_one_sentence(text: str) -> None:
    assert gap_of(text, "a.json").needs == "a.json: is not read: it nests too deeply; correct it"


def test_an_object_that_nests_deeply_costs_only_itself() -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    bad = AS_JSON.replace('"web"', '"bad"').replace("{}", f'{{"containers": {deep}}}')

    facts = facts_of(
        f'{{"apiVersion": "v1", "kind": "List", "items": [{bad}, {AS_JSON}]}}', "a.json"
    )

    (gap,) = facts.gaps
    assert (keys(facts), gap.needs.startswith("a.json#/items/0: pod/shop/bad is not valid")) == (
        ["pod/shop/web"],
        True,
    )


def test_what_nests_as_deeply_as_json_may_is_looked_through_or_told() -> None:
    for levels in range(300, 1000, 7):
        deep = "[" * levels + "]" * levels
        text = AS_JSON.replace('"spec"', f'"status": {{"x": {deep}}}, "spec": {{}}, "spec"')

        facts = facts_of(text, "a.json")

        told = {str(gap.needs) for gap in facts.gaps} | {odd.message for odd in facts.warnings}
        assert told <= {
            "a.json: is not read: it nests too deeply; correct it",
            "a.json: it nests too deeply; correct it",
            "`spec` stands twice in one object, of which the last counts; keep one",
        }
        assert len(told) == 1


def doubling(first: str, again: str) -> str:
    """Ten of what stands above, ten times over."""
    tens = [again.format(", ".join([f"*x{i}"] * 10)) for i in range(9)]
    return "".join(f"x{i}: &x{i} {value}\n" for i, value in enumerate([first, *tens]))


@pytest.mark.parametrize("again", ["[{}]", "{{<<: [{}]}}"], ids=["lists", "merges"])
@pytest.mark.parametrize("head", ["", "%YAML 1.1\n---\n"], ids=["plain", "directive"])
def test_a_bomb_of_aliases_is_one_sentence(again: str, head: str) -> None:
    gap = gap_of(head + doubling("{a: b}", again) + POD, "a.yaml")

    assert "its aliases make more than 1,000,000 further values of it; write out what" in gap.needs


@pytest.mark.parametrize(
    "text", ["a: &a [*a]", "a: &a\n  <<: *a\n", "&a\n*a : x\n", "- &a {b: &b [*a, *b]}\n"]
)
def test_an_anchor_that_holds_itself_is_one_sentence(text: str) -> None:
    assert "an anchor makes a part of this document hold itself" in gap_of(text, "a.yaml").needs


def test_a_large_document_with_an_alias_is_no_bomb() -> None:
    labels = ", ".join(f"k{i}: v" for i in range(5000))
    text = POD.replace("shop}", f"shop, labels: &l {{{labels}}}, annotations: *l}}")

    assert keys(facts_of(text, "a.yaml")) == ["pod/shop/web"]


def test_more_values_than_fit_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "MOST_VALUES", 1000)
    monkeypatch.setattr(json_text, "MOST_VALUES", 1000)
    monkeypatch.setattr(json_text, "_LARGE", 0)

    in_yaml = gap_of("- x\n" * 1001, "a.yaml").needs
    in_json = gap_of("[" + "0," * 1000 + "0]", "a.json").needs

    assert in_yaml == (
        "a.yaml:1: not valid YAML: it has more than 1,000 values; "
        "give it as JSON, or in several documents"
    )
    assert in_json == "a.json: has more than 1,000 values; give it in several files"


def test_a_yaml_file_that_is_too_long_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST_YAML", 1000)

    needs = gap_of("a: " + "x" * 1000, "a.yaml").needs

    assert needs == "a.yaml: has more than 256 MiB of YAML; give it as JSON or in parts"


def test_of_very_many_bad_documents_some_are_told_and_the_rest_counted() -> None:
    facts = facts_of("a: b: c\n---\n" * 1000 + POD, "a.yaml")

    assert (keys(facts), len(facts.gaps)) == (["pod/shop/web"], 101)
    assert any(
        gap.needs == "a.yaml: 900 more documents of this file are not valid; correct it"
        for gap in facts.gaps
    )


@pytest.mark.parametrize("count", [100_000])
def test_very_many_labels_containers_and_documents_are_read(count: int) -> None:
    labels = {f"k{i}": "v" for i in range(count)}
    containers = [{"name": f"c{i}"} for i in range(count)]
    large = {
        **OBJECT,
        "metadata": {"name": "large", "labels": labels},
        "spec": {"containers": containers},
    }
    many = "---\n".join(POD.replace("web", f"web{i}") for i in range(count // 20))

    facts = facts_of(json.dumps(large), "a.json")
    others = facts_of(many, "a.yaml")

    assert (keys(facts), facts.gaps) == (["pod/default/large"], ())
    assert (len(keys(others)), others.gaps) == (count // 20, ())


# --- what YAML may do, and Kubernetes does not ---------------------------------------------------

FOREIGN = "a tag is one that only another tool can resolve; resolve it first"
MISFIT = "a value does not fit its tag; correct it"
BAD_YAML = {
    "a call": ("!!python/object/apply:os.system [touch /tmp/x]", 1, FOREIGN),
    "an object": ("a: 1\nb: !!python/object:os.system {a: b}", 2, FOREIGN),
    "a name": ("a: !!python/name:os.system ''", 1, FOREIGN),
    "a local tag": ("a: !vault x", 1, FOREIGN),
    "a local tag of a list": ("a: !Join [a, b]", 1, FOREIGN),
    "a list tagged as a text": ("a: !!str [a]", 1, FOREIGN),
    "a mapping with a tag of ours": ("a: !<plain> {a: b}", 1, FOREIGN),
    "a text with a tag of ours": ("a: !<plain> b", 1, FOREIGN),
    "a list as key tagged as a text": ("? !!str [a]\n: x", 1, "a key is no text; correct it"),
    "a list as key with a tag of ours": ("? !<plain> [a]\n: x", 1, "a key is no text; correct it"),
    "a set": ("a: !!set {a, b}", 1, FOREIGN),
    "an ordered mapping": ("a: !!omap [a: b]", 1, FOREIGN),
    "no time": ("a: !!timestamp nonsense", 1, MISFIT),
    "no truth": ("a: !!bool nonsense", 1, MISFIT),
    "no number": ("a: !!int x", 1, MISFIT),
    "no fraction": ("a: !!float x", 1, MISFIT),
    "no null": ("a: !!null x", 1, MISFIT),
    "no base 64": ("a: !!binary x", 1, MISFIT),
    "base 64 of no text": ("a: !!binary /w==", 1, MISFIT),
    "a list as key": ("a: 1\n? [a]\n: x", 2, "a key is no text; correct it"),
    "a mapping as key": ("? {a: b}\n: x", 1, "a key is no text; correct it"),
    "null as key": ("~: x", 1, "a key is no text; correct it"),
    "nothing as key": ("? \n: x", 1, "a key is no text; correct it"),
    "a merge of a text": ("<<: x", 1, "`<<` merges what is no mapping; correct it"),
    "a merge of a list of texts": ("<<: [x]", 1, "`<<` merges what is no mapping; correct it"),
    "an alias of nothing": ("a: *password", 1, "found undefined alias; correct it"),
    "an anchor twice": ("a: &x 1\nb: &x 2", 2, "an anchor stands twice; correct it"),
    "a tab": ("a:\n\tb: 1", 2, "a tab stands where only spaces may; indent with spaces"),
    "half a pair": ('a: "\\udfff"', 1, "found invalid Unicode character escape code; correct it"),
    "two values": ("a: b: c", 1, "mapping values are not allowed in this context; correct it"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "problem"), BAD_YAML.values(), ids=BAD_YAML)
def test_bad_yaml_is_told_with_its_line(text: str, line: int, problem: str) -> None:
    assert gap_of(text, "a.yaml").needs == f"a.yaml:{line}: not valid YAML: {problem}"


def test_what_a_message_quotes_is_one_printable_line_of_bounded_length() -> None:
    labels = {"name": "a\nb\x1b[31m\u202e" + "x" * 5000, "labels": {"a": 7}}

    gap = gap_of(json.dumps({**OBJECT, "metadata": labels}), "a.json")

    assert gap.needs.startswith("a.json: pod/default/a\\nb\\x1b[31m\\u202exxx")
    assert gap.needs.endswith("Expected `str`, got `int` - at `$.metadata.labels[...]`; correct it")
    assert len(gap.needs) < 1100


def test_a_message_stays_short_where_every_letter_is_written_as_an_escape() -> None:
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/" + "\u202e" * 990}

    gap = gap_of(json.dumps({"Vpcs": [vpc]}), "a.json")

    assert gap.needs.startswith("a.json#/Vpcs/0: `vpc-1` is not valid: `10.0.0.0/\\u202e")
    assert gap.needs.endswith("is not a CIDR block; correct it or read it again")
    assert len(gap.needs) < 1010


def test_text_in_the_settings_of_an_addon_is_bounded_too() -> None:
    bomb = doubling("[x]", "[{}]")
    addon = {"addonName": "vpc-cni", "clusterName": "c", "configurationValues": bomb}

    gap = gap_of(json.dumps({"addon": addon}), "a.json")

    assert "its configurationValues are neither JSON nor YAML" in gap.needs


def test_reading_text_leaves_garbage_collection_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert gc.isenabled()
    tree.read([str(tmp_path)])
    assert gc.isenabled()
    gc.disable()
    try:
        tree.read([str(tmp_path)])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_read_text_is_the_door_for_text() -> None:
    intake = Intake()
    read_text(AS_JSON.encode(), "a.json", intake)

    assert keys(intake.facts()) == ["pod/shop/web"]
