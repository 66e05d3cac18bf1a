"""The ConfigMap ``aws-auth`` makes an IAM principal a member of ``system:masters``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.namespaces import is_dump
from ringwall.check.rbac import MASTERS
from ringwall.check.rule import Rule
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Key

RULE = Rule(
    id="iam-aws-auth-masters",
    title="aws-auth maps an IAM principal to system:masters",
    severity="critical",
    kind="pattern",
    remediation="make an access entry with an access policy for the principal, then take the "
    "mapping out: eksctl delete iamidentitymapping",
)
_NAME: Final = "kube-system/aws-auth"
_ALWAYS_THERE: Final = "kube-system/kube-root-ca.crt"
"""Every cluster has it; that it came says that aws-auth, if missing, does not exist."""
_READ: Final = "kubectl -n kube-system get configmap aws-auth -o json"


@dataclass(frozen=True, slots=True)
class _Place:
    """One cluster: its Kubernetes half and its EKS half, as far as they were read."""

    audit: Audit
    scope: str | None
    eks: aws.Cluster | None
    title: str

    @property
    def mode(self) -> str:
        """How EKS authenticates; empty where that was not read."""
        access = self.eks and self.eks.access_config
        return access.authentication_mode if access else ""

    @property
    def describe(self) -> str:
        """The call that tells the mode."""
        return f"aws eks describe-cluster --name {self.title or 'NAME'}"

    @property
    def cause(self) -> str:
        """What findings about the whole ConfigMap have as their cause."""
        return str(Key(self.title if self.scope is None else self.scope, "configmap", _NAME))

    @property
    def mappings(self) -> k8s.AwsAuth | None:
        """What the ConfigMap says; None where it was not read."""
        key = Key(self.scope or "", "configmap", _NAME)
        body = self.audit.facts[key].body if key in self.audit.facts else None
        return body.aws_auth if isinstance(body, k8s.ConfigMap) else None

    @property
    def broken(self) -> list[str]:
        """What is wrong with it where it could not be read, or not all of it."""
        gaps = self.audit.facts.gaps
        mine = (gap for gap in gaps if gap.scope == self.scope)
        return [gap.needs for gap in mine if gap.object == f"configmap/{_NAME}"]

    def has_entry(self, arn: str) -> bool:
        """Whether an access entry, which comes before the ConfigMap, is for the same principal."""
        entries = self.audit.facts.of(aws.AccessEntry)
        mine = (one for _, one in entries if one.cluster_name == self.title)
        wanted = self.audit.named(arn).lower()
        return any(self.audit.named(one.principal_arn).lower() == wanted for one in mine)

    def finding(self, status: str, reason: str, needs: list[str] | None = None) -> Finding:
        """What is said about the whole ConfigMap."""
        evidence = {"needs": needs} if needs else {}
        return RULE.finding(
            status, self.cause, reason=reason, cluster=self.title, evidence=evidence
        )


def check(audit: Audit) -> Iterator[Finding]:
    """One finding per principal."""
    for place in _places(audit):
        auth = place.mappings
        found = [_fail(place, one) for one in _masters(auth)] if auth else []
        yield from found
        if place.broken and place.mode != "API":
            yield place.finding("unknown", "not all of it could be read", place.broken)
        elif auth is None:
            yield _without(place)
        elif not found:
            yield place.finding("pass", "it maps nobody to system:masters")


def _places(audit: Audit) -> Iterator[_Place]:
    """Every cluster; those that only AWS's answers tell of last."""
    world, clusters = audit.net.world, audit.fabric.eks
    for scope, title in world.eks_names.items():
        key = world.links.get(scope)
        yield _Place(audit, scope, clusters[key] if key else None, title)
    for key in sorted(clusters.keys() - set(world.links.values())):
        yield _Place(audit, None, clusters[key], clusters[key].name)


def _masters(auth: k8s.AwsAuth) -> Iterator[k8s.IamMapping]:
    """The mappings to the group, of each principal one."""
    every = {one.arn: one for one in (*auth.roles, *auth.users) if MASTERS in one.groups}
    return iter(every[arn] for arn in sorted(every))


def _fail(place: _Place, mapping: k8s.IamMapping) -> Finding:
    severity, words = _use(place, mapping.arn)
    evidence = {
        "username": mapping.username,
        "groups": list(mapping.groups),
        "path": f"{mapping.arn} -> {MASTERS} -> every verb on every resource",
    }
    if place.mode:
        evidence["authenticationMode"] = place.mode
    else:
        evidence["needs"] = place.describe
    return RULE.finding(
        "fail",
        f"{place.cause}:{mapping.arn}",
        severity=severity,
        reason=f"{mapping.arn} is mapped to {MASTERS}{words}",
        cluster=place.title,
        objects=[place.cause, mapping.arn],
        examples=[mapping.arn],
        evidence=evidence,
    )


def _use(place: _Place, arn: str) -> tuple[str, str]:
    """How severe a mapping is, and why."""
    if place.mode == "API":
        return "low", "; EKS does not look at the ConfigMap in mode API"
    if place.mode == "API_AND_CONFIG_MAP" and place.has_entry(arn):
        return "low", "; an access entry for it comes first"
    if not place.mode:
        return "high", "; whether EKS looks at the ConfigMap was not read"
    return "critical", " and may do everything in the cluster"


def _without(place: _Place) -> Finding:
    if place.mode == "API":
        return place.finding("pass", "EKS does not look at the ConfigMap in mode API")
    scope = place.scope
    if scope is not None and Key(scope, "configmap", _ALWAYS_THERE) in place.audit.facts:
        return place.finding("pass", "there is no such ConfigMap")
    if place.eks or (scope is not None and is_dump(place.audit.facts, scope)):
        needs = [_READ] if place.mode else [_READ, place.describe]
        return place.finding("unknown", "the ConfigMap was not read", needs)
    return place.finding("not-applicable", "neither the ConfigMap nor a cluster was read")
