"""Services of type LoadBalancer, the load balancers that AWS made for them, and who gets there.

Who makes the load balancer decides what an annotation means: the cloud provider's own controller
makes Internet-facing ones unless told otherwise and does not look at the scheme annotation; the AWS
Load Balancer Controller (from 2.2.0) and EKS Auto Mode make internal ones. Sources: their pages on
Service annotations, and cloud-provider-aws, docs/service_controller.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ringwall.check.audit import Audit
from ringwall.check.exposure import CLOSED, Use, nameable
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.network import Interface
from ringwall.reach.definition.packet import PROTOCOLS
from ringwall.reach.ids import Services
from ringwall.space.addresses import Addresses

if TYPE_CHECKING:
    from ringwall.check.ways import Way

CLOUD_PROVIDER: Final = "the cloud provider's controller"
CONTROLLER: Final = "the AWS Load Balancer Controller"
AUTO_MODE: Final = "EKS Auto Mode"
INTERNET_FACING: Final = "internet-facing"
INTERNAL: Final = "internal"

_NOTE: Final = "service.beta.kubernetes.io/"
_CLASSES: Final = {"service.k8s.aws/nlb": CONTROLLER, "eks.amazonaws.com/nlb": AUTO_MODE}
_DEPLOYMENT: Final = "aws-load-balancer-controller"
_LISTING: Final = "aws elbv2 describe-load-balancers and aws elb describe-load-balancers"


class _Known:
    """What is looked up for each Service: load balancers by host name, interfaces by description,
    and the clusters with the AWS Load Balancer Controller or a NodeClass of EKS Auto Mode."""

    def __init__(self, audit: Audit) -> None:
        self.balancers: dict[str, list[aws.LoadBalancer]] = defaultdict(list)
        for _, body in audit.facts.of(aws.LoadBalancer):
            self.balancers[body.dns_name.lower()].append(body)
        self.interfaces: dict[str, list[Interface]] = defaultdict(list)
        for interface in audit.fabric.interfaces.values():
            self.interfaces[interface.description].append(interface)
        self.controlled = {
            key.scope
            for key, body in audit.facts.of(k8s.Deployment)
            if body.metadata.name == _DEPLOYMENT
        }
        self.automatic = {key.scope for key, _ in audit.facts.of(k8s.NodeClass)}


@dataclass(frozen=True)
class Published:
    """One Service of type LoadBalancer."""

    audit: Audit
    known: _Known
    key: Key
    body: k8s.Service

    @property
    def cluster(self) -> str:
        """The name of its cluster."""
        return self.audit.net.world.eks_names.get(self.key.scope, self.key.scope)

    def note(self, name: str) -> str:
        """What one of its annotations says."""
        return (self.body.metadata.annotations or {}).get(_NOTE + name, "").strip()

    @property
    def asked(self) -> tuple[Services, ...]:
        """What it serves: the listeners of its load balancer."""
        ports = self.body.spec.ports or ()
        numbers = ((PROTOCOLS[port.protocol.lower()], port.port) for port in ports)
        return tuple(Services((number, number), (port, port)) for number, port in numbers)

    @cached_property
    def maker(self) -> str:
        """Who makes its load balancer; empty where that is a controller that is not known here."""
        named = self.body.spec.load_balancer_class
        if named:
            return _CLASSES.get(named, "")
        if self.note("aws-load-balancer-type") in ("external", "nlb-ip"):
            return CONTROLLER
        if self._is_auto_mode:
            return AUTO_MODE
        if not self.hostnames and self.key.scope in self.known.controlled:
            return CONTROLLER  # its webhook claims what is created
        return CLOUD_PROVIDER

    @property
    def _is_auto_mode(self) -> bool:
        key = self.audit.net.world.links.get(self.key.scope)
        config = self.audit.fabric.eks[key].compute_config if key else None
        return bool(config and config.enabled) or self.key.scope in self.known.automatic

    @property
    def hostnames(self) -> tuple[str, ...]:
        """The names under which its load balancers answer."""
        status = self.body.status.load_balancer or k8s.LoadBalancerStatus()
        return tuple(one.hostname.lower() for one in status.ingress or () if one.hostname)

    # what was asked for, and what there is

    @property
    def wish(self) -> str:
        """The scheme that its annotations ask for, as who makes it reads them; else empty."""
        scheme = self.note("aws-load-balancer-scheme")
        if self.maker != CLOUD_PROVIDER and scheme in (INTERNAL, INTERNET_FACING):
            return scheme
        internal = self.note("aws-load-balancer-internal")
        if not internal:
            return ""
        return INTERNET_FACING if internal == "false" else INTERNAL

    @property
    def scheme(self) -> str:
        """The scheme that AWS tells, else the one asked for, else its maker's default; empty where
        none of them is known."""
        told = {balancer.scheme for balancer in self.balancers} - {""}
        if told:
            return INTERNET_FACING if INTERNET_FACING in told else INTERNAL
        defaults = {CLOUD_PROVIDER: INTERNET_FACING, CONTROLLER: INTERNAL, AUTO_MODE: INTERNAL}
        return self.wish or defaults.get(self.maker, "")

    @property
    def balancers(self) -> list[aws.LoadBalancer]:
        """Its load balancers, as far as AWS's answers hold them."""
        return [body for name in self.hostnames for body in self.known.balancers.get(name, ())]

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces of its load balancers."""
        told = map(_description, self.balancers)
        return [one for text in told for one in self.known.interfaces.get(text, ())]

    # who gets there

    @cached_property
    def visitors(self) -> tuple[Addresses, Use]:
        """The strangers who surely get to its load balancers, and whether anybody does."""
        if not self.interfaces:
            needs = "aws ec2 describe-network-interfaces" if self.balancers else _LISTING
            return Addresses(), Use("unknown", needs=needs)
        return _visitors(self.audit, filter(nameable, self.interfaces), self.asked)

    def finding(
        self,
        rule: Rule,
        status: str,
        reason: str,
        use: Use | None = None,
        severity: str = "",
        **more: Any,
    ) -> Finding:
        """What a rule says about it."""
        balancers = [balancer.load_balancer_name for balancer in self.balancers]
        interfaces = [interface.id for interface in self.interfaces]
        use_told = {"path": use.text} if use else {}
        if use and use.witness:
            use_told["paths"] = [self.audit.path(use.witness)]  # type: ignore[assignment]
        return rule.finding(
            status,
            str(self.key),
            severity=severity,
            reason=reason,
            cluster=self.cluster,
            objects=[str(self.key), *(f"lb/{name}" for name in balancers), *interfaces[:20]],
            examples=balancers or [str(self.key)],
            evidence={"scheme": self.scheme, "made_by": self.maker, **more, **use_told},
        )


def published(audit: Audit) -> Iterator[Published]:
    """Every Service of type LoadBalancer, in order."""
    known = _Known(audit)
    for key, body in audit.facts.of(k8s.Service):
        if body.spec.type == "LoadBalancer":
            yield Published(audit, known, key, body)


def each_published(audit: Audit, rule: Rule) -> Iterator[Published | Finding]:
    """Every Service of type LoadBalancer, or that there is none."""
    found = list(published(audit))
    if not found:
        yield _none(audit, rule)
    yield from found


def _none(audit: Audit, rule: Rule) -> Finding:
    """Load balancers on the Internet, and no Service that could be theirs, is an open question."""
    facing = [b for _, b in audit.facts.of(aws.LoadBalancer) if b.scheme == INTERNET_FACING]
    if not facing or any(True for _ in audit.facts.of(k8s.Service)):
        reason = "no Service of type LoadBalancer was read"
        return rule.finding("not-applicable", "services", reason=reason)
    return rule.finding(
        "unknown",
        "services",
        reason="there are Internet-facing load balancers, and no Service was read",
        count=len(facing),
        examples=[balancer.load_balancer_name for balancer in facing],
        evidence={"needs": ["kubectl get services --all-namespaces --output json"]},
    )


def outlook(use: Use) -> str:
    """What a use means, as the end of a sentence."""
    return {
        "open": "a packet from the Internet gets to it",
        "unknown": "whether a packet from the Internet gets to it cannot be decided",
    }.get(use.word, "nothing on the Internet gets to it today")


def _description(balancer: aws.LoadBalancer) -> str:
    """How AWS describes the interfaces of a load balancer."""
    part = balancer.load_balancer_arn.partition(":loadbalancer/")[2]
    return f"ELB {part or balancer.load_balancer_name}"


def _visitors(
    audit: Audit, interfaces: Iterable[Interface], asked: tuple[Services, ...]
) -> tuple[Addresses, Use]:
    surely, use = Addresses(), CLOSED
    senders = audit.ways.senders_in(audit.strangers)
    for interface in interfaces:
        for way in audit.ways.into(interface, senders, asked):
            if way.sure:
                surely |= way.src.addresses
            if use.word == "open" or (not way.sure and use.word == "unknown"):
                continue
            use = _use(audit, interface, way) or use
    return surely, use


def _use(audit: Audit, interface: Interface, way: "Way") -> Use | None:
    """A way as the definition shows it."""
    for outcome in audit.net.outcomes(*way.ends, way.asked):
        if way.sure and outcome.cell.truth.value:
            return Use("open", outcome, (interface,))
        if not way.sure and outcome.cell.truth.value is not False:
            needs = (reason.needs for reason in outcome.cell.truth.because)
            return Use("unknown", needs=min(needs, default="the way back of the reply"))
    return None
