"""A namespace lacks labels that say whose it is."""

from collections.abc import Iterator

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import SYSTEM, cluster_name
from ringwall.check.rule import Rule
from ringwall.check.words import many
from ringwall.reach.definition.pods import Cluster

RULE = Rule(
    id="np-namespace-unlabelled",
    title="A namespace lacks required labels",
    severity="low",
    kind="pattern",
    remediation="label it: kubectl label namespace NAME KEY=VALUE; better in the manifest that "
    "makes it",
)


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per namespace that is not the system's."""
    required = audit.config.labels.required
    if not required:
        reason = "no label is required: name them in ringwall.toml as required of [labels]"
        yield RULE.finding("not-applicable", "cluster", reason=reason)
        return
    for cluster in audit.net.world.clusters.values():
        title = cluster_name(audit.net.world, cluster.name)
        for name in sorted(cluster.namespaces.keys() - set(SYSTEM)):
            yield _judge(cluster, name, required, title)


def _judge(cluster: Cluster, name: str, required: tuple[str, ...], title: str) -> Finding:
    cause = f"{cluster.prefix}namespace/{name}"
    if name in cluster.known_by_name:
        reason = "the namespace itself was not read, only what is in it"
        evidence = {"needs": f"kubectl get namespace {name} -o json"}
        return RULE.finding("unknown", cause, reason=reason, cluster=title, evidence=evidence)
    labels = cluster.labels_of(name)
    missing = [key for key in required if not labels.get(key, "").strip()]
    if not missing:
        return RULE.finding("pass", cause, reason="it has every required label", cluster=title)
    return RULE.finding(
        "fail",
        cause,
        reason=f"it lacks {many(len(missing), 'required label')}: {', '.join(missing)}",
        cluster=title,
        objects=[cause],
        count=len(missing),
        examples=missing,
        evidence={"missing": missing, "labels": labels},
    )
