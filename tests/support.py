"""What tests share: input as text in, answers out, through the same doors as a user's files."""

from collections.abc import Iterable, Mapping

from ringwall.collect.files import aws
from ringwall.collect.files.tree import read_text
from ringwall.collect.intake import Intake
from ringwall.facts.fact import Facts
from ringwall.reach.answers import Explanation
from ringwall.reach.engine.relation import Relation
from ringwall.reach.explain import explain
from ringwall.reach.questions import Net
from ringwall.space.services import OTHERS, ServiceSet


def services_of(ports: Mapping[str, Iterable[str]]) -> ServiceSet:
    """The services of a row of ``ringwall/reach/v1``, as ``ServiceSet.contract`` writes them."""
    found = ServiceSet()
    for name, items in ports.items():
        word = name.lower().replace("proto-", "proto/")
        words = " ".join(f"{word}/{item}" for item in items) or word
        found |= OTHERS if name == "PROTO-OTHER" else ServiceSet.parse(words)
    return found


def facts_of(files: str | Mapping[str, str], *, prefilter: bool = True) -> Facts:
    """Facts from one YAML text, or from file names and their texts."""
    named = {"input.yaml": files} if isinstance(files, str) else files
    intake = Intake()
    for name, text in named.items():
        read_text(text.encode(), name, intake, prefilter=prefilter)
    aws.finish(intake)
    return intake.facts()


def net_of(files: str | Mapping[str, str]) -> Net:
    """A world that can be asked."""
    return Net(facts_of(files))


def ask(files: str | Mapping[str, str], src: str, dst: str, port: str) -> Explanation:
    """What ``ringwall explain`` answers on these files; the engine is asked the same and must not
    say otherwise, so that every statement of the sources is put to both evaluators."""
    facts = facts_of(files)
    answer = explain(Net(facts), src, dst, port)
    found = Relation.of(facts).between(src, dst, ServiceSet.parse(port))
    verdicts = {one.verdict for one in found}
    most_open = next(one for one in ("allowed", "unknown", "blocked") if one in verdicts)
    assert most_open == answer.verdict, "the engine says otherwise"
    if len(found) == 1:
        told = (found[0].extent, found[0].reply)
        assert told == (answer.extent, answer.reply), "the engine says otherwise"
    return answer
