"""A small network, asked in words: what the tests of the fabric share."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from ringwall.facts.fact import Facts
from ringwall.model import workloads
from ringwall.model.attachments import Attachment
from ringwall.model.eks import eks_names, links
from ringwall.model.fabric.fabric import ApiWay, Crossing, Fabric
from ringwall.model.gate import Reason
from ringwall.space.atoms import ServiceAtoms
from ringwall.space.services import ServiceSet
from tests.semantics.aws_world import AwsWorld
from tests.support import facts_of

REPLIES = ("established", "partial", "none", "unknown")


def service(port: str) -> tuple[int, int]:
    """`tcp/443` as protocol and number; a protocol alone means its lowest number."""
    return ServiceSet.parse(port).witness()


class Net:
    """A fabric over some facts, and attachments by the names that a person would use."""

    def __init__(self, given: AwsWorld | Mapping[str, str] | Facts) -> None:
        if isinstance(given, AwsWorld):
            given = given.files()
        self.facts = given if isinstance(given, Facts) else facts_of(given)
        self.workloads = workloads.read(self.facts)
        names = eks_names(self.facts, self.workloads.clusters)
        self.fabric = Fabric(self.facts, self.workloads, names, links(self.facts, names))
        self.fabric.held = self.claimed()
        self.atoms = ServiceAtoms(self.fabric.service_sets())
        self.fabric.bind(self.atoms)

    def claimed(self) -> set[tuple[int, int]]:
        """The addresses that pods and nodes have."""
        clusters = self.workloads.clusters.values()
        nodes = (node for cluster in clusters for node in cluster.nodes.values())
        of_nodes = {at for node in nodes for at in node.addresses}
        return of_nodes | {at for pod in self.workloads.pods for at in pod.addresses}

    # attachments

    def at(self, name: str, family: int = 4) -> Attachment:
        """An interface, pod or node by its id (its first address of a family), or an address."""
        if name.startswith("eni-"):
            return self._interface(name, family)
        if name.startswith("node/"):
            return self._node(name.removeprefix("node/"), family)
        if "[" in name:
            return self._pod(name, family)
        return self._address(name)

    def _interface(self, name: str, family: int) -> Attachment:
        one = self.fabric.interfaces[name]
        value = one.first_of(family)
        assert value is not None
        return Attachment(name, "interface", family, value, interface=name, domain=one.vpc)

    def _node(self, name: str, family: int) -> Attachment:
        ((cluster, node),) = [
            (cluster.name, cluster.nodes[name])
            for cluster in self.workloads.clusters.values()
            if name in cluster.nodes
        ]
        value = next((v for fam, v in node.addresses if fam == family), None)
        vpc = self.fabric.vpc_of(cluster)
        if value is None:
            return Attachment(node.id, "node", cluster=cluster, node=name, domain=vpc)
        return Attachment(node.id, "node", family, value, cluster, node=name, domain=vpc)

    def _pod(self, name: str, family: int) -> Attachment:
        ((i, pod),) = [(i, pod) for i, pod in enumerate(self.workloads.pods) if pod.id == name]
        value = next((v for fam, v in pod.addresses if fam == family), 0)
        vpc = self.fabric.vpc_of(pod.cluster)
        return Attachment(
            name, "pod", family if value else 0, value, pod.cluster, i, pod.node, domain=vpc
        )

    def _address(self, text: str) -> Attachment:
        family, value = ip_address(text).version, int(ip_address(text))
        for vpc in self.fabric.domains:
            if one := self.fabric.interface_at(vpc, family, value):
                return Attachment(text, "interface", family, value, interface=one.id, domain=vpc)
            if self.fabric.vpc_blocks(vpc).holds(family, value):
                return Attachment(text, "unowned", family, value, domain=vpc)
        if found := self.fabric.interface_behind(family, value):
            one = found[0]
            return Attachment(text, "interface", family, value, interface=one.id, domain=one.vpc)
        return Attachment(text, "outside", family, value)

    # questions

    def crossing(self, src: str, dst: str, family: int = 4) -> Crossing:
        a, b = self.at(src, family), self.at(dst, family)
        together = bool(a.node) and a.node == b.node
        classes = self.fabric.classify([a, b]).tolist()
        return self.fabric.cross(*classes, together=together)

    def verdict(self, src: str, dst: str, port: str = "tcp/443", family: int = 4) -> str:
        found = self.crossing(src, dst, family)
        return self._said(found.must, found.may, port)

    def reply(self, src: str, dst: str, port: str = "tcp/443", family: int = 4) -> str:
        atom = 1 << self.atoms.atom_of(*service(port))
        (said,) = [
            name
            for name, mask in zip(REPLIES, self.crossing(src, dst, family).reply, strict=True)
            if mask & atom
        ]
        return said

    def seen(self, src: str, dst: str) -> list[str]:
        """The addresses that the receiver sees, none if nothing was translated."""
        source = self.crossing(src, dst).source
        return [] if source is None else list(source.blocks())

    def reasons(self, src: str, dst: str, port: str = "tcp/443") -> set[Reason]:
        a, b = self.fabric.classify([self.at(src), self.at(dst)]).tolist()
        mask = 1 << self.atoms.atom_of(*service(port))
        return set(self.fabric.reasons(a, b, mask, together=False))

    def rules(self, src: str, dst: str, port: str = "tcp/443") -> set[tuple[str, str]]:
        """Object and index of each rule that admits."""
        a, b = self.fabric.classify([self.at(src), self.at(dst)]).tolist()
        mask = 1 << self.atoms.atom_of(*service(port))
        found = self.fabric.rules(a, b, mask, together=False)
        return {(str(key), index) for key, index, _ in found}

    # the API endpoint

    def api_ways(self, src: str) -> list[ApiWay]:
        (number,) = self.fabric.classify([self.at(src)]).tolist()
        (api,) = self.fabric.api
        return self.fabric.to_api(number, api)

    def api(self, src: str, port: str = "tcp/443") -> str:
        """The verdict without policies: ways united, alternatives all at once."""
        ways = self.api_ways(src)
        must = may = 0
        spread = [way for way in ways if way.alternative]
        for way in ways:
            if not way.alternative:
                must |= way.must
                may |= way.may
        if spread:
            low = self.atoms.full
            for way in spread:
                low &= way.must
                may |= way.may
            must |= low
        return self._said(must, may, port)

    def _said(self, must: int, may: int, port: str) -> str:
        atom = 1 << self.atoms.atom_of(*service(port))
        assert must & ~may == 0
        if must & atom:
            return "allowed"
        return "unknown" if may & atom else "blocked"
