"""The API endpoints of EKS clusters, as the api rules look at them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ringwall.check.audit import Audit
from ringwall.check.exposure import block_endpoint
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts import aws
from ringwall.facts.fact import Key
from ringwall.reach.definition.endpoint import allowed_blocks
from ringwall.reach.ids import Endpoint, endpoint, services
from ringwall.reach.questions import Outcome
from ringwall.space.addresses import INTERNET, Addresses


@dataclass(frozen=True, slots=True)
class Api:
    """One cluster's API endpoint."""

    audit: Audit
    key: Key
    cluster: aws.Cluster

    @property
    def config(self) -> aws.VpcConfig:
        """Its settings."""
        return self.cluster.resources_vpc_config

    @property
    def blocks(self) -> tuple[str, ...]:
        """The blocks that may use its public endpoint."""
        return allowed_blocks(self.config)

    @property
    def admitted(self) -> Addresses:
        """The Internet addresses among them."""
        return Addresses.of(*self.blocks) & INTERNET

    def witness(self, start: Endpoint) -> Outcome | None:
        """A connection from somebody to it that is allowed."""
        end = endpoint(self.audit.net.world, str(self.key))
        found = self.audit.net.outcomes(start, end, services("tcp/443"))
        return next((outcome for outcome in found if outcome.cell.truth.value), None)

    def witness_in(self, source: Addresses) -> Outcome | None:
        """An address of a set that may use it."""
        return self.witness(block_endpoint(source))

    @property
    def stranger(self) -> Outcome | None:
        """A stranger on the Internet who may use the public endpoint."""
        source = self.admitted & self.audit.strangers
        return self.witness_in(source) if self.config.endpoint_public_access and source else None


def each_api(
    audit: Audit, rule: Rule, which: str, judge: Callable[[Api], Finding]
) -> Iterator[Finding]:
    """One finding per cluster whose ``public`` or ``private`` endpoint setting was read."""
    return in_each_api(audit, rule, which, lambda api: [judge(api)])


def in_each_api(
    audit: Audit, rule: Rule, which: str, judge: Callable[[Api], Iterable[Finding]]
) -> Iterator[Finding]:
    """The same where there may be several per cluster."""
    clusters = audit.fabric.eks
    if not clusters:
        yield rule.finding("not-applicable", "aws", reason="no EKS cluster was read")
    for key, cluster in clusters.items():
        undecided = _undecided(rule, key, cluster, which)
        yield from [undecided] if undecided else judge(Api(audit, key, cluster))


def _undecided(rule: Rule, key: Key, cluster: aws.Cluster, which: str) -> Finding | None:
    config = cluster.resources_vpc_config
    if config == aws.VpcConfig():
        reason = "the cluster's answer has no endpoint settings"
        return rule.finding("not-applicable", str(key), reason=reason, cluster=cluster.name)
    if getattr(config, f"endpoint_{which}_access") is None:
        reason = f"whether the {which} endpoint is on was not read"
        evidence = {"needs": f"aws eks describe-cluster --name {cluster.name}"}
        return rule.finding(
            "unknown", str(key), reason=reason, cluster=cluster.name, evidence=evidence
        )
    return None
