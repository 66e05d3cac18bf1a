"""A larger cluster: what is computed grows with what rules tell apart, not with pods."""

from unittest.mock import patch

import numpy as np

from ringwall.facts import k8s
from ringwall.facts.fact import Delta, Facts
from ringwall.model import gate, rows
from ringwall.model.attachments import Attachment
from ringwall.model.enforcers.detect import detect_all
from ringwall.model.policies import Policies
from ringwall.model.workloads import Workloads, read
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from tests.model import many

FACTS = many.facts(pods=2000, policies=100)


def built(facts: Facts) -> tuple[Policies, Workloads]:
    workloads = read(facts)
    policies = Policies(facts, workloads, detect_all(facts, {"": ""}))
    policies.bind(ServiceAtoms(policies.service_sets()), Interner())
    return policies, workloads


def attachments(workloads: Workloads) -> list[Attachment]:
    return [
        Attachment(pod.id, "pod", *pod.addresses[0], pod.cluster, i)
        for i, pod in enumerate(workloads.pods)
    ]


def test_pods_share_few_classes() -> None:
    policies, workloads = built(FACTS)

    classes = policies.classify(attachments(workloads))

    assert len(workloads.pods) == 2000
    assert len(np.unique(classes.ingress)) < 100
    assert len(np.unique(classes.peer)) < 300


def test_a_complete_relation_is_looked_up() -> None:
    policies, workloads = built(FACTS)
    classes = policies.classify(attachments(workloads))
    policies.complete()

    with patch.object(rows, "evaluate", side_effect=AssertionError):
        for number in np.unique(classes.egress).tolist():
            assert len(policies.egress_row(number).ids(classes.peer)) == 2000


def test_an_edited_policy_works_out_the_gates_of_its_namespace_only() -> None:
    policies, workloads = built(FACTS)
    policies.complete()
    key, body = next(iter(FACTS.of(k8s.NetworkPolicy)))
    open_ = k8s.NetworkPolicy(body.metadata, k8s.NetworkPolicySpec(ingress=(OPEN_RULE,)))
    delta: Delta = {key: (FACTS[key], many.fact(key.kind, key.name, open_))}
    changed = FACTS.apply(delta)
    after = policies.rebuild(changed, workloads.rebuild(changed, delta), {"": SPEC}, delta)
    after.bind(policies.atoms, policies.interner)

    with patch.object(rows, "evaluate", wraps=gate.evaluate) as evaluate:
        after.complete()

    places = {call.args[0].place for call in evaluate.call_args_list}
    assert places == {body.metadata.namespace}


OPEN_RULE = k8s.IngressPolicyRule()
SPEC = detect_all(FACTS, {"": ""})[""]
