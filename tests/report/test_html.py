"""The HTML page: whole in itself, nothing executed, nothing escaped wrongly, nothing unbounded."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path

import pytest

from ringwall import pipeline
from ringwall.reach.engine.relation import Relation
from ringwall.report.html import page
from ringwall.report.outputs import AuditReport
from tests.report import reports
from tests.support import facts_of

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
EMPTY = Relation.of(facts_of("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))
VOID = {"meta", "path", "rect"}
NOT_SHOWN = {"style", "title"}


class Read(HTMLParser):
    """A page as a browser reads it: its elements, in order, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID and tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in NOT_SHOWN:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """What is shown, with single spaces."""
        return " ".join("".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attrs for name, attrs in self.tags if name == tag]


def rendered(report: AuditReport, relation: Relation = EMPTY) -> str:
    return page.render(report, reports.catalog(), relation, reports.AT)


@pytest.fixture(scope="module")
def shop() -> Read:
    reading = pipeline.read([SHOP])
    return Read(rendered(pipeline.audit(reading), Relation.of(reading.facts)))


def test_nothing_is_loaded_and_nothing_runs(shop: Read) -> None:
    names = {tag for tag, _ in shop.tags}
    attributes = {name for _, attrs in shop.tags for name in attrs}

    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use"}
    assert not {name for name in attributes if name.startswith("on")}
    assert not attributes & {"src", "style", "srcset", "action", "xlink:href"}
    links = [attrs["href"] or "" for attrs in shop.all("a")]
    assert links
    assert all(link.startswith("#") for link in links)


def test_the_policy_admits_this_style_sheet_and_nothing_else() -> None:
    text = rendered(reports.of_every_status())
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    (policy,) = [a for a in Read(text).all("meta") if a.get("http-equiv")]

    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_links_lead_to_sections(shop: Read) -> None:
    ids = {attrs["id"] for _, attrs in shop.tags if attrs.get("id")}

    assert {f"#{id_}" for id_ in ids} >= {attrs["href"] for attrs in shop.all("a")}


def test_headings_and_tables_can_be_heard(shop: Read) -> None:
    levels = [int(tag[1]) for tag, _ in shop.tags if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - before <= 1 for before, later in pairwise(levels))
    assert all(attrs.get("scope") in ("col", "row") for attrs in shop.all("th"))
    (picture,) = shop.all("svg")
    assert picture["role"] == "img"
    assert picture["aria-labelledby"] == "map-title map-desc"
    assert shop.all("html")[0]["lang"] == "en"


def test_every_severity_is_told_in_a_word(shop: Read) -> None:
    classes = [attrs.get("class") or "" for attrs in shop.all("span")]
    badges = {one for one in classes if one.startswith("badge")}

    assert {"badge critical", "badge high", "badge medium"} <= badges
    for badge in badges:
        assert f" {badge.removeprefix('badge ')} " in shop.text


def test_the_page_says_what_when_and_of_what() -> None:
    text = Read(rendered(reports.of_every_status())).text

    assert "2 findings: 1 critical, 1 high; 1 unknown" in text
    assert "2026-01-02 03:04 UTC" in text
    assert "sha256:00" in text
    assert "shop: only its EKS settings, no Kubernetes objects" in text


def test_a_finding_has_its_path_its_hops_and_its_place() -> None:
    text = Read(rendered(reports.report(reports.exposed(), reports.finding()))).text

    assert "1.0.0.0 → igw-0abc → sg-0abc ingress:tcp/22:0.0.0.0/0 → 10.0.0.1 tcp/22" in text
    assert "translate internet-gatewaydestination becomes 10.0.0.1 igw-0abc" in text
    assert "aws/rules.json#/SecurityGroupRules/0" in text
    assert "k8s/policies.yaml:12" in text


def test_what_is_unknown_or_excepted_is_never_silent() -> None:
    text = Read(rendered(reports.of_every_status())).text

    assert "np-allow-all: shop!namespace/a: no rules were read" in text
    assert "high np-allow-all: shop!namespace/b: accepted until 2027-01-01" in text


def test_what_could_not_be_seen_is_told() -> None:
    text = Read(rendered(reports.report())).text

    assert "broken.yaml:4: not valid YAML" in text
    assert "read CiliumNetworkPolicies" in text
    assert "VPC Block Public Access is taken as off" in text
    assert "y.yaml:1: told twice" in text
    assert "2 Secret" in text


def test_a_world_without_anything_says_so() -> None:
    text = Read(rendered(reports.report(failed=[], gaps=[], assumes=[], warnings=[], left_out={})))

    assert "No rule found anything." in text.text
    assert "Nothing that was read is reached from public addresses." in text.text
    assert "No workload was read." in text.text
    assert "Everything was read, and nothing is taken for granted." in text.text


def test_no_name_is_markup() -> None:
    plain, harmed = Read(rendered(reports.of_every_status())), rendered(reports.hostile())

    read = Read(harmed)

    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in plain.tags}
    assert harmed.count("<script") == 0
    assert harmed.count("</style>") == harmed.count("</svg>") + 1 == 1
    assert harmed.encode()
    assert not reports.HIDDEN.search(harmed)


NAMED = """\
apiVersion: v1
kind: Pod
metadata: {name: "<script>x", namespace: "</svg>&\\u202e"}
spec: {containers: []}
status: {podIP: 8.8.8.8, phase: Running}
"""


def test_no_name_is_markup_in_the_picture_and_the_matrix() -> None:
    text = rendered(reports.report(), Relation.of(facts_of(NAMED)))

    assert "&lt;script&gt;x" in text
    assert "<script" not in text
    assert text.count("</svg>") == 1
    assert not reports.HIDDEN.search(text)


def test_ten_thousand_findings_are_counted_and_the_worst_are_shown() -> None:
    text = rendered(reports.many())

    read = Read(text)
    assert len(read.all("article")) == 200
    assert (
        "9800 more findings are not shown here; ringwall audit --format json has all" in read.text
    )
    assert len(text) < 2_000_000


def test_the_same_input_gives_the_same_bytes(shop: Read) -> None:
    reading = pipeline.read([SHOP])
    again = Read(rendered(pipeline.audit(reading), Relation.of(reading.facts)))

    assert again.tags == shop.tags
    assert again.texts == shop.texts


STYLE = (Path(page.__file__).parent / "style.css").read_text()
SCHEMES = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in STYLE.split(":root")[1:]
]
PAIRS = [
    *product(
        ("ink dim link critical high medium low info unknown excepted pass").split(),
        ("paper", "panel"),
    ),
    *(("ink", f"m-{share}") for share in ("none", "some", "most")),
    ("m-all-ink", "m-all"),
]


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", range(3), ids=["light", "dark", "print"])
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_text_has_the_contrast_of_wcag_aa(scheme: int, ink: str, paper: str) -> None:
    colors = SCHEMES[scheme]
    low, high = sorted((luminance(colors[ink]), luminance(colors[paper])))

    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_templates_are_loaded_only_by_the_page() -> None:
    house = Path(page.__file__).parents[2]
    users = {
        file.relative_to(house).as_posix()
        for file in house.rglob("*.py")
        if re.search(r"^\s*(?:from|import) (?:jinja2|markupsafe)\b", file.read_text(), re.MULTILINE)
    }

    assert users == {"report/html/page.py"}
