"""The policy half of a model, asked about two pods, addresses or nodes of a small world."""

from collections.abc import Mapping

from ringwall.facts.fact import Facts
from ringwall.model.attachments import Attachment
from ringwall.model.enforcers.detect import detect_all
from ringwall.model.gate import Admission, Reason
from ringwall.model.policies import Policies
from ringwall.model.services import Backends
from ringwall.model.workloads import parsed, read
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.interner import Interner
from ringwall.space.services import ServiceSet
from tests.support import facts_of


class Asked:
    """``verdict`` puts the two gates of a pair together, as far as policies go."""

    def __init__(self, files: str | Mapping[str, str] | Facts) -> None:
        self.facts = files if isinstance(files, Facts) else facts_of(files)
        self.workloads = read(self.facts)
        self.enforcers = detect_all(self.facts, dict.fromkeys(self.workloads.clusters, ""))
        self.policies = Policies(self.facts, self.workloads, self.enforcers)
        self.backends = Backends(self.facts, self.workloads)
        asked = [ServiceSet.parse(text) for text in ASKED]
        self.atoms = ServiceAtoms(
            [*self.policies.service_sets(), *self.backends.service_sets(), *asked]
        )
        self.policies.bind(self.atoms, Interner())

    def end(self, text: str) -> Attachment:
        """``x/a`` is a pod, ``10.0.0.1`` an address that is nobody's."""
        at = parsed(text)
        if at is not None:
            return Attachment(text, "outside", *at)
        pods = self.workloads.pods
        number = next(i for i, pod in enumerate(pods) if pod.id == f"{text}[Pod]")
        family, value = (pods[number].addresses or ((0, 0),))[0]
        return Attachment(text, "pod", family, value, pods[number].cluster, number)

    def admission(self, src: str, dst: str) -> Admission:
        egress, ingress, peer = self.policies.classify([self.end(src), self.end(dst)])
        out = self.policies.egress(int(egress[0]), int(peer[1]))
        return out.both(self.policies.ingress(int(ingress[1]), int(peer[0])))

    def verdict(self, src: str, dst: str, port: str) -> str:
        return told(self.admission(src, dst), self.atoms.mask(ServiceSet.parse(port)))

    def reasons(self, src: str, dst: str, port: str) -> set[Reason]:
        egress, ingress, peer = self.policies.classify([self.end(src), self.end(dst)])
        mask = self.atoms.mask(ServiceSet.parse(port))
        return {
            *self.policies.reasons("egress", int(egress[0]), int(peer[1]), mask),
            *self.policies.reasons("ingress", int(ingress[1]), int(peer[0]), mask),
        }


def told(admission: Admission, mask: int) -> str:
    if admission.must & mask == mask:
        return "allowed"
    return "unknown" if admission.may & mask == mask else "blocked"


ASKED = (
    "tcp/79 tcp/80 tcp/81 tcp/82 tcp/443 tcp/5000 tcp/8000 tcp/8001 tcp/8080 tcp/9000 tcp/9 "
    "tcp/12345 udp/80 udp/81 udp/9 udp/53 sctp/80 icmp proto/47"
).split()
